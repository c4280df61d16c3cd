//! A store in a directory, its ledger, and a clock that stands until it is moved.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::Int64Type;
use bytes::Bytes;
use bytesize::ByteSize;
use futures::TryStreamExt as _;
use parking_lot::Mutex;
use prometheus_client::registry::Registry;
use spanloom_store::schema::edges::{self, EdgeKey, EdgeValues};
use spanloom_store::schema::identities::{self, IdentityKey};
use spanloom_store::schema::operations::{self, OperationKey, OperationValues};
use spanloom_store::{
    Append, Clock, CodedBatch, Config, Decode, DecodeFailed, FrameHeader, HotConfig, ManualClock, Rows, Scan, SpanFeed,
    Store, Table, TenantId, WalConfig,
};
use tempfile::TempDir;

use crate::ledger::config::LedgerConfig;
use crate::ledger::held::observed;
use crate::ledger::metrics::{Metrics, ReasonLabel};
use crate::ledger::pass::Pass;
use crate::ledger::restore;
use crate::ledger::tenant::Tenant;
use crate::ledger::windows::start_of;
use crate::pair::tests::case::{self, BASE_NS, RowParts};

/// Batches that were sent, by the number that stands for them in the log.
#[derive(Default, Clone)]
pub struct Sent(Arc<Mutex<Vec<RecordBatch>>>);

impl Decode for Sent {
    fn decode(&self, _: &FrameHeader, payload: &Bytes) -> Result<Rows, DecodeFailed> {
        let number = <[u8; 8]>::try_from(&payload[..]).map_err(|error| DecodeFailed(error.to_string()))?;
        Ok(Rows::from_spans(self.0.lock()[u64::from_le_bytes(number) as usize].clone()))
    }
}

/// See the module.
pub struct World {
    dir: TempDir,
    pub clock: ManualClock,
    pub store: Store,
    sent: Sent,
    pub pass: Pass,
    feed: SpanFeed,
}

/// Rows of the tables, as maps.
#[derive(Debug, Default, PartialEq)]
pub struct Tables {
    pub edges: BTreeMap<EdgeKey, EdgeValues>,
    pub edges_1m: BTreeMap<EdgeKey, EdgeValues>,
    pub edges_10m: BTreeMap<EdgeKey, EdgeValues>,
    pub operations: BTreeMap<OperationKey, OperationValues>,
    pub names: Vec<IdentityKey>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(LedgerConfig::default()).await
    }

    pub async fn with(config: LedgerConfig) -> Self {
        let clock = ManualClock::at(BASE_NS);
        Self::open(TempDir::new().unwrap(), clock, Sent::default(), config).await
    }

    async fn open(dir: TempDir, clock: ManualClock, sent: Sent, config: LedgerConfig) -> Self {
        let store_config = Config {
            data_dir: dir.path().to_owned(),
            wal: WalConfig {
                segment_bytes: ByteSize::kib(64),
                commit_interval: Duration::from_millis(1),
                ..WalConfig::default()
            },
            // The test flushes.
            hot: HotConfig { age_max: Duration::from_hours(1), ..HotConfig::default() },
            ..Config::default()
        };
        let mut registry = Registry::default();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let store =
            Store::open(store_config, Arc::new(sent.clone()), Arc::clone(&shared), &mut registry).await.unwrap();
        store.start().await.unwrap();
        let mut pass = Pass::new(store.clone(), shared, config, Metrics::new(&mut registry));
        let (start, feed) = store.span_feed();
        restore::restore(&mut pass, start).await;
        Self { dir, clock, store, sent, pass, feed }
    }

    /// Sends spans in one request.
    pub async fn send(&self, rows: &[RowParts]) {
        self.send_as("default", rows).await;
    }

    pub async fn send_as(&self, tenant: &str, rows: &[RowParts]) {
        let batch = case::batch(rows);
        let number = {
            let mut sent = self.sent.0.lock();
            sent.push(batch.clone());
            (sent.len() - 1) as u64
        };
        let payload = Bytes::copy_from_slice(&number.to_le_bytes());
        let append = Append {
            tenant: tenant.parse().unwrap(),
            kind: 1,
            encoding: 1,
            received_ns: self.clock.now_ns(),
            payload,
            rows: Rows::from_spans(batch),
        };
        self.store.append(append).await.unwrap();
    }

    /// Lets time pass, then brings the ledger up to date and writes what is due.
    pub async fn turn_after(&mut self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        // The store's own flusher may be at it; what is due would be left for a later turn.
        while self.store.is_writing() {
            tokio::task::yield_now().await;
        }
        self.turn().await;
    }

    pub async fn turn(&mut self) {
        self.pass.turn(&mut self.feed).await;
        self.pass.tenants.values().for_each(Tenant::assert_in_step);
    }

    /// Lets time pass until every window is closed and nothing is late.
    pub async fn settle(&mut self) {
        self.turn_after(15).await;
        self.turn_after(800).await;
        let is_done = |world: &Self| world.pass.tenants.values().all(|t| t.late_minutes() == 0 && !t.has_rollups());
        let mut turns = 0;
        while !is_done(self) {
            self.turn_after(61).await;
            turns += 1;
            assert!(turns < 500, "the ledger does not come to an end");
        }
        self.turn_after(7200).await;
    }

    /// What a crash leaves: a copy of the directory at this instant, opened anew.
    pub async fn crash(self) -> Self {
        let copy = TempDir::new().unwrap();
        copy_dir(self.dir.path(), copy.path());
        let (clock, sent, config) = (self.clock.clone(), self.sent.clone(), self.pass.config.clone());
        drop(self.feed);
        drop(self.pass);
        self.store.shutdown().await.unwrap();
        Self::open(copy, clock, sent, config).await
    }

    /// What a reader of the tables gets.
    pub async fn tables(&self) -> Tables {
        let mut tables = Tables {
            edges: self.edges(Table::Edges).await,
            edges_1m: self.edges(Table::Edges1m).await,
            edges_10m: self.edges(Table::Edges10m).await,
            ..Tables::default()
        };
        for batch in self.batches(Table::Operations).await {
            let rows = operations::read(&batch).unwrap().into_iter().map(|row| (row.key, row.values));
            rows.for_each(|(key, values)| assert!(tables.operations.insert(key, values).is_none()));
        }
        for batch in self.batches(Table::Identities).await {
            tables.names.extend(identities::read(&batch).unwrap().into_iter().map(|row| row.key));
        }
        tables.names.sort();
        tables
    }

    pub async fn edges(&self, table: Table) -> BTreeMap<EdgeKey, EdgeValues> {
        let mut rows = BTreeMap::new();
        for batch in self.batches(table).await {
            for row in edges::read(&batch).unwrap() {
                assert!(rows.insert(row.key.clone(), row.values).is_none(), "{:?} is there twice", row.key);
            }
        }
        rows
    }

    async fn batches(&self, table: Table) -> Vec<RecordBatch> {
        let view = self.store.view(&TenantId::default());
        let mut batches = Vec::new();
        for file in view.table(table).files() {
            let left_out = view.table(table).windows_left_out(file);
            let keep = move |batch: &RecordBatch| {
                let windows = batch.column_by_name("window_ns").unwrap().as_primitive::<Int64Type>().values();
                Ok(windows.iter().map(|window_ns| Some(!left_out.contains(window_ns))).collect())
            };
            let scan = Scan { table, columns: None, keep_columns: &["window_ns"], keep: Arc::new(keep) };
            let rows: Vec<RecordBatch> = self.store.scan(&scan, file).try_collect().await.unwrap();
            batches.extend(rows);
        }
        batches.extend(view.table(table).hot().iter().map(CodedBatch::to_batch));
        batches
    }

    pub fn metric(&self, name: &str) -> u64 {
        let metrics = &self.pass.metrics;
        match name {
            "failures" => metrics.failures.get(),
            "evicted_early" => metrics.dropped.get_or_create(&ReasonLabel { reason: "evicted_early" }).get(),
            "read_back" => metrics.traces_read_back.get(),
            other => panic!("no metric {other}"),
        }
    }
}

impl Tables {
    /// What the tables must hold in the end: a function of all spans, trace by trace.
    pub fn of(traces: &[Vec<RowParts>]) -> Self {
        let (mut edges, mut edges_1m, mut edges_10m) =
            (BTreeMap::default(), BTreeMap::default(), BTreeMap::<EdgeKey, EdgeValues>::default());
        let (mut operations, mut names) = (BTreeMap::<OperationKey, OperationValues>::new(), Vec::new());
        for rows in traces {
            let spans = case::spans(rows, usize::MAX);
            let observations = observed(&spans, i64::MAX);
            let mut sums = crate::ledger::sums::EdgeSums::default();
            observations.rows.iter().for_each(|row| sums.add(row));
            for row in edges::read(&sums.batch()).unwrap() {
                add(&mut edges, &row.key, &row.values, 10);
                add(&mut edges_1m, &row.key, &row.values, 60);
                add(&mut edges_10m, &row.key, &row.values, 600);
            }
            let mut sums = crate::ledger::sums::OperationSums::default();
            observations.operations.iter().for_each(|row| sums.add(row));
            for row in operations::read(&sums.batch()).unwrap() {
                operations.entry(row.key).or_default().merge(&row.values);
            }
            names.extend(observations.statements.iter().map(|row| IdentityKey::clone(&row.key)));
        }
        names.sort();
        names.dedup();
        Self { edges, edges_1m, edges_10m, operations, names }
    }

    /// The first difference to what is expected; names may be more, because what was said once is not taken back.
    pub fn differs_from(&self, expected: &Self) -> Option<String> {
        let missing = expected.names.iter().find(|name| self.names.binary_search(name).is_err());
        let differences = [
            difference("edges", &self.edges, &expected.edges),
            difference("operations", &self.operations, &expected.operations),
            difference("edges_1m", &self.edges_1m, &expected.edges_1m),
            difference("edges_10m", &self.edges_10m, &expected.edges_10m),
            missing.map(|name| format!("nobody said {name:?}")),
        ];
        differences.into_iter().flatten().next()
    }
}

fn difference<K: Ord + Debug, V: PartialEq + Debug>(
    table: &str,
    found: &BTreeMap<K, V>,
    expected: &BTreeMap<K, V>,
) -> Option<String> {
    let keys: BTreeSet<&K> = found.keys().chain(expected.keys()).collect();
    let different = keys.into_iter().find(|key| found.get(key) != expected.get(key))?;
    let (found, expected) = (found.get(different), expected.get(different));
    Some(format!("{table}: {different:?}\n  found    {found:?}\n  expected {expected:?}"))
}

fn add(rows: &mut BTreeMap<EdgeKey, EdgeValues>, key: &EdgeKey, values: &EdgeValues, seconds: i64) {
    let key = EdgeKey { window_ns: start_of(key.window_ns, seconds * 1_000_000_000), ..key.clone() };
    rows.entry(key).or_default().merge(values);
}

fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy_dir(&entry.path(), &target) } else { drop(std::fs::copy(entry.path(), target)) }
    }
}

//! A store in a directory of its own, and requests in a small test encoding.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use bytes::Bytes;
use object_store::ObjectStoreExt as _;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use prometheus_client::registry::Registry;
use serde::{Deserialize, Serialize};
use spanloom_store::ledger::*;
use spanloom_store::schema::edges::{EdgeKey, EdgeRow, EdgeValues, EdgesBuilder};
use spanloom_store::schema::spans::{Quirks, Resource, Scope, Span, SpansBuilder};
use spanloom_store::value::Value;
use spanloom_store::*;
use tempfile::TempDir;

/// 2026-01-01T00:00:00Z.
pub const NOW_NS: i64 = 1_767_225_600_000_000_000;

/// A span as the test encoding has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TestSpan {
    pub trace: i64,
    pub span: i64,
    pub parent: Option<i64>,
    pub service: String,
    pub start_ns: i64,
    pub duration_ns: i64,
}

impl TestSpan {
    pub fn new(trace: i64, span: i64) -> Self {
        let service = format!("service-{}", span % 3);
        Self { trace, span, parent: (span > 1).then_some(1), service, start_ns: NOW_NS + span, duration_ns: 1_000 }
    }

    pub fn at(self, start_ns: i64) -> Self {
        Self { start_ns, ..self }
    }
}

/// The kind of frames that hold samples.
pub const KIND_SAMPLES: u8 = 3;

/// Decodes the test encoding: a JSON list of [`TestSpan`]; or samples, in the store's own form.
pub struct TestDecode;

impl Decode for TestDecode {
    fn decode(&self, header: &FrameHeader, payload: &Bytes) -> Result<Rows, DecodeFailed> {
        if header.kind == KIND_SAMPLES {
            let batch = spanloom_store::series::decode(payload, 1 << 30).map_err(|e| DecodeFailed(e.to_string()))?;
            return Ok(Rows::from_samples(batch));
        }
        let spans: Vec<TestSpan> = serde_json::from_slice(payload).map_err(|e| DecodeFailed(e.to_string()))?;
        Ok(rows(&spans))
    }

    fn feeds(&self, kind: u8) -> &'static [Table] {
        if kind == KIND_SAMPLES { &Table::METRICS } else { &[Table::Spans, Table::Traces] }
    }
}

pub fn rows(spans: &[TestSpan]) -> Rows {
    let mut builder = SpansBuilder::new();
    for span in spans {
        let service = Value::String(Cow::Borrowed(&span.service));
        let resource = Resource { attributes: vec![("service.name".into(), service)], ..Resource::default() };
        builder.append(&resource, &Scope::default(), &otel_span(span));
    }
    Rows::from_spans(builder.finish())
}

fn otel_span(span: &TestSpan) -> Span<'static> {
    Span {
        trace_id: TraceId::from_halves(0, span.trace),
        span_id: SpanId::from_int(span.span),
        parent_span_id: span.parent.map(SpanId::from_int),
        trace_state: "".into(),
        flags: 1,
        name: format!("span {}", span.span).into(),
        kind: 2,
        start_ns: span.start_ns,
        end_ns: span.start_ns + span.duration_ns,
        attributes: vec![("n".into(), Value::Int(span.span))],
        dropped_attributes_count: 0,
        events: Vec::new(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        status_code: 0,
        status_message: "".into(),
        quirks: Quirks::default(),
    }
}

pub fn append_of(tenant: &str, spans: &[TestSpan]) -> Append {
    Append {
        tenant: tenant.parse().unwrap(),
        kind: 1,
        encoding: 1,
        received_ns: NOW_NS,
        payload: Bytes::from(serde_json::to_vec(spans).unwrap()),
        rows: rows(spans),
    }
}

/// A data directory, and the store in it while it is open.
pub struct Fixture {
    pub dir: TempDir,
    pub config: Config,
    pub clock: ManualClock,
    store: Option<Store>,
    registry: Registry,
}

impl Fixture {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut fixture = Self::closed(change);
        fixture.open().await.unwrap();
        fixture
    }

    pub fn closed(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config { data_dir: dir.path().to_owned(), ..Config::default() };
        config.wal.segment_bytes = bytesize::ByteSize::kib(64);
        config.wal.commit_interval = std::time::Duration::from_millis(1);
        change(&mut config);
        Self { dir, config, clock: ManualClock::at(NOW_NS), store: None, registry: Registry::default() }
    }

    pub async fn open(&mut self) -> Result<(), OpenError> {
        let clock = Arc::new(self.clock.clone());
        let mut registry = Registry::default();
        let store = Store::open(self.config.clone(), Arc::new(TestDecode), clock, &mut registry).await?;
        store.start().await?;
        (self.store, self.registry) = (Some(store), registry);
        Ok(())
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// Stops as a polite process does.
    pub async fn close(&mut self) {
        self.store.take().unwrap().shutdown().await.unwrap();
    }

    /// The store that opens after a crash now: in a copy of the directory, without a flush and without a word.
    pub async fn crashed(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy_dir(self.dir.path(), dir.path());
        let config = Config { data_dir: dir.path().to_owned(), ..self.config.clone() };
        let mut crashed = Self { dir, config, clock: self.clock.clone(), store: None, registry: Registry::default() };
        crashed.open().await.unwrap();
        crashed
    }

    pub async fn append(&self, spans: &[TestSpan]) {
        self.store().append(append_of("default", spans)).await.unwrap();
    }

    /// Sorted (trace, span) of everything that a view of the tenant shows.
    pub async fn ids(&self, tenant: &str) -> Vec<(i64, i64)> {
        ids_of(self.store(), tenant).await
    }

    /// The value of one of the store's own metrics.
    pub fn metric(&self, name: &str) -> u64 {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        let line = text.lines().find(|line| line.split([' ', '{']).next() == Some(name));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("{name} is not in {text}"))
    }

    pub fn wal_segments(&self) -> Vec<PathBuf> {
        files_below(&self.dir.path().join("wal"), "wal")
    }

    pub fn parquet_files(&self) -> Vec<PathBuf> {
        let files = files_below(&self.dir.path().join("lake"), "parquet");
        files.into_iter().filter(|path| !path.to_string_lossy().contains("_delta_log")).collect()
    }
}

/// Polls until a condition holds.
pub async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !condition().await {
        assert!(std::time::Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

pub async fn ids_of(store: &Store, tenant: &str) -> Vec<(i64, i64)> {
    let mut ids = Vec::new();
    for batch in batches(store, tenant, Table::Spans).await {
        let traces = batch.column_by_name("trace_lo").unwrap().as_primitive::<Int64Type>();
        let spans = batch.column_by_name("span_id").unwrap().as_primitive::<Int64Type>();
        ids.extend(traces.values().iter().copied().zip(spans.values().iter().copied()));
    }
    ids.sort_unstable();
    ids
}

/// Every row of a table: the lake's files, then the hot ones.
pub async fn batches(store: &Store, tenant: &str, table: Table) -> Vec<RecordBatch> {
    let view = store.view(&tenant.parse().unwrap());
    let mut batches = Vec::new();
    for file in view.table(table).files() {
        let bytes = store.object_store().get(&file.path).await.unwrap().bytes().await.unwrap();
        let options = ArrowReaderOptions::new().with_schema(table.file_schema());
        let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options).unwrap().build().unwrap();
        batches.extend(reader.map(Result::unwrap));
    }
    batches.extend(view.table(table).hot().iter().map(CodedBatch::to_batch));
    batches
}

pub fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy_dir(&entry.path(), &target) } else { drop(std::fs::copy(entry.path(), target)) }
    }
}

pub fn files_below(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// One observation: `web` called `target`.
pub fn edge(window_ns: i64, target: &str, requests: f64) -> EdgeRow {
    let side = |service: &str| Side { service: Some(service.into()), ..Side::default() };
    let key = EdgeKey {
        window_ns,
        source: side("web"),
        target: side(target),
        protocol: Protocol::Http,
        observer: Observer::SourceProxy,
        evidence: Evidence::Span,
        reason: None,
    };
    let requests = Weight::new(requests);
    let mut values = EdgeValues { requests: Some(requests), observed: 1, ..EdgeValues::default() };
    values.latency.record(5_000_000, requests);
    EdgeRow { key, values }
}

/// A window of the ledger.
pub fn window(window_ns: i64, last_frame: u64, rows: &[EdgeRow]) -> WindowRows {
    let mut builder = EdgesBuilder::default();
    rows.iter().for_each(|row| builder.append(&row.key, &row.values));
    WindowRows { window_ns, last_frame, rows: builder.finish() }
}

//! One Delta table: loads it, commits to it exactly once per WAL range, keeps its file list.

pub(crate) mod windows;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties, TransactionError};
use deltalake_core::kernel::{Action, Add, Remove, StructType, Transaction};
use deltalake_core::logstore::{LogStoreRef, StorageConfig, default_logstore};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::checkpoints;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::table::state::DeltaTableState;
use deltalake_core::{DeltaTable, DeltaTableError};
use futures::future::join_all;
use futures::{StreamExt as _, stream};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use parking_lot::Mutex;
use serde_json::Value as Json;
use thiserror::Error;
use tracing::warn;

use super::action::{self, Lineage, PARTITION};
use super::file::EncodedFile;
use super::location::Location;
use super::snapshot::{LakeFile, LakeSnapshot};
use crate::fault;
use crate::schema::Table;
use crate::tasks::chain;

/// Commits between two checkpoints of a log.
const CHECKPOINT_COMMITS: u64 = 100;
/// How often a commit is tried again after another writer took its version.
pub(crate) const CONFLICTS_MAX: usize = 8;
pub(super) const LOG_DIR: &str = "_delta_log";
/// Files of a table that are stored at a time.
const PUTS_MAX: usize = 8;
const LAST_CHECKPOINT: &str = "_last_checkpoint";
const STATISTICS_COLUMNS_KEY: &str = "delta.dataSkippingStatsColumns";
const FORMAT_VERSION_KEY: &str = "spanloom.formatVersion";
const FORMAT_VERSION: &str = "1";
/// Configuration of new tables. A transaction retention must never be set: it would forget how far a WAL was flushed.
const TABLE_CONFIGURATION: [(&str, &str); 3] = [
    ("delta.logRetentionDuration", "interval 1 days"),
    ("delta.deletedFileRetentionDuration", "interval 1 hours"),
    (FORMAT_VERSION_KEY, FORMAT_VERSION),
];
/// Tells readers of `spans` where to look for an attribute.
const ATTRIBUTE_BUCKET: (&str, &str) = ("spanloom.attributeBucket", "crc32(key) % 8");
/// Delta's newer reader versions hide rows or rename columns (deletion vectors, column mapping), which our scans ignore.
const READER_VERSION_MAX: i32 = 1;

/// Why a table could not be read or written.
#[derive(Debug, Error)]
pub enum LakeError {
    #[error("failed to access table {table}")]
    Delta { table: String, source: Box<DeltaTableError> },
    #[error("failed to write {name}")]
    Write { name: String, source: object_store::Error },
    #[error("failed to read {name}")]
    Read { name: String, source: object_store::Error },
    #[error("lake.url {url} cannot be used")]
    Bucket { url: String, source: object_store::Error },
    #[error("failed to access {}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("table {table} is not one of ours: {problem}")]
    Foreign { table: String, problem: String },
    #[error("gave up the commit to {table} after {conflicts} conflicts with other writers")]
    Conflicts { table: String, conflicts: usize },
    #[error("a commit to {table} that seemed to have failed was made, another range is to be written")]
    Overtaken { table: String },
    #[error("the store of {url} does not know conditional puts (`If-None-Match: *`), by which a commit is made once")]
    Unconditional { url: String },
    #[error(transparent)]
    Fault(#[from] fault::Injected),
}

/// A range of frames of one WAL, as a commit names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WalRange {
    /// `<wal uuid>/<shard>`.
    pub app_id: String,
    pub first: u64,
    pub last: u64,
}

/// One table of one tenant; the only committer to it in this process.
pub(crate) struct LakeTable {
    table: Table,
    location: Location,
    /// `None` until the first commit makes the table.
    delta: Option<DeltaTable>,
    snapshot: Arc<LakeSnapshot>,
    /// Files taken out of the table that are still there, with the time when, as far as it is known yet.
    removed: Vec<(Option<i64>, String)>,
    transactions: Mutex<Transactions>,
}

/// The last frames of logs that one version of a table has. To ask the table, every commit since its last checkpoint is read.
#[derive(Debug, Default)]
struct Transactions {
    version: u64,
    last: HashMap<String, u64>,
}

impl Transactions {
    fn get(&self, version: u64, app_id: &str) -> Option<u64> {
        self.last.get(app_id).copied().filter(|_| self.version == version)
    }

    fn put(&mut self, version: u64, app_id: &str, last: u64) {
        if self.version != version {
            *self = Self { version, last: HashMap::new() };
        }
        self.last.insert(app_id.to_owned(), last);
    }

    /// A commit of ours made this version.
    fn advance(&mut self, version: u64, transaction: Option<(&str, u64)>) {
        if self.version + 1 == version {
            self.version = version;
        }
        if let Some((app_id, last)) = transaction {
            self.put(version, app_id, last);
        }
    }
}

impl LakeTable {
    /// Loads the table that lies there; where there is none, the first commit makes it.
    pub async fn open(table: Table, location: Location) -> Result<Self, LakeError> {
        let snapshot = Arc::new(LakeSnapshot::empty(table));
        let (removed, transactions) = (Vec::new(), Mutex::default());
        let mut opened = Self { table, location, delta: None, snapshot, removed, transactions };
        opened.load().await?;
        Ok(opened)
    }

    /// Loads the table, if it is there by now.
    async fn load(&mut self) -> Result<(), LakeError> {
        if !self.location.has_log().await? {
            return Ok(());
        }
        let mut delta = DeltaTable::new(self.log_store());
        match delta.load().await {
            Ok(()) => {
                self.delta = Some(delta);
                self.refresh_snapshot()
            }
            // A crash before the first commit leaves an empty log.
            Err(DeltaTableError::NotATable(_)) => Ok(()),
            Err(error) => Err(self.failed(error)),
        }
    }

    pub fn snapshot(&self) -> &Arc<LakeSnapshot> {
        &self.snapshot
    }

    pub fn table(&self) -> Table {
        self.table
    }

    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The last frame of a WAL that is in this table; 0 if none is.
    pub async fn committed(&self, app_id: &str) -> Result<u64, LakeError> {
        let Some(delta) = &self.delta else { return Ok(0) };
        let state = delta.snapshot().map_err(|e| self.failed(e))?;
        if let Some(known) = self.transactions.lock().get(state.version(), app_id) {
            return Ok(known);
        }
        let log_store = delta.log_store();
        let version = state.transaction_version(log_store.as_ref(), app_id).await.map_err(|e| self.failed(e))?;
        let last = version.and_then(|v| u64::try_from(v).ok()).unwrap_or_default();
        self.transactions.lock().put(state.version(), app_id, last);
        Ok(last)
    }

    /// Where the table's commits are.
    pub fn log(&self) -> Location {
        self.location.child(LOG_DIR)
    }

    /// Makes every commit that can be seen durable.
    pub fn sync_log(&self) -> Result<(), LakeError> {
        self.log().sync()
    }

    /// Puts a file where a commit may name it. When this returns it is on disk.
    pub async fn store(&self, file: EncodedFile, wal: &WalRange, ingested_ns: i64) -> Result<Add, LakeError> {
        let add = action::add(&file, wal, ingested_ns);
        self.put(file, add).await
    }

    /// Stores all files, several at a time, or none: on a full disk those of each new attempt would take the room that the
    /// attempt needs.
    pub async fn all_or_none<F>(&self, stores: impl IntoIterator<Item = F>) -> Result<Vec<Add>, LakeError>
    where
        F: Future<Output = Result<Add, LakeError>>,
    {
        let (mut stores, mut stored) = (stores.into_iter(), Vec::new());
        loop {
            let group: Vec<F> = stores.by_ref().take(PUTS_MAX).collect();
            if group.is_empty() {
                return Ok(stored);
            }
            // What is under way is waited for, so that nothing is stored after it was given up.
            let mut failure = None;
            for result in join_all(group).await {
                match result {
                    Ok(add) => stored.push(add),
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            if let Some(failure) = failure {
                self.discard(&stored).await;
                return Err(failure);
            }
        }
    }

    async fn put(&self, file: EncodedFile, add: Add) -> Result<Add, LakeError> {
        let path = action::join(self.location.root(), &add.path);
        let stored = self.location.put(&path, file.bytes.into()).await;
        stored.map_err(|source| LakeError::Write { name: self.location.name_of(&add.path), source })?;
        Ok(add)
    }

    /// Deletes stored files that no commit was to name. What cannot be deleted is an orphan, which goes in time.
    pub async fn discard(&self, files: &[Add]) {
        let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
        let delete = |path: String| async move { self.location.delete(&path).await };
        let results: Vec<_> = stream::iter(paths).map(delete).buffered(PUTS_MAX).collect().await;
        for error in results.into_iter().filter_map(Result::err) {
            warn!(error = %chain(&error), "failed to delete a file that no commit names");
        }
    }

    /// Deletes the files of a commit that was refused. In a bucket they are left to be orphans: an attempt that seems to have
    /// failed may still be made there.
    pub async fn discard_refused(&self, files: &[Add]) {
        if self.location.dir().is_some() {
            self.discard(files).await;
        }
    }

    /// Adds stored files under the range's last frame, unless the table has that frame already, as far as [`Self::refresh`]
    /// or a conflict has told. When this returns the commit is on disk, the range is in the table exactly once and
    /// [`Self::snapshot`] shows it.
    pub async fn commit(&mut self, wal: &WalRange, files: Vec<Add>) -> Result<(), LakeError> {
        if self.delta.is_none() {
            self.create().await?;
        }
        for _ in 0..CONFLICTS_MAX {
            let committed = self.committed(&wal.app_id).await?;
            if committed >= wal.last {
                return self.refresh_snapshot();
            }
            if committed >= wal.first {
                // A part of the range, by an attempt that seemed to have failed.
                return Err(LakeError::Overtaken { table: self.location.to_string() });
            }
            let actions = files.iter().cloned().map(Action::Add).collect();
            if self.try_commit(Some((&wal.app_id, wal.last)), actions, write_operation()).await? {
                return self.refresh_snapshot();
            }
        }
        Err(LakeError::Conflicts { table: self.location.to_string(), conflicts: CONFLICTS_MAX })
    }

    /// Takes files out of the table; they stay on disk for readers of older versions.
    pub async fn remove(&mut self, files: &[Arc<LakeFile>], now_ns: i64) -> Result<(), LakeError> {
        for _ in 0..CONFLICTS_MAX {
            self.update().await?;
            let actions = self.remove_actions(files, now_ns, true)?;
            let is_done = actions.is_empty();
            let operation = DeltaOperation::Delete { predicate: None };
            if is_done || self.try_commit(None, actions, operation).await? {
                self.note_removed(files, now_ns);
                return self.refresh_snapshot();
            }
        }
        Err(LakeError::Conflicts { table: self.location.to_string(), conflicts: CONFLICTS_MAX })
    }

    /// Puts a file that was made of others where a commit may name it. When this returns it is on disk.
    pub async fn store_compacted(&self, file: EncodedFile, lineage: Lineage) -> Result<Add, LakeError> {
        let add = action::add_compacted(&file, &lineage);
        self.put(file, add).await
    }

    /// Puts files in the place of those that they were made of, in one commit that changes no rows; the others stay on disk
    /// for readers of older versions. Returns whether it was made: not if one of them is in the table no longer.
    pub async fn replace(&mut self, old: &[Arc<LakeFile>], new: &[Add], now_ns: i64) -> Result<bool, LakeError> {
        for _ in 0..CONFLICTS_MAX {
            self.update().await?;
            let mut actions = self.remove_actions(old, now_ns, false)?;
            if actions.len() < old.len() {
                self.refresh_snapshot()?;
                return Ok(false);
            }
            actions.extend(new.iter().cloned().map(Action::Add));
            let operation = DeltaOperation::Optimize { predicate: None, target_size: 0 };
            if self.try_commit(None, actions, operation).await? {
                self.note_removed(old, now_ns);
                self.refresh_snapshot()?;
                return Ok(true);
            }
        }
        Err(LakeError::Conflicts { table: self.location.to_string(), conflicts: CONFLICTS_MAX })
    }

    /// Writes a checkpoint and drops expired log files if enough commits were made since. Off the path of commits.
    pub async fn checkpoint_if_due(&self, last: u64) -> Result<u64, LakeError> {
        let version = u64::try_from(self.snapshot.version).unwrap_or_default();
        let Some(delta) = self.delta.as_ref().filter(|_| version >= last + CHECKPOINT_COMMITS) else {
            return Ok(last);
        };
        checkpoints::create_checkpoint(delta, None).await.map_err(|e| self.failed(e))?;
        checkpoints::cleanup_metadata(delta, None).await.map_err(|e| self.failed(e))?;
        Ok(version)
    }

    /// The version of the newest checkpoint.
    pub async fn checkpointed(&self) -> u64 {
        let log = self.log();
        let read = async { log.own_objects().get(&Path::from(LAST_CHECKPOINT)).await?.bytes().await };
        let text = read.await.unwrap_or_default();
        serde_json::from_slice::<Json>(&text).ok().and_then(|json| json["version"].as_u64()).unwrap_or_default()
    }

    /// Paths of files that were taken out of the table before `until_ns`; it is the caller's to delete them. Those of which it
    /// is not known when count as taken out now.
    pub fn take_removed(&mut self, until_ns: i64, now_ns: i64) -> Vec<String> {
        let is_due = |(since, _): &mut (Option<i64>, String)| *since.get_or_insert(now_ns) < until_ns;
        self.removed.extract_if(.., is_due).map(|(_, path)| path).collect()
    }

    /// Files that were taken out of the table and are not deleted yet: readers of earlier versions may hold them.
    pub fn removed(&self) -> impl Iterator<Item = &str> {
        self.removed.iter().map(|(_, path)| path.as_str())
    }

    fn note_removed(&mut self, files: &[Arc<LakeFile>], now_ns: i64) {
        self.removed.extend(files.iter().map(|file| (Some(now_ns), file.relative_path.clone())));
    }

    fn remove_actions(
        &self,
        files: &[Arc<LakeFile>],
        now_ns: i64,
        data_change: bool,
    ) -> Result<Vec<Action>, LakeError> {
        let Some(delta) = &self.delta else { return Ok(Vec::new()) };
        let state = delta.snapshot().map_err(|e| self.failed(e))?;
        let views = state.log_data();
        let actions = views.iter().filter(|view| files.iter().any(|file| file.relative_path == view.path()));
        Ok(actions
            .map(|view| {
                let removed = view.remove_action(data_change);
                Action::Remove(Remove { deletion_timestamp: Some(now_ns / 1_000_000), ..removed })
            })
            .collect())
    }

    /// Returns whether the commit was made; `false` after a conflict with another writer. A commit that a store took and
    /// did not acknowledge conflicts with itself when it is sent again: it is known by the files that it adds, whose names
    /// nobody else has.
    async fn try_commit(
        &mut self,
        transaction: Option<(&str, u64)>,
        actions: Vec<Action>,
        operation: DeltaOperation,
    ) -> Result<bool, LakeError> {
        let Some(delta) = &mut self.delta else { return Ok(false) };
        let log_store = delta.log_store();
        let mut properties = commit_properties();
        if let Some((app_id, last)) = transaction {
            let version = i64::try_from(last).map_err(|e| foreign(&self.location, e))?;
            properties = properties.with_application_transaction(Transaction::new(app_id.to_owned(), version));
        }
        let added = actions.iter().find_map(|action| match action {
            Action::Add(add) => Some(add.path.clone()),
            _ => None,
        });
        let committed = {
            let state = delta.snapshot().map_err(|source| failed(&self.location, source))?;
            CommitBuilder::from(properties).with_actions(actions).build(Some(state), log_store, operation).await
        };
        match committed {
            Ok(finalized) => {
                let state = finalized.snapshot();
                self.transactions.get_mut().advance(state.version(), transaction);
                delta.state = Some(state);
                Ok(true)
            }
            Err(error) if is_conflict(&error) => self.has_after_conflict(added.as_deref()).await,
            Err(source) => Err(failed(&self.location, source)),
        }
    }

    async fn has_after_conflict(&mut self, added: Option<&str>) -> Result<bool, LakeError> {
        self.update().await?;
        let (Some(added), Some(delta)) = (added, &self.delta) else { return Ok(false) };
        let state = delta.snapshot().map_err(|e| self.failed(e))?;
        Ok(state.log_data().iter().any(|view| view.path() == added))
    }

    /// Makes the table, or finds that another writer was faster, or that a commit whose answer was lost has made it.
    async fn create(&mut self) -> Result<(), LakeError> {
        self.load().await?;
        if self.delta.is_some() {
            return Ok(());
        }
        let schema = self.schema()?;
        let created = CreateBuilder::new()
            .with_log_store(self.log_store())
            .with_table_name(self.table.name())
            .with_columns(schema.fields().cloned())
            .with_partition_columns([PARTITION])
            .with_configuration(configuration(self.table))
            .with_raise_if_key_not_exists(false)
            .with_commit_properties(commit_properties())
            .await;
        match created {
            Ok(created) => self.delta = Some(created),
            Err(refused) => {
                self.load().await?;
                if self.delta.is_none() {
                    return Err(self.failed(refused));
                }
            }
        }
        Ok(())
    }

    /// Reads what was committed since, by whomever.
    pub async fn refresh(&mut self) -> Result<(), LakeError> {
        self.update().await?;
        self.refresh_snapshot()
    }

    async fn update(&mut self) -> Result<(), LakeError> {
        // Another process may have made the table by now.
        let Some(delta) = &mut self.delta else { return self.load().await };
        delta.update_state().await.map_err(|source| failed(&self.location, source))
    }

    /// Makes the file list anew; what is known of a file is kept, because files never change.
    fn refresh_snapshot(&mut self) -> Result<(), LakeError> {
        let Some(delta) = &self.delta else { return Ok(()) };
        let state = delta.snapshot().map_err(|e| self.failed(e))?;
        self.check(state)?;
        let known: HashMap<&str, &Arc<LakeFile>> =
            self.snapshot.all_files().map(|file| (file.relative_path.as_str(), file)).collect();
        let log = state.log_data();
        let files = log.iter().map(|view| match known.get(view.path().as_ref()) {
            Some(file) => Arc::clone(file),
            None => Arc::new(action::lake_file(self.location.root(), &view)),
        });
        let version = i64::try_from(state.version()).unwrap_or(i64::MAX);
        let snapshot = Arc::new(LakeSnapshot::new(self.table, version, files.collect()));
        // By another process, or by a commit of which it was not known that it was made.
        let named = snapshot.all_files().map(|file| file.relative_path.as_str());
        let kept: HashSet<&str> = named.chain(self.removed()).collect();
        let gone = self.snapshot.all_files().filter(|file| !kept.contains(file.relative_path.as_str()));
        let gone: Vec<_> = gone.map(|file| (None, file.relative_path.clone())).collect();
        self.removed.extend(gone);
        self.snapshot = snapshot;
        Ok(())
    }

    /// Refuses what is not a table of ours, of a version that this program knows.
    fn check(&self, state: &DeltaTableState) -> Result<(), LakeError> {
        let refuse = |problem: String| Err(foreign(&self.location, problem));
        let metadata = state.metadata();
        match metadata.configuration().get(FORMAT_VERSION_KEY).map(String::as_str) {
            Some(FORMAT_VERSION) => {}
            Some(other) => {
                return refuse(format!("it has format version {other}, this program knows {FORMAT_VERSION}"));
            }
            None => return refuse(format!("it has no {FORMAT_VERSION_KEY}")),
        }
        let reader_version = state.protocol().min_reader_version();
        if reader_version > READER_VERSION_MAX {
            return refuse(format!(
                "it needs Delta reader version {reader_version}, this program is {READER_VERSION_MAX}"
            ));
        }
        if metadata.partition_columns() != [PARTITION] {
            return refuse(format!("it is partitioned by {:?}", metadata.partition_columns()));
        }
        if state.schema().as_ref() != &self.schema()? {
            return refuse(format!("its columns are not those of {}", self.table));
        }
        Ok(())
    }

    fn schema(&self) -> Result<StructType, LakeError> {
        self.table.schema().as_ref().try_into_kernel().map_err(|e| foreign(&self.location, e))
    }

    fn log_store(&self) -> LogStoreRef {
        default_logstore(
            self.location.own_objects(),
            Arc::clone(self.location.objects()),
            self.location.url(),
            &StorageConfig::default(),
        )
    }

    fn failed(&self, source: DeltaTableError) -> LakeError {
        failed(&self.location, source)
    }
}

fn configuration(table: Table) -> Vec<(&'static str, Option<String>)> {
    let bucket = (table == Table::Spans).then_some(ATTRIBUTE_BUCKET);
    let fixed = TABLE_CONFIGURATION.into_iter().chain(bucket).map(|(key, value)| (key, value.to_owned()));
    let statistics = (STATISTICS_COLUMNS_KEY, required_statistics_columns(table).join(","));
    fixed.chain([statistics]).map(|(key, value)| (key, Some(value))).collect()
}

/// The columns whose statistics other readers shall count on; the log may hold more. Some readers (the `deltalake`
/// package's datasets) take a column of which a file has no bounds for one that is less than null, and compare strings of
/// two types, so these are the columns that every file has bounds for.
fn required_statistics_columns(table: Table) -> Vec<&'static str> {
    let schema = table.schema();
    let is_required = |name: &&str| schema.field_with_name(name).is_ok_and(|field| !field.is_nullable());
    table.statistics_columns().iter().copied().filter(is_required).collect()
}

fn failed(location: &Location, source: DeltaTableError) -> LakeError {
    LakeError::Delta { table: location.to_string(), source: Box::new(source) }
}

fn foreign(location: &Location, problem: impl ToString) -> LakeError {
    LakeError::Foreign { table: location.to_string(), problem: problem.to_string() }
}

/// No retries inside delta-rs: it would not check the transaction version again. No checkpoint on the path.
fn commit_properties() -> CommitProperties {
    CommitProperties::default().with_max_retries(0).with_create_checkpoint(false).with_cleanup_expired_logs(Some(false))
}

fn write_operation() -> DeltaOperation {
    DeltaOperation::Write { mode: SaveMode::Append, partition_by: Some(vec![PARTITION.to_owned()]), predicate: None }
}

fn is_conflict(error: &DeltaTableError) -> bool {
    let DeltaTableError::Transaction { source } = error else {
        return matches!(error, DeltaTableError::VersionAlreadyExists(_));
    };
    matches!(
        source,
        TransactionError::VersionAlreadyExists(_)
            | TransactionError::CommitConflict(_)
            | TransactionError::MaxCommitAttempts(_)
    )
}

#[cfg(test)]
mod tests;

//! One Delta table: loads it, commits to it exactly once per WAL range, keeps its file list.

pub(crate) mod windows;

use std::collections::HashMap;
use std::path::{Path as FsPath, PathBuf};
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
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use serde_json::Value as Json;
use thiserror::Error;
use tracing::warn;
use url::Url;

use super::action::{self, Lineage, PARTITION};
use super::file::EncodedFile;
use super::snapshot::{LakeFile, LakeSnapshot};
use super::storage::SyncedFileSystem;
use crate::disk;
use crate::fault;
use crate::schema::Table;

/// Commits between two checkpoints of a log.
const CHECKPOINT_COMMITS: u64 = 100;
/// How often a commit is tried again after another writer took its version.
pub(crate) const CONFLICTS_MAX: usize = 8;
const LOG_DIR: &str = "_delta_log";
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
    #[error("failed to access table {}", table.display())]
    Delta { table: PathBuf, source: Box<DeltaTableError> },
    #[error("failed to write {path}")]
    Write { path: Path, source: object_store::Error },
    #[error("failed to access {}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("table {} is not one of ours: {problem}", table.display())]
    Foreign { table: PathBuf, problem: String },
    #[error("gave up the commit to {} after {conflicts} conflicts with other writers", table.display())]
    Conflicts { table: PathBuf, conflicts: usize },
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
    dir: PathBuf,
    /// The table's directory as a path of the object store at `/`.
    root: Path,
    files: SyncedFileSystem,
    /// `None` until the first commit makes the table.
    delta: Option<DeltaTable>,
    snapshot: Arc<LakeSnapshot>,
    /// Files taken out of the table and still on disk, with the time when.
    removed: Vec<(i64, String)>,
}

impl LakeTable {
    /// Loads the table in `dir`; where there is none, the first commit makes it.
    pub async fn open(table: Table, dir: &FsPath) -> Result<Self, LakeError> {
        let root = Path::from_absolute_path(dir).map_err(|e| foreign(dir, e))?;
        let files = SyncedFileSystem::at_root();
        let snapshot = Arc::new(LakeSnapshot::empty(table));
        let mut opened = Self { table, dir: dir.to_owned(), root, files, delta: None, snapshot, removed: Vec::new() };
        if opened.log_dir().is_dir() {
            let mut delta = DeltaTable::new(opened.log_store()?);
            match delta.load().await {
                Ok(()) => {
                    opened.delta = Some(delta);
                    opened.refresh_snapshot()?;
                }
                // A crash before the first commit leaves an empty log.
                Err(DeltaTableError::NotATable(_)) => {}
                Err(error) => return Err(opened.failed(error)),
            }
        }
        Ok(opened)
    }

    pub fn snapshot(&self) -> &Arc<LakeSnapshot> {
        &self.snapshot
    }

    pub fn table(&self) -> Table {
        self.table
    }

    pub fn dir(&self) -> &FsPath {
        &self.dir
    }

    /// The last frame of a WAL that is in this table; 0 if none is.
    pub async fn committed(&self, app_id: &str) -> Result<u64, LakeError> {
        let Some(delta) = &self.delta else { return Ok(0) };
        let state = delta.snapshot().map_err(|e| self.failed(e))?;
        let log_store = delta.log_store();
        let version = state.transaction_version(log_store.as_ref(), app_id).await.map_err(|e| self.failed(e))?;
        Ok(version.and_then(|v| u64::try_from(v).ok()).unwrap_or_default())
    }

    /// Where the table's commits are.
    pub fn log_dir(&self) -> PathBuf {
        self.dir.join(LOG_DIR)
    }

    /// Makes every commit that can be seen durable.
    pub fn sync_log(&self) -> Result<(), LakeError> {
        let path = self.log_dir();
        disk::sync_dir(&path).map_err(|source| LakeError::Io { path, source })
    }

    /// Puts a file where a commit may name it. When this returns it is on disk.
    pub async fn store(&self, file: EncodedFile, wal: &WalRange, ingested_ns: i64) -> Result<Add, LakeError> {
        let add = action::add(&file, wal, ingested_ns);
        self.put(file, add).await
    }

    async fn put(&self, file: EncodedFile, add: Add) -> Result<Add, LakeError> {
        let path = action::join(&self.root, &add.path);
        let payload = PutPayload::from(file.bytes);
        self.files.put(&path, payload).await.map_err(|source| LakeError::Write { path, source })?;
        Ok(add)
    }

    /// Deletes stored files that no commit will name.
    pub fn discard(&self, files: &[Add]) {
        for file in files {
            let path = self.dir.join(&file.path);
            if let Err(error) = std::fs::remove_file(&path) {
                warn!(%error, path = %path.display(), "failed to delete a file of a failed flush");
            }
        }
    }

    /// Adds stored files under the range's last frame, unless the table has that frame already. When this returns the
    /// commit is on disk, the range is in the table exactly once and [`Self::snapshot`] shows it.
    pub async fn commit(&mut self, wal: &WalRange, files: Vec<Add>) -> Result<(), LakeError> {
        if self.delta.is_none() {
            self.create().await?;
        }
        for _ in 0..CONFLICTS_MAX {
            self.update().await?;
            if self.committed(&wal.app_id).await? >= wal.last {
                return self.refresh_snapshot();
            }
            let version = i64::try_from(wal.last).map_err(|e| foreign(&self.dir, e))?;
            let properties =
                commit_properties().with_application_transaction(Transaction::new(wal.app_id.clone(), version));
            let actions = files.iter().cloned().map(Action::Add).collect();
            if self.try_commit(properties, actions, write_operation()).await? {
                return self.refresh_snapshot();
            }
        }
        Err(LakeError::Conflicts { table: self.dir.clone(), conflicts: CONFLICTS_MAX })
    }

    /// Takes files out of the table; they stay on disk for readers of older versions.
    pub async fn remove(&mut self, files: &[Arc<LakeFile>], now_ns: i64) -> Result<(), LakeError> {
        for _ in 0..CONFLICTS_MAX {
            self.update().await?;
            let actions = self.remove_actions(files, now_ns, true)?;
            if actions.is_empty() {
                return self.refresh_snapshot();
            }
            let operation = DeltaOperation::Delete { predicate: None };
            if self.try_commit(commit_properties(), actions, operation).await? {
                self.removed.extend(files.iter().map(|file| (now_ns, file.relative_path.clone())));
                return self.refresh_snapshot();
            }
        }
        Err(LakeError::Conflicts { table: self.dir.clone(), conflicts: CONFLICTS_MAX })
    }

    /// Puts a file that was made of others where a commit may name it. When this returns it is on disk.
    pub async fn store_compacted(&self, file: EncodedFile, lineage: &Lineage) -> Result<Add, LakeError> {
        let add = action::add_compacted(&file, lineage);
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
            if self.try_commit(commit_properties(), actions, operation).await? {
                self.removed.extend(old.iter().map(|file| (now_ns, file.relative_path.clone())));
                self.refresh_snapshot()?;
                return Ok(true);
            }
        }
        Err(LakeError::Conflicts { table: self.dir.clone(), conflicts: CONFLICTS_MAX })
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
    pub fn checkpointed(&self) -> u64 {
        let text = std::fs::read(self.log_dir().join("_last_checkpoint")).unwrap_or_default();
        serde_json::from_slice::<Json>(&text).ok().and_then(|json| json["version"].as_u64()).unwrap_or_default()
    }

    /// Paths of files that were taken out of the table before `until_ns`; it is the caller's to delete them.
    pub fn take_removed(&mut self, until_ns: i64) -> Vec<String> {
        let is_due = |removed: &mut (i64, String)| removed.0 < until_ns;
        self.removed.extract_if(.., is_due).map(|(_, path)| path).collect()
    }

    /// Files that were taken out of the table and are not deleted yet: readers of earlier versions may hold them.
    pub fn removed(&self) -> impl Iterator<Item = &str> {
        self.removed.iter().map(|(_, path)| path.as_str())
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

    /// Returns whether the commit was made; `false` after a conflict with another writer.
    async fn try_commit(
        &mut self,
        properties: CommitProperties,
        actions: Vec<Action>,
        operation: DeltaOperation,
    ) -> Result<bool, LakeError> {
        let Some(delta) = &mut self.delta else { return Ok(false) };
        let log_store = delta.log_store();
        let committed = {
            let state = delta.snapshot().map_err(|source| failed(&self.dir, source))?;
            CommitBuilder::from(properties).with_actions(actions).build(Some(state), log_store, operation).await
        };
        match committed {
            Ok(finalized) => {
                delta.state = Some(finalized.snapshot());
                Ok(true)
            }
            Err(DeltaTableError::VersionAlreadyExists(_)) => Ok(false),
            Err(DeltaTableError::Transaction { source }) if is_conflict(&source) => Ok(false),
            Err(source) => Err(failed(&self.dir, source)),
        }
    }

    async fn create(&mut self) -> Result<(), LakeError> {
        let schema = self.schema()?;
        let created = CreateBuilder::new()
            .with_log_store(self.log_store()?)
            .with_table_name(self.table.name())
            .with_columns(schema.fields().cloned())
            .with_partition_columns([PARTITION])
            .with_configuration(configuration(self.table))
            .with_raise_if_key_not_exists(false)
            .await;
        self.delta = Some(created.map_err(|e| self.failed(e))?);
        Ok(())
    }

    /// Reads what was committed since, by whomever.
    pub async fn refresh(&mut self) -> Result<(), LakeError> {
        self.update().await?;
        self.refresh_snapshot()
    }

    async fn update(&mut self) -> Result<(), LakeError> {
        let Some(delta) = &mut self.delta else { return Ok(()) };
        delta.update_state().await.map_err(|source| failed(&self.dir, source))
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
            None => Arc::new(action::lake_file(&self.root, &view)),
        });
        let version = i64::try_from(state.version()).unwrap_or(i64::MAX);
        self.snapshot = Arc::new(LakeSnapshot::new(self.table, version, files.collect()));
        Ok(())
    }

    /// Refuses what is not a table of ours, of a version that this program knows.
    fn check(&self, state: &DeltaTableState) -> Result<(), LakeError> {
        let refuse = |problem: String| Err(foreign(&self.dir, problem));
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
        self.table.schema().as_ref().try_into_kernel().map_err(|e| foreign(&self.dir, e))
    }

    fn log_store(&self) -> Result<LogStoreRef, LakeError> {
        disk::make_dirs(&self.dir).map_err(|source| LakeError::Io { path: self.dir.clone(), source })?;
        let url = Url::from_directory_path(&self.dir).map_err(|()| foreign(&self.dir, "its path is not absolute"))?;
        let prefixed =
            SyncedFileSystem::at(&self.dir).map_err(|source| LakeError::Write { path: self.root.clone(), source })?;
        let root: Arc<dyn ObjectStore> = Arc::new(self.files.clone());
        Ok(default_logstore(Arc::new(prefixed), root, &url, &StorageConfig::default()))
    }

    fn failed(&self, source: DeltaTableError) -> LakeError {
        failed(&self.dir, source)
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

fn failed(dir: &FsPath, source: DeltaTableError) -> LakeError {
    LakeError::Delta { table: dir.to_owned(), source: Box::new(source) }
}

fn foreign(dir: &FsPath, problem: impl ToString) -> LakeError {
    LakeError::Foreign { table: dir.to_owned(), problem: problem.to_string() }
}

/// No retries inside delta-rs: it would not check the transaction version again. No checkpoint on the path.
fn commit_properties() -> CommitProperties {
    CommitProperties::default().with_max_retries(0).with_create_checkpoint(false).with_cleanup_expired_logs(Some(false))
}

fn write_operation() -> DeltaOperation {
    DeltaOperation::Write { mode: SaveMode::Append, partition_by: Some(vec![PARTITION.to_owned()]), predicate: None }
}

fn is_conflict(error: &TransactionError) -> bool {
    matches!(
        error,
        TransactionError::VersionAlreadyExists(_)
            | TransactionError::CommitConflict(_)
            | TransactionError::MaxCommitAttempts(_)
    )
}

#[cfg(test)]
mod tests;

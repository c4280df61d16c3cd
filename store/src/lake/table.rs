//! One Delta table: loads it, commits to it exactly once per WAL range, keeps its file list.

pub(crate) mod windows;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;

use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties, TransactionError};
use deltalake_core::kernel::{Action, Add, LogicalFileView, Remove, StructType, Transaction};
use deltalake_core::logstore::{LogStoreRef, StorageConfig, default_logstore};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::checkpoints;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::{DeltaTable, DeltaTableError};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use serde_json::{Map, Value as Json, json};
use thiserror::Error;
use url::Url;
use uuid::Uuid;

use super::file::EncodedFile;
use super::snapshot::{ColumnRange, FrameRange, LakeFile, LakeSnapshot, StatValue};
use super::storage::SyncedFileSystem;
use super::window::FileWindows;
use crate::schema::Table;

const PARTITION: &str = "hour";
/// Commits between two checkpoints of a log.
const CHECKPOINT_COMMITS: u64 = 100;
/// How often a commit is tried again after another writer took its version.
pub(crate) const CONFLICTS_MAX: usize = 8;
/// Configuration of new tables. A transaction retention must never be set: it would forget how far a WAL was flushed.
const TABLE_CONFIGURATION: [(&str, &str); 3] = [
    ("delta.logRetentionDuration", "interval 1 days"),
    ("delta.deletedFileRetentionDuration", "interval 1 hours"),
    ("spanloom.formatVersion", "1"),
];
const TAG_CRC32: &str = "spanloom.crc32";
const TAG_FRAMES: &str = "spanloom.frames";
const TAG_WAL: &str = "spanloom.wal";
const TAG_INGESTED_NS: &str = "spanloom.ingestedNs";
const TAG_WINDOWS: &str = "spanloom.windows";
const TAG_WRITER: &str = "spanloom.writer";

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
        if dir.join("_delta_log").is_dir() {
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

    /// Puts a file where a commit may name it. When this returns it is on disk.
    pub async fn store(&self, file: EncodedFile, wal: &WalRange, ingested_ns: i64) -> Result<Add, LakeError> {
        let minute = crate::time::minute_text(file.from_ns);
        let name = format!("{minute}-{:020}", wal.last);
        let frames = format!("{}-{}", wal.first, wal.last);
        self.put(file, &name, [(TAG_FRAMES, frames), (TAG_WAL, wal.app_id.clone())], ingested_ns).await
    }

    async fn put(
        &self,
        file: EncodedFile,
        name: &str,
        origin: [(&str, String); 2],
        ingested_ns: i64,
    ) -> Result<Add, LakeError> {
        let name = format!("{PARTITION}={}/{name}-{}.parquet", file.hour, Uuid::new_v4().simple());
        let path = join(&self.root, &name);
        let tags = [(TAG_CRC32, format!("{:08x}", file.crc32)), (TAG_INGESTED_NS, ingested_ns.to_string())];
        let add = Add {
            path: name,
            partition_values: HashMap::from([(PARTITION.to_owned(), Some(file.hour.clone()))]),
            size: file.bytes.len() as i64,
            modification_time: ingested_ns / 1_000_000,
            data_change: true,
            stats: Some(stats_json(&file)),
            tags: Some(tags.into_iter().chain(origin).map(|(tag, text)| (tag.to_owned(), Some(text))).collect()),
            ..Add::default()
        };
        let payload = PutPayload::from(file.bytes);
        self.files.put(&path, payload).await.map_err(|source| LakeError::Write { path, source })?;
        Ok(add)
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
            let properties = commit_properties()
                .with_application_transaction(Transaction::new(wal.app_id.clone(), version));
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
            let actions = self.remove_actions(files, now_ns)?;
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
        let text = std::fs::read(self.dir.join("_delta_log/_last_checkpoint")).unwrap_or_default();
        serde_json::from_slice::<Json>(&text).ok().and_then(|json| json["version"].as_u64()).unwrap_or_default()
    }

    /// Paths of files that were taken out of the table before `until_ns`; it is the caller's to delete them.
    pub fn take_removed(&mut self, until_ns: i64) -> Vec<String> {
        let is_due = |removed: &mut (i64, String)| removed.0 < until_ns;
        self.removed.extract_if(.., is_due).map(|(_, path)| path).collect()
    }

    fn remove_actions(&self, files: &[Arc<LakeFile>], now_ns: i64) -> Result<Vec<Action>, LakeError> {
        let Some(delta) = &self.delta else { return Ok(Vec::new()) };
        let state = delta.snapshot().map_err(|e| self.failed(e))?;
        let views = state.log_data();
        let actions = views.iter().filter(|view| files.iter().any(|file| file.relative_path == view.path()));
        Ok(actions
            .map(|view| {
                let removed = view.remove_action(true);
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
            Err(DeltaTableError::Transaction { source }) if is_conflict(&source) => Ok(false),
            Err(source) => Err(failed(&self.dir, source)),
        }
    }

    async fn create(&mut self) -> Result<(), LakeError> {
        let schema: StructType = self.table.schema().as_ref().try_into_kernel().map_err(|e| foreign(&self.dir, e))?;
        let created = CreateBuilder::new()
            .with_log_store(self.log_store()?)
            .with_table_name(self.table.name())
            .with_columns(schema.fields().cloned())
            .with_partition_columns([PARTITION])
            .with_configuration(TABLE_CONFIGURATION.map(|(key, value)| (key, Some(value))))
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
        let known: HashMap<&str, &Arc<LakeFile>> =
            self.snapshot.all_files().map(|file| (file.relative_path.as_str(), file)).collect();
        let log = state.log_data();
        let files = log.iter().map(|view| match known.get(view.path().as_ref()) {
            Some(file) => Arc::clone(file),
            None => Arc::new(lake_file(&self.root, &view)),
        });
        let version = i64::try_from(state.version()).unwrap_or(i64::MAX);
        self.snapshot = Arc::new(LakeSnapshot::new(self.table, version, files.collect()));
        Ok(())
    }

    fn log_store(&self) -> Result<LogStoreRef, LakeError> {
        super::storage::make_dirs(&self.dir).map_err(|source| LakeError::Io { path: self.dir.clone(), source })?;
        let url = Url::from_directory_path(&self.dir).map_err(|()| foreign(&self.dir, "its path is not absolute"))?;
        let prefixed = SyncedFileSystem::at(&self.dir)
            .map_err(|source| LakeError::Write { path: self.root.clone(), source })?;
        let root: Arc<dyn ObjectStore> = Arc::new(self.files.clone());
        Ok(default_logstore(Arc::new(prefixed), root, &url, &StorageConfig::default()))
    }

    fn failed(&self, source: DeltaTableError) -> LakeError {
        failed(&self.dir, source)
    }
}

fn failed(dir: &FsPath, source: DeltaTableError) -> LakeError {
    LakeError::Delta { table: dir.to_owned(), source: Box::new(source) }
}

fn foreign(dir: &FsPath, problem: impl ToString) -> LakeError {
    LakeError::Foreign { table: dir.to_owned(), problem: problem.to_string() }
}

/// No retries inside delta-rs: it would not check the transaction version again. No checkpoint on the path.
fn commit_properties() -> CommitProperties {
    CommitProperties::default()
        .with_max_retries(0)
        .with_create_checkpoint(false)
        .with_cleanup_expired_logs(Some(false))
}

fn write_operation() -> DeltaOperation {
    DeltaOperation::Write {
        mode: SaveMode::Append,
        partition_by: Some(vec![PARTITION.to_owned()]),
        predicate: None,
    }
}

fn is_conflict(error: &TransactionError) -> bool {
    matches!(
        error,
        TransactionError::VersionAlreadyExists(_)
            | TransactionError::CommitConflict(_)
            | TransactionError::MaxCommitAttempts(_)
    )
}

fn join(root: &Path, relative: &str) -> Path {
    relative.split('/').fold(root.clone(), |path, part| path.join(part))
}

/// Delta protocol, "Per-file Statistics".
fn stats_json(file: &EncodedFile) -> String {
    let bounds = |pick: fn(&ColumnRange) -> Option<&StatValue>| -> Map<String, Json> {
        let known = file.ranges.iter().filter_map(|(column, range)| Some((column, pick(range)?)));
        known.map(|(column, bound)| (column.clone(), stat_json(bound))).collect()
    };
    let nulls = file.ranges.iter().filter_map(|(column, range)| Some((column.clone(), json!(range.null_count?))));
    json!({
        "numRecords": file.rows,
        "minValues": bounds(|range| range.min.as_ref()),
        "maxValues": bounds(|range| range.max.as_ref()),
        "nullCount": nulls.collect::<Map<String, Json>>(),
    })
    .to_string()
}

fn stat_json(value: &StatValue) -> Json {
    match value {
        StatValue::Int(int) => json!(int),
        StatValue::String(text) => json!(text),
    }
}

fn lake_file(root: &Path, view: &LogicalFileView) -> LakeFile {
    #[expect(deprecated, reason = "nothing else gives the tags of a file")]
    let add = view.add_action();
    let tags = add.tags.unwrap_or_default();
    let tag = |name: &str| tags.get(name).cloned().flatten();
    let stats: Json = add.stats.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let relative_path = view.path().into_owned();
    LakeFile {
        path: join(root, &relative_path),
        hour: add.partition_values.get(PARTITION).cloned().flatten().unwrap_or_default(),
        size: u64::try_from(add.size).unwrap_or_default(),
        rows: stats["numRecords"].as_u64().unwrap_or_default(),
        crc32: tag(TAG_CRC32).and_then(|text| u32::from_str_radix(&text, 16).ok()),
        ingested_ns: tag(TAG_INGESTED_NS)
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| add.modification_time.saturating_mul(1_000_000)),
        ranges: ranges(&stats),
        frames: tag(TAG_WAL).zip(tag(TAG_FRAMES)).and_then(|(wal, frames)| frame_range(&wal, &frames)),
        windows: tag(TAG_WRITER).zip(tag(TAG_WINDOWS)).and_then(|(w, marks)| FileWindows::from_tags(&w, &marks).ok()),
        relative_path,
    }
}

fn frame_range(wal: &str, frames: &str) -> Option<FrameRange> {
    let (first, last) = frames.split_once('-')?;
    Some(FrameRange { wal: wal.into(), first: first.parse().ok()?, last: last.parse().ok()? })
}

fn ranges(stats: &Json) -> BTreeMap<String, ColumnRange> {
    let mut ranges: BTreeMap<String, ColumnRange> = BTreeMap::new();
    let entries = |key: &str| stats[key].as_object().cloned().unwrap_or_default();
    for (column, nulls) in entries("nullCount") {
        ranges.entry(column).or_default().null_count = nulls.as_u64();
    }
    for (column, min) in entries("minValues") {
        ranges.entry(column).or_default().min = stat_value(&min);
    }
    for (column, max) in entries("maxValues") {
        ranges.entry(column).or_default().max = stat_value(&max);
    }
    ranges
}

fn stat_value(json: &Json) -> Option<StatValue> {
    match json {
        Json::Number(number) => number.as_i64().map(StatValue::Int),
        Json::String(text) => Some(StatValue::String(text.clone())),
        _ => None,
    }
}

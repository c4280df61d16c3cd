//! Verification of a stopped lake: every WAL frame and every lake file is read and its checksum compared.

use std::fs::File;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use crate::config::Config;
use crate::ids::TenantId;
use crate::lake::location::Location;
use crate::lake::table::LakeTable;
use crate::lake::{LakeError, LakeFile};
use crate::lakes::Lakes;
use crate::lock::DataLock;
use crate::retention::orphans;
use crate::schema::Table;
use crate::store::{OpenError, absolute, wal_dir};
use crate::wal::{BadFrame, RecoverError, SegmentReport, inspect};

/// What a verification found.
#[derive(Debug)]
pub struct VerifyReport {
    pub segments: Vec<SegmentReport>,
    /// Damage in the log that cost acknowledged frames.
    pub bad_frame: Option<BadFrame>,
    pub tables: Vec<TableReport>,
}

impl VerifyReport {
    /// Whether everything that was acknowledged can be read.
    pub fn is_sound(&self) -> bool {
        self.bad_frame.is_none() && self.tables.iter().all(|table| table.damaged.is_empty())
    }
}

/// What a verification found in one table.
#[derive(Debug)]
pub struct TableReport {
    pub tenant: TenantId,
    pub table: Table,
    pub version: i64,
    pub files: usize,
    pub rows: u64,
    pub bytes: u64,
    pub damaged: Vec<DamagedFile>,
    /// Files that no version names; harmless, deleted in time.
    pub orphans: usize,
}

/// A file that is not what was written, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedFile {
    /// Its path, or its URL in a bucket.
    pub name: String,
    pub rows: u64,
    pub problem: String,
}

/// Reads everything in a data directory that no process uses, and changes nothing.
///
/// # Errors
/// When the directory is in use or the tables cannot be opened at all. Damage is no error, it is in the report.
pub async fn verify(config: Config) -> Result<VerifyReport, OpenError> {
    let config = absolute(config)?;
    if !config.data_dir.is_dir() {
        return Err(OpenError::Io { path: config.data_dir, source: std::io::ErrorKind::NotFound.into() });
    }
    let _lock = DataLock::acquire(&config.data_dir)?;
    let (segments, bad_frame) = match inspect(&wal_dir(&config.data_dir)) {
        Ok(recovery) => (recovery.segments, None),
        Err(RecoverError::BadFrame(bad)) => (Vec::new(), Some(bad)),
        Err(error) => return Err(error.into()),
    };
    let lakes = Lakes::open(Location::of(&config)?).await?;
    let mut tables = Vec::new();
    for (tenant, lake) in lakes.iter() {
        for table in lake {
            tables.push(table_report(tenant, table).await?);
        }
    }
    Ok(VerifyReport { segments, bad_frame, tables })
}

async fn table_report(tenant: &TenantId, table: &LakeTable) -> Result<TableReport, OpenError> {
    let snapshot = table.snapshot();
    Ok(TableReport {
        tenant: tenant.clone(),
        table: table.table(),
        version: snapshot.version,
        files: snapshot.all_files().count(),
        rows: snapshot.all_files().map(|file| file.rows).sum(),
        bytes: snapshot.all_files().map(|file| file.size).sum(),
        damaged: damaged_files(table).await?.into_iter().map(|(_, damage)| damage).collect(),
        orphans: orphans(table).await?.len(),
    })
}

/// The files of a table that are not what was written.
///
/// # Errors
/// When a bucket cannot be asked: that says nothing of the file.
pub(crate) async fn damaged_files(table: &LakeTable) -> Result<Vec<(Arc<LakeFile>, DamagedFile)>, LakeError> {
    let mut damaged = Vec::new();
    for file in table.snapshot().all_files() {
        if let Some(problem) = problem_of(file, table.location()).await? {
            let name = table.location().name_of(&file.relative_path);
            damaged.push((Arc::clone(file), DamagedFile { name, rows: file.rows, problem }));
        }
    }
    Ok(damaged)
}

/// What is wrong with a file of a lake, if anything.
async fn problem_of(file: &Arc<LakeFile>, lake: &Location) -> Result<Option<String>, LakeError> {
    match lake.open_file(&file.path).await {
        Ok(opened) => Ok(problem_apart(file, opened).await),
        Err(error) if lake.dir().is_some() || error.kind() == io::ErrorKind::NotFound => {
            Ok(Some(format!("cannot be read: {error}")))
        }
        Err(source) => Err(LakeError::Io { path: lake.name_of_file(&file.path).into(), source }),
    }
}

/// [`problem_in`], off the I/O threads.
pub(crate) async fn problem_apart(file: &Arc<LakeFile>, opened: File) -> Option<String> {
    let file = Arc::clone(file);
    let compared = tokio::task::spawn_blocking(move || problem_in(&file, opened)).await;
    compared.unwrap_or_else(|error| Some(format!("cannot be read: {error}")))
}

/// What is wrong with a file that is read from where it stands.
pub(crate) fn problem_in(file: &LakeFile, mut opened: impl io::Read) -> Option<String> {
    let mut bytes = Vec::with_capacity(file.size as usize);
    let bytes = match opened.read_to_end(&mut bytes) {
        Ok(_) => Bytes::from(bytes),
        Err(error) => return Some(format!("cannot be read: {error}")),
    };
    if bytes.len() as u64 != file.size {
        return Some(format!("has {} bytes, {} were written", bytes.len(), file.size));
    }
    match file.crc32 {
        Some(expected) => {
            let found = crc32fast::hash(&bytes);
            (found != expected).then(|| format!("has checksum {found:08x}, {expected:08x} was written"))
        }
        // Another writer's file has no checksum of ours: it is decoded instead.
        None => decode(bytes).err().map(|error| format!("cannot be decoded: {error}")),
    }
}

fn decode(bytes: Bytes) -> Result<(), ParquetError> {
    for batch in ParquetRecordBatchReaderBuilder::try_new(bytes)?.build()? {
        batch?;
    }
    Ok(())
}

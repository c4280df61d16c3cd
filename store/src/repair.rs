//! Repair of a stopped lake: what is damaged is set aside, so that the rest can be served again.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing::warn;

use crate::config::Config;
use crate::disk::{make_dirs, sync_dir};
use crate::lake::location::Location;
use crate::lake::{LakeError, LakeFile};
use crate::lakes::Lakes;
use crate::lock::DataLock;
use crate::store::{OpenError, absolute, wal_dir};
use crate::time::{Clock as _, SystemClock};
use crate::verify::{DamagedFile, damaged_files};
use crate::wal::{BadFrame, repair as repair_wal};

const QUARANTINE_DIR: &str = "quarantine";

/// What a repair did.
#[derive(Debug)]
pub struct RepairReport {
    /// Acknowledged frames that are lost.
    pub lost_frames: Vec<BadFrame>,
    /// Files that were taken out of their tables, with the place where they lie now.
    pub quarantined: Vec<(DamagedFile, PathBuf)>,
}

impl RepairReport {
    /// Whether there was nothing to repair.
    pub fn is_empty(&self) -> bool {
        self.lost_frames.is_empty() && self.quarantined.is_empty()
    }
}

/// Sets damaged log segments and lake files aside. When this returns the store opens, and everything that can still be
/// read is in it exactly once.
///
/// # Errors
/// When the directory is in use, or a step fails; a repair can be run again.
pub async fn repair(config: Config) -> Result<RepairReport, OpenError> {
    let config = absolute(config)?;
    if !config.data_dir.is_dir() {
        return Err(OpenError::Io { path: config.data_dir, source: std::io::ErrorKind::NotFound.into() });
    }
    let _lock = DataLock::acquire(&config.data_dir)?;
    let lost_frames = repair_wal(&wal_dir(&config.data_dir))?;
    let mut lakes = Lakes::open(Location::of(&config)?).await?;
    let mut quarantined = Vec::new();
    for (tenant, lake) in lakes.iter_mut() {
        for table in lake {
            let damaged = damaged_files(table).await?;
            let files: Vec<_> = damaged.iter().map(|(file, _)| Arc::clone(file)).collect();
            if files.is_empty() {
                continue;
            }
            let dir = config.data_dir.join(QUARANTINE_DIR).join(tenant.as_str()).join(table.table().name());
            make_dirs(&dir).map_err(|source| LakeError::Io { path: dir.clone(), source })?;
            for file in &files {
                keep_object(table.location(), file, &dir).await?;
            }
            table.remove(&files, SystemClock.now_ns()).await?;
            for (file, damage) in damaged {
                let kept = set_aside(table.location(), &file, &dir).await?;
                warn!(path = damage.name, problem = damage.problem, rows = damage.rows, "set a damaged file aside");
                quarantined.push((damage, kept));
            }
        }
    }
    Ok(RepairReport { lost_frames, quarantined })
}

/// Keeps what a bucket has of a file, before its table gives it up.
async fn keep_object(table: &Location, file: &LakeFile, dir: &Path) -> Result<(), LakeError> {
    if table.dir().is_some() {
        return Ok(());
    }
    let kept = kept_path(file, dir);
    let failed = |source| LakeError::Io { path: kept.clone(), source };
    match table.open_file(&file.path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        opened => {
            let mut copy = File::create(&kept).map_err(failed)?;
            io::copy(&mut opened.map_err(failed)?, &mut copy).map_err(failed)?;
            copy.sync_all().map_err(failed)
        }
    }
}

/// Takes a file away that its table has given up: one of the local disk is moved. One that is gone needs not be.
async fn set_aside(table: &Location, file: &LakeFile, dir: &Path) -> Result<PathBuf, LakeError> {
    let kept = kept_path(file, dir);
    let failed = |source| LakeError::Io { path: kept.clone(), source };
    match table.dir() {
        Some(own) => move_file(&own.join(&file.relative_path), &kept).map_err(failed)?,
        None => _ = table.delete(&file.relative_path).await?,
    }
    sync_dir(dir).map_err(failed)?;
    Ok(kept)
}

/// Moves a file, also to another file system.
fn move_file(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            std::fs::copy(from, to)?;
            File::open(to)?.sync_all()?;
            std::fs::remove_file(from)
        }
        moved => moved,
    }
}

fn kept_path(file: &LakeFile, dir: &Path) -> PathBuf {
    dir.join(file.path.filename().unwrap_or_default())
}

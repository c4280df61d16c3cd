//! Repair of a stopped lake: what is damaged is set aside, so that the rest can be served again.

use std::path::{Path, PathBuf};

use tracing::warn;

use crate::config::Config;
use crate::disk::{make_dirs, sync_dir};
use crate::lake::LakeError;
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
    let mut lakes = Lakes::open(&config.data_dir).await?;
    let mut quarantined = Vec::new();
    for (tenant, lake) in lakes.iter_mut() {
        for table in lake {
            let damaged = damaged_files(table);
            let files: Vec<_> = damaged.iter().map(|(file, _)| std::sync::Arc::clone(file)).collect();
            if files.is_empty() {
                continue;
            }
            table.remove(&files, SystemClock.now_ns()).await?;
            let dir = config.data_dir.join(QUARANTINE_DIR).join(tenant.as_str()).join(table.table().name());
            for (_, damage) in damaged {
                let kept = set_aside(&damage.path, &dir)?;
                warn!(path = %damage.path.display(), problem = damage.problem, rows = damage.rows, "set a damaged file aside");
                quarantined.push((damage, kept));
            }
        }
    }
    Ok(RepairReport { lost_frames, quarantined })
}

/// Moves a file; one that is gone cannot be moved and needs not be.
fn set_aside(path: &Path, dir: &Path) -> Result<PathBuf, LakeError> {
    let failed = |source| LakeError::Io { path: path.to_owned(), source };
    make_dirs(dir).map_err(failed)?;
    let kept = dir.join(path.file_name().unwrap_or_default());
    match std::fs::rename(path, &kept) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => sync_dir(dir).map_err(failed)?,
    }
    Ok(kept)
}

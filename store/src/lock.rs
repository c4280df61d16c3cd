//! The lock that keeps a second process out of a data directory.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::disk;

const LOCK_FILE: &str = "lock";

/// Why a data directory could not be locked.
#[derive(Debug, Error)]
pub enum LockError {
    #[error("{} is in use by another process{}", data_dir.display(), owner.map(|pid| format!(" (pid {pid})")).unwrap_or_default())]
    InUse { data_dir: PathBuf, owner: Option<u32> },
    #[error("failed to lock {}", data_dir.display())]
    Io { data_dir: PathBuf, source: io::Error },
}

/// Holds the directory until it is dropped or the process ends in whatever way.
#[derive(Debug)]
pub(crate) struct DataLock {
    _file: File,
}

impl DataLock {
    /// Makes the directory if need be, and locks it.
    pub fn acquire(data_dir: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::Io { data_dir: data_dir.to_owned(), source };
        disk::make_dirs(data_dir).map_err(failed)?;
        let mut options = File::options();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(data_dir.join(LOCK_FILE)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                write_owner(&mut file).map_err(failed)?;
                Ok(Self { _file: file })
            }
            Err(TryLockError::WouldBlock) => {
                Err(LockError::InUse { data_dir: data_dir.to_owned(), owner: read_owner(&mut file) })
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// For the message only; the lock itself is the operating system's.
fn write_owner(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn read_owner(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let held = DataLock::acquire(dir.path()).unwrap();
        let refused = DataLock::acquire(dir.path()).unwrap_err().to_string();
        assert!(refused.contains(&dir.path().display().to_string()), "{refused}");
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        drop(held);
        DataLock::acquire(dir.path()).unwrap();
    }
}

//! Files and directories that survive a power cut: nothing here returns before the disk has it.
//!
//! A file is on disk only when its directory is, too, so every function that makes a name syncs the directory that
//! holds it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Makes creations, renames and removals in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Makes missing directories, each durable in its parent.
pub(crate) fn make_dirs(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent() {
        make_dirs(parent)?;
        match fs::create_dir(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => sync_dir(parent)?,
        }
    }
    Ok(())
}

/// Replaces a file whole or not at all.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let staged = path.with_extension("new");
    let mut file = File::create(&staged)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&staged, path)?;
    path.parent().map_or(Ok(()), sync_dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_directories_are_made_and_present_ones_stay() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("a/b/c");
        make_dirs(&deep).unwrap();
        fs::write(deep.join("kept"), b"x").unwrap();
        make_dirs(&deep).unwrap();
        assert!(deep.join("kept").exists());
        fs::write(dir.path().join("file"), b"").unwrap();
        assert!(make_dirs(&dir.path().join("file/below")).is_err());
    }

    #[test]
    fn a_replaced_file_has_the_new_content_and_no_leftovers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("id");
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

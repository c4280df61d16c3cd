//! Footers of lake files: read once, kept while they are used.

use std::collections::HashMap;
use std::sync::Arc;

use object_store::path::Path;
use parking_lot::Mutex;
use parquet::file::metadata::ParquetMetaData;

/// Memory of all footers that are kept.
const BYTES_MAX: usize = 64 << 20;

/// Footers by path. Files never change, so that a footer is right for ever.
#[derive(Debug, Default)]
pub(crate) struct Footers {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_path: HashMap<Path, Footer>,
    bytes: usize,
    /// Counts uses, so that the longest unused can be told.
    uses: u64,
}

#[derive(Debug)]
struct Footer {
    metadata: Arc<ParquetMetaData>,
    bytes: usize,
    used: u64,
}

impl Footers {
    pub fn get(&self, path: &Path) -> Option<Arc<ParquetMetaData>> {
        let mut kept = self.kept.lock();
        kept.uses += 1;
        let used = kept.uses;
        let footer = kept.by_path.get_mut(path)?;
        footer.used = used;
        Some(Arc::clone(&footer.metadata))
    }

    pub fn put(&self, path: &Path, metadata: &Arc<ParquetMetaData>) {
        let bytes = metadata.memory_size() + path.as_ref().len();
        if bytes > BYTES_MAX / 2 {
            return;
        }
        let mut kept = self.kept.lock();
        if kept.bytes + bytes > BYTES_MAX {
            kept.forget_half();
        }
        let footer = Footer { metadata: Arc::clone(metadata), bytes, used: kept.uses };
        kept.bytes += bytes;
        if let Some(old) = kept.by_path.insert(path.clone(), footer) {
            kept.bytes -= old.bytes;
        }
    }
}

impl Kept {
    /// Drops what was not used for longest, until half of the memory is free.
    fn forget_half(&mut self) {
        let mut by_use: Vec<(u64, Path)> = self.by_path.iter().map(|(path, f)| (f.used, path.clone())).collect();
        by_use.sort_unstable();
        for (_, path) in by_use {
            if self.bytes <= BYTES_MAX / 2 {
                return;
            }
            self.bytes -= self.by_path.remove(&path).map_or(0, |footer| footer.bytes);
        }
    }
}

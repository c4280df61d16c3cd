//! What is known of lake files: read once, kept while it is used. Files never change, so that it is right for ever.

use std::collections::HashMap;
use std::sync::Arc;

use object_store::path::Path;
use parking_lot::Mutex;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;

use super::places::Places;

/// Memory of all that is kept.
const BYTES_MAX: usize = 64 << 20;

/// Footers, and places of series, by path.
#[derive(Debug, Default)]
pub(crate) struct KnownFiles {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_path: HashMap<Path, Known>,
    bytes: usize,
    /// Counts uses, so that the longest unused can be told.
    uses: u64,
}

/// What is known of a file.
#[derive(Debug, Default)]
struct Known {
    footer: Option<ArrowReaderMetadata>,
    /// By metric; `None`: of all series.
    places: HashMap<Option<i64>, Arc<Places>>,
    bytes: usize,
    used: u64,
}

impl KnownFiles {
    pub fn footer(&self, path: &Path) -> Option<ArrowReaderMetadata> {
        self.kept.lock().find(path)?.footer.clone()
    }

    pub fn put_footer(&self, path: &Path, footer: &ArrowReaderMetadata) {
        let put = |known: &mut Known| known.footer = Some(footer.clone());
        self.kept.lock().put(path, footer.metadata().memory_size(), put);
    }

    /// Where series of a metric, or all series, lie in a file.
    pub fn places(&self, path: &Path, metric: Option<i64>) -> Option<Arc<Places>> {
        self.kept.lock().find(path)?.places.get(&metric).cloned()
    }

    pub fn put_places(&self, path: &Path, metric: Option<i64>, places: &Arc<Places>) {
        let put = |known: &mut Known| drop(known.places.insert(metric, Arc::clone(places)));
        self.kept.lock().put(path, places.memory_bytes(), put);
    }
}

impl Kept {
    fn find(&mut self, path: &Path) -> Option<&Known> {
        self.uses += 1;
        let known = self.by_path.get_mut(path)?;
        known.used = self.uses;
        Some(known)
    }

    /// Adds what takes so many bytes. What was put twice counts twice until it is forgotten.
    fn put(&mut self, path: &Path, bytes: usize, put: impl FnOnce(&mut Known)) {
        let path_bytes = path.as_ref().len() + size_of::<(Path, Known)>();
        if bytes + path_bytes > BYTES_MAX / 2 {
            return;
        }
        if self.bytes + bytes + path_bytes > BYTES_MAX {
            self.forget_half();
        }
        let known = self.by_path.entry(path.clone()).or_insert_with(|| {
            self.bytes += path_bytes;
            Known { bytes: path_bytes, ..Known::default() }
        });
        put(known);
        (known.bytes, known.used) = (known.bytes + bytes, self.uses);
        self.bytes += bytes;
    }

    /// Drops what was not used for longest, until half of the memory is free.
    fn forget_half(&mut self) {
        let mut by_use: Vec<(u64, Path)> = self.by_path.iter().map(|(path, f)| (f.used, path.clone())).collect();
        by_use.sort_unstable();
        for (_, path) in by_use {
            if self.bytes <= BYTES_MAX / 2 {
                return;
            }
            self.bytes -= self.by_path.remove(&path).map_or(0, |known| known.bytes);
        }
    }
}

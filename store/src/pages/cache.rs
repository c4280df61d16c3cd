use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use parquet::basic::Type;

use super::decode::{Leaf, Page, Values};

/// Pages for which nobody asks are given up after this time.
const IDLE_MAX: Duration = Duration::from_mins(15);
/// What a page takes beside its values, about.
const ENTRY_BYTES: usize = 512;

/// Pages of numbers of 64 bits, ids and times above all, as they were decoded: every search reads those of all rows in its time, and
/// most searches ask about a time that was asked about before. Files never change, so that nothing in it becomes wrong. Copies are one
/// cache.
#[derive(Clone)]
pub struct PageCache(pub(super) Cache<(Arc<str>, u64), Arc<Page>>);

impl fmt::Debug for PageCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageCache").field("bytes", &self.bytes()).finish()
    }
}

impl PageCache {
    /// At most `bytes_max` are kept; of 0 none. Where more are asked for, a page comes in if it was asked for more often, lately,
    /// than those whose place it takes.
    #[must_use]
    pub fn new(bytes_max: u64) -> Self {
        let bytes =
            |_: &(Arc<str>, u64), page: &Arc<Page>| u32::try_from(ENTRY_BYTES + page.bytes()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(bytes_max).weigher(bytes).time_to_idle(IDLE_MAX).build())
    }

    /// The bytes that are kept, about.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.weighted_size()
    }

    /// Gives up what has been idle for too long, and returns how many bytes are kept.
    pub fn tend(&self) -> u64 {
        self.0.run_pending_tasks();
        self.bytes()
    }

    /// The pages of one file, by its path.
    #[must_use]
    pub fn of_file(&self, path: &str) -> FilePages {
        FilePages { cache: self.clone(), path: path.into() }
    }
}

/// What is kept of one file.
#[derive(Debug, Clone)]
pub struct FilePages {
    cache: PageCache,
    path: Arc<str>,
}

impl FilePages {
    /// True if pages of such a column are kept.
    pub(super) fn keeps(leaf: Leaf) -> bool {
        leaf.physical == Type::INT64 && leaf.entry_def.is_none()
    }

    /// The page that begins at a byte of the file.
    pub(super) fn get(&self, start: u64) -> Option<Arc<Page>> {
        self.cache.0.get(&(Arc::clone(&self.path), start))
    }

    /// Keeps the page that begins at a byte of the file if it can be had without the column's dictionary.
    pub(super) fn put(&self, start: u64, page: &Arc<Page>) {
        if matches!(page.values, Values::Ints { .. }) {
            self.cache.0.insert((Arc::clone(&self.path), start), Arc::clone(page));
        }
    }
}

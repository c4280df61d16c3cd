//! Copies of a bucket's data files on the local disk.
//!
//! A file never changes and its name is never used again, so that a copy is right as long as it is there. What is stored is
//! kept at once; what is read is fetched when somebody reads it, if it is not large: the first question about an hour of
//! long ago goes to the bucket, the next ones do not. Copies are found again after a restart; those that were not asked for
//! longest go first.

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt as _,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tracing::warn;
use xxhash_rust::xxh3::xxh3_128;

use crate::disk;
use crate::lake::table::LOG_DIR;
use crate::metrics::CacheMetrics;

/// The largest file that is fetched as a whole because a part of it was read: a question about few columns of a file of
/// hundreds of megabytes shall not bring all of it.
const FETCHED_BYTES_MAX: u64 = 32 << 20;
/// Files that are fetched at a time; a file that is read while so many are is fetched when it is read again.
const FETCHES_MAX: usize = 2;
/// Files of which it is known that they are too large to be fetched.
const LARGE_MAX: usize = 10_000;
/// The cache weighs its entries in this unit.
const WEIGHT_BYTES: u64 = 1024;

/// A bucket, and copies of its data files.
#[derive(Debug, Clone)]
pub(super) struct CachedBucket {
    bucket: Arc<dyn ObjectStore>,
    copies: Arc<Copies>,
}

#[derive(Debug)]
struct Copies {
    dir: PathBuf,
    local: LocalFileSystem,
    /// Bytes of the files that are there, by [`name_of`].
    files: Cache<String, u64>,
    fetching: Mutex<HashSet<Path>>,
    fetches: Arc<Semaphore>,
    /// The largest file that is fetched.
    fetched_bytes_max: u64,
    /// Files that are larger, as far as they were met.
    large: Mutex<HashSet<Path>>,
    metrics: CacheMetrics,
}

impl CachedBucket {
    /// Takes up the copies that are in `dir`, as far as they are not more than `bytes_max`.
    pub fn open(
        bucket: Arc<dyn ObjectStore>,
        dir: &FsPath,
        bytes_max: u64,
        metrics: &CacheMetrics,
    ) -> io::Result<Self> {
        disk::make_dirs(dir)?;
        let (listened, evicted_from) = (metrics.clone(), dir.to_owned());
        let files = Cache::builder()
            .max_capacity(bytes_max / WEIGHT_BYTES)
            .weigher(|_: &String, bytes: &u64| u32::try_from(bytes.div_ceil(WEIGHT_BYTES)).unwrap_or(u32::MAX))
            .eviction_policy(EvictionPolicy::lru())
            .eviction_listener(move |name: Arc<String>, bytes, _| {
                let _ = std::fs::remove_file(evicted_from.join(&*name));
                listened.bytes.dec_by(bytes);
            })
            .build();
        let local = LocalFileSystem::new_with_prefix(dir).map_err(io::Error::other)?;
        let copies = Copies {
            dir: dir.to_owned(),
            local,
            files,
            fetching: Mutex::default(),
            fetches: Arc::new(Semaphore::new(FETCHES_MAX)),
            fetched_bytes_max: FETCHED_BYTES_MAX.min(bytes_max),
            large: Mutex::default(),
            metrics: metrics.clone(),
        };
        copies.take_up()?;
        Ok(Self { bucket, copies: Arc::new(copies) })
    }

    /// The copy of a file, if there is one. This does not count as asking for it.
    pub fn open_copy(&self, location: &Path) -> Option<File> {
        let name = name_of(location);
        let is_there = self.copies.files.contains_key(&name);
        is_there.then(|| File::open(self.copies.dir.join(name)).ok()).flatten()
    }

    /// Keeps a copy of a file that was stored in parts.
    pub async fn keep(&self, location: &Path, payload: PutPayload) {
        self.copies.keep(location, payload).await;
    }

    /// Gives up the copy of a file, because it is damaged or the file is gone.
    /// Returns whether there was one.
    pub fn forget(&self, location: &Path) -> bool {
        self.copies.files.remove(&name_of(location)).is_some()
    }

    /// Fetches a file that a part of was read, in the background.
    fn fetch(&self, location: &Path, bytes: u64) {
        let copies = Arc::clone(&self.copies);
        copies.metrics.misses.inc();
        if bytes > copies.fetched_bytes_max || copies.large.lock().contains(location) {
            return;
        }
        let Ok(permit) = Arc::clone(&copies.fetches).try_acquire_owned() else { return };
        if !copies.fetching.lock().insert(location.clone()) {
            return;
        }
        let (bucket, location) = (Arc::clone(&self.bucket), location.clone());
        tokio::spawn(async move {
            let fetched = async {
                let found = bucket.get(&location).await?;
                if found.meta.size > copies.fetched_bytes_max { Ok(None) } else { found.bytes().await.map(Some) }
            };
            match fetched.await {
                Ok(Some(bytes)) => copies.keep(&location, PutPayload::from(bytes)).await,
                Ok(None) => copies.note_large(&location),
                // Who read a part of it was told.
                Err(error) => tracing::debug!(%location, %error, "failed to fetch a file"),
            }
            copies.fetching.lock().remove(&location);
            drop(permit);
        });
    }
}

impl Copies {
    /// Counts what is there from before, the oldest first, and deletes what was not finished.
    fn take_up(&self) -> io::Result<()> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            match entry.file_name().into_string() {
                Ok(name) if is_name(&name) => found.push((meta.modified()?, name, meta.len())),
                _ if meta.is_file() => std::fs::remove_file(entry.path())?,
                // The directory may be the root of a file system.
                _ => {}
            }
        }
        found.sort();
        found.into_iter().for_each(|(_, name, bytes)| self.count(name, bytes));
        Ok(())
    }

    fn note_large(&self, location: &Path) {
        let mut large = self.large.lock();
        if large.len() >= LARGE_MAX {
            large.clear();
        }
        large.insert(location.clone());
    }

    fn count(&self, name: String, bytes: u64) {
        self.metrics.bytes.inc_by(bytes);
        self.files.insert(name, bytes);
        self.files.run_pending_tasks();
    }

    /// Where in `local` the copy of a file is.
    fn find(&self, location: &Path) -> Option<Path> {
        let name = is_data(location).then(|| name_of(location))?;
        self.files.get(&name)?;
        Some(Path::from(name))
    }

    /// Keeps a copy, on disk before it has its name; a copy that cannot be kept is none.
    async fn keep(self: &Arc<Self>, location: &Path, payload: PutPayload) {
        let (copies, name) = (Arc::clone(self), name_of(location));
        let written = tokio::task::spawn_blocking(move || copies.write(name, &payload)).await;
        if let Err(error) = written.unwrap_or_else(|error| Err(io::Error::other(error))) {
            warn!(%location, %error, "failed to keep a copy of a file on the local disk");
        }
    }

    fn write(&self, name: String, payload: &PutPayload) -> io::Result<()> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let path = self.dir.join(&name);
        let staged = path.with_extension(NEXT.fetch_add(1, Ordering::Relaxed).to_string());
        let write = || {
            let mut file = File::create(&staged)?;
            payload.iter().try_for_each(|chunk| file.write_all(chunk))?;
            file.sync_all()?;
            std::fs::rename(&staged, &path)
        };
        write().inspect_err(|_| drop(std::fs::remove_file(&staged)))?;
        // Of a file that is kept twice at a time one is evicted for the other, and both are the same.
        if !self.files.contains_key(&name) {
            self.count(name, payload.content_length() as u64);
        }
        Ok(())
    }
}

/// A file of rows: files of logs are read when something is new, and are small.
fn is_data(location: &Path) -> bool {
    location.extension() == Some("parquet") && !location.parts().any(|part| part.as_ref() == LOG_DIR)
}

/// The name of a file's copy.
fn name_of(location: &Path) -> String {
    format!("{:032x}", xxh3_128(location.as_ref().as_bytes()))
}

fn is_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl fmt::Display for CachedBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CachedBucket({})", self.bucket)
    }
}

#[async_trait]
impl ObjectStore for CachedBucket {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let put = self.bucket.put_opts(location, payload.clone(), opts).await?;
        if is_data(location) {
            self.copies.keep(location, payload).await;
        }
        Ok(put)
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.bucket.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if let Some(copy) = self.copies.find(location) {
            match self.copies.local.get_opts(&copy, options.clone()).await {
                Ok(found) => {
                    self.copies.metrics.hits.inc();
                    let meta = ObjectMeta { location: location.clone(), ..found.meta };
                    return Ok(GetResult { meta, ..found });
                }
                Err(_) => _ = self.forget(location),
            }
        }
        let found = self.bucket.get_opts(location, options).await?;
        if is_data(location) {
            self.fetch(location, found.meta.size);
        }
        Ok(found)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        if let Some(copy) = self.copies.find(location) {
            match self.copies.local.get_ranges(&copy, ranges).await {
                Ok(found) => {
                    self.copies.metrics.hits.inc();
                    return Ok(found);
                }
                Err(_) => _ = self.forget(location),
            }
        }
        let found = self.bucket.get_ranges(location, ranges).await?;
        if is_data(location) {
            // The file is as large at least.
            self.fetch(location, ranges.iter().map(|range| range.end).max().unwrap_or_default());
        }
        Ok(found)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let own = self.clone();
        let deleted = self.bucket.delete_stream(locations);
        deleted.inspect(move |deleted| deleted.iter().for_each(|location| _ = own.forget(location))).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.bucket.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.bucket.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.bucket.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.bucket.copy_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests;

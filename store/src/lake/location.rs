//! Where tables lie: below a directory of the local disk, or below a prefix of a bucket.
//!
//! What is written, read and listed goes through an object store either way. What only a disk has (entries of directories
//! that must be synced, hours that become empty directories, leftovers of a torn write) is told apart here and nowhere else.

/// Buckets.
mod bucket;
/// Copies of their files.
mod cache;

use std::fmt;
use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions};
use url::Url;

use self::cache::CachedBucket;
use super::LakeError;
use super::action::PARTITION;
use super::storage::SyncedFileSystem;
use super::table::LOG_DIR;
use crate::config::Config;
use crate::disk;
use crate::metrics::CacheMetrics;

const LAKE_DIR: &str = "lake";
const CACHE_DIR: &str = "cache";
/// Larger files go to a bucket, and come from it, in parts of this size, so that `lake.s3.timeout` bounds a part.
const PART_BYTES: usize = 8 << 20;
/// Parts of a file that are under way at a time.
const PARTS_MAX: usize = 4;
/// An object beside the tenants' tables.
const PROBE: &str = "_spanloom.txt";
const PROBE_TEXT: &str = "Tables of Spanloom. This object tells whether the store refuses to make it a second time.\n";

/// A directory, or what a bucket has in place of one.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    /// What is asked: copies first, then the bucket.
    objects: Arc<dyn ObjectStore>,
    /// The same without copies.
    bucket: Arc<dyn ObjectStore>,
    /// Its path in `objects`.
    root: Path,
    /// Ends with a slash.
    url: Url,
    home: Home,
}

#[derive(Debug, Clone)]
enum Home {
    Directory(PathBuf),
    /// Files are copied to `scratch` where one is wanted on the local disk that has no copy in the cache.
    Bucket {
        scratch: PathBuf,
        cache: Option<CachedBucket>,
    },
}

/// A file that was found below a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundFile {
    /// Below the table.
    pub relative_path: String,
    pub modified: SystemTime,
}

impl Location {
    /// The lake of a configuration, with copies of a bucket's files on the local disk. A directory need not be there yet;
    /// whether a bucket can be reached is not tried.
    pub fn cached(config: &Config, metrics: &CacheMetrics) -> Result<Self, LakeError> {
        let mut location = Self::of(config)?;
        let bytes_max = config.lake.cache_bytes_max.as_u64();
        if let Home::Bucket { cache, .. } = &mut location.home
            && bytes_max > 0
        {
            let dir = config.data_dir.join(CACHE_DIR);
            let opened = CachedBucket::open(location.objects, &dir, bytes_max, metrics);
            let opened = cache.insert(opened.map_err(|source| LakeError::Io { path: dir, source })?);
            location.objects = Arc::new(opened.clone());
        }
        Ok(location)
    }

    /// The same without copies: what is read is what the bucket has.
    pub fn of(config: &Config) -> Result<Self, LakeError> {
        let Some(url) = &config.lake.url else { return Self::directory(&config.data_dir.join(LAKE_DIR)) };
        let failed = |source| LakeError::Bucket { url: url.to_string(), source };
        let bucket: Arc<dyn ObjectStore> = Arc::new(bucket::open(url, &config.lake.s3).map_err(failed)?);
        let root = Path::from_url_path(url.path()).map_err(|e| failed(e.into()))?;
        let mut url = url.clone();
        url.set_path(&if root.is_root() { "/".to_owned() } else { format!("/{root}/") });
        let home = Home::Bucket { scratch: config.data_dir.clone(), cache: None };
        Ok(Self { objects: Arc::clone(&bucket), bucket, root, url, home })
    }

    /// An absolute directory of the local disk.
    pub fn directory(dir: &FsPath) -> Result<Self, LakeError> {
        let failed = |problem: String| LakeError::Foreign { table: dir.display().to_string(), problem };
        let root = Path::from_absolute_path(dir).map_err(|e| failed(e.to_string()))?;
        let url = Url::from_directory_path(dir).map_err(|()| failed("its path is not absolute".to_owned()))?;
        let home = Home::Directory(dir.to_owned());
        let disk: Arc<dyn ObjectStore> = Arc::new(SyncedFileSystem::at_root());
        Ok(Self { objects: Arc::clone(&disk), bucket: disk, root, url, home })
    }

    /// What lies below it by this name: no slash is in it.
    pub fn child(&self, name: &str) -> Self {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{name}/", self.url.path()));
        let home = match &self.home {
            Home::Directory(dir) => Home::Directory(dir.join(name)),
            bucket @ Home::Bucket { .. } => bucket.clone(),
        };
        Self { root: self.root.clone().join(name), url, home, ..self.clone() }
    }

    /// The store that paths of lake files refer to.
    pub fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.objects
    }

    /// The store whose paths begin here.
    pub fn own_objects(&self) -> Arc<dyn ObjectStore> {
        Arc::new(PrefixStore::new(Arc::clone(&self.objects), self.root.clone()))
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The directory; `None` for a bucket.
    pub fn dir(&self) -> Option<&FsPath> {
        match &self.home {
            Home::Directory(dir) => Some(dir),
            Home::Bucket { .. } => None,
        }
    }

    /// What something below it is called in messages.
    pub fn name_of(&self, relative_path: &str) -> String {
        match &self.home {
            Home::Directory(dir) => dir.join(relative_path).display().to_string(),
            Home::Bucket { .. } => format!("{}{relative_path}", self.url),
        }
    }

    /// What a file of [`Self::objects`] is called in messages.
    pub fn name_of_file(&self, path: &Path) -> String {
        match &self.home {
            Home::Directory(_) => format!("/{path}"),
            Home::Bucket { .. } => self.url.join(&format!("/{path}")).map_or_else(|_| path.to_string(), Into::into),
        }
    }

    /// Whether a table is here, or was about to be made.
    pub async fn has_log(&self) -> Result<bool, LakeError> {
        match &self.home {
            Home::Directory(dir) => Ok(dir.join(LOG_DIR).is_dir()),
            Home::Bucket { .. } => {
                let log = self.root.clone().join(LOG_DIR);
                let first = self.objects.list(Some(&log)).next().await.transpose();
                Ok(first.map_err(|source| LakeError::Read { name: self.to_string(), source })?.is_some())
            }
        }
    }

    /// The names of directories below it, ascending.
    pub async fn children(&self) -> Result<Vec<String>, LakeError> {
        let listed = self.objects.list_with_delimiter(Some(&self.root)).await;
        let listed = listed.map_err(|source| LakeError::Read { name: self.to_string(), source })?;
        let names = listed.common_prefixes.iter().filter_map(|path| path.filename().map(str::to_owned));
        let mut names: Vec<String> = names.collect();
        names.sort();
        Ok(names)
    }

    /// The files of a table's hours, and what torn writes left of files and commits.
    pub async fn files(&self) -> Result<Vec<FoundFile>, LakeError> {
        match &self.home {
            Home::Directory(dir) => files_in(dir).map_err(|source| LakeError::Io { path: dir.clone(), source }),
            Home::Bucket { .. } => {
                let own = self.own_objects();
                let found = own.list(None).try_filter_map(|object| async move {
                    let relative_path = object.location.to_string();
                    let modified = object.last_modified.into();
                    Ok(is_of_hour(&relative_path).then_some(FoundFile { relative_path, modified }))
                });
                found.try_collect().await.map_err(|source| LakeError::Read { name: self.to_string(), source })
            }
        }
    }

    /// Deletes a file; returns false if it was not there.
    pub async fn delete(&self, relative_path: &str) -> Result<bool, LakeError> {
        match &self.home {
            Home::Directory(dir) => {
                let path = dir.join(relative_path);
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                    Err(source) => Err(LakeError::Io { path, source }),
                    Ok(()) => {
                        // An hour without files needs no directory; one that still has files refuses.
                        let _ = path.parent().map(std::fs::remove_dir);
                        Ok(true)
                    }
                }
            }
            Home::Bucket { .. } => match self.own_objects().delete(&Path::from(relative_path)).await {
                Ok(()) => Ok(true),
                Err(object_store::Error::NotFound { .. }) => Ok(false),
                Err(source) => Err(LakeError::Write { name: self.name_of(relative_path), source }),
            },
        }
    }

    /// Makes every name in it durable that can be seen.
    pub fn sync(&self) -> Result<(), LakeError> {
        match self.dir() {
            Some(dir) if dir.is_dir() => {
                disk::sync_dir(dir).map_err(|source| LakeError::Io { path: dir.to_owned(), source })
            }
            // A bucket that has answered has it.
            _ => Ok(()),
        }
    }

    /// The copy of a bucket's file, if there is one.
    pub fn open_copy(&self, path: &Path) -> Option<File> {
        self.cache()?.open_copy(path)
    }

    /// Gives up the copy of a bucket's file that is damaged; returns whether there was one.
    pub fn forget_copy(&self, path: &Path) -> bool {
        self.cache().is_some_and(|cache| cache.forget(path))
    }

    fn cache(&self) -> Option<&CachedBucket> {
        match &self.home {
            Home::Bucket { cache, .. } => cache.as_ref(),
            Home::Directory(_) => None,
        }
    }

    /// Stores a file of [`Self::objects`]. A large one goes to a bucket in parts, of which each has its own time.
    pub async fn put(&self, path: &Path, bytes: Bytes) -> object_store::Result<()> {
        if self.dir().is_some() || bytes.len() <= PART_BYTES {
            return self.objects.put(path, bytes.into()).await.map(|_| ());
        }
        let mut upload = self.objects.put_multipart(path).await?;
        let starts = (0..bytes.len()).step_by(PART_BYTES);
        let parts = starts.map(|start| bytes.slice(start..bytes.len().min(start + PART_BYTES)));
        let parts: Vec<_> = parts.map(|part| upload.put_part(part.into())).collect();
        let sent: object_store::Result<()> = stream::iter(parts).buffer_unordered(PARTS_MAX).try_collect().await;
        let stored = match sent {
            Ok(()) => upload.complete().await.map(|_| ()),
            Err(error) => Err(error),
        };
        if let Err(error) = stored {
            // Parts without a whole are not listed, and paid for.
            let _ = upload.abort().await;
            return Err(error);
        }
        if let Some(cache) = self.cache() {
            cache.keep(path, bytes.into()).await;
        }
        Ok(())
    }

    /// Sees to it that a bucket refuses to make an object that is there.
    pub async fn check_conditional_puts(&self) -> Result<(), LakeError> {
        if self.dir().is_some() {
            return Ok(());
        }
        let probe = self.root.clone().join(PROBE);
        let options = || PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        for _ in 0..2 {
            match self.objects.put_opts(&probe, PROBE_TEXT.into(), options()).await {
                Ok(_) => {}
                Err(object_store::Error::AlreadyExists { .. }) => return Ok(()),
                Err(source) => return Err(LakeError::Write { name: self.name_of(PROBE), source }),
            }
        }
        Err(LakeError::Unconditional { url: self.to_string() })
    }

    /// A file of [`Self::objects`] on the local disk, to read: itself, or a copy.
    pub async fn open_file(&self, path: &Path) -> io::Result<File> {
        match &self.home {
            Home::Directory(_) => File::open(FsPath::new("/").join(path.as_ref())),
            Home::Bucket { scratch, .. } => match self.open_copy(path) {
                Some(copy) => Ok(copy),
                None => self.download(path, scratch.clone()).await,
            },
        }
    }

    /// A bucket's file, in parts, into one without a name.
    async fn download(&self, path: &Path, scratch: PathBuf) -> io::Result<File> {
        let bytes = self.bucket.head(path).await?.size;
        let mut file = tokio::task::spawn_blocking(move || tempfile::tempfile_in(scratch)).await??;
        for start in (0..bytes).step_by(PART_BYTES) {
            let part = self.bucket.get_range(path, start..bytes.min(start + PART_BYTES as u64)).await?;
            let write = move || file.write_all(&part).map(|()| file);
            file = tokio::task::spawn_blocking(write).await??;
        }
        file.rewind()?;
        Ok(file)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.home {
            Home::Directory(dir) => dir.display().fmt(f),
            Home::Bucket { .. } => self.url.as_str().trim_end_matches('/').fmt(f),
        }
    }
}

/// Whether a file of a table lies in one of its hours.
fn is_of_hour(relative_path: &str) -> bool {
    relative_path.strip_prefix(PARTITION).is_some_and(|rest| rest.starts_with('=') && rest.contains('/'))
}

/// See [`Location::files`]. An object store does not list what torn writes left.
fn files_in(dir: &FsPath) -> io::Result<Vec<FoundFile>> {
    let mut found = Vec::new();
    for (path, name) in entries(&dir.join(LOG_DIR))? {
        if name.contains('#') {
            found.push(found_file(&path, format!("{LOG_DIR}/{name}")));
        }
    }
    for (hour, hour_name) in entries(dir)? {
        if hour_name.starts_with(&format!("{PARTITION}=")) && hour.is_dir() {
            for (path, name) in entries(&hour)? {
                found.push(found_file(&path, format!("{hour_name}/{name}")));
            }
        }
    }
    Ok(found)
}

fn found_file(path: &FsPath, relative_path: String) -> FoundFile {
    let modified = path.metadata().and_then(|meta| meta.modified()).unwrap_or_else(|_| SystemTime::now());
    FoundFile { relative_path, modified }
}

/// What is in a directory, by name; nothing if there is none.
fn entries(dir: &FsPath) -> io::Result<Vec<(PathBuf, String)>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    // A name that is no text is none of ours.
    let named = |entry: std::fs::DirEntry| Some((entry.path(), entry.file_name().into_string().ok()?));
    entries.filter_map(|entry| entry.map(named).transpose()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(url: &str) -> Location {
        let mut config = Config { data_dir: "/data".into(), ..Config::default() };
        config.lake.url = Some(url.parse().unwrap());
        Location::of(&config).unwrap()
    }

    #[test]
    fn a_bucket_has_a_prefix_or_none() {
        for (url, root, name) in [
            ("s3://b/mesh/lake/", "mesh/lake/default/spans", "s3://b/mesh/lake/default/spans"),
            ("s3://b", "default/spans", "s3://b/default/spans"),
        ] {
            let table = bucket(url).child("default").child("spans");
            assert_eq!((table.root().as_ref(), table.to_string()), (root, name.to_owned()));
            assert_eq!(table.name_of("hour=1/a.parquet"), format!("{name}/hour=1/a.parquet"));
            assert_eq!(table.name_of_file(&table.root().clone().join("a")), format!("{name}/a"));
        }
    }

    #[tokio::test]
    async fn a_large_file_goes_to_a_bucket_and_comes_back_in_parts() {
        let bucket = spanloom_bucket::Bucket::start().await;
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config { data_dir: dir.path().to_owned(), ..Config::default() };
        config.lake.url = Some(format!("s3://{}/lake", spanloom_bucket::BUCKET).parse().unwrap());
        config.lake.s3.endpoint = Some(bucket.endpoint().parse().unwrap());
        config.lake.s3.environment =
            spanloom_bucket::CREDENTIALS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let lake = Location::of(&config).unwrap();
        lake.check_conditional_puts().await.unwrap();
        let sent: Vec<u8> = (0..PART_BYTES * 2 + 12_345).map(|at| (at / 251) as u8).collect();
        let path = lake.root().clone().join("large.parquet");
        lake.put(&path, Bytes::from(sent.clone())).await.unwrap();
        let mut found = Vec::new();
        io::Read::read_to_end(&mut lake.open_file(&path).await.unwrap(), &mut found).unwrap();
        assert!(found == sent, "{} bytes of {}", found.len(), sent.len());
        assert_eq!(lake.open_file(&Path::from("none")).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_directory_is_its_path() {
        let table = Location::directory(FsPath::new("/d/lake")).unwrap().child("default");
        assert_eq!((table.root().as_ref(), table.to_string()), ("d/lake/default", "/d/lake/default".to_owned()));
        assert_eq!(table.name_of_file(&Path::from("d/lake/default/a")), "/d/lake/default/a");
        assert!(Location::directory(FsPath::new("lake")).is_err(), "where that is depends on who asks");
    }

    #[tokio::test]
    async fn leftovers_of_torn_writes_are_found_and_other_files_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let table = Location::directory(dir.path()).unwrap();
        assert_eq!(table.files().await.unwrap(), []);
        for file in ["_delta_log/1.json", "_delta_log/2.json#1", "hour=1/a.parquet", "hour=1/b.parquet#7", "notes/c"] {
            disk::make_dirs(dir.path().join(file).parent().unwrap()).unwrap();
            std::fs::write(dir.path().join(file), b"x").unwrap();
        }
        let mut found: Vec<_> = table.files().await.unwrap().into_iter().map(|file| file.relative_path).collect();
        found.sort();
        assert_eq!(found, ["_delta_log/2.json#1", "hour=1/a.parquet", "hour=1/b.parquet#7"]);
        assert_eq!(
            (table.delete("hour=1/a.parquet").await.unwrap(), table.delete("none").await.unwrap()),
            (true, false)
        );
        assert_eq!(table.children().await.unwrap(), ["_delta_log", "hour=1", "notes"]);
    }
}

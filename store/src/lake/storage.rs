//! An object store on local disk whose writes are on disk when they return.
//!
//! `object_store`'s own local store never calls fsync, so that a power cut could leave a commit that names an empty file.
//! Reading, listing and deleting are left to it; putting is done here: stage, fsync, publish under the final name, fsync
//! the directory.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

use crate::disk::{make_dirs, sync_dir};

const STORE: &str = "SyncedFileSystem";

/// See the module's description.
#[derive(Debug, Clone)]
pub struct SyncedFileSystem {
    inner: Arc<LocalFileSystem>,
}

impl SyncedFileSystem {
    /// Paths are relative to `/`, as delta-rs wants its root store.
    pub fn at_root() -> Self {
        Self { inner: Arc::new(LocalFileSystem::new()) }
    }
}

impl fmt::Display for SyncedFileSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{STORE}({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for SyncedFileSystem {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let create_only = match opts.mode {
            PutMode::Overwrite => false,
            PutMode::Create => true,
            PutMode::Update(_) => {
                return Err(Error::NotImplemented {
                    operation: "conditional update".into(),
                    implementer: STORE.into(),
                });
            }
        };
        let path = self.inner.path_to_filesystem(location)?;
        let name = location.to_string();
        tokio::task::spawn_blocking(move || put(&path, &payload, create_only).map_err(|e| error_of(e, &name)))
            .await
            .map_err(|join| Error::Generic { store: STORE, source: Box::new(join) })?
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.inner.put_multipart_opts(location, opts).await?;
        Ok(Box::new(SyncedUpload { upload, path: self.inner.path_to_filesystem(location)? }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[std::ops::Range<u64>]) -> Result<Vec<bytes::Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await?;
        let path = self.inner.path_to_filesystem(to)?;
        sync_published(&path).map_err(|e| error_of(e, to.as_ref()))
    }
}

/// Publishes a file whole or not at all, durably.
fn put(path: &FsPath, payload: &PutPayload, create_only: bool) -> io::Result<PutResult> {
    let parent = path.parent().ok_or_else(|| io::Error::other("an object has a directory"))?;
    make_dirs(parent)?;
    let staged = staged_path(path);
    let mut is_staged = stage(&staged, payload);
    if is_staged.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        // Its last file was deleted, and the directory with it.
        make_dirs(parent)?;
        is_staged = stage(&staged, payload);
    }
    let published = is_staged.and_then(|()| {
        if create_only {
            fs::hard_link(&staged, path)?;
            fs::remove_file(&staged)
        } else {
            fs::rename(&staged, path)
        }
    });
    if let Err(error) = published {
        let _ = fs::remove_file(&staged);
        return Err(error);
    }
    sync_dir(parent)?;
    Ok(PutResult { e_tag: None, version: None })
}

fn stage(staged: &FsPath, payload: &PutPayload) -> io::Result<()> {
    let mut file = File::create(staged)?;
    for chunk in payload {
        file.write_all(chunk)?;
    }
    file.sync_all()
}

/// A name that the local store does not list: it takes `#` and digits for its own unfinished uploads.
fn staged_path(path: &FsPath) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut staged = path.as_os_str().to_owned();
    staged.push(format!("#{}{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    staged.into()
}

fn sync_published(path: &FsPath) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    path.parent().map_or(Ok(()), sync_dir)
}

fn error_of(error: io::Error, path: &str) -> Error {
    let (path, source) = (path.to_owned(), Box::new(error));
    match source.kind() {
        io::ErrorKind::AlreadyExists => Error::AlreadyExists { path, source },
        io::ErrorKind::NotFound => Error::NotFound { path, source },
        _ => Error::Generic { store: STORE, source },
    }
}

#[derive(Debug)]
struct SyncedUpload {
    upload: Box<dyn MultipartUpload>,
    path: PathBuf,
}

#[async_trait]
impl MultipartUpload for SyncedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.upload.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let result = self.upload.complete().await?;
        sync_published(&self.path).map_err(|e| error_of(e, &self.path.to_string_lossy()))?;
        Ok(result)
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}

#[cfg(test)]
mod tests;

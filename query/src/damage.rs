//! Names the lake file that made a query fail.
//!
//! A Parquet decoder says what is wrong with a page, but not in which file. So when a query fails to read, the files it
//! scanned are compared with the checksums of their commits, and the first that differs is named.

use std::sync::Arc;

use arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use futures::StreamExt as _;
use object_store::ObjectStore;
use spanloom_store::LakeFile;

use crate::error::QueryError;

/// The error of a query, with the damaged file if reading failed.
pub(crate) async fn explain(error: DataFusionError, files: &[Arc<LakeFile>], store: &dyn ObjectStore) -> QueryError {
    if !is_read_failure(error.find_root()) || files.is_empty() {
        return error.into();
    }
    let cause = error.find_root().strip_backtrace();
    for file in files {
        if let Some(reason) = damage(file, store).await {
            tracing::error!(path = %file.path, reason, cause, "lake file is damaged");
            return QueryError::DamagedFile { path: file.path.to_string(), reason };
        }
    }
    // No checksum differs: only a file that came without one can be to blame, or the one that was read alone.
    let suspects = files.iter().filter(|file| file.crc32.is_none() || files.len() == 1);
    match suspects.map(|file| file.path.to_string()).reduce(|all, path| format!("{all}, {path}")) {
        Some(path) => QueryError::DamagedFile { path, reason: cause },
        None => QueryError::Internal(format!("failed to read the lake: {cause}")),
    }
}

/// True if the error may come from bytes that are not what was written.
fn is_read_failure(root: &DataFusionError) -> bool {
    match root {
        DataFusionError::ParquetError(_)
        | DataFusionError::ObjectStore(_)
        | DataFusionError::IoError(_)
        | DataFusionError::External(_)
        | DataFusionError::ExecutionJoin(_) => true,
        DataFusionError::ArrowError(error, _) => {
            matches!(
                error.as_ref(),
                ArrowError::ParquetError(_) | ArrowError::ExternalError(_) | ArrowError::IoError(..)
            )
        }
        _ => false,
    }
}

/// What is wrong with a file, if anything.
async fn damage(file: &LakeFile, store: &dyn ObjectStore) -> Option<String> {
    match checksum(file, store).await {
        Ok((bytes, _)) if bytes != file.size => Some(format!("it has {bytes} bytes, not {}", file.size)),
        Ok((_, crc32)) if file.crc32.is_some_and(|expected| expected != crc32) => {
            Some("its checksum is not the one of its commit".to_owned())
        }
        Ok(_) => None,
        Err(object_store::Error::NotFound { .. }) => Some("it is missing".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

/// Size and CRC-32 of a file, read in chunks.
async fn checksum(file: &LakeFile, store: &dyn ObjectStore) -> object_store::Result<(u64, u32)> {
    use object_store::ObjectStoreExt as _;
    let mut chunks = store.get(&file.path).await?.into_stream();
    let (mut bytes, mut hasher) = (0, crc32fast::Hasher::new());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        bytes += chunk.len() as u64;
        hasher.update(&chunk);
    }
    Ok((bytes, hasher.finalize()))
}

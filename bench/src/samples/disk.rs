//! What samples take on disk when they are at rest.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::live;
use super::server::{Program, Server};

/// Whose samples are sent.
const TENANT: &str = "default";
/// Blocks of `stat`.
const BLOCK_BYTES: u64 = 512;

/// What a server has on disk.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct DiskUse {
    /// Spanloom: Parquet files of `samples` and `series`. Prometheus: all samples as blocks, chunks and index.
    pub at_rest_bytes: u64,
    pub files: u64,
    /// Spanloom: of these, table `series`; Prometheus: the index.
    pub names_bytes: u64,
    /// All of the data directory: logs and what is reserved for them, too.
    pub directory_bytes: u64,
}

/// Measures it. Prometheus is told to write its newest hours as a block, too, into a snapshot.
///
/// # Errors
/// When files cannot be read, or no snapshot can be made.
pub async fn measure(server: &Server, http: &reqwest::Client) -> Result<DiskUse> {
    let data = server.data();
    let directory_bytes = sum(&data, &|_| true)?.1;
    match server.program {
        Program::Spanloom => {
            let lake = data.join("lake").join(TENANT);
            let (series_files, names_bytes) = live::files(&lake.join("series"))?;
            let (sample_files, samples_bytes) = live::files(&lake.join("samples"))?;
            Ok(DiskUse {
                at_rest_bytes: names_bytes + samples_bytes,
                files: series_files + sample_files,
                names_bytes,
                directory_bytes,
            })
        }
        Program::Prometheus => {
            let snapshot = snapshot(server, http).await?;
            let all = sum(&data.join("snapshots").join(snapshot), &|_| true)?;
            let index = sum(&data.join("snapshots"), &|path| path.file_name().is_some_and(|name| name == "index"))?;
            Ok(DiskUse { at_rest_bytes: all.0, files: all.2, names_bytes: index.0, directory_bytes })
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    data: Snapshot,
}

#[derive(Deserialize)]
struct Snapshot {
    name: String,
}

/// The name of a directory that holds all samples as blocks.
async fn snapshot(server: &Server, http: &reqwest::Client) -> Result<String> {
    let url = format!("{}/api/v1/admin/tsdb/snapshot", server.api_url);
    let body = http.post(url).send().await?.error_for_status()?.bytes().await?;
    let answer: Answer = serde_json::from_slice(&body).context("prometheus made no snapshot")?;
    Ok(answer.data.name)
}

/// Of the files that are counted: their lengths, what they take, and their number.
fn sum(directory: &Path, is_counted: &dyn Fn(&Path) -> bool) -> Result<(u64, u64, u64)> {
    let mut sum = (0, 0, 0);
    for entry in std::fs::read_dir(directory).with_context(|| format!("failed to list {}", directory.display()))? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            let below = self::sum(&path, is_counted)?;
            sum = (sum.0 + below.0, sum.1 + below.1, sum.2 + below.2);
        } else if is_counted(&path) {
            let metadata = entry.metadata()?;
            sum = (sum.0 + metadata.len(), sum.1 + metadata.blocks() * BLOCK_BYTES, sum.2 + 1);
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_summed_at_every_depth() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(directory.path().join("a/b")).unwrap();
        for (name, bytes) in [("a/b/one.parquet", 10), ("a/two.parquet", 20), ("three.json", 40)] {
            std::fs::write(directory.path().join(name), vec![1; bytes]).unwrap();
        }
        let is_parquet = |path: &Path| path.extension().is_some_and(|extension| extension == "parquet");
        let (length, _, files) = sum(directory.path(), &is_parquet).unwrap();
        assert_eq!((length, files), (30, 2));
        assert_eq!(sum(directory.path(), &|_| true).unwrap().0, 70);
    }
}

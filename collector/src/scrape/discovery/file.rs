//! Files of targets, read again when they change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};

use super::listing::{self, Form};
use super::{Group, Groups};
use crate::scrape::client::read_file;
use crate::scrape::config::discovery::{FILE_REFRESH_INTERVAL, FileSdConfig};

const FILE_LABEL: &str = "__meta_filepath";
const FILE_BYTES_MAX: u64 = 64 << 20;
const FILES_MAX: usize = 1_000;
/// How often files are looked at for changes.
#[cfg(not(test))]
const POLL_INTERVAL: Duration = Duration::from_secs(3);
#[cfg(test)]
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// What a file was when it was read. A file that is replaced within the clock's resolution differs in size or not at all,
/// which is why files are read again now and then though they seem to be the same.
type Stamp = (SystemTime, u64);

pub(super) async fn run(config: FileSdConfig, groups: Groups) {
    let refresh_interval = config.refresh_interval.unwrap_or(FILE_REFRESH_INTERVAL).get();
    let mut files = Files { config, read: BTreeMap::new(), found: BTreeMap::new() };
    loop {
        files.read.clear();
        let refresh_at = Instant::now() + refresh_interval;
        while Instant::now() < refresh_at {
            files.look(&groups).await;
            sleep(POLL_INTERVAL.min(refresh_interval)).await;
        }
    }
}

struct Files {
    config: FileSdConfig,
    /// What was read, well or not.
    read: BTreeMap<PathBuf, Stamp>,
    /// The sources of what files held when they were last sound.
    found: BTreeMap<PathBuf, Vec<String>>,
}

impl Files {
    /// Reads what has changed.
    async fn look(&mut self, groups: &Groups) {
        let mut there = BTreeSet::new();
        for pattern in &self.config.files {
            match matching(Path::new(pattern)).await {
                Ok(paths) => {
                    there.extend(paths);
                    groups.healed(pattern);
                }
                Err(problem) => groups.failed(pattern, problem),
            }
        }
        for path in there.iter().take(FILES_MAX) {
            self.look_at(path, groups).await;
        }
        self.forget(&there, groups);
    }

    async fn look_at(&mut self, path: &Path, groups: &Groups) {
        let source = path.to_string_lossy();
        let stamp = match tokio::fs::metadata(path).await.and_then(|found| Ok((found.modified()?, found.len()))) {
            Ok(stamp) => stamp,
            Err(error) => return groups.failed(&source, format!("failed to look at {source}: {error}")),
        };
        if self.read.get(path) == Some(&stamp) {
            return;
        }
        self.read.insert(path.to_owned(), stamp);
        match read(path).await {
            Ok(found) => self.replace(path, found, groups),
            Err(problem) => groups.failed(&source, problem),
        }
    }

    /// Puts what a file holds in the place of what it held.
    fn replace(&mut self, path: &Path, found: Vec<Group>, groups: &Groups) {
        let sources: Vec<String> = found.iter().map(|group| group.source.clone()).collect();
        for gone in self.found.get(path).into_iter().flatten().filter(|source| !sources.contains(source)) {
            groups.set(gone, None);
        }
        found.into_iter().for_each(|group| groups.set(&group.source.clone(), Some(group)));
        groups.healed(&path.to_string_lossy());
        self.found.insert(path.to_owned(), sources);
    }

    /// Lets go of files that are not there any more.
    fn forget(&mut self, there: &BTreeSet<PathBuf>, groups: &Groups) {
        self.read.retain(|path, _| there.contains(path));
        self.found.retain(|path, sources| {
            let stays = there.contains(path);
            if !stays {
                groups.healed(&path.to_string_lossy());
                sources.iter().for_each(|source| groups.set(source, None));
            }
            stays
        });
    }
}

async fn read(path: &Path) -> Result<Vec<Group>, String> {
    let source = path.to_string_lossy();
    let text = read_file(path, FILE_BYTES_MAX).await?;
    let is_json = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
    let form = if is_json { Form::Json } else { Form::Yaml };
    listing::groups(&text, form, &source, (FILE_LABEL, &source))
        .map_err(|problem| format!("failed to read {source}: {problem}"))
}

/// The files that a path with at most one `*` in its last segment names. One without is a file, there or not.
async fn matching(pattern: &Path) -> Result<Vec<PathBuf>, String> {
    let name = pattern.file_name().unwrap_or_default().to_string_lossy();
    let Some((start, end)) = name.split_once('*') else { return Ok(vec![pattern.to_owned()]) };
    let directory = pattern.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error| format!("failed to list {}: {error}", directory.display());
    let mut entries = tokio::fs::read_dir(directory).await.map_err(failed)?;
    let mut paths = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(failed)? {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end) {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}

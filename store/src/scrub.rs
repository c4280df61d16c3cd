//! Reads the lake again, slowly, so that a disk that forgets is noticed before somebody asks.
//!
//! Each turn compares the checksums of some files; the next turn goes on where this one ended, and after the last file it
//! begins again. What is damaged is logged by name and counted. It is not taken away: that is for `spanloom repair`.

use std::sync::Arc;

use object_store::path::Path;
use tracing::error;

use crate::lake::LakeFile;
use crate::schema::Table;
use crate::store::Inner;
use crate::verify::problem_apart;

/// Bytes that one turn reads, and at least one file: at a turn a minute some 90 GiB a day.
const TURN_BYTES: u64 = 64 << 20;

/// Where the last turn ended.
#[derive(Debug, Default)]
pub(crate) struct Scrub {
    last: Option<Path>,
}

impl Scrub {
    /// Checks the next files; of those of a bucket their copies, for the bucket checks its own, and reading them would be paid
    /// for.
    pub async fn turn(&mut self, inner: &Inner) {
        let location = &inner.location;
        for file in next_files(live_files(inner), self.last.as_ref(), TURN_BYTES) {
            self.last = Some(file.path.clone());
            let opened = if location.dir().is_some() {
                location.open_file(&file.path).await
            } else {
                let Some(copy) = location.open_copy(&file.path) else { continue };
                Ok(copy)
            };
            inner.metrics.scrub.files.inc();
            let problem = match opened {
                Ok(opened) => problem_apart(&file, opened).await,
                Err(error) => Some(format!("cannot be read: {error}")),
            };
            let Some(problem) = problem else { continue };
            let path = location.name_of_file(&file.path);
            inner.metrics.scrub.damaged_files.inc();
            if location.forget_copy(&file.path) {
                error!(path, problem, "the copy of a file is damaged, and given up");
            } else {
                error!(path, problem, "a lake file is damaged; `spanloom repair` sets it aside");
            }
        }
    }
}

fn live_files(inner: &Inner) -> Vec<Arc<LakeFile>> {
    let mut files = Vec::new();
    for tenant in inner.views.tenants() {
        let view = inner.views.of(&tenant);
        for table in Table::ALL {
            let lake = view.table(table).lake();
            files.extend(lake.all_files().cloned());
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The files after `last`, or from the first on if there are none, until they are `bytes` together.
fn next_files(mut files: Vec<Arc<LakeFile>>, last: Option<&Path>, bytes: u64) -> Vec<Arc<LakeFile>> {
    let done = last.map_or(0, |last| files.partition_point(|file| file.path <= *last));
    let mut next = files.split_off(if done < files.len() { done } else { 0 });
    let mut read = 0;
    let mut fits = |file: &LakeFile| {
        let fits = read < bytes;
        read += file.size;
        fits
    };
    let count = next.iter().take_while(|file| fits(file)).count();
    next.truncate(count);
    next
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn files(sizes: &[u64]) -> Vec<Arc<LakeFile>> {
        let file = |(n, size): (usize, &u64)| LakeFile {
            path: Path::from(n.to_string()),
            relative_path: n.to_string(),
            hour: String::new(),
            size: *size,
            rows: 1,
            crc32: None,
            ingested_ns: 0,
            ranges: BTreeMap::new(),
            frames: None,
            windows: None,
            level: 0,
        };
        sizes.iter().enumerate().map(|sized| Arc::new(file(sized))).collect()
    }

    fn names(files: &[Arc<LakeFile>]) -> Vec<String> {
        files.iter().map(|file| file.path.to_string()).collect()
    }

    #[test]
    fn turns_go_through_all_files_and_begin_again() {
        let sizes = [40, 40, 40, 40, 40];
        let mut last = None;
        let mut seen = Vec::new();
        for _ in 0..4 {
            let next = next_files(files(&sizes), last.as_ref(), 80);
            last = next.last().map(|file| file.path.clone());
            seen.push(names(&next));
        }
        assert_eq!(seen, [vec!["0", "1"], vec!["2", "3"], vec!["4"], vec!["0", "1"]]);
    }

    #[test]
    fn a_file_larger_than_a_turn_has_one_of_its_own() {
        assert_eq!(names(&next_files(files(&[500, 1]), None, 80)), ["0"]);
        assert!(next_files(Vec::new(), Some(&Path::from("9")), 80).is_empty());
    }
}

//! The files that a Delta table has: those that compaction or retention took out stay on disk for a while.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// A line of a commit.
#[derive(Deserialize)]
struct Action {
    add: Option<File>,
    remove: Option<File>,
}

#[derive(Deserialize)]
struct File {
    path: String,
    #[serde(default)]
    size: u64,
}

/// Number and bytes of a table's files, by the commits in its log; none if it has no log.
///
/// # Errors
/// When the log cannot be read. It must have all commits: a server drops those of yesterday.
pub fn files(table: &Path) -> Result<(u64, u64)> {
    let log = table.join("_delta_log");
    let mut commits = Vec::new();
    if log.is_dir() {
        for entry in fs::read_dir(&log).with_context(|| format!("reading {}", log.display()))? {
            commits.push(entry?.path());
        }
    }
    commits.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    commits.sort();
    let mut live = BTreeMap::new();
    for commit in commits {
        let text = fs::read_to_string(&commit).with_context(|| format!("reading {}", commit.display()))?;
        for line in text.lines() {
            let Action { add, remove } = serde_json::from_str(line).context("not a line of a Delta log")?;
            if let Some(File { path, size }) = add {
                live.insert(path, size);
            }
            if let Some(File { path, .. }) = remove {
                live.remove(&path);
            }
        }
    }
    Ok((live.len() as u64, live.values().sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_out_does_not_count() {
        let table = tempfile::tempdir().unwrap();
        assert_eq!(files(table.path()).unwrap(), (0, 0));
        let log = table.path().join("_delta_log");
        fs::create_dir(&log).unwrap();
        let commits = [
            r#"{"protocol":{}}"#.to_owned() + "\n" + r#"{"add":{"path":"a","size":5}}"#,
            r#"{"remove":{"path":"a"}}"#.to_owned() + "\n" + r#"{"add":{"path":"b","size":3}}"#,
            r#"{"add":{"path":"c","size":7}}"#.to_owned(),
        ];
        for (number, commit) in commits.iter().enumerate() {
            fs::write(log.join(format!("{number:020}.json")), commit).unwrap();
        }
        assert_eq!(files(table.path()).unwrap(), (2, 10));
    }
}

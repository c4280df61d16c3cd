//! Which files are put together: within an hour the runs of small ones while it is open, all of them when it is over.
//!
//! An hour's files are taken in the order in which they came in, and only neighbours are put together: where a row came twice the one
//! that came first counts, and that is told from the files' times ([`LakeFile::ingested_ns`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::lake::{LakeFile, LakeSnapshot};
use crate::time::{HOUR_NS, hour_start_ns};

/// A file is left alone for so long, for the next one that belongs to it comes soon, and after a crash the ledger begins with the newest.
const CALM_NS: i64 = 2 * 60 * 1_000_000_000;
/// How long after its end an hour counts as over.
const CLOSED_AFTER_NS: i64 = 10 * 60 * 1_000_000_000;
/// Files that came in so long ago are put together however few they are.
const OLD_NS: i64 = 24 * HOUR_NS;
/// Small files of an open hour that make a run; and late ones of an hour that was put together.
const RUN_MIN: usize = 8;
/// Files of one job.
const FILES_MAX: usize = 512;
/// Late files are put together with a larger one when they have this part of it.
const LATE_PART: u64 = 4;
/// The level of a file to which nothing is added but late rows.
pub(super) const LEVEL_MAX: u8 = 2;

/// Files of an hour that become one, or few.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Job {
    pub hour: String,
    /// In the order in which they came in.
    pub files: Vec<Arc<LakeFile>>,
    /// Of each, the windows whose rows do not count.
    pub superseded: Vec<Vec<i64>>,
    pub level: u8,
}

/// What only files of one log, or of one writer of windows, share.
type Origin = (Option<Arc<str>>, Option<Arc<str>>);

/// The next job of a table, of other hours than those that failed; none when all is as it should be.
pub(super) fn plan(lake: &LakeSnapshot, failed: &BTreeSet<String>, now_ns: i64, bytes_max: u64) -> Option<Job> {
    let mut hours: BTreeMap<(&str, Origin), Vec<&Arc<LakeFile>>> = BTreeMap::new();
    for file in lake.all_files().filter(|file| !failed.contains(&file.hour)) {
        hours.entry((&file.hour, origin(file))).or_default().push(file);
    }
    hours.into_iter().find_map(|((hour, _), mut files)| {
        files.sort_by_key(|file| (file.ingested_ns, file.frames.as_ref().map(|frames| frames.last)));
        let (files, level) = files_of(hour, &files, now_ns, bytes_max)?;
        let superseded = files.iter().map(|file| lake.superseded_windows(file)).collect();
        Some(Job { hour: hour.to_owned(), files, superseded, level })
    })
}

fn origin(file: &LakeFile) -> Origin {
    let wal = file.frames.as_ref().map(|frames| Arc::clone(&frames.wal));
    (wal, file.windows.as_ref().map(|windows| Arc::clone(&windows.writer)))
}

fn files_of(hour: &str, files: &[&Arc<LakeFile>], now_ns: i64, bytes_max: u64) -> Option<(Vec<Arc<LakeFile>>, u8)> {
    let is_calm = |file: &&&Arc<LakeFile>| now_ns.saturating_sub(file.ingested_ns) > CALM_NS;
    let calm = files.iter().take_while(is_calm).count();
    let files = &files[..calm];
    let is_over = hour_start_ns(hour).is_some_and(|start_ns| now_ns > start_ns + HOUR_NS + CLOSED_AFTER_NS);
    if !is_over {
        let run = last_run(files, |file| file.level == 0);
        return (run.len() >= RUN_MIN).then(|| (owned(run), 1));
    }
    // What is full stays as it is; what came before it is in it.
    let run = last_run(files, |file| file.level < LEVEL_MAX || file.size < bytes_max / 2);
    is_worth_it(run, now_ns).then(|| (owned(run), LEVEL_MAX))
}

/// The longest run up to the last file.
fn last_run<'f, 'a>(files: &'f [&'a Arc<LakeFile>], is_in: impl Fn(&LakeFile) -> bool) -> &'f [&'a Arc<LakeFile>] {
    let from = files.iter().rposition(|file| !is_in(file)).map_or(0, |last_out| last_out + 1);
    let run = &files[from..];
    &run[..run.len().min(FILES_MAX)]
}

/// Whether the rows that are written again are few beside those that get a better place.
fn is_worth_it(files: &[&Arc<LakeFile>], now_ns: i64) -> bool {
    let fresh = files.iter().filter(|file| file.level < LEVEL_MAX);
    let (count, bytes) = fresh.fold((0, 0), |(count, bytes), file| (count + 1, bytes + file.size));
    let finished: u64 = files.iter().filter(|file| file.level == LEVEL_MAX).map(|file| file.size).sum();
    let is_old = files.iter().all(|file| now_ns.saturating_sub(file.ingested_ns) > OLD_NS);
    match count {
        0 => false,
        _ if finished == 0 => count > 1,
        _ => count >= RUN_MIN || bytes >= finished / LATE_PART || is_old,
    }
}

fn owned(files: &[&Arc<LakeFile>]) -> Vec<Arc<LakeFile>> {
    files.iter().map(|file| Arc::clone(file)).collect()
}

#[cfg(test)]
mod tests;

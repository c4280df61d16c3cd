//! Files in, jobs out.

use std::collections::BTreeMap;

use super::*;
use crate::lake::FrameRange;
use crate::schema::Table;

const HOUR: &str = "2026-01-01-00";
/// Start of the hour.
const START_NS: i64 = 1_767_225_600_000_000_000;
const MINUTE_NS: i64 = 60_000_000_000;
const OPEN_NS: i64 = START_NS + 59 * MINUTE_NS;
const OVER_NS: i64 = START_NS + 71 * MINUTE_NS;
const BYTES_MAX: u64 = 1000;

/// A file by when it came in, in minutes, and level and size.
fn file(minute: i64, level: u8, size: u64) -> Arc<LakeFile> {
    Arc::new(LakeFile {
        path: object_store::path::Path::from(format!("{minute}")),
        relative_path: format!("{minute}-{level}"),
        hour: HOUR.to_owned(),
        size,
        rows: 1,
        crc32: None,
        ingested_ns: START_NS + minute * MINUTE_NS,
        ranges: BTreeMap::new(),
        frames: Some(FrameRange { wal: "wal/0".into(), first: 1, last: minute as u64 }),
        windows: None,
        level,
    })
}

/// When the files of a job came in, and its level.
fn planned(files: Vec<Arc<LakeFile>>, now_ns: i64) -> Option<(Vec<i64>, u8)> {
    let job = plan(&LakeSnapshot::new(Table::Spans, 1, files), &BTreeSet::new(), now_ns, BYTES_MAX)?;
    let minutes = job.files.iter().map(|file| (file.ingested_ns - START_NS) / MINUTE_NS);
    Some((minutes.collect(), job.level))
}

fn small(minutes: impl IntoIterator<Item = i64>) -> Vec<Arc<LakeFile>> {
    minutes.into_iter().map(|minute| file(minute, 0, 10)).collect()
}

#[test]
fn an_open_hour_waits_until_there_is_a_run() {
    assert_eq!(planned(small(0..7), OPEN_NS), None);
    assert_eq!(planned(small(0..8), OPEN_NS), Some(((0..8).collect(), 1)));
}

#[test]
fn what_came_in_a_moment_ago_is_left_alone() {
    assert_eq!(planned(small(50..58), OPEN_NS), None, "the last ones are 2 minutes old or less");
    assert_eq!(planned(small(49..57), OPEN_NS), Some(((49..57).collect(), 1)));
}

#[test]
fn runs_are_put_together_once() {
    let mut files = vec![file(0, 1, 80)];
    files.extend(small(1..8));
    assert_eq!(planned(files.clone(), OPEN_NS), None);
    files.extend(small(8..9));
    assert_eq!(planned(files, OPEN_NS), Some(((1..9).collect(), 1)));
}

#[test]
fn an_hour_that_is_over_becomes_one_file() {
    let mut files = vec![file(0, 1, 80), file(8, 1, 80)];
    files.extend(small(9..11));
    assert_eq!(planned(files, OVER_NS), Some((vec![0, 8, 9, 10], 2)));
    assert_eq!(planned(vec![file(0, 2, 80)], OVER_NS), None);
    assert_eq!(planned(small(0..1), OVER_NS), None, "one file alone is as good as it gets");
}

#[test]
fn late_files_wait_until_they_are_worth_it() {
    let with_late = |size| planned(vec![file(0, 2, 400), file(5, 0, size)], OVER_NS);
    assert_eq!(with_late(99), None);
    assert_eq!(with_late(100), Some((vec![0, 5], 2)));
    let mut many = vec![file(0, 2, 400)];
    many.extend(small(1..9));
    assert_eq!(planned(many, OVER_NS), Some(((0..9).collect(), 2)));
    let next_day_ns = OVER_NS + 25 * HOUR_NS;
    assert_eq!(planned(vec![file(0, 2, 400), file(5, 0, 1)], next_day_ns), Some((vec![0, 5], 2)));
}

#[test]
fn a_full_file_stays() {
    let mut files = vec![file(0, 2, 600)];
    files.extend(small(1..3));
    assert_eq!(planned(files, OVER_NS), Some((vec![1, 2], 2)));
}

#[test]
fn an_hour_that_failed_is_left_alone_and_others_are_not() {
    let other = |file: Arc<LakeFile>| Arc::new(LakeFile { hour: "2026-01-01-01".to_owned(), ..LakeFile::clone(&file) });
    let files: Vec<_> = small(0..8).into_iter().chain(small(0..8).into_iter().map(other)).collect();
    let snapshot = LakeSnapshot::new(Table::Spans, 1, files);
    let hour = |failed: &[&str]| {
        let failed = failed.iter().map(|&hour| hour.to_owned()).collect();
        plan(&snapshot, &failed, OVER_NS + HOUR_NS, BYTES_MAX).map(|job| job.hour)
    };
    assert_eq!(hour(&[]).as_deref(), Some(HOUR));
    assert_eq!(hour(&[HOUR]).as_deref(), Some("2026-01-01-01"));
    assert_eq!(hour(&[HOUR, "2026-01-01-01"]), None);
}

#[test]
fn files_of_other_logs_stay_apart() {
    let mut files = small(0..8);
    let other = LakeFile { frames: None, ..LakeFile::clone(&file(3, 0, 10)) };
    files.push(Arc::new(other));
    assert_eq!(planned(files, OPEN_NS), Some(((0..8).collect(), 1)));
}

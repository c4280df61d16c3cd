//! Which state counts, against a naive model: a row counts if nobody wrote its window again.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::lake::LakeSnapshot;
use crate::schema::Table;

fn file(n: usize, writer: Option<&str>, marks: Vec<WindowMark>) -> Arc<LakeFile> {
    Arc::new(LakeFile {
        path: format!("lake/{n}.parquet").into(),
        relative_path: format!("{n}.parquet"),
        hour: "1970-01-01-00".to_owned(),
        size: 1,
        rows: 1,
        crc32: None,
        ingested_ns: 0,
        ranges: BTreeMap::new(),
        frames: None,
        windows: writer.map(|writer| FileWindows { writer: writer.into(), marks }),
        level: 0,
    })
}

fn mark(window_ns: i64, revision: i64) -> WindowMark {
    WindowMark { window_ns, revision, last_frame: revision as u64 * 10 }
}

/// Files of one or several windows, of two writers, some of neither.
fn files() -> impl Strategy<Value = Vec<Arc<LakeFile>>> {
    let marks = prop::collection::btree_map(0..4_i64, 1..4_i64, 1..4);
    let writer = prop_oneof![3 => Just(Some("a")), 3 => Just(Some("b")), 1 => Just(None)];
    vec((writer, marks), 0..12).prop_map(|files| {
        let marks = |windows: BTreeMap<i64, i64>| windows.into_iter().map(|(w, r)| mark(w, r)).collect();
        files.into_iter().enumerate().map(|(n, (writer, windows))| file(n, writer, marks(windows))).collect()
    })
}

/// (file, window) of everything that counts by the definition.
fn counting(files: &[Arc<LakeFile>]) -> HashSet<(String, i64)> {
    let held = |file: &Arc<LakeFile>| file.windows.clone();
    let highest = |writer: &str, window_ns| {
        let of_writer = files.iter().filter_map(held).filter(|held| &*held.writer == writer);
        of_writer.flat_map(|held| held.marks).filter(|m| m.window_ns == window_ns).map(|m| m.revision).max()
    };
    let mut counting = HashSet::new();
    for file in files {
        for mark in held(file).iter().flat_map(|held| &held.marks) {
            if highest(&held(file).unwrap().writer, mark.window_ns) == Some(mark.revision) {
                counting.insert((file.relative_path.clone(), mark.window_ns));
            }
        }
    }
    counting
}

proptest! {
    #[test]
    fn a_reader_gets_exactly_what_counts(files in files()) {
        let snapshot = LakeSnapshot::new(Table::Edges, 0, files.clone());
        let mut read = HashSet::new();
        for file in &snapshot.files {
            let superseded = snapshot.superseded_windows(file);
            let windows = file.windows.iter().flat_map(|held| &held.marks).map(|mark| mark.window_ns);
            let counting: Vec<i64> = windows.filter(|window_ns| !superseded.contains(window_ns)).collect();
            prop_assert!(file.windows.is_none() || !counting.is_empty(), "a file to read has something to read");
            read.extend(counting.into_iter().map(|window_ns| (file.relative_path.clone(), window_ns)));
        }
        prop_assert_eq!(read, counting(&files));
        let plain = |files: &[Arc<LakeFile>]| files.iter().filter(|file| file.windows.is_none()).count();
        prop_assert_eq!(plain(&snapshot.files), plain(&files), "files without windows are always read");
        prop_assert_eq!(snapshot.all_files().count(), files.len());
        prop_assert_eq!(snapshot.statistics.num_rows(), snapshot.files.len());
    }

    #[test]
    fn marks_and_their_text_are_inverses(marks in vec((any::<i64>(), any::<i64>(), any::<u64>()), 1..5)) {
        let marks: Vec<WindowMark> = marks
            .into_iter()
            .map(|(window_ns, revision, last_frame)| WindowMark { window_ns, revision, last_frame })
            .collect();
        let windows = FileWindows { writer: "w/0".into(), marks };
        prop_assert_eq!(FileWindows::from_tags("w/0", &windows.to_tag()), Ok(windows));
    }
}

#[test]
fn what_is_no_mark_is_refused() {
    for text in ["", "1:2", "1:2:3:4", "1:2:-3", "a:b:c", "1:2:3,"] {
        assert!(FileWindows::from_tags("w", text).is_err(), "{text}");
    }
}

#[test]
fn the_mark_of_a_window_is_that_of_its_highest_revision() {
    let files = vec![file(0, Some("a"), vec![mark(5, 1)]), file(1, Some("a"), vec![mark(5, 2), mark(6, 1)])];
    let snapshot = LakeSnapshot::new(Table::Edges, 0, files);
    assert_eq!(snapshot.window("a", 5), Some(mark(5, 2)));
    assert_eq!(snapshot.window("b", 5), None);
    assert_eq!(snapshot.windows("a").collect::<Vec<_>>(), [mark(5, 2), mark(6, 1)]);
    assert_eq!(snapshot.superseded.len(), 1);
}

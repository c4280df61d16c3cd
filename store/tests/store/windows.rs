//! Windows: revisions, what a reader gets, restarts, retention, tenants, other readers of the lake.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use spanloom_store::schema::edges::{self, EdgeRow};
use spanloom_store::time::HOUR_NS;
use spanloom_store::*;

use crate::fixture::*;

const SECOND_NS: i64 = 1_000_000_000;
/// Length of a window of `edges`.
const WINDOW_NS: i64 = 10 * SECOND_NS;

async fn commit(fixture: &Fixture, windows: Vec<WindowRows>) -> CommittedWindows {
    let settled = windows.iter().map(|window| window.last_frame).max().unwrap_or_default();
    fixture.store().commit_windows(&TenantId::default(), Table::Edges, windows, settled).await.unwrap()
}

fn snapshot(fixture: &Fixture) -> Arc<LakeSnapshot> {
    Arc::clone(fixture.store().view(&TenantId::default()).table(Table::Edges).lake())
}

/// What a reader of the table gets, in order.
async fn read(fixture: &Fixture) -> Vec<EdgeRow> {
    let batches = batches(fixture.store(), "default", Table::Edges).await;
    let mut rows: Vec<EdgeRow> = batches.iter().flat_map(|batch| edges::read(batch).unwrap()).collect();
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

fn ints(batch: &RecordBatch, name: &str) -> Vec<i64> {
    batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().values().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_is_committed_is_in_the_next_view() {
    let fixture = Fixture::new().await;
    let rows = [edge(NOW_NS, "cart", 2.0), edge(NOW_NS, "orders", 1.5)];
    let committed = commit(&fixture, vec![window(NOW_NS, 7, &rows)]).await;
    let mark = WindowMark { window_ns: NOW_NS, revision: 1, last_frame: 7 };
    assert_eq!(committed, CommittedWindows { written: vec![mark], stale: vec![] });
    assert_eq!(read(&fixture).await, rows);
    let writer = fixture.store().writer();
    assert_eq!(snapshot(&fixture).window(writer, NOW_NS), Some(mark));
    assert_eq!(fixture.store().view(&TenantId::default()).table(Table::Edges).committed(), 7);
    assert!(fixture.ids("default").await.is_empty(), "the spans have nothing to do with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_is_written_again_takes_the_place_of_what_it_was_and_leaves_others_alone() {
    let fixture = Fixture::new().await;
    let next_ns = NOW_NS + WINDOW_NS;
    let first = [edge(NOW_NS, "cart", 1.0), edge(NOW_NS, "orders", 1.0)];
    let other = [edge(next_ns, "cart", 9.0)];
    commit(&fixture, vec![window(NOW_NS, 1, &first), window(next_ns, 1, &other)]).await;
    for (revision, requests) in [(2, 3.0), (3, 4.0)] {
        let again = edge(NOW_NS, "cart", requests);
        let committed = commit(&fixture, vec![window(NOW_NS, revision as u64, std::slice::from_ref(&again))]).await;
        assert_eq!(committed.written[0].revision, revision);
        assert_eq!(read(&fixture).await, [again, other[0].clone()]);
    }
    let revisions: BTreeMap<i64, i64> =
        snapshot(&fixture).windows(fixture.store().writer()).map(|mark| (mark.window_ns, mark.revision)).collect();
    assert_eq!(revisions, BTreeMap::from([(NOW_NS, 3), (next_ns, 1)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_window_is_shown_until_it_is_shown_anew_or_committed() {
    let fixture = Fixture::new().await;
    let show = |window_ns: i64, rows: &[EdgeRow]| {
        let rows = window(window_ns, 1, rows).rows;
        fixture.store().show_open_windows(&TenantId::default(), vec![(Table::Edges, window_ns, rows)]);
    };
    let next_ns = NOW_NS + WINDOW_NS;
    let (first, second) = (edge(NOW_NS, "cart", 1.0), edge(NOW_NS, "cart", 2.0));
    show(NOW_NS, std::slice::from_ref(&first));
    show(next_ns, &[edge(next_ns, "cart", 5.0)]);
    assert_eq!(read(&fixture).await, [first, edge(next_ns, "cart", 5.0)]);
    show(NOW_NS, std::slice::from_ref(&second));
    show(next_ns, &[]);
    assert_eq!(read(&fixture).await, std::slice::from_ref(&second));
    commit(&fixture, vec![window(NOW_NS, 1, std::slice::from_ref(&second))]).await;
    assert_eq!(read(&fixture).await, [second]);
    assert_eq!(fixture.store().view(&TenantId::default()).table(Table::Edges).open_windows().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_takes_the_place_of_what_was_committed_of_it() {
    let fixture = Fixture::new().await;
    let next_ns = NOW_NS + WINDOW_NS;
    let other = edge(next_ns, "cart", 9.0);
    commit(
        &fixture,
        vec![window(NOW_NS, 1, &[edge(NOW_NS, "cart", 1.0)]), window(next_ns, 1, std::slice::from_ref(&other))],
    )
    .await;
    let newer = edge(NOW_NS, "cart", 2.0);
    let rows = window(NOW_NS, 2, std::slice::from_ref(&newer)).rows;
    fixture.store().show_open_windows(&TenantId::default(), vec![(Table::Edges, NOW_NS, rows)]);
    assert_eq!(read(&fixture).await, [newer, other]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_say_their_revision_and_their_writer() {
    let fixture = Fixture::new().await;
    for frame in 1..=2 {
        commit(&fixture, vec![window(NOW_NS, frame, &[edge(NOW_NS, "cart", 1.0)])]).await;
    }
    let batches = batches(fixture.store(), "default", Table::Edges).await;
    assert_eq!(batches.len(), 1);
    assert_eq!(ints(&batches[0], "revision"), [2]);
    let writers = batches[0].column_by_name("writer").unwrap().as_string_view();
    assert_eq!(writers.iter().collect::<Vec<_>>(), [Some(fixture.store().writer())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_in_which_nothing_is_left_hides_what_was_there() {
    let fixture = Fixture::new().await;
    commit(&fixture, vec![window(NOW_NS, 1, &[edge(NOW_NS, "cart", 1.0)])]).await;
    commit(&fixture, vec![window(NOW_NS, 2, &[])]).await;
    assert_eq!(read(&fixture).await, []);
    let snapshot = snapshot(&fixture);
    let mark = snapshot.window(fixture.store().writer(), NOW_NS).unwrap();
    assert_eq!((mark.revision, mark.last_frame), (2, 2));
    let bounds = &snapshot.files[0].ranges["window_ns"];
    assert_eq!((&bounds.min, &bounds.max), (&Some(StatValue::Int(NOW_NS)), &Some(StatValue::Int(NOW_NS))));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_as_of_an_earlier_frame_do_not_replace_later_ones() {
    let fixture = Fixture::new().await;
    let later = edge(NOW_NS, "cart", 2.0);
    commit(&fixture, vec![window(NOW_NS, 8, std::slice::from_ref(&later))]).await;
    let committed = commit(&fixture, vec![window(NOW_NS, 7, &[edge(NOW_NS, "cart", 1.0)])]).await;
    let known = WindowMark { window_ns: NOW_NS, revision: 1, last_frame: 8 };
    assert_eq!(committed, CommittedWindows { written: vec![], stale: vec![known] });
    assert_eq!(read(&fixture).await, [later]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_sorted_by_the_key_whatever_order_the_rows_came_in() {
    let fixture = Fixture::new().await;
    let rows: Vec<EdgeRow> = (0..50).map(|n| edge(NOW_NS, &format!("t{:02}", n * 7 % 50), 1.0)).collect();
    commit(&fixture, vec![window(NOW_NS, 1, &rows)]).await;
    let batches = batches(fixture.store(), "default", Table::Edges).await;
    let targets: Vec<_> = edges::read(&batches[0]).unwrap().into_iter().map(|row| row.key.target.service).collect();
    assert!(targets.is_sorted(), "{targets:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_not_those_of_the_window_are_refused_and_nothing_is_written() {
    let fixture = Fixture::new().await;
    let rows = || vec![edge(NOW_NS, "cart", 1.0)];
    let spans = RecordBatch::new_empty(Table::Spans.schema());
    let cases = [
        (Table::Spans, vec![window(NOW_NS, 1, &rows())], "table spans has no windows"),
        (Table::Edges, vec![window(NOW_NS + 1, 1, &[])], "no window of the table begins there"),
        (Table::Edges, vec![window(NOW_NS + WINDOW_NS, 1, &rows())], "some are of another window"),
        (Table::Edges10m, vec![window(NOW_NS + WINDOW_NS, 1, &[])], "no window of the table begins there"),
        (Table::Edges, vec![WindowRows { window_ns: NOW_NS, last_frame: 1, rows: spans }], "another schema"),
        (Table::Edges, vec![window(NOW_NS, 1, &rows()), window(NOW_NS, 2, &rows())], "comes twice"),
    ];
    for (table, windows, expected) in cases {
        let refused = fixture.store().commit_windows(&TenantId::default(), table, windows, 1).await.unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
    }
    assert!(fixture.parquet_files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_table_has_windows_of_its_own_length() {
    let fixture = Fixture::new().await;
    for table in [Table::Edges, Table::Edges1m, Table::Edges10m] {
        let window_ns = NOW_NS + table.window_length_ns().unwrap();
        let windows = vec![window(window_ns, 1, &[edge(window_ns, table.name(), 1.0)])];
        fixture.store().commit_windows(&TenantId::default(), table, windows, 1).await.unwrap();
    }
    for table in [Table::Edges, Table::Edges1m, Table::Edges10m] {
        let batches = batches(fixture.store(), "default", table).await;
        let rows = edges::read(&batches[0]).unwrap();
        assert_eq!(rows, [edge(NOW_NS + table.window_length_ns().unwrap(), table.name(), 1.0)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_knows_every_window_with_its_last_frame_and_goes_on_from_its_revision() {
    let mut fixture = Fixture::new().await;
    for frame in 1..=3 {
        commit(&fixture, vec![window(NOW_NS, frame, &[edge(NOW_NS, "cart", frame as f64)])]).await;
    }
    let writer = fixture.store().writer().to_owned();
    fixture.close().await;
    fixture.open().await.unwrap();
    assert_eq!(fixture.store().writer(), writer);
    let mark = WindowMark { window_ns: NOW_NS, revision: 3, last_frame: 3 };
    assert_eq!(snapshot(&fixture).windows(&writer).collect::<Vec<_>>(), [mark]);
    assert_eq!(fixture.store().view(&TenantId::default()).table(Table::Edges).committed(), 3);
    assert_eq!(read(&fixture).await, [edge(NOW_NS, "cart", 3.0)]);
    let committed = commit(&fixture, vec![window(NOW_NS, 4, &[])]).await;
    assert_eq!(committed.written[0].revision, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_settled_can_be_said_without_a_window() {
    let mut fixture = Fixture::new().await;
    let settle = |store: Store, frame| async move {
        store.commit_windows(&TenantId::default(), Table::Edges, vec![], frame).await.unwrap();
    };
    settle(fixture.store().clone(), 5).await;
    let version = snapshot(&fixture).version;
    settle(fixture.store().clone(), 5).await;
    assert_eq!(snapshot(&fixture).version, version, "nothing new, no commit");
    fixture.close().await;
    fixture.open().await.unwrap();
    assert_eq!(fixture.store().view(&TenantId::default()).table(Table::Edges).committed(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_and_flushes_do_not_disturb_one_another() {
    let mut fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1)]).await;
    commit(&fixture, vec![window(NOW_NS, 1, &[edge(NOW_NS, "cart", 1.0)])]).await;
    assert_eq!(fixture.ids("default").await, [(1, 1)]);
    fixture.store().flush().await.unwrap();
    assert_eq!(read(&fixture).await.len(), 1);
    let flushed =
        fixture.store().view(&TenantId::default()).table(Table::Spans).lake().files[0].frames.clone().unwrap();
    assert_eq!((flushed.first, flushed.last), (1, 1));
    assert_eq!(&*flushed.wal, fixture.store().writer());
    fixture.close().await;
    assert_eq!(fixture.wal_segments().len(), 1, "tables of windows do not hold up the log");
    assert!(verify(fixture.config.clone()).await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn span_files_are_found_by_the_frames_that_they_hold() {
    let fixture = Fixture::new().await;
    for span in 1..=3 {
        fixture.append(&[TestSpan::new(1, span)]).await;
        fixture.store().flush().await.unwrap();
    }
    let view = fixture.store().view(&TenantId::default());
    let lake = view.table(Table::Spans).lake();
    let after = |wal: &str, frame| -> Vec<u64> {
        lake.files_after(wal, frame).iter().map(|file| file.frames.as_ref().unwrap().last).collect()
    };
    let writer = fixture.store().writer();
    assert_eq!(after(writer, 0), [1, 2, 3]);
    assert_eq!(after(writer, 2), [3]);
    assert!(after(writer, 3).is_empty());
    assert!(after("another/0", 0).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_have_ledgers_of_their_own() {
    let mut fixture = Fixture::new().await;
    for (tenant, revisions) in [("a", 1), ("b", 2)] {
        for frame in 1..=revisions {
            let windows = vec![window(NOW_NS, frame, &[edge(NOW_NS, tenant, 1.0)])];
            fixture.store().commit_windows(&tenant.parse().unwrap(), Table::Edges, windows, frame).await.unwrap();
        }
    }
    for _ in 0..2 {
        for (tenant, revision) in [("a", 1), ("b", 2)] {
            let batches = batches(fixture.store(), tenant, Table::Edges).await;
            assert_eq!(edges::read(&batches[0]).unwrap(), [edge(NOW_NS, tenant, 1.0)]);
            assert_eq!(ints(&batches[0], "revision"), [revision]);
        }
        fixture.close().await;
        fixture.open().await.unwrap();
    }
    assert_eq!(read(&fixture).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_earlier_revisions_are_deleted_when_no_reader_can_hold_them() {
    let fixture = Fixture::new().await;
    for frame in 1..=3 {
        commit(&fixture, vec![window(NOW_NS, frame, &[edge(NOW_NS, "cart", 1.0)])]).await;
    }
    fixture.store().retain().await.unwrap();
    assert_eq!(fixture.parquet_files().len(), 3, "a query may still read them");
    fixture.clock.advance(Duration::from_hours(2));
    fixture.store().retain().await.unwrap();
    assert_eq!(fixture.parquet_files().len(), 1);
    assert_eq!(read(&fixture).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_goes_from_all_tables_together() {
    let fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1)]).await;
    fixture.store().flush().await.unwrap();
    commit(&fixture, vec![window(NOW_NS, 1, &[edge(NOW_NS, "cart", 1.0)])]).await;
    fixture.clock.advance(Duration::from_hours(14 * 24 + 1));
    let late = edge(NOW_NS + 400 * HOUR_NS, "cart", 1.0);
    commit(&fixture, vec![window(late.key.window_ns, 2, std::slice::from_ref(&late))]).await;
    fixture.store().retain().await.unwrap();
    assert!(fixture.ids("default").await.is_empty());
    assert_eq!(read(&fixture).await, [late]);
    assert_eq!(snapshot(&fixture).window(fixture.store().writer(), NOW_NS), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_of_a_window_is_found_and_set_aside() {
    let mut fixture = Fixture::new().await;
    let kept = edge(NOW_NS + WINDOW_NS, "cart", 1.0);
    let windows = vec![
        window(NOW_NS, 1, &[edge(NOW_NS, "cart", 1.0)]),
        window(kept.key.window_ns, 1, std::slice::from_ref(&kept)),
    ];
    commit(&fixture, windows).await;
    let path =
        snapshot(&fixture).files.iter().find(|file| file.relative_path.contains("000000-")).unwrap().path.clone();
    fixture.close().await;
    let path = std::path::Path::new("/").join(path.as_ref());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(!verify(fixture.config.clone()).await.unwrap().is_sound());
    assert_eq!(repair(fixture.config.clone()).await.unwrap().quarantined.len(), 1);
    fixture.open().await.unwrap();
    assert_eq!(read(&fixture).await, [kept]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_stopped_or_read_only_writes_no_window() {
    let mut fixture = Fixture::new().await;
    let store = fixture.store().clone();
    commit(&fixture, vec![window(NOW_NS, 1, &[])]).await;
    fixture.close().await;
    let again = |store: Store| async move {
        store.commit_windows(&TenantId::default(), Table::Edges, vec![window(NOW_NS, 2, &[])], 2).await
    };
    assert!(matches!(again(store.clone()).await, Err(WindowsError::NotRunning)));
    drop(store);
    let read_only = Store::open_read_only(fixture.config.clone(), Arc::new(TestDecode)).await.unwrap();
    assert!(matches!(again(read_only).await, Err(WindowsError::NotRunning)));
}

/// Delta's own reader, which knows nothing of windows, gets what counts and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn other_readers_of_the_lake_get_the_highest_revisions() {
    let mut fixture = Fixture::new().await;
    for frame in 1..=3 {
        let rows = [edge(NOW_NS, "cart", frame as f64), edge(NOW_NS, "orders", 1.0)];
        commit(&fixture, vec![window(NOW_NS, frame, &rows), window(NOW_NS + WINDOW_NS, frame, &[])]).await;
    }
    fixture.close().await;
    let dir = fixture.dir.path().join("lake/default/edges");
    let url = url::Url::from_directory_path(std::fs::canonicalize(&dir).unwrap()).unwrap();
    let delta = deltalake_core::open_table(url).await.unwrap();
    let mut requests = Vec::new();
    for file in delta.get_file_uris().unwrap() {
        let file = std::fs::File::open(file.trim_start_matches("file://")).unwrap();
        for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
            let batch = batch.unwrap();
            let column = batch.column_by_name("requests").unwrap().as_primitive::<Float64Type>();
            requests.extend(column.values().iter().copied());
        }
    }
    assert_eq!(requests, [3.0, 1.0]);
}

/// A step in the life of a ledger.
#[derive(Debug, Clone)]
enum Step {
    /// Windows by number, each with the frame as of which its rows are, and their requests.
    Commit(BTreeMap<i64, (u64, u32)>),
    Restart,
    Flush,
}

fn step() -> impl Strategy<Value = Step> {
    let windows = prop::collection::btree_map(0..4_i64, (1..6_u64, 0..5_u32), 0..4);
    prop_oneof![4 => windows.prop_map(Step::Commit), 1 => Just(Step::Restart), 1 => Just(Step::Flush)]
}

/// The rows of a window with so many requests; a window with none has no row.
fn rows_of(window_ns: i64, requests: u32) -> Vec<EdgeRow> {
    (requests > 0).then(|| edge(window_ns, "cart", f64::from(requests))).into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// The model: a map from window to revision, frame and requests, where an earlier frame changes nothing.
    #[test]
    fn any_history_of_commits_and_restarts_leaves_what_a_map_would_hold(steps in prop::collection::vec(step(), 1..9)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let mut fixture = Fixture::new().await;
            let mut model: BTreeMap<i64, (i64, u64, u32)> = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Restart => {
                        fixture.close().await;
                        fixture.open().await.unwrap();
                    }
                    Step::Flush => {
                        fixture.append(&[TestSpan::new(1, 1)]).await;
                        fixture.store().flush().await.unwrap();
                    }
                    Step::Commit(windows) => {
                        let windows = windows.into_iter().map(|(n, state)| (NOW_NS + n * WINDOW_NS, state));
                        let (mut made, mut stale) = (Vec::new(), 0);
                        for (window_ns, (frame, requests)) in windows {
                            made.push(window(window_ns, frame, &rows_of(window_ns, requests)));
                            let known = model.entry(window_ns).or_default();
                            if known.1 <= frame { *known = (known.0 + 1, frame, requests) } else { stale += 1 }
                        }
                        assert_eq!(commit(&fixture, made).await.stale.len(), stale);
                    }
                }
                let expected: Vec<EdgeRow> =
                    model.iter().flat_map(|(window_ns, (_, _, requests))| rows_of(*window_ns, *requests)).collect();
                assert_eq!(read(&fixture).await, expected);
                let marks: Vec<WindowMark> = snapshot(&fixture).windows(fixture.store().writer()).collect();
                let expected = model.iter().map(|(window_ns, (revision, last_frame, _))| WindowMark {
                    window_ns: *window_ns,
                    revision: *revision,
                    last_frame: *last_frame,
                });
                assert_eq!(marks, expected.collect::<Vec<_>>());
            }
            fixture.close().await;
        });
    }
}

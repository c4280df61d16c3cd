//! Durability: restarts, crashes (a store that is dropped without a word), resends, replays.

use std::time::Duration;

use spanloom_store::*;

use crate::fixture::*;

fn ids(range: std::ops::RangeInclusive<i64>) -> Vec<(i64, i64)> {
    range.map(|span| (7, span)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_appended_is_visible_at_once_and_after_every_kind_of_stop() {
    let mut fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(7, 1), TestSpan::new(7, 2)]).await;
    assert_eq!(fixture.ids("default").await, ids(1..=2));
    crash(&mut fixture).await;
    assert_eq!(fixture.ids("default").await, ids(1..=2));
    fixture.append(&[TestSpan::new(7, 3)]).await;
    fixture.close().await;
    assert_eq!(fixture.wal_segments().len(), 1, "a polite stop leaves nothing to replay");
    fixture.open().await.unwrap();
    assert_eq!(fixture.ids("default").await, ids(1..=3));
}

/// The store as it is after a crash in place of the one before it.
async fn crash(fixture: &mut Fixture) {
    *fixture = fixture.crashed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_after_a_flush_doubles_nothing() {
    let mut fixture = Fixture::new().await;
    for span in 1..=20 {
        fixture.append(&[TestSpan::new(7, span)]).await;
        if span % 6 == 0 {
            fixture.store().flush().await.unwrap();
        }
    }
    assert_eq!(fixture.ids("default").await, ids(1..=20));
    crash(&mut fixture).await;
    assert_eq!(fixture.ids("default").await, ids(1..=20));
    fixture.store().flush().await.unwrap();
    assert_eq!(fixture.ids("default").await, ids(1..=20));
}

/// A crash between commit and trim leaves a log whose frames are in the tables already.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_not_trimmed_is_skipped() {
    let mut fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(7, 1)]).await;
    fixture.append(&[TestSpan::new(7, 2)]).await;
    let log = fixture.dir.path().join("wal");
    let kept = tempfile::tempdir().unwrap();
    copy_dir(&log, kept.path());
    fixture.close().await;
    std::fs::remove_dir_all(&log).unwrap();
    copy_dir(kept.path(), &log);
    fixture.open().await.unwrap();
    assert_eq!(fixture.ids("default").await, ids(1..=2));
    assert_eq!(fixture.metric("spanloom_wal_backlog_bytes"), 0, "it is trimmed at the start");
    assert_eq!(fixture.metric("spanloom_wal_queued"), 0);
    fixture.append(&[TestSpan::new(7, 3)]).await;
    assert_eq!(fixture.metric("spanloom_wal_queued"), 0, "what is acknowledged waits no more");
    fixture.store().flush().await.unwrap();
    assert_eq!(fixture.ids("default").await, ids(1..=3));
}

/// A crash between the commits of two tables: one has the range, the other gets it from the log.
#[tokio::test(flavor = "multi_thread")]
async fn each_table_takes_from_the_log_what_it_lacks() {
    let mut fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(7, 1)]).await;
    let (log, traces) = (fixture.dir.path().join("wal"), fixture.dir.path().join("lake/default/traces"));
    let kept = tempfile::tempdir().unwrap();
    copy_dir(&log, kept.path());
    fixture.close().await;
    std::fs::remove_dir_all(&log).unwrap();
    std::fs::remove_dir_all(&traces).unwrap();
    copy_dir(kept.path(), &log);
    fixture.open().await.unwrap();
    assert_eq!(fixture.ids("default").await, ids(1..=1));
    let traces = batches(fixture.store(), "default", Table::Traces).await;
    assert_eq!(traces.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_larger_than_memory_is_flushed_while_it_is_replayed() {
    let mut fixture = Fixture::new().await;
    for request in 0..60 {
        let spans: Vec<TestSpan> = (1..=20).map(|n| TestSpan::new(7, request * 20 + n)).collect();
        fixture.append(&spans).await;
    }
    fixture.config.hot.bytes_max = bytesize::ByteSize::kib(200);
    crash(&mut fixture).await;
    assert_eq!(fixture.ids("default").await, ids(1..=1200));
    assert!(!fixture.parquet_files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_refused_before_the_start_and_after_the_stop() {
    let fixture = Fixture::closed(|_| {});
    let registry = &mut prometheus_client::registry::Registry::default();
    let clock = std::sync::Arc::new(SystemClock);
    let store = Store::open(fixture.config.clone(), std::sync::Arc::new(TestDecode), clock, registry).await.unwrap();
    let append = || append_of("default", &[TestSpan::new(1, 1)]);
    assert_eq!(store.append(append()).await, Err(AppendError::NotReady));
    store.start().await.unwrap();
    store.append(append()).await.unwrap();
    store.shutdown().await.unwrap();
    assert_eq!(store.append(append()).await, Err(AppendError::Stopping));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_cannot_be_decoded_stops_the_start_by_name() {
    let mut fixture = Fixture::new().await;
    let mut append = append_of("default", &[TestSpan::new(1, 1)]);
    append.payload = bytes::Bytes::from_static(b"not JSON");
    fixture.store().append(append).await.unwrap();
    let mut copy = Fixture::closed(|_| {});
    copy_dir(fixture.dir.path(), copy.dir.path());
    let refused = copy.open().await.unwrap_err().to_string();
    assert!(refused.contains("frame 1"), "{refused}");
    fixture.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_hot_data_is_refused_with_a_time_to_come_back() {
    let fixture = Fixture::with(|config| config.wal.backlog_bytes_max = bytesize::ByteSize::kib(64)).await;
    let spans: Vec<TestSpan> = (1..=200).map(|span| TestSpan::new(7, span)).collect();
    let mut refused = None;
    for _ in 0..100 {
        if let Err(error) = fixture.store().append(append_of("default", &spans)).await {
            refused = Some(error);
            break;
        }
    }
    let Some(AppendError::Overloaded { what, retry_after }) = refused else { panic!("{refused:?}") };
    assert_eq!(what, "wal.backlog_bytes_max");
    assert!(!retry_after.is_zero());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_no_frame_can_hold_is_refused() {
    let fixture = Fixture::new().await;
    let payload = bytes::Bytes::from(vec![0; (1 << 30) + 1]);
    let append = Append { payload, ..append_of("default", &[TestSpan::new(7, 1)]) };
    assert!(matches!(fixture.store().append(append).await, Err(AppendError::Wal(_))));
    assert!(fixture.ids("default").await.is_empty());
}

/// Whoever empties the log's directory by hand loses what was in it, and nothing that comes later.
#[tokio::test(flavor = "multi_thread")]
async fn new_requests_are_stored_though_the_segments_were_removed() {
    let mut fixture = Fixture::new().await;
    for span in 1..=5 {
        fixture.append(&[TestSpan::new(7, span)]).await;
    }
    fixture.close().await;
    for segment in fixture.wal_segments() {
        std::fs::remove_file(segment).unwrap();
    }
    fixture.open().await.unwrap();
    fixture.append(&[TestSpan::new(7, 6)]).await;
    assert_eq!(fixture.ids("default").await, ids(1..=6));
    crash(&mut fixture).await;
    assert_eq!(fixture.ids("default").await, ids(1..=6));
    fixture.store().flush().await.unwrap();
    assert_eq!(fixture.ids("default").await, ids(1..=6));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_spans_leaves_nothing_to_flush() {
    let fixture = Fixture::new().await;
    fixture.append(&[]).await;
    let view = fixture.store().view(&TenantId::default());
    assert!(Table::ALL.iter().all(|table| view.table(*table).hot().is_empty()));
    fixture.store().flush().await.unwrap();
    assert!(fixture.parquet_files().is_empty());
}

/// One tenant's broken table does not keep the others' rows in memory, and its own are kept in the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_cannot_be_written_does_not_hold_up_the_others() {
    let fixture = Fixture::new().await;
    fixture.store().append(append_of("a", &[TestSpan::new(7, 1)])).await.unwrap();
    fixture.store().append(append_of("b", &[TestSpan::new(7, 2)])).await.unwrap();
    let in_the_way = fixture.dir.path().join("lake/a");
    std::fs::create_dir_all(in_the_way.parent().unwrap()).unwrap();
    std::fs::write(&in_the_way, b"not a directory").unwrap();
    assert!(fixture.store().flush().await.is_err());
    assert_eq!(lake_rows(&fixture, "a"), 0);
    assert_eq!(lake_rows(&fixture, "b"), 1);
    assert_eq!(fixture.ids("a").await, ids(1..=1), "still hot");
    std::fs::remove_file(&in_the_way).unwrap();
    fixture.store().flush().await.unwrap();
    assert_eq!(lake_rows(&fixture, "a"), 1);
    assert_eq!(fixture.ids("b").await, ids(2..=2));
}

fn lake_rows(fixture: &Fixture, tenant: &str) -> u64 {
    let view = fixture.store().view(&tenant.parse().unwrap());
    view.table(Table::Spans).lake().files.iter().map(|file| file.rows).sum()
}

/// The newest segment stays on disk to remember the numbers; what is in it must not count as waiting for ever.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_flushed_does_not_count_as_backlog() {
    let mut fixture = Fixture::with(|config| config.wal.backlog_bytes_max = bytesize::ByteSize::kib(64)).await;
    let large: Vec<TestSpan> = (1..=1000).map(|span| TestSpan::new(7, span)).collect();
    assert!(append_of("default", &large).payload.len() > 64 << 10, "one is more than may wait");
    for _ in 0..3 {
        fixture.append(&large).await;
        fixture.store().flush().await.unwrap();
    }
    fixture.append(&large).await;
    fixture.close().await;
    fixture.open().await.unwrap();
    fixture.append(&[TestSpan::new(8, 1)]).await;
    assert_eq!(fixture.ids("default").await.len(), 4001);
}

/// Hours back, in use and over a restart: nothing is lost, doubled, or dropped as too old, and flushes, compaction and retention go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_loses_nothing() {
    let mut fixture = Fixture::new().await;
    let mut expected = Vec::new();
    for (span, back) in (1..).zip([0, 2, 30, 0, 1000, 3]) {
        fixture.clock.set_back(Duration::from_hours(back));
        fixture.append(&[TestSpan::new(7, span), TestSpan::new(8, span).at(fixture.clock.now_ns())]).await;
        expected.extend([(7, span), (8, span)]);
        expected.sort_unstable();
        assert_eq!(fixture.ids("default").await, expected, "{back} hours back");
        fixture.store().flush().await.unwrap();
        fixture.store().retain().await.unwrap();
        fixture.store().compact().await.unwrap();
        assert_eq!(fixture.ids("default").await, expected, "{back} hours back");
        fixture.append(&[TestSpan::new(9, span)]).await;
        expected.push((9, span));
        crash(&mut fixture).await;
        assert_eq!(fixture.ids("default").await, expected, "{back} hours back, after a crash");
    }
    fixture.clock.set_back(Duration::from_hours(5));
    fixture.close().await;
    fixture.open().await.unwrap();
    assert_eq!(fixture.ids("default").await, expected, "before all of it came");
    // By the clock that is right now the last two came long ago, and one hour each is theirs alone.
    fixture.clock.advance(Duration::from_hours(1100));
    fixture.store().retain().await.unwrap();
    expected.retain(|id| ![(8, 5), (8, 6)].contains(id));
    assert_eq!(fixture.ids("default").await, expected);
}

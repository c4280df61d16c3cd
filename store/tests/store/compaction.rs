//! Many small files become few, and nobody sees a difference.

use std::time::Duration;

use arrow::array::AsArray as _;
use arrow::datatypes::{Float64Type, Int64Type};
use object_store::ObjectStoreExt as _;
use spanloom_store::Table;

use crate::fixture::*;

const MINUTE_NS: i64 = 60_000_000_000;
const HOUR: Duration = Duration::from_hours(1);

/// A store with a file for each of so many flushes, of spans that follow each other.
async fn flushed(flushes: i64) -> Fixture {
    let fixture = Fixture::with(|config| config.compaction.enabled = false).await;
    for flush in 0..flushes {
        let spans: Vec<TestSpan> =
            (1..=20).map(|i| TestSpan::new(flush, flush * 20 + i).at(NOW_NS + i * MINUTE_NS / 2)).collect();
        fixture.append(&spans).await;
        fixture.store().flush().await.unwrap();
    }
    fixture
}

fn files(fixture: &Fixture, table: Table) -> usize {
    fixture.store().view(&"default".parse().unwrap()).table(table).files().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_that_is_over_is_one_file_with_the_same_rows() {
    let fixture = flushed(10).await;
    let before = fixture.ids("default").await;
    assert!(files(&fixture, Table::Spans) >= 10);
    fixture.clock.advance(HOUR * 2);
    fixture.store().compact().await.unwrap();
    for table in [Table::Spans, Table::Traces, Table::Attributes] {
        assert_eq!(files(&fixture, table), 1, "{table}");
    }
    assert_eq!(fixture.ids("default").await, before);
    fixture.store().compact().await.unwrap();
    assert_eq!(files(&fixture, Table::Spans), 1, "and stays one");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_together_is_there_after_a_restart_and_late_rows_are_added() {
    let mut fixture = flushed(8).await;
    fixture.clock.advance(HOUR * 2);
    fixture.store().compact().await.unwrap();
    let before = fixture.ids("default").await;
    let crashed = fixture.crashed().await;
    assert_eq!(crashed.ids("default").await, before);
    fixture.close().await;
    fixture.open().await.unwrap();
    assert_eq!(fixture.ids("default").await, before);
    for late in 0..8 {
        fixture.append(&[TestSpan::new(99, 1000 + late)]).await;
        fixture.store().flush().await.unwrap();
    }
    fixture.clock.advance(HOUR);
    fixture.store().compact().await.unwrap();
    assert_eq!(files(&fixture, Table::Spans), 1);
    assert_eq!(fixture.ids("default").await.len(), before.len() + 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_an_older_version_goes_on() {
    let fixture = flushed(10).await;
    fixture.clock.advance(HOUR * 2);
    let view = fixture.store().view(&"default".parse().unwrap());
    fixture.store().compact().await.unwrap();
    for file in view.table(Table::Spans).files() {
        fixture.store().object_store().get(&file.path).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_that_were_written_again_lose_their_old_rows() {
    let fixture = Fixture::with(|config| config.compaction.enabled = false).await;
    let store = fixture.store();
    let tenant = "default".parse().unwrap();
    const WINDOW_NS: i64 = 10_000_000_000;
    let start_ns = NOW_NS - 3_600_000_000_000;
    for revision in 1..=2_u64 {
        for number in 0..12 {
            let window_ns = start_ns + number * WINDOW_NS;
            let rows = [edge(window_ns, "db", revision as f64)];
            store.commit_windows(&tenant, Table::Edges, vec![window(window_ns, revision, &rows)], 0).await.unwrap();
        }
        fixture.clock.advance(HOUR * 2);
        store.compact().await.unwrap();
        assert_eq!(files(&fixture, Table::Edges), 1);
    }
    // One of them is empty now.
    store.commit_windows(&tenant, Table::Edges, vec![window(start_ns, 3, &[])], 0).await.unwrap();
    fixture.clock.advance(HOUR * 48);
    store.compact().await.unwrap();
    assert_eq!(files(&fixture, Table::Edges), 1);
    let mut seen = Vec::new();
    for batch in batches(store, "default", Table::Edges).await {
        let windows = batch.column_by_name("window_ns").unwrap().as_primitive::<Int64Type>();
        let requests = batch.column_by_name("requests").unwrap().as_primitive::<Float64Type>();
        seen.extend(windows.values().iter().copied().zip(requests.values().iter().copied()));
    }
    let expected: Vec<(i64, f64)> = (1..12).map(|number| (start_ns + number * WINDOW_NS, 2.0)).collect();
    assert_eq!(seen, expected);
    let view = store.view(&tenant);
    let mark = view.table(Table::Edges).lake().window(store.writer(), start_ns).unwrap();
    assert_eq!((mark.revision, mark.last_frame), (3, 3), "the next state of the empty one is the fourth");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_stays_where_it_is_and_is_named() {
    let fixture = flushed(8).await;
    fixture.clock.advance(HOUR * 2);
    let path = fixture.parquet_files().into_iter().find(|path| path.to_string_lossy().contains("/spans/")).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = fixture.store().compact().await.unwrap_err().to_string();
    assert!(error.contains(path.to_str().unwrap()) && error.contains("checksum"), "{error}");
    assert!(files(&fixture, Table::Spans) >= 8);
    assert_eq!(files(&fixture, Table::Traces), 1, "others are put together all the same");
}

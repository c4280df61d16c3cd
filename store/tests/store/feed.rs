//! The feed: every published span once and in order, whatever flushes do.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use spanloom_store::*;

use crate::fixture::*;

fn span_ids(batch: &CodedBatch) -> Vec<i64> {
    batch.column_by_name("span_id").unwrap().as_primitive::<Int64Type>().values().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_feed_yields_every_span_once_and_in_order_while_flushes_take_them_away() {
    const REQUESTS: i64 = 300;
    let fixture = Fixture::new().await;
    let (_, mut feed) = fixture.store().span_feed();
    let store = fixture.store().clone();
    let flushing = tokio::spawn(async move {
        for _ in 0..20 {
            store.flush().await.unwrap();
        }
    });
    let reading = tokio::spawn(async move {
        let (mut ids, mut frames) = (Vec::new(), Vec::new());
        while ids.len() < 2 * REQUESTS as usize {
            let published = feed.next().await.unwrap();
            frames.push(published.frame);
            ids.extend(span_ids(&published.spans));
        }
        (ids, frames)
    });
    for request in 0..REQUESTS {
        fixture.append(&[TestSpan::new(1, 2 * request + 1), TestSpan::new(1, 2 * request + 2)]).await;
    }
    flushing.await.unwrap();
    let (ids, frames) = reading.await.unwrap();
    assert_eq!(ids, (1..=2 * REQUESTS).collect::<Vec<_>>());
    assert_eq!(frames, (1..=REQUESTS as u64).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_begins_where_its_picture_ends() {
    let mut fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1)]).await;
    fixture.close().await;
    fixture.open().await.unwrap();
    fixture.store().append(append_of("a", &[TestSpan::new(2, 2)])).await.unwrap();
    fixture.append(&[TestSpan::new(3, 3)]).await;
    let (start, mut feed) = fixture.store().span_feed();
    fixture.append(&[TestSpan::new(4, 4)]).await;
    assert_eq!(start.last_frame, 3);
    let hot = |tenant: &str| -> Vec<i64> {
        let view = &start.views[&tenant.parse().unwrap()];
        view.table(Table::Spans).hot().iter().flat_map(span_ids).collect()
    };
    assert_eq!((hot("default"), hot("a")), (vec![3], vec![2]));
    let in_lake: u64 =
        start.views[&TenantId::default()].table(Table::Spans).lake().files.iter().map(|file| file.rows).sum();
    assert_eq!(in_lake, 1);
    let next = feed.try_next().unwrap();
    assert_eq!((next.frame, span_ids(&next.spans)), (4, vec![4]));
    assert_eq!(next.tenant, TenantId::default());
    assert!(feed.try_next().is_none());
}

/// Else windows written before the stop would be of later frames than those written after the start.
#[tokio::test(flavor = "multi_thread")]
async fn frames_never_begin_anew() {
    let mut fixture = Fixture::new().await;
    for span in 1..=5 {
        fixture.append(&[TestSpan::new(1, span)]).await;
    }
    for _ in 0..2 {
        fixture.close().await;
        fixture.open().await.unwrap();
        assert_eq!(fixture.store().span_feed().0.last_frame, 5);
    }
    let mark = window(NOW_NS, 9, &[]);
    fixture.store().commit_windows(&TenantId::default(), Table::Edges, vec![mark], 4).await.unwrap();
    fixture.close().await;
    fixture.open().await.unwrap();
    let (start, mut feed) = fixture.store().span_feed();
    assert_eq!(start.last_frame, 9);
    fixture.append(&[TestSpan::new(1, 6)]).await;
    assert_eq!(feed.try_next().map(|published| published.frame), Some(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_ends_when_the_store_stops_and_everything_is_read() {
    let mut fixture = Fixture::new().await;
    let (_, mut feed) = fixture.store().span_feed();
    fixture.append(&[TestSpan::new(1, 1)]).await;
    let store = fixture.store().clone();
    fixture.close().await;
    assert_eq!(feed.next().await.map(|published| published.frame), Some(1));
    assert!(feed.next().await.is_none());
    drop(store);
}

/// What is replayed and already in the lake is no news.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_feeds_what_is_not_in_the_lake() {
    let fixture = Fixture::new().await;
    fixture.append(&[TestSpan::new(1, 1)]).await;
    fixture.store().flush().await.unwrap();
    fixture.append(&[TestSpan::new(1, 2)]).await;
    // A copy of the directory, which nobody has opened yet.
    let copy = Fixture::closed(|_| {});
    copy_dir(fixture.dir.path(), copy.dir.path());
    let registry = &mut prometheus_client::registry::Registry::default();
    let store = Store::open(copy.config.clone(), Arc::new(TestDecode), Arc::new(SystemClock), registry).await.unwrap();
    let (_, mut feed) = store.span_feed();
    store.start().await.unwrap();
    let published = feed.next().await.unwrap();
    assert_eq!((published.frame, span_ids(&published.spans)), (2, vec![2]));
    store.shutdown().await.unwrap();
    assert!(feed.next().await.is_none());
}

/// Appends and flushes until the store refuses.
async fn append_until_refused(fixture: &Fixture, spans: &[TestSpan]) -> AppendError {
    loop {
        if let Err(refused) = fixture.store().append(append_of("default", spans)).await {
            return refused;
        }
        fixture.store().flush().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_falls_behind_holds_up_senders_and_not_memory() {
    let fixture = Fixture::with(|config| config.hot.bytes_max = bytesize::ByteSize::kib(100)).await;
    let (_, mut feed) = fixture.store().span_feed();
    let spans: Vec<TestSpan> = (1..=50).map(|span| TestSpan::new(1, span)).collect();
    let refused = append_until_refused(&fixture, &spans).await;
    assert!(matches!(refused, AppendError::Overloaded { what: "twice hot.bytes_max", .. }), "{refused}");
    while feed.try_next().is_some() {}
    fixture.append(&spans).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_holds_up_nobody() {
    let fixture = Fixture::with(|config| config.hot.bytes_max = bytesize::ByteSize::kib(100)).await;
    let (_, feed) = fixture.store().span_feed();
    let spans: Vec<TestSpan> = (1..=50).map(|span| TestSpan::new(1, span)).collect();
    append_until_refused(&fixture, &spans).await;
    drop(feed);
    for _ in 0..5 {
        fixture.append(&spans).await;
        fixture.store().flush().await.unwrap();
    }
}

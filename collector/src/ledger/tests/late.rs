//! Spans that come late, spans of the future, and crashes before what is late is written.

use super::history::shifted;
use super::world::{Tables, World};
use crate::pair::WINDOW_NS;
use crate::pair::tests::case::{self, BASE_NS, RowParts};

const SECOND_NS: i64 = 1_000_000_000;

/// An app calls another; the caller's span comes last. In seconds: called from 1 to 2, the caller waits from 0 to 3.
fn call(trace: i64, at_seconds: i64) -> Vec<RowParts> {
    let text = "== call\nc - client web 0..3000 http.method=GET\ns c server cart 1000..2000 http.method=GET";
    shifted(&case::parse(text).remove(0).rows, trace, at_seconds * SECOND_NS)
}

async fn expect(world: &World, traces: &[Vec<RowParts>]) {
    assert_eq!(world.tables().await.differs_from(&Tables::of(traces)), None);
}

/// Requests of web to cart, and of nobody to cart.
async fn requests(world: &World) -> (f64, f64) {
    let (mut paired, mut unpaired) = (0.0, 0.0);
    for (key, values) in world.edges(spanloom_store::Table::Edges).await {
        if key.observer == spanloom_store::ledger::Observer::TargetApp {
            let sum = if key.reason.is_none() { &mut paired } else { &mut unpaired };
            *sum += values.requests.unwrap_or_default().as_f64();
        }
    }
    (paired, unpaired)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_shown_at_once_and_what_waits_for_its_other_side_when_it_has_waited() {
    let mut world = World::new().await;
    let (both, server_only) = (call(1, 0), call(2, 0));
    world.send(&both).await;
    world.send(&server_only[1..]).await;
    world.turn_after(4).await;
    assert_eq!(requests(&world).await, (1.0, 0.0));
    world.turn_after(14).await;
    assert_eq!(requests(&world).await, (1.0, 1.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_that_are_a_minute_late_change_their_closed_window_soon_and_once_a_minute() {
    let mut world = World::new().await;
    let traces: Vec<_> = (1..=6).map(|trace| call(trace, 0)).collect();
    for trace in &traces {
        world.send(&trace[1..]).await;
    }
    world.turn_after(1).await;
    world.turn_after(79).await;
    assert_eq!(requests(&world).await, (0.0, 6.0));
    for trace in &traces[..2] {
        world.send(&trace[..1]).await;
        world.turn_after(4).await;
    }
    assert_eq!(requests(&world).await, (0.0, 6.0), "a few are collected");
    world.turn_after(7).await;
    assert_eq!(requests(&world).await, (2.0, 4.0));
    for trace in &traces[2..] {
        world.send(&trace[..1]).await;
        world.turn_after(12).await;
    }
    assert_eq!(requests(&world).await, (2.0, 4.0), "the next time is a minute after");
    world.turn_after(13).await;
    assert_eq!(requests(&world).await, (6.0, 0.0));
    let view = world.store.view(&spanloom_store::TenantId::default());
    let mark = view.table(spanloom_store::Table::Edges).lake().window(world.store.writer(), BASE_NS).unwrap();
    assert_eq!(mark.revision, 3);
    world.settle().await;
    expect(&world, &traces).await;
}

/// Windows of a minute are made of those rows of ten seconds that count.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_span_changes_a_window_whose_file_holds_others_as_well() {
    let mut world = World::new().await;
    let mut sent: Vec<_> = (1..=6).map(|trace| call(trace, 8 * trace)).collect();
    let late: Vec<_> = sent.iter_mut().map(|trace| trace.remove(0)).collect();
    for trace in &sent {
        world.send(trace).await;
    }
    world.settle().await;
    world.store.compact().await.unwrap();
    for (trace, caller) in sent[..2].iter_mut().zip(late) {
        world.send(std::slice::from_ref(&caller)).await;
        trace.insert(0, caller);
    }
    world.settle().await;
    let view = world.store.view(&spanloom_store::TenantId::default());
    let edges = view.table(spanloom_store::Table::Edges);
    assert!(edges.files().any(|file| !edges.windows_left_out(file).is_empty()), "no file has rows that do not count");
    assert_eq!(requests(&world).await, (2.0, 4.0));
    expect(&world, &sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_that_is_most_of_an_hour_late_finds_its_trace() {
    let mut world = World::new().await;
    let traces = [call(1, 0), call(2, 0)];
    world.send(&traces[0][1..]).await;
    world.send(&traces[1]).await;
    world.turn_after(100).await;
    world.store.flush().await.unwrap();
    world.turn_after(3_000).await;
    assert_eq!(world.pass.tenants.values().map(|tenant| tenant.traces()).sum::<usize>(), 0);
    world.send(&traces[0][..1]).await;
    world.turn_after(1).await;
    assert_eq!(world.metric("read_back"), 1);
    world.settle().await;
    expect(&world, &traces).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_a_late_window_is_written_takes_nothing() {
    for flushes in [false, true] {
        let mut world = World::new().await;
        let traces = [call(1, 0), call(2, 16)];
        world.send(&traces[0][1..]).await;
        world.turn_after(1).await;
        world.turn_after(79).await;
        world.send(&traces[0][..1]).await;
        world.turn_after(1).await;
        if flushes {
            world.store.flush().await.unwrap();
        }
        // Closes a window, and says that spans up to now are not settled.
        world.send(&traces[1]).await;
        world.turn_after(8).await;
        let mut world = world.crash().await;
        world.settle().await;
        expect(&world, &traces).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_start_open_windows_are_what_they_were() {
    let mut world = World::new().await;
    let traces = [call(1, 0), call(2, 5)];
    world.send(&traces[0]).await;
    world.turn_after(2).await;
    world.store.flush().await.unwrap();
    world.send(&traces[1]).await;
    world.turn_after(1).await;
    let before = world.tables().await;
    assert!(!before.edges.is_empty());
    let mut world = world.crash().await;
    world.turn_after(0).await;
    assert_eq!(world.tables().await.differs_from(&before), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_of_the_future_are_in_windows_of_the_future_that_close_in_their_time() {
    let mut world = World::new().await;
    let traces = [call(1, 3_000)];
    world.send(&traces[0]).await;
    world.turn_after(16).await;
    let view = world.store.view(&spanloom_store::TenantId::default());
    let open: Vec<i64> =
        view.table(spanloom_store::Table::Edges).open_windows().map(|(start_ns, _)| start_ns).collect();
    assert_eq!(open, [BASE_NS + 3_000 * SECOND_NS]);
    world.turn_after(3_060).await;
    let view = world.store.view(&spanloom_store::TenantId::default());
    assert_eq!(view.table(spanloom_store::Table::Edges).open_windows().count(), 0);
    world.settle().await;
    expect(&world, &traces).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_of_two_hosts_may_differ_by_minutes() {
    let mut world = World::new().await;
    let mut trace = call(1, 0);
    trace[1].span.start_ns += 240 * SECOND_NS;
    trace[1].span.end_ns += 240 * SECOND_NS;
    world.send(&trace).await;
    world.turn_after(1).await;
    world.settle().await;
    let edges = world.edges(spanloom_store::Table::Edges).await;
    let windows: Vec<i64> = edges.keys().map(|key| key.window_ns).collect();
    assert_eq!(windows, [BASE_NS, BASE_NS + 240 * SECOND_NS], "each observer's view is where its clock says");
    assert!(edges.keys().all(|key| key.reason.is_none()));
    assert_eq!(windows[1] % WINDOW_NS, 0);
    expect(&world, &[trace]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_data_that_is_imported_gets_windows_of_its_own_time() {
    let mut world = World::new().await;
    let traces: Vec<_> = (0..20).map(|n| call(n + 1, -86_400 - 37 * n)).collect();
    for trace in &traces {
        world.send(trace).await;
    }
    world.turn_after(1).await;
    world.settle().await;
    expect(&world, &traces).await;
}

/// A flush writes for as long as it takes. This one is not even driven while the ledger has its turn.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_does_not_wait_for_a_flush_and_what_is_due_is_written_after_it() {
    let mut world = World::new().await;
    let traces = [call(1, 0), call(2, 0)];
    world.send(&traces[0]).await;
    world.turn_after(4).await;
    let store = world.store.clone();
    let mut flush = std::pin::pin!(store.flush());
    assert!(futures::poll!(flush.as_mut()).is_pending());
    assert!(store.is_writing());
    world.send(&traces[1]).await;
    world.clock.advance(std::time::Duration::from_secs(200));
    world.turn().await;
    assert_eq!(requests(&world).await, (2.0, 0.0));
    flush.await.unwrap();
    world.settle().await;
    expect(&world, &traces).await;
    assert_eq!(world.metric("failures"), 0);
}

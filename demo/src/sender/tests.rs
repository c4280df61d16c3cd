use std::collections::BTreeSet;

use super::outbox::Outbox;
use super::*;
use crate::simulation::TICK;

const START_NS: u64 = 1_800_000_000_000_000_000;

fn outbox(past: Duration) -> Outbox {
    Outbox::new(Simulation::new(Mesh::shop(), 1, START_NS), past)
}

fn at(after: Duration) -> u64 {
    START_NS + after.as_nanos() as u64
}

#[test]
fn nobody_tells_of_the_future_and_nothing_is_told_twice_or_never() {
    let mut outbox = outbox(Duration::ZERO);
    let mut told = BTreeSet::new();
    for step in 1..100 {
        let now = at(Duration::from_millis(100) * step);
        for trace in outbox.due(now).traces {
            assert!(trace.spans().all(|span| span.end_time_unix_nano <= now));
            assert!(trace.spans().all(|span| told.insert(span.span_id.clone())));
        }
    }
    let simulation = Simulation::new(Mesh::shop(), 1, START_NS);
    let all = (0..40).flat_map(|tick| simulation.requests(tick)).map(|request| Trace::of(simulation.mesh(), &request));
    let ended: usize =
        all.filter(|trace| trace.end_ns < at(Duration::from_millis(9_900))).map(|trace| trace.len()).sum();
    assert_eq!(told.len(), ended);
}

#[test]
fn the_past_is_told_in_order_while_life_goes_on() {
    let mut outbox = outbox(Duration::from_secs(20));
    let mut ends = Vec::new();
    let mut live = 0;
    for step in 1..=8 {
        let traces = outbox.due(at(TICK * step)).traces;
        ends.extend(traces.iter().map(|trace| trace.end_ns).filter(|end| *end < START_NS));
        live += traces.iter().filter(|trace| trace.end_ns > START_NS).count();
    }
    // What began last before the start ends after it.
    assert!(ends.len() > 400, "{}", ends.len());
    let disorder = ends.windows(2).filter(|pair| pair[0] > pair[1] + 5_000_000_000).count();
    assert_eq!(disorder, 0);
    assert!(live > 20, "{live}");
}

/// Counters know what was begun after the start, once it has ended.
#[test]
fn requests_are_given_with_their_traces_but_for_the_past() {
    let mut outbox = outbox(Duration::from_secs(20));
    let mut given = 0;
    for step in 1..=40 {
        let now = at(TICK * step);
        let due = outbox.due(now);
        assert!(due.ended.iter().all(|request| request.begin_ns >= START_NS && request.end_ns() < now));
        assert!(outbox.begun().all(|request| request.end_ns() >= now));
        let live = |trace: &&Trace| trace.spans().all(|span| span.start_time_unix_nano >= START_NS);
        assert_eq!(due.ended.len(), due.traces.iter().filter(live).count());
        given += due.ended.len();
    }
    assert!(given > 200, "{given}");
}

#[test]
fn who_was_away_leaves_out_what_is_between() {
    let mut outbox = outbox(Duration::ZERO);
    outbox.due(at(TICK));
    let due = outbox.due(at(Duration::from_mins(10)));
    let first = due.traces.iter().flat_map(Trace::spans).map(|span| span.start_time_unix_nano);
    // What had begun before is told all the same.
    let first = first.filter(|start| *start > at(Duration::from_secs(1))).min();
    assert!(first.is_some_and(|first| first >= at(Duration::from_secs(589))), "{first:?}");
    assert_eq!(due.ticks_dropped, 10 * 60 * 4 - 2 - 40);
    assert_eq!(outbox.due(at(Duration::from_mins(10) + TICK)).ticks_dropped, 0);
}

#[test]
fn batches_keep_their_bound_and_their_traces() {
    let due = outbox(Duration::from_secs(20)).due(at(Duration::from_secs(9)));
    let count = due.traces.len();
    let batches = batches(due.traces);
    assert!(batches.len() > 1);
    assert!(batches.iter().all(|batch| batch.iter().map(Trace::len).sum::<usize>() <= SPANS_MAX));
    assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), count);
}

#[test]
fn a_server_on_all_addresses_is_reached_at_loopback() {
    let check = |bound: &str, expected: &str| {
        assert_eq!(reachable(bound.parse().unwrap()), expected.parse().unwrap());
    };
    check("0.0.0.0:4318", "127.0.0.1:4318");
    check("[::]:4318", "[::1]:4318");
    check("192.0.2.1:4318", "192.0.2.1:4318");
}

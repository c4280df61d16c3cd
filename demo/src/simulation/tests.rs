use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::*;
use crate::spans::Trace;
use crate::truth::{Calls, Truth};

const START_NS: u64 = 1_800_000_000_000_000_000;
const TICKS_PER_SECOND: i64 = 4;

fn shop() -> Simulation {
    Simulation::new(Mesh::shop(), 42, START_NS)
}

fn traces(simulation: &Simulation, ticks: std::ops::Range<i64>) -> Vec<Trace> {
    let requests = ticks.flat_map(|tick| simulation.requests(tick));
    requests.map(|request| Trace::of(simulation.mesh(), &request)).collect()
}

fn spans(simulation: &Simulation, ticks: std::ops::Range<i64>) -> Vec<Span> {
    traces(simulation, ticks).iter().flat_map(|trace| trace.spans().cloned().collect::<Vec<_>>()).collect()
}

/// Seconds since the start.
fn truth(simulation: &Simulation, seconds: std::ops::Range<i64>) -> Truth {
    let mut truth = Truth::default();
    let ticks = seconds.start * TICKS_PER_SECOND..seconds.end * TICKS_PER_SECOND;
    ticks.flat_map(|tick| simulation.requests(tick)).for_each(|request| truth.add(simulation.mesh(), &request));
    truth
}

fn calls(truth: &Truth, source: &str, target: &str) -> Calls {
    truth.edges.get(&(source.to_owned(), target.to_owned())).copied().unwrap_or_default()
}

#[test]
fn the_same_seed_tells_the_same_and_another_does_not() {
    let again = || spans(&shop(), 240..260);
    assert_eq!(again(), again());
    let other = Simulation::new(Mesh::shop(), 43, START_NS);
    assert_ne!(again(), spans(&other, 240..260));
}

#[test]
fn a_tick_does_not_depend_on_those_before_it() {
    let all = spans(&shop(), 0..30);
    let alone = spans(&shop(), 29..30);
    assert_eq!(all[all.len() - alone.len()..], alone);
}

/// Two runs in one data directory are the same mesh, and no trace of one is in the other.
#[test]
fn a_later_start_tells_the_same_of_other_traces() {
    let later = Simulation::new(Mesh::shop(), 42, START_NS + 7);
    assert_eq!(truth(&shop(), 50..70), truth(&later, 50..70));
    let ids = |spans: Vec<Span>| spans.into_iter().map(|span| span.trace_id).collect::<BTreeSet<_>>();
    assert!(ids(spans(&shop(), 0..20)).is_disjoint(&ids(spans(&later, 0..20))));
}

#[test]
fn times_belong_to_their_ticks() {
    let simulation = shop();
    for tick in [-7, 0, 13] {
        let begin = simulation.begin_ns(tick);
        assert_eq!(simulation.tick_at(begin), tick);
        assert_eq!(simulation.tick_at(begin - 1), tick - 1);
        for request in simulation.requests(tick) {
            assert_eq!(simulation.tick_at(request.begin_ns), tick);
        }
    }
}

/// Parents are there, ids are new, and what is below another span lies within it; but for what takes a message, which
/// comes later.
#[test]
fn every_trace_is_whole() {
    // With the slow database, in which callers give up, and with failing payments.
    for trace in traces(&shop(), 60 * TICKS_PER_SECOND..90 * TICKS_PER_SECOND)
        .into_iter()
        .chain(traces(&shop(), 200 * TICKS_PER_SECOND..215 * TICKS_PER_SECOND))
    {
        let by_id: BTreeMap<&[u8], &Span> = trace.spans().map(|span| (span.span_id.as_slice(), span)).collect();
        assert_eq!(by_id.len(), trace.len(), "ids are new");
        assert_eq!(trace.spans().filter(|span| span.parent_span_id.is_empty()).count(), 1);
        assert_eq!(trace.spans().map(|span| span.end_time_unix_nano).max(), Some(trace.end_ns));
        for span in trace.spans().filter(|span| !span.parent_span_id.is_empty()) {
            let parent = by_id[span.parent_span_id.as_slice()];
            assert_eq!(span.trace_id, parent.trace_id);
            assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
            if span.kind == SpanKind::Consumer as i32 {
                assert!(parent.end_time_unix_nano <= span.start_time_unix_nano);
            } else {
                let is_within = parent.start_time_unix_nano <= span.start_time_unix_nano
                    && span.end_time_unix_nano <= parent.end_time_unix_nano;
                assert!(is_within, "{} is within {}", span.name, parent.name);
            }
        }
    }
}

#[test]
fn traffic_is_as_much_as_the_mesh_says_and_comes_in_waves() {
    let seconds = (WAVE.as_secs() as i64) * 2;
    let entered = truth(&shop(), 0..seconds).entered as f64;
    let expected = shop().mesh().rate * seconds as f64;
    assert!((entered - expected).abs() < 0.01 * expected, "{entered}, not {expected}");
    let (high, low) = (truth(&shop(), 0..15).entered as f64, truth(&shop(), 68..83).entered as f64);
    assert!(high > 1.4 * low, "{high} and {low}");
}

#[test]
fn before_the_start_and_between_troubles_hardly_anything_fails() {
    for seconds in [-60..0, 0..60, 140..190, 250..300] {
        let truth = truth(&shop(), seconds.clone());
        let ingress = calls(&truth, "ingress.edge", "web.shop");
        assert!(ingress.errors * 100 < ingress.requests, "{seconds:?}: {ingress:?}");
    }
}

/// A slow database lets its callers' callers give up, and heals.
#[test]
fn a_slow_database_is_felt_up_to_the_gateway() {
    let truth = truth(&shop(), 60..130);
    let share = |source: &str, target: &str| {
        let calls = calls(&truth, source, target);
        calls.errors as f64 / calls.requests as f64
    };
    assert!(share("catalogue.shop", "inventory.shop") > 0.1, "{}", share("catalogue.shop", "inventory.shop"));
    assert!(share("ingress.edge", "web.shop") > 0.03, "{}", share("ingress.edge", "web.shop"));
    // Most of this edge's calls fail, so that twenty seconds of it are seen among five minutes.
    assert!(share("checkout.shop", "inventory.shop") > 0.7, "{}", share("checkout.shop", "inventory.shop"));
    let healed = calls(&self::truth(&shop(), 131..190), "catalogue.shop", "inventory.shop");
    assert!(healed.errors * 100 < healed.requests, "{healed:?}");
}

/// The server calls failing what fails in a tenth of at least ten requests, over the range that is shown or its last minute.
#[test]
fn twenty_seconds_into_each_trouble_its_last_minute_is_failing() {
    for (begin, edge) in [
        (60, ("checkout.shop", "inventory.shop")),
        (60, ("catalogue.shop", "inventory.shop")),
        (200, ("payment.payments", "external:api.payhub.example")),
    ] {
        let last_minute = calls(&truth(&shop(), begin - 40..begin + 20), edge.0, edge.1);
        assert!(last_minute.requests >= 10, "{edge:?}: {last_minute:?}");
        assert!(last_minute.errors * 10 >= last_minute.requests, "{edge:?}: {last_minute:?}");
    }
}

#[test]
fn failing_payments_are_tried_again_and_some_fail_for_good() {
    let burst = calls(&truth(&shop(), 200..245), "checkout.shop", "payment.payments");
    assert!(burst.attempts * 10 > burst.requests * 15, "{burst:?}");
    assert!(burst.errors * 10 > burst.requests, "{burst:?}");
    let calm = calls(&truth(&shop(), 0..60), "checkout.shop", "payment.payments");
    assert!(calm.requests > 20 && calm.errors == 0, "{calm:?}");
}

#[test]
fn a_canary_grows_and_fails_more_than_what_it_replaces() {
    let simulation = shop();
    let count = |seconds: std::ops::Range<i64>| {
        let (mut main, mut canary, mut failed) = (0, 0, 0);
        for span in spans(&simulation, seconds.start * TICKS_PER_SECOND..seconds.end * TICKS_PER_SECOND) {
            let text = format!("{:?}", span.attributes);
            if span.kind == SpanKind::Client as i32 && span.name.contains("outbound|8080|v1|ratings") {
                main += 1;
            } else if span.kind == SpanKind::Client as i32 && span.name.contains("outbound|8080|v2|ratings") {
                canary += 1;
                failed += i64::from(text.contains("\"500\""));
            }
        }
        (main, canary, failed)
    };
    let (first, last) = (count(0..60), count(290..360));
    assert!(first.1 * 8 < first.0, "{first:?}");
    assert!(last.1 * 3 > last.0, "{last:?}");
    assert!(last.2 > 0 && last.2 * 10 < last.1, "{last:?}");
}

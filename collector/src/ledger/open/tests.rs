//! Windows that follow random changes of traces, beside windows that are added up anew.

use proptest::collection::vec;
use proptest::prelude::*;
use spanloom_store::ledger::{Observer, Outcome, Protocol, Side, Weight};
use spanloom_store::{SpanId, TraceId};

use super::*;
use crate::pair::{Interned, Kind, LatencySplit, Observation, Operation, OperationName, WINDOW_NS};

const TRACES: usize = 6;

#[derive(Debug, Clone)]
enum Step {
    /// A trace says this from now on.
    Say(usize, Vec<Call>),
    LetGo(usize),
    Look,
}

/// A request, and a span, in few values, so that parts meet in rows and are equal to each other.
#[derive(Debug, Clone)]
struct Call {
    window: i64,
    service: u8,
    duration_ns: i64,
    span: i64,
    outcome: Outcome,
    weight: u8,
    network_ns: Option<i64>,
    has_flag: bool,
}

fn call() -> impl Strategy<Value = Call> {
    let what = (0..2_i64, 0..3_u8, 0..6_i64, 0..4_i64);
    let how = (prop::sample::select(Outcome::ALL), 1..3_u8, prop::option::of(0..3_i64), any::<bool>());
    (what, how).prop_map(|((window, service, duration_ns, span), (outcome, weight, network_ns, has_flag))| Call {
        window,
        service,
        duration_ns,
        span,
        outcome,
        weight,
        network_ns,
        has_flag,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..TRACES, vec(call(), 0..6)).prop_map(|(trace, calls)| Step::Say(trace, calls)),
        1 => (0..TRACES).prop_map(Step::LetGo),
        2 => Just(Step::Look),
    ]
}

fn said(trace: usize, calls: &[Call]) -> Observations {
    let trace_id = TraceId::from_halves(1, trace as i64);
    let weight = |call: &Call| Weight::new(f64::from(call.weight));
    let service = |call: &Call| Some(format!("s{}", call.service).into());
    let row = |call: &Call| Observation {
        end_ns: call.window * WINDOW_NS + call.span,
        source: Interned::new(Side::default()),
        target: Interned::new(Side { service: service(call), ..Side::default() }),
        protocol: Protocol::ALL[0],
        observer: Observer::ALL[0],
        reason: None,
        weight: weight(call),
        attempts: u32::from(call.weight),
        outcome: call.outcome,
        latency_ns: call.duration_ns,
        response_flags: call.has_flag.then(|| "UF,URX".into()),
        split: LatencySplit { network_ns: call.network_ns, ..LatencySplit::default() },
        trace_id,
        span_id: SpanId::from_int(call.span),
    };
    let operation = |call: &Call| Operation {
        end_ns: call.window * WINDOW_NS + call.span,
        name: Interned::new(OperationName { cluster: None, namespace: None, service: service(call), operation: None }),
        kind: Kind::default(),
        status_code: 0,
        weight: weight(call),
        outcome: call.outcome,
        latency_ns: call.duration_ns,
        trace_id,
        span_id: SpanId::from_int(call.span),
    };
    let mut observations = Observations {
        rows: calls.iter().map(row).collect(),
        operations: calls.iter().map(operation).collect(),
        ..Observations::default()
    };
    observations.rows.sort_unstable();
    observations.operations.sort_unstable();
    observations
}

/// All windows lie around the epoch.
const EXTENT: Extent = (0, 2 * WINDOW_NS);

fn follow<P: Part>(steps: &[Step]) {
    let mut windows = Windows::<P>::default();
    windows.touch(0);
    windows.touch(WINDOW_NS);
    let mut traces = vec![Observations::default(); TRACES];
    for step in steps.iter().chain([&Step::Look]) {
        match step {
            Step::Say(trace, calls) => {
                let before = std::mem::replace(&mut traces[*trace], said(*trace, calls));
                windows.change(&before, &traces[*trace]);
            }
            Step::LetGo(trace) => {
                let before = std::mem::take(&mut traces[*trace]);
                let settled = said(*trace, &[]);
                windows.let_go(&before, if *trace % 2 == 0 { &before } else { &settled });
            }
            Step::Look => {
                windows.refresh(traces.iter().map(|said| (EXTENT, said)));
                assert!(windows.0.values().all(|open| open.stale.is_none()), "a row is stale after it was made again");
            }
        }
        windows.assert_in_step(traces.iter());
    }
}

proptest! {
    #[test]
    fn windows_follow_their_traces(steps in vec(step(), 0..24)) {
        follow::<Observation>(&steps);
        follow::<Operation>(&steps);
    }
}

#[test]
fn a_call_that_is_neither_the_slowest_nor_an_exemplar_goes_without_looking_at_the_others() {
    let call = |span, duration_ns| Call {
        window: 0,
        service: 0,
        duration_ns,
        span,
        outcome: Outcome::Ok,
        weight: 1,
        network_ns: None,
        has_flag: true,
    };
    let whole = said(0, &[call(0, 1), call(1, 5), call(2, 9)]);
    let rest = said(0, &[call(0, 1), call(2, 9)]);
    let mut windows = Windows::<Observation>::default();
    windows.touch(0);
    windows.change(&Observations::default(), &whole);
    windows.change(&whole, &rest);
    assert!(windows.0[&0].stale.is_none());
    windows.assert_in_step([&rest].into_iter());
    windows.change(&rest, &said(0, &[call(0, 1)]));
    assert!(!windows.0[&0].stale.is_none(), "the slowest is gone");
}

#[test]
fn a_call_that_is_seen_better_keeps_its_place() {
    let call = |network_ns| Call {
        window: 0,
        service: 0,
        duration_ns: 7,
        span: 1,
        outcome: Outcome::Http5xx,
        weight: 1,
        network_ns,
        has_flag: false,
    };
    let (before, after) = (said(0, &[call(None)]), said(0, &[call(Some(3))]));
    let mut windows = Windows::<Observation>::default();
    windows.touch(0);
    windows.change(&Observations::default(), &before);
    windows.change(&before, &after);
    assert!(windows.0[&0].stale.is_none());
    windows.assert_in_step([&after].into_iter());
}

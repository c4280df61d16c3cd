//! How often a span calls: who has the most children, and what is called again and again.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::answer::{CallOrder, FanOut, RepeatedCall};
use crate::trace::assembled::Assembled;
use crate::trace::item::Operation;
use crate::trace::span::{Interval, covered_ns};

const FAN_OUT_MAX: usize = 10;
const REPEATED_MAX: usize = 100;
/// Fewer calls of one operation by one span are nothing to be told of.
const REPEATS_MIN: usize = 5;
/// Calls are one after another if no more than this part of their time overlaps: clocks are coarse.
const OVERLAP_PARTS: i64 = 100;

/// The spans with the most children; among equals the first.
pub(super) fn fan_out(trace: &Assembled<'_>) -> Vec<FanOut> {
    let counted = (0..trace.spans.len()).map(|span| (span, trace.tree.children(span).len()));
    let mut counted: Vec<(usize, usize)> = counted.filter(|(_, child_count)| *child_count > 0).collect();
    counted.sort_unstable_by_key(|(span, child_count)| (Reverse(*child_count), *span));
    counted.truncate(FAN_OUT_MAX);
    let item = |(span, child_count): (usize, usize)| FanOut { span: (&trace.spans[span]).into(), child_count };
    counted.into_iter().map(item).collect()
}

/// Children of one span that do the same.
struct Repeated<'a> {
    parent: usize,
    operation: Operation<'a>,
    calls: Vec<usize>,
    busy_ns: i64,
}

/// What is called [`REPEATS_MIN`] times or more by one span, the most time first; and how many there are of these.
pub(super) fn repeated(trace: &Assembled<'_>) -> (Vec<RepeatedCall>, usize) {
    let mut found: Vec<Repeated<'_>> = (0..trace.spans.len()).flat_map(|parent| repeated_by(trace, parent)).collect();
    found.sort_unstable_by_key(|repeated| (Reverse(repeated.busy_ns), repeated.parent, repeated.operation));
    let count = found.len();
    found.truncate(REPEATED_MAX);
    (found.into_iter().map(|repeated| repeated_call(trace, repeated)).collect(), count)
}

fn repeated_by<'a>(trace: &Assembled<'a>, parent: usize) -> Vec<Repeated<'a>> {
    let children = trace.tree.children(parent);
    if children.len() < REPEATS_MIN {
        return Vec::new();
    }
    let mut alike: HashMap<Operation<'a>, Vec<usize>> = HashMap::new();
    for &child in children {
        alike.entry((&trace.spans[child]).into()).or_default().push(child);
    }
    alike.retain(|_, calls| calls.len() >= REPEATS_MIN);
    let repeated = |(operation, calls): (Operation<'a>, Vec<usize>)| {
        let times: Vec<Interval> = calls.iter().map(|call| trace.places[*call].whole).collect();
        Repeated { parent, operation, calls, busy_ns: covered_ns(times) }
    };
    alike.into_iter().map(repeated).collect()
}

fn repeated_call(trace: &Assembled<'_>, repeated: Repeated<'_>) -> RepeatedCall {
    let Repeated { parent, operation, calls, busy_ns } = repeated;
    let spans = || calls.iter().map(|call| &trace.spans[*call]);
    let total_ns = spans().fold(0_i64, |sum, span| sum.saturating_add(span.time.length_ns()));
    let overlap_ns = total_ns.saturating_sub(busy_ns);
    let order = if overlap_ns <= total_ns / OVERLAP_PARTS { CallOrder::Sequential } else { CallOrder::Overlapping };
    RepeatedCall {
        parent: (&trace.spans[parent]).into(),
        operation: operation.into(),
        call_count: calls.len(),
        error_count: spans().filter(|span| span.is_error).count(),
        total_ns,
        busy_ns,
        order,
    }
}

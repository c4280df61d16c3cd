//! What there is to know of a trace as a whole: whether it is whole and its clocks agree, who worked how long, and what is
//! done again and again.
//!
//! Every number is of the trace as it is put together in [`super::assembled`], so that it agrees with the critical path.
//! Lists are bounded, the counts beside them are not. Nothing takes more than a time in proportion to the number of spans,
//! but for sorting.

mod answer;
/// What one span calls, how often.
mod calls;
/// What came more than once.
mod duplicates;
/// Whose clocks contradict each other.
mod skew;
/// Trees, and what is at their tops.
mod tops;
/// How long spans worked.
mod work;

use spanloom_store::TraceId;

use super::assembled::Assembled;
use super::span::Interval;

pub(crate) use answer::{TraceAnalysis, Work};
pub(super) use tops::depth;
pub(super) use work::works;

/// What is said of a trace.
pub(super) fn analysis(id: TraceId, trace: &Assembled<'_>) -> TraceAnalysis {
    let spans = &trace.spans;
    let whole = extent(trace);
    let (services, service_count) = work::by_service(trace);
    let (operations, operation_count) = work::by_operation(trace);
    let (repeated_calls, repeated_call_count) = calls::repeated(trace);
    TraceAnalysis {
        trace_id: id.to_string(),
        start_time_unix_nano: whole.start_ns.to_string(),
        duration_ns: whole.length_ns(),
        span_count: spans.len(),
        error_count: spans.iter().filter(|span| span.is_error).count(),
        depth: depth(&trace.tree, spans.len()),
        root: tops::top(trace, trace.root, whole.start_ns),
        root_duration_ns: trace.root_duration_ns(),
        tops: tops::tops(trace, whole.start_ns),
        top_count: trace.tree.tops.len(),
        orphans: tops::orphans(trace, whole.start_ns),
        duplicates: duplicates::duplicates(trace),
        clock_skew: skew::clock_skew(trace),
        services,
        service_count,
        operations,
        operation_count,
        fan_out: calls::fan_out(trace),
        repeated_calls,
        repeated_call_count,
    }
}

/// From the earliest start to the latest end, as the senders' clocks say.
fn extent(trace: &Assembled<'_>) -> Interval {
    let root = trace.spans[trace.root.span].time;
    trace.spans.iter().fold(root, |all, span| Interval {
        start_ns: all.start_ns.min(span.time.start_ns),
        end_ns: all.end_ns.max(span.time.end_ns),
    })
}

#[cfg(test)]
mod tests;

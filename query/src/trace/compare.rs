//! Two traces beside each other.
//!
//! Spans of two traces have nothing in common but what they do and from where they were called. So the spans of both are
//! put into one tree of operations ([`merged`]), in which spans with the same way of operations from the top are one node.
//! Where the difference of the durations comes from is said by the critical paths ([`contributions`]): the time of each adds
//! up to the duration of its root, so the differences of the times add up to the difference of the durations.

mod answer;
/// Where the difference comes from.
mod contributions;
/// Both traces as one tree.
mod merged;
/// Which of its nodes are shown, in which order.
mod shown;

use std::collections::HashSet;

use spanloom_store::TraceId;

use super::analysis::depth;
use super::assembled::Assembled;

pub(crate) use answer::TraceComparison;

use answer::TraceHead;
use merged::{Merged, Side};

/// What is said of two traces.
pub(super) fn comparison(left: (TraceId, &Assembled<'_>), right: (TraceId, &Assembled<'_>)) -> TraceComparison {
    let (contributions, other_contributions) = contributions::contributions(left.1, right.1);
    let mut merged = Merged::default();
    merged.add(left.1, Side::Left);
    merged.add(right.1, Side::Right);
    TraceComparison {
        left: head(left.0, left.1),
        right: head(right.0, right.1),
        difference_ns: left.1.root_duration_ns() - right.1.root_duration_ns(),
        contributions,
        other_contributions,
        node_count: merged.nodes.len(),
        only_left_count: merged.nodes.iter().filter(|node| node.right.span_count == 0).count(),
        only_right_count: merged.nodes.iter().filter(|node| node.left.span_count == 0).count(),
        nodes: shown::shown(&merged),
    }
}

fn head(id: TraceId, trace: &Assembled<'_>) -> TraceHead {
    let Assembled { spans, tree, root, .. } = trace;
    let services: HashSet<Option<&str>> = spans.iter().map(|span| span.service).collect();
    TraceHead {
        trace_id: id.to_string(),
        root: (&spans[root.span]).into(),
        root_reason: root.reason.into(),
        start_time_unix_nano: spans[root.span].time.start_ns.to_string(),
        duration_ns: trace.root_duration_ns(),
        span_count: spans.len(),
        error_count: spans.iter().filter(|span| span.is_error).count(),
        service_count: services.len(),
        depth: depth(tree, spans.len()),
    }
}

#[cfg(test)]
mod tests;

//! The trees of a trace, and the spans at their tops.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::answer::{Orphan, Orphans, TreeTop};
use crate::trace::assembled::Assembled;
use crate::trace::parents::Reason;
use crate::trace::tree::{Top, Tree};

const TOPS_MAX: usize = 100;
const ORPHANS_MAX: usize = 100;

/// The tops, at most [`TOPS_MAX`]: the trace's root, then the largest tree first; among equals the first.
pub(super) fn tops(trace: &Assembled<'_>, trace_start_ns: i64) -> Vec<TreeTop> {
    let counted = trace.tree.tops.iter().map(|top| (*top, trace.tree.with_all_below(top.span).len()));
    let mut counted: Vec<(Top, usize)> = counted.collect();
    counted.sort_by_key(|(top, span_count)| (*top != trace.root, Reverse(*span_count)));
    counted.truncate(TOPS_MAX);
    counted.into_iter().map(|(top, _)| self::top(trace, top, trace_start_ns)).collect()
}

pub(super) fn top(trace: &Assembled<'_>, top: Top, trace_start_ns: i64) -> TreeTop {
    let span = &trace.spans[top.span];
    TreeTop {
        span: span.into(),
        reason: top.reason.into(),
        start_offset_ns: span.time.start_ns.saturating_sub(trace_start_ns),
        duration_ns: span.time.length_ns(),
        span_count: trace.tree.with_all_below(top.span).len(),
    }
}

pub(super) fn orphans(trace: &Assembled<'_>, trace_start_ns: i64) -> Orphans {
    let orphans = || trace.tree.tops.iter().filter(|top| top.reason == Reason::ParentMissing);
    let missing_parents: HashSet<_> = orphans().filter_map(|top| trace.spans[top.span].parent).collect();
    Orphans {
        count: orphans().count(),
        missing_parent_count: missing_parents.len(),
        spans: orphans().filter_map(|top| orphan(trace, *top, trace_start_ns)).take(ORPHANS_MAX).collect(),
    }
}

fn orphan(trace: &Assembled<'_>, top: Top, trace_start_ns: i64) -> Option<Orphan> {
    let missing_parent_id = trace.spans[top.span].parent?;
    let TreeTop { span, start_offset_ns, duration_ns, span_count, .. } = self::top(trace, top, trace_start_ns);
    Some(Orphan { span, missing_parent_id, start_offset_ns, duration_ns, span_count })
}

/// Levels of the deepest tree.
pub(in crate::trace) fn depth(tree: &Tree, span_count: usize) -> usize {
    let mut levels = vec![1; span_count];
    for top in &tree.tops {
        for parent in tree.with_all_below(top.span) {
            tree.children(parent).iter().for_each(|child| levels[*child] = levels[parent] + 1);
        }
    }
    levels.into_iter().max().unwrap_or(0)
}

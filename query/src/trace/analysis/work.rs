//! How long spans worked themselves.
//!
//! A span's self time is its time less that in which any of its children ran. Children at the same time count once, and
//! only as far as they lie within the span: so where nothing runs at the same time, the self times of a trace add up to
//! its root's duration. Whether the span waited for its children is asked by the critical path only.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;
use std::ops::AddAssign;

use super::answer::{OperationWork, ServiceWork, Work};
use crate::trace::assembled::Assembled;
use crate::trace::item::Operation;
use crate::trace::span::{Interval, Span, covered_ns};

const SERVICES_MAX: usize = 1000;
const OPERATIONS_MAX: usize = 1000;

/// Durations are what senders say, so their sums may be more than can be said.
impl AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.span_count += other.span_count;
        self.error_count += other.error_count;
        self.total_ns = self.total_ns.saturating_add(other.total_ns);
        self.self_ns = self.self_ns.saturating_add(other.self_ns);
        self.critical_ns = self.critical_ns.saturating_add(other.critical_ns);
    }
}

/// What each span worked, in the order of the spans.
pub(in crate::trace) fn works(trace: &Assembled<'_>) -> Vec<Work> {
    let work = |(number, span): (usize, &Span<'_>)| Work {
        span_count: 1,
        error_count: usize::from(span.is_error),
        total_ns: span.time.length_ns(),
        self_ns: self_ns(trace, number),
        critical_ns: 0,
    };
    let mut works: Vec<Work> = trace.spans.iter().enumerate().map(work).collect();
    for segment in &trace.segments {
        works[segment.span].critical_ns += segment.time.length_ns();
    }
    works
}

fn self_ns(trace: &Assembled<'_>, span: usize) -> i64 {
    let whole = trace.places[span].whole;
    let children = trace.tree.children(span).iter();
    let inside: Vec<Interval> = children.filter_map(|child| trace.places[*child].whole.cut(whole)).collect();
    whole.length_ns() - covered_ns(inside)
}

/// The services with the most self time, and how many there are.
pub(super) fn by_service(trace: &Assembled<'_>) -> (Vec<ServiceWork>, usize) {
    let (sums, count) = sums(trace, |span| span.service, SERVICES_MAX);
    let item = |(service, work): (Option<&str>, Work)| ServiceWork { service: service.map(str::to_owned), work };
    (sums.into_iter().map(item).collect(), count)
}

/// The operations with the most self time, and how many there are.
pub(super) fn by_operation(trace: &Assembled<'_>) -> (Vec<OperationWork>, usize) {
    let (sums, count) = sums(trace, |span| Operation::from(span), OPERATIONS_MAX);
    let item = |(operation, work): (Operation<'_>, Work)| OperationWork { operation: operation.into(), work };
    (sums.into_iter().map(item).collect(), count)
}

/// The work of the spans of each key, the most self time first and at most `max`; and the number of keys.
fn sums<'a, K: Eq + Hash + Ord + Copy>(
    trace: &Assembled<'a>,
    key: impl Fn(&Span<'a>) -> K,
    max: usize,
) -> (Vec<(K, Work)>, usize) {
    let mut sums: HashMap<K, Work> = HashMap::new();
    for (span, work) in trace.spans.iter().zip(works(trace)) {
        *sums.entry(key(span)).or_default() += work;
    }
    let count = sums.len();
    let mut sums: Vec<(K, Work)> = sums.into_iter().collect();
    sums.sort_unstable_by_key(|(key, work)| (Reverse(work.self_ns), Reverse(work.total_ns), *key));
    sums.truncate(max);
    (sums, count)
}

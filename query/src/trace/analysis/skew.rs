//! Which services' clocks contradict each other. What counts as a contradiction is decided where spans are placed
//! ([`crate::trace::place`]); here every span is compared with its parent as the two were sent.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::answer::{ClockSkew, SkewDirection};
use crate::trace::assembled::Assembled;
use crate::trace::place::{is_of_another_process, shift_ns};

const PAIRS_MAX: usize = 100;

/// The calls of one service to another.
#[derive(Default)]
struct Calls {
    count: usize,
    /// Of those that contradict each other: how far the target's clock is ahead.
    shifts_ns: Vec<i64>,
}

pub(super) fn clock_skew(trace: &Assembled<'_>) -> Vec<ClockSkew> {
    let mut pairs: BTreeMap<(Option<&str>, Option<&str>), Calls> = BTreeMap::new();
    for (number, parent) in trace.spans.iter().enumerate() {
        let children = trace.tree.children(number).iter().map(|child| &trace.spans[*child]);
        for child in children.filter(|child| is_of_another_process(child, parent)) {
            let calls = pairs.entry((parent.service, child.service)).or_default();
            calls.count += 1;
            calls.shifts_ns.extend(shift_ns(child, parent));
        }
    }
    let skew = |((source, target), calls): ((Option<&str>, Option<&str>), Calls)| {
        let median_shift_ns = median(calls.shifts_ns.clone())?;
        let direction = if median_shift_ns > 0 { SkewDirection::TargetAhead } else { SkewDirection::TargetBehind };
        Some(ClockSkew {
            source: source.map(str::to_owned),
            target: target.map(str::to_owned),
            call_count: calls.count,
            skewed_count: calls.shifts_ns.len(),
            median_shift_ns,
            direction,
        })
    };
    let mut found: Vec<ClockSkew> = pairs.into_iter().filter_map(skew).collect();
    // A stable sort: among equals the order is that of the names.
    found.sort_by_key(|skew| Reverse(skew.skewed_count));
    found.truncate(PAIRS_MAX);
    found
}

/// The one in the middle, of an even number the lesser of the two.
fn median(mut numbers: Vec<i64>) -> Option<i64> {
    let middle = numbers.len().checked_sub(1)? / 2;
    Some(*numbers.select_nth_unstable(middle).1)
}

//! Where the difference of two durations comes from.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::answer::{Contribution, OtherContributions};
use crate::trace::assembled::Assembled;
use crate::trace::item::Operation;

const CONTRIBUTIONS_MAX: usize = 100;

/// Time on the critical path.
#[derive(Clone, Copy, Default)]
struct Times {
    left_ns: i64,
    right_ns: i64,
}

impl Times {
    /// Neither is less than 0, so it can always be said.
    fn difference_ns(self) -> i64 {
        self.left_ns - self.right_ns
    }
}

/// The operations on either path, those that add most to the difference first; and what is beyond the bound, added up.
pub(super) fn contributions(left: &Assembled<'_>, right: &Assembled<'_>) -> (Vec<Contribution>, OtherContributions) {
    let mut times: HashMap<Operation<'_>, Times> = HashMap::new();
    for segment in &left.segments {
        times.entry((&left.spans[segment.span]).into()).or_default().left_ns += segment.time.length_ns();
    }
    for segment in &right.segments {
        times.entry((&right.spans[segment.span]).into()).or_default().right_ns += segment.time.length_ns();
    }
    let mut times: Vec<(Operation<'_>, Times)> = times.into_iter().collect();
    times.sort_unstable_by_key(|(operation, times)| {
        (Reverse(times.difference_ns().unsigned_abs()), Reverse(times.left_ns), *operation)
    });
    let others = times.split_off(CONTRIBUTIONS_MAX.min(times.len()));
    let contribution = |(operation, times): (Operation<'_>, Times)| Contribution {
        operation: operation.into(),
        left_critical_ns: times.left_ns,
        right_critical_ns: times.right_ns,
        difference_ns: times.difference_ns(),
    };
    (times.into_iter().map(contribution).collect(), added_up(others.into_iter().map(|(_, times)| times)))
}

/// The times of one side are parts of one duration, so no sum is more than it.
fn added_up(times: impl Iterator<Item = Times>) -> OtherContributions {
    times.fold(OtherContributions::default(), |sum, times| OtherContributions {
        operation_count: sum.operation_count + 1,
        left_critical_ns: sum.left_critical_ns + times.left_ns,
        right_critical_ns: sum.right_critical_ns + times.right_ns,
        difference_ns: sum.difference_ns + times.difference_ns(),
    })
}

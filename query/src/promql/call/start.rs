//! What start times say about counters: a sample may tell when what it counts began to be counted.
//!
//! A counter whose start is after the sample before has been reset between the two, even when its value has not fallen.
//! In a series of differences every sample starts where the one before it stands.

use crate::promql::sample::Slice;

/// The time of a sample and its start; 0 where that is unknown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub at_ms: i64,
    pub start_ms: i64,
}

impl Times {
    pub(super) fn of<T>(samples: &Slice<'_, T>, at: usize) -> Self {
        Self { at_ms: samples.times_ms[at], start_ms: samples.start_ms(at) }
    }

    /// Whether the start says that counting began anew after `earlier`.
    pub(super) fn restarted_since(self, earlier: Self) -> bool {
        // A start at the sample itself says that it is not known.
        if self.start_ms == 0 || self.start_ms >= self.at_ms || self.start_ms < earlier.at_ms {
            return false;
        }
        if self.start_ms > earlier.at_ms {
            return true;
        }
        // A difference to the sample before; but if that one does not know its start, a counter that does not know it
        // either.
        earlier.start_ms != 0 && earlier.start_ms < earlier.at_ms
    }

    /// Whether the two starts contradict each other: another start, but before the earlier sample.
    pub(super) fn overlaps(self, earlier: Self) -> bool {
        self.start_ms != 0 && self.start_ms < earlier.at_ms && self.start_ms != earlier.start_ms
    }
}

/// Whether the starts of any two neighbours contradict each other.
pub(super) fn any_overlap<T>(samples: &Slice<'_, T>) -> bool {
    let known = samples.starts_ms.len().min(samples.len());
    (1..known).any(|at| Times::of(samples, at).overlaps(Times::of(samples, at - 1)))
}

/// Whether the start of sample `at` says that counting began anew since the sample before.
#[inline]
pub(super) fn restarted<T>(samples: &Slice<'_, T>, at: usize) -> bool {
    !samples.starts_ms.is_empty() && Times::of(samples, at).restarted_since(Times::of(samples, at - 1))
}

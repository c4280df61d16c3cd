//! Where the time of a request went.
//!
//! Sums and not histograms: the question is how a mean divides, and the percentiles of parts do not add up to those of the
//! whole. Each segment has a count of its own, because not every request is seen from everywhere.

use super::{Segment, Weight};

const SEGMENTS: usize = Segment::ALL.len();

/// Time in one segment, and the requests in which it was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SplitPart {
    pub requests: Weight,
    pub sum_ns: i64,
}

/// The latency of a row's requests by segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Split([SplitPart; SEGMENTS]);

impl Split {
    /// Adds the time of one request in one segment. Clocks of two hosts differ, so time may seem to run back: that is 0.
    pub fn record(&mut self, segment: Segment, time_ns: i64, weight: Weight) {
        self.add(segment, SplitPart { requests: weight, sum_ns: weight.times(time_ns) });
    }

    pub fn add(&mut self, segment: Segment, part: SplitPart) {
        let known = &mut self.0[segment as usize];
        known.requests += part.requests;
        known.sum_ns = known.sum_ns.saturating_add(part.sum_ns);
    }

    /// Takes the time of one request out again. Returns `false` if that cannot be done, because a sum has saturated.
    #[must_use]
    pub fn take_back(&mut self, segment: Segment, time_ns: i64, weight: Weight) -> bool {
        let known = &mut self.0[segment as usize];
        let Some(requests) = known.requests.without(weight).filter(|_| known.sum_ns != i64::MAX) else { return false };
        *known = SplitPart { requests, sum_ns: known.sum_ns - weight.times(time_ns) };
        true
    }

    pub fn merge(&mut self, other: &Self) {
        Segment::ALL.iter().for_each(|segment| self.add(*segment, other.0[*segment as usize]));
    }

    /// What is known of a segment; `None` if it was measured in no request.
    pub fn part(&self, segment: Segment) -> Option<SplitPart> {
        Some(self.0[segment as usize]).filter(|part| !part.requests.is_zero())
    }
}

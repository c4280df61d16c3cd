//! Counters that started anew.

use std::borrow::Cow;

use super::arithmetic::{Parts, common_bounds, into_bounds, same_bounds};
use super::{BucketSpan, Histogram, ResetHint, layout};
use crate::promql::sample::is_stale;

impl Histogram {
    /// Whether a counter started anew after `previous`: some count is less than it was, or the buckets are finer than they
    /// were, so that it cannot be told.
    pub fn detect_reset(&self, previous: &Self) -> bool {
        match self.hint {
            ResetHint::Reset => true,
            ResetHint::NotReset => false,
            // Whoever treats a gauge as a counter gets what a counter would give.
            ResetHint::Unknown | ResetHint::Gauge => self.falls_below(previous),
        }
    }

    /// What [`Self::detect_reset`] says when hints tell nothing.
    fn falls_below(&self, previous: &Self) -> bool {
        if self.count < previous.count || self.is_custom() != previous.is_custom() || self.schema > previous.schema {
            return true;
        }
        match self.is_custom() {
            true if same_bounds(&self.custom_bounds, &previous.custom_bounds) => self.has_less_than(previous),
            true => self.has_less_in_common_bounds(previous),
            false => self.has_less_in_coarser_buckets(previous),
        }
    }

    /// Whether some bucket has less than the same bucket of `previous`.
    fn has_less_than(&self, previous: &Self) -> bool {
        let less = |spans: &[BucketSpan], counts: &[f64], old_spans: &[BucketSpan], old: &[f64]| {
            if spans == old_spans && counts.len() == old.len() {
                return counts.iter().zip(old).any(|(count, old)| count < old);
            }
            let mut counts = layout::indexed(spans, counts).peekable();
            layout::indexed(old_spans, old).any(|(index, old)| {
                while counts.next_if(|(at, _)| *at < index).is_some() {}
                counts.next_if(|(at, _)| *at == index).map_or(0.0, |(_, count)| count) < old
            })
        };
        self.zero_count < previous.zero_count
            || less(&self.positive_spans, &self.positive, &previous.positive_spans, &previous.positive)
            || less(&self.negative_spans, &self.negative, &previous.negative_spans, &previous.negative)
    }

    fn has_less_in_common_bounds(&self, previous: &Self) -> bool {
        let common = common_bounds(&self.custom_bounds, &previous.custom_bounds);
        let in_common = |histogram: &Self| {
            let mut histogram = histogram.clone();
            let to = into_bounds(&histogram.custom_bounds, &common);
            layout::map(&mut histogram.positive_spans, &mut histogram.positive, to);
            histogram
        };
        in_common(self).has_less_than(&in_common(previous))
    }

    fn has_less_in_coarser_buckets(&self, previous: &Self) -> bool {
        if self.zero_threshold < previous.zero_threshold {
            return true;
        }
        let mut earlier = Cow::Borrowed(previous);
        if self.zero_threshold > previous.zero_threshold {
            let mut parts = Parts::from(previous.clone());
            parts.widen_zero(self.zero_threshold);
            if parts.zero_threshold != self.zero_threshold {
                // It lies within a bucket of which it is unknown how much the zero bucket should have.
                return true;
            }
            earlier = Cow::Owned(parts.into());
        }
        if self.schema < previous.schema {
            earlier = Cow::Owned(earlier.into_owned().reduce_schema(self.schema));
        }
        self.has_less_than(&earlier)
    }
}

/// What a store of chunks knows of a histogram that it reads back, given the one before it in the series: it says of a
/// counter only that it went on, and nothing where a chunk starts, which it does at a reset and where buckets are others.
pub fn stored_hint(histogram: &Histogram, previous: Option<&Histogram>) -> ResetHint {
    if histogram.hint == ResetHint::Gauge {
        return ResetHint::Gauge;
    }
    match previous {
        Some(previous) if histogram.hint != ResetHint::Reset && goes_on(histogram, previous) => ResetHint::NotReset,
        _ => ResetHint::Unknown,
    }
}

/// Whether a histogram is a later state of a counter in the same buckets.
fn goes_on(histogram: &Histogram, previous: &Histogram) -> bool {
    let shape = |of: &Histogram| (of.schema, of.zero_threshold);
    previous.hint != ResetHint::Gauge
        && !is_stale(previous.sum)
        && shape(histogram) == shape(previous)
        && same_bounds(&histogram.custom_bounds, &previous.custom_bounds)
        && !histogram.falls_below(previous)
}

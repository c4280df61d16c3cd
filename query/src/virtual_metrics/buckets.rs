//! Our histograms of latencies as Prometheus has them: classic buckets and native ones.
//!
//! A classic bucket is interpolated log-linearly inside of one of ours ([`Latency::at_most`]); `+Inf` is exact. It is
//! interpolated in each window by itself and then added up: the share of a bucket that lies below a bound depends on
//! the longest call, so that of a growing histogram it could fall, and a counter must not.
//!
//! A native histogram has our buckets one for one. Ours are numbered by their lower bound, those of Prometheus by their
//! upper one, and in seconds an index is less by 478 ([`SECONDS_SHIFT`]), by which bounds are off by 1.6 %.

use spanloom_store::histogram::{SCALE, SECONDS_SHIFT};
use spanloom_store::ledger::Histogram as Latency;

use crate::promql::histogram::{BucketSpan, Histogram};

pub(crate) const NS_PER_S: f64 = 1e9;
/// From the number of one of our buckets to that of Prometheus.
const INDEX_SHIFT: i32 = SECONDS_SHIFT + 1;

/// Bounds of classic buckets, each twice the one before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Grid {
    first_s: f64,
    count: i32,
}

impl Grid {
    pub const SERVICE_GRAPH: Self = Self { first_s: 0.1, count: 8 };
    pub const SPAN_METRICS: Self = Self { first_s: 0.002, count: 14 };

    /// The upper bounds in seconds, ascending, with infinity.
    pub fn bounds_s(self) -> impl Iterator<Item = f64> {
        // Doubling is exact, so that bounds read as they are written.
        (0..self.count).map(move |at| self.first_s * f64::from(at).exp2()).chain([f64::INFINITY])
    }
}

/// A bound as the label `le` has it.
pub(crate) fn le_text(bound_s: f64) -> String {
    if bound_s.is_infinite() { "+Inf".to_owned() } else { bound_s.to_string() }
}

/// The calls that took at most so long; all of them for infinity.
pub(crate) fn at_most(latency: &Latency, bound_s: f64) -> f64 {
    if bound_s.is_infinite() { latency.count().as_f64() } else { latency.at_most(bound_s * NS_PER_S) }
}

/// All of a histogram in seconds.
pub(crate) fn native(latency: &Latency) -> Histogram {
    let (mut spans, mut counts): (Vec<BucketSpan>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut next = 0;
    for (index, weight) in latency.buckets() {
        let index = index + INDEX_SHIFT;
        match spans.last_mut() {
            Some(span) if index == next => span.length += 1,
            _ => spans.push(BucketSpan { offset: index - next, length: 1 }),
        }
        counts.push(weight.as_f64());
        next = index + 1;
    }
    Histogram {
        schema: SCALE.cast_signed(),
        zero_count: latency.zero().as_f64(),
        count: latency.count().as_f64(),
        sum: latency.sum_ns() as f64 / NS_PER_S,
        positive_spans: spans,
        positive: counts,
        ..Histogram::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use spanloom_store::ledger::Weight;

    use super::*;

    fn latency(durations_ns: &[i64]) -> Latency {
        let mut latency = Latency::default();
        durations_ns.iter().for_each(|duration_ns| latency.record(*duration_ns, Weight::ONE));
        latency
    }

    #[test]
    fn bounds_read_as_the_generator_writes_them() {
        let texts = |grid: Grid| grid.bounds_s().map(le_text).collect::<Vec<_>>().join(" ");
        assert_eq!(texts(Grid::SERVICE_GRAPH), "0.1 0.2 0.4 0.8 1.6 3.2 6.4 12.8 +Inf");
        let expected = "0.002 0.004 0.008 0.016 0.032 0.064 0.128 0.256 0.512 1.024 2.048 4.096 8.192 16.384 +Inf";
        assert_eq!(texts(Grid::SPAN_METRICS), expected);
    }

    #[test]
    fn spans_stand_where_the_buckets_are() {
        let found = native(&latency(&[1 << 30, 1 << 30, (1 << 30) + 1, 1 << 31, 0]));
        // 2^30 ns is the upper bound of our bucket 479, and Prometheus' bucket 2 ends at 2^(2/16) s.
        let spans = [BucketSpan { offset: 2, length: 2 }, BucketSpan { offset: 14, length: 1 }];
        assert_eq!((found.positive_spans.as_slice(), found.positive.as_slice()), (&spans[..], &[2.0, 1.0, 1.0][..]));
        assert_eq!((found.schema, found.zero_count, found.count), (4, 1.0, 5.0));
        assert_eq!(native(&Latency::default()).count, 0.0);
    }

    proptest! {
        /// A value lies in its bucket but for the 1.6 % that seconds are off.
        #[test]
        fn a_duration_lies_in_its_native_bucket(duration_ns in 1..i64::MAX / 2) {
            let found = native(&latency(&[duration_ns]));
            let upper_s = (f64::from(found.positive_spans[0].offset) / 16.0).exp2();
            let seconds = duration_ns as f64 / NS_PER_S;
            prop_assert!(seconds <= upper_s * 1.001, "{seconds} above {upper_s}");
            prop_assert!(seconds > upper_s / 1.064, "{seconds} below {upper_s}");
        }

        #[test]
        fn buckets_ascend_to_the_exact_total(durations_ns in prop::collection::vec(0..40_000_000_000_i64, 0..50)) {
            let latency = latency(&durations_ns);
            for grid in [Grid::SERVICE_GRAPH, Grid::SPAN_METRICS] {
                let counts: Vec<f64> = grid.bounds_s().map(|bound_s| at_most(&latency, bound_s)).collect();
                prop_assert!(counts.is_sorted(), "{counts:?}");
                prop_assert_eq!(counts.last().copied(), Some(durations_ns.len() as f64));
            }
        }
    }
}

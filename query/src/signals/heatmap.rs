//! Latencies as a picture: how many calls took how long, step by step.

use std::collections::BTreeMap;

use serde::Serialize;
use spanloom_store::histogram::{SCALE, bound_ns};
use spanloom_store::ledger::{Histogram, Weight};
use utoipa::ToSchema;

/// Two buckets per power of two: as fine as a picture can show.
const HEAT_SCALE: u32 = 1;
const NS_PER_MS: f64 = 1e6;

/// Calls by how long they took.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Heatmap {
    /// Upper bounds of the buckets, inclusive; each begins where the one before ends, the first one at 0.
    pub bounds_ms: Vec<f64>,
    /// Of each step, the calls in each bucket.
    pub counts: Vec<Vec<f64>>,
}

impl Heatmap {
    pub fn new<'h>(steps: impl Iterator<Item = &'h Histogram>) -> Self {
        let steps: Vec<BTreeMap<i32, Weight>> = steps.map(buckets).collect();
        let first = steps.iter().filter_map(|step| step.keys().next()).min().copied();
        let last = steps.iter().filter_map(|step| step.keys().next_back()).max().copied();
        let Some((first, last)) = first.zip(last) else {
            return Self { bounds_ms: Vec::new(), counts: vec![Vec::new(); steps.len()] };
        };
        let row = |step: &BTreeMap<i32, Weight>| {
            (first..=last).map(|bucket| step.get(&bucket).copied().unwrap_or_default().as_f64()).collect()
        };
        Self { bounds_ms: (first..=last).map(bound_ms).collect(), counts: steps.iter().map(row).collect() }
    }
}

/// What took no time is in the bucket below one nanosecond.
fn buckets(latency: &Histogram) -> BTreeMap<i32, Weight> {
    let mut buckets = latency.downscaled(HEAT_SCALE);
    if !latency.zero().is_zero() {
        *buckets.entry(-1).or_default() += latency.zero();
    }
    buckets
}

fn bound_ms(bucket: i32) -> f64 {
    let per_bucket = 1 << (SCALE - HEAT_SCALE);
    bound_ns(f64::from((bucket + 1) * per_bucket)) / NS_PER_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(durations_ns: &[i64]) -> Histogram {
        let mut histogram = Histogram::default();
        durations_ns.iter().for_each(|ns| histogram.record(*ns, Weight::ONE));
        histogram
    }

    #[test]
    fn every_call_is_in_the_bucket_below_its_bound() {
        let steps = [of(&[1 << 20, 1 << 20, (1 << 20) + 1]), of(&[]), of(&[1 << 22])];
        let heatmap = Heatmap::new(steps.iter());
        let bounds: Vec<f64> = heatmap.bounds_ms.iter().map(|bound| bound * NS_PER_MS).collect();
        let root = 2_f64.sqrt();
        let expected = [1.0, root, 2.0, 2.0 * root, 4.0].map(|n| n * f64::from(1 << 20));
        assert!(bounds.iter().zip(expected).all(|(a, b)| (a / b - 1.0).abs() < 1e-12), "{bounds:?}");
        assert_eq!(heatmap.counts, [[2.0, 1.0, 0.0, 0.0, 0.0], [0.0; 5], [0.0, 0.0, 0.0, 0.0, 1.0]]);
    }

    #[test]
    fn calls_without_time_and_steps_without_calls_are_there() {
        assert_eq!(Heatmap::new([of(&[]), of(&[])].iter()).counts, [[0.0; 0], [0.0; 0]]);
        let none = Heatmap::new([of(&[0, 0])].iter());
        assert_eq!((none.bounds_ms, none.counts), (vec![1e-6], vec![vec![2.0]]));
    }
}

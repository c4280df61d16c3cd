//! Intervals, added up: what Envoy sends of a histogram since the flush before, as counts since the stream began.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use spanloom_store::series::SeriesId;

#[cfg(test)]
use crate::exposition::protobuf::message::Bucket;
use crate::exposition::protobuf::message::{Histogram, Kind, Summary};

/// What a total holds besides its buckets, counted in buckets.
const TOTAL_OVERHEAD_BUCKETS: usize = 4;

/// The totals of a stream. Grows to a bound and no further: a histogram that would exceed it is refused.
#[derive(Debug)]
pub struct Totals {
    totals: HashMap<(Kind, SeriesId), Total>,
    buckets: usize,
    buckets_max: usize,
}

#[derive(Debug, Default)]
struct Total {
    count: u64,
    sum: f64,
    /// Upper bounds, and counts up to each.
    buckets: Vec<(f64, u64)>,
}

/// One histogram too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Totals {
    /// Totals of at most so many buckets, all histograms together. A bucket is 16 bytes, a histogram without any about
    /// 100.
    pub fn new(buckets_max: usize) -> Self {
        Self { totals: HashMap::new(), buckets: 0, buckets_max }
    }

    /// Adds an interval to its total, and makes it say the total.
    pub fn histogram(&mut self, id: SeriesId, interval: &mut Histogram) -> Result<(), Full> {
        let bounds = || interval.bucket.iter().map(|bucket| bucket.upper_bound.unwrap_or(0.0));
        let total = self.total(Kind::Histogram, id, interval.bucket.len())?;
        if !total.buckets.iter().map(|(bound, _)| *bound).eq(bounds()) {
            // A proxy that was configured anew begins anew.
            *total = Total { buckets: bounds().map(|bound| (bound, 0)).collect(), ..Total::default() };
        }
        for (bucket, (_, count)) in interval.bucket.iter_mut().zip(&mut total.buckets) {
            add(count, &mut bucket.cumulative_count);
        }
        add_all(total, &mut interval.sample_count, &mut interval.sample_sum);
        Ok(())
    }

    /// Adds an interval's count and sum to their totals, and makes it say these. Its quantiles stay.
    pub fn summary(&mut self, id: SeriesId, interval: &mut Summary) -> Result<(), Full> {
        let total = self.total(Kind::Summary, id, 0)?;
        add_all(total, &mut interval.sample_count, &mut interval.sample_sum);
        Ok(())
    }

    /// The total of a series, with room for so many buckets.
    fn total(&mut self, kind: Kind, id: SeriesId, buckets: usize) -> Result<&mut Total, Full> {
        match self.totals.entry((kind, id)) {
            Entry::Occupied(held) => {
                let held = held.into_mut();
                let after = self.buckets - held.buckets.len() + buckets;
                if buckets > held.buckets.len() && after > self.buckets_max {
                    return Err(Full);
                }
                self.buckets = after;
                Ok(held)
            }
            Entry::Vacant(free) => {
                let after = self.buckets + buckets + TOTAL_OVERHEAD_BUCKETS;
                if after > self.buckets_max {
                    return Err(Full);
                }
                self.buckets = after;
                Ok(free.insert(Total::default()))
            }
        }
    }
}

fn add(total: &mut u64, interval: &mut Option<u64>) {
    *total = total.saturating_add(interval.unwrap_or(0));
    *interval = Some(*total);
}

fn add_all(total: &mut Total, count: &mut Option<u64>, sum: &mut Option<f64>) {
    add(&mut total.count, count);
    // One NaN must not spoil the sum for good.
    total.sum += sum.filter(|sum| sum.is_finite()).unwrap_or(0.0);
    *sum = Some(total.sum);
}

/// A bucket, as tests write it.
#[cfg(test)]
pub fn bucket(upper_bound: f64, cumulative_count: u64) -> Bucket {
    Bucket { upper_bound: Some(upper_bound), cumulative_count: Some(cumulative_count), ..Bucket::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: SeriesId = SeriesId { metric: 1, labels: 2 };

    fn interval(count: u64, sum: f64, buckets: &[(f64, u64)]) -> Histogram {
        let bucket = buckets.iter().map(|(bound, count)| bucket(*bound, *count)).collect();
        Histogram { sample_count: Some(count), sample_sum: Some(sum), bucket, ..Histogram::default() }
    }

    fn check(totals: &mut Totals, mut sent: Histogram, expected: Histogram) {
        assert_eq!(totals.histogram(ID, &mut sent), Ok(()));
        assert_eq!(sent, expected);
    }

    #[test]
    fn intervals_add_up() {
        let mut totals = Totals::new(100);
        check(&mut totals, interval(3, 1.5, &[(1.0, 2), (2.0, 3)]), interval(3, 1.5, &[(1.0, 2), (2.0, 3)]));
        check(&mut totals, interval(0, 0.0, &[(1.0, 0), (2.0, 0)]), interval(3, 1.5, &[(1.0, 2), (2.0, 3)]));
        check(&mut totals, interval(2, f64::NAN, &[(1.0, 0), (2.0, 2)]), interval(5, 1.5, &[(1.0, 2), (2.0, 5)]));
    }

    #[test]
    fn other_bounds_begin_anew() {
        let mut totals = Totals::new(100);
        check(&mut totals, interval(3, 1.0, &[(1.0, 2)]), interval(3, 1.0, &[(1.0, 2)]));
        check(&mut totals, interval(1, 1.0, &[(5.0, 1)]), interval(1, 1.0, &[(5.0, 1)]));
    }

    #[test]
    fn summaries_keep_their_quantiles() {
        let mut totals = Totals::new(100);
        for expected in [2, 4] {
            let mut sent = Summary { sample_count: Some(2), sample_sum: Some(1.0), ..Summary::default() };
            assert_eq!(totals.summary(ID, &mut sent), Ok(()));
            assert_eq!(sent.sample_count, Some(expected));
        }
    }

    #[test]
    fn totals_are_bounded() {
        let mut totals = Totals::new(10);
        let other = SeriesId { labels: 3, ..ID };
        assert_eq!(totals.histogram(ID, &mut interval(1, 1.0, &[(1.0, 1), (2.0, 1)])), Ok(()));
        assert_eq!(totals.histogram(other, &mut interval(1, 1.0, &[(1.0, 1)])), Err(Full));
        assert_eq!(totals.histogram(ID, &mut interval(1, 1.0, &[(1.0, 1); 7])), Err(Full));
        assert_eq!(totals.summary(other, &mut Summary::default()), Ok(()));
    }
}

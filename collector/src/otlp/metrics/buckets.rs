//! Histograms as they are added up and written: with listed bounds, and exponential ones.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets as ProtoBuckets;
use opentelemetry_proto::tonic::metrics::v1::{ExponentialHistogramDataPoint, HistogramDataPoint};
use spanloom_store::series::{BucketSpan, NativeHistogram};

use super::BUCKETS_MAX;
use super::point::BadPoint;

const SCALE_MAX: i32 = 8;
const SCALE_MIN: i32 = -4;
/// The breadth of a zero bucket that names none.
/// Source: "Prometheus and OpenMetrics Compatibility", "Exponential Histograms".
const ZERO_THRESHOLD: f64 = 1e-128;

/// A histogram with listed bounds: one count more than bounds, each of its bucket alone; or neither bounds nor counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Classic {
    pub bounds: Vec<f64>,
    pub counts: Vec<u64>,
    pub count: u64,
    pub sum: Option<f64>,
}

impl Classic {
    /// # Errors
    /// What contradicts itself or has too many buckets.
    pub fn of(point: &HistogramDataPoint) -> Result<Self, BadPoint> {
        let (bounds, counts) = (&point.explicit_bounds, &point.bucket_counts);
        let has_none = bounds.is_empty() && counts.is_empty();
        if !has_none && counts.len() != bounds.len() + 1 {
            return Err(BadPoint::Buckets { bounds: bounds.len(), counts: counts.len() });
        }
        if counts.len() > BUCKETS_MAX {
            return Err(BadPoint::TooManyBuckets(counts.len()));
        }
        if !bounds.iter().all(|bound| bound.is_finite()) || !bounds.is_sorted_by(|one, next| one < next) {
            return Err(BadPoint::Bounds);
        }
        let buckets = total(counts);
        if !has_none && buckets != u128::from(point.count) {
            return Err(BadPoint::Count { count: point.count, buckets });
        }
        Ok(Self { bounds: bounds.clone(), counts: counts.clone(), count: point.count, sum: point.sum })
    }

    /// Adds another; `false` when its bounds are others, or the counts leave 64 bits.
    pub fn add(&mut self, delta: &Self) -> bool {
        let Some(count) = self.count.checked_add(delta.count) else { return false };
        if self.bounds != delta.bounds || self.counts.len() != delta.counts.len() {
            return false;
        }
        self.count = count;
        for (total, more) in self.counts.iter_mut().zip(&delta.counts) {
            *total += more;
        }
        self.sum = self.sum.zip(delta.sum).map(|(sum, more)| sum + more);
        true
    }
}

fn total(counts: &[u64]) -> u128 {
    counts.iter().map(|count| u128::from(*count)).sum()
}

/// Counts by index, none of them 0. Bucket i holds what is above base^i and not above base^(i+1).
type Buckets = BTreeMap<i32, u64>;

/// An exponential histogram of a scale that native histograms have.
#[derive(Debug, Clone, PartialEq)]
pub struct Exponential {
    scale: i32,
    zero_threshold: f64,
    zero_count: u64,
    count: u64,
    sum: Option<f64>,
    positive: Buckets,
    negative: Buckets,
}

impl Exponential {
    /// The histogram of a point, downscaled where its scale is finer than native histograms have.
    ///
    /// # Errors
    /// What contradicts itself, has too many buckets, or a scale that is too coarse.
    pub fn of(point: &ExponentialHistogramDataPoint) -> Result<Self, BadPoint> {
        if point.scale < SCALE_MIN {
            return Err(BadPoint::Scale(point.scale));
        }
        let threshold = point.zero_threshold;
        if !(threshold >= 0.0 && threshold.is_finite()) {
            return Err(BadPoint::ZeroThreshold(threshold));
        }
        let histogram = Self {
            scale: point.scale.min(SCALE_MAX),
            zero_threshold: if threshold == 0.0 { ZERO_THRESHOLD } else { threshold },
            zero_count: point.zero_count,
            count: point.count,
            sum: point.sum,
            positive: buckets(point.positive.as_ref(), point.scale)?,
            negative: buckets(point.negative.as_ref(), point.scale)?,
        };
        let observations = |side: &Buckets| side.values().map(|count| u128::from(*count)).sum::<u128>();
        let buckets =
            u128::from(point.zero_count) + observations(&histogram.positive) + observations(&histogram.negative);
        if buckets != u128::from(point.count) {
            return Err(BadPoint::Count { count: point.count, buckets });
        }
        Ok(histogram)
    }

    /// Adds another at the coarser of both scales, coarser still where buckets would be too many; `false` when that
    /// cannot be done: another zero bucket, counts beyond 64 bits.
    pub fn add(&mut self, delta: &Self) -> bool {
        let Some(count) = self.count.checked_add(delta.count) else { return false };
        if self.zero_threshold.to_bits() != delta.zero_threshold.to_bits() {
            return false;
        }
        let mut sum = self.clone();
        let scale = sum.scale.min(delta.scale);
        sum.downscale(scale);
        merge(&mut sum.positive, &delta.positive, delta.scale - scale);
        merge(&mut sum.negative, &delta.negative, delta.scale - scale);
        while sum.positive.len().max(sum.negative.len()) > BUCKETS_MAX {
            if sum.scale == SCALE_MIN {
                return false;
            }
            sum.downscale(sum.scale - 1);
        }
        sum.count = count;
        sum.zero_count += delta.zero_count;
        sum.sum = sum.sum.zip(delta.sum).map(|(sum, more)| sum + more);
        *self = sum;
        true
    }

    fn downscale(&mut self, scale: i32) {
        let by = self.scale - scale;
        if by > 0 {
            self.positive = coarser(&self.positive, by);
            self.negative = coarser(&self.negative, by);
            self.scale = scale;
        }
    }

    /// As a native histogram; without a sum it is 0.
    pub fn native(&self) -> NativeHistogram {
        let (positive_spans, positive) = spans(&self.positive);
        let (negative_spans, negative) = spans(&self.negative);
        NativeHistogram {
            schema: self.scale,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count as f64,
            count: self.count as f64,
            sum: self.sum.unwrap_or_default(),
            positive_spans,
            positive,
            negative_spans,
            negative,
            ..NativeHistogram::default()
        }
    }
}

/// The buckets of one sign at `scale`, or at the finest scale that native histograms have.
fn buckets(proto: Option<&ProtoBuckets>, scale: i32) -> Result<Buckets, BadPoint> {
    let mut buckets = Buckets::new();
    let Some(ProtoBuckets { offset, bucket_counts }) = proto else { return Ok(buckets) };
    // Beyond 31 steps every index is 0 or -1.
    let by = scale.saturating_sub(SCALE_MAX).clamp(0, 62);
    for (at, count) in bucket_counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let index = (i64::from(*offset) + at as i64) >> by;
        // The last index has no successor, by which native histograms call it.
        let index = i32::try_from(index).ok().filter(|index| *index < i32::MAX).ok_or(BadPoint::BucketIndex)?;
        let total = buckets.entry(index).or_default();
        *total = total.saturating_add(*count);
        if buckets.len() > BUCKETS_MAX {
            return Err(BadPoint::TooManyBuckets(bucket_counts.len()));
        }
    }
    Ok(buckets)
}

/// Buckets at a scale that is coarser by so many steps.
fn coarser(buckets: &Buckets, by: i32) -> Buckets {
    let mut merged = Buckets::new();
    merge(&mut merged, buckets, by);
    merged
}

fn merge(into: &mut Buckets, buckets: &Buckets, by: i32) {
    for (index, count) in buckets {
        *into.entry(index >> by).or_default() += count;
    }
}

/// Spans and counts. Native histograms call a bucket by its upper bound, which is one more than its lower.
fn spans(buckets: &Buckets) -> (Vec<BucketSpan>, Vec<f64>) {
    let mut spans: Vec<BucketSpan> = Vec::new();
    // An index that is behind the last span. The gap between two may be longer than an offset can say; then an empty
    // span stands between.
    let mut end = 0_i64;
    for index in buckets.keys().map(|index| i64::from(*index) + 1) {
        let mut gap = index - end;
        end = index + 1;
        if let Some(last) = spans.last_mut().filter(|_| gap == 0) {
            last.length += 1;
            continue;
        }
        if gap > i64::from(i32::MAX) {
            spans.push(BucketSpan { offset: i32::MAX, length: 0 });
            gap -= i64::from(i32::MAX);
        }
        // Indexes have 32 bits, so that two offsets reach from any to any.
        spans.push(BucketSpan { offset: gap as i32, length: 1 });
    }
    (spans, buckets.values().map(|count| *count as f64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(scale: i32, offset: i32, counts: &[u64]) -> ExponentialHistogramDataPoint {
        ExponentialHistogramDataPoint {
            scale,
            count: counts.iter().sum(),
            sum: Some(1.0),
            positive: Some(ProtoBuckets { offset, bucket_counts: counts.to_vec() }),
            ..ExponentialHistogramDataPoint::default()
        }
    }

    fn check(point: &ExponentialHistogramDataPoint, schema: i32, spans: &[(i32, u32)], counts: &[f64]) {
        let native = Exponential::of(point).unwrap().native();
        let got: Vec<_> = native.positive_spans.iter().map(|span| (span.offset, span.length)).collect();
        assert_eq!((native.schema, &got[..], &native.positive[..]), (schema, spans, counts));
    }

    #[test]
    fn buckets_are_called_by_their_upper_bound() {
        check(&point(0, -1, &[1, 2, 3]), 0, &[(0, 3)], &[1.0, 2.0, 3.0]);
        check(&point(3, 4, &[1, 0, 0, 2]), 3, &[(5, 1), (2, 1)], &[1.0, 2.0]);
    }

    #[test]
    fn finer_scales_are_made_coarser() {
        // At scale 9 buckets 5 and 4 are bucket 2 of scale 8, and 6 is 3.
        check(&point(9, 4, &[1, 2, 4]), 8, &[(3, 2)], &[3.0, 4.0]);
        check(&point(10, -3, &[1, 1, 1, 1]), 8, &[(0, 2)], &[3.0, 1.0]);
        check(&point(i32::MAX, -3, &[1, 1, 1, 1]), 8, &[(0, 2)], &[3.0, 1.0]);
    }

    #[test]
    fn gaps_of_any_length_are_said() {
        let mut histogram = Exponential::of(&point(0, i32::MIN, &[1])).unwrap();
        assert!(histogram.add(&Exponential::of(&point(0, i32::MAX - 1, &[1])).unwrap()));
        let spans = histogram.native().positive_spans;
        assert_eq!(spans.iter().map(|span| span.length).collect::<Vec<_>>(), [1, 0, 1]);
        let end = spans.iter().map(|span| i64::from(span.offset) + i64::from(span.length)).sum::<i64>();
        assert_eq!(end, i64::from(i32::MAX) + 1);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let refused = |point: &ExponentialHistogramDataPoint| Exponential::of(point).unwrap_err();
        assert_eq!(refused(&point(-5, 0, &[1])), BadPoint::Scale(-5));
        assert_eq!(refused(&point(0, i32::MAX, &[1])), BadPoint::BucketIndex);
        let more = ExponentialHistogramDataPoint { count: 2, ..point(0, 0, &[1]) };
        assert_eq!(refused(&more), BadPoint::Count { count: 2, buckets: 1 });
        let many = vec![1; BUCKETS_MAX + 1];
        assert_eq!(refused(&point(0, 0, &many)), BadPoint::TooManyBuckets(BUCKETS_MAX + 1));
    }

    #[test]
    fn histograms_of_different_scales_add_up_at_the_coarser() {
        let mut histogram = Exponential::of(&point(1, 2, &[1, 1])).unwrap();
        assert!(histogram.add(&Exponential::of(&point(0, 1, &[5])).unwrap()));
        assert_eq!((histogram.scale, &histogram.positive), (0, &Buckets::from([(1, 7)])));
        assert_eq!((histogram.count, histogram.sum), (7, Some(2.0)));
    }

    #[test]
    fn sums_of_histograms_stay_bounded() {
        let many = vec![1; BUCKETS_MAX];
        let mut histogram = Exponential::of(&point(2, 0, &many)).unwrap();
        assert!(histogram.add(&Exponential::of(&point(2, BUCKETS_MAX as i32, &many)).unwrap()));
        assert_eq!((histogram.scale, histogram.positive.len()), (1, BUCKETS_MAX));
    }
}

//! Mean and variance.

use super::{Bucket, Histogram};
use crate::promql::sum::Sum;

impl Histogram {
    /// The arithmetic mean of what was observed; NaN when nothing was.
    pub fn mean(&self) -> f64 {
        self.sum / self.count
    }

    /// The estimated standard deviation of what was observed.
    pub fn stddev(&self) -> f64 {
        self.stdvar().sqrt()
    }

    /// The estimated variance of what was observed, as if all of a bucket lay in its middle.
    pub fn stdvar(&self) -> f64 {
        let mean = self.mean();
        let mut squares = Sum::default();
        for bucket in self.buckets().filter(|bucket| bucket.count != 0.0) {
            let distance = self.middle(&bucket) - mean;
            squares.add(bucket.count * distance * distance);
        }
        squares.total() / self.count
    }

    /// Where values lie in a bucket: in the arithmetic middle of one with listed bounds, at zero in the zero bucket, in the
    /// geometric middle of an exponential one.
    fn middle(&self, bucket: &Bucket) -> f64 {
        if self.is_custom() {
            return (bucket.upper + bucket.lower) / 2.0;
        }
        if bucket.lower <= 0.0 && bucket.upper >= 0.0 {
            return 0.0;
        }
        (bucket.upper * bucket.lower).sqrt().copysign(bucket.upper)
    }
}

//! Estimates of what lies below a value, and of the value below which so much lies.
//!
//! Within an exponential bucket, values are taken to be spread evenly on a logarithmic scale; in the zero bucket and where
//! bounds are listed, evenly. The zero bucket is taken to end at zero on a side where nothing else was observed.

use super::bucket::Place;
use super::{Bucket, Histogram};

/// What observations of NaN did to a quantile: they lie in no bucket but count, as if they were above all others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NanObservations {
    #[default]
    None,
    /// The quantile is larger than that of the numbers observed.
    Skewed,
    /// The quantile is among them: it is NaN.
    Result,
}

/// An estimated quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile {
    pub value: f64,
    pub nan_observations: NanObservations,
}

/// An estimated fraction of what was observed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fraction {
    pub value: f64,
    /// There were observations of NaN. They are in no fraction.
    pub nan_observations: bool,
}

impl Quantile {
    fn plain(value: f64) -> Self {
        Self { value, nan_observations: NanObservations::None }
    }
}

/// A bucket at which a walk over buckets has stopped, and the count of all up to and with it.
struct Stop {
    bucket: Bucket,
    count: f64,
}

impl Histogram {
    /// The value below which the fraction `q` of the observations lies. NaN when nothing was observed or `q` is NaN, and an
    /// infinity when `q` is not between 0 and 1.
    pub fn quantile(&self, q: f64) -> Quantile {
        if q < 0.0 {
            return Quantile::plain(f64::NEG_INFINITY);
        }
        if q > 1.0 {
            return Quantile::plain(f64::INFINITY);
        }
        if q.is_nan() || self.count == 0.0 {
            return Quantile::plain(f64::NAN);
        }
        // Observations of NaN are above all buckets: only from below is it known where a rank lies.
        let from_below = self.sum.is_nan() || q < 0.5;
        let rank = if from_below { q * self.count } else { (1.0 - q) * self.count };
        let Stop { bucket, count } = self.stop_at(rank, from_below);
        if let Some(bound) = self.only_bound(&bucket) {
            return Quantile::plain(bound);
        }
        let bucket = self.with_natural_bounds(bucket);
        let count = count.min(self.count);
        if count < rank {
            return match self.sum.is_nan() {
                true => Quantile { value: f64::NAN, nan_observations: NanObservations::Result },
                // Buckets that count less than they should.
                false => Quantile::plain(bucket.upper),
            };
        }
        let within = if from_below { rank - (count - bucket.count) } else { count - rank };
        let nan_observations = match self.has_nan_observations() {
            true => NanObservations::Skewed,
            false => NanObservations::None,
        };
        Quantile { value: self.value_within(&bucket, within / bucket.count), nan_observations }
    }

    /// The first bucket, from below or from above, with which a rank is reached; the last one when it never is.
    fn stop_at(&self, rank: f64, from_below: bool) -> Stop {
        let mut count = 0.0;
        let mut last = None;
        let mut reached = |(place, held): (Place, f64)| {
            last = Some((place, held));
            count += held;
            held != 0.0 && count >= rank
        };
        if from_below {
            self.places().any(&mut reached);
        } else {
            self.places_descending().any(&mut reached);
        }
        // Bounds take longer than counts, and those of one bucket are all that is asked for.
        Stop { bucket: last.map_or_else(Bucket::default, |(place, held)| self.bucket_at(place, held)), count }
    }

    /// A bucket with zero as a bound where nothing lies beyond.
    fn with_natural_bounds(&self, bucket: Bucket) -> Bucket {
        if !self.is_custom() {
            return self.without_empty_half(bucket);
        }
        match bucket.lower == f64::NEG_INFINITY && bucket.upper > 0.0 {
            true => Bucket { lower: 0.0, ..bucket },
            false => bucket,
        }
    }

    /// The finite bound of a bucket of listed bounds that ends in infinity: there is no telling where in it values lie.
    fn only_bound(&self, bucket: &Bucket) -> Option<f64> {
        match (bucket.lower, bucket.upper) {
            _ if !self.is_custom() => None,
            (f64::NEG_INFINITY, upper) => (upper <= 0.0).then_some(upper),
            (lower, upper) => (upper == f64::INFINITY).then_some(lower),
        }
    }

    /// The zero bucket, without the side of zero on which nothing was observed.
    pub(super) fn without_empty_half(&self, mut bucket: Bucket) -> Bucket {
        if bucket.lower < 0.0 && bucket.upper > 0.0 {
            match (self.has_negative(), self.has_positive()) {
                (false, true) => bucket.lower = 0.0,
                (true, false) => bucket.upper = 0.0,
                _ => {}
            }
        }
        bucket
    }

    /// Whether more was observed than lies in buckets, as it does when NaN was observed. A sum is NaN also when infinities of
    /// both signs were observed, but those lie in buckets.
    pub fn has_nan_observations(&self) -> bool {
        self.sum.is_nan() && self.in_buckets() < self.count
    }

    fn in_buckets(&self) -> f64 {
        self.places().map(|(_, count)| count).sum()
    }

    /// The value below which a fraction of a bucket lies.
    fn value_within(&self, bucket: &Bucket, fraction: f64) -> f64 {
        if self.is_linear(bucket) {
            return bucket.lower + (bucket.upper - bucket.lower) * fraction;
        }
        let (lower, upper) = (bucket.lower.abs().log2(), bucket.upper.abs().log2());
        if bucket.lower > 0.0 {
            return (lower + (upper - lower) * fraction).exp2();
        }
        -(upper + (lower - upper) * (1.0 - fraction)).exp2()
    }

    /// The fraction of a bucket that lies below a value in it.
    pub(super) fn fraction_within(&self, bucket: &Bucket, value: f64) -> f64 {
        if self.is_linear(bucket) {
            return (value - bucket.lower) / (bucket.upper - bucket.lower);
        }
        let (lower, upper, at) = (bucket.lower.abs().log2(), bucket.upper.abs().log2(), value.abs().log2());
        if bucket.lower > 0.0 {
            return (at - lower) / (upper - lower);
        }
        1.0 - (at - upper) / (lower - upper)
    }

    /// Whether values are spread evenly in a bucket rather than on a logarithmic scale.
    fn is_linear(&self, bucket: &Bucket) -> bool {
        self.is_custom() || (bucket.lower <= 0.0 && bucket.upper >= 0.0)
    }

    /// The fraction of the observations between two values. NaN when nothing was observed or a value is NaN, and zero when
    /// the lower one is not below the upper one.
    pub fn fraction(&self, lower: f64, upper: f64) -> Fraction {
        if self.count == 0.0 || lower.is_nan() || upper.is_nan() {
            return Fraction { value: f64::NAN, nan_observations: false };
        }
        if lower >= upper {
            return Fraction { value: 0.0, nan_observations: false };
        }
        let nan_observations = self.has_nan_observations();
        let highest = match self.sum.is_nan() {
            true => self.in_buckets(),
            false => self.count,
        };
        let value = (self.rank(upper, highest) - self.rank(lower, highest)) / self.count;
        Fraction { value, nan_observations }
    }

    /// How many observations lie below a value, at most `highest`.
    fn rank(&self, value: f64, highest: f64) -> f64 {
        let mut below = 0.0;
        for bucket in self.buckets() {
            let bucket = self.with_natural_bounds(bucket);
            if bucket.lower >= value {
                return highest.min(below);
            }
            if bucket.upper > value {
                let within = match bucket.lower {
                    // Where in it the values lie is unknown.
                    f64::NEG_INFINITY => return highest.min(bucket.count),
                    _ => bucket.count * self.fraction_within(&bucket, value),
                };
                return highest.min(below + within);
            }
            below += bucket.count;
        }
        highest
    }
}

//! Histograms without what lies above or below a value.
//!
//! Values are spread within buckets as for quantiles. The sum of what is left is estimated from the middles of its buckets;
//! it is the histogram's own when nothing was taken away.

use super::bucket::Sign;
use super::{Bucket, Histogram};

/// Which part of a histogram is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Below,
    Above,
}

/// What is kept of a bucket, and the value that its observations are taken to have.
#[derive(Debug, Clone, Copy)]
struct Kept {
    count: f64,
    middle: f64,
}

impl Kept {
    const NOTHING: Self = Self { count: 0.0, middle: 0.0 };
}

impl Histogram {
    /// Without what lies above a value (`</`).
    #[must_use]
    pub fn trim_above(self, value: f64) -> Self {
        self.trim(value, Keep::Below)
    }

    /// Without what lies below a value (`>/`).
    #[must_use]
    pub fn trim_below(self, value: f64) -> Self {
        self.trim(value, Keep::Above)
    }

    fn trim(mut self, value: f64, keep: Keep) -> Self {
        let of_side = |sign| {
            let buckets = self.side(sign).map(|(index, count)| self.bucket(sign, index, count));
            buckets.map(|bucket| self.kept(&bucket, value, keep)).collect::<Vec<_>>()
        };
        let (negative, positive) = (of_side(Sign::Negative), of_side(Sign::Positive));
        let zero = match self.zero_count > 0.0 {
            true => self.kept_of_zero(value, keep),
            false => Kept::NOTHING,
        };
        let same = |kept: &[Kept], counts: &[f64]| kept.iter().zip(counts).all(|(kept, count)| kept.count == *count);
        let untouched = same(&negative, &self.negative)
            && same(&positive, &self.positive)
            && (zero.count == self.zero_count || self.zero_count <= 0.0);
        if untouched {
            return self;
        }
        let all = || negative.iter().chain([&zero]).chain(&positive);
        self.count = all().fold(0.0, |count, kept| count + kept.count);
        // A bucket of which nothing is kept may have an infinite middle.
        let full = all().filter(|kept| kept.count != 0.0);
        self.sum = full.fold(0.0, |sum, kept| sum + kept.count * kept.middle);
        self.zero_count = zero.count;
        self.negative = negative.iter().map(|kept| kept.count).collect();
        self.positive = positive.iter().map(|kept| kept.count).collect();
        self.compact()
    }

    fn kept(&self, bucket: &Bucket, value: f64, keep: Keep) -> Kept {
        let (all_below, all_above) = (bucket.upper <= value, bucket.lower >= value);
        match keep {
            Keep::Below if all_below => self.all_of(bucket),
            Keep::Above if all_above => self.all_of(bucket),
            Keep::Below if all_above => Kept::NOTHING,
            Keep::Above if all_below => Kept::NOTHING,
            // The value is NaN: nothing lies below or above it.
            _ if value.is_nan() => Kept::NOTHING,
            _ if bucket.lower == f64::NEG_INFINITY => kept_from_minus_infinity(bucket, value, keep),
            Keep::Below if bucket.upper == f64::INFINITY => Kept::NOTHING,
            Keep::Above if bucket.upper == f64::INFINITY => Kept { count: bucket.count, middle: value },
            _ => self.part_of(bucket, value, keep),
        }
    }

    fn all_of(&self, bucket: &Bucket) -> Kept {
        Kept { count: bucket.count, middle: self.middle_between(bucket.lower, bucket.upper) }
    }

    /// What is kept of a bucket with finite bounds in which the value lies.
    fn part_of(&self, bucket: &Bucket, value: f64, keep: Keep) -> Kept {
        let below = bucket.count * self.fraction_within(bucket, value);
        match keep {
            Keep::Below => Kept { count: below, middle: self.middle_between(bucket.lower, value) },
            Keep::Above => Kept { count: bucket.count - below, middle: self.middle_between(value, bucket.upper) },
        }
    }

    /// What is kept of the zero bucket. One that is but a point lies above zero as little as below, and counts as above.
    fn kept_of_zero(&self, value: f64, keep: Keep) -> Kept {
        let Bucket { lower, upper, count, .. } = self.without_empty_half(self.zero_bucket());
        let (from, to) = match keep {
            _ if value.is_nan() => return Kept::NOTHING,
            Keep::Below if value <= lower => return Kept::NOTHING,
            Keep::Above if value >= upper && value > lower => return Kept::NOTHING,
            Keep::Below => (lower, upper.min(value)),
            Keep::Above => (lower.max(value), upper),
        };
        let part = if (from, to) == (lower, upper) { 1.0 } else { (to - from) / (upper - lower) };
        Kept { count: count * part, middle: f64::midpoint(from, to) }
    }

    /// Where values lie between two bounds of one sign, of which one may be infinite.
    fn middle_between(&self, lower: f64, upper: f64) -> f64 {
        match (lower.is_infinite(), upper.is_infinite()) {
            (true, true) => 0.0,
            (true, false) if upper > 0.0 => upper / 2.0,
            (true, false) => upper,
            (false, true) => lower,
            (false, false) if self.is_custom() => f64::midpoint(lower, upper),
            (false, false) => (lower.abs().sqrt() * upper.abs().sqrt()).copysign(upper),
        }
    }
}

/// What is kept of the bucket with the lowest listed bounds, in which the value lies. It is taken to start at zero when it
/// ends above; when it ends below, all of it may lie below the value.
fn kept_from_minus_infinity(bucket: &Bucket, value: f64, keep: Keep) -> Kept {
    let Bucket { upper, count, .. } = *bucket;
    if upper == f64::INFINITY {
        return Kept::NOTHING;
    }
    match keep {
        Keep::Below if upper <= 0.0 => Kept { count, middle: value },
        Keep::Below if value > 0.0 => Kept { count: count * value / upper, middle: value / 2.0 },
        Keep::Above if value >= 0.0 => {
            Kept { count: count * (1.0 - value / upper), middle: f64::midpoint(value, upper) }
        }
        _ => Kept::NOTHING,
    }
}

//! Bounds of buckets.

use std::sync::LazyLock;

use super::{CUSTOM_SCHEMA, Histogram, layout};

/// A range of values, and how many of them were observed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bucket {
    pub lower: f64,
    pub upper: f64,
    pub lower_inclusive: bool,
    pub upper_inclusive: bool,
    pub count: f64,
}

impl Bucket {
    /// Which bounds belong to the bucket, as Prometheus' HTTP API numbers it: 0 the upper one, 1 the lower one, 2 none, 3
    /// both.
    pub fn boundary_rule(&self) -> u8 {
        match (self.lower_inclusive, self.upper_inclusive) {
            (false, true) => 0,
            (true, false) => 1,
            (false, false) => 2,
            (true, true) => 3,
        }
    }
}

/// The side of zero on which buckets lie. Those of a custom schema are all on the positive one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Positive,
    Negative,
}

/// Which bucket of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Zero,
    Away(Sign, i32),
}

/// The finest schema whose bounds are listed in [`FRACTIONS`].
const SCHEMA_LISTED_MAX: i32 = 8;

/// The bounds from 1 to 2 in the finest schema; every 2^n-th is a bound of a coarser one.
static FRACTIONS: LazyLock<[f64; 1 << SCHEMA_LISTED_MAX]> =
    LazyLock::new(|| std::array::from_fn(|at| (at as f64 / f64::from(1 << SCHEMA_LISTED_MAX)).exp2()));

/// The upper bound of an exponential bucket. The last bucket of finite values ends at the largest float, and after it comes
/// the one of infinity.
pub(super) fn exponential_bound(index: i32, schema: i32) -> f64 {
    let (whole, fraction) = match schema {
        0..=SCHEMA_LISTED_MAX => {
            let within = index & ((1 << schema) - 1);
            (index >> schema, FRACTIONS[(within << (SCHEMA_LISTED_MAX - schema)) as usize])
        }
        i32::MIN..0 => (power_of_coarse(index, schema), 1.0),
        _ => {
            let power = f64::from(index) * (-f64::from(schema)).exp2();
            (power.floor() as i32, (power - power.floor()).exp2())
        }
    };
    match whole {
        -1022..1024 => fraction * power_of_two(whole),
        1024 if fraction == 1.0 => f64::MAX,
        1024.. => f64::INFINITY,
        _ => fraction * f64::from(whole).exp2(),
    }
}

/// 2^exponent, for exponents of normal floats.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((i64::from(exponent) + 1023) as u64) << 52)
}

/// `index * 2^-schema` for a negative schema, within the range of an i32.
fn power_of_coarse(index: i32, schema: i32) -> i32 {
    let doublings = schema.unsigned_abs().min(31);
    (i64::from(index) << doublings).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

impl Histogram {
    /// The upper bound of a bucket, away from zero.
    fn bound(&self, index: i32) -> f64 {
        if self.schema != CUSTOM_SCHEMA {
            return exponential_bound(index, self.schema);
        }
        match usize::try_from(index) {
            Ok(at) => self.custom_bounds.get(at).copied().unwrap_or(f64::INFINITY),
            Err(_) => f64::NEG_INFINITY,
        }
    }

    /// A bucket with its bounds.
    pub(super) fn bucket(&self, sign: Sign, index: i32, count: f64) -> Bucket {
        let (inner, outer) = (self.bound(index.saturating_sub(1)), self.bound(index));
        let (lower, upper) = match sign {
            Sign::Positive => (inner, outer),
            Sign::Negative => (-outer, -inner),
        };
        let (lower_inclusive, upper_inclusive) = match self.is_custom() {
            true => (index == 0, true),
            false => (lower < 0.0, upper > 0.0),
        };
        Bucket { lower, upper, lower_inclusive, upper_inclusive, count }
    }

    /// The bucket around zero, empty or not.
    pub fn zero_bucket(&self) -> Bucket {
        Bucket {
            lower: -self.zero_threshold,
            upper: self.zero_threshold,
            lower_inclusive: true,
            upper_inclusive: true,
            count: self.zero_count,
        }
    }

    /// Whether there are buckets below the zero bucket.
    pub(super) fn has_negative(&self) -> bool {
        !self.negative.is_empty()
    }

    /// Whether there are buckets above the zero bucket.
    pub(super) fn has_positive(&self) -> bool {
        !self.positive.is_empty()
    }

    /// Buckets away from zero on one side, by index.
    pub(super) fn side(&self, sign: Sign) -> impl Iterator<Item = (i32, f64)> {
        match sign {
            Sign::Positive => layout::indexed(&self.positive_spans, &self.positive),
            Sign::Negative => layout::indexed(&self.negative_spans, &self.negative),
        }
    }

    /// All buckets, ascending, with those of the zero bucket's neighbours that it covers in part cut at its bounds. The zero
    /// bucket is among them when something was observed in it.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> {
        self.places().map(|(place, count)| self.bucket_at(place, count))
    }

    /// The places of [`Self::buckets`] and what they count.
    pub(super) fn places(&self) -> impl Iterator<Item = (Place, f64)> {
        self.places_descending_on(Sign::Negative).chain(self.zero_place()).chain(self.places_on(Sign::Positive))
    }

    /// [`Self::places`] from the highest one on.
    pub(super) fn places_descending(&self) -> impl Iterator<Item = (Place, f64)> {
        self.places_descending_on(Sign::Positive).chain(self.zero_place()).chain(self.places_on(Sign::Negative))
    }

    fn zero_place(&self) -> Option<(Place, f64)> {
        (self.zero_count > 0.0).then_some((Place::Zero, self.zero_count))
    }

    /// From zero outwards.
    fn places_on(&self, sign: Sign) -> impl Iterator<Item = (Place, f64)> {
        self.side(sign).map(move |(index, count)| (Place::Away(sign, index), count))
    }

    /// From outside to zero.
    fn places_descending_on(&self, sign: Sign) -> impl Iterator<Item = (Place, f64)> {
        let mut places: Vec<(Place, f64)> = self.places_on(sign).collect();
        places.reverse();
        places.into_iter()
    }

    /// A bucket as it is among [`Self::buckets`].
    pub(super) fn bucket_at(&self, place: Place, count: f64) -> Bucket {
        match place {
            Place::Zero => Bucket { count, ..self.zero_bucket() },
            Place::Away(sign, index) => self.outside_zero(self.bucket(sign, index, count)),
        }
    }

    /// A bucket without what the zero bucket covers of it.
    fn outside_zero(&self, mut bucket: Bucket) -> Bucket {
        let threshold = self.zero_threshold;
        if self.is_custom() {
            return bucket;
        }
        if bucket.upper < 0.0 && bucket.upper > -threshold {
            bucket.upper = -threshold;
        } else if bucket.lower > 0.0 && bucket.lower < threshold {
            bucket.lower = threshold;
        }
        bucket
    }
}

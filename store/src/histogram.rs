//! Base-2 exponential histograms of latencies, scale 4.
//!
//! Bucket `i` holds the nanoseconds in `(2^(i/16), 2^((i+1)/16)]`: the upper bound is inclusive, as in OpenTelemetry and
//! Prometheus, so that `le` counts at bucket bounds are exact. A bucket is 4.4 % wide. Only buckets that hold something are
//! kept.
//!
//! **Counts are sampling weights.** A histogram counts the observed calls, each as often as it stands for calls that were
//! not sampled, so that its total is the row's `requests`, and a percentile over differently sampled services is that of
//! the calls and not of the samples. [`Weight`] keeps merging exact.
//!
//! **Other grids.** Dropping four bits of an index (`i >> 4`) gives power-of-two buckets exactly
//! ([`Histogram::downscaled`]). In seconds indexes shift by -478, because 10^9 is 2^(478.36/16): bounds are then off by
//! 1.6 % ([`SECONDS_SHIFT`]). Counts below bounds of any other grid are interpolated ([`Histogram::at_most`]).

use std::collections::BTreeMap;

use crate::ledger::Weight;

/// Buckets per power of two are `2^SCALE`.
pub const SCALE: u32 = 4;
/// What to add to an index in nanoseconds to get the one in seconds.
pub const SECONDS_SHIFT: i32 = -478;

const STEPS: i64 = 1 << SCALE;
/// `floor(2^(63 + j/16))`: the bounds of the sixteen buckets below `2^64`. But for the first they are irrational, so a whole
/// number is above such a bound exactly if it is above its floor.
const BOUNDS: [u64; STEPS as usize] = [
    0x8000_0000_0000_0000,
    0x85aa_c367_cc48_7b14,
    0x8b95_c1e3_ea8b_d6e6,
    0x91c3_d373_ab11_c336,
    0x9837_f051_8db8_a96f,
    0x9ef5_3260_91a1_11ad,
    0xa5fe_d6a9_b151_38ea,
    0xad58_3eea_42a1_4ac6,
    0xb504_f333_f9de_6484,
    0xbd08_a39f_580c_36be,
    0xc567_2a11_5506_dadd,
    0xce24_8c15_1f84_80e3,
    0xd744_fcca_d69d_6af4,
    0xe0cc_deec_2a94_e111,
    0xeac0_c6e7_dd24_392e,
    0xf525_7d15_2486_cc2c,
];

/// A histogram of durations in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Those that hold something, lowest first.
    buckets: Vec<(i32, Weight)>,
    zero: Weight,
    sum_ns: i64,
    /// The shortest and the longest duration, if there is any.
    range_ns: Option<(i64, i64)>,
}

impl Histogram {
    /// Counts a duration. A negative one, which clocks can make, counts as zero.
    pub fn record(&mut self, duration_ns: i64, weight: Weight) {
        if weight.is_zero() {
            return;
        }
        let duration_ns = duration_ns.max(0);
        match index_of(duration_ns) {
            Some(index) => self.add(index, weight),
            None => self.zero += weight,
        }
        self.sum_ns = self.sum_ns.saturating_add(weight.times(duration_ns));
        self.widen(Some((duration_ns, duration_ns)));
    }

    /// Takes a duration out again that was counted with this weight. `is_kept` says that an equal one stays, so that the
    /// shortest and the longest are what they were.
    ///
    /// Returns whether the histogram is now that of the others. If not it is worthless: only they can tell which the shortest
    /// and the longest are.
    #[must_use]
    pub fn take_back(&mut self, duration_ns: i64, weight: Weight, is_kept: bool) -> bool {
        if weight.is_zero() {
            return true;
        }
        let duration_ns = duration_ns.max(0);
        let is_extreme = self.range_ns.is_none_or(|(min, max)| duration_ns <= min || duration_ns >= max);
        if (is_extreme && !is_kept) || self.sum_ns == i64::MAX {
            return false;
        }
        self.sum_ns -= weight.times(duration_ns);
        let Some(index) = index_of(duration_ns) else {
            let left = self.zero.without(weight);
            self.zero = left.unwrap_or_default();
            return left.is_some();
        };
        let Ok(place) = self.place(index) else { return false };
        let left = self.buckets[place].1.without(weight);
        match left {
            Some(Weight::ZERO) => drop(self.buckets.remove(place)),
            Some(left) => self.buckets[place].1 = left,
            None => {}
        }
        left.is_some()
    }

    fn add(&mut self, index: i32, weight: Weight) {
        match self.place(index) {
            Ok(place) => self.buckets[place].1 += weight,
            Err(place) => self.buckets.insert(place, (index, weight)),
        }
    }

    /// Where a bucket is, or where it would be.
    fn place(&self, index: i32) -> Result<usize, usize> {
        self.buckets.binary_search_by_key(&index, |(known, _)| *known)
    }

    /// Adds another histogram; the result is the same whatever the order.
    pub fn merge(&mut self, other: &Self) {
        // Both ascend, so that each place is at or after the one before.
        let mut place = 0;
        for (index, weight) in &other.buckets {
            // Mostly the buckets up to this one are all there.
            let distance = |known: i32| (i64::from(*index) - i64::from(known)) as isize;
            let guess = self.buckets.get(place).map_or(place, |(known, _)| place.wrapping_add_signed(distance(*known)));
            if let Some((known, sum)) = self.buckets.get_mut(guess)
                && known == index
            {
                *sum += *weight;
                place = guess;
                continue;
            }
            let rest = self.buckets.get(place..).unwrap_or_default();
            place += rest.partition_point(|(known, _)| known < index);
            match self.buckets.get_mut(place) {
                Some((known, sum)) if known == index => *sum += *weight,
                _ => self.buckets.insert(place, (*index, *weight)),
            }
        }
        self.zero += other.zero;
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
        self.widen(other.range_ns);
    }

    fn widen(&mut self, other: Option<(i64, i64)>) {
        self.range_ns = match (self.range_ns, other) {
            (Some((min, max)), Some((other_min, other_max))) => Some((min.min(other_min), max.max(other_max))),
            (known, other) => known.or(other),
        };
    }

    /// A histogram as a table holds it. Of a bucket that is told twice the last weight counts.
    pub fn from_parts(
        buckets: impl IntoIterator<Item = (i32, Weight)>,
        zero: Weight,
        sum_ns: i64,
        range_ns: Option<(i64, i64)>,
    ) -> Self {
        let mut buckets: Vec<(i32, Weight)> = buckets.into_iter().collect();
        if !buckets.is_sorted_by(|a, b| a.0 < b.0) {
            buckets = buckets.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect();
        }
        Self { buckets, zero, sum_ns, range_ns }
    }

    /// The buckets that hold something, lowest first.
    pub fn buckets(&self) -> impl ExactSizeIterator<Item = (i32, Weight)> {
        self.buckets.iter().copied()
    }

    /// Calls that took no time.
    pub fn zero(&self) -> Weight {
        self.zero
    }

    pub fn count(&self) -> Weight {
        self.zero.plus(self.buckets.iter().map(|(_, weight)| *weight).sum())
    }

    pub fn sum_ns(&self) -> i64 {
        self.sum_ns
    }

    pub fn min_ns(&self) -> Option<i64> {
        self.range_ns.map(|(min, _)| min)
    }

    pub fn max_ns(&self) -> Option<i64> {
        self.range_ns.map(|(_, max)| max)
    }

    pub fn is_empty(&self) -> bool {
        self.range_ns.is_none()
    }

    /// The buckets at a lower scale, exactly: at scale 0 bucket `k` holds `(2^k, 2^(k+1)]`. A scale above [`SCALE`] cannot
    /// be had and gives the buckets as they are.
    pub fn downscaled(&self, scale: u32) -> BTreeMap<i32, Weight> {
        let bits = SCALE.saturating_sub(scale);
        let mut coarse: BTreeMap<i32, Weight> = BTreeMap::new();
        for (index, weight) in &self.buckets {
            *coarse.entry(index >> bits).or_default() += *weight;
        }
        coarse
    }

    /// The duration that a part `q` of the calls does not exceed, in nanoseconds: interpolated inside its bucket on the
    /// bucket's own logarithmic scale, and never outside of what was seen. `None` if there is no call or `q` is no part.
    pub fn quantile_ns(&self, q: f64) -> Option<f64> {
        let (min, max) = self.range_ns?;
        if !(0.0..=1.0).contains(&q) {
            return None;
        }
        let rank = q * self.count().as_f64();
        let mut below = self.zero.as_f64();
        if rank <= below && !self.zero.is_zero() {
            return Some(0.0);
        }
        for (index, weight) in &self.buckets {
            let weight = weight.as_f64();
            if below + weight >= rank {
                let inside = (rank - below) / weight;
                return Some(bound_ns(f64::from(*index) + inside).clamp(min as f64, max as f64));
            }
            below += weight;
        }
        Some(max as f64)
    }

    /// The calls that took at most `bound_ns`: exact at the bounds of buckets and from the longest call on, interpolated
    /// log-linearly in between.
    pub fn at_most(&self, bound_ns: f64) -> f64 {
        let Some((min, max)) = self.range_ns else { return 0.0 };
        if bound_ns < min as f64 {
            return 0.0;
        }
        if bound_ns >= max as f64 {
            return self.count().as_f64();
        }
        let position = bound_ns.log2() * STEPS as f64;
        let inside = |index: i32| (position - f64::from(index)).clamp(0.0, 1.0);
        let counted = self.buckets.iter().map(|(index, weight)| weight.as_f64() * inside(*index));
        self.zero.as_f64() + counted.sum::<f64>()
    }
}

/// The lower bound of a bucket; of a fraction of an index, the place in the bucket.
pub fn bound_ns(index: f64) -> f64 {
    (index / STEPS as f64).exp2()
}

/// The bucket of a duration at [`SCALE`]; `None` for zero and less, which no exponential bucket holds.
pub fn index_of(duration_ns: i64) -> Option<i32> {
    let value = u64::try_from(duration_ns).ok().filter(|value| *value > 0)?;
    let exponent = 63 - i64::from(value.leading_zeros());
    let mantissa = value << value.leading_zeros();
    let above = BOUNDS.partition_point(|bound| mantissa > *bound) as i64;
    i32::try_from(exponent * STEPS + above - 1).ok()
}

#[cfg(test)]
mod tests;

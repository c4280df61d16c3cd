//! Sampling weights: how many calls an observed one stands for.
//!
//! A table holds sums of weights as Float64. Floating-point addition depends on its order, and then a window made from the
//! same spans twice could differ. So a weight is a multiple of 2^-16 in an integer: sums are exact in any order, and as
//! Float64 they are exact up to 2^37 (a hundred billion calls in one row). A weight of 10 % sampling is off by less than
//! one part in a million.

use std::ops::AddAssign;

const UNITS: i64 = 1 << 16;

/// A count of calls, corrected for sampling; never negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(i64);

impl Weight {
    pub const ZERO: Self = Self(0);
    pub const ONE: Self = Self(UNITS);
    /// The most that one observed call may stand for; a sampler that says more is not believed.
    pub const OF_ONE_CALL_MAX: Self = Self(UNITS << 20);

    /// What an observed call weighs by its sampler: never less than itself, and no more than
    /// [`Self::OF_ONE_CALL_MAX`].
    pub fn of_call(adjusted_count: f64) -> Self {
        Self::new(adjusted_count).clamp(Self::ONE, Self::OF_ONE_CALL_MAX)
    }

    /// The weight next to a number; what is no number or negative weighs nothing.
    pub fn new(calls: f64) -> Self {
        // A cast saturates, and makes zero of what is no number.
        Self(((calls * UNITS as f64).round() as i64).max(0))
    }

    pub fn as_f64(self) -> f64 {
        self.0 as f64 / UNITS as f64
    }

    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self += other;
        self
    }

    /// What is left of a sum without one of its parts. `None` if it has saturated: then nothing can be said of the rest.
    pub fn without(self, part: Self) -> Option<Self> {
        let left = self.0.checked_sub(part.0).filter(|left| *left >= 0)?;
        (self.0 != i64::MAX).then_some(Self(left))
    }

    /// The weight of so many calls, each of this weight.
    #[must_use]
    pub fn repeated(self, calls: u32) -> Self {
        Self(self.0.saturating_mul(i64::from(calls)))
    }

    /// `amount` of each call times the calls, to the nearest whole; a negative amount counts as none.
    pub fn times(self, amount: i64) -> i64 {
        let product = i128::from(amount.max(0)) * i128::from(self.0);
        i64::try_from((product + i128::from(UNITS / 2)) / i128::from(UNITS)).unwrap_or(i64::MAX)
    }
}

/// Saturates, which for numbers that are never negative keeps sums independent of their order.
impl AddAssign for Weight {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }
}

impl std::iter::Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(weights: I) -> Self {
        let mut sum = Self::ZERO;
        weights.for_each(|weight| sum += weight);
        sum
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn odd_numbers_weigh_nothing_and_huge_ones_do_not_wrap() {
        for calls in [f64::NAN, -1.0, f64::NEG_INFINITY] {
            assert_eq!(Weight::new(calls), Weight::ZERO, "{calls}");
        }
        let mut most = Weight::new(f64::INFINITY);
        most += Weight::ONE;
        assert_eq!(most, Weight(i64::MAX));
        assert_eq!(most.times(i64::MAX), i64::MAX);
    }

    #[test]
    fn an_observed_call_weighs_at_least_itself_whatever_its_sampler_says() {
        let weights = [(f64::NAN, 1.0), (0.0, 1.0), (0.5, 1.0), (10.0, 10.0), (f64::INFINITY, 1_048_576.0)];
        for (adjusted_count, expected) in weights {
            assert_eq!(Weight::of_call(adjusted_count).as_f64(), expected, "{adjusted_count}");
        }
    }

    #[test]
    fn a_sum_of_durations_is_weighted_to_the_nearest_nanosecond() {
        assert_eq!(Weight::new(2.5).times(3), 8);
        assert_eq!(Weight::ONE.times(i64::MAX), i64::MAX);
        assert_eq!(Weight::ONE.times(-5), 0);
    }

    proptest! {
        #[test]
        fn a_stored_sum_is_read_back_exactly(parts in prop::collection::vec(0.0..1_048_576.0_f64, 0..64)) {
            let sum: Weight = parts.iter().map(|calls| Weight::new(*calls)).sum();
            prop_assert_eq!(Weight::new(sum.as_f64()), sum);
            let backwards: Weight = parts.iter().rev().map(|calls| Weight::new(*calls)).sum();
            prop_assert_eq!(backwards.as_f64().to_bits(), sum.as_f64().to_bits());
        }
    }
}

//! Sums that keep what rounding loses, and what is made of such sums.

use std::ops::AddAssign;

/// A sum, and what its additions have rounded away.
///
/// Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54 (1974).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    pub sum: f64,
    /// To be added to `sum`; not where that is infinite.
    pub lost: f64,
}

impl Sum {
    pub const fn new(first: f64) -> Self {
        Self { sum: first, lost: 0.0 }
    }

    /// This sum and one summand more. A sum that overflows has lost nothing.
    #[must_use]
    #[inline]
    pub fn plus(self, summand: f64) -> Self {
        let sum = self.sum + summand;
        if sum.is_infinite() {
            return Self { sum, lost: 0.0 };
        }
        let (large, small) = if self.sum.abs() >= summand.abs() { (self.sum, summand) } else { (summand, self.sum) };
        Self { sum, lost: self.lost + ((large - sum) + small) }
    }

    /// This sum and more summands, fast. Wrong when the total is not finite.
    ///
    /// What an addition loses is found without asking which summand is larger (Knuth's TwoSum): the same, by more
    /// operations but without choices, so that they overlap.
    #[must_use]
    #[inline]
    pub fn plus_all(self, summands: &[f64]) -> Self {
        let Self { mut sum, mut lost } = self;
        for summand in summands {
            let next = sum + summand;
            let added = next - sum;
            lost += (sum - (next - added)) + (summand - added);
            sum = next;
        }
        Self { sum, lost }
    }

    #[inline]
    pub fn add(&mut self, summand: f64) {
        *self = self.plus(summand);
    }

    /// Sum and loss, each times a factor.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { sum: self.sum * factor, lost: self.lost * factor }
    }

    #[inline]
    pub fn total(self) -> f64 {
        self.sum + self.lost
    }
}

impl AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        self.add(other.sum);
        self.lost += other.lost;
    }
}

/// The sum of numbers.
pub fn sum(values: &[f64]) -> f64 {
    if let Some(sum) = finite_sum(values) {
        return sum.total();
    }
    let mut sum = Sum::default();
    for value in values {
        sum.add(*value);
    }
    sum.total()
}

/// The sum of numbers, fast; `None` when it or something on the way to it is not finite.
fn finite_sum(values: &[f64]) -> Option<Sum> {
    let sum = Sum::default().plus_all(values);
    sum.total().is_finite().then_some(sum)
}

/// A mean, value by value, which does not overflow where the values do not.
///
/// The sum is taken first and divided last, which is the most exact. Where it would overflow the mean goes on from value to
/// value.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mean {
    pub count: f64,
    /// Of all values, or their mean once `is_running`.
    sum: Sum,
    is_running: bool,
}

impl Mean {
    pub fn add(&mut self, value: f64) {
        self.count += 1.0;
        if !self.is_running {
            let sum = self.sum.plus(value);
            // The first value may itself be infinite.
            if self.count == 1.0 || !sum.sum.is_infinite() {
                self.sum = sum;
                return;
            }
            let before = self.count - 1.0;
            self.sum = Sum { sum: self.sum.sum / before, lost: self.sum.lost / before };
            self.is_running = true;
        }
        self.sum = self.sum.scaled((self.count - 1.0) / self.count).plus(value / self.count);
    }

    /// NaN when there was no value.
    pub fn mean(&self) -> f64 {
        if self.is_running { self.sum.total() } else { self.sum.sum / self.count + self.sum.lost / self.count }
    }
}

/// The mean of numbers; NaN when there are none.
pub fn mean(values: &[f64]) -> f64 {
    if let Some(sum) = finite_sum(values) {
        let count = values.len() as f64;
        return sum.sum / count + sum.lost / count;
    }
    let mut mean = Mean::default();
    for value in values {
        mean.add(*value);
    }
    mean.mean()
}

/// The mean of the squares of the distances to the mean, value by value.
///
/// Source: B. P. Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products", Technometrics 4 (1962).
#[derive(Debug, Clone, Copy, Default)]
pub struct Variance {
    pub count: f64,
    mean: Sum,
    squares: Sum,
}

impl Variance {
    pub fn add(&mut self, value: f64) {
        self.count += 1.0;
        let distance = value - self.mean.total();
        self.mean.add(distance / self.count);
        self.squares.add(distance * (value - self.mean.total()));
    }

    /// NaN when there was no value.
    pub fn variance(&self) -> f64 {
        self.squares.total() / self.count
    }
}

/// The variance of numbers; NaN when there are none.
pub fn variance(values: &[f64]) -> f64 {
    let mut variance = Variance::default();
    for value in values {
        variance.add(*value);
    }
    variance.variance()
}

#[cfg(test)]
mod tests {
    use super::{mean, sum, variance};

    #[test]
    fn small_numbers_beside_large_ones_are_not_lost() {
        assert_eq!(sum(&[1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(mean(&[1.0, 1e100, 1.0, -1e100]), 0.5);
    }

    #[test]
    fn a_sum_may_be_infinite() {
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[f64::INFINITY, 1.0, -5.0]), f64::INFINITY);
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    }

    #[test]
    fn a_mean_does_not_overflow() {
        assert_eq!(mean(&[f64::MAX, f64::MAX]), f64::MAX);
        let large = mean(&[1e308, 1e308, 1e308]);
        assert!((large / 1e308 - 1.0).abs() < 1e-15, "{large}");
        assert_eq!(mean(&[f64::INFINITY, 1.0]), f64::INFINITY);
        assert!(mean(&[]).is_nan());
    }

    #[test]
    fn variance_is_of_the_whole_population() {
        assert_eq!(variance(&[1.0, 3.0]), 1.0);
        assert_eq!(variance(&[1e10, 1e10, 1e10]), 0.0);
        assert!(variance(&[]).is_nan());
    }
}

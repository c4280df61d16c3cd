//! Sums that keep what rounding loses: Kahan's method with Neumaier's improvement.

/// A sum, and what its additions have rounded away.
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

/// The mean of numbers, which does not overflow where they do not; `None` when there are none.
///
/// The sum is taken first and divided last, which is the most exact. Where it overflows the mean goes on from value to
/// value.
pub fn mean(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    let divided = |sum: Sum| sum.sum / count + sum.lost / count;
    let (first, others) = values.split_first()?;
    if let Some(sum) = finite_sum(values) {
        return Some(divided(sum));
    }
    let mut sum = Sum::new(*first);
    for (at, value) in others.iter().enumerate() {
        let next = sum.plus(*value);
        if next.sum.is_infinite() {
            let count = (at + 1) as f64;
            let mean = Sum { sum: sum.sum / count, lost: sum.lost / count };
            return Some(mean_from(mean, count, &others[at..]));
        }
        sum = next;
    }
    Some(divided(sum))
}

/// The mean of `count` values and of those that follow.
fn mean_from(mut mean: Sum, mut count: f64, following: &[f64]) -> f64 {
    for value in following {
        count += 1.0;
        mean = mean.scaled((count - 1.0) / count).plus(value / count);
    }
    mean.total()
}

/// The mean of the squares of the distances to the mean; `None` when there are no numbers.
pub fn variance(values: &[f64]) -> Option<f64> {
    let (mut mean, mut squares) = (Sum::default(), Sum::default());
    let mut count = 0.0;
    for value in values {
        count += 1.0;
        let distance = value - mean.total();
        mean.add(distance / count);
        squares.add(distance * (value - mean.total()));
    }
    (count > 0.0).then(|| squares.total() / count)
}

#[cfg(test)]
mod tests {
    use super::{mean, sum, variance};

    #[test]
    fn small_numbers_beside_large_ones_are_not_lost() {
        assert_eq!(sum(&[1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(mean(&[1.0, 1e100, 1.0, -1e100]), Some(0.5));
    }

    #[test]
    fn a_sum_may_be_infinite() {
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[f64::INFINITY, 1.0, -5.0]), f64::INFINITY);
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    }

    #[test]
    fn a_mean_does_not_overflow() {
        assert_eq!(mean(&[f64::MAX, f64::MAX]), Some(f64::MAX));
        let large = mean(&[1e308, 1e308, 1e308]).expect("three numbers");
        assert!((large / 1e308 - 1.0).abs() < 1e-15, "{large}");
        assert_eq!(mean(&[f64::INFINITY, 1.0]), Some(f64::INFINITY));
        assert_eq!(mean(&[]), None);
    }

    #[test]
    fn variance_is_of_the_whole_population() {
        assert_eq!(variance(&[1.0, 3.0]), Some(1.0));
        assert_eq!(variance(&[1e10, 1e10, 1e10]), Some(0.0));
        assert_eq!(variance(&[]), None);
    }
}

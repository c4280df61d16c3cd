//! What is counted of one series in one interval. An empty cell counts no span.

/// How many spans; weights, where calls stand for others. Exact up to 2^53.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Count(pub f64);

/// The least number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Least(pub f64);

impl Default for Least {
    fn default() -> Self {
        Self(f64::INFINITY)
    }
}

/// The greatest number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Greatest(pub f64);

impl Default for Greatest {
    fn default() -> Self {
        Self(f64::NEG_INFINITY)
    }
}

/// The sum of numbers, and how many there are. Whole numbers are added up exactly, so that their sum does not depend
/// on the order in which files were read.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sum {
    whole: i128,
    fractions: f64,
    pub count: f64,
}

impl Sum {
    #[inline]
    pub fn add_whole(&mut self, number: i64, weight: f64) {
        self.whole += i128::from(number);
        self.count += weight;
    }

    #[inline]
    pub fn add_fraction(&mut self, number: f64) {
        self.fractions += number;
        self.count += 1.0;
    }

    pub fn sum(&self) -> f64 {
        self.whole as f64 + self.fractions
    }
}

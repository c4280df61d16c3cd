//! Sums that do not lose what is small beside them.

use std::ops::AddAssign;

use super::layout::Count;

/// A sum with what rounding took away from it (Neumaier's variant of Kahan's summation).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Compensated {
    sum: f64,
    lost: f64,
}

impl Count for Compensated {
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost = match sum.is_infinite() {
            true => 0.0,
            false if self.sum.abs() >= value.abs() => self.lost + ((self.sum - sum) + value),
            false => self.lost + ((value - sum) + self.sum),
        };
        self.sum = sum;
    }

    fn is_zero(self) -> bool {
        self.total() == 0.0
    }
}

impl AddAssign for Compensated {
    fn add_assign(&mut self, other: Self) {
        self.add(other.sum);
        self.lost += other.lost;
    }
}

impl Compensated {
    pub fn total(self) -> f64 {
        if self.sum.is_infinite() { self.sum } else { self.sum + self.lost }
    }

    pub fn scale(&mut self, factor: f64) {
        self.sum *= factor;
        self.lost *= factor;
    }
}

impl From<f64> for Compensated {
    fn from(sum: f64) -> Self {
        Self { sum, lost: 0.0 }
    }
}

//! What a group holds of floats, for all steps.

use crate::promql::quantile;
use crate::promql::sample::{STALE, is_stale};
use crate::promql::tree::AggregateOp;

/// The staleness marker stands for "no value yet".
pub(super) enum Floats {
    Sum(Vec<Sum>),
    Mean(Vec<Mean>),
    Min(Vec<f64>),
    Max(Vec<f64>),
    Count(Vec<f64>),
    Group(Vec<f64>),
    /// And whether its root is wanted.
    Variance(Vec<Variance>, bool),
    /// All values.
    Quantile(Vec<Vec<f64>>),
}

impl Floats {
    pub fn new(op: AggregateOp, steps: usize) -> Self {
        match op {
            AggregateOp::Avg => Self::Mean(vec![Mean::NONE; steps]),
            AggregateOp::Min => Self::Min(vec![STALE; steps]),
            AggregateOp::Max => Self::Max(vec![STALE; steps]),
            AggregateOp::Count => Self::Count(vec![STALE; steps]),
            AggregateOp::Group => Self::Group(vec![STALE; steps]),
            AggregateOp::Stddev => Self::Variance(vec![Variance::default(); steps], true),
            AggregateOp::Stdvar => Self::Variance(vec![Variance::default(); steps], false),
            AggregateOp::Quantile => Self::Quantile(vec![Vec::new(); steps]),
            _ => Self::Sum(vec![Sum::NONE; steps]),
        }
    }

    /// Takes a row's values in. Returns how many more of them are held than before.
    pub fn take(&mut self, values: &[f64]) -> usize {
        match self {
            Self::Sum(held) => each(held, values, Sum::take),
            Self::Mean(held) => each(held, values, Mean::take),
            Self::Min(held) => each(held, values, take_min),
            Self::Max(held) => each(held, values, take_max),
            Self::Count(held) => each(held, values, |held, _| take_count(held)),
            Self::Group(held) => each(held, values, |held, _| *held = 1.0),
            Self::Variance(held, _) => each(held, values, Variance::take),
            Self::Quantile(held) => {
                each(held, values, |held, value| held.push(value));
                return values.iter().filter(|value| !is_stale(**value)).count();
            }
        }
        0
    }

    /// Takes one value in.
    pub fn take_one(&mut self, step: usize, value: f64) {
        match self {
            Self::Count(held) => take_count(&mut held[step]),
            Self::Group(held) => held[step] = value,
            _ => {}
        }
    }

    /// The values of all steps. `quantiles` has one for each step when quantiles are wanted.
    pub fn finish(self, quantiles: &[f64]) -> Vec<f64> {
        match self {
            Self::Sum(held) => held.iter().map(Sum::finish).collect(),
            Self::Mean(held) => held.iter().map(Mean::finish).collect(),
            Self::Min(held) | Self::Max(held) | Self::Count(held) | Self::Group(held) => held,
            Self::Variance(held, root) => {
                let values = held.iter().map(Variance::finish);
                values.map(|value| if root && !is_stale(value) { value.sqrt() } else { value }).collect()
            }
            Self::Quantile(held) => {
                let each = held.into_iter().zip(quantiles);
                each.map(|(mut values, wanted)| quantile_of(*wanted, &mut values)).collect()
            }
        }
    }
}

fn quantile_of(wanted: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() { STALE } else { quantile::quantile(wanted, values) }
}

fn each<T>(held: &mut [T], values: &[f64], take: impl Fn(&mut T, f64)) {
    for (held, value) in held.iter_mut().zip(values) {
        if !is_stale(*value) {
            take(held, *value);
        }
    }
}

fn take_min(held: &mut f64, value: f64) {
    if is_stale(*held) || *held > value || held.is_nan() {
        *held = value;
    }
}

fn take_max(held: &mut f64, value: f64) {
    if is_stale(*held) || *held < value || held.is_nan() {
        *held = value;
    }
}

fn take_count(held: &mut f64) {
    *held = if is_stale(*held) { 1.0 } else { *held + 1.0 };
}

/// A sum whose lost low digits are kept beside it.
///
/// Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54 (1974).
#[derive(Debug, Clone, Copy)]
pub(super) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    const NONE: Self = Self { sum: STALE, lost: 0.0 };

    fn of(value: f64) -> Self {
        Self { sum: value, lost: 0.0 }
    }

    fn take(&mut self, value: f64) {
        *self = if is_stale(self.sum) { Self::of(value) } else { self.plus(value) };
    }

    fn plus(self, value: f64) -> Self {
        let sum = self.sum + value;
        let lost = if sum.is_infinite() {
            0.0
        } else if self.sum.abs() >= value.abs() {
            self.lost + ((self.sum - sum) + value)
        } else {
            self.lost + ((value - sum) + self.sum)
        };
        Self { sum, lost }
    }

    fn scaled(self, factor: f64) -> Self {
        Self { sum: self.sum * factor, lost: self.lost * factor }
    }

    fn finish(&self) -> f64 {
        if is_stale(self.sum) { STALE } else { self.sum + self.lost }
    }
}

/// A mean: of the sum, as long as that does not overflow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mean {
    /// Or the mean so far, once `incremental`.
    sum: Sum,
    count: f64,
    incremental: bool,
}

impl Mean {
    const NONE: Self = Self { sum: Sum::NONE, count: 0.0, incremental: false };

    fn take(&mut self, value: f64) {
        self.count += 1.0;
        if self.count == 1.0 {
            self.sum = Sum::of(value);
            return;
        }
        if !self.incremental {
            let sum = self.sum.plus(value);
            if !sum.sum.is_infinite() {
                self.sum = sum;
                return;
            }
            self.incremental = true;
            let before = self.count - 1.0;
            self.sum = Sum { sum: self.sum.sum / before, lost: self.sum.lost / before };
        }
        self.sum = self.sum.scaled((self.count - 1.0) / self.count).plus(value / self.count);
    }

    fn finish(&self) -> f64 {
        match (self.count == 0.0, self.incremental) {
            (true, _) => STALE,
            (false, true) => self.sum.sum + self.sum.lost,
            (false, false) => self.sum.sum / self.count + self.sum.lost / self.count,
        }
    }
}

/// Mean and squared distance from it, updated value by value.
///
/// Source: B. P. Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products", Technometrics 4 (1962).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Variance {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Variance {
    fn take(&mut self, value: f64) {
        self.count += 1.0;
        if self.count == 1.0 {
            self.mean = value;
            self.squares = if value.is_finite() { 0.0 } else { f64::NAN };
            return;
        }
        let distance = value - self.mean;
        self.mean += distance / self.count;
        self.squares += distance * (value - self.mean);
    }

    fn finish(&self) -> f64 {
        if self.count == 0.0 { STALE } else { self.squares / self.count }
    }
}

//! What a group holds of floats, for all steps.

use crate::promql::quantile;
use crate::promql::sample::{STALE, is_stale};
use crate::promql::sum::{Mean, Sum, Variance};
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
            AggregateOp::Avg => Self::Mean(vec![Mean::default(); steps]),
            AggregateOp::Min => Self::Min(vec![STALE; steps]),
            AggregateOp::Max => Self::Max(vec![STALE; steps]),
            AggregateOp::Count => Self::Count(vec![STALE; steps]),
            AggregateOp::Group => Self::Group(vec![STALE; steps]),
            AggregateOp::Stddev => Self::Variance(vec![Variance::default(); steps], true),
            AggregateOp::Stdvar => Self::Variance(vec![Variance::default(); steps], false),
            AggregateOp::Quantile => Self::Quantile(vec![Vec::new(); steps]),
            _ => Self::Sum(vec![NO_SUM; steps]),
        }
    }

    /// Takes a row's values in. Returns how many more of them are held than before.
    pub fn take(&mut self, values: &[f64]) -> usize {
        match self {
            Self::Sum(held) => each(held, values, take_sum),
            Self::Mean(held) => each(held, values, Mean::add),
            Self::Min(held) => each(held, values, take_min),
            Self::Max(held) => each(held, values, take_max),
            Self::Count(held) => each(held, values, |held, _| take_count(held)),
            Self::Group(held) => each(held, values, |held, _| *held = 1.0),
            Self::Variance(held, _) => each(held, values, Variance::add),
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
            Self::Sum(held) => held.iter().map(sum_of).collect(),
            Self::Mean(held) => held.iter().map(mean_of).collect(),
            Self::Min(held) | Self::Max(held) | Self::Count(held) | Self::Group(held) => held,
            Self::Variance(held, root) => {
                let values = held.iter().map(variance_of);
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

/// A group without a value at a step.
const NO_SUM: Sum = Sum::new(STALE);

fn take_sum(held: &mut Sum, value: f64) {
    *held = if is_stale(held.sum) { Sum::new(value) } else { held.plus(value) };
}

fn sum_of(held: &Sum) -> f64 {
    if is_stale(held.sum) { STALE } else { held.total() }
}

fn mean_of(held: &Mean) -> f64 {
    if held.count == 0.0 { STALE } else { held.mean() }
}

fn variance_of(held: &Variance) -> f64 {
    if held.count == 0.0 { STALE } else { held.variance() }
}

//! Sums and means of native histograms.

use std::sync::Arc;

use crate::promql::call::Context;
use crate::promql::call::message::Operation;
use crate::promql::histogram::{Combined, Histogram, HistogramMean, HistogramSum, Incompatible};
use crate::promql::sample::Sample;

/// The sum; `None` when the buckets do not fit one another.
pub(super) fn sum(values: &[Arc<Histogram>], context: &mut Context<'_>) -> Option<Sample> {
    let (first, others) = values.split_first()?;
    let mut sum = HistogramSum::new(first);
    let fitting: Result<(), Incompatible> = others.iter().try_for_each(|other| sum.add(other));
    finish(fitting.map(|()| sum.sum()), context)
}

/// The mean; `None` when the buckets do not fit one another.
pub(super) fn mean(values: &[Arc<Histogram>], context: &mut Context<'_>) -> Option<Sample> {
    let (first, others) = values.split_first()?;
    let mut mean = HistogramMean::new(first);
    let fitting: Result<(), Incompatible> = others.iter().try_for_each(|other| mean.add(other));
    finish(fitting.map(|()| mean.mean()), context)
}

fn finish(combined: Result<Combined, Incompatible>, context: &mut Context<'_>) -> Option<Sample> {
    if combined.as_ref().is_ok_and(|combined| combined.hints_conflict) {
        context.conflicting_resets(Operation::Aggregation);
    }
    let histogram = context.combined(combined, Operation::Aggregation)?;
    Some(Sample::Histogram(Arc::new(histogram)))
}

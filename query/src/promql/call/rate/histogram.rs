//! The increase of native histograms between the samples of a window.

use std::sync::Arc;

use super::{Asked, Sampled, start_within};
use crate::promql::call::message::Operation;
use crate::promql::call::{Context, start};
use crate::promql::histogram::{Histogram, ResetHint};
use crate::promql::sample::{Slice, Window};

type Histograms<'a> = Slice<'a, Arc<Histogram>>;

/// What a histogram grew by; `None` when samples do not fit one another or are too few.
pub(super) fn grown(window: &Window<'_>, context: &mut Context<'_>, asked: Asked) -> Option<Histogram> {
    let samples = &window.histograms;
    let first = samples.values.first()?;
    let known_start = if asked.counter { start_within(window, samples) } else { None };
    let between = if samples.len() > 1 { Some(increase(samples, context, asked)?) } else { None };
    let zero = between.as_ref().filter(|grown| asked.counter && grown.count > 0.0 && first.count >= 0.0);
    let zero = zero.map(|grown| first.count / grown.count);
    let factor =
        Sampled { times_ms: samples.times_ms, known_start, zero }.factor(window.start_ms, window.end_ms, asked)?;
    let grown = match between {
        Some(between) if known_start.is_some() => context.sum(&between, first)?,
        Some(between) => between,
        None => Histogram::clone(first),
    };
    Some(Histogram { hint: ResetHint::Gauge, ..grown.scale(factor) })
}

/// The increase from the first to the last of at least two samples.
fn increase(samples: &Histograms<'_>, context: &mut Context<'_>, asked: Asked) -> Option<Histogram> {
    let (first, last) = (samples.values.first()?, samples.values.last()?);
    if !asked.counter {
        if first.hint != ResetHint::Gauge || last.hint != ResetHint::Gauge {
            context.not_gauge();
        }
        return context.difference(last, first);
    }
    if samples.values.iter().any(|sample| sample.hint == ResetHint::Gauge) {
        context.not_counter();
    }
    if start::any_overlap(samples) {
        context.starts_overlap();
    }
    let reset_at_once = is_reset(samples, 1, first);
    // After a reset the first sample does not count, and neither does the layout of its buckets.
    let nothing = reset_at_once.then(|| empty_like(&samples.values[1]));
    let first = nothing.as_ref().unwrap_or(first);
    if samples.values[1..].iter().any(|sample| sample.is_custom() != first.is_custom()) {
        context.mixed_schemas();
        return None;
    }
    let coarsest = samples.values[1..].iter().map(|sample| sample.schema).fold(first.schema, i32::min);
    let mut grown = context.difference(&Histogram::clone(last).reduce_schema(coarsest), first)?;
    let mut before = first;
    for (at, sample) in samples.values.iter().enumerate().skip(1) {
        if is_reset(samples, at, before) {
            grown = context.sum(&grown, before)?;
        }
        before = sample;
    }
    Some(grown)
}

/// Whether a counter began anew between the sample before `at`, which is `before`, and that at `at`.
fn is_reset(samples: &Histograms<'_>, at: usize, before: &Histogram) -> bool {
    start::restarted(samples, at) || samples.values[at].detect_reset(before)
}

/// Nothing, in the buckets of another histogram.
fn empty_like(other: &Histogram) -> Histogram {
    Histogram { schema: other.schema, custom_bounds: other.custom_bounds.clone(), ..Histogram::default() }
}

impl Context<'_> {
    /// The sum of two histograms; `None` when their buckets do not fit one another. That, and bounds that differ, is told.
    pub(in crate::promql::call) fn sum(&mut self, one: &Histogram, other: &Histogram) -> Option<Histogram> {
        let sum = one.add(other);
        self.combined(sum, Operation::Addition)
    }

    /// The difference of two histograms, as [`Context::sum`].
    pub(in crate::promql::call) fn difference(&mut self, from: &Histogram, other: &Histogram) -> Option<Histogram> {
        let difference = from.sub(other);
        self.combined(difference, Operation::Subtraction)
    }
}

//! The increase of native histograms between the edges of a window.

use super::{Bounds, fraction};
use crate::promql::call::Context;
use crate::promql::call::rate::{Asked, window_seconds};
use crate::promql::histogram::{Histogram, ResetHint};
use crate::promql::sample::{Slice, Window};
use crate::promql::tree::Edges;
use std::sync::Arc;

type Histograms<'a> = Slice<'a, Arc<Histogram>>;

/// What a histogram grew by; `None` when samples do not fit one another or say nothing of the window.
pub(in crate::promql::call) fn grown(
    window: &Window<'_>,
    context: &mut Context<'_>,
    edges: Edges,
    asked: Asked,
) -> Option<Histogram> {
    let smoothed = edges == Edges::Smoothed;
    let bounds = Bounds::of(window.histograms.times_ms, window.start_ms, window.end_ms, smoothed)?;
    let samples = window.histograms.part(bounds.first, bounds.last + 1);
    check(&samples, context, asked)?;
    let start_spanned = smoothed && samples.times_ms[0] < window.start_ms && samples.len() > 1;
    let left = if start_spanned {
        between(&samples, 0, window.start_ms, asked.counter, context)?
    } else {
        Histogram::clone(&samples.values[0])
    };
    let end_spanned = smoothed && samples.times_ms[samples.len() - 1] > window.end_ms && samples.len() > 1;
    let right = if end_spanned {
        between(&samples, samples.len() - 2, window.end_ms, asked.counter, context)?
    } else {
        Histogram::clone(&samples.values[samples.len() - 1])
    };
    let mut grown = context.difference(&right, &left)?;
    if asked.counter {
        grown = with_resets(grown, &samples, &left, &right, start_spanned, context)?;
    } else if left.hint != ResetHint::Gauge || right.hint != ResetHint::Gauge {
        context.not_gauge();
    }
    if asked.per_second {
        grown = grown.divide(window_seconds(window));
    }
    Some(Histogram { hint: ResetHint::Gauge, ..grown })
}

/// Whether all samples have buckets of one kind. Gauges where a counter is expected are told of.
fn check(samples: &Histograms<'_>, context: &mut Context<'_>, asked: Asked) -> Option<()> {
    let first = samples.values.first()?;
    if samples.values.iter().any(|sample| sample.is_custom() != first.is_custom()) {
        context.mixed_schemas();
        return None;
    }
    if asked.counter && samples.values.iter().any(|sample| sample.hint == ResetHint::Gauge) {
        context.not_counter();
    }
    Some(())
}

/// What lies on the line from sample `at` to the next one. A counter that was reset between them began at zero.
fn between(
    samples: &Histograms<'_>,
    at: usize,
    time_ms: i64,
    counter: bool,
    context: &mut Context<'_>,
) -> Option<Histogram> {
    let (before, after) = (&samples.values[at], &samples.values[at + 1]);
    let (before_ms, after_ms) = (samples.times_ms[at], samples.times_ms[at + 1]);
    if time_ms == before_ms {
        return Some(Histogram::clone(before));
    }
    if time_ms == after_ms {
        return Some(Histogram::clone(after));
    }
    if before.is_custom() != after.is_custom() {
        // Not a reset, though it may be one too.
        context.mixed_schemas();
        return None;
    }
    let fraction = fraction(before_ms, after_ms, time_ms);
    if counter && after.detect_reset(before) {
        return Some(Histogram::clone(after).scale(fraction));
    }
    let grown = context.difference(after, before)?;
    context.sum(&grown.scale(fraction), before)
}

/// Adds what the counter had whenever it was reset between the edges.
fn with_resets(
    mut grown: Histogram,
    samples: &Histograms<'_>,
    left: &Histogram,
    right: &Histogram,
    start_spanned: bool,
    context: &mut Context<'_>,
) -> Option<Histogram> {
    let last = samples.len() - 1;
    let (mut before, mut next) = (left, 1);
    if start_spanned && samples.values[1].detect_reset(&samples.values[0]) {
        // A reset that the left edge already lies behind.
        (before, next) = (&samples.values[1], 2);
    }
    // The last sample is the right edge, or lies beyond it.
    if next > last {
        return Some(grown);
    }
    for after in samples.values[next..last].iter().map(|sample| &**sample).chain([right]) {
        if after.detect_reset(before) {
            grown = context.sum(&grown, before)?;
        }
        before = after;
    }
    Some(grown)
}

/// The value of a smoothed vector selector between two samples: on the line between them. A counter that was reset in between
/// began at zero.
pub(in crate::promql::call) fn smoothed_value(
    samples: &Histograms<'_>,
    time_ms: i64,
    context: &mut Context<'_>,
) -> Option<Arc<Histogram>> {
    let after = samples.times_ms.partition_point(|time| *time <= time_ms);
    let before = after.checked_sub(1)?;
    if samples.times_ms[before] == time_ms || after == samples.len() {
        return Some(samples.values[before].clone());
    }
    let counter = samples.values[before].hint != ResetHint::Gauge;
    between(samples, before, time_ms, counter, context).map(Arc::new)
}

//! Statistics of the samples in a window: the functions whose names end in `_over_time`.

/// Sums and means of native histograms.
mod histogram;

use super::{Context, WindowFunction};
use crate::promql::quantile::quantile;
use crate::promql::sample::{Sample, Window};
use crate::promql::sum;

/// The function that is called so.
pub(super) fn function(name: &str) -> Option<WindowFunction> {
    Some(match name {
        "sum_over_time" => sum_over_time,
        "avg_over_time" => avg_over_time,
        "count_over_time" => |window, _| number(count(window) as f64),
        "present_over_time" => |_, _| number(1.0),
        "first_over_time" => first,
        "last_over_time" => last,
        "min_over_time" => |window, context| number(-highest(floats(window, context)?, |value| -value)),
        "max_over_time" => |window, context| number(highest(floats(window, context)?, |value| value)),
        "ts_of_min_over_time" => {
            |window, context| time(window.floats.times_ms[at_extreme(window, context, not_higher)?])
        }
        "ts_of_max_over_time" => {
            |window, context| time(window.floats.times_ms[at_extreme(window, context, not_lower)?])
        }
        "ts_of_first_over_time" => ts_of_first,
        "ts_of_last_over_time" => ts_of_last,
        "stdvar_over_time" => |window, context| number(sum::variance(floats(window, context)?)),
        "stddev_over_time" => |window, context| number(sum::variance(floats(window, context)?).sqrt()),
        "quantile_over_time" => quantile_over_time,
        "mad_over_time" => mad,
        _ => return None,
    })
}

fn number(value: f64) -> Option<Sample> {
    Some(Sample::Float(value))
}

/// A time as a value: seconds.
fn time(time_ms: i64) -> Option<Sample> {
    number(time_ms as f64 / 1000.0)
}

fn count(window: &Window<'_>) -> usize {
    window.floats.len() + window.histograms.len()
}

/// The floats of a function that leaves histograms out, and says so; `None` when there are none.
fn floats<'a>(window: &Window<'a>, context: &mut Context<'_>) -> Option<&'a [f64]> {
    if window.floats.is_empty() {
        return None;
    }
    if !window.histograms.is_empty() {
        context.histograms_ignored(context.span);
    }
    Some(window.floats.values)
}

fn sum_over_time(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    match (window.floats.is_empty(), window.histograms.is_empty()) {
        (false, true) => number(sum::sum(window.floats.values)),
        (true, false) => histogram::sum(window.histograms.values, context),
        (true, true) => None,
        (false, false) => {
            context.mixed_floats_histograms();
            None
        }
    }
}

fn avg_over_time(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    match (window.floats.is_empty(), window.histograms.is_empty()) {
        (false, true) => number(sum::mean(window.floats.values)),
        (true, true) => None,
        (true, false) => histogram::mean(window.histograms.values, context),
        (false, false) => {
            context.mixed_floats_histograms();
            None
        }
    }
}

fn first(window: &Window<'_>, _context: &mut Context<'_>) -> Option<Sample> {
    let (float, histogram) = (window.floats.times_ms.first(), window.histograms.times_ms.first());
    if float.is_some_and(|float| histogram.is_none_or(|histogram| float < histogram)) {
        return number(*window.floats.values.first()?);
    }
    Some(Sample::Histogram(window.histograms.values.first()?.clone()))
}

fn last(window: &Window<'_>, _context: &mut Context<'_>) -> Option<Sample> {
    if window.floats.times_ms.last() > window.histograms.times_ms.last() {
        return number(*window.floats.values.last()?);
    }
    Some(Sample::Histogram(window.histograms.values.last()?.clone()))
}

fn ts_of_first(window: &Window<'_>, _context: &mut Context<'_>) -> Option<Sample> {
    let firsts = [window.floats.times_ms.first(), window.histograms.times_ms.first()];
    time(*firsts.into_iter().flatten().min()?)
}

fn ts_of_last(window: &Window<'_>, _context: &mut Context<'_>) -> Option<Sample> {
    time(*window.floats.times_ms.last().max(window.histograms.times_ms.last())?)
}

/// How many numbers are looked at side by side.
const LANES: usize = 4;

/// The highest number of what is made of each of some values; NaN when all are.
#[inline(always)]
pub(super) fn highest(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    // No comparison with NaN holds, so that it is left out.
    let higher = |held: f64, value: f64| if value > held { value } else { held };
    let (chunks, others) = values.as_chunks::<LANES>();
    let mut lanes = [f64::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (held, value) in lanes.iter_mut().zip(chunk) {
            *held = higher(*held, of(*value));
        }
    }
    let highest = others.iter().map(|value| of(*value)).chain(lanes).fold(f64::NEG_INFINITY, higher);
    let none = highest == f64::NEG_INFINITY && values.iter().all(|value| value.is_nan());
    if none { f64::NAN } else { highest }
}

fn not_higher(next: f64, held: f64) -> bool {
    next <= held
}

fn not_lower(next: f64, held: f64) -> bool {
    next >= held
}

/// Where the last float is that no other displaces. Any number displaces NaN.
#[inline(always)]
fn at_extreme(window: &Window<'_>, context: &mut Context<'_>, displaces: impl Fn(f64, f64) -> bool) -> Option<usize> {
    let values = floats(window, context)?;
    let (mut extreme, mut held) = (0, values[0]);
    for (at, value) in values.iter().enumerate() {
        if displaces(*value, held) || held.is_nan() {
            (extreme, held) = (at, *value);
        }
    }
    Some(extreme)
}

fn quantile_over_time(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    let part = *context.args.first()?;
    if window.floats.is_empty() {
        return None;
    }
    if !window.histograms.is_empty() {
        // Prometheus shows the first argument, which is the quantile.
        context.histograms_ignored(context.arg_spans.first().copied().unwrap_or(context.span));
    }
    context.check_quantile(part, 0);
    let scratch = &mut context.scratch.values;
    scratch.clear();
    scratch.extend_from_slice(window.floats.values);
    number(quantile(part, scratch))
}

/// The median of the distances to the median.
fn mad(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    let values = floats(window, context)?;
    if values.iter().any(|value| value.is_nan()) {
        return number(f64::NAN);
    }
    let scratch = &mut context.scratch.values;
    scratch.clear();
    scratch.extend_from_slice(values);
    let median = quantile(0.5, scratch);
    for value in scratch.iter_mut() {
        *value = (*value - median).abs();
    }
    number(quantile(0.5, scratch))
}

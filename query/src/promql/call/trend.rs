//! `deriv`, `predict_linear` and `double_exponential_smoothing`: lines through samples. Histograms are left out.

use super::Context;
use crate::promql::sample::{Sample, Slice, Window};
use crate::promql::sum::Sum;

/// `deriv`: growth per second of the line that fits the samples best.
pub(super) fn deriv(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    let floats = at_least_two(window, context)?;
    // Near the samples, so that few digits are lost.
    let line = Line::fitting(&floats, floats.times_ms[0]);
    Some(Sample::Float(line.per_second))
}

/// `predict_linear`: the value so many seconds from now on the line that fits the samples best.
pub(super) fn predict_linear(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    let floats = at_least_two(window, context)?;
    let seconds = *context.args.first()?;
    let line = Line::fitting(&floats, context.time_ms);
    Some(Sample::Float(line.per_second * seconds + line.value))
}

/// `double_exponential_smoothing`: the smoothed last value, with the trend smoothed too.
pub(super) fn double_exponential_smoothing(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    let &[smoothing, trending] = context.args else { return None };
    for (name, factor) in [("smoothing", smoothing), ("trend", trending)] {
        if factor <= 0.0 || factor >= 1.0 {
            let short = if name == "smoothing" { "sf" } else { "tf" };
            let message = format!("invalid {name} factor. Expected: 0 < {short} < 1, got: {factor:.6}");
            context.scratch.failure.get_or_insert(message);
            return None;
        }
    }
    let floats = at_least_two(window, context)?;
    let (mut level, mut trend) = (floats.values[0], floats.values[1] - floats.values[0]);
    for (at, value) in floats.values[1..].iter().enumerate() {
        let expected = (1.0 - smoothing) * (level + trend);
        let next = smoothing * value + expected;
        // The trend of the first two samples stands for itself until there is a third.
        if at + 2 < floats.len() {
            trend = trending * (next - level) + (1.0 - trending) * trend;
        }
        level = next;
    }
    Some(Sample::Float(level))
}

/// The floats of a window, if there are two; histograms beside floats are told of.
fn at_least_two<'a>(window: &Window<'a>, context: &mut Context<'_>) -> Option<Slice<'a, f64>> {
    if !window.floats.is_empty() && !window.histograms.is_empty() {
        context.histograms_ignored(context.span);
    }
    (window.floats.len() >= 2).then_some(window.floats)
}

/// A straight line.
struct Line {
    per_second: f64,
    /// At the time that was asked for.
    value: f64,
}

impl Line {
    /// The line from which samples have the least squared distances, and its value at a time.
    fn fitting(samples: &Slice<'_, f64>, at_ms: i64) -> Self {
        let first = samples.values[0];
        if samples.values.iter().all(|value| *value == first) {
            // Exactly level, without what rounding makes of it. There is no line through infinity.
            let (per_second, value) = if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) };
            return Self { per_second, value };
        }
        let (mut x, mut y, mut xy, mut xx) = (Sum::default(), Sum::default(), Sum::default(), Sum::default());
        for (time_ms, value) in samples.times_ms.iter().zip(samples.values) {
            let seconds = time_ms.saturating_sub(at_ms) as f64 / 1000.0;
            x.add(seconds);
            y.add(*value);
            xy.add(seconds * value);
            xx.add(seconds * seconds);
        }
        let (x, y, count) = (x.total(), y.total(), samples.len() as f64);
        let covariance = xy.total() - x * y / count;
        let variance = xx.total() - x * x / count;
        let per_second = covariance / variance;
        Self { per_second, value: y / count - per_second * x / count }
    }
}

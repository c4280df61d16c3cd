//! `rate`, `increase` and `delta`: how much a value grew in a window, as far as its samples tell.
//!
//! The samples seldom lie at the edges of the window, so that their increase is extended to it: up to the edge when the
//! next sample is about where it would be expected, else by half the usual distance of two samples, and never to before
//! the time at which a counter would have been zero. A counter that tells when it was started needs no guess.

/// The same of native histograms.
mod histogram;

use super::{Context, extended, start};
use crate::promql::sample::{Sample, Slice, Window};
use crate::promql::tree::Edges;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// A fall is a reset; the value cannot be negative.
    pub counter: bool,
    /// Per second of the window.
    pub per_second: bool,
}

pub(super) const RATE: Asked = Asked { counter: true, per_second: true };
pub(super) const INCREASE: Asked = Asked { counter: true, per_second: false };
pub(super) const DELTA: Asked = Asked { counter: false, per_second: false };

pub(super) fn rate(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    grown(window, context, RATE)
}

pub(super) fn increase(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    grown(window, context, INCREASE)
}

pub(super) fn delta(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    grown(window, context, DELTA)
}

#[inline(always)]
fn grown(window: &Window<'_>, context: &mut Context<'_>, asked: Asked) -> Option<Sample> {
    if !window.histograms.is_empty() {
        return grown_histogram(window, context, asked);
    }
    let value = match context.edges {
        Edges::Plain => floats(window, context, asked)?,
        edges => extended::floats(window, edges, asked)?,
    };
    if asked.counter {
        context.check_counter();
    }
    Some(Sample::Float(value))
}

fn grown_histogram(window: &Window<'_>, context: &mut Context<'_>, asked: Asked) -> Option<Sample> {
    if !window.floats.is_empty() {
        context.mixed_floats_histograms();
        return None;
    }
    let value = match context.edges {
        Edges::Plain => histogram::grown(window, context, asked)?,
        edges => extended::histogram::grown(window, context, edges, asked)?,
    };
    Some(Sample::Histogram(value.into()))
}

/// Length of the window in seconds.
pub(super) fn window_seconds(window: &Window<'_>) -> f64 {
    seconds(window.end_ms - window.start_ms)
}

fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

#[inline(always)]
fn floats(window: &Window<'_>, context: &mut Context<'_>, asked: Asked) -> Option<f64> {
    let floats = &window.floats;
    let (first, last) = (*floats.values.first()?, *floats.values.last()?);
    let mut grown = last - first;
    let mut known_start = None;
    if asked.counter {
        grown = with_resets(floats, grown);
        if !floats.starts_ms.is_empty() {
            known_start = start_within(window, floats);
            if start::any_overlap(floats) {
                context.starts_overlap();
            }
        }
    }
    if let Some(start_ms) = known_start {
        let samples = Sampled { times_ms: floats.times_ms, known_start: Some(start_ms), zero: None };
        return Some((grown + first) * samples.factor(window.start_ms, window.end_ms, asked)?);
    }
    extended_to(floats, grown, (window.start_ms, window.end_ms), asked)
}

/// What floats grew by in a window, of what they grew by between its samples.
#[inline(always)]
pub(super) fn extended_to(
    floats: &Slice<'_, f64>,
    grown: f64,
    (start_ms, end_ms): (i64, i64),
    asked: Asked,
) -> Option<f64> {
    let first = *floats.values.first()?;
    let zero = (asked.counter && grown > 0.0 && first >= 0.0).then(|| first / grown);
    let samples = Sampled { times_ms: floats.times_ms, known_start: None, zero };
    Some(grown * samples.factor(start_ms, end_ms, asked)?)
}

/// What a counter grew by, of the difference of its last and first value: where it was reset, what it had before is added.
#[inline(always)]
fn with_resets(floats: &Slice<'_, f64>, difference: f64) -> f64 {
    if !floats.starts_ms.is_empty() {
        let lost =
            (1..floats.len()).filter(|at| floats.values[*at] < floats.values[at - 1] || start::restarted(floats, *at));
        return lost.fold(difference, |grown, at| grown + floats.values[at - 1]);
    }
    // Most windows have no reset, and to see that takes no branch per sample.
    let falls = count_pairs(floats.values, |before, after| after < before);
    if falls > 0 { with_falls(floats.values, difference) } else { difference }
}

/// How many neighbours fulfil a condition.
#[inline(always)]
pub(super) fn count_pairs(values: &[f64], holds: impl Fn(f64, f64) -> bool) -> u64 {
    let later = values.get(1..).unwrap_or_default();
    values.iter().zip(later).map(|(before, after)| u64::from(holds(*before, *after))).sum()
}

#[cold]
fn with_falls(values: &[f64], difference: f64) -> f64 {
    values.windows(2).filter(|pair| pair[1] < pair[0]).fold(difference, |grown, pair| grown + pair[0])
}

/// When the counter of the first sample was started, if that was in the window: then it was zero there.
fn start_within<T>(window: &Window<'_>, samples: &Slice<'_, T>) -> Option<i64> {
    let start_ms = samples.start_ms(0);
    let within = start_ms != 0 && start_ms > window.start_ms && start_ms < samples.times_ms[0];
    within.then_some(start_ms)
}

/// Where the samples of a window lie.
struct Sampled<'a> {
    /// At least one.
    times_ms: &'a [i64],
    /// When the counter began at zero, before the first sample.
    known_start: Option<i64>,
    /// Of a growing counter: what it had at the first sample, as a part of what it grew by after it.
    zero: Option<f64>,
}

/// Two samples may be this much further from one another than usual before one is thought to be missing.
const TOLERANCE: f64 = 1.1;

impl Sampled<'_> {
    /// By how much the increase between the samples is multiplied to be that of the window, or that per second of it.
    /// `None` when a single sample says nothing.
    #[inline(always)]
    fn factor(&self, start_ms: i64, end_ms: i64, asked: Asked) -> Option<f64> {
        let (first_ms, last_ms) = (*self.times_ms.first()?, *self.times_ms.last()?);
        let gaps = self.times_ms.len() - 1;
        let between = seconds(last_ms - first_ms);
        let usual_gap = if gaps == 0 { 0.0 } else { between / gaps as f64 };
        let farthest = usual_gap * TOLERANCE;
        let reach = |distance: f64| if distance >= farthest { usual_gap / 2.0 } else { distance };

        let (sampled, before) = match self.known_start {
            Some(known_ms) => (seconds(last_ms - known_ms), 0.0),
            None if gaps == 0 => return None,
            None => {
                let before = reach(seconds(first_ms - start_ms));
                let since_zero = self.zero.map_or(before, |zero| between * zero);
                (between, if since_zero < before { since_zero } else { before })
            }
        };
        let after = reach(seconds(end_ms - last_ms));
        let factor = if sampled == 0.0 { 1.0 } else { (sampled + before + after) / sampled };
        Some(if asked.per_second { factor / seconds(end_ms - start_ms) } else { factor })
    }
}

//! `rate`, `increase` and `delta` of an `anchored` or `smoothed` selector: between the edges of the window, without
//! extrapolation.
//!
//! An anchored window begins with the last sample at or before its start. A smoothed one has at both edges what lies
//! between the samples around the edge, or the nearest sample where there is none beyond it.

/// The same of native histograms.
pub(super) mod histogram;

use std::sync::Arc;

use super::Context;
use super::rate::{Asked, window_seconds};
use crate::promql::histogram::Histogram;
use crate::promql::sample::{Sample, Slice, Window};
use crate::promql::tree::Edges;

/// The samples that count, of a column that has at least one: from the one at or before the window's start to the first
/// one at or after its end.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    start_ms: i64,
    end_ms: i64,
    first: usize,
    last: usize,
}

impl Bounds {
    /// `None` when no sample says anything about the window.
    fn of(times_ms: &[i64], start_ms: i64, end_ms: i64, smoothed: bool) -> Option<Self> {
        let end = times_ms.len().checked_sub(1)?;
        let first = times_ms[..end].partition_point(|time| *time <= start_ms).saturating_sub(1);
        let last = if smoothed { times_ms[..end].partition_point(|time| *time < end_ms) } else { end };
        let before = times_ms[last] <= start_ms;
        let after = smoothed && times_ms[first] > end_ms;
        (!before && !after).then_some(Self { start_ms, end_ms, first, last })
    }

    /// The values at both edges.
    fn values(self, floats: &Slice<'_, f64>, smoothed: bool, counter: bool) -> (f64, f64) {
        let Self { start_ms, end_ms, first, last } = self;
        let starts_between = smoothed && floats.times_ms[first] < start_ms;
        let ends_between = smoothed && last > 0 && floats.times_ms[last] > end_ms;
        (
            if starts_between { between(floats, first, start_ms, counter) } else { floats.values[first] },
            if ends_between { between(floats, last - 1, end_ms, counter) } else { floats.values[last] },
        )
    }

    /// The samples between the edges.
    fn inner<'a>(self, floats: &Slice<'a, f64>) -> Slice<'a, f64> {
        let first = self.first + usize::from(floats.times_ms[self.first] <= self.start_ms);
        let end = self.last + usize::from(floats.times_ms[self.last] < self.end_ms);
        floats.part(first.min(end), end)
    }
}

/// How far a time lies from one sample to the next, from 0 to 1.
fn fraction(from_ms: i64, to_ms: i64, at_ms: i64) -> f64 {
    (at_ms - from_ms) as f64 / (to_ms - from_ms) as f64
}

/// The increase of a series of floats.
pub(super) fn floats(window: &Window<'_>, edges: Edges, asked: Asked) -> Option<f64> {
    let (floats, smoothed) = (&window.floats, edges == Edges::Smoothed);
    let bounds = Bounds::of(floats.times_ms, window.start_ms, window.end_ms, smoothed)?;
    let (left, right) = bounds.values(floats, smoothed, asked.counter);
    let mut grown = right - left;
    if asked.counter {
        // What lies at an edge is in its value there already.
        grown += lost(left, bounds.inner(floats).values, right);
    }
    Some(if asked.per_second { grown / window_seconds(window) } else { grown })
}

/// What lies on the line from sample `at` to the next one. A counter that was reset between them began at zero.
fn between(floats: &Slice<'_, f64>, at: usize, time_ms: i64, counter: bool) -> f64 {
    let (mut before, after) = (floats.values[at], floats.values[at + 1]);
    if counter && after < before {
        before = 0.0;
    }
    before + (after - before) * fraction(floats.times_ms[at], floats.times_ms[at + 1], time_ms)
}

/// What a counter had whenever it was reset.
fn lost(left: f64, inner: &[f64], right: f64) -> f64 {
    let mut lost = 0.0;
    let mut before = left;
    for value in inner.iter().chain([&right]) {
        if *value < before {
            lost += before;
        }
        before = *value;
    }
    lost
}

/// The value of a smoothed vector selector at a time, of floats: on the line between the samples around it, or that of the
/// last one before it. `None` when all samples are later.
///
/// A fall is taken for a reset of a counter only where `counter` says so.
pub fn smoothed_value(floats: &Slice<'_, f64>, time_ms: i64, counter: bool) -> Option<f64> {
    let after = floats.times_ms.partition_point(|time| *time <= time_ms);
    let before = after.checked_sub(1)?;
    let is_known = floats.times_ms[before] == time_ms || after == floats.len();
    Some(if is_known { floats.values[before] } else { between(floats, before, time_ms, counter) })
}

/// The value of a smoothed vector selector at a time: on the line between the samples around it, or that of the last one
/// before it. `None` when all samples are later, or when floats and histograms are among them.
pub fn smoothed(
    floats: &Slice<'_, f64>,
    histograms: &Slice<'_, Arc<Histogram>>,
    time_ms: i64,
    context: &mut Context<'_>,
) -> Option<Sample> {
    match (floats.is_empty(), histograms.is_empty()) {
        (false, false) => {
            context.mixed_floats_histograms();
            None
        }
        (true, _) => histogram::smoothed_value(histograms, time_ms, context).map(Sample::Histogram),
        (false, true) => smoothed_value(floats, time_ms, false).map(Sample::Float),
    }
}

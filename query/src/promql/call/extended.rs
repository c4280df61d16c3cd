//! `rate`, `increase` and `delta` of an `anchored` or `smoothed` selector: between the edges of the window, without
//! extrapolation.
//!
//! An anchored window begins with the last sample at or before its start. A smoothed one has at both edges what lies
//! between the samples around the edge, or the nearest sample where there is none beyond it.

/// The same of native histograms.
pub(super) mod histogram;

use super::rate::{Asked, window_seconds};
use crate::promql::sample::{Slice, Window};
use crate::promql::tree::Edges;

/// The samples that count, of a column that has at least one: from the one at or before the window's start to the first
/// one at or after its end.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    first: usize,
    last: usize,
}

impl Bounds {
    /// `None` when no sample says anything about the window.
    fn of(times_ms: &[i64], window: &Window<'_>, smoothed: bool) -> Option<Self> {
        let end = times_ms.len().checked_sub(1)?;
        let first = times_ms[..end].partition_point(|time| *time <= window.start_ms).saturating_sub(1);
        let last = if smoothed { times_ms[..end].partition_point(|time| *time < window.end_ms) } else { end };
        let before = times_ms[last] <= window.start_ms;
        let after = smoothed && times_ms[first] > window.end_ms;
        (!before && !after).then_some(Self { first, last })
    }
}

/// How far a time lies from one sample to the next, from 0 to 1.
fn fraction(from_ms: i64, to_ms: i64, at_ms: i64) -> f64 {
    (at_ms - from_ms) as f64 / (to_ms - from_ms) as f64
}

/// The increase of a series of floats.
pub(super) fn floats(window: &Window<'_>, edges: Edges, asked: Asked) -> Option<f64> {
    let (floats, smoothed) = (&window.floats, edges == Edges::Smoothed);
    let Bounds { mut first, last } = Bounds::of(floats.times_ms, window, smoothed)?;
    let interpolates_start = smoothed && floats.times_ms[first] < window.start_ms;
    let left =
        if interpolates_start { between(floats, first, window.start_ms, asked.counter) } else { floats.values[first] };
    let interpolates_end = smoothed && last > 0 && floats.times_ms[last] > window.end_ms;
    let right =
        if interpolates_end { between(floats, last - 1, window.end_ms, asked.counter) } else { floats.values[last] };
    let mut grown = right - left;
    if asked.counter {
        // What lies at an edge is in its value there already.
        first += usize::from(floats.times_ms[first] <= window.start_ms);
        let end = if floats.times_ms[last] >= window.end_ms { last } else { last + 1 };
        let inner = floats.values.get(first..end).unwrap_or_default();
        grown += lost(left, inner, right);
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

/// The value of a smoothed vector selector at a time, of a column of floats: on the line between the samples around it,
/// or that of the last sample before it. `None` when all samples are later.
///
/// A fall is taken for a reset of a counter only where `counter` says so.
pub fn smoothed_value(floats: &Slice<'_, f64>, time_ms: i64, counter: bool) -> Option<f64> {
    let after = floats.times_ms.partition_point(|time| *time <= time_ms);
    let before = after.checked_sub(1)?;
    let exact = floats.times_ms[before] == time_ms || after == floats.len();
    Some(if exact { floats.values[before] } else { between(floats, before, time_ms, counter) })
}

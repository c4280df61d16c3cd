//! How often a value changed or fell.

use std::cmp::Ordering;

use super::rate::count_pairs;
use super::start::Times;
use super::{Context, start};
use crate::promql::histogram::Histogram;
use crate::promql::sample::{Sample, Slice, Window};
use crate::promql::tree::Edges;

/// `changes`: how often a sample differs from the one before. A histogram differs from a float.
pub(super) fn changes(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    let window = within(window, context.edges)?;
    if window.histograms.is_empty() {
        return count(count_pairs(window.floats.values, differ));
    }
    let mut changes = 0;
    let mut samples = Merged::new(&window);
    let mut last = samples.next()?;
    for next in samples {
        changes += u64::from(match (last.value, next.value) {
            (Value::Float(before), Value::Float(after)) => differ(before, after),
            (Value::Histogram(before), Value::Histogram(after)) => !after.equals(before),
            _ => true,
        });
        last = next;
    }
    count(changes)
}

/// `resets`: how often a counter was reset. A histogram after a float, or a float after a histogram, is one.
pub(super) fn resets(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    let window = within(window, context.edges)?;
    if window.histograms.is_empty() {
        return count(float_resets(&window.floats));
    }
    let mut resets = 0;
    let mut samples = Merged::new(&window);
    let mut last = samples.next()?;
    for next in samples {
        resets += u64::from(match (last.value, next.value) {
            (Value::Float(before), Value::Float(after)) => after < before || next.times.restarted_since(last.times),
            (Value::Histogram(before), Value::Histogram(after)) => {
                next.times.restarted_since(last.times) || after.detect_reset(before)
            }
            _ => true,
        });
        last = next;
    }
    count(resets)
}

fn count(count: u64) -> Option<Sample> {
    Some(Sample::Float(count as f64))
}

fn float_resets(floats: &Slice<'_, f64>) -> u64 {
    if floats.starts_ms.is_empty() {
        return count_pairs(floats.values, |before, after| after < before);
    }
    let fell = |at: usize| floats.values[at] < floats.values[at - 1];
    (1..floats.len()).map(|at| u64::from(fell(at) || start::restarted(floats, at))).sum()
}

fn differ(before: f64, after: f64) -> bool {
    (before != after) & !(before.is_nan() & after.is_nan())
}

/// The samples that count; `None` when there are none. Of an anchored window, that is the last sample that is not after
/// its start, and all later ones.
fn within<'a>(window: &Window<'a>, edges: Edges) -> Option<Window<'a>> {
    let Window { floats, histograms, start_ms, .. } = *window;
    if edges == Edges::Plain {
        return (!floats.is_empty() || !histograms.is_empty()).then_some(*window);
    }
    let float = floats.times_ms.partition_point(|time| *time <= start_ms);
    let histogram = histograms.times_ms.partition_point(|time| *time <= start_ms);
    if float == floats.len() && histogram == histograms.len() {
        return None;
    }
    let last = |times: &[i64], count: usize| count.checked_sub(1).map(|at| times[at]);
    let (last_float, last_histogram) = (last(floats.times_ms, float), last(histograms.times_ms, histogram));
    let (first_float, first_histogram) = match last_float.cmp(&last_histogram) {
        Ordering::Equal if last_float.is_none() => (float, histogram),
        Ordering::Less => (float, histogram - 1),
        Ordering::Equal | Ordering::Greater => (float - 1, histogram),
    };
    Some(Window {
        floats: floats.part(first_float, floats.len()),
        histograms: histograms.part(first_histogram, histograms.len()),
        ..*window
    })
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Float(f64),
    Histogram(&'a Histogram),
}

#[derive(Clone, Copy)]
struct Entry<'a> {
    times: Times,
    value: Value<'a>,
}

/// The samples of a window, floats and histograms, in the order of their times.
struct Merged<'a> {
    window: Window<'a>,
    float: usize,
    histogram: usize,
}

impl<'a> Merged<'a> {
    fn new(window: &Window<'a>) -> Self {
        Self { window: *window, float: 0, histogram: 0 }
    }

    fn float_is_next(&self) -> bool {
        let Window { floats, histograms, .. } = &self.window;
        match (floats.times_ms.get(self.float), histograms.times_ms.get(self.histogram)) {
            (Some(float), Some(histogram)) => float <= histogram,
            (float, _) => float.is_some(),
        }
    }
}

impl<'a> Iterator for Merged<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        if self.float_is_next() {
            let at = self.float;
            self.float += 1;
            let value = Value::Float(self.window.floats.values[at]);
            return Some(Entry { times: Times::of(&self.window.floats, at), value });
        }
        let at = self.histogram;
        let value = Value::Histogram(self.window.histograms.values.get(at)?);
        self.histogram += 1;
        Some(Entry { times: Times::of(&self.window.histograms, at), value })
    }
}

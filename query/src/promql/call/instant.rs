//! `irate` and `idelta`: how much a value grew between its last two samples.

use std::sync::Arc;

use super::Context;
use super::start::Times;
use crate::promql::histogram::{Histogram, ResetHint};
use crate::promql::sample::{Sample, Slice, Window};

/// Per second; after a reset, what the counter has grown to since.
pub(super) fn irate(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    let (before, after) = last_two(window)?;
    let seconds = seconds_between(&before, &after)?;
    let restarted = after.times.restarted_since(before.times);
    Some(match pair(&before, &after, context)? {
        Pair::Floats(before, after) if restarted || after < before => Sample::Float(after / seconds),
        Pair::Floats(before, after) => Sample::Float((after - before) / seconds),
        Pair::Histograms(before, after) => {
            if before.hint == ResetHint::Gauge || after.hint == ResetHint::Gauge {
                context.not_counter();
            }
            let reset = restarted || after.detect_reset(before);
            let grown = if reset { after.clone().compact() } else { context.difference(after, before)? };
            gauge(grown.divide(seconds))
        }
    })
}

/// As it is, whatever the time between.
pub(super) fn idelta(window: &Window<'_>, context: &mut Context<'_>) -> Option<Sample> {
    let (before, after) = last_two(window)?;
    seconds_between(&before, &after)?;
    Some(match pair(&before, &after, context)? {
        Pair::Floats(before, after) => Sample::Float(after - before),
        Pair::Histograms(before, after) => {
            if before.hint != ResetHint::Gauge || after.hint != ResetHint::Gauge {
                context.not_gauge();
            }
            gauge(context.difference(after, before)?)
        }
    })
}

enum Value<'a> {
    Float(f64),
    Histogram(&'a Histogram),
}

struct Entry<'a> {
    times: Times,
    value: Value<'a>,
}

enum Pair<'a> {
    Floats(f64, f64),
    Histograms(&'a Histogram, &'a Histogram),
}

/// Both values when they are of one kind.
fn pair<'a>(before: &Entry<'a>, after: &Entry<'a>, context: &mut Context<'_>) -> Option<Pair<'a>> {
    match (&before.value, &after.value) {
        (Value::Float(before), Value::Float(after)) => Some(Pair::Floats(*before, *after)),
        (Value::Histogram(before), Value::Histogram(after)) => Some(Pair::Histograms(before, after)),
        _ => {
            context.mixed_floats_histograms();
            None
        }
    }
}

fn seconds_between(before: &Entry<'_>, after: &Entry<'_>) -> Option<f64> {
    let between_ms = after.times.at_ms - before.times.at_ms;
    (between_ms != 0).then(|| between_ms as f64 / 1000.0)
}

/// The last two samples of a window, floats or histograms.
fn last_two<'a>(window: &Window<'a>) -> Option<(Entry<'a>, Entry<'a>)> {
    let (mut floats, mut histograms) = (window.floats.len(), window.histograms.len());
    let after = last(window, &mut floats, &mut histograms)?;
    let before = last(window, &mut floats, &mut histograms)?;
    Some((before, after))
}

/// The last sample of the first so many floats and histograms, which is counted off.
fn last<'a>(window: &Window<'a>, floats: &mut usize, histograms: &mut usize) -> Option<Entry<'a>> {
    let time = |times: &[i64], count: usize| count.checked_sub(1).map(|at| times[at]);
    let (float, histogram) = (time(window.floats.times_ms, *floats), time(window.histograms.times_ms, *histograms));
    if float > histogram {
        *floats -= 1;
        return Some(entry(&window.floats, *floats, |value| Value::Float(*value)));
    }
    histogram?;
    *histograms -= 1;
    Some(entry(&window.histograms, *histograms, |value| Value::Histogram(value)))
}

fn entry<'a, T>(samples: &Slice<'a, T>, at: usize, value: fn(&'a T) -> Value<'a>) -> Entry<'a> {
    Entry { times: Times::of(samples, at), value: value(&samples.values[at]) }
}

fn gauge(histogram: Histogram) -> Sample {
    Sample::Histogram(Arc::new(Histogram { hint: ResetHint::Gauge, ..histogram }))
}

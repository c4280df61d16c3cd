//! Windows of one hour to samples of counters.

use std::collections::BTreeMap;
use std::sync::Arc;

use spanloom_store::ledger::{Histogram, Weight};
use spanloom_store::series::label::{LE, NAME};

use super::buckets::{NS_PER_S, at_most, le_text, native};
use super::collected::{Collected, TooManySamples};
use super::hour::{Hour, Ticks};
use super::metric::{Metric, Part};
use super::wanted::Wanted;
use super::window::{Number, Window};
use crate::promql::labels::Labels;
use crate::promql::sample::{Column, Series};

/// The windows of one row's labels by their end.
type ByEnd<W> = BTreeMap<i64, W>;

/// Adds the samples of an hour; hours must come in order. `windows` are all of the hour, in any order; those that end
/// after `settled_ms` do not count.
///
/// # Errors
/// When there are more samples than may be.
pub(crate) fn add_hour<W: Window>(
    collected: &mut Collected,
    wanted: &Wanted<'_>,
    hour: Hour,
    settled_ms: i64,
    windows: impl IntoIterator<Item = W>,
) -> Result<(), TooManySamples> {
    let counts = |window: &W| hour.has(window.end_ms()) && window.end_ms() <= settled_ms;
    for (labels, windows) in by_labels(windows.into_iter().filter(counts)) {
        if !wanted.has_row::<W>(&labels) {
            continue;
        }
        let pairs = W::pairs(&labels);
        for metric in wanted.metrics(W::ROWS) {
            let labels = Labels::new(pairs.iter().cloned()).with(NAME, metric.name);
            let row = OneRow { wanted, hour, settled_ms, windows: &windows };
            row.add(collected, metric, &labels)?;
        }
    }
    Ok(())
}

fn by_labels<W: Window>(windows: impl Iterator<Item = W>) -> BTreeMap<W::Labels, ByEnd<W>> {
    let mut by_labels: BTreeMap<W::Labels, ByEnd<W>> = BTreeMap::new();
    for window in windows {
        let by_end = by_labels.entry(window.labels().clone()).or_default();
        match by_end.get_mut(&window.end_ms()) {
            Some(known) => known.merge(&window),
            None => drop(by_end.insert(window.end_ms(), window)),
        }
    }
    by_labels
}

/// One row's labels in one hour.
struct OneRow<'a, W> {
    wanted: &'a Wanted<'a>,
    hour: Hour,
    settled_ms: i64,
    windows: &'a ByEnd<W>,
}

impl<W: Window> OneRow<'_, W> {
    fn add(&self, collected: &mut Collected, metric: Metric, labels: &Labels) -> Result<(), TooManySamples> {
        match metric.part {
            Part::Gauge => self.gauge(collected, metric, labels),
            Part::Total | Part::Count => self.floats(collected, metric, labels, calls),
            Part::Sum => self.floats(collected, metric, labels, seconds),
            Part::Native => self.histograms(collected, metric, labels),
            Part::Bucket => {
                for bound_s in metric.family.grid().bounds_s() {
                    let labels = labels.with(LE, le_text(bound_s));
                    self.floats(collected, metric, &labels, |number| below(number, bound_s))?;
                }
                Ok(())
            }
        }
    }

    /// The windows of a metric, by end.
    fn numbers(&self, metric: Metric) -> impl Iterator<Item = (i64, Number<'_>)> {
        self.windows.iter().filter_map(move |(end_ms, window)| Some((*end_ms, window.number(metric.family)?)))
    }

    /// None if the metric has no window in the hour.
    fn ticks(&self, metric: Metric) -> Option<Ticks> {
        let (first_ms, _) = self.numbers(metric).next()?;
        Some(Ticks::new(self.hour, first_ms, W::LENGTH_MS, self.settled_ms))
    }

    fn gauge(&self, collected: &mut Collected, metric: Metric, labels: &Labels) -> Result<(), TooManySamples> {
        let Some(ticks) = self.ticks(metric).filter(|_| self.wanted.has(labels)) else { return Ok(()) };
        let times_ms: Vec<i64> = ticks.ends_ms().filter(|end_ms| self.wanted.has_time(*end_ms)).collect();
        collected.take(times_ms.len())?;
        let values = vec![1.0; times_ms.len()];
        append(collected, labels, |series| &mut series.floats, Column { times_ms, values, starts_ms: Vec::new() })
    }

    /// A counter of what each window adds. Sums of [`Added`] are exact but for interpolated buckets.
    fn floats(
        &self,
        collected: &mut Collected,
        metric: Metric,
        labels: &Labels,
        added: impl Fn(Number<'_>) -> Added,
    ) -> Result<(), TooManySamples> {
        let Some(ticks) = self.ticks(metric).filter(|_| self.wanted.has(labels)) else { return Ok(()) };
        let mut numbers = self.numbers(metric).peekable();
        let mut total = Added::default();
        let mut column = Column::default();
        let mut push = |time_ms: i64, value: f64| {
            if self.wanted.has_time(time_ms) {
                column.push(time_ms, value);
            }
        };
        push(ticks.zero_ms, 0.0);
        for end_ms in ticks.ends_ms() {
            if let Some((_, number)) = numbers.next_if(|(at_ms, _)| *at_ms == end_ms) {
                total.add(added(number));
            }
            push(end_ms, total.value());
        }
        collected.take(column.len())?;
        append(collected, labels, |series| &mut series.floats, column)
    }

    fn histograms(&self, collected: &mut Collected, metric: Metric, labels: &Labels) -> Result<(), TooManySamples> {
        let Some(ticks) = self.ticks(metric).filter(|_| self.wanted.has(labels)) else { return Ok(()) };
        let mut numbers = self.numbers(metric).peekable();
        let mut total = Histogram::default();
        let mut current = Arc::new(native(&total));
        let mut column = Column::default();
        for end_ms in std::iter::once(ticks.zero_ms).chain(ticks.ends_ms()) {
            if let Some((_, Number::Latency(latency))) = numbers.next_if(|(at_ms, _)| *at_ms == end_ms) {
                total.merge(latency);
                current = Arc::new(native(&total));
            }
            if self.wanted.has_time(end_ms) {
                // An idle window points to the histogram of the one before it.
                let is_held = Arc::strong_count(&current) > 1;
                collected.take(if is_held { 1 } else { current.weight() })?;
                column.push(end_ms, Arc::clone(&current));
            }
        }
        append(collected, labels, |series| &mut series.histograms, column)
    }
}

/// Adds samples to a column of a series; a series without samples is none.
fn append<T>(
    collected: &mut Collected,
    labels: &Labels,
    column: impl Fn(&mut Series) -> &mut Column<T>,
    more: Column<T>,
) -> Result<(), TooManySamples> {
    if more.is_empty() {
        return Ok(());
    }
    let column = column(collected.series(labels)?);
    column.times_ms.extend(more.times_ms);
    column.values.extend(more.values);
    Ok(())
}

/// What a window adds to a counter. Calls and nanoseconds are added up as whole numbers, so that the sum does not
/// depend on how often it was rounded.
#[derive(Debug, Clone, Copy)]
enum Added {
    Calls(Weight),
    Ns(i64),
    Part(f64),
}

impl Default for Added {
    fn default() -> Self {
        Self::Calls(Weight::ZERO)
    }
}

impl Added {
    fn add(&mut self, more: Self) {
        *self = match (*self, more) {
            (Self::Calls(known), Self::Calls(more)) => Self::Calls(known.plus(more)),
            (Self::Ns(known), Self::Ns(more)) => Self::Ns(known.saturating_add(more)),
            (known, Self::Ns(more)) if known.value() == 0.0 => Self::Ns(more),
            (known, more) => Self::Part(known.value() + more.value()),
        };
    }

    fn value(self) -> f64 {
        match self {
            Self::Calls(calls) => calls.as_f64(),
            Self::Ns(ns) => ns as f64 / NS_PER_S,
            Self::Part(part) => part,
        }
    }
}

fn calls(number: Number<'_>) -> Added {
    match number {
        Number::Calls(calls) => Added::Calls(calls),
        Number::Latency(latency) => Added::Calls(latency.count()),
        Number::Present => Added::default(),
    }
}

fn seconds(number: Number<'_>) -> Added {
    match number {
        Number::Latency(latency) => Added::Ns(latency.sum_ns()),
        Number::Calls(_) | Number::Present => Added::default(),
    }
}

fn below(number: Number<'_>, bound_s: f64) -> Added {
    match number {
        Number::Latency(latency) if bound_s.is_infinite() => Added::Calls(latency.count()),
        Number::Latency(latency) => Added::Part(at_most(latency, bound_s)),
        Number::Calls(_) | Number::Present => Added::default(),
    }
}

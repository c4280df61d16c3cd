//! Samples of selectors at the steps.

use std::borrow::Cow;
use std::sync::Arc;

use super::mark::Mark;
use super::row::{Points, Row};
use super::{Done, Evaluator, Sink};
use crate::promql::call::{Context, Scratch, smoothed};
use crate::promql::histogram::{Histogram, totals};
use crate::promql::plan::{Grid, Reference, Select};
use crate::promql::sample::{Column, Sample, Series, Slice, is_stale};
use crate::promql::tree::Edges;

impl Evaluator<'_> {
    /// What a selector selects.
    pub(super) fn series(&self, select: &Select) -> &[Arc<Series>] {
        let fetched = &self.fetched[select.selection];
        if !select.totals {
            return fetched;
        }
        self.totals[select.selection].get_or_init(|| fetched.iter().map(without_buckets).collect())
    }

    /// The latest sample of each series that is no older than the lookback.
    pub(super) fn select(&self, select: &Select, grid: Grid, sink: Sink<'_>) -> Done {
        for series in self.series(select) {
            self.check_stop()?;
            let points = match select.edges {
                Edges::Smoothed => self.smoothed(select, series, grid),
                Edges::Plain | Edges::Anchored => self.latest(series, select.reference, grid, |_, _, sample| sample),
            };
            if points.is_any_present() {
                sink(Row { labels: series.labels.clone(), drop_name: false, points })?;
            }
        }
        Ok(())
    }

    /// As [`Evaluator::select`], but what is made of a sample, of its time and of when it began to be counted.
    pub(super) fn select_with(
        &self,
        select: &Select,
        grid: Grid,
        make: impl Fn(i64, i64, Sample) -> Sample,
        sink: Sink<'_>,
    ) -> Done {
        for series in self.series(select) {
            self.check_stop()?;
            let points = self.latest(series, select.reference, grid, &make);
            if points.is_any_present() {
                sink(Row { labels: series.labels.clone(), drop_name: false, points })?;
            }
        }
        Ok(())
    }

    fn latest(
        &self,
        series: &Series,
        reference: Reference,
        grid: Grid,
        make: impl Fn(i64, i64, Sample) -> Sample,
    ) -> Points {
        let lookback_ms = self.options.lookback_ms;
        let mut points = Points::none(grid.count);
        let (mut floats, mut histograms) = (Cursor::default(), Cursor::default());
        let mut read = 0;
        for step in 0..grid.count {
            let time_ms = reference.time_ms(grid.time_ms(step));
            let float = floats.seek(&series.floats, time_ms);
            let histogram = histograms.seek(&series.histograms, time_ms);
            let Some((at_ms, sample)) = later(float, histogram) else { continue };
            if at_ms <= time_ms.saturating_sub(lookback_ms) {
                continue;
            }
            let start_ms = match &sample {
                Sample::Float(_) => floats.start_ms(&series.floats),
                Sample::Histogram(_) => histograms.start_ms(&series.histograms),
            };
            if let Some(sample) = live(sample) {
                points.set(step, make(at_ms, start_ms, sample));
                read += 1;
            }
        }
        self.count_read(read);
        points
    }

    /// Values between the samples around each time, on the line that joins them.
    fn smoothed(&self, select: &Select, series: &Series, grid: Grid) -> Points {
        let floats = live_floats(&series.floats);
        let histograms = live_histograms(&series.histograms);
        let mut points = Points::none(grid.count);
        let mut annotations = self.annotations.borrow_mut();
        let mut context = Context {
            annotations: &mut annotations,
            scratch: &mut Scratch::default(),
            metric: series.labels.metric(),
            metric_type: None,
            span: select.span,
            args: &[],
            arg_spans: &[],
            edges: Edges::Smoothed,
            time_ms: 0,
        };
        for step in 0..grid.count {
            let time_ms = select.reference.time_ms(grid.time_ms(step));
            let (floats, histograms) = (self.near(&floats, time_ms), self.near(&histograms, time_ms));
            if let Some(sample) = smoothed(&floats, &histograms, time_ms, &mut context) {
                points.set(step, sample);
            }
        }
        points
    }

    /// The samples that are no further from a time than the lookback.
    fn near<'c, T>(&self, column: &'c Column<T>, time_ms: i64) -> Slice<'c, T> {
        let until = |time_ms: i64| column.times_ms.partition_point(|at_ms| *at_ms <= time_ms);
        let lookback_ms = self.options.lookback_ms;
        column.all().part(until(time_ms.saturating_sub(lookback_ms)), until(time_ms.saturating_add(lookback_ms)))
    }
}

fn without_buckets(series: &Arc<Series>) -> Arc<Series> {
    if series.histograms.is_empty() {
        return series.clone();
    }
    let (labels, floats) = (series.labels.clone(), series.floats.clone());
    Arc::new(Series { labels, floats, histograms: totals(&series.histograms) })
}

/// A place in a column that only moves on.
#[derive(Debug, Default)]
struct Cursor(Mark);

impl Cursor {
    /// The last sample at or before a time, which is no earlier than those sought before.
    fn seek<'c, T>(&mut self, column: &'c Column<T>, time_ms: i64) -> Option<(i64, &'c T)> {
        self.0.move_to(&column.times_ms, time_ms);
        let at = self.0.passed.checked_sub(1)?;
        Some((column.times_ms[at], &column.values[at]))
    }

    /// When the sample last found began to be counted; 0 when that is unknown.
    fn start_ms<T>(&self, column: &Column<T>) -> i64 {
        self.0.passed.checked_sub(1).map_or(0, |at| column.all().start_ms(at))
    }
}

fn later(float: Option<(i64, &f64)>, histogram: Option<(i64, &Arc<Histogram>)>) -> Option<(i64, Sample)> {
    match (float, histogram) {
        (Some((at_ms, value)), None) => Some((at_ms, Sample::Float(*value))),
        (Some((at_ms, value)), Some((other_ms, _))) if at_ms > other_ms => Some((at_ms, Sample::Float(*value))),
        (_, Some((at_ms, histogram))) => Some((at_ms, Sample::Histogram(histogram.clone()))),
        (None, None) => None,
    }
}

/// Nothing where a series has ended.
fn live(sample: Sample) -> Option<Sample> {
    match &sample {
        Sample::Float(value) if is_stale(*value) => None,
        Sample::Histogram(histogram) if is_stale(histogram.sum) => None,
        _ => Some(sample),
    }
}

/// A column without staleness markers.
pub(super) fn live_floats(column: &Column<f64>) -> Cow<'_, Column<f64>> {
    without(column, |value| is_stale(*value))
}

/// A column without histograms that say that the series has ended.
pub(super) fn live_histograms(column: &Column<Arc<Histogram>>) -> Cow<'_, Column<Arc<Histogram>>> {
    without(column, |histogram| is_stale(histogram.sum))
}

fn without<T: Clone>(column: &Column<T>, unwanted: impl Fn(&T) -> bool) -> Cow<'_, Column<T>> {
    // Mostly there is none, and to see that takes no branch per sample.
    let found: u64 = column.values.iter().map(|value| u64::from(unwanted(value))).sum();
    if found == 0 {
        return Cow::Borrowed(column);
    }
    let mut kept = Column::default();
    for (at, value) in column.values.iter().enumerate() {
        if unwanted(value) {
            continue;
        }
        kept.push(column.times_ms[at], value.clone());
        if !column.starts_ms.is_empty() {
            kept.starts_ms.push(column.starts_ms[at]);
        }
    }
    Cow::Owned(kept)
}

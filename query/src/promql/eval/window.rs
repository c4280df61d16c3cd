//! Functions of windows. Windows of one series share its samples: two marks move over the column.

use std::sync::Arc;

use super::mark::Mark;
use super::row::{self, Points, Row};
use super::select::{live_floats, live_histograms};
use super::{Done, Evaluator, Sink, column};
use crate::promql::annotation::Annotations;
use crate::promql::call::{
    self, Context, Part, Scratch, SeriesFunction, WindowFunction, series_function, smoothed_value,
};
use crate::promql::engine::QueryFailure;
use crate::promql::histogram::{Histogram, ResetHint};
use crate::promql::labels::TYPE;
use crate::promql::plan::{Call, Grid, Node, Reference, Subquery, Window};
use crate::promql::sample::{self, Column, Series, Slice};
use crate::promql::tree::{Edges, Span};

/// Functions that may look past the edges of their window.
const ANCHORED: &[&str] = &["changes", "delta", "increase", "rate", "resets"];
const SMOOTHED: &[&str] = &["delta", "increase", "rate"];

/// How many of the windows are read before it is time to ask whether the query has to end; at least one.
fn how_many(parts: &[Part]) -> usize {
    let mut read = 0;
    let is_enough = |part: &Part| {
        read += part.to - part.from;
        read > CHECK_SAMPLES
    };
    parts.iter().position(is_enough).map_or(parts.len(), |at| at.max(1))
}

/// After so many samples of one series it is time to ask whether the query has to end.
const CHECK_SAMPLES: usize = 1 << 20;

/// How a range vector's windows lie.
#[derive(Clone, Copy)]
struct Windows {
    grid: Grid,
    reference: Reference,
    range_ms: i64,
    edges: Edges,
    lookback_ms: i64,
}

impl Windows {
    /// Whether a function of all windows at once knows what a series holds.
    fn fit_at_once(&self, series: &Series) -> bool {
        self.edges == Edges::Plain && series.histograms.is_empty() && series.floats.starts_ms.is_empty()
    }
}

/// What a function is called with beside the window.
struct Arguments {
    /// The scalar arguments, step by step.
    values: Vec<f64>,
    spans: Vec<Span>,
    /// Where the range vector stands.
    span: Span,
}

impl Arguments {
    fn at(&self, step: usize) -> &[f64] {
        let width = self.spans.len();
        &self.values[step * width..(step + 1) * width]
    }
}

impl Evaluator<'_> {
    pub(super) fn window_call(
        &self,
        call: &Call,
        function: WindowFunction,
        matrix: usize,
        grid: Grid,
        sink: Sink<'_>,
    ) -> Done {
        let arguments = self.arguments(call, matrix, grid)?;
        let keeps_name = matches!(call.name, "last_over_time" | "first_over_time");
        let series_function = series_function(call.name);
        let one = |series: &Series, drop_name: bool, windows: Windows, sink: Sink<'_>| {
            self.check_stop()?;
            let points = match series_function {
                Some(function) if windows.fit_at_once(series) => self.at_once(series, windows, function, &arguments)?,
                _ => self.one_by_one(series, windows, function, &arguments)?,
            };
            if !points.is_any_present() {
                return Ok(());
            }
            sink(Row { labels: series.labels.clone(), drop_name: drop_name || !keeps_name, points })
        };
        let mut windows = Windows {
            grid,
            reference: Reference { at_ms: None, offset_ms: 0 },
            range_ms: 0,
            edges: Edges::Plain,
            lookback_ms: self.options.lookback_ms,
        };
        match call.args[matrix].without_once() {
            Node::Window(window) => {
                allow_edges(window.select.edges, call.name)?;
                (windows.reference, windows.range_ms) = (window.select.reference, window.range_ms);
                windows.edges = window.select.edges;
                for series in self.series(&window.select) {
                    one(series, false, windows, sink)?;
                }
                Ok(())
            }
            Node::Subquery(subquery) => {
                (windows.reference, windows.range_ms) = (subquery.reference, subquery.range_ms);
                let all = self.subquery(subquery, grid)?;
                let held: usize = all.iter().map(|(series, _)| series.floats.len() + series.histograms.len()).sum();
                for (series, drop_name) in &all {
                    one(series, *drop_name, windows, sink)?;
                }
                self.release_samples(held);
                Ok(())
            }
            _ => Err(QueryFailure::Execution(format!("{} needs a range vector", call.name))),
        }
    }

    fn arguments(&self, call: &Call, matrix: usize, grid: Grid) -> Result<Arguments, QueryFailure> {
        let mut columns = Vec::new();
        let mut spans = Vec::new();
        for (at, arg) in call.args.iter().enumerate().filter(|(at, _)| *at != matrix) {
            columns.push(self.scalars(arg, grid)?);
            spans.push(call.spans[at]);
        }
        let steps = 0..grid.count;
        let values = steps.flat_map(|step| columns.iter().map(move |column| column[step])).collect();
        Ok(Arguments { values, spans, span: call.spans[matrix] })
    }

    /// The windows of a series of floats, all at once.
    fn at_once(
        &self,
        series: &Series,
        windows: Windows,
        function: SeriesFunction,
        arguments: &Arguments,
    ) -> Result<Points, QueryFailure> {
        let floats = live_floats(&series.floats);
        let mut marks = Marks::default();
        let mut ends_ms = Vec::with_capacity(windows.grid.count);
        let mut parts = Vec::with_capacity(windows.grid.count);
        let mut read = 0;
        for step in 0..windows.grid.count {
            let end_ms = windows.reference.time_ms(windows.grid.time_ms(step));
            let part = marks.part(&floats.times_ms, end_ms.saturating_sub(windows.range_ms), end_ms);
            read += part.to - part.from;
            ends_ms.push(end_ms);
            parts.push(part);
        }
        self.count_read(read);
        let mut annotations = self.annotations.borrow_mut();
        let mut scratch = Scratch::default();
        let mut context = self.context(&mut annotations, &mut scratch, series, windows, arguments);
        let mut values = Vec::with_capacity(parts.len());
        while values.len() < parts.len() {
            self.check_stop()?;
            let first = values.len();
            let next = first + how_many(&parts[first..]);
            // Only what these windows hold, so that no part is looked at again for the next ones.
            let from = parts[first].from;
            let floats = floats.all().part(from, parts[next - 1].to.max(from));
            let within = |part: &Part| Part { from: part.from - from, to: part.to - from };
            let parts: Vec<Part> = parts[first..next].iter().map(within).collect();
            let ends_ms = &ends_ms[first..next];
            let windows = call::Windows { floats, parts: &parts, ends_ms, range_ms: windows.range_ms };
            values.extend(function(&windows, &mut context));
        }
        Ok(Points::of_floats(values))
    }

    fn context<'c>(
        &self,
        annotations: &'c mut Annotations,
        scratch: &'c mut Scratch,
        series: &'c Series,
        windows: Windows,
        arguments: &'c Arguments,
    ) -> Context<'c> {
        Context {
            annotations,
            scratch,
            metric: series.labels.metric(),
            metric_type: self.options.type_and_unit_labels.then(|| series.labels.get(TYPE)),
            span: arguments.span,
            args: &[],
            arg_spans: &arguments.spans,
            edges: windows.edges,
            time_ms: 0,
        }
    }

    fn one_by_one(
        &self,
        series: &Series,
        windows: Windows,
        function: WindowFunction,
        arguments: &Arguments,
    ) -> Result<Points, QueryFailure> {
        let floats = live_floats(&series.floats);
        let histograms = live_histograms(&series.histograms);
        let (mut float_marks, mut histogram_marks) = (Marks::default(), Marks::default());
        let mut points = Points::none(windows.grid.count);
        let mut annotations = self.annotations.borrow_mut();
        let mut scratch = Scratch::default();
        let mut context = self.context(&mut annotations, &mut scratch, series, windows, arguments);
        let (mut read, mut checked) = (0, 0);
        for step in 0..windows.grid.count {
            let time_ms = windows.grid.time_ms(step);
            let end_ms = windows.reference.time_ms(time_ms);
            let start_ms = end_ms.saturating_sub(windows.range_ms);
            let floats = float_marks.window(&floats, start_ms, end_ms, windows);
            let histograms = histogram_marks.window(&histograms, start_ms, end_ms, windows);
            if floats.is_empty() && histograms.is_empty() {
                continue;
            }
            read += floats.len() + histograms.len();
            if read - checked > CHECK_SAMPLES {
                self.check_stop()?;
                checked = read;
            }
            (context.args, context.time_ms) = (arguments.at(step), time_ms);
            let window = sample::Window { floats, histograms, start_ms, end_ms, time_ms };
            if let Some(sample) = function(&window, &mut context) {
                points.set(step, sample);
            }
        }
        self.count_read(read);
        match scratch.failure {
            Some(message) => Err(QueryFailure::Execution(message)),
            None => Ok(points),
        }
    }

    /// The values of a subquery's expression as series, and whether their names no longer fit. They count as held.
    pub(super) fn subquery(&self, subquery: &Subquery, grid: Grid) -> Result<Vec<(Series, bool)>, QueryFailure> {
        let start_ms = subquery.reference.time_ms(grid.start_ms).saturating_sub(subquery.range_ms);
        let end_ms = subquery.reference.time_ms(grid.end_ms());
        // The first multiple of the step after the window's start, which is exclusive.
        let first_ms = (start_ms.div_euclid(subquery.step_ms).saturating_add(1)).saturating_mul(subquery.step_ms);
        let inner = Grid::new(first_ms, end_ms, subquery.step_ms);
        if inner.count == 0 {
            return Ok(Vec::new());
        }
        if inner.count > self.options.samples_max {
            return Err(QueryFailure::TooManySamples);
        }
        let rows = self.collect(&subquery.operand, inner)?;
        self.release(&rows);
        let rows = row::united(rows)?;
        let series: Vec<(Series, bool)> = rows
            .into_iter()
            .map(|row| {
                let drop_name = row.drop_name;
                (unhinted(row.into_series(inner)), drop_name)
            })
            .collect();
        for (series, _) in &series {
            self.hold(series.floats.len() + series.histograms.len())?;
        }
        Ok(series)
    }

    /// The samples in a window at one time.
    pub(super) fn window_samples(&self, window: &Window, grid: Grid) -> Result<Vec<Series>, QueryFailure> {
        let windows = Windows {
            grid,
            reference: window.select.reference,
            range_ms: window.range_ms,
            edges: window.select.edges,
            lookback_ms: self.options.lookback_ms,
        };
        let end_ms = windows.reference.time_ms(grid.start_ms);
        let start_ms = end_ms.saturating_sub(window.range_ms);
        let mut all = Vec::new();
        for series in self.series(&window.select) {
            self.check_stop()?;
            let (floats, histograms) = (live_floats(&series.floats), live_histograms(&series.histograms));
            let floats = Marks::default().window(&floats, start_ms, end_ms, windows);
            let histograms = Marks::default().window(&histograms, start_ms, end_ms, windows);
            let floats = at_edges(floats, start_ms, end_ms, window.select.edges);
            if floats.is_empty() && histograms.is_empty() {
                continue;
            }
            self.hold(floats.len() + histograms.len())?;
            self.count_read(floats.len() + histograms.len());
            all.push(Series { labels: series.labels.clone(), floats, histograms: owned(histograms) });
        }
        Ok(all)
    }
}

/// The samples of a window, with what stands at its edges when the selector asks for that.
fn at_edges(floats: Slice<'_, f64>, start_ms: i64, end_ms: i64, edges: Edges) -> Column<f64> {
    let is_inside = floats.times_ms.iter().any(|at_ms| *at_ms > start_ms);
    if edges == Edges::Plain || !is_inside {
        return if edges == Edges::Plain { owned(floats) } else { Column::default() };
    }
    let value_at = |time_ms: i64| match edges {
        Edges::Smoothed => smoothed_value(&floats, time_ms, false),
        _ => {
            let passed = floats.times_ms.partition_point(|at_ms| *at_ms <= time_ms);
            passed.checked_sub(1).map(|at| floats.values[at])
        }
    };
    let first = || floats.values[0];
    let inner = floats.times_ms.iter().zip(floats.values).map(|(at_ms, value)| (*at_ms, *value));
    let inner = inner.filter(|(at_ms, _)| *at_ms > start_ms && *at_ms < end_ms);
    let left = (start_ms, value_at(start_ms).unwrap_or_else(first));
    let right = (end_ms, value_at(end_ms).unwrap_or_else(first));
    column(std::iter::once(left).chain(inner).chain([right]))
}

fn owned<T: Clone>(slice: Slice<'_, T>) -> Column<T> {
    column(slice.times_ms.iter().copied().zip(slice.values.iter().cloned()))
}

/// Where the samples of a window begin and end in a column. Windows only move on.
#[derive(Debug, Default)]
struct Marks {
    /// Samples at or before the window's start.
    before: Mark,
    /// Samples at or before its end.
    until: Mark,
}

impl Marks {
    fn part(&mut self, times_ms: &[i64], start_ms: i64, end_ms: i64) -> Part {
        self.until.move_to(times_ms, end_ms);
        self.before.move_to(times_ms, start_ms);
        Part { from: self.before.passed, to: self.until.passed }
    }

    fn window<'c, T>(&mut self, column: &'c Column<T>, start_ms: i64, end_ms: i64, windows: Windows) -> Slice<'c, T> {
        let times_ms = &column.times_ms;
        let Part { mut from, mut to } = self.part(times_ms, start_ms, end_ms);
        if windows.edges != Edges::Plain {
            let earliest_ms = start_ms.saturating_sub(windows.lookback_ms);
            from -= usize::from(from > 0 && times_ms[from - 1] > earliest_ms);
        }
        if windows.edges == Edges::Smoothed {
            let latest_ms = end_ms.saturating_add(windows.lookback_ms);
            to += usize::from(times_ms.get(to).is_some_and(|at_ms| *at_ms <= latest_ms));
        }
        column.all().part(from, to)
    }
}

fn allow_edges(edges: Edges, function: &str) -> Done {
    let (word, allowed) = match edges {
        Edges::Plain => return Ok(()),
        Edges::Anchored => ("anchored", ANCHORED),
        Edges::Smoothed => ("smoothed", SMOOTHED),
    };
    if allowed.contains(&function) {
        return Ok(());
    }
    let allowed = allowed.join(", ");
    Err(QueryFailure::Execution(format!("{word} modifier can only be used with: {allowed} - not with {function}")))
}

/// What a counter did between samples is not known of a subquery's values: it may skip samples and repeat them.
fn unhinted(mut series: Series) -> Series {
    for histogram in &mut series.histograms.values {
        if matches!(histogram.hint, ResetHint::Reset | ResetHint::NotReset) {
            let unknown = Histogram { hint: ResetHint::Unknown, ..Histogram::clone(histogram) };
            *histogram = Arc::new(unknown);
        }
    }
    series
}

//! Functions of windows. Windows of one series share its samples: two marks move over the column.

/// Where windows begin and end.
mod marks;
/// Samples alone.
mod samples;

use super::row::{Points, Row};
use super::select::{live_floats, live_histograms};
use super::{Done, Evaluator, Sink};
use crate::promql::annotation::Annotations;
use crate::promql::call::{self, Context, Part, Scratch, SeriesFunction, WindowFunction, series_function};
use crate::promql::engine::QueryFailure;
use crate::promql::labels::TYPE;
use crate::promql::plan::{Call, Grid, Node, Reference};
use crate::promql::sample::{self, Series};
use crate::promql::tree::{Edges, Span};
use marks::{CHECK_SAMPLES, Marks, Windows, how_many};

/// Functions that may look past the edges of their window.
const ANCHORED: &[&str] = &["changes", "delta", "increase", "rate", "resets"];
const SMOOTHED: &[&str] = &["delta", "increase", "rate"];

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

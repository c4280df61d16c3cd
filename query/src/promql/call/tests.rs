//! Functions, called as the evaluator calls them.

/// Changes, resets and the last two samples.
mod changes;
/// Functions of one number.
mod float;
/// All of it with native histograms.
mod histogram;
/// Statistics of windows.
mod over_time;
/// Increases.
mod rate;
/// All windows at once.
mod series;
/// Lines through samples.
mod trend;

use std::sync::Arc;

use super::{Context, Scratch, float_function, window_function};
use crate::promql::annotation::{Annotations, Severity};
use crate::promql::histogram::Histogram;
use crate::promql::sample::{Column, Sample, Slice, Window};
use crate::promql::tree::{Edges, Span};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;

/// What a function is asked about.
#[derive(Clone)]
struct Given {
    floats: Column<f64>,
    histograms: Column<Arc<Histogram>>,
    start_ms: i64,
    end_ms: i64,
    metric: &'static str,
    metric_type: Option<&'static str>,
    args: Vec<f64>,
    edges: Edges,
}

/// A counter, minute by minute from 0 on, that is asked at its last sample for all after time 0.
fn given(values: &[f64]) -> Given {
    let mut floats = Column::default();
    for (at, value) in values.iter().enumerate() {
        floats.push(at as i64 * MINUTE, *value);
    }
    let end_ms = floats.times_ms.last().copied().unwrap_or(0);
    Given {
        floats,
        histograms: Column::default(),
        start_ms: -1,
        end_ms,
        metric: "requests_total",
        metric_type: None,
        args: Vec::new(),
        edges: Edges::Plain,
    }
}

impl Given {
    fn within(mut self, start_ms: i64, end_ms: i64) -> Self {
        (self.start_ms, self.end_ms) = (start_ms, end_ms);
        self
    }

    /// All this, but so much later.
    fn later(mut self, by_ms: i64) -> Self {
        let floats = self.floats.times_ms.iter_mut().chain(&mut self.floats.starts_ms);
        let histograms = self.histograms.times_ms.iter_mut().chain(&mut self.histograms.starts_ms);
        floats.chain(histograms).chain([&mut self.start_ms, &mut self.end_ms]).for_each(|time| *time += by_ms);
        self
    }

    /// Start times relative to the samples; 0 where it is unknown.
    fn starts(mut self, before_ms: &[i64]) -> Self {
        let starts = |times: &[i64]| {
            let starts = times.iter().zip(before_ms);
            starts.map(|(time, before)| if *before == 0 { 0 } else { time - before }).collect()
        };
        self.floats.starts_ms = starts(&self.floats.times_ms);
        self.histograms.starts_ms = starts(&self.histograms.times_ms);
        self
    }

    fn args(mut self, args: &[f64]) -> Self {
        self.args = args.to_vec();
        self
    }

    fn edges(mut self, edges: Edges) -> Self {
        self.edges = edges;
        self
    }

    fn metric(mut self, metric: &'static str, metric_type: Option<&'static str>) -> Self {
        (self.metric, self.metric_type) = (metric, metric_type);
        self
    }

    fn call(&self, name: &str) -> Answer {
        let function = window_function(name).expect(name);
        let (mut annotations, mut scratch) = (Annotations::default(), Scratch::default());
        let window = Window {
            floats: part(&self.floats, self),
            histograms: part(&self.histograms, self),
            start_ms: self.start_ms,
            end_ms: self.end_ms,
            time_ms: self.end_ms,
        };
        let mut context = Context {
            annotations: &mut annotations,
            scratch: &mut scratch,
            metric: self.metric,
            metric_type: self.metric_type,
            span: Span::default(),
            args: &self.args,
            arg_spans: &[],
            edges: self.edges,
            time_ms: self.end_ms,
        };
        let sample = function(&window, &mut context);
        let said = [Severity::Warning, Severity::Info].map(|severity| annotations.texts(severity, ""));
        let said = said.concat().join("\n");
        let (value, histogram) = match sample {
            Some(Sample::Float(value)) => (Some(value), None),
            Some(Sample::Histogram(histogram)) => (None, Some(histogram)),
            None => (None, None),
        };
        Answer { value, histogram, said, failure: scratch.failure }
    }
}

struct Answer {
    value: Option<f64>,
    histogram: Option<Arc<Histogram>>,
    said: String,
    failure: Option<String>,
}

impl Answer {
    fn is_none(&self) -> bool {
        self.value.is_none() && self.histogram.is_none()
    }
}

/// What the evaluator cuts out of a column for a window.
fn part<'a, T>(column: &'a Column<T>, given: &Given) -> Slice<'a, T> {
    let until = |time_ms: i64| column.times_ms.partition_point(|time| *time <= time_ms);
    let (from, to) = (until(given.start_ms), until(given.end_ms));
    match given.edges {
        Edges::Plain => column.all().part(from, to),
        Edges::Anchored => column.all().part(from.saturating_sub(1), to),
        Edges::Smoothed => column.all().part(from.saturating_sub(1), (to + 1).min(column.len())),
    }
}

fn float(sample: Sample) -> f64 {
    match sample {
        Sample::Float(value) => value,
        Sample::Histogram(_) => panic!("expected a float"),
    }
}

/// Functions of windows give what is expected, to within rounding.
#[track_caller]
fn check(name: &str, given: &Given, expected: impl Into<Option<f64>>) {
    let expected = expected.into();
    let value = given.call(name).value;
    match (value, expected) {
        (Some(value), Some(expected)) if close(value, expected) => {}
        (None, None) => {}
        _ => panic!("{name}: {value:?}, expected {expected:?}"),
    }
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

fn check_float(name: &str, value: f64, args: &[f64], expected: f64) {
    let found = float_function(name).expect(name)(value, args);
    assert!(close(found, expected), "{name}({value}): {found}, expected {expected}");
}

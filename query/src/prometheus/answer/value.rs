//! Results of queries, sample by sample.

use std::vec::IntoIter;

use super::body::Progress;
use super::histogram;
use super::json::{self, labels};
use super::number::{quoted_value, time};
use crate::promql::engine::Value;
use crate::promql::histogram::Histogram;
use crate::promql::labels::Labels;
use crate::promql::number;
use crate::promql::sample::{Sample, Series};

/// `resultType`.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Scalar { .. } => "scalar",
        Value::String { .. } => "string",
        Value::Vector(_) => "vector",
        Value::Matrix(_) => "matrix",
    }
}

/// Leaves the first `limit` series; whether there were more.
pub(super) fn truncate(value: &mut Value, limit: usize) -> bool {
    let before = length(value);
    match value {
        Value::Vector(samples) => samples.truncate(limit),
        Value::Matrix(series) => series.truncate(limit),
        Value::Scalar { .. } | Value::String { .. } => {}
    }
    length(value) < before
}

fn length(value: &Value) -> usize {
    match value {
        Value::Vector(samples) => samples.len(),
        Value::Matrix(series) => series.len(),
        Value::Scalar { .. } | Value::String { .. } => 1,
    }
}

/// A result that is being written.
pub(super) enum Elements {
    Single(Option<Single>),
    List { rows: Rows, separator: u8 },
}

/// `[time,"text"]`.
pub(super) enum Single {
    Scalar(i64, f64),
    String(i64, String),
}

pub(super) enum Rows {
    Vector(IntoIter<(Labels, i64, Sample)>),
    Matrix { series: IntoIter<Series>, open: Option<Open> },
}

/// A series of which samples have been written.
pub(super) struct Open {
    series: Series,
    /// How many, histograms behind floats.
    written: usize,
}

impl Elements {
    pub fn of(value: Value) -> Self {
        let list = |rows| Self::List { rows, separator: b'[' };
        match value {
            Value::Scalar { time_ms, value } => Self::Single(Some(Single::Scalar(time_ms, value))),
            Value::String { time_ms, value } => Self::Single(Some(Single::String(time_ms, value))),
            Value::Vector(samples) => list(Rows::Vector(samples.into_iter())),
            Value::Matrix(series) => list(Rows::Matrix { series: series.into_iter(), open: None }),
        }
    }

    /// Writes the next sample, or what stands around samples.
    pub fn write_next(&mut self, out: &mut Vec<u8>) -> Progress {
        match self {
            Self::Single(single) => match single.take() {
                Some(single) => {
                    single.write(out);
                    Progress::More
                }
                None => Progress::Done,
            },
            Self::List { rows, separator } => match rows.write_next(out, separator) {
                Progress::More => Progress::More,
                Progress::Done => {
                    let end: &[u8] = if *separator == b'[' { b"[]" } else { b"]" };
                    out.extend_from_slice(end);
                    Progress::Done
                }
            },
        }
    }
}

impl Single {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Scalar(time_ms, value) => single(out, *time_ms, &number::text(*value)),
            Self::String(time_ms, text) => single(out, *time_ms, text),
        }
    }
}

/// Unlike in series the time has no more digits than it needs, and the value never an exponent.
fn single(out: &mut Vec<u8>, time_ms: i64, text: &str) {
    out.push(b'[');
    out.extend_from_slice((time_ms as f64 / 1_000.0).to_string().as_bytes());
    out.push(b',');
    json::string(out, text);
    out.push(b']');
}

impl Rows {
    /// `separator` stands before a row: the bracket before the first, commas before the others.
    fn write_next(&mut self, out: &mut Vec<u8>, separator: &mut u8) -> Progress {
        match self {
            Self::Vector(samples) => {
                let Some((labels, time_ms, sample)) = samples.next() else { return Progress::Done };
                begin(out, &labels, separator);
                instant(out, time_ms, &sample);
                out.push(b'}');
            }
            Self::Matrix { series, open } => {
                if open.is_none() {
                    let Some(series) = series.next() else { return Progress::Done };
                    begin(out, &series.labels, separator);
                    *open = Some(Open { series, written: 0 });
                }
                if open.as_mut().is_some_and(|open| open.write_next(out) == Progress::Done) {
                    out.push(b'}');
                    *open = None;
                }
            }
        }
        Progress::More
    }
}

impl Open {
    fn write_next(&mut self, out: &mut Vec<u8>) -> Progress {
        let Series { floats, histograms, .. } = &self.series;
        let at = self.written;
        self.written += 1;
        if let Some(value) = floats.values.get(at) {
            let place = Place { name: "values", at, length: floats.len() };
            place.write(out, |out| point(out, floats.times_ms[at], |out| quoted_value(out, *value)));
            return Progress::More;
        }
        let at = at - floats.len();
        let Some(value) = histograms.values.get(at) else { return Progress::Done };
        let place = Place { name: "histograms", at, length: histograms.len() };
        place.write(out, |out| histogram_point(out, histograms.times_ms[at], value));
        Progress::More
    }
}

/// Where an element stands in a list that is a field.
struct Place {
    name: &'static str,
    at: usize,
    length: usize,
}

impl Place {
    /// The element and what stands around it: the field's name before the first, the bracket behind the last.
    fn write(&self, out: &mut Vec<u8>, element: impl Fn(&mut Vec<u8>)) {
        match self.at {
            0 => {
                field(out, self.name);
                out.push(b'[');
            }
            _ => out.push(b','),
        }
        element(out);
        if self.at + 1 == self.length {
            out.push(b']');
        }
    }
}

/// `{"metric":{…}`.
fn begin(out: &mut Vec<u8>, metric: &Labels, separator: &mut u8) {
    out.push(*separator);
    *separator = b',';
    out.extend_from_slice(br#"{"metric":"#);
    labels(out, metric);
}

fn instant(out: &mut Vec<u8>, time_ms: i64, sample: &Sample) {
    match sample {
        Sample::Float(value) => {
            field(out, "value");
            point(out, time_ms, |out| quoted_value(out, *value));
        }
        Sample::Histogram(value) => {
            field(out, "histogram");
            histogram_point(out, time_ms, value);
        }
    }
}

/// `,"name":`.
fn field(out: &mut Vec<u8>, name: &str) {
    out.push(b',');
    json::string(out, name);
    out.push(b':');
}

fn histogram_point(out: &mut Vec<u8>, time_ms: i64, value: &Histogram) {
    point(out, time_ms, |out| histogram::write(out, value));
}

/// `[time,value]`.
fn point(out: &mut Vec<u8>, time_ms: i64, value: impl Fn(&mut Vec<u8>)) {
    out.push(b'[');
    time(out, time_ms);
    out.push(b',');
    value(out);
    out.push(b']');
}

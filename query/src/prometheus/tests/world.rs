//! The series that are stored: ten minutes of them, a sample every 15 seconds.

use std::sync::Arc;

use crate::promql::histogram::{BucketSpan, CUSTOM_SCHEMA, Histogram};
use crate::promql::labels::Labels;
use crate::promql::sample::Series;

pub const START_SECONDS: i64 = 1_700_000_000;
pub const END_SECONDS: i64 = START_SECONDS + 600;
const STEP_SECONDS: i64 = 15;

/// Series that an older Prometheus can store too.
pub fn plain() -> Vec<Series> {
    let mut series = vec![
        of(&[("__name__", "up"), ("instance", "a:1"), ("job", "api")], |_| 1.0),
        of(&[("__name__", "up"), ("instance", "b:1"), ("job", "web")], |_| 0.0),
        of(&[("__name__", "requests_total"), ("code", "200"), ("job", "api")], |at| 1_000.0 + at as f64 * 3.0),
        of(&[("__name__", "requests_total"), ("code", "500"), ("job", "api")], |at| 10.0 + at as f64 * 0.1),
        of(&[("__name__", "text"), ("value", "a \"b\" \\ \u{e9}\n")], |_| -0.5),
    ];
    let odd = [("huge", 1e300), ("large", 1e21), ("nan", f64::NAN), ("plus", f64::INFINITY), ("tiny", 1.5e-9)];
    series.extend(odd.map(|(kind, value)| of(&[("__name__", "odd"), ("kind", kind)], |_| value)));
    series
}

/// All series.
pub fn series() -> Vec<Series> {
    let mut series = plain();
    series.push(of(&[("__name__", "utf8.metric"), ("label.with.dot", "x")], |_| 7.0));
    series.push(latency(&[("__name__", "latency"), ("job", "api")], exponential()));
    series.push(latency(&[("__name__", "latency"), ("job", "custom")], custom()));
    series
}

fn of(labels: &[(&str, &str)], value: impl Fn(i64) -> f64) -> Series {
    let mut series = Series { labels: Labels::new(labels.iter().copied()), ..Series::default() };
    for at in 0..=600 / STEP_SECONDS {
        series.floats.push((START_SECONDS + at * STEP_SECONDS) * 1_000, value(at));
    }
    series
}

fn latency(labels: &[(&str, &str)], histogram: Histogram) -> Series {
    let mut series = Series { labels: Labels::new(labels.iter().copied()), ..Series::default() };
    let histogram = Arc::new(histogram);
    for at in 0..=600 / STEP_SECONDS {
        series.histograms.push((START_SECONDS + at * STEP_SECONDS) * 1_000, histogram.clone());
    }
    series
}

/// Buckets on both sides of zero, of which one is empty.
fn exponential() -> Histogram {
    let span = |offset, length| BucketSpan { offset, length };
    Histogram {
        schema: 0,
        zero_threshold: 0.001,
        zero_count: 2.0,
        count: 10.0,
        sum: 5.5,
        positive_spans: vec![span(0, 3)],
        positive: vec![3.0, 0.0, 1.0],
        negative_spans: vec![span(1, 1)],
        negative: vec![4.0],
        ..Histogram::default()
    }
}

fn custom() -> Histogram {
    Histogram {
        schema: CUSTOM_SCHEMA,
        count: 3.0,
        sum: 0.25,
        positive_spans: vec![BucketSpan { offset: 0, length: 3 }],
        positive: vec![1.0, 1.0, 1.0],
        custom_bounds: Arc::from([0.1, 0.5]),
        ..Histogram::default()
    }
}

//! Whether an answer is the expected one.

use std::collections::BTreeMap;

use super::super::engine::Value;
use super::super::histogram::{BucketSpan, CUSTOM_SCHEMA, Histogram};
use super::super::labels::Labels;
use super::super::sample::{Column, Sample, Series, is_stale};
use super::script::{Expected, ExpectedResult, Times};
use super::series::Item;
use super::series::histogram::{buckets, text as histogram_text};

/// How far values may be apart, of their size.
const TOLERANCE: f64 = 1e-6;

/// Whether two floats are the same but for rounding. The staleness marker is like nothing else.
pub fn almost_equal(left: f64, right: f64) -> bool {
    if is_stale(left) || is_stale(right) {
        return is_stale(left) && is_stale(right);
    }
    if left == right || (left.is_nan() && right.is_nan()) {
        return true;
    }
    let size = left.abs() + right.abs();
    let apart = (left - right).abs();
    if left == 0.0 || right == 0.0 || size < f64::MIN_POSITIVE {
        return apart < TOLERANCE * f64::MIN_POSITIVE;
    }
    apart / size.min(f64::MAX) < TOLERANCE
}

/// Whether two histograms say the same; buckets without observations say nothing.
pub fn same_histogram(expected: &Histogram, actual: &Histogram, with_hint: bool) -> bool {
    expected.schema == actual.schema
        && almost_equal(expected.count, actual.count)
        && almost_equal(expected.sum, actual.sum)
        && (expected.schema != CUSTOM_SCHEMA || expected.custom_bounds == actual.custom_bounds)
        && expected.zero_threshold == actual.zero_threshold
        && almost_equal(expected.zero_count, actual.zero_count)
        && same_buckets((&expected.positive_spans, &expected.positive), (&actual.positive_spans, &actual.positive))
        && same_buckets((&expected.negative_spans, &expected.negative), (&actual.negative_spans, &actual.negative))
        && (!with_hint || expected.hint == actual.hint)
}

fn same_buckets(expected: (&[BucketSpan], &[f64]), actual: (&[BucketSpan], &[f64])) -> bool {
    let filled = |(spans, counts)| buckets(spans, counts).into_iter().filter(|(_, count)| *count != 0.0);
    let (expected, actual): (Vec<_>, Vec<_>) = (filled(expected).collect(), filled(actual).collect());
    let mut pairs = expected.iter().zip(&actual);
    expected.len() == actual.len() && pairs.all(|(left, right)| left.0 == right.0 && almost_equal(left.1, right.1))
}

fn same_sample(expected: &Item, actual: &Sample) -> bool {
    match (expected, actual) {
        (Item::Float(expected), Sample::Float(actual)) => almost_equal(*expected, *actual),
        (Item::Histogram { histogram, hint_written }, Sample::Histogram(actual)) => {
            same_histogram(histogram, actual, *hint_written)
        }
        _ => false,
    }
}

fn item_text(item: &Item) -> String {
    match item {
        Item::Gap => "_".to_owned(),
        Item::Float(value) => value.to_string(),
        Item::Histogram { histogram, .. } => histogram_text(histogram),
    }
}

pub fn sample_text(sample: &Sample) -> String {
    match sample {
        Sample::Float(value) => value.to_string(),
        Sample::Histogram(histogram) => histogram_text(histogram),
    }
}

/// The answer as it should have been written in the script.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::Scalar { value, .. } => format!("scalar {value}"),
        Value::String { value, .. } => format!("string {value:?}"),
        Value::Vector(samples) => {
            let lines = samples.iter().map(|(labels, _, sample)| format!("\n      {labels} {}", sample_text(sample)));
            format!("vector of {}:{}", samples.len(), lines.collect::<String>())
        }
        Value::Matrix(series) => {
            let lines = series.iter().map(|series| format!("\n      {} {}", series.labels, points_text(series)));
            format!("matrix of {}:{}", series.len(), lines.collect::<String>())
        }
    }
}

fn points_text(series: &Series) -> String {
    points(series).map(|(time_ms, sample)| format!(" {}@{time_ms}", sample_text(&sample))).collect()
}

/// The samples of a series, the floats first.
pub fn points(series: &Series) -> impl Iterator<Item = (i64, Sample)> {
    let histograms = series.histograms.values.iter().map(|histogram| Sample::Histogram(histogram.clone()));
    let histograms = series.histograms.times_ms.iter().copied().zip(histograms);
    let floats = series.floats.values.iter().map(|value| Sample::Float(*value));
    series.floats.times_ms.iter().copied().zip(floats).chain(histograms)
}

/// # Errors
/// What differs.
pub fn check(expected: &Expected, times: Times, value: &Value) -> Result<(), String> {
    match (&expected.result, value) {
        (ExpectedResult::Scalar(expected), Value::Scalar { value, .. }) => {
            let same = almost_equal(*expected, *value);
            if same { Ok(()) } else { Err(format!("expected scalar {expected}, got {value}")) }
        }
        (ExpectedResult::String(expected), Value::String { value, .. }) => {
            if expected == value {
                Ok(())
            } else {
                Err(format!("expected string {expected:?}, got {value:?}"))
            }
        }
        (ExpectedResult::Series(series), Value::Vector(samples)) => {
            check_vector(series, expected.ordered, times, samples)
        }
        (ExpectedResult::Series(_), Value::Matrix(_)) if expected.ordered => {
            Err("expected an ordered result, got a matrix".to_owned())
        }
        (ExpectedResult::Series(series), Value::Matrix(matrix)) => check_matrix(series, times, matrix),
        (expected, value) => Err(format!("expected {expected:?}, got {}", value_text(value))),
    }
}

type ExpectedSeries = [(Labels, Vec<Item>)];

fn check_vector(
    expected: &ExpectedSeries,
    ordered: bool,
    times: Times,
    samples: &[(Labels, i64, Sample)],
) -> Result<(), String> {
    for (at, (labels, time_ms, sample)) in samples.iter().enumerate() {
        if times != Times::Instant(*time_ms) {
            return Err(format!("{labels} is of {time_ms} ms, the query of {times:?}"));
        }
        if samples[..at].iter().any(|(before, ..)| before == labels) {
            return Err(format!("{labels} is there twice"));
        }
        let place = expected.iter().rposition(|(held, _)| held == labels);
        let place = place.ok_or_else(|| format!("unexpected {labels} {}", sample_text(sample)))?;
        if ordered && place != at {
            return Err(format!("expected {labels} at {place}, it is at {at}"));
        }
        let item = expected[place].1.first().unwrap_or(&Item::Gap);
        if !same_sample(item, sample) {
            return Err(format!("expected {labels} {}, got {}", item_text(item), sample_text(sample)));
        }
    }
    missing(expected, |labels| samples.iter().any(|(held, ..)| held == labels))
}

fn missing(expected: &ExpectedSeries, is_there: impl Fn(&Labels) -> bool) -> Result<(), String> {
    match expected.iter().find(|(labels, _)| !is_there(labels)) {
        Some((labels, items)) => {
            let items: Vec<String> = items.iter().map(item_text).collect();
            Err(format!("expected {labels} {}, it is not there", items.join(" ")))
        }
        None => Ok(()),
    }
}

fn check_matrix(expected: &ExpectedSeries, times: Times, matrix: &[Series]) -> Result<(), String> {
    if let Some(pair) = matrix.windows(2).find(|pair| pair[0].labels >= pair[1].labels) {
        return Err(format!("series are not sorted: {} before {}", pair[0].labels, pair[1].labels));
    }
    for series in matrix {
        let items = expected.iter().rfind(|(labels, _)| *labels == series.labels).map(|(_, items)| items);
        let items = items.ok_or_else(|| format!("unexpected {}{}", series.labels, points_text(series)))?;
        check_series(items, times, series).map_err(|error| format!("{}: {error}", series.labels))?;
    }
    missing(expected, |labels| matrix.iter().any(|series| series.labels == *labels))
}

fn check_series(items: &[Item], times: Times, series: &Series) -> Result<(), String> {
    let Times::Steps { start_ms, end_ms, step_ms } = times else {
        return Err(format!("expected a vector, got{}", points_text(series)));
    };
    let time_of = |at: usize| start_ms + at as i64 * step_ms;
    if !items.is_empty() && time_of(items.len() - 1) > end_ms {
        return Err(format!("{} values are expected of fewer steps", items.len()));
    }
    check_column(&series.floats)?;
    check_column(&series.histograms)?;
    let expected: Vec<(i64, &Item)> = items
        .iter()
        .enumerate()
        .map(|(at, item)| (time_of(at), item))
        .filter(|(_, item)| **item != Item::Gap)
        .collect();
    let mut actual: Vec<(i64, Sample)> = points(series).collect();
    actual.sort_by_key(|(time_ms, _)| *time_ms);
    let wrong = expected
        .iter()
        .zip(&actual)
        .find(|(expected, actual)| expected.0 != actual.0 || !same_sample(expected.1, &actual.1));
    if let Some((expected, actual)) = wrong {
        let (expected_text, actual_text) = (item_text(expected.1), sample_text(&actual.1));
        return Err(format!(
            "expected {expected_text} at {} ms, got {actual_text} at {} ms of{}",
            expected.0,
            actual.0,
            points_text(series)
        ));
    }
    if expected.len() == actual.len() {
        return Ok(());
    }
    Err(format!("expected {} values, got {}:{}", expected.len(), actual.len(), points_text(series)))
}

fn check_column<T>(column: &Column<T>) -> Result<(), String> {
    if column.times_ms.len() != column.values.len() {
        return Err(format!("{} times of {} values", column.times_ms.len(), column.values.len()));
    }
    match column.times_ms.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(format!("times {} and {} are not ascending", pair[0], pair[1])),
        None => Ok(()),
    }
}

/// Whether an answer says nothing.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Vector(samples) => samples.is_empty(),
        Value::Matrix(series) => series.is_empty(),
        Value::Scalar { .. } | Value::String { .. } => false,
    }
}

/// Whether two evaluators say the same; the order of vectors is free, and sums of small numbers may differ in their last
/// digits.
///
/// # Errors
/// What differs.
pub fn agree(expected: &Value, actual: &Value) -> Result<(), String> {
    match (expected, actual) {
        (Value::Vector(_), Value::Vector(_)) | (Value::Matrix(_), Value::Matrix(_)) => {
            let (expected, actual) = (flat(expected)?, flat(actual)?);
            let differing =
                expected.iter().find(|(key, value)| !actual.get(key).is_some_and(|held| close(value, held)));
            if let Some((key, value)) = differing {
                return Err(format!(
                    "expected {key:?} {}, got {:?}",
                    sample_text(value),
                    actual.get(key).map(sample_text)
                ));
            }
            match actual.iter().find(|(key, _)| !expected.contains_key(key)) {
                Some((key, value)) => Err(format!("unexpected {key:?} {}", sample_text(value))),
                None => Ok(()),
            }
        }
        (Value::Scalar { value: expected, .. }, Value::Scalar { value, .. }) => {
            let same = close(&Sample::Float(*expected), &Sample::Float(*value));
            if same { Ok(()) } else { Err(format!("expected scalar {expected}, got {value}")) }
        }
        _ if expected == actual => Ok(()),
        _ => Err(format!("expected {}, got {}", value_text(expected), value_text(actual))),
    }
}

/// Samples by label set and time, each there once.
fn flat(value: &Value) -> Result<BTreeMap<(Labels, i64), Sample>, String> {
    let samples: Vec<(Labels, i64, Sample)> = match value {
        Value::Vector(samples) => samples.clone(),
        Value::Matrix(matrix) => {
            let of_series = |series| points(series).map(|(at, sample)| (series.labels.clone(), at, sample));
            matrix.iter().flat_map(of_series).collect()
        }
        Value::Scalar { .. } | Value::String { .. } => Vec::new(),
    };
    let mut flat = BTreeMap::new();
    for (labels, time_ms, sample) in samples {
        if flat.insert((labels.clone(), time_ms), sample).is_some() {
            return Err(format!("{labels} is there twice at {time_ms} ms"));
        }
    }
    Ok(flat)
}

/// How far small numbers may be apart.
const ROUNDING: f64 = 1e-9;

fn close(expected: &Sample, actual: &Sample) -> bool {
    match (expected, actual) {
        (Sample::Float(expected), Sample::Float(actual)) => {
            almost_equal(*expected, *actual) || (expected - actual).abs() < ROUNDING
        }
        (Sample::Histogram(expected), Sample::Histogram(actual)) => same_histogram(expected, actual, false),
        _ => false,
    }
}

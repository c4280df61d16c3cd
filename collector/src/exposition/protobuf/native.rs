//! Native histograms. Source: Prometheus' "Native Histograms" specification, and the checks of its `model/histogram`.

use spanloom_store::series::{BucketSpan, NativeHistogram, ResetHint};

use super::message::{self, Histogram, Kind};
use crate::exposition::error::Problem;
use crate::exposition::number::never_stale;

/// The schemas of exponential buckets. That of listed bounds has no place in the message.
const SCHEMA_MIN: i32 = -4;
const SCHEMA_MAX: i32 = 8;

/// Whether a histogram has a native form: one without observations has a span of no buckets, or a width of its zero
/// bucket.
pub fn is_native(histogram: &Histogram) -> bool {
    !histogram.positive_span.is_empty()
        || !histogram.negative_span.is_empty()
        || histogram.zero_threshold.is_some_and(|threshold| threshold > 0.0)
        || histogram.zero_count.is_some_and(|count| count > 0)
        || histogram.zero_count_float.is_some_and(|count| count > 0.0)
}

/// The native form, with absolute counts.
///
/// # Errors
/// When it is none that Prometheus would take.
pub fn native(kind: Kind, histogram: &Histogram) -> Result<NativeHistogram, Problem> {
    let schema = histogram.schema.unwrap_or(0);
    if !(SCHEMA_MIN..=SCHEMA_MAX).contains(&schema) {
        return Err(Problem::Histogram("a schema other than -4 to 8"));
    }
    let native = NativeHistogram {
        hint: if kind == Kind::GaugeHistogram { ResetHint::Gauge } else { ResetHint::Unknown },
        schema,
        zero_threshold: histogram.zero_threshold.unwrap_or(0.0),
        zero_count: count(histogram.zero_count, histogram.zero_count_float),
        count: sample_count(histogram),
        sum: never_stale(histogram.sample_sum.unwrap_or(0.0)),
        positive_spans: spans(&histogram.positive_span)?,
        positive: counts(&histogram.positive_delta, &histogram.positive_count)?,
        negative_spans: spans(&histogram.negative_span)?,
        negative: counts(&histogram.negative_delta, &histogram.negative_count)?,
        custom_bounds: [].into(),
    };
    check(&native)?;
    Ok(native)
}

/// How many observations there were.
pub fn sample_count(histogram: &Histogram) -> f64 {
    count(histogram.sample_count, histogram.sample_count_float)
}

/// A count that is written as an integer or, where that cannot say it, as a float.
pub fn count(integer: Option<u64>, float: Option<f64>) -> f64 {
    // Above 2^53 the nearest float stands for the count.
    float.filter(|float| *float > 0.0).unwrap_or(integer.unwrap_or(0) as f64)
}

fn spans(spans: &[message::BucketSpan]) -> Result<Vec<BucketSpan>, Problem> {
    let mut read = Vec::with_capacity(spans.len());
    for span in spans {
        let (offset, length) = (span.offset.unwrap_or(0), span.length.unwrap_or(0));
        if offset < 0 && !read.is_empty() {
            return Err(Problem::Histogram("a span that lies before its neighbour"));
        }
        read.push(BucketSpan { offset, length });
    }
    Ok(read)
}

/// Absolute counts of differences, or as they are.
fn counts(deltas: &[i64], counts: &[f64]) -> Result<Vec<f64>, Problem> {
    if !counts.is_empty() {
        return Ok(counts.to_vec());
    }
    let mut count = 0_i64;
    let absolute = deltas.iter().map(|delta| {
        count = count.checked_add(*delta)?;
        Some(count as f64)
    });
    absolute.collect::<Option<_>>().ok_or(Problem::Histogram("counts out of range"))
}

fn check(native: &NativeHistogram) -> Result<(), Problem> {
    for (spans, counts) in [(&native.positive_spans, &native.positive), (&native.negative_spans, &native.negative)] {
        let length: u64 = spans.iter().map(|span| u64::from(span.length)).sum();
        if length != counts.len() as u64 {
            return Err(Problem::Histogram("other buckets than its spans say"));
        }
        check_range(spans)?;
    }
    let buckets = || native.positive.iter().chain(&native.negative).chain([&native.zero_count]);
    if !buckets().chain([&native.count]).all(|count| *count >= 0.0 && count.is_finite()) {
        return Err(Problem::Histogram("a count that is negative or none"));
    }
    if !(native.zero_threshold >= 0.0 && native.zero_threshold.is_finite()) {
        return Err(Problem::Histogram("a zero bucket of negative width"));
    }
    // Observations of NaN are counted and lie in no bucket, so that buckets may count less.
    let counted: f64 = buckets().sum();
    if counted > native.count * (1.0 + f64::EPSILON * 16.0) {
        return Err(Problem::Histogram("more in its buckets than in all"));
    }
    Ok(())
}

/// Whether bucket numbers stay within 32 bits, by which they are counted everywhere.
fn check_range(spans: &[BucketSpan]) -> Result<(), Problem> {
    let end = spans
        .iter()
        .try_fold(0_i32, |end, span| end.checked_add(span.offset)?.checked_add(i32::try_from(span.length).ok()?));
    end.map(|_| ()).ok_or(Problem::Histogram("buckets out of range"))
}

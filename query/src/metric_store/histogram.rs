//! Stored native histograms as PromQL has them.

use std::sync::Arc;

use spanloom_store::series::{self, NativeHistogram};

use crate::promql::histogram::{BucketSpan, Histogram, ResetHint};

/// The same histogram.
pub(super) fn of(stored: &NativeHistogram) -> Histogram {
    Histogram {
        hint: hint(stored.hint),
        schema: stored.schema,
        zero_threshold: stored.zero_threshold,
        zero_count: stored.zero_count,
        count: stored.count,
        sum: stored.sum,
        positive_spans: spans(&stored.positive_spans),
        positive: stored.positive.clone(),
        negative_spans: spans(&stored.negative_spans),
        negative: stored.negative.clone(),
        custom_bounds: Arc::clone(&stored.custom_bounds),
    }
}

fn spans(stored: &[series::BucketSpan]) -> Vec<BucketSpan> {
    stored.iter().map(|span| BucketSpan { offset: span.offset, length: span.length }).collect()
}

const fn hint(stored: series::ResetHint) -> ResetHint {
    match stored {
        series::ResetHint::Unknown => ResetHint::Unknown,
        series::ResetHint::Reset => ResetHint::Reset,
        series::ResetHint::NotReset => ResetHint::NotReset,
        series::ResetHint::Gauge => ResetHint::Gauge,
    }
}

//! Stored native histograms as PromQL has them.

use std::sync::Arc;

use spanloom_store::series::{self, NativeHistogram};

use crate::promql::histogram::{Histogram, ResetHint};

/// The same histogram.
pub(super) fn of(stored: &NativeHistogram) -> Histogram {
    Histogram {
        hint: hint(stored.hint),
        schema: stored.schema,
        zero_threshold: stored.zero_threshold,
        zero_count: stored.zero_count,
        count: stored.count,
        sum: stored.sum,
        positive_spans: stored.positive_spans.clone(),
        positive: stored.positive.clone(),
        negative_spans: stored.negative_spans.clone(),
        negative: stored.negative.clone(),
        custom_bounds: Arc::clone(&stored.custom_bounds),
    }
}

const fn hint(stored: series::ResetHint) -> ResetHint {
    match stored {
        series::ResetHint::Unknown => ResetHint::Unknown,
        series::ResetHint::Reset => ResetHint::Reset,
        series::ResetHint::NotReset => ResetHint::NotReset,
        series::ResetHint::Gauge => ResetHint::Gauge,
    }
}

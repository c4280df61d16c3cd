//! Histograms of which nobody looks at the buckets.

use std::sync::Arc;

use super::{Histogram, ResetHint};
use crate::promql::sample::{Column, is_stale};

/// Counts and sums alone, and the schema, by which histograms that do not mix are known. Since buckets tell resets that counts do not, the hints say where there were some.
pub fn totals(histograms: &Column<Arc<Histogram>>) -> Column<Arc<Histogram>> {
    let mut previous: Option<&Histogram> = None;
    let without_buckets = histograms.values.iter().map(|histogram| {
        let hint = told_hint(histogram, previous);
        previous = (!is_stale(histogram.sum)).then_some(histogram);
        Arc::new(Histogram {
            hint,
            schema: histogram.schema,
            count: histogram.count,
            sum: histogram.sum,
            custom_bounds: histogram.custom_bounds.clone(),
            ..Histogram::default()
        })
    });
    let values = without_buckets.collect();
    Column { times_ms: histograms.times_ms.clone(), values, starts_ms: histograms.starts_ms.clone() }
}

/// The hint, or what a comparison with the histogram before tells.
fn told_hint(histogram: &Histogram, previous: Option<&Histogram>) -> ResetHint {
    match previous {
        Some(previous) if histogram.hint == ResetHint::Unknown => match histogram.detect_reset(previous) {
            true => ResetHint::Reset,
            false => ResetHint::NotReset,
        },
        _ => histogram.hint,
    }
}

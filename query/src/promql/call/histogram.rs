//! Functions of one native histogram.

use super::SampleFunction;
use crate::promql::sample::Sample;

/// The function that is called so. Floats have no value.
pub(super) fn function(name: &str) -> Option<SampleFunction> {
    Some(match name {
        "histogram_count" => |sample, _| of_histogram(sample, |histogram| histogram.count),
        "histogram_sum" => |sample, _| of_histogram(sample, |histogram| histogram.sum),
        "histogram_avg" => |sample, _| of_histogram(sample, |histogram| histogram.sum / histogram.count),
        _ => return None,
    })
}

fn of_histogram(sample: &Sample, ask: fn(&crate::promql::histogram::Histogram) -> f64) -> Option<Sample> {
    match sample {
        Sample::Histogram(histogram) => Some(Sample::Float(ask(histogram))),
        Sample::Float(_) => None,
    }
}

use crate::promql::histogram::Histogram;

pub(super) fn detect_reset(after: &Histogram, before: &Histogram) -> bool {
    after.count < before.count
}
pub(super) fn same(after: &Histogram, before: &Histogram) -> bool {
    after == before
}

//! Functions of one native histogram.

use super::SampleFunction;
use crate::promql::histogram::Histogram;
use crate::promql::sample::Sample;

/// The function that is called so. Floats have no value.
pub(super) fn function(name: &str) -> Option<SampleFunction> {
    Some(match name {
        "histogram_count" => |sample, _| ask(sample, |histogram| histogram.count),
        "histogram_sum" => |sample, _| ask(sample, |histogram| histogram.sum),
        "histogram_avg" => |sample, _| ask(sample, Histogram::mean),
        "histogram_stddev" => |sample, _| ask(sample, Histogram::stddev),
        "histogram_stdvar" => |sample, _| ask(sample, Histogram::stdvar),
        _ => return None,
    })
}

fn ask(sample: &Sample, ask: fn(&Histogram) -> f64) -> Option<Sample> {
    match sample {
        Sample::Histogram(histogram) => Some(Sample::Float(ask(histogram))),
        Sample::Float(_) => None,
    }
}

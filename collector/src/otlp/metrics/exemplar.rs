//! Exemplars: values with what leads to their traces.

use opentelemetry_proto::tonic::metrics::v1::Exemplar as Proto;
use opentelemetry_proto::tonic::metrics::v1::exemplar::Value;
use spanloom_store::series::{Exemplar, Labels};

use super::labels::LabelSet;
use super::point::ms;

/// Beyond so many letters an exemplar has its ids alone.
/// Source: OpenMetrics 1.0, "Exemplars".
const CHARS_MAX: usize = 128;

/// The value of an exemplar; `None` when it has none, which makes it invalid.
pub fn value(proto: &Proto) -> Option<f64> {
    match proto.value? {
        Value::AsDouble(value) if value.is_nan() => None,
        Value::AsDouble(value) => Some(value),
        Value::AsInt(value) => Some(value as f64),
    }
}

/// The exemplar of a series; without a time of its own it has that of its data point.
pub fn exemplar(proto: &Proto, value: f64, series: u32, point_time_ms: i64) -> Exemplar {
    let time_ms = if proto.time_unix_nano == 0 { point_time_ms } else { ms(proto.time_unix_nano) };
    let mut ids = LabelSet::default();
    for (name, id) in [("trace_id", &proto.trace_id), ("span_id", &proto.span_id)] {
        if id.iter().any(|byte| *byte != 0) {
            ids.set(name, &hex::encode(id));
        }
    }
    // Attributes that are no labels do not cost the link to the trace.
    let mut labels = LabelSet::of(&proto.filtered_attributes).unwrap_or_default();
    labels.set_all(&ids);
    if labels.chars() > CHARS_MAX {
        labels = ids;
    }
    Exemplar { series, time_ms, value, labels: Labels::new(labels.iter()) }
}

//! Measures a request before it is decoded: a data point that says nothing takes two bytes on the wire and some hundred
//! in memory. Walks over the wire once; whatever is malformed is left for the decoder to refuse.

use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, SummaryDataPoint,
};

use crate::remote_write::wire::Message;

/// Messages deeper than this are not walked into; the decoder refuses them.
const DEPTH_MAX: usize = 128;
/// A packed number takes one byte on the wire and eight in memory.
const MEMORY_PER_PACKED_BYTE: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Request,
    ResourceMetrics,
    Resource,
    EntityRef,
    ScopeMetrics,
    Scope,
    Metric,
    /// A gauge or a sum.
    Numbers,
    Number,
    Histograms,
    Histogram,
    Exponentials,
    Exponential,
    Summaries,
    Summary,
    Quantile,
    Buckets,
    Packed,
    Exemplar,
    KeyValue,
    AnyValue,
    ArrayValue,
    KeyValueList,
    /// Text that gets an allocation of its own in a list.
    Element,
}

/// The message in a length-delimited field, from `opentelemetry/proto/metrics/v1/metrics.proto` and its imports.
const fn child(kind: Kind, field: u32) -> Option<Kind> {
    Some(match (kind, field) {
        (Kind::Request, 1) => Kind::ResourceMetrics,
        (Kind::ResourceMetrics, 1) => Kind::Resource,
        (Kind::ResourceMetrics, 2) => Kind::ScopeMetrics,
        (Kind::Resource, 3) => Kind::EntityRef,
        (Kind::EntityRef, 3 | 4) => Kind::Element,
        (Kind::ScopeMetrics, 1) => Kind::Scope,
        (Kind::ScopeMetrics, 2) => Kind::Metric,
        (Kind::Metric, 5 | 7) => Kind::Numbers,
        (Kind::Metric, 9) => Kind::Histograms,
        (Kind::Metric, 10) => Kind::Exponentials,
        (Kind::Metric, 11) => Kind::Summaries,
        (Kind::Numbers, 1) => Kind::Number,
        (Kind::Histograms, 1) => Kind::Histogram,
        (Kind::Exponentials, 1) => Kind::Exponential,
        (Kind::Summaries, 1) => Kind::Summary,
        (Kind::Number, 5) | (Kind::Histogram, 8) | (Kind::Exponential, 11) => Kind::Exemplar,
        (Kind::Exponential, 8 | 9) => Kind::Buckets,
        (Kind::Buckets, 2) => Kind::Packed,
        (Kind::Summary, 6) => Kind::Quantile,
        (Kind::Resource | Kind::Exponential | Kind::KeyValueList, 1)
        | (Kind::Scope, 3)
        | (Kind::Metric, 12)
        | (Kind::Number | Kind::Summary | Kind::Exemplar, 7)
        | (Kind::Histogram, 9) => Kind::KeyValue,
        (Kind::KeyValue, 2) | (Kind::ArrayValue, 1) => Kind::AnyValue,
        (Kind::AnyValue, 5) => Kind::ArrayValue,
        (Kind::AnyValue, 6) => Kind::KeyValueList,
        _ => return None,
    })
}

const fn memory_bytes(kind: Kind, wire_bytes: usize) -> usize {
    match kind {
        Kind::ResourceMetrics => size_of::<ResourceMetrics>(),
        Kind::EntityRef => size_of::<EntityRef>(),
        Kind::ScopeMetrics => size_of::<ScopeMetrics>(),
        Kind::Metric => size_of::<Metric>(),
        Kind::Number => size_of::<NumberDataPoint>(),
        Kind::Histogram => size_of::<HistogramDataPoint>(),
        Kind::Exponential => size_of::<ExponentialHistogramDataPoint>(),
        Kind::Summary => size_of::<SummaryDataPoint>(),
        Kind::Quantile => size_of::<ValueAtQuantile>(),
        Kind::Packed => wire_bytes * MEMORY_PER_PACKED_BYTE,
        Kind::Exemplar => size_of::<Exemplar>(),
        Kind::KeyValue => size_of::<KeyValue>(),
        Kind::AnyValue => size_of::<AnyValue>(),
        Kind::Element => size_of::<String>(),
        // Part of their parents.
        Kind::Request
        | Kind::Resource
        | Kind::Scope
        | Kind::Numbers
        | Kind::Histograms
        | Kind::Exponentials
        | Kind::Summaries
        | Kind::Buckets
        | Kind::ArrayValue
        | Kind::KeyValueList => 0,
    }
}

/// Bytes that the decoded request will take, give or take what allocators add.
pub fn decoded_bytes(request: &[u8]) -> u64 {
    let mut bytes = request.len() as u64;
    // A list in place of recursion, because the input decides how deep it gets.
    let mut open = vec![(Message::new("request", request), Kind::Request)];
    while let Some((message, kind)) = open.last_mut() {
        let Ok(Some(field)) = message.next_field() else {
            open.pop();
            continue;
        };
        // Counts that come one by one take two bytes on the wire.
        if *kind == Kind::Buckets && field.number == 2 && field.uint64().is_ok() {
            bytes += size_of::<u64>() as u64;
            continue;
        }
        let Some((payload, kind)) = field.bytes().ok().zip(child(*kind, field.number)) else { continue };
        bytes += memory_bytes(kind, payload.len()) as u64;
        let has_messages = !matches!(kind, Kind::Packed | Kind::Element);
        if has_messages && open.len() < DEPTH_MAX {
            open.push((Message::new("request", payload), kind));
        }
    }
    bytes
}

#[cfg(test)]
mod tests;

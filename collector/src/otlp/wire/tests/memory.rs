use arrow::array::Array as _;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::common::v1::{EntityRef, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prometheus_client::metrics::gauge::Gauge;
use prost::Message as _;

use super::{fields, good, request_of, some, span_with, text, walk};
use crate::admit::Admission;
use crate::otlp::arbitrary::NOW_NS;
use crate::otlp::wire::decode;
use crate::refusal::Refusal;

/// Bytes that a request takes, and what its rows take as arrays: what is shared in memory is not when it is read.
fn taken(request: &ExportTraceServiceRequest) -> (u64, u64) {
    let gauge = Gauge::default();
    let mut memory = Admission::new(gauge.clone(), u64::MAX).reserve();
    let decoded = decode(&request.encode_to_vec(), NOW_NS, u64::MAX, &mut memory).unwrap();
    let mut columns = decoded.rows.spans.to_batch().columns().to_vec();
    columns.iter_mut().for_each(|column| column.shrink_to_fit());
    (gauge.get(), columns.iter().map(|column| column.get_array_memory_size() as u64).sum())
}

fn many(resource: Resource, span: &Span) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { spans: vec![span.clone(); 2_000], ..ScopeSpans::default() }];
    let resource = Some(resource);
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }],
    }
}

#[test]
fn rows_take_what_was_reserved_for_them() {
    let attributes = |count: usize, value: &dyn Fn(usize) -> Proto| -> Vec<KeyValue> {
        let attribute = |n| KeyValue { key: format!("key.{n}"), value: Some(some(value(n))), key_strindex: 0 };
        (0..count).map(attribute).collect()
    };
    let texts = |count| attributes(count, &|n| Proto::StringValue(format!("value {n}")));
    let numbers = attributes(20, &|n| Proto::IntValue(i64::MIN + n as i64));
    let resource = |count| Resource {
        attributes: texts(count),
        entity_refs: vec![EntityRef::default(); count / 10],
        ..Resource::default()
    };
    let event = Event { name: "e".to_owned(), attributes: texts(2), ..Event::default() };
    let lists = Span { events: vec![event; 5], links: vec![Link::default(); 5], ..good() };
    let cases = [
        many(resource(0), &good()),
        many(resource(50), &good()),
        many(resource(10), &Span { attributes: texts(20), ..good() }),
        many(resource(10), &Span { attributes: numbers, ..good() }),
        many(resource(10), &lists),
    ];
    for request in cases {
        let (taken, rows) = taken(&request);
        assert!((rows..3 * rows).contains(&taken), "{taken} bytes taken for rows of {rows}");
    }
}

#[test]
fn lists_of_nothing_are_bounded_like_all_else() {
    const MEMORY_BYTES_MAX: u64 = 1 << 20;
    let empty = |number: u64| fields(&[(number, b"")]).repeat(50_000);
    let resource_spans = |message: &[u8]| fields(&[(1, message)]);
    let payloads = [
        resource_spans(&fields(&[(2, &empty(2))])),
        request_of(&empty(9)),
        request_of(&empty(11)),
        request_of(&empty(13)),
        request_of(&span_with(&[(9, &fields(&[(2, &fields(&[(5, &empty(1))]))]))])),
        request_of(&span_with(&[(9, &fields(&[(2, &fields(&[(6, &empty(1))]))]))])),
        resource_spans(&fields(&[(1, &empty(1))])),
        resource_spans(&fields(&[(1, &empty(3))])),
        resource_spans(&fields(&[(1, &fields(&[(3, &empty(3))]))])),
        resource_spans(&fields(&[(2, &fields(&[(1, &empty(3))]))])),
    ];
    for (number, payload) in payloads.iter().enumerate() {
        walk(payload).unwrap();
        let bounded = decode(payload, NOW_NS, MEMORY_BYTES_MAX, &mut Admission::unbounded().reserve());
        assert!(matches!(bounded, Err(Refusal::TooLarge { bytes_max: MEMORY_BYTES_MAX, .. })), "{number}: {bounded:?}");
        let mut scarce = Admission::new(Gauge::default(), MEMORY_BYTES_MAX).reserve();
        let overloaded = decode(payload, NOW_NS, u64::MAX, &mut scarce);
        assert!(matches!(overloaded, Err(Refusal::Overloaded { .. })), "{number}: {overloaded:?}");
    }
}

#[test]
fn a_large_resource_counts_for_every_span_of_it() {
    let resource = Resource { attributes: vec![text("k", &"v".repeat(10_000))], ..Resource::default() };
    let request = many(resource, &good());
    let (taken, rows) = taken(&request);
    assert!(rows > 20_000_000 && taken >= rows, "{taken} bytes taken for rows of {rows}");
    let refused = decode(&request.encode_to_vec(), NOW_NS, 10 << 20, &mut Admission::unbounded().reserve());
    assert!(matches!(refused, Err(Refusal::TooLarge { .. })), "{refused:?}");
}

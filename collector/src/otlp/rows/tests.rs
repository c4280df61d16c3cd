use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::ArrayValue;
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use prost::Message as _;
use spanloom_store::schema::spans::{Quirks, SpansReader};

use super::super::arbitrary::NOW_NS;
use super::super::checks::VALUE_DEPTH_MAX;
use super::super::decoded::{Sender, assert_same};
use super::super::wire;
use super::*;
use crate::admit::Admission;

/// The rows of a request, of which both ways have to say the same.
fn rows(request: &ExportTraceServiceRequest) -> Decoded {
    let walked = wire::decode(&request.encode_to_vec(), NOW_NS, u64::MAX, &mut Admission::unbounded().reserve());
    let decoded = super::rows(request, NOW_NS);
    assert_same(&walked.unwrap(), &decoded);
    decoded
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Proto::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn good() -> ProtoSpan {
    ProtoSpan {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: "GET /".to_owned(),
        start_time_unix_nano: NOW_NS as u64,
        end_time_unix_nano: NOW_NS as u64 + 5,
        ..ProtoSpan::default()
    }
}

fn request(resource: Option<ProtoResource>, spans: Vec<ProtoSpan>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }],
    }
}

/// Decodes a good span changed by `change` beside one that is good; returns the reason if the changed one is refused.
fn check(change: impl FnOnce(&mut ProtoSpan), expected: Option<&'static str>) {
    let mut changed = good();
    changed.span_id = vec![3; 8];
    change(&mut changed);
    let decoded = rows(&request(None, vec![changed, good()]));
    let reasons: Vec<_> = decoded.refused.by_reason.keys().copied().collect();
    assert_eq!(reasons, Vec::from_iter(expected));
    assert_eq!(decoded.accepted, if expected.is_some() { 1 } else { 2 }, "its neighbour is taken");
    assert_eq!(decoded.rows.spans.num_rows() as u64, decoded.accepted);
}

fn nested(levels: usize) -> KeyValue {
    let mut value = AnyValue { value: Some(Proto::IntValue(1)) };
    for _ in 0..levels {
        value = AnyValue { value: Some(Proto::ArrayValue(ArrayValue { values: vec![value] })) };
    }
    KeyValue { key: "deep".to_owned(), value: Some(value), ..KeyValue::default() }
}

#[test]
fn ids_must_have_their_length_and_not_be_zero() {
    check(|span| span.trace_id = vec![0; 16], Some("trace_id"));
    check(|span| span.trace_id = vec![1; 8], Some("trace_id"));
    check(|span| span.trace_id = Vec::new(), Some("trace_id"));
    check(|span| span.span_id = vec![0; 8], Some("span_id"));
    check(|span| span.span_id = vec![1; 9], Some("span_id"));
    check(|span| span.parent_span_id = vec![1; 7], Some("parent_span_id"));
}

#[test]
fn no_parent_is_nothing_or_zeros() {
    check(|span| span.parent_span_id = Vec::new(), None);
    check(|span| span.parent_span_id = vec![0; 8], None);
}

#[test]
fn a_link_may_point_nowhere_but_not_half_way() {
    check(|span| span.links = vec![ProtoLink::default()], None);
    check(|span| span.links = vec![ProtoLink { trace_id: vec![1; 3], ..ProtoLink::default() }], Some("link"));
}

#[test]
fn the_past_is_welcome_and_the_future_is_not() {
    const HOUR_NS: u64 = 3_600_000_000_000;
    check(|span| span.start_time_unix_nano = 0, None);
    check(|span| span.start_time_unix_nano += HOUR_NS, None);
    check(|span| span.start_time_unix_nano += HOUR_NS + 1, Some("future"));
    check(|span| span.end_time_unix_nano = u64::MAX, Some("time"));
}

#[test]
fn nesting_is_bounded() {
    check(|span| span.attributes = vec![nested(VALUE_DEPTH_MAX)], None);
    check(|span| span.attributes = vec![nested(VALUE_DEPTH_MAX + 1)], Some("nesting"));
}

#[test]
fn an_end_before_the_start_is_kept_and_marked() {
    let mut span = good();
    span.end_time_unix_nano = NOW_NS as u64 - 7;
    let decoded = rows(&request(None, vec![span]));
    let spans = decoded.rows.spans.to_batch();
    let row = SpansReader::new(&spans).unwrap().row(0).unwrap();
    assert_eq!((row.span.start_ns, row.span.end_ns), (NOW_NS, NOW_NS - 7));
    assert!(row.span.quirks.contains(Quirks::END_BEFORE_START));
}

#[test]
fn a_resource_that_cannot_be_kept_refuses_its_spans_only() {
    let bad = ProtoResource { attributes: vec![nested(VALUE_DEPTH_MAX + 1)], ..ProtoResource::default() };
    let mut both = request(Some(bad), vec![good(), good()]);
    both.resource_spans.extend(request(None, vec![good()]).resource_spans);
    let decoded = rows(&both);
    assert_eq!((decoded.accepted, decoded.refused.count()), (1, 2));
    assert!(decoded.refused.message().starts_with("refused by reason: nesting 2; first: span \"GET /\":"));
}

#[test]
fn senders_are_told_apart_by_service_and_sdk() {
    let named = |service, language| ProtoResource {
        attributes: vec![text("service.name", service), text("telemetry.sdk.language", language)],
        ..ProtoResource::default()
    };
    let mut mixed = request(Some(named("web", "rust")), vec![good(), good()]);
    mixed.resource_spans.extend(request(Some(named("db", "go")), vec![good()]).resource_spans);
    mixed.resource_spans.extend(request(None, vec![good()]).resource_spans);
    let sender = |service: &str, sdk: &str| Sender { service: Some(service.to_owned()), sdk: Some(sdk.to_owned()) };
    let expected = [(Sender::default(), 1), (sender("db", "go"), 1), (sender("web", "rust"), 2)];
    assert_eq!(rows(&mixed).senders, BTreeMap::from(expected));
}

#[test]
fn a_repeated_attribute_is_counted() {
    let mut span = good();
    span.attributes = vec![text("k", "first"), text("k", "second")];
    assert_eq!(rows(&request(None, vec![span])).repeated_attributes, 1);
}

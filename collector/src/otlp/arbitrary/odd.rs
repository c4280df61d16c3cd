//! Requests with what no exporter should send: spans that must be refused, values that say nothing, keys that come twice.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::trace::v1::Span;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{NOW_NS, any_value, request};

#[derive(Debug, Clone)]
enum Oddity {
    TraceId(Vec<u8>),
    SpanId(Vec<u8>),
    Parent(Vec<u8>),
    Start(u64),
    End(u64),
    LinkId(Vec<u8>),
    Attribute(Owner, KeyValue),
}

/// Whose attribute it is.
#[derive(Debug, Clone, Copy)]
enum Owner {
    Resource,
    Scope,
    Span,
    Event,
    Link,
}

/// A request of which a few things are odd.
pub fn odd_request() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let oddities = vec((any::<Index>(), any::<Index>(), any::<Index>(), oddity()), 0..6);
    (request(), oddities).prop_map(|(mut request, oddities)| {
        for (resource, scope, span, oddity) in oddities {
            put(oddity, &mut request, resource, scope, span);
        }
        request
    })
}

fn oddity() -> impl Strategy<Value = Oddity> {
    let id = || prop_oneof![vec(any::<u8>(), 0..20), Just(vec![0; 16]), Just(vec![0; 8])];
    let now = NOW_NS as u64;
    let time = move || prop_oneof![now..now + 7_200_000_000_000, Just(u64::MAX), Just(1 << 63), Just(0)];
    let owner = prop_oneof![
        Just(Owner::Resource),
        Just(Owner::Scope),
        Just(Owner::Span),
        Just(Owner::Event),
        Just(Owner::Link),
    ];
    prop_oneof![
        1 => id().prop_map(Oddity::TraceId),
        1 => id().prop_map(Oddity::SpanId),
        1 => id().prop_map(Oddity::Parent),
        1 => time().prop_map(Oddity::Start),
        1 => time().prop_map(Oddity::End),
        1 => id().prop_map(Oddity::LinkId),
        8 => (owner, attribute()).prop_map(|(owner, attribute)| Oddity::Attribute(owner, attribute)),
    ]
}

fn attribute() -> impl Strategy<Value = KeyValue> {
    let key = prop_oneof![Just("service.name"), Just("http.status_code"), Just("")];
    let some = |value| Some(AnyValue { value: Some(value) });
    let value = prop_oneof![
        Just(None),
        Just(Some(AnyValue { value: None })),
        any::<i32>().prop_map(move |index| some(Value::StringValueStrindex(index))),
        Just(some(Value::DoubleValue(f64::NAN))),
        (0..30_usize, any::<bool>()).prop_map(|(levels, is_map)| Some(nested(levels, is_map))),
        any_value().prop_map(Some),
    ];
    (key, value, any::<i32>()).prop_map(|(key, value, key_strindex)| KeyValue {
        key: key.to_owned(),
        value,
        key_strindex,
    })
}

/// A number in so many arrays or maps.
pub fn nested(levels: usize, is_map: bool) -> AnyValue {
    (0..levels).fold(AnyValue { value: Some(Value::IntValue(1)) }, |inner, _| {
        let value = if is_map {
            let value = KeyValue { key: "k".to_owned(), value: Some(inner), key_strindex: 0 };
            Value::KvlistValue(KeyValueList { values: vec![value] })
        } else {
            Value::ArrayValue(ArrayValue { values: vec![inner] })
        };
        AnyValue { value: Some(value) }
    })
}

fn put(oddity: Oddity, request: &mut ExportTraceServiceRequest, resource: Index, scope: Index, span: Index) {
    let Some(spans) = pick(&mut request.resource_spans, resource) else { return };
    if let Oddity::Attribute(Owner::Resource, attribute) = oddity {
        return spans.resource.get_or_insert_default().attributes.push(attribute);
    }
    let Some(spans) = pick(&mut spans.scope_spans, scope) else { return };
    if let Oddity::Attribute(Owner::Scope, attribute) = oddity {
        return spans.scope.get_or_insert_default().attributes.push(attribute);
    }
    if let Some(span) = pick(&mut spans.spans, span) {
        put_in_span(oddity, span);
    }
}

fn put_in_span(oddity: Oddity, span: &mut Span) {
    match oddity {
        Oddity::TraceId(id) => span.trace_id = id,
        Oddity::SpanId(id) => span.span_id = id,
        Oddity::Parent(id) => span.parent_span_id = id,
        Oddity::Start(time) => span.start_time_unix_nano = time,
        Oddity::End(time) => span.end_time_unix_nano = time,
        Oddity::LinkId(id) => span.links.iter_mut().take(1).for_each(|link| link.span_id.clone_from(&id)),
        Oddity::Attribute(Owner::Event, attribute) => {
            span.events.iter_mut().take(1).for_each(|event| event.attributes.push(attribute.clone()));
        }
        Oddity::Attribute(Owner::Link, attribute) => {
            span.links.iter_mut().take(1).for_each(|link| link.attributes.push(attribute.clone()));
        }
        Oddity::Attribute(_, attribute) => span.attributes.push(attribute),
    }
}

fn pick<T>(items: &mut [T], at: Index) -> Option<&mut T> {
    if items.is_empty() { None } else { Some(at.get_mut(items)) }
}

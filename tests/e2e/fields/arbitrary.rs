//! Random trace requests: everything that OTLP lets a client say, within what a server may take.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

/// The latest start and end: 2026-01-01T00:00:00Z.
const TIME_MAX_NS: u64 = 1_767_225_600_000_000_000;
const HOUR_NS: u64 = 3_600_000_000_000;
/// Keys with a column of their own.
const PROMOTED: [&str; 5] =
    ["service.name", "k8s.pod.name", "http.status_code", "http.response.status_code", "http.route"];

/// A request. The ids of its spans are for the caller to choose.
pub fn request() -> impl Strategy<Value = ExportTraceServiceRequest> {
    vec(resource_spans(), 1..3).prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

fn resource_spans() -> impl Strategy<Value = ResourceSpans> {
    (option::of(resource()), vec(scope_spans(), 0..3), text())
        .prop_map(|(resource, scope_spans, schema_url)| ResourceSpans { resource, scope_spans, schema_url })
}

fn resource() -> impl Strategy<Value = Resource> {
    let entity_ref = (text(), text(), vec(text(), 0..3), vec(text(), 0..3)).prop_map(
        |(schema_url, r#type, id_keys, description_keys)| EntityRef { schema_url, r#type, id_keys, description_keys },
    );
    (attributes(), any::<u32>(), vec(entity_ref, 0..3)).prop_map(
        |(attributes, dropped_attributes_count, entity_refs)| Resource {
            attributes,
            dropped_attributes_count,
            entity_refs,
        },
    )
}

fn scope_spans() -> impl Strategy<Value = ScopeSpans> {
    let scope = (text(), text(), attributes(), any::<u32>()).prop_map(
        |(name, version, attributes, dropped_attributes_count)| InstrumentationScope {
            name,
            version,
            attributes,
            dropped_attributes_count,
        },
    );
    (option::of(scope), vec(span(), 0..4), text()).prop_map(|(scope, spans, schema_url)| ScopeSpans {
        scope,
        spans,
        schema_url,
    })
}

fn span() -> impl Strategy<Value = Span> {
    // Every hour of starts is a file in the lake.
    let start = prop_oneof![9 => TIME_MAX_NS - 2 * HOUR_NS..TIME_MAX_NS, 1 => Just(0)];
    let head = (text(), any::<u32>(), text(), any::<i32>(), start, 0..TIME_MAX_NS);
    let parent = prop_oneof![Just(Vec::new()), vec(1..=u8::MAX, 8)];
    let lists = (attributes(), vec(event(), 0..3), vec(link(), 0..3));
    let rest = (any::<[u32; 3]>(), option::of((text(), any::<i32>())));
    (head, parent, lists, rest).prop_map(|(head, parent_span_id, lists, (dropped, status))| Span {
        trace_id: Vec::new(),
        span_id: Vec::new(),
        parent_span_id,
        trace_state: head.0,
        flags: head.1,
        name: head.2,
        kind: head.3,
        start_time_unix_nano: head.4,
        end_time_unix_nano: head.5,
        attributes: lists.0,
        events: lists.1,
        links: lists.2,
        dropped_attributes_count: dropped[0],
        dropped_events_count: dropped[1],
        dropped_links_count: dropped[2],
        status: status.map(|(message, code)| Status { message, code }),
    })
}

fn event() -> impl Strategy<Value = Event> {
    (any::<u64>(), text(), attributes(), any::<u32>()).prop_map(
        |(time_unix_nano, name, attributes, dropped_attributes_count)| Event {
            time_unix_nano,
            name,
            attributes,
            dropped_attributes_count,
        },
    )
}

fn link() -> impl Strategy<Value = Link> {
    (vec(any::<u8>(), 16), vec(any::<u8>(), 8), text(), attributes(), any::<[u32; 2]>()).prop_map(
        |(trace_id, span_id, trace_state, attributes, [dropped_attributes_count, flags])| Link {
            trace_id,
            span_id,
            trace_state,
            attributes,
            dropped_attributes_count,
            flags,
        },
    )
}

fn text() -> impl Strategy<Value = String> {
    ".{0,12}"
}

/// Keys with a column of their own, with values of its type and of others, beside keys without one.
fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let key = prop_oneof![prop::sample::select(&PROMOTED[..]).prop_map(str::to_owned), ".{0,8}"];
    btree_map(key, any_value(), 0..6)
        .prop_map(|map| map.into_iter().map(|(key, value)| key_value(key, value)).collect())
}

fn key_value(key: String, value: AnyValue) -> KeyValue {
    KeyValue { key, value: Some(value), key_strindex: 0 }
}

/// Inside a value even a key that stands there twice survives.
fn any_value() -> impl Strategy<Value = AnyValue> {
    let double = any::<f64>().prop_filter("a NaN has many forms", |double| !double.is_nan());
    let leaf = prop_oneof![
        Just(None),
        text().prop_map(|text| Some(Value::StringValue(text))),
        any::<i16>().prop_map(|number| Some(Value::StringValue(number.to_string()))),
        any::<bool>().prop_map(|flag| Some(Value::BoolValue(flag))),
        any::<i64>().prop_map(|int| Some(Value::IntValue(int))),
        prop_oneof![double, Just(f64::INFINITY), Just(-0.0)].prop_map(|double| Some(Value::DoubleValue(double))),
        vec(any::<u8>(), 0..6).prop_map(|bytes| Some(Value::BytesValue(bytes))),
    ];
    leaf.prop_map(|value| AnyValue { value }).prop_recursive(4, 16, 4, |inner| {
        let array = vec(inner.clone(), 0..4).prop_map(|values| Value::ArrayValue(ArrayValue { values }));
        let entries = vec((".{0,4}", inner).prop_map(|(key, value)| key_value(key, value)), 0..4);
        let map = entries.prop_map(|values| Value::KvlistValue(KeyValueList { values }));
        prop_oneof![array, map].prop_map(|value| AnyValue { value: Some(value) })
    })
}

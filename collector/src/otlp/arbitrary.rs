//! Random trace requests and their JSON, written independently of the reader.

/// What no exporter should send.
mod odd;

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
use serde_json::{Map, Value as Json, json};

pub use odd::{nested, odd_request};

/// 2026-01-01T00:00:00Z, the receive time of tests.
pub const NOW_NS: i64 = 1_767_225_600_000_000_000;

/// A request whose spans are all acceptable at [`NOW_NS`].
pub fn request() -> impl Strategy<Value = ExportTraceServiceRequest> {
    vec(resource_spans(), 0..3).prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

fn resource_spans() -> impl Strategy<Value = ResourceSpans> {
    (option::of(resource()), vec(scope_spans(), 0..3), text())
        .prop_map(|(resource, scope_spans, schema_url)| ResourceSpans { resource, scope_spans, schema_url })
}

fn resource() -> impl Strategy<Value = Resource> {
    let entity_ref = (text(), text(), vec(text(), 0..3), vec(text(), 0..3)).prop_map(
        |(schema_url, r#type, id_keys, description_keys)| EntityRef { schema_url, r#type, id_keys, description_keys },
    );
    (attributes(), any::<u32>(), vec(entity_ref, 0..2)).prop_map(
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
    let ids = (id(16), id(8), prop_oneof![Just(Vec::new()), id(8)]);
    let head = (text(), any::<u32>(), text(), any::<i32>(), 0..NOW_NS as u64, 0..NOW_NS as u64);
    let lists = (attributes(), vec(event(), 0..3), vec(link(), 0..3));
    let rest = (any::<u32>(), any::<u32>(), any::<u32>(), option::of((text(), any::<i32>())));
    (ids, head, lists, rest).prop_map(|(ids, head, lists, rest)| Span {
        trace_id: ids.0,
        span_id: ids.1,
        parent_span_id: ids.2,
        trace_state: head.0,
        flags: head.1,
        name: head.2,
        kind: head.3,
        start_time_unix_nano: head.4,
        end_time_unix_nano: head.5,
        attributes: lists.0,
        events: lists.1,
        links: lists.2,
        dropped_attributes_count: rest.0,
        dropped_events_count: rest.1,
        dropped_links_count: rest.2,
        status: rest.3.map(|(message, code)| Status { message, code }),
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
    (id(16), id(8), text(), attributes(), any::<u32>(), any::<u32>()).prop_map(
        |(trace_id, span_id, trace_state, attributes, dropped_attributes_count, flags)| Link {
            trace_id,
            span_id,
            trace_state,
            attributes,
            dropped_attributes_count,
            flags,
        },
    )
}

fn id(bytes: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), bytes).prop_filter("ids are not zero", |id| id.iter().any(|byte| *byte != 0))
}

fn text() -> impl Strategy<Value = String> {
    ".{0,12}"
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let key = prop_oneof![
        Just("service.name".to_owned()),
        Just("http.status_code".to_owned()),
        Just("http.response.status_code".to_owned()),
        "[a-z.]{0,8}"
    ];
    btree_map(key, any_value(), 0..5).prop_map(key_values)
}

fn key_values(map: std::collections::BTreeMap<String, AnyValue>) -> Vec<KeyValue> {
    map.into_iter().map(|(key, value)| KeyValue { key, value: Some(value), key_strindex: 0 }).collect()
}

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(AnyValue { value: None }),
        text().prop_map(|text| Value::StringValue(text).into_any()),
        any::<bool>().prop_map(|b| Value::BoolValue(b).into_any()),
        any::<i64>().prop_map(|int| Value::IntValue(int).into_any()),
        prop_oneof![any::<f64>().prop_filter("NaN differs from itself", |d| !d.is_nan()), Just(f64::INFINITY)]
            .prop_map(|double| Value::DoubleValue(double).into_any()),
        vec(any::<u8>(), 0..6).prop_map(|bytes| Value::BytesValue(bytes).into_any()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|values| Value::ArrayValue(ArrayValue { values }).into_any()),
            btree_map("[a-z]{0,4}", inner, 0..3)
                .prop_map(|map| Value::KvlistValue(KeyValueList { values: key_values(map) }).into_any()),
        ]
    })
}

trait IntoAny {
    fn into_any(self) -> AnyValue;
}

impl IntoAny for Value {
    fn into_any(self) -> AnyValue {
        AnyValue { value: Some(self) }
    }
}

/// The request in OTLP/JSON.
pub fn to_json(request: &ExportTraceServiceRequest) -> Json {
    json!({ "resourceSpans": request.resource_spans.iter().map(resource_spans_json).collect::<Vec<_>>() })
}

fn resource_spans_json(spans: &ResourceSpans) -> Json {
    json!({
        "resource": spans.resource.as_ref().map(|resource| json!({
            "attributes": attributes_json(&resource.attributes),
            "droppedAttributesCount": resource.dropped_attributes_count,
            "entityRefs": resource.entity_refs.iter().map(|entity| json!({
                "schemaUrl": entity.schema_url,
                "type": entity.r#type,
                "idKeys": entity.id_keys,
                "descriptionKeys": entity.description_keys,
            })).collect::<Vec<_>>(),
        })),
        "scopeSpans": spans.scope_spans.iter().map(scope_spans_json).collect::<Vec<_>>(),
        "schemaUrl": spans.schema_url,
    })
    .without_nulls()
}

fn scope_spans_json(spans: &ScopeSpans) -> Json {
    json!({
        "scope": spans.scope.as_ref().map(|scope| json!({
            "name": scope.name,
            "version": scope.version,
            "attributes": attributes_json(&scope.attributes),
            "droppedAttributesCount": scope.dropped_attributes_count,
        })),
        "spans": spans.spans.iter().map(span_json).collect::<Vec<_>>(),
        "schemaUrl": spans.schema_url,
    })
    .without_nulls()
}

fn span_json(span: &Span) -> Json {
    json!({
        "traceId": hex::encode(&span.trace_id),
        "spanId": hex::encode_upper(&span.span_id),
        "parentSpanId": hex::encode(&span.parent_span_id),
        "traceState": span.trace_state,
        "flags": span.flags,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": span.start_time_unix_nano.to_string(),
        "endTimeUnixNano": span.end_time_unix_nano,
        "attributes": attributes_json(&span.attributes),
        "droppedAttributesCount": span.dropped_attributes_count,
        "events": span.events.iter().map(|event| json!({
            "timeUnixNano": event.time_unix_nano.to_string(),
            "name": event.name,
            "attributes": attributes_json(&event.attributes),
            "droppedAttributesCount": event.dropped_attributes_count,
        })).collect::<Vec<_>>(),
        "droppedEventsCount": span.dropped_events_count,
        "links": span.links.iter().map(|link| json!({
            "traceId": hex::encode(&link.trace_id),
            "spanId": hex::encode(&link.span_id),
            "traceState": link.trace_state,
            "attributes": attributes_json(&link.attributes),
            "droppedAttributesCount": link.dropped_attributes_count,
            "flags": link.flags,
        })).collect::<Vec<_>>(),
        "droppedLinksCount": span.dropped_links_count,
        "status": span.status.as_ref().map(|status| json!({ "message": status.message, "code": status.code })),
    })
    .without_nulls()
}

fn attributes_json(attributes: &[KeyValue]) -> Vec<Json> {
    let value = |attribute: &KeyValue| attribute.value.as_ref().map_or(Json::Null, value_json);
    attributes.iter().map(|attribute| json!({ "key": attribute.key, "value": value(attribute) })).collect()
}

fn value_json(any: &AnyValue) -> Json {
    let Some(value) = &any.value else { return json!({}) };
    match value {
        Value::StringValue(text) => json!({ "stringValue": text }),
        Value::BoolValue(b) => json!({ "boolValue": b }),
        Value::IntValue(int) => json!({ "intValue": int.to_string() }),
        Value::DoubleValue(double) if double.is_finite() => json!({ "doubleValue": double }),
        Value::DoubleValue(double) if *double > 0.0 => json!({ "doubleValue": "Infinity" }),
        Value::DoubleValue(_) => json!({ "doubleValue": "-Infinity" }),
        Value::BytesValue(bytes) => {
            use base64::Engine as _;
            json!({ "bytesValue": base64::engine::general_purpose::STANDARD.encode(bytes) })
        }
        Value::ArrayValue(array) => {
            json!({ "arrayValue": { "values": array.values.iter().map(value_json).collect::<Vec<_>>() } })
        }
        Value::KvlistValue(list) => json!({ "kvlistValue": { "values": attributes_json(&list.values) } }),
        Value::StringValueStrindex(_) => json!({}),
    }
}

trait WithoutNulls {
    fn without_nulls(self) -> Json;
}

impl WithoutNulls for Json {
    fn without_nulls(self) -> Json {
        match self {
            Self::Object(map) => map.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into(),
            other => other,
        }
    }
}

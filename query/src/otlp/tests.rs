//! JSON out and in again: what [`json`] writes is read back by a reader written from the specification alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proptest::prelude::*;
use serde_json::Value as Json;

use spanloom_store::TraceId;

use super::json::{Dialect, TracesData, resource_spans};
use super::*;

fn any_values() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(None),
        ".{0,8}".prop_map(|text| Some(AnyValueKind::StringValue(text))),
        any::<bool>().prop_map(|flag| Some(AnyValueKind::BoolValue(flag))),
        any::<i64>().prop_map(|number| Some(AnyValueKind::IntValue(number))),
        any::<f64>().prop_map(|number| Some(AnyValueKind::DoubleValue(number))),
        Just(Some(AnyValueKind::DoubleValue(f64::INFINITY))),
        prop::collection::vec(any::<u8>(), 0..5).prop_map(|bytes| Some(AnyValueKind::BytesValue(bytes))),
    ];
    leaf.prop_map(|value| AnyValue { value }).prop_recursive(3, 12, 4, |inner| {
        let array = prop::collection::vec(inner.clone(), 0..4)
            .prop_map(|values| AnyValueKind::ArrayValue(ArrayValue { values }));
        let map = prop::collection::vec((".{0,4}", inner), 0..4).prop_map(|entries| {
            let values = entries.into_iter().map(|(key, value)| key_value(key, value)).collect();
            AnyValueKind::KvlistValue(KeyValueList { values })
        });
        prop_oneof![array, map].prop_map(|value| AnyValue { value: Some(value) })
    })
}

fn key_value(key: String, value: AnyValue) -> KeyValue {
    KeyValue { key, value: Some(value), key_strindex: 0 }
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    prop::collection::vec((".{0,6}", any_values()).prop_map(|(key, value)| key_value(key, value)), 0..5)
}

fn spans() -> impl Strategy<Value = Span> {
    let ids = (any::<[u8; 16]>(), any::<[u8; 8]>(), prop::option::of(any::<[u8; 8]>()));
    let texts = (".{0,6}", ".{0,6}", ".{0,6}");
    let numbers = (any::<u32>(), 0..7_i32, any::<u64>(), any::<u64>(), any::<[u32; 3]>(), 0..4_i32);
    let events = prop::collection::vec(
        (any::<u64>(), ".{0,4}", attributes(), any::<u32>()).prop_map(
            |(time_unix_nano, name, attributes, dropped_attributes_count)| Event {
                time_unix_nano,
                name,
                attributes,
                dropped_attributes_count,
            },
        ),
        0..3,
    );
    let links = prop::collection::vec(
        (any::<[u8; 16]>(), any::<[u8; 8]>(), ".{0,4}", attributes(), any::<[u32; 2]>()).prop_map(
            |(trace_id, span_id, trace_state, attributes, [dropped_attributes_count, flags])| Link {
                trace_id: trace_id.to_vec(),
                span_id: span_id.to_vec(),
                trace_state,
                attributes,
                dropped_attributes_count,
                flags,
            },
        ),
        0..3,
    );
    (ids, texts, numbers, attributes(), events, links).prop_map(|(ids, texts, numbers, attributes, events, links)| {
        Span {
            trace_id: ids.0.to_vec(),
            span_id: ids.1.to_vec(),
            parent_span_id: ids.2.map(|id| id.to_vec()).unwrap_or_default(),
            trace_state: texts.0,
            name: texts.1,
            flags: numbers.0,
            kind: numbers.1,
            start_time_unix_nano: numbers.2,
            end_time_unix_nano: numbers.3,
            attributes,
            dropped_attributes_count: numbers.4[0],
            events,
            dropped_events_count: numbers.4[1],
            links,
            dropped_links_count: numbers.4[2],
            status: Some(Status { code: numbers.5, message: texts.2 }),
        }
    })
}

/// As the store has it.
fn stored(span: &Span) -> spans::Span<'_> {
    let id = |bytes: &[u8]| SpanId::from_bytes(bytes.try_into().unwrap());
    let trace_id = |bytes: &[u8]| TraceId::from_bytes(bytes.try_into().unwrap());
    let event = |event: &'_ Event| spans::Event {
        time_ns: event.time_unix_nano as i64,
        name: event.name.clone().into(),
        attributes: stored_attributes(&event.attributes),
        dropped_attributes_count: event.dropped_attributes_count,
    };
    let link = |link: &'_ Link| spans::Link {
        trace_id: trace_id(&link.trace_id),
        span_id: id(&link.span_id),
        trace_state: link.trace_state.clone().into(),
        attributes: stored_attributes(&link.attributes),
        dropped_attributes_count: link.dropped_attributes_count,
        flags: link.flags,
    };
    let status = span.status.as_ref().unwrap();
    spans::Span {
        trace_id: trace_id(&span.trace_id),
        span_id: id(&span.span_id),
        parent_span_id: (!span.parent_span_id.is_empty()).then(|| id(&span.parent_span_id)),
        trace_state: (&span.trace_state).into(),
        flags: span.flags,
        name: (&span.name).into(),
        kind: span.kind,
        start_ns: span.start_time_unix_nano as i64,
        end_ns: span.end_time_unix_nano as i64,
        attributes: stored_attributes(&span.attributes),
        dropped_attributes_count: span.dropped_attributes_count,
        events: span.events.iter().map(event).collect(),
        dropped_events_count: span.dropped_events_count,
        links: span.links.iter().map(link).collect(),
        dropped_links_count: span.dropped_links_count,
        status_code: status.code,
        status_message: (&status.message).into(),
        quirks: spans::Quirks::default(),
    }
}

fn stored_attributes(attributes: &[KeyValue]) -> Attributes<'static> {
    attributes.iter().map(|entry| (entry.key.clone().into(), stored_value(entry.value.as_ref().unwrap()))).collect()
}

fn stored_value(value: &AnyValue) -> Value<'static> {
    match &value.value {
        None => Value::Empty,
        Some(AnyValueKind::StringValue(text)) => Value::String(text.clone().into()),
        Some(AnyValueKind::BoolValue(flag)) => Value::Bool(*flag),
        Some(AnyValueKind::IntValue(number)) => Value::Int(*number),
        Some(AnyValueKind::DoubleValue(number)) => Value::Double(*number),
        Some(AnyValueKind::BytesValue(bytes)) => Value::Bytes(bytes.clone().into()),
        Some(AnyValueKind::ArrayValue(array)) => Value::Array(array.values.iter().map(stored_value).collect()),
        Some(AnyValueKind::KvlistValue(map)) => Value::Map(stored_attributes(&map.values)),
        Some(other) => panic!("not generated: {other:?}"),
    }
}

/// A reader of OTLP/JSON and of protobuf JSON, which differ in ids and enums only.
struct Reader(Dialect);

impl Reader {
    fn id(&self, json: &Json) -> Vec<u8> {
        let text = json.as_str().unwrap_or_default();
        match self.0 {
            Dialect::Protobuf => BASE64.decode(text).unwrap(),
            Dialect::Otlp => {
                (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
            }
        }
    }

    fn span(&self, json: &Json) -> Span {
        Span {
            trace_id: self.id(&json["traceId"]),
            span_id: self.id(&json["spanId"]),
            parent_span_id: self.id(&json["parentSpanId"]),
            trace_state: text(&json["traceState"]),
            name: text(&json["name"]),
            flags: count(&json["flags"]),
            kind: enum_of(&json["kind"], |name| {
                opentelemetry_proto::tonic::trace::v1::span::SpanKind::from_str_name(name).unwrap() as i32
            }),
            start_time_unix_nano: digits(&json["startTimeUnixNano"]),
            end_time_unix_nano: digits(&json["endTimeUnixNano"]),
            attributes: read_attributes(&json["attributes"]),
            dropped_attributes_count: count(&json["droppedAttributesCount"]),
            events: list(&json["events"]).iter().map(read_event).collect(),
            dropped_events_count: count(&json["droppedEventsCount"]),
            links: list(&json["links"]).iter().map(|link| self.link(link)).collect(),
            dropped_links_count: count(&json["droppedLinksCount"]),
            status: Some(Status {
                code: enum_of(&json["status"]["code"], |name| {
                    opentelemetry_proto::tonic::trace::v1::status::StatusCode::from_str_name(name).unwrap() as i32
                }),
                message: text(&json["status"]["message"]),
            }),
        }
    }

    fn link(&self, json: &Json) -> Link {
        Link {
            trace_id: self.id(&json["traceId"]),
            span_id: self.id(&json["spanId"]),
            trace_state: text(&json["traceState"]),
            attributes: read_attributes(&json["attributes"]),
            dropped_attributes_count: count(&json["droppedAttributesCount"]),
            flags: count(&json["flags"]),
        }
    }
}

fn read_event(json: &Json) -> Event {
    Event {
        time_unix_nano: digits(&json["timeUnixNano"]),
        name: text(&json["name"]),
        attributes: read_attributes(&json["attributes"]),
        dropped_attributes_count: count(&json["droppedAttributesCount"]),
    }
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn count(json: &Json) -> u32 {
    json.as_u64().unwrap_or_default() as u32
}

fn digits(json: &Json) -> u64 {
    json.as_str().map_or(0, |digits| digits.parse().unwrap())
}

fn enum_of(json: &Json, by_name: impl Fn(&str) -> i32) -> i32 {
    json.as_str().map_or_else(|| json.as_i64().unwrap_or_default() as i32, by_name)
}

fn list(json: &Json) -> Vec<Json> {
    json.as_array().cloned().unwrap_or_default()
}

fn read_attributes(json: &Json) -> Vec<KeyValue> {
    list(json).iter().map(|entry| key_value(text(&entry["key"]), read_value(&entry["value"]))).collect()
}

fn read_value(json: &Json) -> AnyValue {
    let object = json.as_object().unwrap();
    assert!(object.len() <= 1, "a value has one kind: {json}");
    let value = object.iter().next().map(|(kind, value)| match kind.as_str() {
        "stringValue" => AnyValueKind::StringValue(text(value)),
        "boolValue" => AnyValueKind::BoolValue(value.as_bool().unwrap()),
        "intValue" => AnyValueKind::IntValue(value.as_str().unwrap().parse().unwrap()),
        "doubleValue" => AnyValueKind::DoubleValue(read_double(value)),
        "bytesValue" => AnyValueKind::BytesValue(BASE64.decode(value.as_str().unwrap()).unwrap()),
        "arrayValue" => {
            AnyValueKind::ArrayValue(ArrayValue { values: list(&value["values"]).iter().map(read_value).collect() })
        }
        "kvlistValue" => AnyValueKind::KvlistValue(KeyValueList { values: read_attributes(&value["values"]) }),
        other => panic!("unknown kind {other}"),
    });
    AnyValue { value }
}

fn read_double(json: &Json) -> f64 {
    match json.as_str() {
        Some("NaN") => f64::NAN,
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        Some(other) => panic!("no number: {other}"),
        None => json.as_f64().unwrap(),
    }
}

fn check_round_trip(span: &Span, dialect: Dialect) {
    let spans = vec![ResourceSpans {
        resource: None,
        scope_spans: vec![ScopeSpans { scope: None, spans: vec![span.clone()], schema_url: String::new() }],
        schema_url: String::new(),
    }];
    let written = serde_json::to_string(&TracesData { resource_spans: resource_spans(spans, dialect) }).unwrap();
    let json: Json = serde_json::from_str(&written).unwrap();
    let read = Reader(dialect).span(&json["resourceSpans"][0]["scopeSpans"][0]["spans"][0]);
    // As bytes, for which NaN equals NaN. Its payload is not kept by JSON, hence `normalized`.
    assert_eq!(normalized(read), normalized(span.clone()), "{written}");
}

fn normalized(mut span: Span) -> String {
    span.parent_span_id.retain(|_| true);
    format!("{span:?}")
}

proptest! {
    #[test]
    fn a_span_written_at_once_is_the_message_encoded(span in spans(), long in 0..40_000_usize) {
        let span = Span { trace_state: "s".repeat(long), ..span };
        let mut links = span.links.clone();
        links.iter_mut().for_each(|link| link.attributes.push(key_value("long".into(), AnyValue {
            value: Some(AnyValueKind::StringValue("v".repeat(long))),
        })));
        let span = Span { links, ..span };
        let mut encoded = Vec::new();
        wire::span(stored(&span), &mut encoded);
        prop_assert_eq!(encoded, otlp_span(stored(&span)).encode_to_vec());
    }
}

proptest! {
    #[test]
    fn json_loses_nothing(span in spans()) {
        check_round_trip(&span, Dialect::Otlp);
        check_round_trip(&span, Dialect::Protobuf);
    }
}

#[test]
fn an_entity_and_a_scope_are_written() {
    let spans = resource_spans(
        vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![],
                dropped_attributes_count: 3,
                entity_refs: vec![EntityRef { r#type: "host".into(), ..EntityRef::default() }],
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope { version: "1".into(), ..InstrumentationScope::default() }),
                spans: vec![],
                schema_url: "s".into(),
            }],
            schema_url: "r".into(),
        }],
        Dialect::Otlp,
    );
    let expected = serde_json::json!([{
        "resource": { "droppedAttributesCount": 3, "entityRefs": [{ "type": "host" }] },
        "scopeSpans": [{ "scope": { "version": "1" }, "spans": [], "schemaUrl": "s" }],
        "schemaUrl": "r",
    }]);
    assert_eq!(serde_json::to_value(spans).unwrap(), expected);
}

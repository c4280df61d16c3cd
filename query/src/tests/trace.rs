use std::borrow::Cow;

use axum::http::StatusCode;
use serde_json::json;
use spanloom_store::schema::spans::{EntityRef, Event, Link};
use spanloom_store::value::Value;
use spanloom_store::{SpanId, TraceId};

use super::harness::{HOUR_NS, Harness, NOW_NS, Sample, hex, sample};

fn texts(entries: &[(&'static str, Value<'static>)]) -> Vec<(Cow<'static, str>, Value<'static>)> {
    entries.iter().map(|(key, value)| ((*key).into(), value.clone())).collect()
}

/// A span with every field that OTLP has.
fn full() -> Sample {
    let mut full = sample(7, 2, Some("shop"), NOW_NS).child_of(1).failed();
    full.resource.schema_url = "https://example.com/r".into();
    full.resource.dropped_attributes_count = 1;
    full.resource.entity_refs = vec![EntityRef {
        schema_url: "https://example.com/e".into(),
        r#type: "service".into(),
        id_keys: vec!["service.name".into()],
        description_keys: vec!["service.version".into()],
    }];
    full.scope.version = "1.2".into();
    full.scope.schema_url = "https://example.com/s".into();
    full.scope.attributes = texts(&[("scope", Value::Bool(true))]);
    full.scope.dropped_attributes_count = 2;
    let span = &mut full.span;
    span.trace_state = "a=b".into();
    span.flags = 0x301;
    span.status_message = "went wrong".into();
    span.attributes = texts(&[
        ("http.status_code", Value::String("503".into())),
        ("int", Value::Int(i64::MIN)),
        ("double", Value::Double(1.0)),
        ("nan", Value::Double(f64::NAN)),
        ("infinite", Value::Double(f64::NEG_INFINITY)),
        ("bytes", Value::Bytes(vec![0, 255].into())),
        ("empty", Value::Empty),
        ("", Value::String("".into())),
        ("array", Value::Array(vec![Value::Int(1), Value::Empty, Value::String("x".into())])),
        ("map", Value::Map(texts(&[("z", Value::Bool(false)), ("a", Value::Array(vec![]))]))),
    ]);
    span.dropped_attributes_count = 3;
    span.events = vec![Event {
        time_ns: NOW_NS + 1,
        name: "event".into(),
        attributes: texts(&[("k", Value::Int(5))]),
        dropped_attributes_count: 4,
    }];
    span.dropped_events_count = 5;
    span.links = vec![Link {
        trace_id: TraceId::from_halves(3, 4),
        span_id: SpanId::from_int(5),
        trace_state: "c=d".into(),
        attributes: texts(&[("l", Value::Double(0.5))]),
        dropped_attributes_count: 6,
        flags: 1,
    }];
    span.dropped_links_count = 7;
    full
}

fn full_as_json() -> serde_json::Value {
    let string = |text: &str| json!({ "stringValue": text });
    json!({
        "traceId": hex(7),
        "spanId": "0000000000000002",
        "parentSpanId": "0000000000000001",
        "traceState": "a=b",
        "flags": 769,
        "name": "span 2",
        "kind": 2,
        "startTimeUnixNano": NOW_NS.to_string(),
        "endTimeUnixNano": (NOW_NS + 10_000_000).to_string(),
        "attributes": [
            { "key": "", "value": string("") },
            { "key": "array", "value": { "arrayValue": { "values": [{ "intValue": "1" }, {}, string("x")] } } },
            { "key": "bytes", "value": { "bytesValue": "AP8=" } },
            { "key": "double", "value": { "doubleValue": 1.0 } },
            { "key": "empty", "value": {} },
            { "key": "http.status_code", "value": string("503") },
            { "key": "infinite", "value": { "doubleValue": "-Infinity" } },
            { "key": "int", "value": { "intValue": "-9223372036854775808" } },
            { "key": "map", "value": { "kvlistValue": { "values": [
                { "key": "z", "value": { "boolValue": false } },
                { "key": "a", "value": { "arrayValue": {} } },
            ] } } },
            { "key": "nan", "value": { "doubleValue": "NaN" } },
        ],
        "droppedAttributesCount": 3,
        "events": [{
            "timeUnixNano": (NOW_NS + 1).to_string(),
            "name": "event",
            "attributes": [{ "key": "k", "value": { "intValue": "5" } }],
            "droppedAttributesCount": 4,
        }],
        "droppedEventsCount": 5,
        "links": [{
            "traceId": "00000000000000030000000000000004",
            "spanId": "0000000000000005",
            "traceState": "c=d",
            "attributes": [{ "key": "l", "value": { "doubleValue": 0.5 } }],
            "droppedAttributesCount": 6,
            "flags": 1,
        }],
        "droppedLinksCount": 7,
        "status": { "code": 2, "message": "went wrong" },
    })
}

#[tokio::test]
async fn every_field_comes_back_hot_and_flushed() {
    let harness = Harness::new().await;
    harness.append(&[full()]).await;
    let expected = json!({ "resourceSpans": [{
        "resource": {
            "attributes": [{ "key": "service.name", "value": { "stringValue": "shop" } }],
            "droppedAttributesCount": 1,
            "entityRefs": [{
                "schemaUrl": "https://example.com/e",
                "type": "service",
                "idKeys": ["service.name"],
                "descriptionKeys": ["service.version"],
            }],
        },
        "scopeSpans": [{
            "scope": {
                "name": "test",
                "version": "1.2",
                "attributes": [{ "key": "scope", "value": { "boolValue": true } }],
                "droppedAttributesCount": 2,
            },
            "spans": [full_as_json()],
            "schemaUrl": "https://example.com/s",
        }],
        "schemaUrl": "https://example.com/r",
    }] });
    for state in ["hot", "flushed"] {
        let reply = harness.get(&format!("/api/v1/traces/{}", hex(7))).await;
        assert_eq!((reply.status, reply.json()), (StatusCode::OK, expected.clone()), "{state}");
        harness.flush().await;
    }
}

#[tokio::test]
async fn defaults_are_left_out() {
    let harness = Harness::new().await;
    let mut bare = sample(1, 1, None, NOW_NS);
    bare.scope.name = "".into();
    bare.span.name = "".into();
    bare.span.kind = 0;
    harness.append(&[bare]).await;
    let expected = json!({ "resourceSpans": [{ "resource": {}, "scopeSpans": [{ "scope": {}, "spans": [{
        "traceId": hex(1),
        "spanId": "0000000000000001",
        "startTimeUnixNano": NOW_NS.to_string(),
        "endTimeUnixNano": (NOW_NS + 10_000_000).to_string(),
    }] }] }] });
    assert_eq!(harness.get(&format!("/api/v1/traces/{}", hex(1))).await.json(), expected);
}

#[tokio::test]
async fn resends_are_one_span_wherever_they_lie() {
    let harness = Harness::new().await;
    let spans = [sample(1, 1, Some("a"), NOW_NS), sample(1, 2, Some("a"), NOW_NS).child_of(1)];
    let mut once = None;
    for step in 0..6 {
        harness.append(&spans).await;
        if step % 2 == 1 {
            harness.flush().await;
        }
        let trace = harness.get(&format!("/api/v1/traces/{}", hex(1))).await.text();
        assert_eq!(trace.matches("spanId").count(), 2, "step {step}: {trace}");
        assert_eq!(once.get_or_insert_with(|| trace.clone()), &trace, "step {step}");
    }
}

#[tokio::test]
async fn halves_of_a_shared_span_are_two() {
    let harness = Harness::new().await;
    let mut client = sample(1, 1, Some("a"), NOW_NS);
    client.span.kind = 3;
    let server = sample(1, 1, Some("b"), NOW_NS);
    let same_service = sample(1, 1, Some("a"), NOW_NS);
    let later = sample(1, 1, Some("a"), NOW_NS + 1);
    harness.append(&[client, server, same_service, later]).await;
    let trace = harness.get(&format!("/api/v1/traces/{}", hex(1))).await.text();
    assert_eq!(trace.matches("\"spanId\"").count(), 4, "{trace}");
}

#[tokio::test]
async fn spans_are_grouped_by_resource_and_scope_in_order_of_time() {
    let harness = Harness::new().await;
    let mut other_scope = sample(1, 4, Some("a"), NOW_NS + 3);
    other_scope.scope.name = "other".into();
    let spans = [
        sample(1, 3, Some("a"), NOW_NS + 2),
        other_scope,
        sample(1, 2, Some("b"), NOW_NS + 1),
        sample(1, 1, Some("a"), NOW_NS),
    ];
    harness.append(&spans[..2]).await;
    harness.flush().await;
    harness.append(&spans[2..]).await;
    let trace = harness.get(&format!("/api/v1/traces/{}", hex(1))).await.json();
    let ids = |resource: usize, scope: usize| -> Vec<String> {
        let spans = trace["resourceSpans"][resource]["scopeSpans"][scope]["spans"].as_array().unwrap().clone();
        spans.iter().map(|span| span["spanId"].as_str().unwrap().trim_start_matches('0').to_owned()).collect()
    };
    assert_eq!((ids(0, 0), ids(0, 1), ids(1, 0)), (vec!["1".into(), "3".into()], vec!["4".into()], vec!["2".into()]));
    assert_eq!(trace["resourceSpans"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_trace_that_crosses_hours_comes_whole() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS - 5 * HOUR_NS)]).await;
    harness.flush().await;
    harness.append(&[sample(1, 2, Some("a"), NOW_NS)]).await;
    let trace = harness.get(&format!("/api/v1/traces/{}", hex(1))).await.text();
    assert_eq!(trace.matches("\"spanId\"").count(), 2);
    let near = format!("/api/v1/traces/{}?start={}&end={}", hex(1), NOW_NS, NOW_NS + 1);
    let near = harness.get(&near).await.text();
    assert_eq!(near.matches("\"spanId\"").count(), 1, "a given range, widened by an hour, is what is searched");
}

#[tokio::test]
async fn ids_may_be_short_must_be_hex_and_known() {
    let harness = Harness::new().await;
    let mut short = sample(0xabc, 1, Some("a"), NOW_NS);
    short.span.trace_id = TraceId::from_halves(0, 0xabc);
    harness.append(&[short]).await;
    let status = async |id: &str| harness.get(&format!("/api/v1/traces/{id}")).await.status;
    for id in ["abc", "ABC", "0000000000000abc", "00000000000000000000000000000abc"] {
        assert_eq!(status(id).await, StatusCode::OK, "{id}");
    }
    for id in ["xyz", "0x1", &"0".repeat(33), "%20"] {
        assert_eq!(status(id).await, StatusCode::BAD_REQUEST, "{id}");
    }
    let unknown = harness.get("/api/v1/traces/abd").await;
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
}

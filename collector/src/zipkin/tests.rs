use arrow::array::RecordBatch;
use prometheus_client::metrics::gauge::Gauge;
use serde_json::json;
use spanloom_store::schema::spans::{Quirks, SpanRow, SpansReader};
use spanloom_store::value::Value;

use super::*;
use crate::admit::Admission;

const RECEIVED_NS: i64 = 1_700_000_000_000_000_000;
const US_NS: i64 = 1_000;

fn decoded(spans: &serde_json::Value) -> Decoded {
    let text = spans.to_string();
    decode(text.as_bytes(), RECEIVED_NS, u64::MAX, &mut Admission::unbounded().reserve()).unwrap()
}

fn rows(spans: &RecordBatch) -> Vec<SpanRow<'_>> {
    let reader = SpansReader::new(spans).unwrap();
    (0..spans.num_rows()).map(|row| reader.row(row).unwrap()).collect()
}

fn attribute<'a>(row: &'a SpanRow<'_>, key: &str) -> Option<&'a Value<'a>> {
    row.span.attributes.iter().find(|(known, _)| known == key).map(|(_, value)| value)
}

fn string(text: &str) -> Value<'_> {
    Value::String(text.into())
}

#[test]
fn a_whole_span_is_stored_with_all_that_it_says() {
    let decoded = decoded(&json!([{
        "traceId": "5af7183fb1d4cf5f", "parentId": "6b221d5bc9e6496c", "id": "352bff9a74ca9ad2", "kind": "CLIENT",
        "name": "get /api", "timestamp": 1_556_604_172_355_737_i64, "duration": 1431,
        "localEndpoint": { "serviceName": "backend", "ipv4": "192.168.99.1", "ipv6": "::2", "port": 3306 },
        "remoteEndpoint": { "serviceName": "db", "ipv6": "2001:db8::c001", "port": 58648 },
        "annotations": [{ "timestamp": 1_556_604_172_355_800_i64, "value": "ws" }],
        "tags": { "http.method": "GET", "retries": 2, "error": "timeout" },
        "debug": true, "shared": true,
    }]));
    let spans = decoded.rows.spans.to_batch();
    let rows = rows(&spans);
    let SpanRow { resource, span, .. } = &rows[0];
    assert_eq!(span.trace_id.to_string(), "00000000000000005af7183fb1d4cf5f");
    assert_eq!(span.parent_span_id.map(|id| id.to_string()).as_deref(), Some("6b221d5bc9e6496c"));
    assert_eq!((span.kind, span.name.as_ref()), (3, "get /api"));
    assert_eq!((span.start_ns, span.end_ns), (1_556_604_172_355_737_000, 1_556_604_172_357_168_000));
    assert_eq!((span.status_code, span.status_message.as_ref()), (2, "timeout"));
    assert_eq!(span.quirks, Quirks::SHARED);
    assert_eq!(resource.attributes, [("service.name".into(), string("backend"))]);
    assert_eq!((span.events[0].time_ns, span.events[0].name.as_ref()), (1_556_604_172_355_800_000, "ws"));
    for (key, value) in [
        ("http.method", string("GET")),
        ("retries", Value::Int(2)),
        ("error", string("timeout")),
        ("peer.service", string("db")),
        ("network.local.address", string("192.168.99.1")),
        ("zipkin.local.ipv6", string("::2")),
        ("network.local.port", Value::Int(3306)),
        ("network.peer.address", string("2001:db8::c001")),
        ("network.peer.port", Value::Int(58648)),
        ("zipkin.debug", Value::Bool(true)),
    ] {
        assert_eq!(attribute(&rows[0], key), Some(&value), "{key}");
    }
    assert_eq!(decoded.accepted, 1);
    assert_eq!(decoded.senders.keys().map(|sender| sender.service.as_deref()).collect::<Vec<_>>(), [Some("backend")]);
}

#[test]
fn null_and_absent_are_the_same_and_unknown_keys_go_by() {
    let decoded = decoded(&json!([{
        "traceId": "1", "id": "2", "parentId": null, "kind": null, "name": null, "timestamp": 5, "duration": 1,
        "localEndpoint": null, "tags": null, "annotations": null, "shared": null, "extra": [1, { "a": 2 }],
    }]));
    let spans = decoded.rows.spans.to_batch();
    let rows = rows(&spans);
    assert_eq!(rows[0].span.parent_span_id, None);
    assert_eq!(rows[0].span.kind, 0);
    assert_eq!(rows[0].resource.attributes, []);
    assert_eq!(rows[0].span.quirks, Quirks::default());
}

/// Starts by id, in microseconds, and whether each is marked as made up.
fn starts(spans: &serde_json::Value) -> Vec<(i64, bool)> {
    let decoded = decoded(spans);
    let start = |row: &SpanRow<'_>| (row.span.start_ns / US_NS, row.span.quirks.contains(Quirks::START_ABSENT));
    rows(&decoded.rows.spans.to_batch()).iter().map(start).collect()
}

#[test]
fn an_absent_start_is_the_first_annotation() {
    let annotations = json!([{ "timestamp": 70, "value": "b" }, { "timestamp": 60, "value": "a" }]);
    let span = json!({ "traceId": "1", "id": "1", "annotations": annotations });
    let child = json!({ "traceId": "1", "id": "2", "parentId": "1", "timestamp": 50 });
    assert_eq!(starts(&json!([span, child])), [(60, true), (50, false)]);
}

#[test]
fn an_absent_start_is_the_earliest_child_s_through_any_number_of_spans() {
    let spans = json!([
        { "traceId": "1", "id": "1" },
        { "traceId": "1", "id": "2", "parentId": "1" },
        { "traceId": "1", "id": "3", "parentId": "2", "timestamp": 50 },
        { "traceId": "1", "id": "4", "parentId": "2", "timestamp": 40 },
        { "traceId": "2", "id": "5", "parentId": "1", "timestamp": 30 },
    ]);
    assert_eq!(starts(&spans), [(40, true), (40, true), (50, false), (40, false), (30, false)]);
}

#[test]
fn an_absent_start_without_children_is_the_parent_s() {
    let spans = json!([
        { "traceId": "1", "id": "1", "timestamp": 20 },
        { "traceId": "1", "id": "2", "parentId": "1" },
        { "traceId": "1", "id": "3", "parentId": "2" },
    ]);
    assert_eq!(starts(&spans), [(20, false), (20, true), (20, true)]);
}

#[test]
fn a_start_that_nobody_tells_is_the_trace_s_or_that_of_receipt() {
    let spans = json!([
        { "traceId": "1", "id": "1", "timestamp": 20 },
        { "traceId": "1", "id": "2", "parentId": "9" },
        { "traceId": "2", "id": "3" },
        { "traceId": "3", "id": "4", "parentId": "4" },
    ]);
    let received_us = RECEIVED_NS / US_NS;
    assert_eq!(starts(&spans), [(20, false), (20, true), (received_us, true), (received_us, true)]);
}

#[test]
fn an_absent_duration_is_0_and_marked() {
    let decoded = decoded(&json!([{ "traceId": "1", "id": "1", "timestamp": 20, "duration": 0 }]));
    let spans = decoded.rows.spans.to_batch();
    let rows = rows(&spans);
    assert_eq!(rows[0].span.end_ns, rows[0].span.start_ns);
    assert_eq!(rows[0].span.quirks, Quirks::DURATION_ABSENT);
}

#[test]
fn the_presence_of_an_error_tag_says_that_the_span_failed() {
    let status = |value: serde_json::Value| {
        let decoded = decoded(&json!([{ "traceId": "1", "id": "1", "timestamp": 1, "tags": { "error": value } }]));
        let spans = decoded.rows.spans.to_batch();
        let rows = rows(&spans);
        (rows[0].span.status_code, rows[0].span.status_message.clone().into_owned())
    };
    assert_eq!(status(json!("")), (2, String::new()));
    assert_eq!(status(json!("true")), (2, String::new()));
    assert_eq!(status(json!("some error")), (2, "some error".to_owned()));
    assert_eq!(status(json!(true)), (2, String::new()));
    assert_eq!(status(json!("false")), (0, String::new()));
}

#[test]
fn one_bad_span_does_not_refuse_its_neighbours() {
    let far = RECEIVED_NS / US_NS + 3_700_000_000;
    let decoded = decoded(&json!([
        { "traceId": "1", "id": "1", "timestamp": 1 },
        { "traceId": "x", "id": "2", "timestamp": 1 },
        { "traceId": "1", "id": "", "timestamp": 1 },
        { "traceId": "0", "id": "4", "timestamp": 1 },
        { "traceId": "1", "id": "5", "parentId": "123456789abcdef01", "timestamp": 1 },
        { "traceId": "1", "id": "6", "timestamp": i64::MAX },
        { "traceId": "1", "id": "7", "timestamp": 1, "duration": i64::MAX },
        { "traceId": "1", "id": "8", "timestamp": -5 },
        { "traceId": "1", "id": "9", "timestamp": far, "name": "late" },
    ]));
    assert_eq!(decoded.accepted, 1);
    let reasons = [("future", 1), ("parent_span_id", 1), ("span_id", 1), ("time", 3), ("trace_id", 2)];
    assert_eq!(decoded.refused.by_reason, reasons.into());
}

#[test]
fn what_is_no_list_of_spans_is_refused_as_a_whole() {
    let refusal =
        |text: &str| decode(text.as_bytes(), RECEIVED_NS, u64::MAX, &mut Admission::unbounded().reserve()).unwrap_err();
    for text in ["", "{}", "[1]", "[{}] x", "[{\"tags\": {\"a\": {}}}]", "[{\"timestamp\": \"soon\"}]", "[{\"id\": 7}]"]
    {
        assert!(matches!(refusal(text), Refusal::Undecodable(_)), "{text}");
    }
}

#[test]
fn many_empty_spans_are_refused_by_their_memory() {
    let text = format!("[{}]", vec!["{}"; 10_000].join(","));
    let read = |bytes_max: u64, budget: u64| {
        let admission = Admission::new(Gauge::default(), budget);
        decode(text.as_bytes(), RECEIVED_NS, bytes_max, &mut admission.reserve())
    };
    assert!(matches!(read(1 << 20, u64::MAX), Err(Refusal::TooLarge { .. })));
    assert!(matches!(read(u64::MAX, 1 << 20), Err(Refusal::Overloaded { .. })));
    assert_eq!(read(u64::MAX, u64::MAX).unwrap().refused.count(), 10_000);
}

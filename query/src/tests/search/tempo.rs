use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::super::harness::{Harness, MINUTE_NS, NOW_NS, hex};
use super::{escaped, world};

/// `tempopb.SearchResponse` of 2025 as a decoder that knows no other field.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SearchResponse {
    traces: Vec<TraceSearchMetadata>,
    #[allow(dead_code)]
    metrics: SearchMetrics,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct SearchMetrics {
    inspected_traces: u32,
    inspected_bytes: String,
    total_blocks: u32,
    completed_jobs: u32,
    total_jobs: u32,
    inspected_spans: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct TraceSearchMetadata {
    #[serde(rename = "traceID")]
    trace_id: String,
    root_service_name: String,
    root_trace_name: String,
    start_time_unix_nano: String,
    duration_ms: u32,
    span_set: SpanSet,
    span_sets: Vec<SpanSet>,
    service_stats: std::collections::HashMap<String, ServiceStats>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct ServiceStats {
    span_count: u32,
    error_count: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SpanSet {
    spans: Vec<Span>,
    matched: u32,
    #[serde(default)]
    attributes: Vec<KeyValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code)]
struct Span {
    #[serde(rename = "spanID")]
    span_id: String,
    name: String,
    start_time_unix_nano: String,
    duration_nanos: String,
    #[serde(default)]
    attributes: Vec<KeyValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyValue {
    key: String,
    value: Json,
}

async fn search(harness: &Harness, params: &str) -> SearchResponse {
    let reply = harness.get(&format!("/tempo/api/search?{params}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{params}: {}", reply.text());
    serde_json::from_slice(&reply.body).unwrap_or_else(|error| panic!("{params}: {error}: {}", reply.text()))
}

async fn ids(harness: &Harness, params: &str) -> Vec<String> {
    search(harness, params).await.traces.into_iter().map(|trace| trace.trace_id).collect()
}

#[tokio::test]
async fn the_answer_is_tempos_and_no_more() {
    let harness = world::harness().await;
    let query = "{ span.int = 7 } | by(kind) | count() > 0 | select(.letters, status)";
    let found = search(&harness, &format!("limit=20&spss=3&q={}", escaped(query))).await;
    assert_eq!(found.traces.len(), 1);
    let reply = harness.get(&format!("/tempo/api/search?q={}", escaped(query))).await.json();
    let start_ns = NOW_NS - 10 * MINUTE_NS;
    let spanset = json!({
        "spans": [{
            "spanID": "0000000000000002",
            "name": "call cart",
            "startTimeUnixNano": (start_ns + 1_000_000).to_string(),
            "durationNanos": "1500000000",
            "attributes": [
                { "key": "int", "value": { "intValue": "7" } },
                { "key": "kind", "value": { "stringValue": "client" } },
                { "key": "letters", "value": { "arrayValue": { "values": [{ "stringValue": "a" }, { "stringValue": "b" }] } } },
                { "key": "status", "value": { "stringValue": "unset" } },
            ],
        }],
        "matched": 1,
        "attributes": [
            { "key": "by(kind)", "value": { "stringValue": "client" } },
            { "key": "count()", "value": { "intValue": "1" } },
        ],
    });
    assert_eq!(
        reply["traces"],
        json!([{
            "traceID": hex(1),
            "rootServiceName": "shop",
            "rootTraceName": "GET /",
            "startTimeUnixNano": start_ns.to_string(),
            "durationMs": 2000,
            "spanSet": spanset,
            "spanSets": [spanset],
            "serviceStats": {
                "cart": { "spanCount": 1, "errorCount": 1 },
                "shop": { "spanCount": 2, "errorCount": 0 },
            },
        }])
    );
}

#[tokio::test]
async fn spans_are_cut_and_all_are_counted() {
    let harness = world::harness().await;
    let found = search(&harness, "q=%7B%7D&spss=1").await;
    let counted = |trace: &TraceSearchMetadata| (trace.span_sets[0].spans.len(), trace.span_set.matched);
    assert_eq!(found.traces.iter().map(counted).collect::<Vec<_>>(), [(1, 2), (1, 3)]);
    assert_eq!(found.traces[0].root_service_name, "<root span not yet received>", "neither name nor service");
    let more = search(&harness, "").await;
    assert_eq!(more.traces[1].span_sets[0].spans.len(), 3, "no query asks for everything, three spans of each");
    assert!(more.traces[1].span_sets[0].attributes.is_empty());
}

#[tokio::test]
async fn tags_durations_and_times_narrow() {
    let harness = world::harness().await;
    let at = |minutes: i64| (NOW_NS - minutes * MINUTE_NS) / 1_000_000_000;
    let cases = [
        ("tags=int%3D7".to_owned(), vec![1]),
        ("tags=service.name%3Dcart".to_owned(), vec![1]),
        ("tags=error%3Dtrue%20int%3D7".to_owned(), vec![1]),
        ("tags=str%3D%22abd%22".to_owned(), vec![]),
        ("minDuration=1s".to_owned(), vec![1]),
        ("maxDuration=100ms".to_owned(), vec![2]),
        ("minDuration=1s&maxDuration=1500ms".to_owned(), vec![]),
        (format!("minDuration=1s&q={}", escaped("{ .service.name = \"cart\" } && { }")), vec![1]),
        (format!("start={}&end={}", at(20), at(10) - 1), vec![]),
        (format!("start={}&end={}", at(11), at(0)), vec![2, 1]),
        ("start=0&end=0".to_owned(), vec![2, 1]),
        ("limit=1".to_owned(), vec![2]),
    ];
    for (params, expected) in cases {
        let expected: Vec<String> = expected.into_iter().map(hex).collect();
        assert_eq!(ids(&harness, &params).await, expected, "{params}");
    }
}

#[tokio::test]
async fn both_apis_say_the_same_of_a_span() {
    let harness = world::harness().await;
    let query = escaped("{ event.n > 0 } | select(event:name, .http.status_code)");
    let ours = harness.get(&format!("/api/v1/traces?q={query}")).await.json();
    let tempos = search(&harness, &format!("q={query}")).await;
    let ours = ours["traces"][0]["spans"][0]["attributes"].as_array().unwrap();
    let attributes = &tempos.traces[0].span_set.spans[0].attributes;
    let tempos: Vec<Json> = attributes.iter().map(|one| json!({ "key": one.key, "value": one.value })).collect();
    assert_eq!(*ours, tempos);
    assert_eq!(tempos[2], json!({ "key": "http.status_code", "value": { "stringValue": "503" } }), "as it came");
}

#[tokio::test]
async fn errors_are_text_with_line_and_column() {
    let harness = Harness::new().await;
    let refused = [
        (
            format!("q={}", escaped("{ a = 1 }")),
            "invalid TraceQL query: parse error at line 1, col 3: unexpected `a`, expected an attribute",
        ),
        (
            format!("q={}", escaped("{ } | rate()")),
            "invalid TraceQL query: parse error at line 1, col 7: not supported yet",
        ),
        ("q=%7B%7D&tags=a%3Db".to_owned(), "q and tags"),
        ("limit=0".to_owned(), "invalid limit"),
        ("start=5&end=5".to_owned(), "invalid range"),
        ("start=5".to_owned(), "invalid range"),
        ("minDuration=fast".to_owned(), "invalid minDuration"),
        ("spss=101".to_owned(), "invalid spss"),
        ("limit=x".to_owned(), "Failed to deserialize"),
    ];
    for (params, expected) in refused {
        let reply = harness.get(&format!("/tempo/api/search?{params}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{params}");
        assert!(reply.headers["content-type"].to_str().unwrap().starts_with("text/plain"), "{params}");
        assert!(reply.text().starts_with(expected), "{params}: {}", reply.text());
    }
}

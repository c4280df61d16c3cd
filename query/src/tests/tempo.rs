//! Tempo's API: traces by id here, the rest beside. Search and tags over HTTP have tests of their own.

/// A gRPC client on a real connection.
mod client;
/// `/tempo/api/metrics/...`.
mod metrics;
/// Traces that are too large.
mod partial;
/// What the server says of itself.
mod status;
/// `tempopb.StreamingQuerier`.
mod streaming;
/// Every field of every answer is one that strict decoders know.
mod strict;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, TracesData};
use prost::Message as _;
use serde_json::json;
use spanloom_store::value::Value;
use spanloom_store::{TenantId, TraceId};

use super::harness::{Harness, NOW_NS, Reply, hex, sample};
use crate::otlp::EncodedTrace;

/// As Grafana's plugin reads it, with one more level of nil checks than it has.
#[derive(Clone, PartialEq, prost::Message)]
struct TraceByIdResponse {
    #[prost(message, optional, tag = "1")]
    trace: Option<TracesData>,
    #[prost(int32, tag = "3")]
    status: i32,
    #[prost(string, tag = "4")]
    message: String,
}

async fn harness() -> Harness {
    let harness = Harness::new().await;
    let mut bare = sample(1, 2, None, NOW_NS + 1).child_of(1);
    bare.scope.name = "".into();
    harness.append(&[sample(1, 1, Some("a"), NOW_NS).failed(), bare]).await;
    harness
}

async fn protobuf(harness: &Harness, path: &str) -> Reply {
    let request = Request::get(path).header("accept", "application/protobuf").body(Body::empty()).unwrap();
    harness.send(request).await
}

fn check_nothing_is_nil(trace: &TracesData) {
    assert_eq!(trace.resource_spans.len(), 2);
    for resource_spans in &trace.resource_spans {
        assert!(!resource_spans.resource.as_ref().unwrap().attributes.is_empty());
        for scope_spans in &resource_spans.scope_spans {
            assert!(scope_spans.scope.is_some());
            assert!(scope_spans.spans.iter().all(|span| span.status.is_some()));
        }
    }
}

#[tokio::test]
async fn protobuf_has_every_submessage() {
    let harness = harness().await;
    let v1 = protobuf(&harness, &format!("/tempo/api/traces/{}", hex(1))).await;
    assert_eq!(v1.headers["content-type"], "application/protobuf");
    let v1 = TracesData::decode(v1.body).unwrap();
    check_nothing_is_nil(&v1);
    let range = format!("start={}&end={}", NOW_NS / 1_000_000_000 - 60, NOW_NS / 1_000_000_000 + 60);
    for params in ["", "?start=0&end=0", &format!("?{range}"), "?q=ignored"] {
        let v2 = protobuf(&harness, &format!("/tempo/api/v2/traces/{}{params}", hex(1))).await;
        let v2 = TraceByIdResponse::decode(v2.body).unwrap();
        assert_eq!((v2.trace.as_ref(), v2.status), (Some(&v1), 0), "{params}");
    }
}

/// Every span once, and byte for byte what the messages are encoded to: resources and scopes with addresses of their schemas and without, scopes that
/// several resources have, resends, spans of every length.
#[tokio::test]
async fn what_is_encoded_at_once_is_what_messages_are_encoded_to() {
    let harness = Harness::new().await;
    let varied = |i: u64| {
        let mut sample =
            sample(1, i % 9_000, [None, Some("a"), Some("b")][i as usize % 3], NOW_NS + (i * 7 % 40) as i64);
        sample.scope.name = ["", "x", "y"][i as usize % 7 % 3].into();
        sample.scope.schema_url = if i.is_multiple_of(5) { "https://example.com/scope".into() } else { "".into() };
        sample.resource.schema_url =
            if i.is_multiple_of(6) { "https://example.com/resource".into() } else { "".into() };
        let text = Value::String("v".repeat(i as usize % 300).into());
        sample.span.attributes = (0..i % 4).map(|key| (format!("key{key}").into(), text.clone())).collect();
        sample.lasting((i % 3) as i64)
    };
    // So many that several threads read them.
    let samples: Vec<_> = (0..12_000).map(varied).collect();
    harness.append(&samples[..8_000]).await;
    harness.flush().await;
    for some in samples[4_000..].chunks(1_000) {
        harness.append(some).await;
    }
    let (tenant, id) = (TenantId::default(), TraceId::from_halves(1, 1));
    let encoded: EncodedTrace = harness.query.trace(&tenant, id, None).await.unwrap();
    let resource_spans: Vec<ResourceSpans> = harness.query.trace(&tenant, id, None).await.unwrap();
    assert!(resource_spans.len() > 3, "{} resources", resource_spans.len());
    let spans = resource_spans.iter().flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans);
    assert_eq!(spans.count(), 9_000);
    assert_eq!(encoded.finish(None, |_| {}), TracesData { resource_spans }.encode_to_vec());
}

#[tokio::test]
async fn json_is_that_of_protobuf() {
    let harness = harness().await;
    let v1 = harness.get(&format!("/tempo/api/traces/{}", hex(1))).await;
    assert_eq!(v1.headers["content-type"], "application/json");
    let v1 = v1.json();
    assert_eq!(
        v1["batches"][0],
        json!({
            "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "a" } }] },
            "scopeSpans": [{ "scope": { "name": "test" }, "spans": [{
                "traceId": "AAAAAAAAAAEAAAAAAAAAAQ==",
                "spanId": "AAAAAAAAAAE=",
                "name": "span 1",
                "kind": "SPAN_KIND_SERVER",
                "startTimeUnixNano": NOW_NS.to_string(),
                "endTimeUnixNano": (NOW_NS + 10_000_000).to_string(),
                "status": { "code": "STATUS_CODE_ERROR" },
            }] }],
        })
    );
    assert_eq!(v1["batches"][1]["scopeSpans"][0]["spans"][0]["status"], json!({}));
    let v2 = harness.get(&format!("/tempo/api/v2/traces/{}", hex(1))).await.json();
    assert_eq!(v2["trace"]["resourceSpans"], v1["batches"]);
}

#[tokio::test]
async fn ids_are_padded_and_of_any_case() {
    let harness = Harness::new().await;
    let mut short = sample(1, 1, Some("a"), NOW_NS);
    short.span.trace_id = spanloom_store::TraceId::from_halves(0, 0xabc);
    harness.append(&[short]).await;
    for id in ["abc", "ABC", "0abc", "00000000000000000000000000000abc"] {
        let reply = harness.get(&format!("/tempo/api/v2/traces/{id}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{id}");
    }
    let too_long = harness.get("/tempo/api/traces/000000000000000000000000000000abc").await;
    assert_eq!(too_long.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn errors_are_text() {
    let harness = harness().await;
    for version in ["", "v2/"] {
        let unknown = protobuf(&harness, &format!("/tempo/api/{version}traces/abc")).await;
        assert_eq!((unknown.status, unknown.body.len()), (StatusCode::NOT_FOUND, 0));
        let malformed = protobuf(&harness, &format!("/tempo/api/{version}traces/xyz")).await;
        assert_eq!(malformed.status, StatusCode::BAD_REQUEST);
        assert!(malformed.text().contains("hexadecimal"), "{}", malformed.text());
        let request = Request::get(format!("/tempo/api/{version}traces/1")).header("x-scope-orgid", "stranger");
        let stranger = harness.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
        assert!(stranger.text().starts_with("tenant"), "{}", stranger.text());
    }
}

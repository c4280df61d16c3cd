use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytesize::ByteSize;
use opentelemetry_proto::tonic::trace::v1::{Span, TracesData};
use prost::Message as _;
use spanloom_store::SpanId;
use spanloom_store::value::Value;

use super::super::harness::{Harness, NOW_NS, Reply, Sample, hex, sample};
use super::TraceByIdResponse;
use crate::Config;
use crate::tempo::message::PartialStatus;

const SPANS: u64 = 4_000;

/// A trace that is larger than a query's memory, the later spans first.
async fn harness() -> Harness {
    let memory_bytes_max = ByteSize::mib(4);
    let harness = Harness::with(Config { memory_bytes_max, ..Config::default() }).await;
    let span = |i: u64| -> Sample {
        let mut span = sample(1, i, Some("a"), NOW_NS + i as i64);
        span.span.attributes = vec![("text".into(), Value::String(format!("{i} {}", "x".repeat(1_000)).into()))];
        span
    };
    let spans: Vec<Sample> = (1..=SPANS).rev().map(span).collect();
    harness.append(&spans).await;
    harness.append(&[sample(2, 1, Some("a"), NOW_NS)]).await;
    harness
}

async fn get(harness: &Harness, path: &str, accept: &str) -> Reply {
    harness.send(Request::get(path).header("accept", accept).body(Body::empty()).unwrap()).await
}

fn spans(trace: &TracesData) -> Vec<&Span> {
    let scopes = trace.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    scopes.flat_map(|scope| &scope.spans).collect()
}

#[tokio::test]
async fn v2_sends_the_first_spans_and_says_so() {
    let harness = harness().await;
    let reply = get(&harness, &format!("/tempo/api/v2/traces/{}", hex(1)), "application/protobuf").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", String::from_utf8_lossy(&reply.body));
    let answer = TraceByIdResponse::decode(reply.body).unwrap();
    assert_eq!(answer.status, i32::from(PartialStatus::Partial));
    let trace = answer.trace.unwrap();
    let spans = spans(&trace);
    assert!((100..SPANS as usize).contains(&spans.len()), "{} spans", spans.len());
    assert_eq!(
        answer.message,
        format!(
            "the trace has {SPANS} spans, which is more than fits into query.memory_bytes_max: only the {} that start first are here",
            spans.len()
        )
    );
    for (i, span) in spans.iter().enumerate() {
        assert_eq!(span.span_id, SpanId::from_int(i as i64 + 1).as_bytes(), "none is left out in between");
        assert!(span.status.is_some());
    }
    assert!(trace.resource_spans.iter().all(|resource| !resource.resource.as_ref().unwrap().attributes.is_empty()));
}

#[tokio::test]
async fn json_says_so_too() {
    let harness = harness().await;
    let answer = get(&harness, &format!("/tempo/api/v2/traces/{}", hex(1)), "application/json").await.json();
    assert_eq!(answer["status"], "PARTIAL");
    assert!(answer["message"].as_str().unwrap().contains("4000 spans"), "{}", answer["message"]);
    let whole = get(&harness, &format!("/tempo/api/v2/traces/{}", hex(2)), "application/json").await.json();
    assert_eq!(whole.as_object().unwrap().keys().collect::<Vec<_>>(), ["trace"], "defaults are left out");
}

#[tokio::test]
async fn v1_refuses_it() {
    let harness = harness().await;
    for accept in ["application/protobuf", "application/json"] {
        let reply = get(&harness, &format!("/tempo/api/traces/{}", hex(1)), accept).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(reply.text().contains("query.memory_bytes_max"), "{}", reply.text());
    }
}

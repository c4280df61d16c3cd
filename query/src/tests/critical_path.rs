//! `GET /api/v1/traces/{id}/critical-path`; the path itself has its tests in `trace/critical/tests`.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytesize::ByteSize;
use serde_json::{Value as Json, json};
use spanloom_store::TraceId;

use super::harness::{HOUR_NS, Harness, NOW_NS, Reply, Sample, hex, sample};
use crate::Config;

const MS: i64 = 1_000_000;

/// A gateway that waits for a cart (here with a clock 7 s behind) and asks a mailer for something it does not wait for;
/// and a span of the trace whose parent did not come.
fn shop() -> [Sample; 5] {
    let mut client = sample(1, 2, Some("gateway"), NOW_NS + 10 * MS).child_of(1).lasting(60 * MS);
    client.span.kind = 3;
    let mut mail = sample(1, 4, Some("mail"), NOW_NS + 80 * MS).child_of(1).lasting(500 * MS);
    mail.span.kind = 5;
    [
        sample(1, 1, Some("gateway"), NOW_NS).lasting(100 * MS),
        client,
        sample(1, 3, Some("cart"), NOW_NS - 6970 * MS).child_of(2).lasting(40 * MS),
        mail,
        sample(1, 5, None, NOW_NS).child_of(99).lasting(-5),
    ]
}

async fn get(harness: &Harness, rest: &str) -> Reply {
    harness.get(&format!("/api/v1/traces/{rest}")).await
}

async fn path(harness: &Harness, rest: &str) -> Json {
    let reply = get(harness, rest).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()
}

fn segment(span_id: u64, kind: i32, start_ms: i64, duration_ms: i64) -> Json {
    json!({
        "span_id": format!("{span_id:016x}"),
        "kind": kind,
        "start_offset_ns": start_ms * MS,
        "duration_ns": duration_ms * MS,
    })
}

#[tokio::test]
async fn the_answer_is_whole_and_the_same_hot_flushed_and_sent_again() {
    let harness = Harness::new().await;
    let expected = json!({
        "trace_id": hex(1),
        "root": { "span_id": "0000000000000001", "reason": "no_parent", "span_count": 4 },
        "start_time_unix_nano": NOW_NS.to_string(),
        "duration_ns": 100 * MS,
        "segments": [segment(1, 2, 0, 10), segment(3, 2, 10, 40), segment(2, 3, 50, 20), segment(1, 2, 70, 30)],
        "self_time_by_service": [
            { "service": "gateway", "duration_ns": 60 * MS, "share": 0.6 },
            { "service": "cart", "duration_ns": 40 * MS, "share": 0.4 },
        ],
        "left_out": 2,
        "other_roots": [{ "span_id": "0000000000000005", "reason": "parent_missing", "span_count": 1 }],
        "other_root_count": 1,
    });
    for state in ["hot", "flushed and sent again", "twice flushed and sent again"] {
        harness.append(&shop()).await;
        assert_eq!(path(&harness, &format!("{}/critical-path", hex(1))).await, expected, "{state}");
        harness.flush().await;
    }
    let metrics = harness.metrics();
    assert!(metrics.contains(r#"spanloom_query_requests_total{api="critical_path",outcome="ok"} 3"#), "{metrics}");
}

#[tokio::test]
async fn a_span_that_ended_before_it_started_lasted_no_time() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS).lasting(-5)]).await;
    let path = path(&harness, &format!("{}/critical-path", hex(1))).await;
    assert_eq!((&path["duration_ns"], &path["segments"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn a_given_range_is_widened_and_is_what_is_searched() {
    let harness = Harness::new().await;
    harness
        .append(&[
            sample(1, 1, Some("a"), NOW_NS - 5 * HOUR_NS).lasting(6 * HOUR_NS),
            sample(1, 2, Some("a"), NOW_NS).child_of(1),
        ])
        .await;
    let duration_ns = async |range: &str| {
        path(&harness, &format!("{}/critical-path{range}", hex(1))).await["duration_ns"].as_i64().unwrap()
    };
    assert_eq!(duration_ns("").await, 6 * HOUR_NS);
    assert_eq!(duration_ns("?start=0&end=0").await, 6 * HOUR_NS, "0 is not known");
    let near = format!("?start={NOW_NS}&end={NOW_NS}");
    assert_eq!(duration_ns(&near).await, 10 * MS, "without its root the child is one");
}

#[tokio::test]
async fn ids_must_be_hex_and_known() {
    let harness = Harness::new().await;
    let mut other = sample(0xabc, 1, Some("a"), NOW_NS);
    other.span.trace_id = TraceId::from_halves(0, 0xabc);
    harness.append(&[other]).await;
    assert_eq!(path(&harness, "abc/critical-path").await["trace_id"], "00000000000000000000000000000abc");
    for (rest, status, code) in [
        ("xyz/critical-path", StatusCode::BAD_REQUEST, "bad_request"),
        ("abc/critical-path?start=soon&end=now", StatusCode::BAD_REQUEST, "bad_request"),
        ("abc/critical-path?start=now&end=now-1h", StatusCode::BAD_REQUEST, "bad_request"),
        ("abd/critical-path", StatusCode::NOT_FOUND, "not_found"),
        ("10000000000000abc/critical-path", StatusCode::NOT_FOUND, "not_found"),
    ] {
        let reply = get(&harness, rest).await;
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (status, &json!(code)), "{rest}");
    }
}

#[tokio::test]
async fn a_trace_of_another_tenant_is_not_there() {
    let harness = Harness::new().await;
    harness.append(&shop()).await;
    let of = async |tenant: &str| {
        let request = Request::get(format!("/api/v1/traces/{}/critical-path", hex(1))).header("x-scope-orgid", tenant);
        harness.send(request.body(Body::empty()).unwrap()).await.status
    };
    assert_eq!(of("default").await, StatusCode::OK);
    assert_eq!(of("other").await, StatusCode::NOT_FOUND);
    assert_eq!(of("nobody").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_trace_too_large_for_a_query_s_memory_is_refused() {
    let harness = Harness::with(Config { memory_bytes_max: ByteSize::mib(4), ..Config::default() }).await;
    let child = |i: u64| sample(1, i, Some("a"), NOW_NS + i as i64).child_of(1);
    harness.append(&(2..20_000).map(child).collect::<Vec<_>>()).await;
    let reply = get(&harness, &format!("{}/critical-path", hex(1))).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.text());
    assert_eq!(reply.json()["error"]["code"], "resource_exhausted");
}

#[tokio::test]
async fn before_replay_there_is_none() {
    let harness = Harness::not_started(Config::default()).await;
    assert_eq!(get(&harness, "abc/critical-path").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

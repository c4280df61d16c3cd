use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytesize::ByteSize;
use serde_json::json;

use super::harness::{Harness, NOW_NS, Sample, sample};
use crate::Config;

/// Runs until it is stopped.
const ENDLESS: &str = "select count(*) from generate_series(1, 1000000000) a(x) join generate_series(1, 1000000000) b(y) \
                       on x % 7 < y % 5";

fn many(count: u64) -> Vec<Sample> {
    (1..=count).map(|i| sample(i, i, Some("a"), NOW_NS + i as i64)).collect()
}

#[tokio::test]
async fn a_query_beyond_its_memory_fails_clearly() {
    let memory_bytes_max = ByteSize::mib(1);
    let harness = Harness::with(Config { memory_bytes_max, ..Config::default() }).await;
    harness.append(&many(20_000)).await;
    let reply = harness.sql("select * from spans").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.text());
    let error = reply.json()["error"].take();
    assert_eq!(error["code"], "resource_exhausted");
    assert!(error["message"].as_str().unwrap().contains("query.memory_bytes_max"), "{error}");
    assert_eq!(harness.rows("select count(*) from spans where kind = 2").await, json!([[20_000]]), "others go on");
}

#[tokio::test]
async fn a_sort_beyond_its_memory_spills() {
    let memory_bytes_max = ByteSize::mib(8);
    let harness = Harness::with(Config { memory_bytes_max, ..Config::default() }).await;
    let text = "select sum(x) from (select value as x from generate_series(1, 1000000) order by value % 1009 offset 10)";
    let reply = harness.sql(text).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_stopped() {
    let timeout = Duration::from_millis(300);
    let harness = Harness::with(Config { timeout, concurrency_max: 1, ..Config::default() }).await;
    let reply = harness.sql(ENDLESS).await;
    assert_eq!(reply.status, StatusCode::GATEWAY_TIMEOUT, "{}", reply.text());
    assert_eq!(reply.json()["error"]["code"], "timeout");
    let metrics = harness.metrics();
    assert!(metrics.contains(r#"spanloom_query_requests_total{api="sql",outcome="timeout"} 1"#), "{metrics}");
    until_idle(&harness).await;
}

#[tokio::test]
async fn a_query_whose_client_left_is_stopped() {
    let harness = Harness::with(Config { concurrency_max: 1, ..Config::default() }).await;
    let left = tokio::time::timeout(Duration::from_millis(200), harness.sql(ENDLESS)).await;
    assert!(left.is_err());
    until_idle(&harness).await;
    assert_eq!(harness.rows("select 1").await, json!([[1]]));
}

#[tokio::test]
async fn too_many_queries_are_refused() {
    let timeout = Duration::from_secs(2);
    let harness = Harness::with(Config { timeout, concurrency_max: 1, ..Config::default() }).await;
    let replies = futures::future::join_all((0..8).map(|_| harness.sql(ENDLESS))).await;
    let busy = replies.iter().filter(|reply| reply.status == StatusCode::TOO_MANY_REQUESTS).count();
    assert_eq!(busy, 3, "one runs and four wait");
    assert!(replies.iter().any(|reply| reply.headers.contains_key("retry-after")));
    until_idle(&harness).await;
}

#[tokio::test]
async fn a_long_chain_of_operators_takes_no_stack() {
    let harness = Harness::new().await;
    let sum = |terms: usize| format!("select {}", vec!["1"; terms].join("+"));
    assert_eq!(harness.rows(&sum(990)).await, json!([[990]]));
    let reply = harness.sql(&sum(100_000)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
    let ids = (0..20_000).map(|i| format!("-{i}")).collect::<Vec<_>>().join(", ");
    let reply = harness.sql(&format!("select count(*) from spans where span_id in ({ids})")).await;
    assert_eq!(reply.status, StatusCode::OK, "a list of values is no chain: {}", reply.text());
}

#[tokio::test]
async fn a_text_that_is_too_long_is_refused() {
    let harness = Harness::new().await;
    let reply = harness.sql(&format!("select '{}'", "x".repeat(300_000))).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", reply.text());
    let request = Request::post("/api/v1/sql").body(Body::from(vec![b' '; 8 << 20])).unwrap();
    assert_eq!(harness.send(request).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn nothing_is_answered_before_replay_has_ended() {
    let harness = Harness::not_started(Config::default()).await;
    for path in ["/api/v1/traces", "/api/v1/traces/1", "/tempo/api/traces/1"] {
        let reply = harness.get(path).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(reply.headers.contains_key("retry-after"));
    }
    assert_eq!(harness.sql("select 1").await.json()["error"]["code"], "unavailable");
}

/// Waits until no query runs: a query that was given up stops soon after.
async fn until_idle(harness: &Harness) {
    for _ in 0..1_000 {
        if harness.metrics().contains("spanloom_query_running 0\n") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("a query still runs after 10 s");
}

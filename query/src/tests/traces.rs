use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use super::harness::{HOUR_NS, Harness, MINUTE_NS, NOW_NS, SECOND_NS, hex, sample};

async fn list(harness: &Harness, params: &str) -> Vec<Json> {
    let reply = harness.get(&format!("/api/v1/traces?{params}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{params}: {}", reply.text());
    reply.json()["traces"].as_array().unwrap().clone()
}

async fn ids(harness: &Harness, params: &str) -> Vec<String> {
    list(harness, params).await.iter().map(|trace| trace["trace_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_item_says_what_the_trace_is() {
    let harness = Harness::new().await;
    let start_ns = NOW_NS - MINUTE_NS;
    harness
        .append(&[
            sample(1, 1, Some("gateway"), start_ns).lasting(12_345_000),
            sample(1, 2, Some("cart"), start_ns + 1).child_of(1).failed(),
            sample(1, 3, None, start_ns + 2).child_of(2),
        ])
        .await;
    let expected = json!([{
        "trace_id": hex(1),
        "root_service": "gateway",
        "root_name": "span 1",
        "start_time_unix_nano": start_ns.to_string(),
        "duration_ms": 12.345,
        "span_count": 3,
        "error_count": 1,
        "services": [
            { "name": null, "span_count": 1, "error_count": 0 },
            { "name": "cart", "span_count": 1, "error_count": 1 },
            { "name": "gateway", "span_count": 1, "error_count": 0 },
        ],
    }]);
    for state in ["hot", "flushed"] {
        assert_eq!(Json::from(list(&harness, "").await), expected, "{state}");
        harness.flush().await;
    }
}

#[tokio::test]
async fn resends_and_parts_inflate_nothing() {
    let harness = Harness::new().await;
    let root = sample(1, 1, Some("a"), NOW_NS - SECOND_NS);
    let child = sample(1, 2, Some("b"), NOW_NS).child_of(1).failed();
    for _ in 0..3 {
        harness.append(&[root.clone(), child.clone()]).await;
        harness.flush().await;
        harness.append(std::slice::from_ref(&child)).await;
    }
    let traces = list(&harness, "").await;
    assert_eq!(traces.len(), 1);
    assert_eq!((&traces[0]["span_count"], &traces[0]["error_count"]), (&json!(2), &json!(1)));
    assert_eq!(traces[0]["services"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn newest_first_then_cut() {
    let harness = Harness::new().await;
    for i in 1..=30 {
        harness.append(&[sample(i, i, Some("a"), NOW_NS - i as i64 * SECOND_NS)]).await;
        if i % 10 == 0 {
            harness.flush().await;
        }
    }
    let newest: Vec<String> = (1..=20).map(hex).collect();
    assert_eq!(ids(&harness, "").await, newest);
    assert_eq!(ids(&harness, "limit=3").await, newest[..3]);
    assert_eq!(ids(&harness, "limit=1000").await.len(), 30);
}

#[tokio::test]
async fn a_late_part_does_not_make_a_trace_newer() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS - 30 * MINUTE_NS)]).await;
    harness.append(&[sample(2, 2, Some("a"), NOW_NS - 10 * MINUTE_NS)]).await;
    harness.flush().await;
    harness.append(&[sample(1, 3, Some("a"), NOW_NS).child_of(1)]).await;
    assert_eq!(ids(&harness, "").await, [hex(2), hex(1)], "ordered by the start of the whole trace");
    assert_eq!(ids(&harness, "limit=1").await, [hex(2)]);
}

#[tokio::test]
async fn a_trace_at_the_edge_of_the_range_is_seen_whole() {
    let harness = Harness::new().await;
    let start_ns = NOW_NS - 70 * MINUTE_NS;
    harness.append(&[sample(1, 1, Some("edge"), start_ns)]).await;
    harness.flush().await;
    harness.append(&[sample(1, 2, Some("cart"), NOW_NS - 20 * MINUTE_NS).child_of(1)]).await;
    harness.append(&[sample(2, 3, Some("edge"), NOW_NS - 3 * HOUR_NS)]).await;
    let traces = list(&harness, "").await;
    assert_eq!(traces.len(), 1, "the other one ended before the range");
    assert_eq!((&traces[0]["span_count"], &traces[0]["root_service"]), (&json!(2), &json!("edge")));
    let late = format!("start={}&end=now", NOW_NS - 10 * MINUTE_NS);
    assert!(ids(&harness, &late).await.is_empty(), "it ended before this range");
}

#[tokio::test]
async fn a_service_is_looked_for_in_the_whole_trace() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS - SECOND_NS)]).await;
    harness.append(&[sample(2, 3, Some("b"), NOW_NS - SECOND_NS)]).await;
    harness.flush().await;
    harness.append(&[sample(1, 2, Some("c"), NOW_NS).child_of(1)]).await;
    for (service, expected) in [("a", vec![1]), ("b", vec![2]), ("c", vec![1]), ("d", vec![])] {
        let expected: Vec<String> = expected.into_iter().map(hex).collect();
        assert_eq!(ids(&harness, &format!("service={service}")).await, expected, "{service}");
    }
    let traces = list(&harness, "service=c").await;
    assert_eq!(traces[0]["span_count"], 2, "the trace is shown whole");
}

#[tokio::test]
async fn the_earliest_root_names_the_trace_and_none_is_null() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 2, Some("second"), NOW_NS - 1), sample(1, 1, None, NOW_NS - 2)]).await;
    harness.append(&[sample(2, 3, Some("orphan"), NOW_NS - 3).child_of(9)]).await;
    let traces = list(&harness, "").await;
    assert_eq!((&traces[0]["root_service"], &traces[0]["root_name"]), (&Json::Null, &json!("span 1")));
    assert_eq!((&traces[1]["root_service"], &traces[1]["root_name"]), (&Json::Null, &Json::Null));
}

#[tokio::test]
async fn parameters_that_are_not_understood_are_refused() {
    let harness = Harness::new().await;
    for params in ["limit=0", "limit=1001", "limit=x", "start=yesterday", "start=now&end=now-1h", "sevice=a"] {
        let reply = harness.get(&format!("/api/v1/traces?{params}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{params}");
        assert_eq!(reply.json()["error"]["code"], "bad_request", "{params}");
    }
}

use axum::http::StatusCode;
use serde_json::json;

use super::super::harness::{HOUR_NS, Harness, MINUTE_NS, NOW_NS, SECOND_NS, hex, sample};
use super::{ask, escaped, traces, world};

async fn ids(harness: &Harness, query: &str, more: &str) -> Vec<String> {
    traces(harness, query, more).await.iter().map(|trace| trace["trace_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_item_is_that_of_the_list_with_the_spans_found() {
    let harness = world::harness().await;
    let listed = harness.get("/api/v1/traces").await.json()["traces"].clone();
    let reply =
        harness.get(&format!("/api/v1/traces?spss=1&q={}", escaped("{ kind = server && duration > 500ms }"))).await;
    let mut expected = listed[1].clone();
    expected["matched"] = json!(2);
    expected["spans"] = json!([{
        "span_id": "0000000000000001",
        "name": "GET /",
        "service": "shop",
        "start_time_unix_nano": (NOW_NS - 10 * MINUTE_NS).to_string(),
        "duration_ms": 2000.0,
        "status": "unset",
        "attributes": [{ "key": "kind", "value": { "stringValue": "server" } }],
    }]);
    assert_eq!(reply.json(), json!({ "traces": [expected] }));
}

#[tokio::test]
async fn spans_say_what_the_query_names_with_its_type() {
    let harness = world::harness().await;
    let query = "{ span.int = 7 } | select(span.float, .yes, .letters, .map, .absent, resource.both, status)";
    let found = traces(&harness, query, "").await;
    assert_eq!(
        found[0]["spans"][0]["attributes"],
        json!([
            { "key": "int", "value": { "intValue": "7" } },
            { "key": "float", "value": { "doubleValue": 1.5 } },
            { "key": "yes", "value": { "boolValue": true } },
            { "key": "letters", "value": { "arrayValue": { "values": [{ "stringValue": "a" }, { "stringValue": "b" }] } } },
            { "key": "both", "value": { "stringValue": "resource" } },
            { "key": "status", "value": { "stringValue": "unset" } },
        ])
    );
}

#[tokio::test]
async fn a_query_that_matches_everything_lists_what_the_list_does() {
    let harness = Harness::new().await;
    for i in 1..=30 {
        let start_ns = NOW_NS - i as i64 * 3 * MINUTE_NS;
        harness.append(&[sample(i, i, Some("a"), start_ns).lasting(2 * MINUTE_NS)]).await;
        harness.append(&[sample(i, i + 100, Some("b"), start_ns + SECOND_NS).child_of(i)]).await;
        if i % 10 == 0 {
            harness.flush().await;
        }
    }
    for more in ["", "&limit=7", &format!("&start={}&end={}", NOW_NS - HOUR_NS, NOW_NS - 20 * MINUTE_NS)] {
        let listed = harness.get(&format!("/api/v1/traces?x{more}").replace("?x&", "?").replace("?x", "")).await;
        let listed: Vec<_> =
            listed.json()["traces"].as_array().unwrap().iter().map(|t| t["trace_id"].clone()).collect();
        let limit = if more.contains("limit") { "" } else { "&limit=20" };
        let found = harness.get(&format!("/api/v1/traces?q={}{limit}{more}", escaped("{ }"))).await;
        let found: Vec<_> = found.json()["traces"].as_array().unwrap().iter().map(|t| t["trace_id"].clone()).collect();
        assert_eq!(found, listed, "{more}");
        assert!(!found.is_empty());
    }
}

#[tokio::test]
async fn a_trace_is_one_wherever_its_spans_came() {
    let harness = Harness::new().await;
    let root = sample(1, 1, Some("a"), NOW_NS - 30 * MINUTE_NS);
    let child = sample(1, 2, Some("b"), NOW_NS).child_of(1).failed();
    harness.append(std::slice::from_ref(&root)).await;
    harness.append(&[sample(2, 3, Some("a"), NOW_NS - 10 * MINUTE_NS).failed()]).await;
    harness.flush().await;
    for _ in 0..2 {
        harness.append(std::slice::from_ref(&child)).await;
        harness.flush().await;
        harness.append(std::slice::from_ref(&root)).await;
    }
    assert_eq!(ids(&harness, "{ status = error }", "").await, [hex(2), hex(1)], "by the start of the whole trace");
    let first = harness.get(&format!("/api/v1/traces?limit=1&q={}", escaped("{ status = error }"))).await.json();
    assert_eq!(first["traces"][0]["trace_id"], hex(2), "a late span does not make a trace newer");
    let both = r#"{ resource.service.name = "a" } && { resource.service.name = "b" }"#;
    let found = traces(&harness, both, "").await;
    assert_eq!((found.len(), &found[0]["matched"]), (1, &json!(2)), "resends are folded");
    assert_eq!(
        ids(&harness, r#"{ rootServiceName = "a" && status = error && traceDuration > 20m }"#, "").await,
        [hex(1)]
    );
    assert_eq!(ids(&harness, "{ name = \"span 2\" } < { }", "").await, [hex(1)]);
}

#[tokio::test]
async fn a_range_asks_for_traces_that_overlap_it() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS - 70 * MINUTE_NS)]).await;
    harness.append(&[sample(1, 2, Some("b"), NOW_NS - 50 * MINUTE_NS).child_of(1).failed()]).await;
    harness.append(&[sample(2, 3, Some("a"), NOW_NS - 30 * MINUTE_NS)]).await;
    let range = |from: i64, to: i64| format!("&start={}&end={}", NOW_NS - from * MINUTE_NS, NOW_NS - to * MINUTE_NS);
    assert_eq!(
        ids(&harness, r#"{ resource.service.name = "a" }"#, &range(60, 40)).await,
        [hex(1)],
        "it spans the range"
    );
    assert_eq!(ids(&harness, "{ status = error }", &range(72, 60)).await, [hex(1)], "its error came after the range");
    assert!(ids(&harness, "{ }", &range(45, 35)).await.is_empty());
    assert_eq!(ids(&harness, "{ }", &range(80, 20)).await, [hex(2), hex(1)]);
}

#[tokio::test]
async fn a_service_narrows_a_search() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS).failed(), sample(1, 2, Some("b"), NOW_NS).child_of(1)]).await;
    harness.append(&[sample(2, 3, Some("a"), NOW_NS).failed()]).await;
    assert_eq!(ids(&harness, "{ status = error }", "&service=b").await, [hex(1)]);
    assert!(ids(&harness, "{ status = error }", "&service=c").await.is_empty());
}

#[tokio::test]
async fn many_traces_at_one_instant_are_all_found() {
    let harness = Harness::new().await;
    let samples: Vec<_> = (1..=700).map(|i| sample(i, i, Some("a"), NOW_NS)).collect();
    harness.append(&samples).await;
    assert_eq!(ids(&harness, "{ duration > 1ms }", "").await.len(), 700);
    let found = harness.get(&format!("/api/v1/traces?limit=5&q={}", escaped("{ duration > 1ms }"))).await.json();
    let first: Vec<_> = found["traces"].as_array().unwrap().iter().map(|t| t["trace_id"].as_str().unwrap()).collect();
    assert_eq!(first, [1, 2, 3, 4, 5].map(hex), "equal starts are in the order of ids");
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_place() {
    let harness = Harness::new().await;
    let reply = ask(&harness, "{ name = }", "").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let error = &reply.json()["error"];
    assert_eq!((&error["code"], &error["position"]), (&json!("bad_request"), &json!({ "line": 1, "column": 10 })));
    for params in ["q=%7B%7D&spss=0", "q=%7B%7D&spss=101", "q=%7B%7D&limit=0"] {
        assert_eq!(harness.get(&format!("/api/v1/traces?{params}")).await.status, StatusCode::BAD_REQUEST, "{params}");
    }
}

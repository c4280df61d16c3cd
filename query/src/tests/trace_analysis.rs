//! `GET /api/v1/traces/{id}/analysis`, `/compare` and `GET /api/v1/traces/analysis`; what is computed has its tests beside it
//! in `trace/`.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytesize::ByteSize;
use serde_json::{Value as Json, json};

use super::harness::{Harness, NOW_NS, Reply, SECOND_NS, Sample, hex, sample};
use crate::Config;

const MS: i64 = 1_000_000;

/// A gateway that asks a cart (here with a clock 7 s ahead), and a span whose parent did not come.
fn shop(trace: u64, cart_ms: i64) -> [Sample; 4] {
    let mut client = sample(trace, 2, Some("gateway"), NOW_NS + 10 * MS).child_of(1).lasting((cart_ms + 20) * MS);
    client.span.kind = 3;
    [
        sample(trace, 1, Some("gateway"), NOW_NS).lasting((cart_ms + 40) * MS),
        client,
        sample(trace, 3, Some("cart"), NOW_NS + 7020 * MS).child_of(2).lasting(cart_ms * MS).failed(),
        sample(trace, 5, None, NOW_NS).child_of(99).lasting(5 * MS),
    ]
}

async fn ok(harness: &Harness, path: &str) -> Json {
    let reply = harness.get(path).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    reply.json()
}

async fn check_error(harness: &Harness, path: &str, status: StatusCode, code: &str) -> Reply {
    let reply = harness.get(path).await;
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (status, &json!(code)), "{path}");
    reply
}

#[tokio::test]
async fn an_analysis_is_the_same_hot_flushed_and_sent_again_but_for_the_resends() {
    let harness = Harness::new().await;
    for round in 0..3 {
        harness.append(&shop(1, 60)).await;
        let answer = ok(&harness, &format!("/api/v1/traces/{}/analysis", hex(1))).await;
        assert_eq!(answer["duplicates"]["resent_count"], json!(4 * round));
        assert_eq!(
            (&answer["span_count"], &answer["error_count"], &answer["depth"]),
            (&json!(4), &json!(1), &json!(3))
        );
        assert_eq!(answer["root_duration_ns"], json!(100 * MS));
        assert_eq!(
            answer["root"]["span"],
            json!({
                "span_id": "0000000000000001", "kind": 2, "service": "gateway", "name": "span 1",
            })
        );
        assert_eq!(answer["orphans"]["spans"][0]["missing_parent_id"], "0000000000000063");
        assert_eq!(
            answer["clock_skew"],
            json!([{
                "source": "gateway", "target": "cart", "call_count": 1, "skewed_count": 1,
                "median_shift_ns": 7000 * MS, "direction": "target_ahead",
            }])
        );
        assert_eq!(
            answer["services"][0],
            json!({ "service": "cart", "work": {
                "span_count": 1, "error_count": 1, "total_ns": 60 * MS, "self_ns": 60 * MS, "critical_ns": 60 * MS,
            }})
        );
        harness.flush().await;
    }
    let metrics = harness.metrics();
    assert!(metrics.contains(r#"spanloom_query_requests_total{api="trace_analysis",outcome="ok"} 3"#), "{metrics}");
}

#[tokio::test]
async fn two_traces_are_compared_wherever_their_rows_are() {
    let harness = Harness::new().await;
    harness.append(&shop(1, 160)).await;
    harness.flush().await;
    harness.append(&shop(2, 60)).await;
    let answer = ok(&harness, &format!("/api/v1/traces/{}/compare?with={}", hex(1), hex(2))).await;
    assert_eq!((&answer["left"]["trace_id"], &answer["right"]["trace_id"]), (&json!(hex(1)), &json!(hex(2))));
    assert_eq!(answer["difference_ns"], json!(100 * MS));
    assert_eq!(
        answer["contributions"][0],
        json!({
            "operation": { "service": "cart", "name": "span 3", "kind": 2 },
            "left_critical_ns": 160 * MS, "right_critical_ns": 60 * MS, "difference_ns": 100 * MS,
        })
    );
    let nodes = answer["nodes"].as_array().unwrap();
    let depths: Vec<_> = nodes.iter().map(|node| (node["parent"].as_u64(), node["depth"].as_u64().unwrap())).collect();
    assert_eq!(depths, [(None, 0), (Some(0), 1), (Some(1), 2), (None, 0)]);
}

#[tokio::test]
async fn a_comparison_names_the_trace_that_is_not_there() {
    let harness = Harness::new().await;
    harness.append(&shop(1, 60)).await;
    for path in [format!("{}/compare?with={}", hex(1), hex(2)), format!("{}/compare?with={}", hex(2), hex(1))] {
        let reply = check_error(&harness, &format!("/api/v1/traces/{path}"), StatusCode::NOT_FOUND, "not_found").await;
        assert!(reply.text().contains(&hex(2)), "{}", reply.text());
    }
}

#[tokio::test]
async fn the_paths_of_the_traces_of_a_query_are_added_up() {
    let harness = Harness::new().await;
    harness.append(&[shop(1, 60), shop(2, 160)].concat()).await;
    harness.flush().await;
    harness.append(&[shop(3, 260).as_slice(), &[sample(4, 1, Some("other"), NOW_NS)]].concat()).await;
    let query = "q=%7Bresource.service.name%3D%22cart%22%7D";
    let answer = ok(&harness, &format!("/api/v1/traces/analysis?{query}")).await;
    assert_eq!((&answer["trace_count"], &answer["rootless_count"]), (&json!(3), &json!(0)));
    assert_eq!(answer["duration"]["total_ns"], json!(600 * MS));
    let cart = &answer["services"][0];
    assert_eq!((&cart["service"], &cart["time"]["p50_ns"]), (&json!("cart"), &json!(160 * MS)));
    assert_eq!((&cart["time"]["total_ns"], &cart["time"]["trace_count"]), (&json!(480 * MS), &json!(3)));
    assert_eq!(
        answer["paths"],
        json!([{
            "services": ["gateway", "cart"], "more_services": 0, "trace_count": 3, "mean_ns": 200 * MS,
            "slowest_trace_id": hex(3), "slowest_ns": 300 * MS,
        }])
    );
    assert_eq!(answer["left_out"], json!({ "without_length": 0, "too_large": 0, "out_of_time": 0, "gone": 0 }));
    assert_eq!(answer.get("partial"), None);
    let all = ok(&harness, "/api/v1/traces/analysis").await;
    assert_eq!(all["trace_count"], json!(4), "without a query all are");
}

#[tokio::test]
async fn the_newest_traces_are_added_up_and_as_many_as_are_wanted() {
    let harness = Harness::new().await;
    let traces: Vec<Sample> =
        (0..300).map(|i| sample(i, 1, Some("a"), NOW_NS - i as i64 * SECOND_NS).lasting((i as i64 + 1) * MS)).collect();
    harness.append(&traces).await;
    let count_and_max = async |params: &str| {
        let answer = ok(&harness, &format!("/api/v1/traces/analysis?{params}")).await;
        (answer["trace_count"].as_u64().unwrap(), answer["duration"]["max_ns"].as_i64().unwrap() / MS)
    };
    assert_eq!(count_and_max("").await, (100, 100));
    assert_eq!(count_and_max("limit=1").await, (1, 1));
    assert_eq!(count_and_max("limit=1000").await, (300, 300));
    assert_eq!(count_and_max(&format!("start={}&end={}", NOW_NS - 60 * SECOND_NS, NOW_NS)).await, (61, 61));
}

#[tokio::test]
async fn a_root_without_length_is_left_out_and_counted() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS).lasting(0), sample(2, 1, Some("a"), NOW_NS)]).await;
    let answer = ok(&harness, "/api/v1/traces/analysis").await;
    assert_eq!((&answer["trace_count"], &answer["left_out"]["without_length"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn what_is_not_understood_is_refused() {
    let harness = Harness::new().await;
    harness.append(&shop(1, 60)).await;
    let bad = StatusCode::BAD_REQUEST;
    for (path, status, code) in [
        ("xyz/analysis".to_owned(), bad, "bad_request"),
        ("abc/analysis".to_owned(), StatusCode::NOT_FOUND, "not_found"),
        (format!("{}/analysis?start=soon&end=now", hex(1)), bad, "bad_request"),
        (format!("{}/compare", hex(1)), bad, "bad_request"),
        (format!("{}/compare?with=xyz", hex(1)), bad, "bad_request"),
        ("analysis?limit=0".to_owned(), bad, "bad_request"),
        ("analysis?limit=1001".to_owned(), bad, "bad_request"),
        ("analysis?q=%7B".to_owned(), bad, "bad_request"),
        ("analysis?what=that".to_owned(), bad, "bad_request"),
        ("analysis?start=now&end=now-1h".to_owned(), bad, "bad_request"),
    ] {
        check_error(&harness, &format!("/api/v1/traces/{path}"), status, code).await;
    }
}

#[tokio::test]
async fn traces_of_another_tenant_are_not_there() {
    let harness = Harness::new().await;
    harness.append(&shop(1, 60)).await;
    let get = async |path: &str| {
        let request = Request::get(path).header("x-scope-orgid", "other").body(Body::empty()).unwrap();
        harness.send(request).await
    };
    assert_eq!(get(&format!("/api/v1/traces/{}/analysis", hex(1))).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&format!("/api/v1/traces/{0}/compare?with={0}", hex(1))).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get("/api/v1/traces/analysis").await.json()["trace_count"], json!(0));
}

#[tokio::test]
async fn traces_too_large_for_a_query_s_memory_are_refused() {
    let harness = Harness::with(Config { memory_bytes_max: ByteSize::mib(4), ..Config::default() }).await;
    let child = |i: u64| sample(1, i, Some("a"), NOW_NS + i as i64).child_of(1);
    harness.append(&(2..20_000).map(child).collect::<Vec<_>>()).await;
    for rest in ["analysis".to_owned(), format!("compare?with={}", hex(1))] {
        let path = format!("/api/v1/traces/{}/{rest}", hex(1));
        check_error(&harness, &path, StatusCode::UNPROCESSABLE_ENTITY, "resource_exhausted").await;
    }
}

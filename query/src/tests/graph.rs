//! `/api/v1/graph`: rows of the ledger in, JSON out.

mod choice;
mod nodes;
mod scope;
mod size;
pub mod windows;

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use super::harness::Harness;

/// The graph that lines of the ledger make.
async fn graph_of(lines: &[&str]) -> Json {
    let harness = Harness::new().await;
    harness.show_lines(lines);
    graph(&harness, "").await
}

pub async fn graph(harness: &Harness, params: &str) -> Json {
    let reply = harness.get(&format!("/api/v1/graph?{params}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{params}: {}", reply.text());
    reply.json()
}

/// The item with an id.
pub fn item<'j>(graph: &'j Json, list: &str, id: &str) -> &'j Json {
    let found = graph[list].as_array().unwrap().iter().find(|item| item["id"] == id);
    found.unwrap_or_else(|| panic!("{list} has no {id}: {graph:#}"))
}

pub fn ids(graph: &Json, list: &str) -> Vec<String> {
    graph[list].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// Some fields of an item.
fn fields(item: &Json, names: &[&str]) -> Json {
    Json::Object(names.iter().map(|name| ((*name).to_owned(), item[*name].clone())).collect())
}

#[tokio::test]
async fn a_call_is_an_edge_between_two_nodes() {
    let harness = Harness::new().await;
    harness.show_lines(&["shop/web shop/cart http source_proxy span requests=600 attempts=630 http_5xx=30 ms=4,4,4,4"]);
    let graph = graph(&harness, "start=now-5m&end=now").await;
    let expected = json!({
        "id": "shop/web->shop/cart:http", "source": "shop/web", "target": "shop/cart", "protocol": "http",
        "requests": 600.0, "attempts": 630.0, "errors": 30.0, "rate": 2.0, "error_rate": 0.05, "recent_error_rate": null,
        "p50_ms": 4.0, "p90_ms": 4.0, "p95_ms": 4.0, "p99_ms": 4.0, "mtls": null,
        "observer": "source_proxy", "evidence": "span",
        "exemplars": [
            { "trace_id": "00000000000000000000000000000001", "span_id": "0000000000000001", "duration_ms": 4.0, "class": "ok" },
        ],
        "observers": [{
            "observer": "source_proxy", "evidence": "span", "requests": 600.0, "observed": 600, "attempts": 630.0,
            "errors": 30.0, "p50_ms": 4.0, "p95_ms": 4.0, "p99_ms": 4.0,
        }],
        "latency_split_ms": null, "health": "degraded",
    });
    assert_eq!(graph["edges"], json!([expected]));
    let cart = json!({
        "id": "shop/cart", "name": "cart", "namespace": "shop", "kind": "service", "aliases": ["cart"], "clusters": [],
        "requests": 600.0, "errors": 30.0, "rate": 2.0, "error_rate": 0.05, "recent_error_rate": null,
        "p50_ms": 4.0, "p90_ms": 4.0, "p95_ms": 4.0, "p99_ms": 4.0, "health": "degraded",
    });
    assert_eq!(item(&graph, "nodes", "shop/cart"), &cart);
    let web = item(&graph, "nodes", "shop/web");
    let numbers =
        json!({ "requests": 0.0, "errors": 0.0, "rate": 0.0, "error_rate": null, "p50_ms": null, "health": "healthy" });
    assert_eq!(fields(web, &["requests", "errors", "rate", "error_rate", "p50_ms", "health"]), numbers);
    assert_eq!(
        (&graph["entry_points"], &graph["cycles"], &graph["unpaired"]),
        (&json!(["shop/web"]), &json!([]), &json!({}))
    );
    assert_eq!((&graph["start"], &graph["end"]), (&json!("2023-11-14T22:08:20Z"), &json!("2023-11-14T22:13:20Z")));
}

#[tokio::test]
async fn an_empty_ledger_is_an_empty_graph() {
    let graph = graph(&Harness::new().await, "").await;
    assert_eq!((&graph["nodes"], &graph["edges"], &graph["unpaired"]), (&json!([]), &json!([]), &json!({})));
}

#[tokio::test]
async fn a_range_is_widened_to_whole_windows_and_its_rate_is_over_all_of_it() {
    let harness = Harness::new().await;
    harness.show_lines(&["a b http source_app span requests=60"]);
    let graph = graph(&harness, "start=1699999890&end=1699999901.5").await;
    assert_eq!((&graph["start"], &graph["end"]), (&json!("2023-11-14T22:11:30Z"), &json!("2023-11-14T22:11:50Z")));
    assert_eq!(item(&graph, "edges", "a->b:http")["rate"], 3.0);
}

#[tokio::test]
async fn rows_outside_of_the_range_do_not_count() {
    let harness = Harness::new().await;
    harness.show_lines(&["a b http source_app span requests=60"]);
    for range in ["start=1699999910&end=now", "start=now-1h&end=1699999900"] {
        assert_eq!(ids(&graph(&harness, range).await, "edges"), Vec::<String>::new(), "{range}");
    }
    for range in ["start=1699999909&end=now", "start=now-1h&end=1699999901", "start=now-1h"] {
        assert_eq!(ids(&graph(&harness, range).await, "edges"), ["a->b:http"], "{range}");
    }
}

#[tokio::test]
async fn equal_pictures_have_equal_names_and_others_have_not() {
    let harness = Harness::new().await;
    let rev = async || graph(&harness, "").await["rev"].clone();
    harness.show_lines(&["a b http source_app span requests=1"]);
    let first = rev().await;
    assert_eq!(rev().await, first);
    harness.show_lines(&["a b http source_app span requests=2"]);
    let second = rev().await;
    assert_ne!(second, first);
    harness.clock.advance(std::time::Duration::from_secs(10));
    assert_ne!(rev().await, second);
}

#[tokio::test]
async fn a_tenant_sees_its_own_mesh() {
    let harness = Harness::new().await;
    harness.show_lines(&["a b http source_app span requests=1"]);
    let request = axum::http::Request::get("/api/v1/graph").header("x-scope-orgid", "other");
    let reply = harness.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(reply.json()["nodes"], json!([]));
    let request = axum::http::Request::get("/api/v1/graph").header("x-scope-orgid", "stranger");
    let reply = harness.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn parameters_that_are_not_understood_are_refused() {
    let harness = Harness::new().await;
    for params in [
        "by=pod",
        "start=yesterday",
        "start=now&end=now-1h",
        "depth=2",
        "focus=a&depth=0",
        "focus=a&depth=17",
        "by=cluster&namespace=shop",
        "group=service",
    ] {
        let reply = harness.get(&format!("/api/v1/graph?{params}")).await;
        assert_eq!(
            (reply.status, &reply.json()["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("bad_request")),
            "{params}"
        );
    }
    assert_eq!(
        Harness::not_started(crate::Config::default()).await.get("/api/v1/graph").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn questions_are_counted() {
    let harness = Harness::new().await;
    graph(&harness, "").await;
    let metrics = harness.metrics();
    assert!(metrics.contains(r#"spanloom_query_requests_total{api="graph",outcome="ok"} 1"#), "{metrics}");
}

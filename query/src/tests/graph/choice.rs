//! Which of several views counts, and that the others are shown.

use serde_json::json;

use super::{fields, graph_of, item};

const SEEN_BY_FOUR: [&str; 4] = [
    "shop/web shop/cart http target_app span requests=9 ms=10",
    "shop/web shop/cart http source_app span requests=12 ms=40 http_5xx=1",
    "shop/web shop/cart http target_proxy span requests=10 ms=20 attempts=10",
    "shop/web shop/cart http source_proxy span requests=11 ms=30 attempts=13 no_response=2 http_5xx=1 http_4xx=5",
];

#[tokio::test]
async fn the_source_s_proxy_counts_and_the_others_are_shown_in_order() {
    let graph = graph_of(&SEEN_BY_FOUR).await;
    let edge = item(&graph, "edges", "shop/web->shop/cart:http");
    let expected =
        json!({ "requests": 11.0, "attempts": 13.0, "errors": 3.0, "p50_ms": 30.0, "observer": "source_proxy" });
    assert_eq!(fields(edge, &["requests", "attempts", "errors", "p50_ms", "observer"]), expected);
    let shown: Vec<_> =
        edge["observers"].as_array().unwrap().iter().map(|o| (o["observer"].clone(), o["requests"].clone())).collect();
    let in_order = [("source_proxy", 11.0), ("source_app", 12.0), ("target_proxy", 10.0), ("target_app", 9.0)];
    assert_eq!(shown, in_order.map(|(observer, requests)| (json!(observer), json!(requests))));
}

#[tokio::test]
async fn a_node_counts_each_call_once() {
    let graph = graph_of(&SEEN_BY_FOUR).await;
    let cart = item(&graph, "nodes", "shop/cart");
    let expected = json!({ "requests": 11.0, "errors": 3.0, "p50_ms": 30.0, "p99_ms": 30.0, "health": "failing" });
    assert_eq!(fields(cart, &["requests", "errors", "p50_ms", "p99_ms", "health"]), expected);
}

#[tokio::test]
async fn metrics_count_and_what_they_do_not_know_comes_from_spans() {
    let graph = graph_of(&[
        "shop/web shop/cart http source_proxy span requests=3 attempts=4 ms=30 network=7 target_app=2",
        "shop/web shop/cart http target_proxy metric requests=100 mtls=50 http_5xx=2",
    ])
    .await;
    let edge = item(&graph, "edges", "shop/web->shop/cart:http");
    let expected = json!({
        "requests": 100.0, "errors": 2.0, "error_rate": 0.02, "attempts": 4.0, "p95_ms": 30.0, "mtls": 0.5,
        "observer": "target_proxy", "evidence": "metric",
        "latency_split_ms": { "source_app": null, "source_proxy": null, "network": 7.0, "target_proxy": null, "target_app": 2.0 },
    });
    let names =
        ["requests", "errors", "error_rate", "attempts", "p95_ms", "mtls", "observer", "evidence", "latency_split_ms"];
    assert_eq!(fields(edge, &names), expected);
    assert_eq!(edge["exemplars"][0]["trace_id"], "00000000000000000000000000000001");
}

#[tokio::test]
async fn what_nobody_counted_is_null_and_not_zero() {
    let graph = graph_of(&["shop/web shop/db tcp ztunnel_target metric requests=? connections=4 mtls=4"]).await;
    let edge = item(&graph, "edges", "shop/web->shop/db:tcp");
    let expected = json!({
        "requests": null, "attempts": null, "errors": null, "rate": null, "error_rate": null, "p50_ms": null, "mtls": 1.0,
        "observer": "ztunnel_target", "evidence": "metric", "exemplars": [],
    });
    let names =
        ["requests", "attempts", "errors", "rate", "error_rate", "p50_ms", "mtls", "observer", "evidence", "exemplars"];
    assert_eq!(fields(edge, &names), expected);
    let db = item(&graph, "nodes", "shop/db");
    let expected = json!({ "requests": null, "errors": null, "rate": null, "error_rate": null, "health": "healthy" });
    assert_eq!(fields(db, &["requests", "errors", "rate", "error_rate", "health"]), expected);
}

#[tokio::test]
async fn a_node_adds_up_edges_roots_and_calls_whose_source_is_not_stored() {
    let graph = graph_of(&[
        "shop/web shop/cart http source_app span requests=5 ms=10 http_5xx=1",
        "shop/api shop/cart grpc source_proxy span requests=2 ms=20",
        "shop/api shop/cart grpc target_app span requests=7 ms=90",
        "- shop/cart http target_proxy span root requests=10 ms=40 no_response=2",
        "- shop/cart http target_app span root requests=10 ms=80",
        "- shop/cart http target_app span parent_missing requests=3 ms=30",
    ])
    .await;
    let cart = item(&graph, "nodes", "shop/cart");
    let expected = json!({ "requests": 20.0, "errors": 3.0, "error_rate": 0.15, "p99_ms": 40.0 });
    assert_eq!(fields(cart, &["requests", "errors", "error_rate", "p99_ms"]), expected);
    // Of 10, 20, 30 and 40 ms the second ends the first half, within a bucket's width.
    let median_ms = cart["p50_ms"].as_f64().unwrap();
    assert!((20.0..20.9).contains(&median_ms), "{median_ms}");
    assert_eq!(graph["unpaired"], json!({ "parent_missing": 3 }));
}

#[tokio::test]
async fn calls_without_an_edge_are_counted_as_seen_and_draw_nothing() {
    let graph = graph_of(&[
        "shop/web - http source_proxy span no_target requests=40 observed=4",
        "shop/web - http source_app span no_target requests=40 observed=3",
        "shop/api - tcp source_proxy span no_target requests=1",
        "- shop/cart http target_proxy span parent_missing requests=20 observed=2",
    ])
    .await;
    assert_eq!(graph["unpaired"], json!({ "no_target": 5, "parent_missing": 2 }));
    assert_eq!(super::ids(&graph, "nodes"), ["shop/cart"]);
    assert_eq!(graph["edges"], json!([]));
}

#[tokio::test]
async fn two_protocols_between_two_nodes_are_two_edges() {
    let graph = graph_of(&[
        "shop/web shop/cart http source_app span requests=1",
        "shop/web shop/cart grpc source_app span requests=2",
    ])
    .await;
    assert_eq!(super::ids(&graph, "edges"), ["shop/web->shop/cart:grpc", "shop/web->shop/cart:http"]);
    assert_eq!(item(&graph, "nodes", "shop/cart")["requests"], 3.0);
}

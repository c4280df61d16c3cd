//! `/api/v1/services` and the signals of one.

use axum::http::StatusCode;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use spanloom_store::Table;
use spanloom_store::schema::edges::EdgeRow;
use spanloom_store::schema::operations::{OPERATIONS_MAX, OperationRow};

use super::graph::windows::{HOUR_START_NS, LINES, RUNTIME, lengthened, row};
use super::graph::{graph, ids, item};
use super::harness::{Harness, NOW_NS, SECOND_NS};
use super::ledger::{edge_at, operation};

async fn ask(harness: &Harness, path: &str) -> Json {
    let reply = harness.get(&format!("/api/v1/services/{path}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    reply.json()
}

/// A row so many seconds before now.
fn ago(seconds: i64, line: &str) -> EdgeRow {
    edge_at(NOW_NS - seconds * SECOND_NS, line)
}

#[tokio::test]
async fn services_are_the_nodes_that_are_services_with_the_graph_s_numbers() {
    let harness = Harness::new().await;
    harness.show_lines(&[
        "shop/door#gateway shop/web http source_proxy span requests=7 ms=9 http_5xx=1",
        "shop/web database:postgresql/orders#database database source_app span requests=3",
        "shop/web external:api.example.com#external http source_app span requests=3",
    ]);
    let reply = harness.get("/api/v1/services?start=now-2m").await;
    let (services, graph) = (reply.json(), graph(&harness, "start=now-2m").await);
    assert_eq!(ids(&services, "services"), ["shop/door", "shop/web"]);
    for id in ["shop/door", "shop/web"] {
        assert_eq!(item(&services, "services", id), item(&graph, "nodes", id));
    }
    for name in ["rev", "start", "end"] {
        assert_eq!(services[name], graph[name]);
    }
    for params in ["by=cluster", "start=x"] {
        assert_eq!(
            harness.get(&format!("/api/v1/services?{params}")).await.status,
            StatusCode::BAD_REQUEST,
            "{params}"
        );
    }
}

#[tokio::test]
async fn signals_are_series_with_a_value_per_step() {
    let harness = Harness::new().await;
    harness.show(&[
        ago(30, "shop/web shop/cart http source_proxy span requests=60 ms=4,4 no_response=1 http_5xx=2 http_4xx=30"),
        ago(30, "shop/web shop/cart http target_app span requests=55 ms=3"),
        ago(30, "- shop/cart grpc target_proxy span root requests=20 grpc=5 status_error=1 ms=64"),
        ago(10, "shop/job shop/cart http source_app span requests=10 ms=4"),
        ago(10, "shop/cart shop/db http source_app span requests=1000 ms=1"),
    ]);
    let found = ask(&harness, "shop/cart/signals?start=now-30s&end=now").await;
    let last = NOW_NS / SECOND_NS;
    let expected = json!({
        "start": "2023-11-14T22:12:50Z", "end": "2023-11-14T22:13:20Z", "step_s": 10,
        "id": "shop/cart", "namespace": "shop", "name": "cart",
        "times": [last - 30, last - 20, last - 10],
        "traffic": { "requests": [80.0, 0.0, 10.0], "rate": [8.0, 0.0, 1.0] },
        "errors": {
            "errors": [9.0, 0.0, 0.0], "error_rate": [0.1125, null, 0.0], "no_response": [1.0, 0.0, 0.0],
            "http_5xx": [2.0, 0.0, 0.0], "grpc": [5.0, 0.0, 0.0], "status_error": [1.0, 0.0, 0.0], "http_4xx": [30.0, 0.0, 0.0],
        },
        "saturation": [], "operations": [],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&found[name], value, "{name}");
    }
    let latency = &found["latency"];
    assert_eq!(
        (&latency["p99_ms"][0], &latency["p50_ms"][1], &latency["p95_ms"][2]),
        (&json!(64.0), &Json::Null, &json!(4.0))
    );
    let heatmap = &latency["heatmap"];
    let sums: Vec<f64> = heatmap["counts"].as_array().unwrap().iter().map(sum).collect();
    assert_eq!(sums, [3.0, 0.0, 1.0]);
    let bounds = heatmap["bounds_ms"].as_array().unwrap();
    assert_eq!(bounds.len(), heatmap["counts"][1].as_array().unwrap().len());
    assert!(bounds[0].as_f64().unwrap() >= 4.0 && bounds[bounds.len() - 1].as_f64().unwrap() >= 64.0, "{bounds:?}");
}

fn sum(series: &Json) -> f64 {
    series.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).sum()
}

#[tokio::test]
async fn a_series_stays_with_the_observer_that_counts_in_the_whole_range() {
    let harness = Harness::new().await;
    harness.show(&[
        ago(30, "a b http source_app span requests=5 ms=5"),
        ago(20, "a b http source_app span requests=6 ms=6"),
        ago(20, "a b http source_proxy span requests=7 ms=7"),
    ]);
    let found = ask(&harness, "_/b/signals?start=now-30s&end=now").await;
    assert_eq!(found["traffic"]["requests"], json!([0.0, 7.0, 0.0]));
    assert_eq!(found["latency"]["p50_ms"], json!([null, 7.0, null]));
    assert_eq!(item(&graph(&harness, "start=now-30s").await, "nodes", "b")["requests"], 7.0);
}

#[tokio::test]
async fn what_nobody_counted_is_null_in_its_step() {
    let harness = Harness::new().await;
    harness.show(&[ago(20, "a b tcp ztunnel_target metric requests=? connections=2")]);
    let found = ask(&harness, "_/b/signals?start=now-30s&end=now").await;
    assert_eq!(found["traffic"]["requests"], json!([0.0, null, 0.0]));
    assert_eq!(found["errors"]["http_5xx"], json!([0.0, null, 0.0]));
}

#[tokio::test]
async fn what_begins_with_a_proxy_is_traffic_of_a_gateway_only() {
    let harness = Harness::new().await;
    let own = ago(10, "- shop/door http source_proxy span root_outbound requests=5");
    harness.show(std::slice::from_ref(&own));
    let requests = async || sum(&ask(&harness, "shop/door/signals").await["traffic"]["requests"]);
    assert_eq!(requests().await, 5.0);
    harness.show(&[own, ago(10, "shop/job shop/door http source_app span requests=2")]);
    assert_eq!(requests().await, 2.0);
}

#[tokio::test]
async fn operations_come_with_the_most_frequent_first() {
    let harness = Harness::new().await;
    harness.show_lines(&["shop/web shop/cart http source_app span requests=1"]);
    harness.show_statements(&["service cart.shop istio_namespace shop cart.shop 1"]);
    let lines = ["shop/cart GET 2 10 1 5", "cart.shop GET 2 30 1 5", "shop/cart PUT 3 7 0 9", "shop/web GET 2 99 0 1"];
    harness.show_operations(&lines.map(operation));
    let found = ask(&harness, "shop/cart/signals").await;
    let exemplar = |ms: f64| {
        json!([{
            "trace_id": "00000000000000000000000000000001", "span_id": "0000000000000001", "duration_ms": ms, "class": "ok",
        }])
    };
    let expected = json!([
        {
            "operation": "GET", "kind": "server", "count": 40.0, "errors": 2.0, "error_rate": 0.05,
            "p50_ms": 5.0, "p95_ms": 5.0, "p99_ms": 5.0, "exemplars": exemplar(5.0),
        },
        {
            "operation": "PUT", "kind": "client", "count": 7.0, "errors": 0.0, "error_rate": 0.0,
            "p50_ms": 9.0, "p95_ms": 9.0, "p99_ms": 9.0, "exemplars": exemplar(9.0),
        },
    ]);
    assert_eq!(found["operations"], expected);
}

#[tokio::test]
async fn operations_beyond_the_bound_are_one_row_without_a_name() {
    let harness = Harness::new().await;
    let many = OPERATIONS_MAX + 50;
    let rows: Vec<OperationRow> = (0..many)
        .map(|i| operation(&format!("shop/cart op{i:03} 2 {} 1 5", 1000 - i)))
        .chain([operation("shop/cart - 2 3 0 1")])
        .collect();
    harness.show_operations(&rows);
    let operations = ask(&harness, "shop/cart/signals").await["operations"].take();
    let operations = operations.as_array().unwrap();
    assert_eq!(operations.len(), OPERATIONS_MAX + 1);
    let rest = operations.iter().find(|operation| operation["operation"].is_null()).unwrap();
    let left_out: usize = (OPERATIONS_MAX..many).map(|i| 1000 - i).sum();
    assert_eq!((&rest["count"], &rest["errors"]), (&json!(left_out as f64 + 3.0), &json!(50.0)));
}

#[tokio::test]
async fn those_without_spans_and_without_namespace_have_signals_too() {
    let harness = Harness::new().await;
    harness.show(&[
        ago(10, "a database:mysql/pay#database database source_app span requests=3"),
        ago(10, "x/y - http source_app span no_target requests=3"),
        ago(10, "a x%2Fy http source_app span requests=3"),
    ]);
    let found = ask(&harness, "_/database:mysql%2Fpay/signals").await;
    assert_eq!(
        (&found["id"], &found["namespace"], sum(&found["traffic"]["requests"])),
        (&json!("database:mysql/pay"), &Json::Null, 3.0)
    );
    assert_eq!(sum(&ask(&harness, "x/y/signals").await["traffic"]["requests"]), 0.0, "it only calls");
}

#[tokio::test]
async fn a_service_that_is_known_but_idle_is_answered_and_a_stranger_is_not() {
    let harness = Harness::new().await;
    harness.show_statements(&["service cart.shop istio_namespace shop cart.shop 1"]);
    assert_eq!(sum(&ask(&harness, "shop/cart/signals").await["traffic"]["requests"]), 0.0);
    harness.show_lines(&["shop/web shop/card http source_app span requests=1"]);
    let reply = harness.get("/api/v1/services/shop/cards/signals").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    let message = reply.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("\"shop/cards\"") && message.contains("near it: shop/card"), "{message}");
}

#[tokio::test]
async fn a_step_is_round_and_the_range_is_of_whole_steps() {
    let harness = Harness::new().await;
    harness.show(&[ago(10, "a b http source_app span requests=3")]);
    let found = ask(&harness, "_/b/signals?start=now-70s&end=now-5s&step=1m").await;
    let expected = json!([60, ["2023-11-14T22:12:00Z", "2023-11-14T22:14:00Z"], [3.0 / 60.0]]);
    assert_eq!(found["step_s"], expected[0]);
    assert_eq!(json!([found["start"], found["end"]]), expected[1]);
    assert_eq!(json!([found["traffic"]["rate"][1]]), expected[2]);
    let day = ask(&harness, "_/b/signals?start=now-1d").await;
    assert_eq!((&day["step_s"], day["times"].as_array().unwrap().len()), (&json!(1800), 49));
}

#[tokio::test]
async fn parameters_that_are_not_understood_are_refused() {
    let harness = Harness::new().await;
    for params in ["step=x", "step=0s", "step=5s", "step=15s", "step=10s&start=now-3h", "step=2y", "by=service"] {
        let reply = harness.get(&format!("/api/v1/services/shop/cart/signals?{params}")).await;
        assert_eq!(
            (reply.status, &reply.json()["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("bad_request")),
            "{params}"
        );
    }
    let metrics = harness.metrics();
    assert!(!metrics.contains(r#"api="signals""#), "none of them was asked of the tables");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// The steps add up to the graph's numbers, from short windows and from long ones.
    #[test]
    fn steps_add_up_to_the_graph(
        places in prop::collection::vec((0..360_i64, 0..LINES.len()), 1..60),
        step in prop::sample::select(vec![10, 30, 60, 300, 600, 1800]),
    ) {
        let rows: Vec<EdgeRow> = places.into_iter().map(row).collect();
        RUNTIME.block_on(async {
            let (short, long) = (Harness::new().await, Harness::new().await);
            short.show(&rows);
            long.commit(Table::Edges, &rows, 1).await;
            for table in [Table::Edges1m, Table::Edges10m] {
                long.commit(table, &lengthened(&rows, table), 1).await;
            }
            let range = format!("start={HOUR_START_NS}&end={}", HOUR_START_NS + 3600 * SECOND_NS);
            let graph = graph(&short, &range).await;
            for id in ids(&graph, "nodes") {
                let node = item(&graph, "nodes", &id);
                let path = format!("{id}/signals?{range}&step={step}s");
                let mut answers = [ask(&short, &path).await, ask(&long, &path).await];
                answers.iter_mut().for_each(|answer| answer["rev"] = Json::Null);
                assert_eq!(answers[0], answers[1]);
                assert_eq!(json!(sum(&answers[0]["traffic"]["requests"])), node["requests"]);
                assert_eq!(json!(sum(&answers[0]["errors"]["errors"])), node["errors"]);
            }
        });
    }
}

#[tokio::test]
async fn exemplars_say_when_they_were_and_whom_to_ask() {
    let harness = Harness::new().await;
    harness.show(&[
        ago(30, "a b http source_proxy span requests=2 ms=4,8"),
        ago(10, "a b http source_proxy span requests=1 ms=16"),
        ago(10, "a b http target_app span requests=1 ms=99"),
        ago(10, "b c http source_app span requests=1 ms=5"),
    ]);
    let found = ask(&harness, "_/b/signals?start=now-30s&end=now").await;
    let last = NOW_NS / SECOND_NS;
    let told: Vec<(Json, Json)> =
        array(&found["exemplars"]).map(|call| (call["time"].clone(), call["duration_ms"].clone())).collect();
    let expected = [(last - 30, 8.0), (last - 30, 4.0), (last - 10, 16.0)];
    assert_eq!(told, expected.map(|(time, ms)| (json!(time), json!(ms))));
    assert_eq!(found["exemplars"][0]["trace_id"].as_str().unwrap().len(), 32);
}

fn array(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().unwrap().iter()
}

#[tokio::test]
async fn calls_are_the_edges_at_a_service_with_the_graph_s_numbers() {
    let harness = Harness::new().await;
    harness.show(&[
        ago(30, "shop/web shop/cart http source_proxy span requests=60 ms=4,4 http_5xx=6"),
        ago(20, "shop/web shop/cart http source_proxy span requests=20 ms=8"),
        ago(20, "shop/job shop/cart grpc source_app span requests=90"),
        ago(10, "shop/cart shop/cart http source_app span requests=1 ms=1"),
        ago(10, "shop/cart database:postgresql/carts#database database source_app span requests=7 ms=2"),
        ago(10, "shop/web shop/other http source_app span requests=500"),
        ago(10, "- shop/cart http target_proxy span root requests=3"),
    ]);
    let range = "start=now-30s&end=now";
    let found = ask(&harness, &format!("shop/cart/calls?{range}")).await;
    let graph = graph(&harness, range).await;
    let edges = |list: &str| array(&found[list]).map(|call| call["edge"].clone()).collect::<Vec<_>>();
    let own = "shop/cart->shop/cart:http";
    assert_eq!(edges("inbound"), ["shop/job->shop/cart:grpc", "shop/web->shop/cart:http", own]);
    assert_eq!(edges("outbound"), ["shop/cart->database:postgresql/carts:database", own]);
    for call in array(&found["inbound"]).chain(array(&found["outbound"])) {
        let edge = item(&graph, "edges", call["edge"].as_str().unwrap());
        let node = item(&graph, "nodes", call["peer"].as_str().unwrap());
        for name in ["requests", "rate", "errors", "error_rate", "p50_ms", "p95_ms", "p99_ms", "protocol", "mtls"] {
            assert_eq!(call[name], edge[name], "{name} of {edge}");
        }
        for name in ["namespace", "name", "kind", "health"] {
            assert_eq!(call[format!("peer_{name}")], node[name], "{name} of {node}");
        }
    }
    let web = &found["inbound"][1];
    let last = NOW_NS / SECOND_NS;
    assert_eq!(found["times"], json!([last - 30, last - 20, last - 10]));
    let series = json!({ "rate": [6.0, 2.0, 0.0], "error_rate": [0.1, 0.0, null], "p95_ms": [4.0, 8.0, null] });
    assert_eq!((&web["peer"], &web["series"]), (&json!("shop/web"), &series));
    assert_eq!(found["outbound"][0]["peer_kind"], "database");
}

#[tokio::test]
async fn calls_of_a_series_stay_with_the_observer_of_the_edge() {
    let harness = Harness::new().await;
    harness.show(&[
        ago(30, "a b http source_app span requests=5 ms=5"),
        ago(20, "a b http source_app span requests=6 ms=6"),
        ago(20, "a b http source_proxy span requests=7 ms=7"),
    ]);
    let found = ask(&harness, "_/a/calls?start=now-30s&end=now").await;
    assert_eq!(found["outbound"][0]["requests"], 7.0);
    assert_eq!(found["outbound"][0]["series"]["rate"], json!([0.0, 0.7, 0.0]));
}

/// The range is widened to whole steps, the last of which has hardly begun.
#[tokio::test]
async fn the_health_of_a_peer_is_of_now_however_long_the_steps_are() {
    let harness = Harness::new().await;
    harness.clock.advance(std::time::Duration::from_secs(45));
    let before = |seconds: i64| NOW_NS + (45 - seconds) * SECOND_NS;
    harness.show(&[
        edge_at(before(9000), "a b http source_app span requests=9000"),
        edge_at(before(15), "a b http source_app span requests=20 http_5xx=20"),
    ]);
    for range in ["start=now-5m", "start=now-3h&step=30m", "start=now-1d&step=1h", "start=now-3h&end=now+1h&step=1h"] {
        let found = ask(&harness, &format!("_/a/calls?{range}")).await;
        assert_eq!(found["outbound"][0]["peer_health"], "failing", "{range}");
    }
}

#[tokio::test]
async fn calls_of_who_reached_nobody_that_is_known_are_none() {
    let harness = Harness::new().await;
    harness.show_lines(&["shop/web - http source_proxy span no_target requests=1"]);
    let found = ask(&harness, "shop/web/calls").await;
    assert_eq!((&found["inbound"], &found["outbound"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn calls_of_nobody_are_not_found_and_of_a_silent_service_are_none() {
    let harness = Harness::new().await;
    harness.show_lines(&["shop/web shop/cart http source_app span requests=1"]);
    harness.show_statements(&["service quiet.shop istio_namespace shop quiet.shop 1"]);
    let reply = harness.get("/api/v1/services/shop/wbe/calls").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert!(reply.text().contains("shop/web"), "{}", reply.text());
    let quiet = harness.get("/api/v1/services/shop/quiet/calls").await;
    assert_eq!((quiet.status, quiet.json()["inbound"].clone()), (StatusCode::OK, json!([])));
    assert_eq!(harness.get("/api/v1/services/shop/cart/calls?step=3s").await.status, StatusCode::BAD_REQUEST);
}

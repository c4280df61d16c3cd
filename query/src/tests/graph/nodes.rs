//! Who a node is: names, kinds, groups, entries, circles, health.

use serde_json::{Value as Json, json};

use super::{fields, graph, graph_of, ids, item};
use crate::tests::harness::{Harness, NOW_NS, SECOND_NS};
use crate::tests::ledger::edge_at;
use crate::{Config, HealthConfig};

#[tokio::test]
async fn names_are_joined_when_they_are_read() {
    let harness = Harness::new().await;
    harness.show_lines(&[
        "web.shop host=cart.shop.svc.cluster.local http source_proxy span requests=4",
        "shop/web shop/cart-app http target_app span requests=3",
    ]);
    let before = ids(&graph(&harness, "").await, "nodes");
    assert_eq!(before, ["shop/cart", "shop/cart-app", "shop/web", "web.shop"], "nothing is known of these names yet");
    harness.show_statements(&[
        "service web.shop istio_namespace shop web.shop 1",
        "service web.shop name - web.shop 9",
        "service web name - web 2",
        "service cart.shop istio_namespace shop cart.shop 1",
        "service cart-app inbound_proxy shop cart.shop 1",
    ]);
    let after = graph(&harness, "").await;
    assert_eq!(ids(&after, "edges"), ["shop/web->shop/cart:http"]);
    assert_eq!(item(&after, "nodes", "shop/web")["aliases"], json!(["web.shop", "web"]), "the most seen first");
    assert_eq!(item(&after, "nodes", "shop/cart")["aliases"], json!(["cart-app", "cart.shop"]));
    assert_eq!(item(&after, "edges", "shop/web->shop/cart:http")["requests"], 4.0);
    // What is kept of names is of what was said by then, and not for longer.
    let again = graph(&harness, "").await;
    assert_eq!(ids(&again, "edges"), ["shop/web->shop/cart:http"]);
    harness.show_statements(&["service web.shop istio_namespace store web.shop 1"]);
    for _ in 0..2 {
        let changed = ids(&graph(&harness, "").await, "nodes");
        assert_eq!(changed, ["shop/cart", "shop/cart-app", "shop/web", "store/web.shop"]);
    }
}

#[tokio::test]
async fn names_that_were_said_an_hour_ago_still_hold_and_older_ones_do_not() {
    let harness = Harness::new().await;
    harness.show_lines(&["web.shop shop/cart http source_app span requests=4"]);
    harness.show_statements(&["service web.shop istio_namespace shop web.shop 1"]);
    // The statements are of the hour from 22:00 to 23:00.
    for (later_h, expected) in [(1, "shop/web"), (3, "web.shop")] {
        let row = |row: &str| {
            super::super::ledger::edge_at(super::super::harness::NOW_NS + later_h * 3600 * 1_000_000_000, row)
        };
        harness.show(&[row("web.shop shop/cart http source_app span requests=4")]);
        let graph = graph(&harness, &format!("start=now%2B{later_h}h&end=now%2B{later_h}h1m")).await;
        assert_eq!(graph["entry_points"], json!([expected]), "{later_h} h later");
    }
}

#[tokio::test]
async fn those_that_sent_no_span_are_nodes_of_their_kind() {
    let graph = graph_of(&[
        "shop/orders database:postgresql/orders#database database source_app span requests=3",
        "shop/orders queue:kafka/mail#queue messaging source_app span requests=2",
        "shop/orders external:api.example.com#external http source_app span requests=1",
        "shop/door#gateway shop/orders http source_proxy span requests=1",
    ])
    .await;
    let shown = |id: &str| fields(item(&graph, "nodes", id), &["name", "namespace", "kind"]);
    let node =
        |name: &str, namespace: Option<&str>, kind: &str| json!({ "name": name, "namespace": namespace, "kind": kind });
    assert_eq!(shown("database:postgresql/orders"), node("postgresql/orders", None, "database"));
    assert_eq!(shown("queue:kafka/mail"), node("kafka/mail", None, "queue"));
    assert_eq!(shown("external:api.example.com"), node("api.example.com", None, "external"));
    assert_eq!(shown("shop/door"), node("door", Some("shop"), "gateway"));
}

const FOUR_SERVICES: [&str; 5] = [
    "shop/web~web-v1^eu shop/cart~cart-v1^eu http source_app span requests=1",
    "shop/web~web-v2^eu shop/cart~cart-v1^us http source_app span requests=2",
    "shop/cart^us bank/pay^us http source_app span requests=4",
    "bank/pay^us database:mysql/pay database source_app span requests=8",
    "shop/cart^eu shop/cart^eu http source_app span requests=16",
];

#[tokio::test]
async fn nodes_are_grouped_as_asked_and_calls_within_a_group_count_in_its_node() {
    let harness = Harness::new().await;
    harness.show_lines(&FOUR_SERVICES);
    let check = async |by: &str, edges: &[&str], requests: &[(&str, f64)]| {
        let graph = graph(&harness, &format!("by={by}")).await;
        assert_eq!(
            (&graph["by"], ids(&graph, "edges")),
            (&json!(by), edges.iter().map(|id| (*id).to_owned()).collect())
        );
        for (id, requests) in requests {
            assert_eq!(item(&graph, "nodes", id)["requests"], *requests, "{by} {id}");
        }
    };
    let services = [
        "bank/pay->database:mysql/pay:database",
        "shop/cart->bank/pay:http",
        "shop/cart->shop/cart:http",
        "shop/web->shop/cart:http",
    ];
    check("service", &services, &[("shop/cart", 19.0), ("bank/pay", 4.0)]).await;
    let workloads = [
        "bank/pay->database:mysql/pay:database",
        "shop/cart->bank/pay:http",
        "shop/web-v1->shop/cart-v1:http",
        "shop/web-v2->shop/cart-v1:http",
    ];
    check("workload", &workloads, &[("shop/cart-v1", 3.0), ("shop/cart", 16.0)]).await;
    let namespaces = ["bank->database:mysql/pay:database", "shop->bank:http"];
    check("namespace", &namespaces, &[("shop", 19.0), ("bank", 4.0), ("database:mysql/pay", 8.0)]).await;
    check("cluster", &["eu->us:http", "us->database:mysql/pay:database"], &[("eu", 17.0), ("us", 6.0)]).await;
}

#[tokio::test]
async fn a_service_in_several_clusters_says_so() {
    let graph = graph_of(&FOUR_SERVICES).await;
    assert_eq!(item(&graph, "nodes", "shop/cart")["clusters"], json!(["eu", "us"]));
}

#[tokio::test]
async fn entries_are_those_with_traffic_whom_nobody_calls() {
    let graph = graph_of(&[
        "- shop/door http target_proxy span root requests=3",
        "shop/job shop/cart http source_app span requests=1",
        "shop/idle shop/cart http source_app span requests=0",
        "shop/door shop/door http source_app span requests=1",
    ])
    .await;
    assert_eq!(graph["entry_points"], json!(["shop/door", "shop/job"]));
    assert_eq!(item(&graph, "nodes", "shop/idle")["health"], "idle");
}

#[tokio::test]
async fn circles_are_found_with_those_who_call_themselves() {
    let call = |source: &str, target: &str| format!("{source} {target} http source_app span requests=1");
    let lines: Vec<String> =
        [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "d"), ("e", "f"), ("f", "e"), ("f", "a")]
            .map(|(source, target)| call(source, target))
            .into();
    let graph = graph_of(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(graph["cycles"], json!([["a", "b", "c"], ["d"], ["e", "f"]]));
}

/// A proxy that is no router began these: at a gateway they are its requests, elsewhere the app's own work.
#[tokio::test]
async fn what_begins_with_a_proxy_counts_where_nobody_calls() {
    let door = [
        "- shop/door http source_proxy span root_outbound requests=5 http_5xx=1",
        "shop/door shop/web http source_proxy span requests=5",
    ];
    let gateway = graph_of(&door).await;
    let shown = fields(item(&gateway, "nodes", "shop/door"), &["requests", "errors", "kind"]);
    assert_eq!(shown, json!({ "requests": 5.0, "errors": 1.0, "kind": "gateway" }));
    let called = [door.as_slice(), &["shop/job shop/door http source_app span requests=2"]].concat();
    let service = graph_of(&called).await;
    let shown = fields(item(&service, "nodes", "shop/door"), &["requests", "errors", "kind"]);
    assert_eq!(shown, json!({ "requests": 2.0, "errors": 0.0, "kind": "service" }));
}

#[tokio::test]
async fn health_follows_the_configured_error_rates() {
    let health = HealthConfig { degraded_error_rate: 0.2, failing_error_rate: 0.5 };
    let harness = Harness::with(Config { health, ..Config::default() }).await;
    harness.show_lines(&[
        "a fine http source_app span requests=100 http_5xx=19 http_4xx=81",
        "a unwell http source_app span requests=100 http_5xx=20",
        "a ill http source_app span requests=100 http_5xx=25 no_response=25",
    ]);
    let graph = graph(&harness, "").await;
    let health: Vec<Json> = ["fine", "unwell", "ill", "a"].map(|id| item(&graph, "nodes", id)["health"].clone()).into();
    assert_eq!(Json::from(health), json!(["healthy", "degraded", "failing", "healthy"]));
    let health: Vec<Json> =
        ["fine", "unwell", "ill"].map(|id| item(&graph, "edges", &format!("a->{id}:http"))["health"].clone()).into();
    assert_eq!(Json::from(health), json!(["healthy", "degraded", "failing"]));
}

/// What broke just now is little of five minutes.
#[tokio::test]
async fn health_follows_the_last_minute_too() {
    let harness = Harness::new().await;
    let ago = |seconds: i64, line: &str| edge_at(NOW_NS - seconds * SECOND_NS, line);
    harness.show(&[
        ago(200, "a broken http source_app span requests=1000"),
        ago(10, "a broken http source_app span requests=20 http_5xx=15"),
        ago(10, "a broken http target_app span requests=90 http_5xx=80"),
        ago(200, "a healed http source_app span requests=100 http_5xx=50"),
        ago(10, "a healed http source_app span requests=100"),
        ago(200, "a seldom http source_app span requests=1000"),
        ago(10, "a seldom http source_app span requests=9 http_5xx=9"),
        ago(200, "a silent http source_app span requests=1000"),
        ago(10, "b broken http source_app span requests=10"),
    ]);
    let found = graph(&harness, "start=now-5m").await;
    let told = |list: &str, id: &str| fields(item(&found, list, id), &["recent_error_rate", "health"]);
    let expected = |rate: Json, health: &str| json!({ "recent_error_rate": rate, "health": health });
    assert_eq!(told("edges", "a->broken:http"), expected(json!(0.75), "failing"), "by the view that counts");
    assert_eq!(told("nodes", "broken"), expected(json!(0.5), "failing"), "of all edges to it");
    assert_eq!(told("edges", "b->broken:http"), expected(json!(0.0), "healthy"));
    assert_eq!(told("edges", "a->healed:http"), expected(json!(0.0), "failing"), "the range had it");
    assert_eq!(told("edges", "a->seldom:http"), expected(Json::Null, "healthy"), "nine are too few to tell");
    assert_eq!(told("nodes", "silent"), expected(Json::Null, "healthy"));
    let past = graph(&harness, "start=now-10m&end=now-1m").await;
    assert_eq!(item(&past, "nodes", "broken")["health"], "healthy", "the last minute is the range's, not today's");
}

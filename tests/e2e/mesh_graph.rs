//! A real mesh in four ways of telling about it: its graph says what it really did, calls and errors as its apps counted
//! them, attempts as its Envoys did.
//!
//! The mesh (`tests/clients/mesh_shop.py`) has a gateway, a fan-out, a diamond, a service that fails at first and is tried
//! again, one that fails for good, one whose first endpoint is dead and one that has no endpoint at all.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::clients;
use crate::harness::{Server, Site, eventually_ok};
use crate::mesh::{self, Edge, Mesh};

/// Windows close while the mesh still runs, so that the graph is made of written ones and of open ones.
const CONFIG: &str = "ledger: { pairing_wait: 1s, close_after: 5s, late_interval: 1s, refresh_interval: 200ms }";
/// Ten times each path.
const REQUESTS: [&str; 2] = ["--requests", "90"];
const GRAPH: &str = "/api/v1/graph?start=now-10m";
const SPLIT: [&str; 5] = ["source_app", "source_proxy", "network", "target_proxy", "target_app"];

/// How the mesh tells.
struct Variant {
    arguments: &'static [&'static str],
    is_zipkin: bool,
    /// Each attempt is a span of its own. Otherwise only those can be counted that reached somebody, which is what Envoy's
    /// `upstream_rq_total` counts: an attempt that got no connection is in neither.
    has_attempts: bool,
    /// Services whose apps have an SDK, by other names than those of their proxies.
    sdk: &'static [(&'static str, &'static str)],
}

#[tokio::test(flavor = "multi_thread")]
async fn the_graph_of_a_mesh_that_tells_by_otlp() {
    check(Variant { arguments: &["--tracer", "otlp"], is_zipkin: false, has_attempts: true, sdk: &[] }).await;
}

/// With Envoy's default, by which a SERVER has the id of the CLIENT that calls it.
#[tokio::test(flavor = "multi_thread")]
async fn the_graph_of_a_mesh_that_tells_by_zipkin() {
    check(Variant { arguments: &["--tracer", "zipkin"], is_zipkin: true, has_attempts: true, sdk: &[] }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_graph_of_a_mesh_that_tells_of_no_attempts() {
    let arguments = &["--tracer", "otlp", "--no-upstream-spans"];
    check(Variant { arguments, is_zipkin: false, has_attempts: false, sdk: &[] }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_graph_of_a_mesh_half_of_whose_apps_tell_too() {
    let sdk = &[("web", "web"), ("catalog", "catalog"), ("orders", "orders"), ("stock", "inventory-service")];
    let arguments = &["--tracer", "otlp", "--sdk-half"];
    check(Variant { arguments, is_zipkin: false, has_attempts: true, sdk }).await;
}

async fn check(variant: Variant) {
    let Some(clients) = clients::installed("the graph of a mesh") else { return };
    let site = Site::new(CONFIG);
    let server = site.start().await;
    let receiver = if variant.is_zipkin { &server.endpoints.zipkin } else { &server.endpoints.otlp_grpc };
    let mesh = mesh::run(&clients, &site, receiver, &[&REQUESTS, variant.arguments].concat()).await;
    mesh::check_spans(&server, &mesh).await;
    let graph = settled(&server, &variant, &mesh).await;
    check_nodes(&mesh, &graph);
    server.stop().await;

    let server = site.start().await;
    let again = settled(&server, &variant, &mesh).await;
    assert_eq!(again["nodes"], graph["nodes"], "after a restart");
    assert_eq!(again["edges"], graph["edges"], "after a restart");
}

/// The graph as soon as its edges are those of the mesh, with the numbers of the mesh, and all who told are in it: their
/// spans come by ways of their own, and the proxies of the sources are enough for the numbers.
async fn settled(server: &Server, variant: &Variant, mesh: &Mesh) -> Value {
    let expected: BTreeMap<String, Value> = mesh.edges.iter().map(|edge| expected_edge(variant, edge)).collect();
    eventually_ok("the graph says what the mesh did", async || {
        let graph = server.json(GRAPH).await;
        let found: BTreeMap<String, Value> = items(&graph["edges"]).map(found_edge).collect();
        let lacking = [
            differences(&found, &expected),
            lacking_aliases(variant, &graph),
            lacking_arrivals(mesh, &graph),
            lacking_splits(variant, &graph),
        ]
        .concat();
        if lacking.is_empty() { Ok(graph) } else { Err(lacking) }
    })
    .await
}

fn expected_edge(variant: &Variant, edge: &Edge) -> (String, Value) {
    let attempts = if variant.has_attempts { edge.attempts + edge.connect_failures } else { edge.attempts };
    let numbers = json!({
        "requests": edge.requests, "attempts": attempts, "errors": edge.errors,
        "observer": "source_proxy", "evidence": "span",
    });
    (format!("shop/{} -> shop/{} http", edge.source, edge.target), numbers)
}

fn found_edge(edge: &Value) -> (String, Value) {
    let numbers = json!({
        "requests": whole(&edge["requests"]), "attempts": whole(&edge["attempts"]), "errors": whole(&edge["errors"]),
        "observer": edge["observer"], "evidence": edge["evidence"],
    });
    (format!("{} -> {} {}", text(&edge["source"]), text(&edge["target"]), text(&edge["protocol"])), numbers)
}

fn differences(found: &BTreeMap<String, Value>, expected: &BTreeMap<String, Value>) -> String {
    let lacking = expected.iter().filter(|(edge, numbers)| found.get(*edge) != Some(numbers));
    let lacking = lacking.map(|(edge, numbers)| match found.get(edge) {
        Some(found) => format!("\n{edge}: {found}, not {numbers}"),
        None => format!("\n{edge} is missing"),
    });
    let surplus = found.keys().filter(|edge| !expected.contains_key(*edge)).map(|edge| format!("\n{edge} is too much"));
    lacking.chain(surplus).collect()
}

/// The services of the mesh and nobody else; what reached each is what was sent to it, and nothing is left over.
fn check_nodes(mesh: &Mesh, graph: &Value) {
    let mut expected = BTreeMap::from([("gateway", (mesh.traces.len() as u64, 0))]);
    for edge in &mesh.edges {
        let (requests, errors) = expected.entry(edge.target.as_str()).or_default();
        *requests += edge.requests;
        *errors += edge.errors;
        if edge.source == "gateway" {
            expected.get_mut("gateway").expect("it was put there").1 = edge.errors;
        }
    }
    let node = |name: &&str, (requests, errors): &(u64, u64)| {
        let kind = if *name == "gateway" { "gateway" } else { "service" };
        json!({ "id": format!("shop/{name}"), "kind": kind, "requests": requests, "errors": errors })
    };
    let expected: Vec<Value> = expected.iter().map(|(name, numbers)| node(name, numbers)).collect();
    let found = items(&graph["nodes"]).map(|node| {
        json!({ "id": node["id"], "kind": node["kind"],
                "requests": whole(&node["requests"]), "errors": whole(&node["errors"]) })
    });
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert_eq!(graph["unpaired"], json!({}));
    assert_eq!([&graph["entry_points"], &graph["cycles"]], [&json!(["shop/gateway"]), &json!([])]);
}

/// The names of proxies and of apps that a node has to be known by, and is not.
fn lacking_aliases(variant: &Variant, graph: &Value) -> String {
    let names =
        variant.sdk.iter().flat_map(|(service, app)| [(service, format!("{service}.shop")), (service, (*app).into())]);
    let lacking = names.filter_map(|(service, alias)| {
        let node = items(&graph["nodes"]).find(|node| node["id"] == format!("shop/{service}"));
        let aliases = node.map_or(&Value::Null, |node| &node["aliases"]);
        let is_known = aliases.as_array().is_some_and(|known| known.contains(&json!(alias)));
        (!is_known).then(|| format!("\n{alias} is not in {aliases} of {service}"))
    });
    lacking.collect()
}

/// What the proxy of a target saw is what the proxy of the source sent there, and a view of its own.
fn lacking_arrivals(mesh: &Mesh, graph: &Value) -> String {
    let lacking = mesh.edges.iter().filter_map(|sent| {
        let (source, target) = (format!("shop/{}", sent.source), format!("shop/{}", sent.target));
        let edge = items(&graph["edges"]).find(|edge| edge["source"] == source && edge["target"] == target)?;
        let arrived = items(&edge["observers"]).find(|view| view["observer"] == "target_proxy");
        let arrived = arrived.map_or(json!(0), |view| whole(&view["requests"]));
        (arrived != json!(sent.attempts))
            .then(|| format!("\n{arrived} came from {source} to {target}, not {}: {edge}", sent.attempts))
    });
    lacking.collect()
}

/// Where apps and proxies at both ends tell, the time of a call is split in all its parts; where only the proxies do, at
/// least the way between them is known.
fn lacking_splits(variant: &Variant, graph: &Value) -> String {
    let tells = |node: &Value| variant.sdk.iter().any(|(service, _)| *node == format!("shop/{service}"));
    let lacking = items(&graph["edges"]).filter(|edge| edge["target"] != "shop/invoices").flat_map(|edge| {
        let needed = match (tells(&edge["source"]) && tells(&edge["target"]), variant.has_attempts) {
            (true, _) => &SPLIT[..],
            (false, true) => &["source_proxy", "network"],
            (false, false) => &["network"],
        };
        let split = &edge["latency_split_ms"];
        let lacking = needed.iter().filter(|part| !split[**part].as_f64().is_some_and(|ms| ms >= 0.0));
        lacking.map(move |part| format!("\n{part} of {} is not in {split}", edge["id"]))
    });
    lacking.collect()
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().unwrap_or_else(|| panic!("{list} is no list")).iter()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// A count, which in the API is a number with a fraction; nothing of this mesh is sampled.
fn whole(value: &Value) -> Value {
    let count = value.as_f64().filter(|count| count.fract() == 0.0);
    count.map_or_else(|| value.clone(), |count| json!(count as u64))
}

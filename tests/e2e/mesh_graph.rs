//! A real mesh in four ways of telling about it, and what it really did: calls as its apps counted them, attempts as its
//! Envoys did.
//!
//! The mesh (`tests/clients/mesh_shop.py`) has a gateway, a fan-out, a diamond, a service that fails at first and is tried
//! again, one that fails for good, one whose first endpoint is dead and one that has no endpoint at all.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::clients;
use crate::harness::{Server, Site, number};
use crate::mesh::{self, Edge, Mesh};

/// How the mesh tells.
struct Variant {
    name: &'static str,
    arguments: &'static [&'static str],
    is_zipkin: bool,
    /// Each attempt is a span of its own. Otherwise those that reached nobody cannot be known.
    has_attempts: bool,
}

/// Ten times each path.
const REQUESTS: [&str; 2] = ["--requests", "90"];

#[tokio::test(flavor = "multi_thread")]
async fn a_mesh_that_tells_by_otlp() {
    let arguments = &["--tracer", "otlp"];
    check(Variant { name: "otlp", arguments, is_zipkin: false, has_attempts: true }).await;
}

/// With Envoy's default, by which a SERVER has the id of the CLIENT that calls it.
#[tokio::test(flavor = "multi_thread")]
async fn a_mesh_that_tells_by_zipkin() {
    let arguments = &["--tracer", "zipkin"];
    check(Variant { name: "zipkin", arguments, is_zipkin: true, has_attempts: true }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mesh_that_tells_of_no_attempts() {
    let arguments = &["--tracer", "otlp", "--no-upstream-spans"];
    check(Variant { name: "no upstream spans", arguments, is_zipkin: false, has_attempts: false }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mesh_half_of_whose_apps_tell_too() {
    let arguments = &["--tracer", "otlp", "--sdk-half"];
    check(Variant { name: "with SDKs", arguments, is_zipkin: false, has_attempts: true }).await;
}

async fn check(variant: Variant) {
    let Some(clients) = clients::installed("the mesh's graph") else { return };
    let site = Site::new("");
    let server = site.start().await;
    let endpoints = &server.endpoints;
    let receiver = if variant.is_zipkin { &endpoints.zipkin } else { &endpoints.otlp_grpc };
    let arguments = [&REQUESTS, variant.arguments].concat();
    let mesh = mesh::run(&clients, &site, receiver, &arguments).await;
    mesh::check_spans(&server, &mesh).await;
    assert_eq!(calls_in_spans(&server).await, calls(&variant, &mesh), "{}", variant.name);
}

/// Requests, errors and attempts by source and target.
type Calls = BTreeMap<(String, String), (u64, u64, u64)>;

fn calls(variant: &Variant, mesh: &Mesh) -> Calls {
    let ends = |edge: &Edge| (edge.source.clone(), edge.target.clone());
    let attempts = |edge: &Edge| if variant.has_attempts { edge.attempts + edge.connect_failures } else { 0 };
    mesh.edges.iter().map(|edge| (ends(edge), (edge.requests, edge.errors, attempts(edge)))).collect()
}

/// The same from the spans of the outbound proxies: a listener's has a `node_id`, an attempt's has none.
async fn calls_in_spans(server: &Server) -> Calls {
    let rows = server
        .sql(
            "select service_name, upstream_cluster, count(*) filter (where node_id is not null), \
             count(*) filter (where node_id is not null and http_status_code >= 500), \
             count(*) filter (where node_id is null) \
             from spans where upstream_cluster like 'outbound|%' group by 1, 2",
        )
        .await;
    rows.iter().map(|row| (ends(&row[0], &row[1]), (number(&row[2]), number(&row[3]), number(&row[4])))).collect()
}

/// `web.shop` and `outbound|8080||cart.shop.svc.cluster.local` are web and cart.
fn ends(service: &Value, cluster: &Value) -> (String, String) {
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let (service, cluster) = (service.as_str().expect("a service"), cluster.as_str().expect("a cluster"));
    (first(service), first(cluster.trim_start_matches("outbound|8080||")))
}

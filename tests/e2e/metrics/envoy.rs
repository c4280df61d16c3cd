//! A real Envoy mesh streams what it counts, and its series are those of the proxies' own pages, with the same values.

use std::collections::BTreeMap;

use super::api::{Api, Labels, is_close};
use super::page;
use crate::clients;
use crate::harness::{Server, Site, eventually_ok};
use crate::mesh::{self, Mesh, Pages};

/// What the stream adds to a series: who it is from.
const TARGET: [&str; 5] = ["job", "instance", "node_cluster", "pod", "namespace"];
/// Sums that were added up in another order.
const RELATIVE_MAX: f64 = 1e-9;
/// A proxy has as many series at least that no longer change when the mesh is quiet.
const SETTLED_MIN: usize = 250;

#[tokio::test(flavor = "multi_thread")]
async fn what_an_envoy_mesh_streams_is_what_its_pages_say() {
    let Some(clients) = clients::installed("the metrics of a mesh") else { return };
    let site = Site::new("hot: { age_max: 1s }");
    let server = site.start().await;
    let receiver = server.endpoints.otlp_grpc.as_str();
    let arguments = ["--requests", "100", "--rate", "20", "--metrics-service", receiver];
    let mesh = mesh::run(&clients, &site, receiver, &arguments).await;
    assert_eq!(mesh.pages.len(), mesh.services.len(), "a proxy for each service");
    check_mesh(&server, &mesh).await;
    mesh::check_spans(&server, &mesh).await;
    assert_eq!(server.json("/api/v1/ingest").await["refused"], serde_json::json!([]));
    server.stop().await;

    let server = site.start().await;
    check_mesh(&server, &mesh).await;
    server.stop().await;
}

async fn check_mesh(server: &Server, mesh: &Mesh) {
    let api = Api::of(server);
    for (node, pages) in &mesh.pages {
        let what = format!("the stream of {node} says what its page does");
        eventually_ok(&what, async || check_proxy(&api, node, pages).await).await;
    }
    check_attempts(&api, mesh).await;
}

/// Attempts as they were counted by proxies, and as the mesh knows them.
async fn check_attempts(api: &Api, mesh: &Mesh) {
    let time_ms = mesh.pages.values().map(|pages| pages.time_ms).max().expect("there are proxies");
    let query = "sum by (pod) ({__name__=~\"envoy_cluster_.*upstream_rq_total\", envoy_cluster_name=~\"outbound.*\"})";
    let found = api.at_ms(query, time_ms).await;
    let mut expected = BTreeMap::<Labels, f64>::new();
    for edge in &mesh.edges {
        let pod = Labels::from([("pod".to_owned(), format!("{}-0", edge.source))]);
        *expected.entry(pod).or_default() += edge.attempts as f64;
    }
    assert_eq!(found, expected);
}

async fn check_proxy(api: &Api, node: &str, pages: &Pages) -> Result<(), String> {
    let read = |page: &str| page::series(page).into_iter().map(normalized).collect::<BTreeMap<_, _>>();
    let (before, after) = (read(&pages.before), read(&pages.after));
    let streamed = api.at_ms(&format!("{{job=\"envoy\", instance={node:?}}}"), pages.time_ms).await;
    // A page has histograms where the stream has quantiles beside them.
    let streamed: BTreeMap<Labels, f64> = streamed.into_iter().map(without_target).map(normalized).collect();
    let streamed: BTreeMap<_, _> =
        streamed.into_iter().filter(|(labels, _)| !labels.contains_key("quantile")).collect();
    let strange: Vec<_> = streamed.keys().filter(|labels| !after.contains_key(*labels)).collect();
    let lacking: Vec<_> = after.keys().filter(|labels| !streamed.contains_key(*labels)).collect();
    if !(strange.is_empty() && lacking.is_empty()) {
        return Err(format!("not on the page: {strange:?}; not streamed: {lacking:?}"));
    }
    let is_settled = |(labels, value): &(&Labels, &f64)| before.get(*labels) == Some(*value) && !is_of_readers(labels);
    let settled: BTreeMap<_, _> = after.iter().filter(is_settled).collect();
    assert!(settled.len() >= SETTLED_MIN, "{node}: only {} series have settled", settled.len());
    let differs = |(labels, value): &(&&Labels, &&f64)| !is_close(streamed[**labels], ***value, RELATIVE_MAX);
    let others: Vec<_> =
        settled.iter().filter(differs).map(|(labels, value)| (labels, value, streamed[*labels])).collect();
    if others.is_empty() { Ok(()) } else { Err(format!("another value than on the page: {others:?}")) }
}

/// Whoever reads a page is on it, and so is the stream: what is counted of these is never settled, though two pages may
/// say the same.
fn is_of_readers(labels: &Labels) -> bool {
    let has = |name: &str, value: &str| labels.get(name).is_some_and(|found| found == value);
    has("envoy_http_conn_manager_prefix", "admin")
        || has("envoy_cluster_name", "metrics_service")
        || labels["__name__"].starts_with("envoy_listener_admin_")
}

fn without_target((mut labels, value): (Labels, f64)) -> (Labels, f64) {
    labels.retain(|name, _| !TARGET.contains(&name.as_str()));
    (labels, value)
}

/// Bounds of buckets as numbers: a page may write `1` where a series has `1.0`, as since Prometheus 3.
fn normalized((mut labels, value): (Labels, f64)) -> (Labels, f64) {
    if let Some(bound) = labels.get_mut("le") {
        *bound = bound.parse::<f64>().expect("a bound is a number").to_string();
    }
    (labels, value)
}

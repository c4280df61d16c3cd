//! `serve --demo`: the simulated mesh is in the ledger within seconds, all of it and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;
use spanloom_demo::{Mesh, Simulation, Truth};

use crate::harness::{Server, Site, eventually};

/// Source and target.
type Edges = BTreeSet<(String, String)>;

/// The edges of a mesh that has run for a while; what happens rarely is seen, too.
fn edges_of_the_shop() -> Edges {
    const TICKS: i64 = 4 * 120;
    let simulation = Simulation::new(Mesh::shop(), 1, 1_800_000_000_000_000_000);
    let mut truth = Truth::default();
    let requests = (0..TICKS).flat_map(|tick| simulation.requests(tick));
    requests.for_each(|request| truth.add(simulation.mesh(), &request));
    truth.edges.into_keys().collect()
}

async fn edges_in_the_ledger(server: &Server) -> Edges {
    let rows = server
        .sql(
            "select distinct source_service, source_inferred, target_service, target_namespace, target_inferred, \
             target_host from edges where reason is null",
        )
        .await;
    rows.iter().map(|row| (source(&row[0], &row[1]), target(&row[2], &row[3], &row[4], &row[5]))).collect()
}

fn source(service: &Value, inferred: &Value) -> String {
    let name = service.as_str().or(inferred.as_str()).expect("a source has a name");
    full(name)
}

fn target(service: &Value, _namespace: &Value, inferred: &Value, host: &Value) -> String {
    full(service.as_str().or(inferred.as_str()).or(host.as_str()).expect("a target has a name"))
}

/// Rows hold raw names: apps say `cart`, proxies `cart.shop`, callers `cart.shop.svc.cluster.local`.
fn full(raw: &str) -> String {
    let mesh = Mesh::shop();
    let is_named = |service: &&spanloom_demo::mesh::Service| {
        [service.id(), service.host(), service.name.clone()].iter().any(|name| name == raw)
    };
    mesh.services.iter().find(is_named).map_or_else(|| format!("a stranger: {raw}"), |service| service.id())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_mesh_is_in_the_ledger_and_nobody_else() {
    let site = Site::new("");
    let server = site.start_demo().await;
    let expected = edges_of_the_shop();
    assert!(expected.len() > 25);
    eventually("all edges of the mesh are there", async || {
        let found = edges_in_the_ledger(&server).await;
        let strangers: Vec<_> = found.difference(&expected).collect();
        assert!(strangers.is_empty(), "{strangers:?}");
        (found == expected).then_some(())
    })
    .await;
    assert!(server.log().contains("a simulated mesh is on"));
    assert!(server.metric("spanloom_demo_spans_sent_total").await > 0.0);
    assert_eq!(server.metric("spanloom_demo_spans_dropped_total").await, 0.0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_a_token_has_no_simulated_mesh() {
    let site = Site::new("auth: { token_file: nowhere }");
    let ended = site.run(&["serve", "--demo"]);
    assert!(!ended.status.success());
    assert!(crate::harness::text_of(&ended).contains("--demo sends without TLS and without a token"));
}

//! Point 2: a real Envoy mesh exports for ten seconds, and every trace that its gateway started comes back whole.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::canon;
use crate::clients;
use crate::harness::{Server, Site, number};
use crate::mesh::{self, Mesh, Started};

#[tokio::test(flavor = "multi_thread")]
async fn every_trace_of_an_envoy_mesh_comes_back_whole() {
    let Some(clients) = clients::installed("the mesh") else { return };
    // Flushes all the time, and never says "later": an Envoy sends nothing twice.
    let site = Site::new("hot: { age_max: 1s }");
    let server = site.start().await;
    let ten_seconds = ["--requests", "100", "--rate", "10"];
    let mesh = mesh::run(&clients, &site, &server.endpoints.otlp_grpc, &ten_seconds).await;
    assert_eq!(mesh.traces.len(), 100);
    check_rows(&server, &mesh).await;
    for started in &mesh.traces {
        check_whole(&server, started).await;
    }
    server.stop().await;

    let server = site.start().await;
    check_rows(&server, &mesh).await;
    let by_path: BTreeMap<&str, &Started> = mesh.traces.iter().map(|trace| (trace.path.as_str(), trace)).collect();
    for started in by_path.values() {
        check_whole(&server, started).await;
    }
    server.stop().await;
}

/// As many spans as each trace makes, and every parent is there.
async fn check_rows(server: &Server, mesh: &Mesh) {
    mesh::check_spans(server, mesh).await;
    let rows = server.sql("select trace_id(trace_hi, trace_lo), count(*) from spans group by 1").await;
    let id = |row: &[Value]| row[0].as_str().expect("an id is text").to_owned();
    let found: BTreeMap<_, _> = rows.iter().map(|row| (id(row), number(&row[1]))).collect();
    let started: BTreeMap<_, _> = mesh.traces.iter().map(|trace| (trace.trace_id.clone(), trace.spans)).collect();
    assert_eq!(found, started);
    let lost = "select count(*) from spans child left join spans parent on child.trace_lo = parent.trace_lo \
                and child.parent_span_id = parent.span_id \
                where child.parent_span_id is not null and parent.span_id is null";
    assert_eq!(server.count(lost).await, 0, "spans without their parent");
}

/// As many spans as the path makes, one root, which is the gateway's, and every parent is there.
async fn check_whole(server: &Server, started: &Started) {
    let trace = server.trace(&started.trace_id).await.unwrap_or_else(|| panic!("{started:?} is not there"));
    let spans = canon::of_otlp(&trace);
    assert_eq!(spans.len() as u64, started.spans, "{started:?}");
    let ids: BTreeSet<_> = spans.keys().map(String::as_str).collect();
    let mut roots = Vec::new();
    for whole in spans.values() {
        match whole["span"]["parentSpanId"].as_str() {
            Some(parent) => assert!(ids.contains(parent), "{started:?}: parent {parent} is missing"),
            None => roots.push(&whole["resource"]["attributes"]),
        }
    }
    let is_gateway = |attributes: &&Value| {
        let attributes = attributes.as_array().into_iter().flatten();
        attributes.into_iter().any(|a| a["key"] == "service.name" && a["value"]["stringValue"] == "gateway.shop")
    };
    assert!(roots.len() == 1 && roots.iter().all(is_gateway), "{started:?}: roots {roots:?}");
}

//! Point 2: a real Envoy mesh exports for ten seconds, and every trace that its gateway started comes back whole.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::canon;
use crate::clients;
use crate::harness::{Server, Site, number};

#[tokio::test(flavor = "multi_thread")]
async fn every_trace_of_an_envoy_mesh_comes_back_whole() {
    let Some(clients) = clients::installed("the mesh") else { return };
    // Flushes all the time, and never says "later": an Envoy sends nothing twice.
    let site = Site::new("hot: { age_max: 1s }");
    let server = site.start().await;
    let directory = site.path().join("mesh");
    std::fs::create_dir(&directory).expect("make a directory for the mesh");
    let mut command = clients::program(&clients, "mesh.py");
    command
        .args(["--otlp", &server.endpoints.otlp_grpc, "--seconds", "10", "--rate", "20", "--directory"])
        .arg(directory);
    let mesh = clients::run(command).await;

    let started = mesh["traces"].as_array().expect("the mesh lists its traces");
    assert!(started.len() >= 150, "the mesh served only {} requests", started.len());
    check_all(&server, &mesh).await;
    server.stop().await;
    let server = site.start().await;
    check_all(&server, &mesh).await;
    server.stop().await;
}

async fn check_all(server: &Server, mesh: &Value) {
    for trace in mesh["traces"].as_array().into_iter().flatten() {
        check_whole(server, trace).await;
    }
    let services = server.sql("select distinct service_name from spans order by service_name").await;
    let expected = mesh["services"].as_array().expect("the mesh lists its services");
    assert_eq!(services.concat(), *expected);
    assert_eq!(server.count("select count(*) from spans").await, number(&mesh["spans"]));
}

/// As many spans as the path makes, one root, which is the gateway's, and every parent is there.
async fn check_whole(server: &Server, started: &Value) {
    let id = started["trace_id"].as_str().expect("a trace id is text");
    let trace = server.trace(id).await.unwrap_or_else(|| panic!("trace {started} is not there"));
    let spans = canon::of_otlp(&trace);
    assert_eq!(spans.len() as u64, number(&started["spans"]), "trace {started}");
    let ids: BTreeSet<_> = spans.keys().map(String::as_str).collect();
    let mut roots = Vec::new();
    for whole in spans.values() {
        match whole["span"]["parentSpanId"].as_str() {
            Some(parent) => assert!(ids.contains(parent), "trace {started}: parent {parent} is missing"),
            None => roots.push(&whole["resource"]["attributes"]),
        }
    }
    let is_gateway = |attributes: &&Value| {
        let attributes = attributes.as_array().into_iter().flatten();
        attributes.into_iter().any(|a| a["key"] == "service.name" && a["value"]["stringValue"] == "gateway")
    };
    assert!(roots.len() == 1 && roots.iter().all(is_gateway), "trace {started}: roots {roots:?}");
}

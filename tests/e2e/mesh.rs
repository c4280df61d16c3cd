//! A real mesh: `tests/clients/mesh.py`, one at a time. It is nine Envoys, and nobody resends for them.

use std::path::Path;

use serde::Deserialize;
use tokio::sync::Mutex;

use crate::clients;
use crate::harness::{Server, Site};

/// What has to be found when a mesh has ended: all its spans were sent and taken.
#[derive(Debug, Deserialize)]
pub struct Mesh {
    /// Every `service.name`.
    pub services: Vec<String>,
    pub spans: u64,
    pub traces: Vec<Started>,
    pub edges: Vec<Edge>,
}

/// A trace that the gateway began, from its own access log.
#[derive(Debug, Deserialize)]
pub struct Started {
    pub trace_id: String,
    pub path: String,
    pub spans: u64,
}

/// What went from one service to another.
#[derive(Debug, Deserialize)]
pub struct Edge {
    pub source: String,
    pub target: String,
    /// As whoever called counted them, and those that it saw fail.
    pub requests: u64,
    pub errors: u64,
    /// Envoy's `upstream_rq_total`, and what that leaves out: attempts that got no connection.
    pub attempts: u64,
    pub connect_failures: u64,
}

/// Runs a mesh to its end. Its proxies send to `receiver`, an address of the server.
pub async fn run(clients: &Path, site: &Site, receiver: &str, arguments: &[&str]) -> Mesh {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    let _turn = ONE_AT_A_TIME.lock().await;
    let directory = site.path().join("mesh");
    std::fs::create_dir(&directory).expect("make a directory for the mesh");
    let mut command = clients::program(clients, "mesh.py");
    command.args(["--receiver", receiver, "--directory"]).arg(directory).args(arguments);
    serde_json::from_value(clients::run(command).await).expect("the mesh says what it was")
}

/// All spans of a mesh are stored, and no others.
pub async fn check_spans(server: &Server, mesh: &Mesh) {
    let services = server.sql("select distinct service_name from spans order by service_name").await;
    assert_eq!(services.concat(), mesh.services);
    assert_eq!(server.count("select count(*) from spans").await, mesh.spans);
}

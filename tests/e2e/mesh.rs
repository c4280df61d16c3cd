//! A real mesh: `tests/clients/mesh.py`, one at a time. It is nine Envoys, and nobody resends for them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{Mutex, MutexGuard};

use crate::clients;
use crate::harness::{Server, Site, WAIT_MAX};

static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// What has to be found when a mesh has ended: all its spans were sent and taken.
#[derive(Debug, Deserialize)]
pub struct Mesh {
    /// Every `service.name`.
    pub services: Vec<String>,
    pub spans: u64,
    pub traces: Vec<Started>,
    pub edges: Vec<Edge>,
    /// What each proxy counted, by its node, if the mesh was told where to stream that to.
    #[serde(default)]
    pub pages: BTreeMap<String, Pages>,
}

/// The metrics of a proxy as its own page says them, twice. What is the same on both is settled.
#[derive(Debug, Deserialize)]
pub struct Pages {
    pub before: String,
    pub after: String,
    /// When what is settled had been streamed.
    pub time_ms: i64,
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
    let _turn = ONE_AT_A_TIME.lock().await;
    let (command, _) = program(clients, site, receiver, arguments);
    serde_json::from_value(clients::run(command).await).expect("the mesh says what it was")
}

/// The program and its directory.
fn program(clients: &Path, site: &Site, receiver: &str, arguments: &[&str]) -> (Command, PathBuf) {
    let directory = site.path().join("mesh");
    std::fs::create_dir(&directory).expect("make a directory for the mesh");
    let mut command = clients::program(clients, "mesh.py");
    command.args(["--receiver", receiver, "--directory"]).arg(&directory).args(arguments);
    (command, directory)
}

/// A mesh at work, until it is told to end.
pub struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    errors: PathBuf,
    /// Where each proxy has its pages, by its node.
    pub admins: BTreeMap<String, String>,
    _turn: MutexGuard<'static, ()>,
}

/// Starts a mesh and waits until its proxies are ready.
pub async fn start(clients: &Path, site: &Site, receiver: &str, arguments: &[&str]) -> Running {
    let turn = ONE_AT_A_TIME.lock().await;
    let (mut command, directory) = program(clients, site, receiver, arguments);
    let errors = directory.join("errors");
    let file = std::fs::File::create(&errors).expect("make a file for errors");
    command.arg("--until-eof").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(file).kill_on_drop(true);
    let mut child = command.spawn().expect("start the mesh");
    let lines = BufReader::new(child.stdout.take().expect("the output is piped")).lines();
    let mut running = Running { child, lines, errors, admins: BTreeMap::new(), _turn: turn };
    let Ready { admins } = running.line().await;
    Running { admins, ..running }
}

/// What a mesh says when its proxies are ready.
#[derive(Deserialize)]
struct Ready {
    admins: BTreeMap<String, String>,
}

impl Running {
    async fn line<T: serde::de::DeserializeOwned>(&mut self) -> T {
        let line = tokio::time::timeout(WAIT_MAX, self.lines.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("the mesh said nothing: {}", self.errors())).expect("read a line");
        let line = line.unwrap_or_else(|| panic!("the mesh ended: {}", self.errors()));
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("the mesh printed no JSON: {error}: {line}"))
    }

    fn errors(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap_or_default()
    }

    /// Lets the mesh come to its end.
    pub async fn end(mut self) -> Mesh {
        drop(self.child.stdin.take());
        let mesh = self.line().await;
        let status = self.child.wait().await.expect("wait for the mesh");
        assert!(status.success(), "{status}: {}", self.errors());
        mesh
    }
}

/// All spans of a mesh are stored, and no others.
pub async fn check_spans(server: &Server, mesh: &Mesh) {
    let services = server.sql("select distinct service_name from spans order by service_name").await;
    assert_eq!(services.concat(), mesh.services);
    assert_eq!(server.count("select count(*) from spans").await, mesh.spans);
}

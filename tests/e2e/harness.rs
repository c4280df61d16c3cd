//! A server of the real binary on free ports of loopback, and a client for its APIs.

use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_spanloom");
/// A bound for every wait. Nothing takes this long but a test that fails.
pub const WAIT_MAX: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Polls a condition until it gives a value.
///
/// # Panics
/// When it has given none for [`WAIT_MAX`].
pub async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_ok(what, async || condition().await.ok_or_else(String::new)).await
}

/// The same for a condition that says what it lacks.
///
/// # Panics
/// When it has lacked something for [`WAIT_MAX`], with what that was at last.
pub async fn eventually_ok<T>(what: &str, mut condition: impl AsyncFnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + WAIT_MAX;
    loop {
        let lacking = match condition().await {
            Ok(value) => return value,
            Err(lacking) => lacking,
        };
        assert!(Instant::now() < deadline, "waited {WAIT_MAX:?} in vain until {what} {lacking}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Where the servers of one test keep their data, one after the other.
pub struct Site {
    _dir: Option<TempDir>,
    path: PathBuf,
    starts: AtomicU32,
}

impl Site {
    /// A fresh place. `config` is YAML on top of what every test has: a data directory of its own and ports chosen by
    /// the system.
    pub fn new(config: &str) -> Self {
        let dir = tempfile::tempdir().expect("make a temporary directory");
        let mut site = Self::at(dir.path(), config);
        site._dir = Some(dir);
        site
    }

    /// The same in a directory that the caller made.
    pub fn at(path: &Path, config: &str) -> Self {
        let site = Self { _dir: None, path: path.to_owned(), starts: AtomicU32::new(0) };
        site.configure(config);
        site
    }

    /// Writes another configuration for servers started later.
    pub fn configure(&self, config: &str) {
        let ports = ["otlp_grpc", "otlp_http", "zipkin", "api"].map(|name| format!("{name}: \"127.0.0.1:0\""));
        let ports = format!("listen: {{ {} }}", ports.join(", "));
        let text = format!("data_dir: {}\n{ports}\n{config}\n", self.data().display());
        std::fs::write(self.config(), text).expect("write the configuration");
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    pub fn config(&self) -> PathBuf {
        self.path.join("spanloom.yaml")
    }

    /// Starts a server and waits until it is ready.
    pub async fn start(&self) -> Server {
        self.try_start(&[]).await.unwrap_or_else(|ended| panic!("the server did not start: {ended}"))
    }

    /// Starts a server with a simulated mesh beside it and waits until it is ready.
    pub async fn start_demo(&self) -> Server {
        self.launch(&["--demo"], &[]).await.unwrap_or_else(|ended| panic!("the server did not start: {ended}"))
    }

    /// Starts a server with these variables in its environment; `Err` if it ends before it is ready.
    pub async fn try_start(&self, environment: &[(&str, &str)]) -> Result<Server, Ended> {
        self.launch(&[], environment).await
    }

    async fn launch(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Server, Ended> {
        let log = self.path.join(format!("server-{}.log", self.starts.fetch_add(1, Ordering::Relaxed)));
        let file = File::create(&log).expect("make the log");
        let child = Command::new(BINARY)
            .args(["serve", "--config"])
            .arg(self.config())
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("share the log"))
            .stderr(file)
            .spawn()
            .expect("start the binary");
        let mut server = Server { child, log, endpoints: Endpoints::default(), http: http_client() };
        server.wait_until_ready(&self.data().join("endpoints.json")).await?;
        Ok(server)
    }

    /// Runs a command of the binary to its end, with this site's configuration.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    /// The same with these variables in its environment.
    pub fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(BINARY);
        command.args(arguments).arg("--config").arg(self.config()).envs(environment.iter().copied());
        command.stdin(Stdio::null()).output().expect("run the binary")
    }
}

/// What a command printed, both streams.
pub fn text_of(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// An HTTP client that trusts nobody by default and keeps no proxy in mind.
pub fn http_client() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy().tls_built_in_root_certs(false).timeout(WAIT_MAX);
    builder.build().expect("make an HTTP client")
}

/// What `<data>/endpoints.json` says; addresses are `host:port`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Endpoints {
    pub pid: u32,
    pub otlp_grpc: String,
    pub otlp_http: String,
    pub zipkin: String,
    pub api: String,
    pub tls: bool,
}

/// How a server ended, with the end of its log.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub log: String,
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}", self.status, self.log)
    }
}

impl Ended {
    pub fn is_abort(&self) -> bool {
        self.status.signal() == Some(libc::SIGABRT)
    }
}

/// A running server; killed when it is dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    pub endpoints: Endpoints,
    pub http: reqwest::Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The end of the process, if it has come.
    pub fn ended(&mut self) -> Option<Ended> {
        let status = self.child.try_wait().expect("ask for the child");
        status.map(|status| Ended { status, log: self.log() })
    }

    /// `kill -9`, and waits until the process is gone.
    pub fn kill(mut self) {
        self.child.kill().expect("kill the server");
        self.child.wait().expect("reap the server");
    }

    /// SIGTERM, and waits until the server has ended in good order.
    #[allow(unsafe_code)]
    pub async fn stop(mut self) {
        // SAFETY: a signal to a child that has not been waited for, so the id is still its own.
        let sent = unsafe { libc::kill(self.pid() as libc::pid_t, libc::SIGTERM) };
        assert_eq!(sent, 0, "signal the server");
        let ended = eventually("the server stops", async || self.ended()).await;
        assert!(ended.status.success(), "the server did not stop in good order: {ended}");
    }

    /// Waits until the process ends by itself.
    pub async fn end(mut self) -> Ended {
        eventually("the server ends", async || self.ended()).await
    }

    async fn wait_until_ready(&mut self, endpoints: &Path) -> Result<(), Ended> {
        let deadline = Instant::now() + WAIT_MAX;
        loop {
            if let Some(ended) = self.ended() {
                return Err(ended);
            }
            if self.is_ready(endpoints).await {
                return Ok(());
            }
            assert!(Instant::now() < deadline, "the server was not ready in {WAIT_MAX:?}: {}", self.log());
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// A file of an earlier server in the same directory is told from ours by the process id. Under TLS the port that
    /// answers is all that is asked for here.
    async fn is_ready(&mut self, file: &Path) -> bool {
        let Some(endpoints) = std::fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()) else {
            return false;
        };
        self.endpoints = endpoints;
        if self.endpoints.pid != self.pid() {
            return false;
        }
        if self.endpoints.tls {
            return tokio::net::TcpStream::connect(&self.endpoints.api).await.is_ok();
        }
        self.http.get(self.url("/-/ready")).send().await.is_ok_and(|answer| answer.status() == 200)
    }

    /// An address of the API.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.endpoints.api)
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(self.url(path)).send().await.unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// The JSON answer to a GET that succeeds.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        let (status, text) = (answer.status(), answer.text().await.expect("read the answer"));
        assert_eq!(status, 200, "GET {path}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("GET {path}: {error}: {text}"))
    }

    /// A trace as OTLP/JSON, if there is one.
    pub async fn trace(&self, id: &str) -> Option<Value> {
        let answer = self.get(&format!("/api/v1/traces/{id}")).await;
        match answer.status().as_u16() {
            404 => None,
            200 => Some(answer.json().await.expect("a trace is JSON")),
            status => panic!("trace {id}: {status}: {}", answer.text().await.unwrap_or_default()),
        }
    }

    /// Status and body of a SQL query.
    pub async fn ask_sql(&self, query: &str) -> (u16, Value) {
        let sent = self.http.post(self.url("/api/v1/sql")).json(&json!({ "query": query })).send().await;
        let answer = sent.unwrap_or_else(|error| panic!("{query}: {error}"));
        let status = answer.status().as_u16();
        (status, answer.json().await.expect("answers to SQL are JSON"))
    }

    /// The rows of a SQL query that succeeds.
    pub async fn sql(&self, query: &str) -> Vec<Vec<Value>> {
        let (status, body) = self.ask_sql(query).await;
        assert_eq!(status, 200, "{query}: {body}");
        serde_json::from_value(body["rows"].clone()).expect("rows are arrays")
    }

    /// The only value of a SQL query's only row.
    pub async fn count(&self, query: &str) -> u64 {
        number(&self.sql(query).await[0][0])
    }

    /// The sum of a metric of the server itself over its labels; 0 if it has none yet.
    pub async fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").await.text().await.expect("metrics are text");
        let series = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        series.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// Memory that the process holds, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("read /proc");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a process has VmRSS");
        let kib = line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok());
        kib.expect("VmRSS is a number of KiB") * 1024
    }
}

/// A whole number of a SQL answer; beyond 2^53 they are strings.
pub fn number(value: &Value) -> u64 {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.unwrap_or_else(|| panic!("{value} is no whole number"))
}

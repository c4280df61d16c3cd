//! A real Prometheus is given the same series and asked the same; bodies are compared to the last byte.
//!
//! Distributions carry Prometheus 2.42. What is asked here has had the same answer since, but for what [`since`]
//! rewrites.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{client, encoded, instant, world};
use crate::promql::quote::quoted;

/// How long it may take until it answers.
const START: Duration = Duration::from_secs(30);

struct Prometheus {
    child: Child,
    port: u16,
    directory: PathBuf,
}

impl Prometheus {
    /// Starts one that holds the plain series and waits until it answers; `None` where there is no program: that was
    /// said.
    async fn start() -> Option<Self> {
        let (program, promtool) = (client::program("prometheus")?, client::program("promtool")?);
        let directory = std::env::temp_dir().join(format!("prometheus-api-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        store_blocks(&promtool, &directory);
        let config = directory.join("prometheus.yml");
        std::fs::write(&config, "{}\n").unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", directory.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(["--storage.tsdb.retention.time=100y", "--log.level=error"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let prometheus = Self { child, port, directory };
        let deadline = Instant::now() + START;
        while prometheus.exchange("GET", "/-/ready", "").await.is_none_or(|(status, _)| status != 200) {
            assert!(Instant::now() < deadline, "Prometheus does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Some(prometheus)
    }

    /// A request and its answer: status and body; `None` while nobody listens.
    async fn exchange(&self, method: &str, path: &str, form: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        let (form_type, length) = (super::FORM, form.len());
        // In this version nothing is sent in chunks.
        let head = format!("{method} {path} HTTP/1.0\r\nContent-Type: {form_type}\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(format!("{head}{form}").as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself, and what is left of it is in a temporary directory.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// The plain series as OpenMetrics, made into blocks.
fn store_blocks(promtool: &Path, directory: &Path) {
    let mut text = String::new();
    for series in world::plain() {
        let labels = series.labels.without("__name__");
        let labels: Vec<String> =
            labels.iter().map(|label| format!("{}={}", label.name, quoted(&label.value))).collect();
        for (time_ms, value) in series.floats.times_ms.iter().zip(&series.floats.values) {
            let (name, labels, seconds) = (series.labels.metric(), labels.join(","), time_ms / 1_000);
            writeln!(text, "{name}{{{labels}}} {value} {seconds}").unwrap();
        }
    }
    let file = directory.join("series.txt");
    std::fs::write(&file, text + "# EOF\n").unwrap();
    let mut command = Command::new(promtool);
    command.args(["tsdb", "create-blocks-from", "openmetrics"]).arg(file).arg(directory.join("data"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What version 2.42 said, as version 3 says it.
fn since(body: &str) -> String {
    body.replace(": Invalid time value", ": invalid time value")
        .replace("1:1: parse error: no expression", "unknown position: parse error: no expression")
        .replace(r#""droppedTargets":[]}"#, r#""droppedTargets":[],"droppedTargetCounts":{}}"#)
}

/// Queries that mean the same in both versions.
const QUERIES: [&str; 19] = [
    "1.5",
    "\"a\\\"b\\\\\\n\u{e9}\"",
    "time()",
    "up",
    "up == 1",
    "sum by (kind) (odd{kind=\"huge\"})",
    "odd{kind=\"tiny\"} * 1000",
    "odd{kind=\"large\"} / 10",
    "-odd",
    "text",
    "nothing",
    "requests_total[40s]",
    "rate(requests_total[95s])",
    "up offset 1m",
    "sum(requests_total) / 3",
    "vector(0.1) + 0.2",
    "1e21 * 10",
    "1 / 3e9",
    "1 / 0",
];

/// Paths that are refused, or that need no series.
const PATHS: [&str; 29] = [
    "query?query=(1",
    "query?x=1",
    "query?query=up{",
    "query?query=up&time=x",
    "query?query=up&timeout=x",
    "query?query=up&timeout=1e10",
    "query?query=up&time=1435781451.781",
    "query?query=time()&time=2015-07-01T20:10:51.781Z",
    "query?query=time()&time=-1.5",
    "query?query=label_replace(label_replace(up,%22job%22,%22%22,%22%22,%22%22),%22instance%22,%22%22,%22%22,%22%22)&time=1700000600",
    "query_range?query=up",
    "query_range?query=up&start=0",
    "query_range?query=up&start=0&end=1",
    "query_range?query=up&start=1&end=0&step=1",
    "query_range?query=up&start=0&end=1&step=0",
    "query_range?query=up&start=0&end=1&step=x",
    "query_range?query=up&start=0&end=11001&step=1",
    "query_range?query=up[5m]&start=0&end=1&step=1",
    "query_range?query=time()&start=0&end=11000&step=1",
    "format_query?query=sum%20by(a)(rate(x[5m]))",
    "format_query?query=(1",
    "query_exemplars?query=test&start=1699998800000&end=1700000600000",
    "query_exemplars?query=(1",
    "query_exemplars?query=up&start=2&end=1",
    "metadata?limit=x",
    "rules",
    "rules?type=x",
    "alerts",
    "alertmanagers",
];

/// Paths about the stored series.
const LISTS: [&str; 12] = [
    "labels",
    "labels?match[]=up&match[]=odd",
    "labels?match[]=%7B%7D",
    "labels?start=x",
    "label/job/values",
    "label/job/values?match[]=up",
    "label/value/values",
    "label/nothing/values",
    "series?match[]=up&match[]=text",
    "series",
    "series?match[]=%7B%7D",
    "series?match[]=nothing",
];

/// Compares, and remembers what differs.
struct Comparison {
    prometheus: Prometheus,
    router: axum::Router,
    differences: Vec<String>,
}

impl Comparison {
    async fn compare(&mut self, method: &str, path: &str, form: &str) {
        let expected = self.prometheus.exchange(method, path, form).await.unwrap();
        let expected = (expected.0, since(&expected.1));
        let request = axum::http::Request::builder().method(method).uri(format!("/prometheus{path}"));
        let request = request.header("content-type", super::FORM).body(form.to_owned().into()).unwrap();
        let (status, body) = super::exchange(self.router.clone(), request).await;
        if expected != (status.as_u16(), body.clone()) {
            self.differences
                .push(format!("{method} {path} {form}\n  expected {expected:?}\n  answered {status} {body}"));
        }
    }
}

#[tokio::test]
async fn prometheus_answers_the_same_bytes() {
    let Some(prometheus) = Prometheus::start().await else { return };
    let router = crate::prometheus::router(super::store::Memory::new(world::plain()), super::about());
    let mut comparison = Comparison { prometheus, router, differences: Vec::new() };
    for query in QUERIES {
        comparison.compare("GET", &instant(query), "").await;
        let query = encoded(query);
        let form = format!("query={query}&start=1700000007.5&end=1700000307.5&step=50");
        comparison.compare("POST", "/api/v1/query_range", &form).await;
        comparison.compare("POST", "/api/v1/query?time=1700000307.5", &format!("query={query}")).await;
    }
    for path in PATHS.iter().chain(&LISTS) {
        comparison.compare("GET", &format!("/api/v1/{path}"), "").await;
    }
    let differences = comparison.differences;
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

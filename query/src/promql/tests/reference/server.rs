//! A Prometheus that runs while a test does, on a free port of this machine, with its own directory.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value as Json;

use super::super::answer::{Answered, Evaluator};
use super::super::literal;
use super::protobuf;
use crate::promql::engine::{Range, Value};
use crate::promql::labels::Labels;
use crate::promql::sample::{Sample, Series};
use crate::promql::source::MemorySource;

/// How long it may take until it answers.
const START: Duration = Duration::from_secs(30);

pub struct Prometheus {
    child: Child,
    port: u16,
    directory: PathBuf,
}

/// The program, if there is one: that which is named, that of the clients, or that of the system.
fn program() -> Option<PathBuf> {
    let named = std::env::var_os("SPANLOOM_PROMETHEUS").map(PathBuf::from);
    let clients = std::env::var_os("SPANLOOM_CLIENTS").map(PathBuf::from);
    let of_clients = clients.map(|clients| clients.join("prometheus/usr/bin/prometheus"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let of_system = std::env::split_paths(&path).map(|directory| directory.join("prometheus"));
    named.or_else(|| of_clients.into_iter().chain(of_system).find(|file| file.is_file()))
}

impl Prometheus {
    /// Starts one and waits until it answers; `None` where there is no program: that was said.
    pub fn start(test: &str) -> Option<Self> {
        let Some(program) = program() else {
            let required = std::env::var_os("SPANLOOM_REQUIRE_CLIENTS").is_some_and(|value| value == "1");
            assert!(!required, "there is no Prometheus; tests/setup.sh installs one");
            println!("skipped: there is no Prometheus");
            return None;
        };
        let directory = std::env::temp_dir().join(format!("promql-reference-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let config = directory.join("prometheus.yml");
        // Series are written one after the other, each from its beginning.
        std::fs::write(&config, "storage: {tsdb: {out_of_order_time_window: 1d}}\n").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", directory.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--web.enable-remote-write-receiver")
            .args(["--storage.tsdb.retention.time=100y", "--log.level=error"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let prometheus = Self { child, port, directory };
        let deadline = Instant::now() + START;
        while prometheus.exchange("GET", "/-/ready", "", &[]).is_none_or(|(status, _)| status != 200) {
            assert!(Instant::now() < deadline, "Prometheus does not answer");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Some(prometheus)
    }

    /// A request and its answer: status and body; `None` while nobody listens.
    fn exchange(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        // In this version nothing is sent in chunks.
        let head = format!("{method} {path} HTTP/1.0\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(body).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// When this returns the series can be asked for.
    pub fn write(&self, source: &MemorySource) {
        let headers = "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n\
                       X-Prometheus-Remote-Write-Version: 0.1.0\r\n";
        for series in source.series.iter().filter(|series| !series.floats.is_empty()) {
            let answer = self.exchange("POST", "/api/v1/write", headers, &protobuf::request(series));
            let (status, said) = answer.unwrap();
            assert!(status / 100 == 2, "{status} {said}");
        }
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

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn seconds(time_ms: i64) -> String {
    format!("{}.{:03}", time_ms / 1000, time_ms % 1000)
}

#[derive(Deserialize)]
struct Response {
    data: Option<Data>,
    #[serde(default)]
    error: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Json,
}

#[derive(Deserialize)]
struct Element {
    metric: std::collections::BTreeMap<String, String>,
    value: Option<Point>,
    #[serde(default)]
    values: Vec<Point>,
}

type Point = (f64, String);

fn time_ms(point: &Point) -> i64 {
    (point.0 * 1000.0).round() as i64
}

fn value(point: &Point) -> f64 {
    literal::number(&point.1).unwrap_or_else(|| panic!("{point:?}"))
}

impl Data {
    fn read(self) -> Value {
        let elements = || -> Vec<Element> { serde_json::from_value(self.result.clone()).unwrap() };
        let scalar = || -> Point { serde_json::from_value(self.result.clone()).unwrap() };
        match self.result_type.as_str() {
            "scalar" => Value::Scalar { time_ms: time_ms(&scalar()), value: value(&scalar()) },
            "string" => Value::String { time_ms: time_ms(&scalar()), value: scalar().1 },
            "vector" => Value::Vector(
                elements()
                    .into_iter()
                    .map(|element| {
                        let point = element.value.unwrap();
                        (Labels::new(element.metric), time_ms(&point), Sample::Float(value(&point)))
                    })
                    .collect(),
            ),
            _ => Value::Matrix(
                elements()
                    .into_iter()
                    .map(|element| {
                        let mut series = Series { labels: Labels::new(element.metric), ..Series::default() };
                        element.values.iter().for_each(|point| series.floats.push(time_ms(point), value(point)));
                        series
                    })
                    .collect(),
            ),
        }
    }
}

impl Evaluator for Prometheus {
    /// The source is what was written.
    fn ask(&self, _: &MemorySource, text: &str, range: Range) -> Result<Answered, String> {
        let query = encoded(text);
        let path = match range {
            Range::Instant(time_ms) => format!("/api/v1/query?query={query}&time={}", seconds(time_ms)),
            Range::Steps { start_ms, end_ms, step_ms } => format!(
                "/api/v1/query_range?query={query}&start={}&end={}&step={}",
                seconds(start_ms),
                seconds(end_ms),
                seconds(step_ms)
            ),
        };
        let (_, body) = self.exchange("GET", &path, "", &[]).ok_or("no answer")?;
        let response: Response = serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))?;
        match response.data {
            Some(data) => Ok(Answered { value: data.read(), warnings: Vec::new(), infos: Vec::new() }),
            None => Err(response.error),
        }
    }
}

//! A Prometheus of our own, in a directory that goes with it.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use prost::Message;
use serde::Deserialize;
use spanloom_query::promql::sample::Series;
use spanloom_query::promql::source::MemorySource;

const START_MAX: Duration = Duration::from_secs(30);
/// Samples of one remote write request.
const BATCH: usize = 20_000;
/// Of how long a time samples are sent before those after it.
const CHUNK_MS: i64 = 5 * 60 * 1000;

/// Ends with its owner.
pub struct Prometheus {
    child: Child,
    directory: PathBuf,
    base: String,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// `prometheus.WriteRequest` of remote write 1.0.
#[derive(Clone, PartialEq, Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<serde::de::IgnoredAny>,
}

impl Prometheus {
    /// `None` when none is installed.
    pub fn start() -> Result<Option<Self>> {
        if Command::new("prometheus").arg("--version").output().is_err() {
            return Ok(None);
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let directory = std::env::temp_dir().join(format!("spanloom-bench-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&directory)?;
        std::fs::write(directory.join("prometheus.yml"), "scrape_configs: []\n")?;
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", directory.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", directory.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(["--web.enable-remote-write-receiver", "--log.level=error"])
            .stdout(Stdio::null())
            .spawn()
            .context("starting prometheus")?;
        let client = reqwest::Client::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let prometheus = Self { child, directory, base: format!("http://127.0.0.1:{port}"), client, runtime };
        prometheus.wait()?;
        Ok(Some(prometheus))
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait(&self) -> Result<()> {
        let began = Instant::now();
        let ready = format!("{}/-/ready", self.base);
        loop {
            let answer = self.runtime.block_on(self.client.get(&ready).send());
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            ensure!(began.elapsed() < START_MAX, "prometheus does not get ready");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Writes all samples, a few minutes of all series at a time: Prometheus takes none that is much older than the latest.
    pub fn write(&self, source: &MemorySource) -> Result<()> {
        let mut written = vec![0_usize; source.series.len()];
        let times = || source.series.iter().flat_map(|series| &series.floats.times_ms);
        let (Some(first_ms), Some(last_ms)) = (times().min().copied(), times().max().copied()) else { return Ok(()) };
        let mut until_ms = first_ms;
        while until_ms < last_ms {
            until_ms += CHUNK_MS;
            let mut request = WriteRequest::default();
            let mut samples = 0;
            for (written, series) in written.iter_mut().zip(&source.series) {
                let to = series.floats.times_ms.partition_point(|time_ms| *time_ms <= until_ms);
                if to > *written {
                    request.timeseries.push(time_series(series, *written, to));
                    samples += to - *written;
                    *written = to;
                }
                if samples >= BATCH {
                    self.send(&std::mem::take(&mut request))?;
                    samples = 0;
                }
            }
            self.send(&request)?;
        }
        Ok(())
    }

    fn send(&self, request: &WriteRequest) -> Result<()> {
        let body = snappy(&request.encode_to_vec());
        let url = format!("{}/api/v1/write", self.base);
        self.runtime.block_on(async {
            let answer = self.client.post(url).header("Content-Encoding", "snappy").body(body).send().await?;
            let status = answer.status();
            if !status.is_success() {
                bail!("remote write: {status}: {}", answer.text().await?);
            }
            Ok(())
        })
    }

    /// How many series the answer has.
    pub fn query_range(&self, query: &str, start_ms: i64, end_ms: i64, step_s: i64) -> Result<usize> {
        let seconds = |ms: i64| format!("{}.{:03}", ms / 1000, ms % 1000);
        let form = [
            ("query", query.to_owned()),
            ("start", seconds(start_ms)),
            ("end", seconds(end_ms)),
            ("step", step_s.to_string()),
        ];
        let url = format!("{}/api/v1/query_range", self.base);
        let body = self
            .runtime
            .block_on(async { self.client.post(url).form(&form).send().await?.error_for_status()?.bytes().await })?;
        let answer: Answer = serde_json::from_slice(&body)?;
        ensure!(answer.status == "success", "{query}: {}", answer.status);
        Ok(answer.data.result.len())
    }
}

fn time_series(series: &Series, from: usize, to: usize) -> TimeSeries {
    let labels = series.labels.iter();
    let samples = series.floats.times_ms[from..to].iter().zip(&series.floats.values[from..to]);
    TimeSeries {
        labels: labels.map(|label| Label { name: label.name.to_string(), value: label.value.to_string() }).collect(),
        samples: samples.map(|(timestamp, value)| Sample { value: *value, timestamp: *timestamp }).collect(),
    }
}

/// The block format of snappy, with nothing compressed: the length, then literals.
fn snappy(bytes: &[u8]) -> Vec<u8> {
    /// A literal whose length stands in the two bytes that follow.
    const LITERAL_U16: u8 = 61 << 2;
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 1000 + 10);
    prost::encoding::encode_varint(bytes.len() as u64, &mut out);
    for chunk in bytes.chunks(1 << 16) {
        out.push(LITERAL_U16);
        out.extend(u16::try_from(chunk.len() - 1).unwrap_or(u16::MAX).to_le_bytes());
        out.extend(chunk);
    }
    out
}

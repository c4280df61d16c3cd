use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde_json::Value;

use super::process::{self, Usage};
use super::server::Server;
use super::steps::Steps;
use super::way::{Answer, Target, Way};
use super::workload::Workload;
use super::{Arguments, USUAL};

/// The configuration's default of `hot.bytes_max`.
const HOT_BYTES_MAX: u64 = 256 << 20;
/// A server that has enough is asked again so much later.
const PAUSE: Duration = Duration::from_millis(20);

/// What is sent to a fresh server.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub way: Way,
    pub spans: u64,
    pub clients: u64,
    /// From one request of a client to its next; without it as soon as the last is acknowledged.
    pub pace: Option<Duration>,
}

/// What that cost.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    pub spans: u64,
    pub wire_bytes: u64,
    pub seconds: f64,
    pub spans_s: f64,
    /// Of the server.
    pub cpu_s_per_million_spans: f64,
    /// The same by threads of one name, the most first; what a thread used that has ended is in none.
    pub threads_s: Vec<(String, f64)>,
    pub acknowledged_p50_ms: f64,
    pub acknowledged_p99_ms: f64,
    /// Requests that were to come again later.
    pub deferred: u64,
    /// Acknowledged spans that are not there, once.
    pub lost: i64,
    pub resident_bytes_idle: u64,
    pub resident_bytes_peak: u64,
    /// Of the usual way.
    pub steps: Option<Steps>,
}

/// What one client has sent.
#[derive(Debug, Default)]
struct Sent {
    spans: u64,
    bytes: u64,
    deferred: u64,
    /// By request, from its first sending on.
    took_s: Vec<f64>,
}

impl Load {
    /// # Errors
    /// When the server refuses a request, or ends.
    pub async fn run(&self, arguments: &Arguments) -> Result<Run> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let mut server = Server::spanloom(&arguments.spanloom, &arguments.directory, HOT_BYTES_MAX, &http).await?;
        let before = Usage::of(server.pid())?;
        let threads_before = threads_s(server.pid())?;
        let began = Instant::now();
        let share = self.spans.div_ceil(self.clients);
        let clients = (0..self.clients).map(|client| {
            let workload = super::workload(client, self.way.batch, arguments);
            tokio::spawn(send(*self, Target::of(&server), workload, share))
        });
        let mut sent = Sent::default();
        for client in clients.collect::<Vec<_>>() {
            let Sent { spans, bytes, deferred, took_s } = client.await??;
            sent.spans += spans;
            sent.bytes += bytes;
            sent.deferred += deferred;
            sent.took_s.extend(took_s);
        }
        let seconds = began.elapsed().as_secs_f64();
        let after = Usage::of(server.pid())?;
        let threads_after = threads_s(server.pid())?;
        server.is_running()?;
        sent.took_s.sort_by(f64::total_cmp);
        let lost = sent.spans as i64 - there(&server, &http).await?;
        let is_usual = self.way == USUAL && self.pace.is_none() && self.clients == arguments.clients;
        let steps = if is_usual { Steps::measure(&server, &http, sent.spans, before).await? } else { None };
        let at = |part: f64| sent.took_s[((sent.took_s.len() - 1) as f64 * part) as usize] * 1e3;
        Ok(Run {
            spans: sent.spans,
            wire_bytes: sent.bytes,
            seconds,
            spans_s: sent.spans as f64 / seconds,
            cpu_s_per_million_spans: (after.cpu_s - before.cpu_s) / sent.spans as f64 * 1e6,
            threads_s: used(&threads_before, threads_after, sent.spans),
            acknowledged_p50_ms: at(0.5),
            acknowledged_p99_ms: at(0.99),
            deferred: sent.deferred,
            lost,
            resident_bytes_idle: before.resident_bytes,
            resident_bytes_peak: after.peak_bytes,
            steps,
        })
    }
}

/// What threads of one name used in between, a million spans.
fn used(before: &BTreeMap<String, f64>, after: BTreeMap<String, f64>, spans: u64) -> Vec<(String, f64)> {
    let used = after.into_iter().map(|(name, now_s)| {
        let used_s = now_s - before.get(&name).copied().unwrap_or_default();
        (name, used_s / spans as f64 * 1e6)
    });
    let mut used: Vec<(String, f64)> = used.filter(|(_, used_s)| *used_s > 0.0).collect();
    used.sort_by(|a, b| b.1.total_cmp(&a.1));
    used
}

/// CPU seconds of all threads that a process has, by their names.
fn threads_s(pid: u32) -> Result<BTreeMap<String, f64>> {
    let mut threads: BTreeMap<String, f64> = BTreeMap::new();
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let path = thread?.path();
        // One may have ended meanwhile.
        let Ok(name) = std::fs::read_to_string(path.join("comm")) else { continue };
        let Ok(stat) = std::fs::read_to_string(path.join("stat")) else { continue };
        *threads.entry(name.trim().to_owned()).or_default() += process::ticks_s(&stat);
    }
    Ok(threads)
}

async fn send(load: Load, to: Target, mut workload: Workload, spans: u64) -> Result<Sent> {
    let http = load.way.client()?;
    let mut sent = Sent::default();
    let mut due = Instant::now();
    for number in 0.. {
        if sent.spans >= spans {
            break;
        }
        let (message, count) = workload.request(number);
        let body = load.way.body(message)?;
        if let Some(pace) = load.pace {
            tokio::time::sleep_until(due.into()).await;
            due += pace;
        }
        let began = Instant::now();
        while load.way.send(&http, &to, body.clone()).await? == Answer::Deferred {
            sent.deferred += 1;
            tokio::time::sleep(PAUSE).await;
        }
        sent.took_s.push(began.elapsed().as_secs_f64());
        sent.spans += count;
        sent.bytes += body.len() as u64;
    }
    Ok(sent)
}

/// How many spans the server has.
async fn there(server: &Server, http: &reqwest::Client) -> Result<i64> {
    let query = serde_json::json!({ "query": "select count(*) from spans" });
    let answer = http.post(format!("{}/api/v1/sql", server.base_url)).json(&query).send().await?;
    let status = answer.status();
    let answer: Value = answer.json().await?;
    ensure!(status.is_success(), "counting spans: {status} {answer}");
    answer["rows"][0][0].as_i64().context("a count is a number")
}

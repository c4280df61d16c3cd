//! Sends OTLP traces to a running server for a while, as fast as it acknowledges them, and says what that cost: CPU
//! seconds of the server per million spans, from its own `/metrics`, so that a busy machine counts less than with wall
//! clocks.
//!
//! ```text
//! workload (requests made once per client, ids made new in place) -> POST /v1/traces -> acknowledged -> /metrics
//! ```

/// What the server says about itself.
mod metrics;
/// Requests.
mod workload;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use serde::{Deserialize, Serialize};

use crate::metrics::Sample;
use crate::workload::Workload;

#[derive(Debug, Clone, Parser)]
#[command(name = "spanloom-bench", about = "CPU seconds of a Spanloom server per million spans")]
struct Arguments {
    /// The server's `<data_dir>/endpoints.json`
    #[arg(long)]
    endpoints: PathBuf,
    /// Spans to send in all
    #[arg(long, default_value_t = 1_000_000)]
    spans: u64,
    /// Spans of a request
    #[arg(long, default_value_t = 500)]
    batch: u64,
    /// Clients that send at the same time
    #[arg(long, default_value_t = 4)]
    clients: u64,
    /// Attributes of each span
    #[arg(long, default_value_t = 10, conflicts_with = "services")]
    attributes: usize,
    /// Send the traces of a simulated mesh with so many services, instead of spans that are all alike
    #[arg(long)]
    services: Option<usize>,
    /// Spans of that mesh of some 720 bytes, with a browser's name each
    #[arg(long, requires = "services")]
    wide: bool,
    /// Send what this file holds instead, each time under new ids and as if it happened now: an OTLP request in protobuf, or
    /// one in JSON on each line, as the Collector's file exporter writes them
    #[arg(long, conflicts_with_all = ["services", "attributes", "batch", "spans"])]
    replay: Option<PathBuf>,
    /// How often, all clients together
    #[arg(long, default_value_t = 1, requires = "replay")]
    times: u64,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Deserialize)]
struct Endpoints {
    otlp_http: String,
    api: String,
}

/// What a run has shown.
#[derive(Debug, Serialize)]
struct Report {
    spans: u64,
    wire_bytes: u64,
    seconds: f64,
    spans_per_second: f64,
    server_cpu_seconds: f64,
    cpu_seconds_per_million_spans: f64,
    resident_bytes_after: f64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.batch == 0 || arguments.clients == 0 {
        bail!("--batch and --clients must be above 0");
    }
    let text = std::fs::read(&arguments.endpoints)
        .with_context(|| format!("failed to read {}", arguments.endpoints.display()))?;
    let endpoints: Endpoints = serde_json::from_slice(&text).context("not an endpoints.json")?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    until_ready(&http, &endpoints).await?;
    let report = measure(&http, &endpoints, &arguments).await?;
    print(&report, arguments.json)
}

async fn until_ready(http: &reqwest::Client, endpoints: &Endpoints) -> Result<()> {
    const WAIT_MAX: Duration = Duration::from_secs(60);
    let begin = Instant::now();
    while begin.elapsed() < WAIT_MAX {
        let answer = http.get(format!("http://{}/-/ready", endpoints.api)).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the server at {} was not ready in {WAIT_MAX:?}", endpoints.api)
}

async fn measure(http: &reqwest::Client, endpoints: &Endpoints, arguments: &Arguments) -> Result<Report> {
    let workloads = (0..arguments.clients).map(|client| workload(client, arguments));
    let workloads: Vec<Workload> = workloads.collect::<Result<_>>()?;
    // Whole files, or about as many spans each.
    let share = |client: u64, workload: &Workload| match &arguments.replay {
        Some(_) => {
            let more = u64::from(client < arguments.times % arguments.clients);
            (arguments.times / arguments.clients + more) * workload.spans()
        }
        None => arguments.spans.div_ceil(arguments.clients),
    };
    let before = Sample::take(http, &endpoints.api).await?;
    let begin = Instant::now();
    let clients = (0..).zip(workloads).map(|(client, workload)| {
        let share = share(client, &workload);
        tokio::spawn(send(http.clone(), endpoints.otlp_http.clone(), workload, share))
    });
    let (mut wire_bytes, mut spans) = (0, 0);
    for client in clients.collect::<Vec<_>>() {
        let sent = client.await??;
        wire_bytes += sent.bytes;
        spans += sent.spans;
    }
    let seconds = begin.elapsed().as_secs_f64();
    let after = Sample::take(http, &endpoints.api).await?;
    let server_cpu_seconds = after.cpu_seconds - before.cpu_seconds;
    Ok(Report {
        spans,
        wire_bytes,
        seconds,
        spans_per_second: spans as f64 / seconds,
        server_cpu_seconds,
        cpu_seconds_per_million_spans: server_cpu_seconds / spans as f64 * 1e6,
        resident_bytes_after: after.resident_bytes,
    })
}

fn workload(client: u64, arguments: &Arguments) -> Result<Workload> {
    if let Some(file) = &arguments.replay {
        let content = std::fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
        return Workload::replayed(client, &content).with_context(|| file.display().to_string());
    }
    Ok(match arguments.services {
        Some(services) if arguments.wide => Workload::mesh(client, arguments.batch, services).with_user_agents(),
        Some(services) => Workload::mesh(client, arguments.batch, services),
        None => Workload::uniform(client, arguments.batch, arguments.attributes),
    })
}

/// What was acknowledged.
#[derive(Debug, Default)]
struct Sent {
    bytes: u64,
    spans: u64,
}

/// Sends requests one after the other until so many spans were acknowledged. A server that has enough for now is asked
/// again later, and that time counts.
async fn send(http: reqwest::Client, address: String, mut workload: Workload, spans: u64) -> Result<Sent> {
    const PAUSE: Duration = Duration::from_millis(100);
    let url = format!("http://{address}/v1/traces");
    let mut sent = Sent::default();
    for number in 0.. {
        if sent.spans >= spans {
            break;
        }
        let (body, count) = workload.request(number);
        loop {
            let request = http.post(&url).header("content-type", "application/x-protobuf").body(body.clone());
            let status = request.send().await?.status();
            match status.as_u16() {
                200 => break,
                429 | 503 => tokio::time::sleep(PAUSE).await,
                _ => bail!("the server refused a request: {status}"),
            }
        }
        sent.bytes += body.len() as u64;
        sent.spans += count;
    }
    Ok(sent)
}

fn print(report: &Report, as_json: bool) -> Result<()> {
    let mut output = std::io::stdout().lock();
    if as_json {
        writeln!(output, "{}", serde_json::to_string(report)?)?;
        return Ok(());
    }
    let Report { spans, seconds, spans_per_second, .. } = report;
    let mebibytes = report.wire_bytes as f64 / f64::from(1 << 20);
    writeln!(
        output,
        "sent        {spans} spans, {mebibytes:.0} MiB, in {seconds:.1} s: {spans_per_second:.0} spans/s"
    )?;
    writeln!(output, "server CPU  {:.2} s", report.server_cpu_seconds)?;
    writeln!(output, "resident    {:.0} MiB", report.resident_bytes_after / f64::from(1 << 20))?;
    writeln!(output, "cost        {:.2} CPU seconds per million spans", report.cpu_seconds_per_million_spans)?;
    Ok(())
}

//! What questions about traces cost: a simulated mesh's spans by OTLP into Spanloom, as if they had come in time, and one large
//! trace; then the questions of search, metrics, tags, SQL and the graph, for the last hour and for six.
//!
//! ```text
//! mesh -> requests -> OTLP/HTTP -> server -> at rest -> questions
//! ```
//!
//! Costs are the process's CPU time and resident memory as Linux counts them. Spans of hours arrive in minutes; the server flushes
//! whenever its rows are those of `--flush-minutes`, so that tables are cut as they would be.

/// Questions and what they cost.
#[path = "traces/asking.rs"]
mod asking;
/// Bytes at rest.
#[path = "traces/disk.rs"]
mod disk;
/// Spans into a server.
#[path = "traces/ingest.rs"]
mod ingest;
/// What was sent and stays.
#[path = "traces/kept.rs"]
mod kept;
/// A trace that is larger than others.
#[path = "traces/large.rs"]
mod large;
/// The files that tables have.
#[path = "samples/live.rs"]
mod live;
/// What the operating system counts.
#[path = "promql/process.rs"]
mod process;
/// What is asked.
#[path = "traces/questions.rs"]
mod questions;
/// Servers that are measured.
#[path = "samples/server.rs"]
#[expect(dead_code, reason = "the other program of the two is not measured here")]
mod server;
/// When servers are done.
#[path = "samples/settle.rs"]
mod settle;
/// Results for people.
#[path = "traces/table.rs"]
mod table;
/// Requests.
#[path = "traces/traffic.rs"]
mod traffic;

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use serde::Serialize;

use crate::asking::{Asked, Stored};
use crate::disk::DiskUse;
use crate::kept::Sent;
use crate::process::Usage;
use crate::server::Server;

/// What a span takes in memory until it is flushed, as `hot.bytes_max` counts it.
const HOT_SPAN_BYTES: f64 = 420.0;
/// The configuration's default of `hot.bytes_max`.
const HOT_BYTES_MAX: u64 = 512 << 20;
/// What has not ended yet does not count as late.
const SINCE_S: f64 = 120.0;
const NS_PER_S: f64 = 1e9;

#[derive(Debug, Parser)]
#[command(name = "spanloom-bench-traces", about = "What questions about traces cost: CPU, time, first results, memory")]
pub struct Arguments {
    /// The binary of Spanloom
    #[arg(long)]
    spanloom: PathBuf,
    /// Spans in all
    #[arg(long, default_value_t = 20_000_000)]
    spans: u64,
    /// Hours over which they are spread
    #[arg(long, default_value_t = 6.25)]
    hours: f64,
    /// Services of the mesh
    #[arg(long, default_value_t = 50)]
    services: usize,
    /// Spans of a request
    #[arg(long, default_value_t = 512)]
    batch: usize,
    /// Clients that send at the same time
    #[arg(long, default_value_t = 2)]
    clients: u64,
    /// Spans of the large trace
    #[arg(long, default_value_t = 100_000)]
    large: usize,
    /// Minutes of spans that are held in memory until they are flushed, as if they came in time; 0 for the default
    #[arg(long, default_value_t = 5.0)]
    flush_minutes: f64,
    /// Where the server keeps its data while it runs
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    directory: PathBuf,
    /// Keep what is sent in this directory; when it has some already, ask about that and send nothing
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Ask only the questions whose names have this text
    #[arg(long)]
    only: Option<String>,
    /// Write the results to this file as JSON, too
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Arguments {
    fn check(&self) -> Result<()> {
        ensure!(self.spanloom.is_file(), "--spanloom: there is no {}", self.spanloom.display());
        ensure!(self.spans > 0 && self.batch > 0 && self.clients > 0, "--spans, --batch, --clients must be above 0");
        ensure!(self.hours > 0.0 && self.hours < 24.0, "--hours must be above 0 and below 24");
        ensure!(self.flush_minutes >= 0.0, "--flush-minutes must not be below 0");
        Ok(())
    }

    fn hot_bytes_max(&self) -> u64 {
        let spans = self.spans as f64 * self.flush_minutes / 60.0 / self.hours;
        let bytes = (spans * HOT_SPAN_BYTES) as u64;
        if bytes == 0 { HOT_BYTES_MAX } else { bytes.clamp(1 << 20, HOT_BYTES_MAX) }
    }
}

/// All that was measured.
#[derive(Debug, Serialize)]
pub struct Outcome {
    #[serde(flatten)]
    pub sent: Sent,
    pub disk: Vec<DiskUse>,
    pub spans_of_last_hour: u64,
    pub questions: Vec<Asked>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    arguments.check()?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let known_sent = arguments.keep.as_deref().map(Sent::read).transpose()?.flatten();
    let mut server = start(&arguments, &http).await?;
    let sent = match known_sent {
        Some(sent) => {
            // What it does when it starts is not a question's.
            settle::settle(&mut server, &http).await?;
            sent
        }
        None => send(&arguments, &mut server, &http).await?,
    };
    let disk = disk::measure(&server.data())?;
    // Begins the peak of the first question.
    Usage::of(server.pid())?;
    let stored = Stored::of(&server, sent.traffic(0).known(), &http).await?;
    let questions = asking::ask_all(&server, &stored, arguments.only.as_deref(), &http).await?;
    let outcome = Outcome { sent, disk, spans_of_last_hour: stored.spans_of_hour, questions };
    save(&outcome, arguments.json.as_deref())?;
    table::write(&mut std::io::stdout().lock(), &outcome)?;
    Ok(())
}

async fn start(arguments: &Arguments, http: &reqwest::Client) -> Result<Server> {
    let Arguments { spanloom, directory, keep, .. } = arguments;
    match keep {
        Some(kept) => {
            std::fs::create_dir_all(kept).with_context(|| format!("making {}", kept.display()))?;
            Server::spanloom_in(spanloom, kept, arguments.hot_bytes_max(), http).await
        }
        None => Server::spanloom(spanloom, directory, arguments.hot_bytes_max(), http).await,
    }
}

/// Sends everything; when this returns it lies in files that will not be put together any more.
async fn send(arguments: &Arguments, server: &mut Server, http: &reqwest::Client) -> Result<Sent> {
    let end_ns = now_ns() - (SINCE_S * NS_PER_S) as u64;
    let mut sent = Sent::new(arguments, end_ns);
    let traffics = (0..sent.clients).map(|client| sent.traffic(client)).collect();
    let large = large::requests(arguments.large, sent.batch, end_ns);
    sent.ingest = ingest::ingest(server, traffics, large, http).await?;
    settle::compacted(server, http).await?;
    if let Some(kept) = &arguments.keep {
        sent.write(kept)?;
    }
    Ok(sent)
}

fn save(outcome: &Outcome, file: Option<&Path>) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    std::fs::write(file, serde_json::to_vec_pretty(outcome)?).with_context(|| format!("writing {}", file.display()))
}

fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

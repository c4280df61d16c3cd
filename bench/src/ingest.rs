//! What it costs to take spans in: every way in which exporters send them, on a fresh server each, and how long acknowledgements take
//! while half of what is possible comes, and ten times as many clients as usual.
//!
//! ```text
//! mesh -> requests -> gRPC or HTTP, plain, gzip or zstd -> server -> acknowledged -> all there?
//! ```
//!
//! CPU time is the server's, from its first request until the last is acknowledged; what it does later with the spans is in `spanloom-bench-traces`,
//! which waits for it. Beside it stands how often that is the CPU time of `zstd -1` for the same bytes, in the same minute on the same machine.

/// Bytes at rest.
#[path = "traces/disk.rs"]
mod disk;
/// The files that tables have.
#[path = "samples/live.rs"]
mod live;
/// One run.
#[path = "ingest/load.rs"]
mod load;
/// What the operating system counts.
#[path = "promql/process.rs"]
mod process;
/// Servers that are measured.
#[path = "samples/server.rs"]
#[expect(dead_code, reason = "the other program of the two is not measured here")]
mod server;
/// From the log to the lake.
#[path = "ingest/steps.rs"]
mod steps;
/// Results for people.
#[path = "ingest/table.rs"]
mod table;
/// Ways to send.
#[path = "ingest/way.rs"]
mod way;
/// Requests.
#[allow(dead_code, reason = "spans that are all alike are what another program sends, and tests know")]
mod workload;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use serde::Serialize;

use crate::load::{Load, Run};
use crate::way::{Compression, Protocol, Way};
use crate::workload::Workload;

/// Spans of a request.
const BATCHES: [u64; 4] = [16, 64, 512, 4096];
/// The way with which the load of the last two runs comes.
const USUAL: Way = Way { protocol: Protocol::Grpc, compression: Compression::Plain, batch: 512 };
const OVERLOAD: u64 = 10;
/// So much is compressed to know what `zstd -1` takes.
const COMPARED_BYTES: usize = 128 << 20;

#[derive(Debug, Parser)]
#[command(name = "spanloom-bench-ingest", about = "CPU seconds of a server per million spans, by way to send them")]
pub struct Arguments {
    /// The binary of Spanloom
    #[arg(long)]
    spanloom: PathBuf,
    /// Spans of each run
    #[arg(long, default_value_t = 200_000)]
    spans: u64,
    /// Services of the mesh
    #[arg(long, default_value_t = 50)]
    services: usize,
    /// Clients that send at the same time
    #[arg(long, default_value_t = 2)]
    clients: u64,
    /// Only ways whose names have this text, such as `gRPC` or `gzip, 512`
    #[arg(long)]
    only: Option<String>,
    /// Spans of some 720 bytes, with a browser's name each
    #[arg(long)]
    wide: bool,
    /// Where servers keep their data while they run
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    directory: PathBuf,
    /// Write the results to this file as JSON, too
    #[arg(long)]
    json: Option<PathBuf>,
}

/// All that was measured.
#[derive(Debug, Serialize)]
pub struct Outcome {
    spans: u64,
    wide: bool,
    services: usize,
    clients: u64,
    /// CPU seconds of `zstd -1` for the bytes of a million spans, by batch.
    zstd_s: Vec<(u64, f64)>,
    resident_bytes_idle: u64,
    ways: Vec<(Way, Run)>,
    /// Of half of the spans a second that the usual way reached.
    at_half_load: Option<Run>,
    overloaded: Option<Run>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    ensure!(arguments.spanloom.is_file(), "--spanloom: there is no {}", arguments.spanloom.display());
    ensure!(arguments.spans > 0 && arguments.clients > 0, "--spans and --clients must be above 0");
    let outcome = measure(&arguments).await?;
    if let Some(file) = &arguments.json {
        std::fs::write(file, serde_json::to_vec_pretty(&outcome)?)
            .with_context(|| format!("writing {}", file.display()))?;
    }
    table::write(&mut std::io::stdout().lock(), &outcome)?;
    Ok(())
}

async fn measure(arguments: &Arguments) -> Result<Outcome> {
    let Arguments { spans, services, clients, .. } = *arguments;
    let is_wanted = |way: &Way| arguments.only.as_ref().is_none_or(|only| way.name().contains(only));
    let wanted: Vec<Way> = ways().filter(is_wanted).collect();
    ensure!(!wanted.is_empty(), "--only: no way has this in its name");
    let batches = BATCHES.into_iter().filter(|batch| wanted.iter().any(|way| way.batch == *batch));
    let zstd_s = batches.map(|batch| Ok((batch, zstd_s(batch, arguments)?))).collect::<Result<_>>()?;
    let load = |way: Way| Load { way, spans, clients, pace: None };
    let (mut ways, mut resident_bytes_idle) = (Vec::new(), 0);
    for way in wanted {
        writeln!(std::io::stderr(), "{}", way.name())?;
        let run = load(way).run(arguments).await?;
        resident_bytes_idle = run.resident_bytes_idle;
        ways.push((way, run));
    }
    let (mut at_half_load, mut overloaded) = (None, None);
    if let Some((_, usual)) = ways.iter().find(|(way, _)| *way == USUAL) {
        let requests_s = usual.spans_s / 2.0 / USUAL.batch as f64 / clients as f64;
        let pace = Some(Duration::from_secs_f64(1.0 / requests_s));
        at_half_load = Some(Load { pace, ..load(USUAL) }.run(arguments).await?);
        overloaded = Some(Load { clients: OVERLOAD * clients, spans: 2 * spans, ..load(USUAL) }.run(arguments).await?);
    }
    Ok(Outcome {
        spans,
        wide: arguments.wide,
        services,
        clients,
        zstd_s,
        resident_bytes_idle,
        ways,
        at_half_load,
        overloaded,
    })
}

fn ways() -> impl Iterator<Item = Way> {
    [Protocol::Grpc, Protocol::Http].into_iter().flat_map(|protocol| {
        [Compression::Plain, Compression::Gzip, Compression::Zstd]
            .into_iter()
            .flat_map(move |compression| BATCHES.into_iter().map(move |batch| Way { protocol, compression, batch }))
    })
}

/// What a client sends.
fn workload(client: u64, batch: u64, arguments: &Arguments) -> Workload {
    let workload = Workload::mesh(client, batch, arguments.services);
    if arguments.wide { workload.with_user_agents() } else { workload }
}

/// CPU seconds of `zstd -1` for the bytes of a million spans.
fn zstd_s(batch: u64, arguments: &Arguments) -> Result<f64> {
    let mut workload = workload(0, batch, arguments);
    let (mut spans, mut bytes, mut requests) = (0, 0, Vec::new());
    while bytes < COMPARED_BYTES {
        let (body, count) = workload.request(requests.len() as u64);
        (spans, bytes) = (spans + count, bytes + body.len());
        requests.push(body);
    }
    let mut compressor = zstd::bulk::Compressor::new(1)?;
    let before = process::cpu_s(std::process::id())?;
    for request in &requests {
        compressor.compress(request)?;
    }
    Ok((process::cpu_s(std::process::id())? - before) / spans as f64 * 1e6)
}

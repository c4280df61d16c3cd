//! What metrics cost: a simulated mesh's samples by remote write into Spanloom and, with nothing else beside it, into a
//! Prometheus, if one is installed; then the questions of dashboards, asked of both.
//!
//! ```text
//! mesh -> requests (encoded ahead) -> remote write -> server -> at rest -> questions
//! ```
//!
//! Costs are the process's CPU time and resident memory as Linux counts them. Servers run one after the other, each with
//! a directory of its own.
//!
//! `--hours` of samples arrive in minutes, and still it shall be as if they came in time. First a sample of each series
//! is sent and told apart: a server that runs knows its series. It is one of the current hour for Spanloom, which asks for the labels
//! of a series to be in the lake since an hour or two, and one before all others for Prometheus, which takes none that are much older
//! than the latest. And Spanloom flushes whenever its rows are those of `--flush-minutes`, so that tables are cut as they would be.
//! Prometheus makes its blocks while samples arrive, as soon as its newest three hours allow; the rest it is told to write at the
//! end, which is in its bytes at rest and not in its CPU time.
//!
//! A million active series: a sample of each, then another one, from a server of its own with the configuration's defaults.

/// Questions and what they cost.
#[path = "samples/asking.rs"]
mod asking;
/// Chance from a seed.
#[path = "samples/chance.rs"]
mod chance;
/// Bytes at rest.
#[path = "samples/disk.rs"]
mod disk;
/// Values.
#[path = "samples/group.rs"]
mod group;
/// Samples into a server.
#[path = "samples/ingest.rs"]
mod ingest;
/// What series are called.
#[path = "samples/labels.rs"]
mod labels;
/// The files that tables have.
#[path = "samples/live.rs"]
mod live;
/// All series.
#[path = "samples/mesh.rs"]
mod mesh;
/// Results beside their bars.
#[path = "samples/outcome.rs"]
mod outcome;
/// Pods and who calls whom.
#[path = "samples/pod.rs"]
mod pod;
/// What the operating system counts.
#[path = "promql/process.rs"]
mod process;
/// What dashboards ask.
#[path = "samples/questions.rs"]
mod questions;
/// Requests of remote write.
#[path = "samples/requests.rs"]
mod requests;
/// Servers that are measured.
#[path = "samples/server.rs"]
#[expect(dead_code, reason = "traces are asked elsewhere")]
mod server;
/// When servers are done.
#[path = "samples/settle.rs"]
mod settle;
/// Results for people.
#[path = "samples/table.rs"]
mod table;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;

use crate::asking::{Stored, ask_all};
use crate::ingest::{IngestCost, ingest};
use crate::mesh::INTERVAL_MS;
use crate::outcome::{Active, Comparison, Measured, Outcome, active_targets, disagreements, targets};
use crate::process::Usage;
use crate::requests::Requests;
use crate::server::{Program, Server, find_prometheus};

/// What a hot sample takes, by the types of its columns: hour 16, ids 16, time, start and value 8 each, and bits.
const HOT_ROW_BYTES: f64 = 57.0;
/// The configuration's default of `hot.bytes_max`.
const HOT_BYTES_MAX: u64 = 512 << 20;
const HOUR_MS: f64 = 3_600_000.0;
/// How long after the first of the mesh's samples questions begin: there no window has the one that was sent before.
const ASKED_AFTER_MS: i64 = 2 * 60 * 1000;
/// How long ago the last sample was taken: longer than queries look back from the first one that Spanloom gets.
const SINCE_MS: i64 = 10 * 60 * 1000;

#[derive(Debug, Parser)]
#[command(
    name = "spanloom-bench-metrics",
    about = "What metrics cost, beside Prometheus: CPU and memory of remote write, bytes per sample, dashboards"
)]
struct Arguments {
    /// The binary of Spanloom
    #[arg(long)]
    spanloom: PathBuf,
    /// The binary of Prometheus; by default that of the system
    #[arg(long)]
    prometheus: Option<PathBuf>,
    /// Measure Spanloom only
    #[arg(long)]
    alone: bool,
    /// Series of the mesh; each size is measured by itself
    #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
    series: Vec<usize>,
    /// Hours of samples, one each 15 s; one number for each of --series, or one for all
    #[arg(long, value_delimiter = ',', default_value = "6")]
    hours: Vec<f64>,
    /// Active series of the last measurement, with two samples each; 0 leaves it out
    #[arg(long, default_value_t = 1_000_000)]
    active: usize,
    /// Minutes of samples that Spanloom holds in memory until it flushes, as if they came in time; 0 for its default
    #[arg(long, default_value_t = 5.0)]
    flush_minutes: f64,
    /// Requests that are under way at a time, as shards of Prometheus' queue
    #[arg(long, default_value_t = 4)]
    shards: usize,
    /// Of chance; the same seed makes the same mesh
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where servers keep their data while they run
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    directory: PathBuf,
    /// Write the results to this file as JSON, too
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Arguments {
    fn check(&self) -> Result<()> {
        ensure!(self.spanloom.is_file(), "--spanloom: there is no {}", self.spanloom.display());
        ensure!(self.shards > 0, "--shards must be above 0");
        ensure!(self.series.iter().all(|series| *series > 0), "--series must be above 0");
        ensure!(self.hours.iter().all(|hours| *hours * HOUR_MS >= INTERVAL_MS as f64), "--hours are too few");
        ensure!(
            [1, self.series.len()].contains(&self.hours.len()),
            "--hours: one for all, or one for each of --series"
        );
        ensure!(self.flush_minutes >= 0.0, "--flush-minutes must not be below 0");
        Ok(())
    }

    /// The programs to measure, with their binaries.
    fn programs(&self) -> Result<Vec<(Program, PathBuf)>> {
        let mut programs = vec![(Program::Spanloom, self.spanloom.clone())];
        if self.alone {
            return Ok(programs);
        }
        match find_prometheus(self.prometheus.as_deref()) {
            Some(prometheus) => programs.push((Program::Prometheus, prometheus)),
            None if self.prometheus.is_some() => bail!("--prometheus: there is no such file"),
            None => writeln!(
                std::io::stderr(),
                "no prometheus is installed (Debian: apt install prometheus): only Spanloom is measured"
            )?,
        }
        Ok(programs)
    }

    /// When Spanloom flushes with so many series.
    fn hot_bytes_max(&self, series: usize) -> u64 {
        let samples = series as f64 * self.flush_minutes * 60_000.0 / INTERVAL_MS as f64;
        let bytes = (samples * HOT_ROW_BYTES) as u64;
        if bytes == 0 { HOT_BYTES_MAX } else { bytes.min(HOT_BYTES_MAX) }
    }

    async fn start(
        &self,
        (program, binary): &(Program, PathBuf),
        hot_bytes_max: u64,
        http: &reqwest::Client,
    ) -> Result<Server> {
        match program {
            Program::Spanloom => Server::spanloom(binary, &self.directory, hot_bytes_max, http).await,
            Program::Prometheus => Server::prometheus(binary, &self.directory, http).await,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    arguments.check()?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let programs = arguments.programs()?;
    let mut outcome = Outcome { seed: arguments.seed, flush_minutes: arguments.flush_minutes, ..Outcome::default() };
    for (at, series) in arguments.series.iter().enumerate() {
        let hours = arguments.hours[at % arguments.hours.len()];
        outcome.comparisons.push(compare(&arguments, &programs, *series, hours, &http).await?);
        save(&outcome, arguments.json.as_deref())?;
    }
    if arguments.active > 0 {
        for program in &programs {
            outcome.active.push(active(&arguments, program, &http).await?);
        }
        outcome.active_targets = active_targets(&outcome.active);
    }
    save(&outcome, arguments.json.as_deref())?;
    table::write(&mut std::io::stdout().lock(), &outcome)?;
    let differing: Vec<String> = outcome.comparisons.iter().flat_map(|one| disagreements(&one.measured)).collect();
    ensure!(differing.is_empty(), "answers differ: {}", differing.join("; "));
    Ok(())
}

/// After each part, for a later one may fail and takes minutes.
fn save(outcome: &Outcome, file: Option<&Path>) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    std::fs::write(file, serde_json::to_vec_pretty(outcome)?).with_context(|| format!("writing {}", file.display()))
}

async fn compare(
    arguments: &Arguments,
    programs: &[(Program, PathBuf)],
    series: usize,
    hours: f64,
    http: &reqwest::Client,
) -> Result<Comparison> {
    let end_ms = (now_ms() - SINCE_MS) / INTERVAL_MS * INTERVAL_MS;
    let steps = (hours * HOUR_MS) as i64 / INTERVAL_MS;
    let stored = Stored { start_ms: end_ms - steps * INTERVAL_MS, end_ms };
    let mut measured = Vec::with_capacity(programs.len());
    for program in programs {
        let mut requests = Requests::new(arguments.seed, series, stored.start_ms, arguments.shards);
        let mut server = arguments.start(program, arguments.hot_bytes_max(series), http).await?;
        measured.push(measure(&mut server, &mut requests, (stored, steps as usize), http).await?);
    }
    Ok(Comparison { series, hours, targets: targets(&measured), measured })
}

async fn measure(
    server: &mut Server,
    requests: &mut Requests,
    (stored, steps): (Stored, usize),
    http: &reqwest::Client,
) -> Result<Measured> {
    let (first, ingest) = take_in(server, requests, (stored, steps), http).await?;
    settle::compacted(server, http).await?;
    let asked = Stored { start_ms: stored.start_ms + ASKED_AFTER_MS, ..stored };
    let questions = ask_all(server, asked, http).await?;
    let resident_bytes_asking = Usage::of(server.pid())?.peak_bytes;
    let disk = disk::measure(server, http).await?;
    let per_sample = |bytes: u64| bytes as f64 / (first.samples + ingest.samples) as f64;
    Ok(Measured {
        program: server.program,
        first,
        ingest,
        disk,
        bytes_per_sample: per_sample(disk.at_rest_bytes),
        bytes_per_sample_in_directory: per_sample(disk.directory_bytes),
        questions,
        resident_bytes_asking,
    })
}

/// A first sample of each series, then `steps` more; what either costs.
async fn take_in(
    server: &mut Server,
    requests: &mut Requests,
    (stored, steps): (Stored, usize),
    http: &reqwest::Client,
) -> Result<(IngestCost, IngestCost)> {
    let first_ms = match server.program {
        Program::Spanloom => now_ms() - INTERVAL_MS,
        Program::Prometheus => stored.start_ms - INTERVAL_MS,
    };
    requests.plan_first(first_ms);
    let first = ingest(server, requests, http).await?;
    requests.plan(steps);
    Ok((first, ingest(server, requests, http).await?))
}

/// Two samples of each of many series, measured one by one.
async fn active(arguments: &Arguments, program: &(Program, PathBuf), http: &reqwest::Client) -> Result<Active> {
    const SAMPLES: usize = 2;
    let series = arguments.active;
    let start_ms = now_ms() - SAMPLES as i64 * INTERVAL_MS;
    let mut requests = Requests::new(arguments.seed, series, start_ms, arguments.shards);
    let mut server = arguments.start(program, HOT_BYTES_MAX, http).await?;
    let mut stages = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        requests.plan(1);
        stages.push(ingest(&mut server, &mut requests, http).await?);
    }
    Ok(Active { program: program.0, series, stages })
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    i64::try_from(now).unwrap_or(i64::MAX)
}

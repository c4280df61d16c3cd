//! What PromQL queries cost: CPU time per series and step, and memory, of our engine over series in memory, and of a
//! Prometheus that holds the same samples, if one is installed.
//!
//! ```text
//! simulated series -+-> MemorySource -> our engine
//!                   \-> remote write -> Prometheus -> query_range
//! ```
//!
//! Prometheus' cost includes writing its answer as JSON; most of these queries answer with few series.

/// What the operating system counts.
#[path = "promql/process.rs"]
mod process;
/// A Prometheus of our own.
#[path = "promql/prometheus.rs"]
mod prometheus;
/// Series.
#[path = "promql/series.rs"]
mod series;

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Parser;
use spanloom_query::promql::engine::{Engine, Range, Value};
use spanloom_query::promql::source::MemorySource;

use crate::process::Usage;
use crate::prometheus::Prometheus;
use crate::series::Shape;

#[derive(Debug, Parser)]
#[command(name = "spanloom-bench-promql", about = "CPU time and memory of PromQL queries, beside Prometheus")]
struct Arguments {
    /// Series of the simulated metric; each size is measured by itself
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000")]
    series: Vec<usize>,
    /// Do not look for a Prometheus
    #[arg(long)]
    alone: bool,
}

/// A range over which queries are asked.
#[derive(Debug, Clone, Copy)]
struct Asked {
    hours: i64,
    step_s: i64,
}

impl Asked {
    fn steps(self) -> i64 {
        self.hours * 3600 / self.step_s + 1
    }
}

/// Longer ranges for fewer series, so that each takes about as many samples.
fn asked(series: usize) -> Vec<Asked> {
    match series {
        0..=1_000 => vec![Asked { hours: 1, step_s: 15 }, Asked { hours: 24, step_s: 300 }],
        1_001..=10_000 => vec![Asked { hours: 1, step_s: 15 }, Asked { hours: 6, step_s: 60 }],
        _ => vec![Asked { hours: 1, step_s: 15 }],
    }
}

const QUERIES: &[&str] = &[
    "rate(http_requests_total[5m])",
    "sum by (job) (irate(http_requests_total[5m]))",
    "histogram_quantile(0.9, sum by (le) (rate(http_requests_total[5m])))",
    "topk(5, rate(http_requests_total[5m]))",
    "sum by (job) (rate(http_requests_total[5m]) / on (instance, le) http_limits)",
    "max(max_over_time(rate(http_requests_total[5m])[10m:1m]))",
];

/// Answers with more points are not asked of Prometheus, which would write them all as JSON, nor of us.
const POINTS_MAX: i64 = 5_000_000;
/// A query is asked again until so much time has passed.
const REPEAT_FOR: Duration = Duration::from_secs(1);

/// What a query cost, on average.
#[derive(Debug, Clone, Copy)]
struct Cost {
    cpu_s: f64,
    /// Beyond what was held before.
    peak_bytes: u64,
    series: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    for size in &arguments.series {
        measure(*size, arguments.alone)?;
    }
    Ok(())
}

fn measure(size: usize, alone: bool) -> Result<()> {
    let hours = asked(size).iter().map(|asked| asked.hours).max().unwrap_or(1);
    let shape = Shape::ending_now(size, hours);
    let source = shape.source();
    let prometheus = if alone { None } else { Prometheus::start()? };
    if let Some(prometheus) = &prometheus {
        prometheus.write(&source)?;
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{size} series, a sample each 15 s; CPU time, µs per series and step, memory of the query")?;
    for asked in asked(size) {
        writeln!(out, "{} h in steps of {} s", asked.hours, asked.step_s)?;
        for query in QUERIES {
            let points = i64::try_from(size)? * asked.steps();
            if query.starts_with("rate") && points > POINTS_MAX {
                continue;
            }
            let ours = ask_ours(&source, query, shape.end_ms, asked)?;
            let theirs =
                prometheus.as_ref().map(|theirs| ask_theirs(theirs, query, shape.end_ms, asked)).transpose()?;
            writeln!(out, "  {query}")?;
            writeln!(out, "    Spanloom    {}", line(ours, points))?;
            if let Some(theirs) = theirs {
                let ratio = theirs.cpu_s / ours.cpu_s;
                writeln!(out, "    Prometheus  {}   {ratio:.1} times as much", line(theirs, points))?;
                // Of equal values `topk` may choose others.
                let is_same = query.starts_with("topk") || ours.series == theirs.series;
                anyhow::ensure!(is_same, "{query} answers with {} and {} series", ours.series, theirs.series);
            }
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn line(cost: Cost, points: i64) -> String {
    let micros = cost.cpu_s * 1e6 / points as f64;
    let mebibytes = cost.peak_bytes as f64 / f64::from(1 << 20);
    format!("{:9.1} ms {micros:8.3} µs {mebibytes:8.1} MiB  {} series", cost.cpu_s * 1e3, cost.series)
}

/// Asks until enough time has passed.
fn repeat(mut usage: impl FnMut() -> Result<Usage>, mut ask: impl FnMut() -> Result<usize>) -> Result<Cost> {
    let began = Instant::now();
    let mut series = ask()?;
    let before = usage()?;
    let mut times = 0_u32;
    while times == 0 || began.elapsed() < REPEAT_FOR {
        series = ask()?;
        times += 1;
    }
    let after = usage()?;
    let peak_bytes = after.peak_bytes.saturating_sub(before.resident_bytes);
    Ok(Cost { cpu_s: (after.cpu_s - before.cpu_s) / f64::from(times), peak_bytes, series })
}

fn ask_ours(source: &MemorySource, query: &str, end_ms: i64, asked: Asked) -> Result<Cost> {
    let engine = Engine::default();
    let range = Range::Steps { start_ms: end_ms - asked.hours * 3_600_000, end_ms, step_ms: asked.step_s * 1000 };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let pid = std::process::id();
    repeat(
        || Usage::of(pid),
        || match runtime.block_on(engine.query(source, query, range)).context(query.to_owned())?.value {
            Value::Matrix(series) => Ok(series.len()),
            _ => Ok(1),
        },
    )
}

fn ask_theirs(prometheus: &Prometheus, query: &str, end_ms: i64, asked: Asked) -> Result<Cost> {
    let start_ms = end_ms - asked.hours * 3_600_000;
    repeat(|| Usage::of(prometheus.pid()), || prometheus.query_range(query, start_ms, end_ms, asked.step_s))
}

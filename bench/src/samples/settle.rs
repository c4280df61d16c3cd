//! When a server is done with what it was sent.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::process::cpu_s;
use super::server::{Program, Server};

/// How long a server may take to be done with what it has.
const SETTLE_MAX: Duration = Duration::from_mins(60);
const SETTLE_POLL: Duration = Duration::from_millis(250);
/// A process that uses less than this of a core for so long is done.
const QUIET_PART: f64 = 0.03;
const QUIET_FOR: Duration = Duration::from_secs(4);
/// Files are put together when none came for two minutes; then so long after the last time it is done.
const COMPACTED_AFTER: Duration = Duration::from_secs(140);
const COMPACTED_QUIET_FOR: Duration = Duration::from_secs(15);
/// How often files of a table were put together.
const COMPACTIONS: &str = "spanloom_compaction_jobs_total";
/// The gauges of Spanloom that are 0 when everything lies in its tables and all windows are written.
const GAUGES: [&str; 2] = ["spanloom_hot_memory_bytes ", "spanloom_ledger_late_minutes "];

/// Waits until a server is done: Spanloom says so, and either does nothing any more.
///
/// # Errors
/// When it ends, or does not come to rest.
pub async fn settle(server: &mut Server, http: &reqwest::Client) -> Result<()> {
    let began = Instant::now();
    let mut quiet_since = (Instant::now(), cpu_s(server.pid())?);
    loop {
        tokio::time::sleep(SETTLE_POLL).await;
        server.is_running()?;
        let (now, used_s) = (Instant::now(), cpu_s(server.pid())?);
        let passed = now - quiet_since.0;
        if used_s - quiet_since.1 > QUIET_PART * passed.as_secs_f64() + 0.02 || !is_flushed(server, http).await? {
            quiet_since = (now, cpu_s(server.pid())?);
        } else if passed > QUIET_FOR {
            return Ok(());
        }
        ensure!(began.elapsed() < SETTLE_MAX, "{:?} has not come to rest in {SETTLE_MAX:?}", server.program);
    }
}

/// Waits until Spanloom has put all files together that belong together.
///
/// # Errors
/// When it ends, or does not come to rest.
pub async fn compacted(server: &mut Server, http: &reqwest::Client) -> Result<()> {
    if server.program == Program::Prometheus {
        return Ok(());
    }
    let began = Instant::now();
    let mut last = (Instant::now(), compactions(server, http).await?);
    while began.elapsed() < COMPACTED_AFTER || last.0.elapsed() < COMPACTED_QUIET_FOR {
        tokio::time::sleep(SETTLE_POLL).await;
        server.is_running()?;
        let count = compactions(server, http).await?;
        if count != last.1 {
            last = (Instant::now(), count);
        }
        ensure!(began.elapsed() < SETTLE_MAX, "files were still put together after {SETTLE_MAX:?}");
    }
    Ok(())
}

async fn compactions(server: &Server, http: &reqwest::Client) -> Result<f64> {
    let text = http.get(&server.metrics_url).send().await?.error_for_status()?.text().await?;
    let counts = text.lines().filter(|line| line.starts_with(COMPACTIONS));
    Ok(counts.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
}

/// Whether nothing waits in memory only to be written to tables. Prometheus keeps its newest hours there, beside its log.
async fn is_flushed(server: &Server, http: &reqwest::Client) -> Result<bool> {
    if server.program == Program::Prometheus {
        return Ok(true);
    }
    let text = http.get(&server.metrics_url).send().await?.error_for_status()?.text().await?;
    let gauge = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        value.map(|value| value == "0").with_context(|| format!("the server has no metric {name}"))
    };
    Ok(gauge(GAUGES[0])? && gauge(GAUGES[1])?)
}

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;

use super::disk;
use super::process::Usage;
use super::server::Server;

/// Rows are flushed some seconds after the last came.
const FLUSHED_WITHIN: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(200);

/// What a span takes on its way into the lake, in bytes.
#[derive(Debug, Clone, Serialize)]
pub struct Steps {
    /// In the write-ahead log.
    log_bytes: f64,
    /// As a row in memory, as the server counts it.
    hot_bytes: f64,
    /// Of resident memory, beyond what the server had while it was idle.
    resident_bytes: f64,
    /// CPU seconds of the server a million spans until all are flushed, after they were counted; with what the ledger does meanwhile.
    flush_cpu_s: f64,
    /// In Parquet files right after the flush, by table, the largest first.
    flushed_bytes: Vec<(String, f64)>,
}

impl Steps {
    /// Out of a server that has acknowledged `spans` a moment ago and was sent nothing before; returns when they are flushed. `None` if
    /// a flush came too soon.
    ///
    /// # Errors
    /// When no flush comes.
    pub async fn measure(server: &Server, http: &reqwest::Client, spans: u64, idle: Usage) -> Result<Option<Self>> {
        let usage = Usage::of(server.pid())?;
        let resident_bytes = usage.resident_bytes.saturating_sub(idle.resident_bytes);
        let page = page(server, http).await?;
        let hot_spans = gauge(&page, "spanloom_hot_spans")?;
        if hot_spans != spans as f64 {
            writeln!(std::io::stderr(), "what a span takes is not known: some were flushed before the last came")?;
            return Ok(None);
        }
        let of_span = |bytes: f64| bytes / spans as f64;
        let log_bytes = of_span(gauge(&page, "spanloom_wal_backlog_bytes")?);
        let hot_bytes = of_span(gauge(&page, "spanloom_hot_memory_bytes")?);
        let began = Instant::now();
        while gauge(&self::page(server, http).await?, "spanloom_hot_spans")? > 0.0 {
            ensure!(began.elapsed() < FLUSHED_WITHIN, "the spans were not flushed");
            tokio::time::sleep(POLL).await;
        }
        let flush_cpu_s = of_span(Usage::of(server.pid())?.cpu_s - usage.cpu_s) * 1e6;
        let tables = disk::measure(&server.data())?;
        let flushed_bytes = tables.into_iter().map(|used| (used.table, of_span(used.bytes as f64))).collect();
        let resident_bytes = of_span(resident_bytes as f64);
        Ok(Some(Self { log_bytes, hot_bytes, resident_bytes, flush_cpu_s, flushed_bytes }))
    }

    pub fn flushed_total(&self) -> f64 {
        self.flushed_bytes.iter().map(|(_, bytes)| bytes).sum()
    }
}

impl std::fmt::Display for Steps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { log_bytes, hot_bytes, resident_bytes, flush_cpu_s, flushed_bytes } = self;
        let total = self.flushed_total();
        write!(
            f,
            "bytes a span: {log_bytes:.0} in the log, {hot_bytes:.0} as a row in memory ({resident_bytes:.0} resident), {total:.1} flushed"
        )?;
        flushed_bytes.iter().try_for_each(|(table, bytes)| write!(f, ", {table} {bytes:.1}"))?;
        write!(f, "\n  to flush a million takes {flush_cpu_s:.2} CPU s")
    }
}

async fn page(server: &Server, http: &reqwest::Client) -> Result<String> {
    Ok(http.get(&server.metrics_url).send().await?.error_for_status()?.text().await?)
}

/// The value of a metric without labels.
fn gauge(page: &str, name: &str) -> Result<f64> {
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok()).with_context(|| format!("the server does not say {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_is_found_by_its_whole_name() {
        let page = "# TYPE a_bytes gauge\na_bytes_more 3\na_bytes 5\n";
        assert_eq!(gauge(page, "a_bytes").unwrap(), 5.0);
        assert!(gauge(page, "a").is_err());
    }
}

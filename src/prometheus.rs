//! What the server says of itself in Prometheus' API.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use humantime::format_duration;
use spanloom_collector::scrape::config::SCRAPE_TIMEOUT;
use spanloom_query::prometheus::{About, Status};
use spanloom_query::promql::ParseOptions;
use spanloom_query::{PrometheusSettings, TargetsOf};

use crate::config::Config;

/// The Prometheus whose API and language are spoken; clients choose what to ask by it.
const SPOKEN_VERSION: &str = "3.5.0";
/// The step of subqueries that name none, as Prometheus has it by default.
const EVALUATION_INTERVAL: Duration = Duration::from_mins(1);

/// `/prometheus/api/v1/status/buildinfo`, and what of PromQL is read.
pub fn about() -> About {
    About {
        version: SPOKEN_VERSION.to_owned(),
        revision: format!("spanloom-{}", env!("CARGO_PKG_VERSION")),
        branch: String::new(),
        build_user: String::new(),
        build_date: String::new(),
        compiler: "rust".to_owned(),
        parse: ParseOptions::default(),
    }
}

/// `/prometheus/api/v1/status/...`, and where targets are told.
pub fn settings(config: &Config, started: SystemTime, targets: TargetsOf) -> PrometheusSettings {
    let started_ms = started.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
    let scrape = &config.scrape.global;
    let interval = scrape.scrape_interval;
    let timeout = scrape.scrape_timeout.unwrap_or(SCRAPE_TIMEOUT).min(interval);
    let status = Status {
        start_ms: started_ms,
        config_ms: started_ms,
        host: hostname(),
        directory: std::env::current_dir().unwrap_or_default().display().to_string(),
        retention: format!("{} or {}", format_duration(config.retention.max_age), config.retention.disk_budget),
        damaged: 0,
        memory_bytes_max: Some(config.query.memory_total_bytes_max.as_u64()),
        scrape_interval_ms: interval.get().as_millis() as i64,
        scrape_timeout_ms: timeout.get().as_millis() as i64,
        evaluation_interval_ms: EVALUATION_INTERVAL.as_millis() as i64,
        flags: flags(config),
    };
    PrometheusSettings { pairing_wait: config.ledger.pairing_wait, status, targets }
}

/// Our settings by the names of the flags that mean the same.
fn flags(config: &Config) -> BTreeMap<String, String> {
    let flag = |name: &str, value: String| (name.to_owned(), value);
    BTreeMap::from([
        flag("query.timeout", format_duration(config.query.timeout).to_string()),
        flag("query.max-concurrency", config.query.concurrency_max.to_string()),
        flag("storage.tsdb.path", config.data_dir.display().to_string()),
        flag("storage.tsdb.retention.time", format_duration(config.retention.max_age).to_string()),
        flag("web.listen-address", config.listen.api.to_string()),
    ])
}

fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

//! What is shown of targets, as `GET /api/v1/targets` of Prometheus has it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Target;
use crate::scrape::config::PromDuration;
use crate::scrape::relabel::LabelSet;

/// All targets.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetsView {
    pub active_targets: Vec<ActiveTarget>,
    /// As many of each job as `keep_dropped_targets` says.
    pub dropped_targets: Vec<DroppedTarget>,
    /// How many there are, by job.
    pub dropped_target_counts: BTreeMap<String, usize>,
    /// Not part of Prometheus' answer: what keeps targets from being found.
    #[serde(skip)]
    pub problems: Vec<DiscoveryProblem>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveTarget {
    pub discovered_labels: BTreeMap<String, String>,
    pub labels: BTreeMap<String, String>,
    pub scrape_pool: String,
    pub scrape_url: String,
    /// The address as others see it: a loopback name is replaced by that of this host.
    pub global_url: String,
    /// Empty when the last scrape went well.
    pub last_error: String,
    /// Milliseconds since the epoch; `None` before the first scrape.
    #[serde(skip)]
    pub last_scrape_ms: Option<i64>,
    /// Seconds.
    pub last_scrape_duration: f64,
    pub health: Health,
    pub scrape_interval: String,
    pub scrape_timeout: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DroppedTarget {
    pub discovered_labels: BTreeMap<String, String>,
    pub scrape_pool: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Up,
    Down,
    #[default]
    Unknown,
}

/// Why targets are not found, or one that was cannot be scraped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiscoveryProblem {
    pub pool: String,
    /// Which way to find targets, such as `file_sd_configs`.
    pub source: String,
    pub error: String,
}

impl DroppedTarget {
    pub(crate) fn new(pool: &str, discovered: &LabelSet) -> Self {
        Self { discovered_labels: map(discovered), scrape_pool: pool.to_owned() }
    }
}

impl Target {
    pub fn view(&self, host: &str) -> ActiveTarget {
        let state = self.state.lock().clone();
        ActiveTarget {
            discovered_labels: map(&self.discovered.lock()),
            labels: map(&self.id.labels),
            scrape_pool: self.pool.to_string(),
            scrape_url: self.id.url.to_string(),
            global_url: self.global_url(host),
            last_error: state.last_error.map(|failure| failure.to_string()).unwrap_or_default(),
            last_scrape_ms: state.last_scrape_ms,
            last_scrape_duration: state.last_duration.as_secs_f64(),
            health: state.health,
            scrape_interval: PromDuration::from(self.id.interval).to_string(),
            scrape_timeout: PromDuration::from(self.id.timeout).to_string(),
        }
    }

    fn global_url(&self, host: &str) -> String {
        let mut url = self.id.url.clone();
        let is_loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        // A host that is no name leaves the address as it is.
        if is_loopback && url.set_host(Some(host)).is_err() {
            return self.id.url.to_string();
        }
        url.to_string()
    }
}

fn map(labels: &LabelSet) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

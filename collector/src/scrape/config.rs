//! What can be set about scraping: the keys under `scrape:`. They are Prometheus' own, so that what stands in a
//! `prometheus.yml` under `global:` and `scrape_configs:` may be pasted; a key that is not supported is an error.
//!
//! Source: prometheus.io/docs/prometheus/latest/configuration/configuration.

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};

/// How a server is spoken to.
pub mod client;
/// How targets are found.
pub mod discovery;
/// `1m30s`.
pub mod duration;
/// One job.
pub mod job;
/// Values that are never shown.
pub mod secret;

pub use duration::PromDuration;
pub use job::{JobConfig, ScrapeProtocol};

use super::jobs::ReadyJob;

pub const SCRAPE_INTERVAL: PromDuration = PromDuration::from_secs(60);
pub const SCRAPE_TIMEOUT: PromDuration = PromDuration::from_secs(10);
/// Prometheus has no bound here unless one is set.
pub const BODY_BYTES_MAX: ByteSize = ByteSize::mib(64);
/// Prometheus keeps all unless told otherwise.
pub const KEEP_DROPPED_TARGETS: usize = 1_000;

/// The scraping part of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScrapeConfig {
    pub global: GlobalConfig,
    /// Jobs that need no more than their name.
    pub jobs: Vec<ReadyJob>,
    pub scrape_configs: Vec<JobConfig>,
}

/// What holds for all jobs that do not say otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GlobalConfig {
    pub scrape_interval: PromDuration,
    /// At most the interval; where only that is shorter than 10 seconds, the timeout is too.
    pub scrape_timeout: Option<PromDuration>,
    pub scrape_protocols: Vec<ScrapeProtocol>,
    pub body_size_limit: ByteSize,
    /// 0 for no limit, as all other limits.
    pub sample_limit: usize,
    pub label_limit: usize,
    pub label_name_length_limit: usize,
    pub label_value_length_limit: usize,
    pub target_limit: usize,
    pub keep_dropped_targets: usize,
}

impl Default for GlobalConfig {
    fn default() -> Self {
        Self {
            scrape_interval: SCRAPE_INTERVAL,
            scrape_timeout: None,
            scrape_protocols: Vec::new(),
            body_size_limit: BODY_BYTES_MAX,
            sample_limit: 0,
            label_limit: 0,
            label_name_length_limit: 0,
            label_value_length_limit: 0,
            target_limit: 0,
            keep_dropped_targets: KEEP_DROPPED_TARGETS,
        }
    }
}

impl ScrapeConfig {
    /// # Errors
    /// A text that begins with the key that cannot be as it is.
    pub fn validate(&self) -> Result<(), String> {
        if self.global.scrape_interval.is_zero() {
            return Err("scrape.global.scrape_interval is 0s, it would never pause".to_owned());
        }
        let own = self.scrape_configs.iter();
        for job in own {
            job.validate(&self.global).map_err(|problem| {
                format!("scrape.scrape_configs of job {:?} cannot be as it is: {problem}", job.job_name)
            })?;
        }
        let jobs = self.expanded();
        for (at, job) in jobs.iter().enumerate() {
            if jobs[..at].iter().any(|other| other.job_name == job.job_name) {
                return Err(format!("scrape.scrape_configs has two jobs of the name {:?}", job.job_name));
            }
        }
        Ok(())
    }

    /// All jobs: the ready-made ones, then those that are written out.
    pub fn expanded(&self) -> Vec<JobConfig> {
        let ready = self.jobs.iter().flat_map(|job| job.configs());
        ready.chain(self.scrape_configs.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests;

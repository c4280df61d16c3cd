//! One job: what is scraped, how, and what becomes of it.

use std::collections::BTreeMap;

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};

use super::client::with_client_keys;
use super::discovery::{
    ConsulSdConfig, DnsSdConfig, FileSdConfig, HttpSdConfig, KubernetesSdConfig, Scheme, StaticConfig, Validate,
};
use super::{GlobalConfig, PromDuration, SCRAPE_TIMEOUT};
use crate::scrape::relabel::{RelabelConfig, Rules};

const METRICS_PATH: &str = "/metrics";

with_client_keys! {
    /// An entry of `scrape_configs`.
    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    pub struct JobConfig {
        pub job_name: String,
        pub scrape_interval: Option<PromDuration>,
        pub scrape_timeout: Option<PromDuration>,
        /// `/metrics` unless said.
        pub metrics_path: Option<String>,
        pub scheme: Scheme,
        pub params: BTreeMap<String, Vec<String>>,
        /// Whether the labels of a page win over those of its target.
        pub honor_labels: bool,
        /// Unless said, the times that a page gives are kept.
        pub honor_timestamps: Option<bool>,
        /// Whether a series with times of its own is marked as ended when it vanishes.
        pub track_timestamps_staleness: bool,
        /// Unless said, pages may come compressed.
        pub enable_compression: Option<bool>,
        pub scrape_protocols: Vec<ScrapeProtocol>,
        /// What a page is taken for whose type says nothing.
        pub fallback_scrape_protocol: Option<ScrapeProtocol>,
        pub scrape_native_histograms: bool,
        pub always_scrape_classic_histograms: bool,
        pub static_configs: Vec<StaticConfig>,
        pub file_sd_configs: Vec<FileSdConfig>,
        pub http_sd_configs: Vec<HttpSdConfig>,
        pub dns_sd_configs: Vec<DnsSdConfig>,
        pub consul_sd_configs: Vec<ConsulSdConfig>,
        pub kubernetes_sd_configs: Vec<KubernetesSdConfig>,
        pub relabel_configs: Vec<RelabelConfig>,
        pub metric_relabel_configs: Vec<RelabelConfig>,
        pub body_size_limit: Option<ByteSize>,
        pub sample_limit: Option<usize>,
        pub label_limit: Option<usize>,
        pub label_name_length_limit: Option<usize>,
        pub label_value_length_limit: Option<usize>,
        pub target_limit: Option<usize>,
        pub keep_dropped_targets: Option<usize>,
    }
}

/// What a page may be written in, as `scrape_protocols` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScrapeProtocol {
    PrometheusProto,
    #[serde(rename = "OpenMetricsText0.0.1")]
    OpenMetricsText0_0_1,
    #[serde(rename = "OpenMetricsText1.0.0")]
    OpenMetricsText1_0_0,
    #[serde(rename = "PrometheusText0.0.4")]
    PrometheusText0_0_4,
    #[serde(rename = "PrometheusText1.0.0")]
    PrometheusText1_0_0,
}

impl JobConfig {
    pub fn interval(&self, global: &GlobalConfig) -> PromDuration {
        self.scrape_interval.unwrap_or(global.scrape_interval)
    }

    /// What is set, and otherwise no more than the interval.
    pub fn timeout(&self, global: &GlobalConfig) -> PromDuration {
        let default = global.scrape_timeout.unwrap_or(SCRAPE_TIMEOUT).min(self.interval(global));
        self.scrape_timeout.unwrap_or(default)
    }

    pub fn path(&self) -> &str {
        self.metrics_path.as_deref().unwrap_or(METRICS_PATH)
    }

    /// # Errors
    /// A text that begins with the key, below the job, that cannot be as it is.
    pub fn validate(&self, global: &GlobalConfig) -> Result<(), String> {
        if self.job_name.is_empty() {
            return Err("job_name is missing".to_owned());
        }
        if self.interval(global).is_zero() {
            return Err("scrape_interval is 0s, it would never pause".to_owned());
        }
        let (interval, timeout) = (self.interval(global), self.timeout(global));
        if timeout.is_zero() || timeout > interval {
            return Err(format!(
                "scrape_timeout is {timeout}, it must be more than 0s and at most the interval {interval}"
            ));
        }
        self.validate_protocols()?;
        self.validate_client()?;
        Rules::new(&self.relabel_configs).map_err(|problem| format!("relabel_configs{problem}"))?;
        Rules::new(&self.metric_relabel_configs).map_err(|problem| format!("metric_relabel_configs{problem}"))?;
        self.validate_discovery()
    }

    fn validate_protocols(&self) -> Result<(), String> {
        for (at, protocol) in self.scrape_protocols.iter().enumerate() {
            if self.scrape_protocols[..at].contains(protocol) {
                return Err(format!("scrape_protocols has {protocol:?} twice"));
            }
        }
        Ok(())
    }

    fn validate_discovery(&self) -> Result<(), String> {
        each("static_configs", &self.static_configs)?;
        each("file_sd_configs", &self.file_sd_configs)?;
        each("http_sd_configs", &self.http_sd_configs)?;
        each("dns_sd_configs", &self.dns_sd_configs)?;
        each("consul_sd_configs", &self.consul_sd_configs)?;
        each("kubernetes_sd_configs", &self.kubernetes_sd_configs)
    }
}

fn each(key: &str, configs: &[impl Validate]) -> Result<(), String> {
    configs.iter().try_for_each(|config| config.validate().map_err(|problem| format!("{key}: {problem}")))
}

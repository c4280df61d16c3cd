//! What can be set about queries: the keys under `query:`. Every default is a named constant.

use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};

const MEMORY_BYTES_MAX: ByteSize = ByteSize::gib(1);
const MEMORY_BYTES_MIN: ByteSize = ByteSize::mib(1);
const MEMORY_TOTAL_BYTES_MAX: ByteSize = ByteSize::gib(4);
const PAGE_CACHE_BYTES_MAX: ByteSize = ByteSize::mib(256);
const WINDOW_CACHE_BYTES_MAX: ByteSize = ByteSize::mib(128);
const EDGE_CACHE_BYTES_MAX: ByteSize = ByteSize::mib(64);
const COUNT_CACHE_BYTES_MAX: ByteSize = ByteSize::mib(64);
const SPILL_BYTES_MAX: ByteSize = ByteSize::gib(16);
const TIMEOUT: Duration = Duration::from_secs(60);
const TIMEOUT_MAX: Duration = Duration::from_hours(1);
const TRACE_SPAN_MAX: Duration = Duration::from_hours(1);
const TRACE_SPAN_MAX_MAX: Duration = Duration::from_hours(7 * 24);
const CONCURRENCY_MAX: usize = 16;
const STREAMS_MAX: usize = 64;
const DEGRADED_ERROR_RATE: f64 = 0.01;
const FAILING_ERROR_RATE: f64 = 0.1;

/// The query part of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Memory that one query may hold; sorts, joins and aggregations beyond it spill to disk, and what cannot spill fails.
    pub memory_bytes_max: ByteSize,
    /// Memory that all running queries may hold together.
    pub memory_total_bytes_max: ByteSize,
    /// Ids, times and other numbers of 64 bits that are kept in memory as they were decoded, for later queries; 0 keeps none.
    pub page_cache_bytes_max: ByteSize,
    /// Columns of the ledger's files that are kept in memory as they were decoded, for later queries; 0 keeps none.
    pub window_cache_bytes_max: ByteSize,
    /// Rows of windows of edges that are kept in memory as they were read, and added up, and who was who, for later graphs; 0 keeps none.
    pub edge_cache_bytes_max: ByteSize,
    /// Counts of TraceQL's `compare()` that are kept in memory by minute, for later queries; 0 keeps none.
    pub count_cache_bytes_max: ByteSize,
    /// Disk that all running queries together may spill to.
    pub spill_bytes_max: ByteSize,
    /// Where queries spill to; the system's temporary directory when not set.
    pub spill_dir: Option<PathBuf>,
    /// How long a query may take, waiting for its turn included.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// The longest trace that a list of traces must see whole: its time range is widened by this on both sides.
    #[serde(with = "humantime_serde")]
    pub trace_span_max: Duration,
    /// Queries that run at the same time; as many times four may wait, others are refused.
    pub concurrency_max: usize,
    /// Live streams that are open at the same time; others are refused.
    pub streams_max: usize,
    pub health: HealthConfig,
}

/// From which part of errors among a node's requests on it is said to be unwell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthConfig {
    pub degraded_error_rate: f64,
    pub failing_error_rate: f64,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self { degraded_error_rate: DEGRADED_ERROR_RATE, failing_error_rate: FAILING_ERROR_RATE }
    }
}

impl HealthConfig {
    fn validate(self) -> Result<(), String> {
        for (key, rate) in [("degraded", self.degraded_error_rate), ("failing", self.failing_error_rate)] {
            // What is no number is in no range.
            if !(0.0..=1.0).contains(&rate) {
                return Err(format!("query.health.{key}_error_rate is {rate}, it must be from 0 to 1"));
            }
        }
        if self.failing_error_rate < self.degraded_error_rate {
            return Err("query.health.failing_error_rate is less than query.health.degraded_error_rate".to_owned());
        }
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            memory_bytes_max: MEMORY_BYTES_MAX,
            memory_total_bytes_max: MEMORY_TOTAL_BYTES_MAX,
            page_cache_bytes_max: PAGE_CACHE_BYTES_MAX,
            window_cache_bytes_max: WINDOW_CACHE_BYTES_MAX,
            edge_cache_bytes_max: EDGE_CACHE_BYTES_MAX,
            count_cache_bytes_max: COUNT_CACHE_BYTES_MAX,
            spill_bytes_max: SPILL_BYTES_MAX,
            spill_dir: None,
            timeout: TIMEOUT,
            trace_span_max: TRACE_SPAN_MAX,
            concurrency_max: CONCURRENCY_MAX,
            streams_max: STREAMS_MAX,
            health: HealthConfig::default(),
        }
    }
}

impl Config {
    /// # Errors
    /// A text that names the key that cannot be as it is, and why.
    pub fn validate(&self) -> Result<(), String> {
        if self.memory_bytes_max < MEMORY_BYTES_MIN {
            return Err(format!(
                "query.memory_bytes_max is {}, the least is {MEMORY_BYTES_MIN}",
                self.memory_bytes_max
            ));
        }
        if self.memory_total_bytes_max < self.memory_bytes_max {
            return Err("query.memory_total_bytes_max is less than query.memory_bytes_max".to_owned());
        }
        if self.timeout.is_zero() || self.timeout > TIMEOUT_MAX {
            return Err(format!("query.timeout is {:?}, it must be above 0 and at most 1h", self.timeout));
        }
        if self.trace_span_max > TRACE_SPAN_MAX_MAX {
            return Err(format!("query.trace_span_max is {:?}, the most is 7d", self.trace_span_max));
        }
        if self.concurrency_max == 0 {
            return Err("query.concurrency_max is 0, no query could run".to_owned());
        }
        self.health.validate()
    }

    /// [`Self::trace_span_max`] in nanoseconds.
    pub(crate) fn trace_span_max_ns(&self) -> i64 {
        i64::try_from(self.trace_span_max.as_nanos()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Config::default().validate(), Ok(()));
    }

    #[test]
    fn bounds_that_let_nothing_run_are_refused() {
        let zero = Duration::ZERO;
        let health = |degraded_error_rate, failing_error_rate| Config {
            health: HealthConfig { degraded_error_rate, failing_error_rate },
            ..Config::default()
        };
        let bad = [
            Config { memory_bytes_max: ByteSize::b(1), ..Config::default() },
            Config { memory_total_bytes_max: ByteSize::mib(2), ..Config::default() },
            Config { timeout: zero, ..Config::default() },
            Config { concurrency_max: 0, ..Config::default() },
            health(-0.1, 0.1),
            health(0.1, 1.5),
            health(f64::NAN, 0.1),
            health(0.2, 0.1),
        ];
        for config in bad {
            assert!(config.validate().is_err(), "{config:?}");
        }
    }
}

//! What a store says of itself: its state, its size, what it scrapes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::promql::labels::Labels;

/// How the server is doing and what it was told. Times are milliseconds since the epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    pub start_ms: i64,
    /// When the configuration was read.
    pub config_ms: i64,
    pub host: String,
    /// Where data lie.
    pub directory: String,
    /// How long samples are kept, and how much disk they may take, as one reads it: `14d or 80%`.
    pub retention: String,
    /// What of the stored data is damaged, in pieces.
    pub damaged: u64,
    /// How much memory may be used; `None` when nothing bounds it.
    pub memory_bytes_max: Option<u64>,
    pub scrape_interval_ms: i64,
    pub scrape_timeout_ms: i64,
    /// The step of subqueries that name none.
    pub evaluation_interval_ms: i64,
    /// Settings by the names of Prometheus' flags: `query.timeout` is `2m`.
    pub flags: BTreeMap<String, String>,
}

/// A thing and how much there is of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    pub name: Arc<str>,
    pub value: u64,
}

/// How much there is. Lists are sorted from the largest on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cardinality {
    pub series: u64,
    /// Pairs of a name and a value, each once.
    pub label_pairs: u64,
    /// The pieces in which samples are stored; Prometheus has chunks.
    pub pieces: u64,
    /// The times of the first and the last sample, in milliseconds since the epoch; `None` when there is none.
    pub times_ms: Option<(i64, i64)>,
    pub series_by_metric: Vec<Count>,
    pub values_by_label: Vec<Count>,
    /// Of all values of a label together, in bytes.
    pub bytes_by_label: Vec<Count>,
    /// Pairs read `name=value`.
    pub series_by_pair: Vec<Count>,
}

/// What is scraped.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Targets {
    pub active: Vec<Target>,
    /// Some of those that relabelling dropped.
    pub dropped: Vec<DroppedTarget>,
    /// How many were dropped, by pool.
    pub dropped_by_pool: BTreeMap<String, u64>,
}

/// A place that is scraped.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Target {
    /// The scrape configuration's name.
    pub pool: String,
    /// Before relabelling.
    pub discovered: BTreeMap<String, String>,
    pub labels: Labels,
    pub url: String,
    pub health: Health,
    /// Empty when the last scrape went well.
    pub last_error: String,
    /// Milliseconds since the epoch; `None` before the first scrape.
    pub last_scrape_ms: Option<i64>,
    pub last_scrape_seconds: f64,
    pub interval_ms: i64,
    pub timeout_ms: i64,
}

/// A place that is not scraped, because relabelling dropped it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DroppedTarget {
    pub pool: String,
    pub discovered: BTreeMap<String, String>,
}

/// How the last scrape went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Health {
    /// There was none yet.
    #[default]
    Unknown,
    Up,
    Down,
}

impl Health {
    /// As Prometheus writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

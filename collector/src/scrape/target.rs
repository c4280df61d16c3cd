//! Targets: what discovery found, relabelled, with the address under which it is scraped.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use url::Url;

use super::failure::ScrapeFailure;
use super::relabel::LabelSet;

/// From what was found to a target.
mod resolve;
/// What is shown of targets.
mod view;

pub use resolve::{Resolved, Template};
pub use view::{ActiveTarget, DiscoveryProblem, DroppedTarget, Health, TargetsView};

/// Labels that say how a target is scraped.
pub mod name {
    pub const ADDRESS: &str = "__address__";
    pub const SCHEME: &str = "__scheme__";
    pub const PATH: &str = "__metrics_path__";
    pub const PARAM: &str = "__param_";
    pub const INTERVAL: &str = "__scrape_interval__";
    pub const TIMEOUT: &str = "__scrape_timeout__";
    pub const JOB: &str = "job";
    pub const INSTANCE: &str = "instance";
    /// What begins with this never becomes a label of a series.
    pub const RESERVED: &str = "__";
}

/// What tells a target from others: whoever has the same is the same target, whatever else discovery says of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TargetId {
    pub labels: LabelSet,
    pub url: Url,
    pub interval: Duration,
    pub timeout: Duration,
}

impl TargetId {
    /// Where in its interval the target is scraped: the same after every start, spread over all targets.
    pub fn offset(&self) -> Duration {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        let interval_ms = u64::try_from(self.interval.as_millis()).unwrap_or(u64::MAX).max(1);
        Duration::from_millis(hasher.finish() % interval_ms)
    }
}

/// Something that is scraped.
#[derive(Debug)]
pub struct Target {
    pub pool: Arc<str>,
    /// Sorted; without those that begin with `__`.
    pub id: TargetId,
    /// What discovery says of it, before relabelling. It may change while the target stays the same.
    pub discovered: Mutex<LabelSet>,
    state: Mutex<State>,
}

/// How the last scrape went.
#[derive(Debug, Clone, Default)]
struct State {
    health: Health,
    last_error: Option<ScrapeFailure>,
    last_scrape_ms: Option<i64>,
    last_duration: Duration,
}

impl Target {
    pub fn new(pool: Arc<str>, id: TargetId, discovered: LabelSet) -> Self {
        Self { pool, id, discovered: Mutex::new(discovered), state: Mutex::default() }
    }

    /// Notes how a scrape went.
    pub fn scraped(&self, time_ms: i64, duration: Duration, failure: Option<ScrapeFailure>) {
        let health = if failure.is_some() { Health::Down } else { Health::Up };
        *self.state.lock() =
            State { health, last_error: failure, last_scrape_ms: Some(time_ms), last_duration: duration };
    }
}

#[cfg(test)]
mod tests;

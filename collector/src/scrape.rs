//! Scraping: pages of metrics, asked for again and again, with Prometheus' own configuration.
//!
//! ```text
//! jobs -> discovery (listed, files, HTTP, DNS, Consul, Kubernetes) -> groups -> relabelling -> targets
//! target -> a loop of its own -> page -> relabelled series -> SampleBatch -> SampleSink
//! ```
//!
//! Sources: prometheus.io/docs, "Configuration" and "Jobs and instances". Where this differs from Prometheus: pages have a
//! bound unless one is set, and so have dropped targets that are shown; series of equal labels on one page are counted, the
//! first wins; samples that lie before others of their series are taken.

/// Clients of HTTP as the configuration describes them.
mod client;
/// What can be set.
pub mod config;
/// What scraping counts about itself.
mod counters;
/// Finding targets.
mod discovery;
/// Why a scrape failed.
mod failure;
/// Jobs that need no more than their name.
mod jobs;
/// Targets in a cluster of Kubernetes.
mod kubernetes;
/// The targets of one job.
mod pool;
/// Rules for labels.
mod relabel;
/// Where samples go.
mod sink;
/// What is scraped.
mod target;
/// The scrapes of one target.
mod target_loop;

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use config::ScrapeConfig;
pub use counters::{Counter, Counters};
pub use failure::ScrapeFailure;
pub use jobs::ReadyJob;
pub use sink::{AppendFailed, SampleSink};
pub use target::{ActiveTarget, DiscoveryProblem, DroppedTarget, Health, TargetsView};

use self::config::{GlobalConfig, JobConfig};
use self::discovery::Discoverer;
use self::pool::{Pool, PoolView};
use self::target::Template;
use self::target_loop::Shared;
use self::target_loop::fetch::Fetch;
use self::target_loop::page::PageRules;

/// The wall clock, in milliseconds since the Unix epoch.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Scrapes all jobs of a configuration.
#[derive(Debug)]
pub struct Scraper;

/// Scraping that runs. Dropping it ends all of it.
pub struct ScraperHandle {
    pools: Vec<(String, Arc<Mutex<PoolView>>)>,
    counters: Arc<Counters>,
    host: String,
    tasks: JoinSet<()>,
}

impl Scraper {
    /// Starts to find targets and to scrape them, in tasks of the runtime that this is called on. When `stop` becomes true
    /// they end on the spot, without marking any series as ended.
    ///
    /// # Errors
    /// A text that begins with the key that cannot be as it is; see [`ScrapeConfig::validate`].
    pub fn start(
        config: &ScrapeConfig,
        sink: Arc<dyn SampleSink>,
        clock: Clock,
        stop: watch::Receiver<bool>,
    ) -> Result<ScraperHandle, String> {
        config.validate()?;
        let counters = Arc::new(Counters::default());
        let (mut pools, mut tasks) = (Vec::new(), JoinSet::new());
        for job in config.expanded() {
            let pool = pool(&job, &config.global, &sink, &clock, &counters)?;
            pools.push((job.job_name.clone(), pool.view.clone()));
            tasks.spawn(pool.run(Discoverer::of_job(&job), stop.clone()));
        }
        Ok(ScraperHandle { pools, counters, host: host_name(), tasks })
    }
}

fn pool(
    job: &JobConfig,
    global: &GlobalConfig,
    sink: &Arc<dyn SampleSink>,
    clock: &Clock,
    counters: &Arc<Counters>,
) -> Result<Pool, String> {
    let shared = Shared {
        sink: sink.clone(),
        clock: clock.clone(),
        counters: counters.clone(),
        fetch: Fetch::new(job, global),
        rules: PageRules::new(job, global)?,
    };
    Ok(Pool {
        template: Template::new(job, global)?,
        shared: Arc::new(shared),
        targets_max: job.target_limit.unwrap_or(global.target_limit),
        dropped_max: job.keep_dropped_targets.unwrap_or(global.keep_dropped_targets),
        view: Arc::default(),
    })
}

impl ScraperHandle {
    /// All targets as they are now.
    pub fn targets(&self) -> TargetsView {
        let mut view = TargetsView::default();
        for (job, pool) in &self.pools {
            let pool = pool.lock();
            view.active_targets.extend(pool.active.iter().map(|target| target.view(&self.host)));
            view.dropped_targets.extend(pool.dropped.iter().cloned());
            view.dropped_target_counts.insert(job.clone(), pool.dropped_count);
            view.problems.extend(pool.problems.iter().cloned());
        }
        view
    }

    pub fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    /// Waits until everything has ended after a stop.
    pub async fn ended(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// The name of this host, by which others reach what listens on loopback names here.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "localhost".to_owned() } else { name.trim().to_owned() }
}

/// What tests share: a sink that remembers, and servers.
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

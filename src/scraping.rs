//! The server's own scraping: what is configured, and what Prometheus' API tells of it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus_client::collector::Collector as Collected;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use spanloom_collector::scrape::{ActiveTarget, Counters, DroppedTarget, Health, ScraperHandle};
use spanloom_query::TargetsOf;
use spanloom_query::prometheus::{self, Targets};
use spanloom_store::TenantId;
use spanloom_store::series::Labels;

/// Scraping that starts when the server is ready, and is asked of before, too.
#[derive(Clone)]
pub struct Scraping {
    tenant: TenantId,
    running: Arc<OnceLock<ScraperHandle>>,
}

impl Scraping {
    /// For one tenant: what is scraped has no header that would name another.
    pub fn of(tenant: TenantId) -> Self {
        Self { tenant, running: Arc::default() }
    }

    pub fn tenant(&self) -> TenantId {
        self.tenant.clone()
    }

    /// Shows a scraper that was started.
    pub fn show(&self, scraper: ScraperHandle) {
        // A server starts one.
        let _ = self.running.set(scraper);
    }

    /// What is scraped for a tenant.
    pub fn targets(&self) -> TargetsOf {
        let this = self.clone();
        Arc::new(move |tenant| match this.running.get() {
            Some(scraper) if *tenant == this.tenant => told(&scraper.targets()),
            _ => Targets::default(),
        })
    }

    fn counters(&self) -> Option<Arc<Counters>> {
        self.running.get().map(ScraperHandle::counters)
    }
}

fn told(view: &spanloom_collector::scrape::TargetsView) -> Targets {
    Targets {
        active: view.active_targets.iter().map(active).collect(),
        dropped: view.dropped_targets.iter().map(dropped).collect(),
        dropped_by_pool: view.dropped_target_counts.iter().map(|(pool, n)| (pool.clone(), *n as u64)).collect(),
    }
}

fn active(target: &ActiveTarget) -> prometheus::Target {
    prometheus::Target {
        pool: target.scrape_pool.clone(),
        discovered: target.discovered_labels.clone(),
        labels: Labels::new(target.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()))),
        url: target.scrape_url.clone(),
        health: match target.health {
            Health::Up => prometheus::Health::Up,
            Health::Down => prometheus::Health::Down,
            Health::Unknown => prometheus::Health::Unknown,
        },
        last_error: target.last_error.clone(),
        last_scrape_ms: target.last_scrape_ms,
        last_scrape_seconds: target.last_scrape_duration,
        interval_ms: milliseconds(&target.scrape_interval),
        timeout_ms: milliseconds(&target.scrape_timeout),
    }
}

fn dropped(target: &DroppedTarget) -> prometheus::DroppedTarget {
    prometheus::DroppedTarget { pool: target.scrape_pool.clone(), discovered: target.discovered_labels.clone() }
}

/// Durations of Prometheus are durations of ours, but for years.
fn milliseconds(text: &str) -> i64 {
    humantime::parse_duration(text).unwrap_or(Duration::ZERO).as_millis() as i64
}

/// What scraping counts about itself.
#[derive(Clone)]
pub struct ScrapeMetrics(pub Scraping);

impl std::fmt::Debug for ScrapeMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScrapeMetrics")
    }
}

impl Collected for ScrapeMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let Some(counters) = self.0.counters() else { return Ok(()) };
        let counts = [
            ("spanloom_scrape_scrapes", "Scrapes that were made", counters.scrapes.get()),
            ("spanloom_scrape_samples", "Samples that scraped pages had", counters.samples.get()),
        ];
        for (name, help, count) in counts {
            let metric = ConstCounter::new(count);
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        let failures: Vec<_> = counters.failures().collect();
        by_reason(&mut encoder, "spanloom_scrape_failures", "Scrapes that failed, by reason", &failures)?;
        let dropped = [
            ("duplicate", counters.duplicates.get()),
            ("future", counters.future.get()),
            ("refused", counters.refused.get()),
            ("marker", counters.markers_lost.get()),
        ];
        let help = "Samples of scraped pages that were not stored, by reason";
        by_reason(&mut encoder, "spanloom_scrape_dropped_samples", help, &dropped)?;
        let missed = [("tick", counters.ticks_missed.get()), ("discovery", counters.discovery_failures.get())];
        by_reason(&mut encoder, "spanloom_scrape_missed", "Scrapes that were not begun, by reason", &missed)
    }
}

fn by_reason(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, counts: &[(&str, u64)]) -> std::fmt::Result {
    let kind = ConstCounter::new(0_u64).metric_type();
    let mut family = encoder.encode_descriptor(name, help, None, kind)?;
    for (reason, count) in counts {
        ConstCounter::new(*count).encode(family.encode_family(&[("reason", *reason)])?)?;
    }
    Ok(())
}

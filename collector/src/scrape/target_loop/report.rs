//! Samples about scrapes. Source: Prometheus' documentation, "Jobs and instances".

use std::time::Duration;

use spanloom_store::series::{KnownSeries, STALE, SampleBatch, label};

use super::page::Seen;
use crate::scrape::failure::ScrapeFailure;
use crate::scrape::target::Target;

const NAMES: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// Values in the order of the names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Report([f64; NAMES.len()]);

impl Report {
    pub fn new(read: &Result<(), ScrapeFailure>, duration: Duration, seen: &Seen, added: usize) -> Self {
        let up = if read.is_ok() { 1.0 } else { 0.0 };
        Self([up, duration.as_secs_f64(), seen.scraped as f64, seen.kept as f64, added as f64])
    }

    /// There are no more scrapes.
    pub const fn ended() -> Self {
        Self([STALE; NAMES.len()])
    }

    /// Adds the samples. Returns of how many the sink refuses the series.
    pub fn write(
        &self,
        target: &Target,
        batch: &mut SampleBatch,
        known: &(dyn KnownSeries + Send + Sync),
        time_ms: i64,
    ) -> u64 {
        let (mut scratch, mut refused) = (Vec::new(), 0);
        for (name, value) in NAMES.into_iter().zip(self.0) {
            let mut labels: Vec<(&str, &str)> = target.id.labels.iter().collect();
            labels.push((label::NAME, name));
            match batch.series(known, &mut labels, &mut scratch) {
                Ok(series) => batch.float(series, time_ms, value),
                Err(_) => refused += 1,
            }
        }
        refused
    }
}

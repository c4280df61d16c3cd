//! What scraping counts about itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::failure::ScrapeFailure;

/// Counts of all jobs since the start.
#[derive(Debug, Default)]
pub struct Counters {
    pub scrapes: Counter,
    /// In the order of [`ScrapeFailure::REASONS`].
    failures: [Counter; ScrapeFailure::REASONS.len()],
    /// Samples that the sink took, those about the scrapes among them.
    pub samples: Counter,
    /// Of pages, after decompression.
    pub bytes: Counter,
    /// How long scrapes took, from the request to the end of the page.
    pub duration_us: Counter,
    /// Samples of a series that the page had already had.
    pub duplicates: Counter,
    /// Samples too far ahead of the clock.
    pub future: Counter,
    /// Samples that the sink's limits refuse.
    pub refused: Counter,
    /// Series whose end could not be said, because their labels were not known any more.
    pub markers_lost: Counter,
    /// Ticks that passed while the scrape before them still ran.
    pub ticks_missed: Counter,
    /// Failures to find targets.
    pub discovery_failures: Counter,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(super) fn failed(&self, failure: &ScrapeFailure) {
        self.failures[failure.place()].add(1);
    }

    pub(super) fn took(&self, duration: Duration) {
        self.duration_us.add(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// Failed scrapes by reason; a closed set.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, u64)> {
        ScrapeFailure::REASONS.into_iter().zip(self.failures.iter().map(Counter::get))
    }
}

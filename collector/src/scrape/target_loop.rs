//! The scrapes of one target, one after the other.
//!
//! ```text
//! tick -> fetch the page -> parse, relabel, look up series -> one SampleBatch with the samples about the scrape -> sink
//! ```
//!
//! A scrape is all or nothing: a page that breaks in its middle brings no sample but those about the scrape, with `up` 0 and
//! the ends of all series that were there before.
//!
//! Ends. A series that a page no longer has, and every series of a target that fails, gets one staleness marker at the time
//! of that scrape; series with times of their own do not, unless `track_timestamps_staleness`. When discovery no longer has
//! a target, its loop waits for two more intervals, since targets come back; then it marks all series as ended at the time
//! of the first scrape that was not made. At a stop of the process nothing is marked.

use std::sync::Arc;
use std::time::Duration;

use spanloom_store::series::SampleBatch;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use self::cache::Cache;
use self::digest::{Digest, Scrape};
use self::fetch::Fetch;
use self::page::PageRules;
use self::report::Report;
use self::ticks::Ticks;
use super::Clock;
use super::counters::Counters;
use super::failure::ScrapeFailure;
use super::sink::SampleSink;
use super::target::Target;

/// Which series a target has.
mod cache;
/// From page to batch.
mod digest;
/// From target to page.
pub(super) mod fetch;
/// The labels of a series that is new.
mod labels;
/// From page to samples.
pub(super) mod page;
/// Samples about scrapes.
mod report;
/// When it is time.
mod ticks;

/// What a loop is told.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Order {
    Scrape,
    /// Every scrape fails like this.
    Fail(ScrapeFailure),
    /// Discovery does not have the target any more.
    End,
}

/// What the loops of a job share.
pub(super) struct Shared {
    pub sink: Arc<dyn SampleSink>,
    pub clock: Clock,
    pub counters: Arc<Counters>,
    pub fetch: Fetch,
    pub rules: PageRules,
}

/// The loop of a target.
pub(super) struct TargetLoop {
    shared: Arc<Shared>,
    target: Arc<Target>,
    orders: watch::Receiver<Order>,
    cache: Cache,
    ticks: Ticks,
    /// How large the last page was.
    page_bytes: usize,
}

impl TargetLoop {
    pub fn new(shared: Arc<Shared>, target: Arc<Target>, orders: watch::Receiver<Order>) -> Self {
        let ticks = Ticks::new(target.id.interval, target.id.offset());
        Self { shared, target, orders, cache: Cache::default(), ticks, page_bytes: 0 }
    }

    /// Scrapes until discovery has lost the target for good. Whoever drops this ends it on the spot.
    pub async fn run(mut self) {
        let mut next = Instant::now() + self.ticks.first_wait((self.shared.clock)());
        loop {
            sleep_until(next).await;
            let started = Instant::now();
            let order = self.orders.borrow_and_update().clone();
            let now_ms = (self.shared.clock)();
            let time_ms = self.ticks.time_ms(now_ms);
            next = started + self.ticks.wait_after(now_ms);
            match order {
                Order::End => match self.gone(time_ms).await {
                    Gone::ForGood => return,
                    Gone::Back => {
                        next = Instant::now() + self.ticks.wait_after((self.shared.clock)());
                        continue;
                    }
                },
                Order::Scrape => self.scrape(time_ms, None).await,
                Order::Fail(failure) => self.scrape(time_ms, Some(failure)).await,
            }
            self.shared.counters.ticks_missed.add(self.ticks.missed(started.elapsed()));
        }
    }

    async fn scrape(&mut self, time_ms: i64, forced: Option<ScrapeFailure>) {
        let started = Instant::now();
        // Not kept from scrape to scrape: there may be thousands of targets.
        let mut page = Vec::with_capacity(self.page_bytes);
        let fetched = match forced {
            Some(failure) => Err(failure),
            None => self.shared.fetch.page(&self.target, &mut page).await,
        };
        let duration = started.elapsed();
        self.page_bytes = page.len();
        let cache = std::mem::take(&mut self.cache);
        let scrape = Scrape { target: self.target.clone(), time_ms, duration, fetched, page, cache };
        let digest = scrape.digest(&self.shared).await;
        let failure = self.hand_over(digest).await.err();
        self.note(time_ms, duration, failure);
    }

    /// Gives the samples of a scrape to the sink. When it refuses them they are lost, and what they said of series is
    /// forgotten, so that the next scrape says it.
    async fn hand_over(&mut self, digest: Digest) -> Result<(), ScrapeFailure> {
        self.cache = digest.cache;
        let samples = digest.batch.samples.len() as u64;
        if let Err(failed) = self.shared.sink.append(digest.batch, (self.shared.clock)()).await {
            self.cache.roll_back();
            return Err(failed.into());
        }
        self.cache.commit(digest.read.is_ok());
        self.shared.counters.samples.add(samples);
        digest.read
    }

    fn note(&self, time_ms: i64, duration: Duration, failure: Option<ScrapeFailure>) {
        let counters = &self.shared.counters;
        counters.scrapes.add(1);
        counters.bytes.add(self.page_bytes as u64);
        counters.took(duration);
        if let Some(failure) = &failure {
            counters.failed(failure);
            tracing::debug!(target_url = %self.target.id.url, error = %failure, "failed to scrape");
        }
        self.target.scraped(time_ms, duration, failure);
    }

    /// Waits for the target to come back; marks its series as ended when it does not.
    async fn gone(&mut self, stale_ms: i64) -> Gone {
        let is_back = async {
            let is_lost = self.orders.wait_for(|order| *order != Order::End).await.is_err();
            if is_lost {
                std::future::pending::<()>().await;
            }
        };
        // As long as Prometheus waits after the scrape that was not made.
        let grace = self.target.id.interval.mul_f64(1.1);
        if tokio::time::timeout(grace, is_back).await.is_ok() {
            return Gone::Back;
        }
        let known = self.shared.sink.known();
        let mut batch = SampleBatch::default();
        self.cache.begin();
        self.shared.counters.markers_lost.add(self.cache.mark_ended(&mut batch, &*known, stale_ms));
        Report::ended().write(&self.target, &mut batch, &*known, stale_ms);
        if let Err(error) = self.shared.sink.append(batch, (self.shared.clock)()).await {
            tracing::warn!(target_url = %self.target.id.url, %error, "failed to mark series as ended");
        }
        Gone::ForGood
    }
}

/// What became of a target that was gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gone {
    Back,
    ForGood,
}

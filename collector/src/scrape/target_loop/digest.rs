//! From what was fetched to what the sink is handed.

use std::sync::Arc;
use std::time::Duration;

use spanloom_store::series::{KnownSeries, SampleBatch};

use super::Shared;
use super::cache::Cache;
use super::fetch::Fetched;
use super::page::{Reader, Seen};
use super::report::Report;
use crate::scrape::failure::ScrapeFailure;
use crate::scrape::target::Target;

/// Pages from this size on are read on a thread that may be busy for a while.
const INLINE_BYTES_MAX: usize = 32 << 10;

/// A scrape whose page has come, or has not.
pub(super) struct Scrape {
    pub target: Arc<Target>,
    pub time_ms: i64,
    pub duration: Duration,
    pub fetched: Result<Fetched, ScrapeFailure>,
    pub page: Vec<u8>,
    /// As the last scrape left it.
    pub cache: Cache,
}

/// What a scrape came to.
pub(super) struct Digest {
    pub batch: SampleBatch,
    pub cache: Cache,
    /// Whether the page was read to its end.
    pub read: Result<(), ScrapeFailure>,
}

impl Scrape {
    /// Reads the page and makes one batch of it, with the ends of series and the samples about the scrape.
    pub async fn digest(self, shared: &Arc<Shared>) -> Digest {
        let known = shared.sink.known();
        if self.page.len() < INLINE_BYTES_MAX {
            return self.digest_here(shared, &*known);
        }
        let shared = shared.clone();
        let digest = tokio::task::spawn_blocking(move || self.digest_here(&shared, &*known)).await;
        match digest {
            Ok(digest) => digest,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn digest_here(mut self, shared: &Shared, known: &(dyn KnownSeries + Send + Sync)) -> Digest {
        let (cache, time_ms) = (&mut self.cache, self.time_ms);
        let (mut batch, mut seen) = (SampleBatch::default(), Seen::default());
        cache.begin();
        let read = self.fetched.and_then(|fetched| {
            let reader = Reader::new(&shared.rules, &self.target.id.labels, known, time_ms);
            reader.read(fetched.format, &self.page, cache, &mut batch, &mut seen)
        });
        if read.is_err() {
            batch = SampleBatch::default();
            cache.roll_back();
        }
        let lost = cache.mark_ended(&mut batch, known, time_ms);
        let report = Report::new(&read, self.duration, &seen, cache.added());
        let refused = report.write(&self.target, &mut batch, known, time_ms);
        shared.counters.markers_lost.add(lost);
        shared.counters.duplicates.add(seen.duplicates);
        shared.counters.future.add(seen.future);
        shared.counters.refused.add(seen.refused + refused);
        Digest { batch, cache: self.cache, read }
    }
}

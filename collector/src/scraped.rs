//! What scraping finds, stored as what is pushed.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use spanloom_store::TenantId;
use spanloom_store::series::{KnownSeries, SampleBatch};

use crate::ingest::Ingest;
use crate::metrics::Protocol;
use crate::scrape::{AppendFailed, SampleSink};

/// Stores the samples of scraped pages for one tenant.
pub(crate) struct Scraped {
    pub ingest: Arc<Ingest>,
    pub tenant: TenantId,
}

impl SampleSink for Scraped {
    fn known(&self) -> Arc<dyn KnownSeries + Send + Sync> {
        self.ingest.series_index(&self.tenant)
    }

    fn append(&self, batch: SampleBatch, _received_ms: i64) -> BoxFuture<'_, Result<(), AppendFailed>> {
        let stored = self.ingest.store_samples(Protocol::Scrape, &self.tenant, batch);
        let failed = |refusal: crate::refusal::Refusal| {
            if refusal.retry_after().is_some() {
                AppendFailed::Overloaded
            } else {
                AppendFailed::Failed(refusal.to_string())
            }
        };
        stored.map(move |stored| stored.map_err(failed)).boxed()
    }
}

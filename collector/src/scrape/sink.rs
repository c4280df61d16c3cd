//! Where scraped samples go.

use std::sync::Arc;

use futures::future::BoxFuture;
use spanloom_store::series::{KnownSeries, SampleBatch};
use thiserror::Error;

/// Takes the samples of each scrape: the store, or a test.
pub trait SampleSink: Send + Sync {
    /// The series that need not bring their labels again.
    fn known(&self) -> Arc<dyn KnownSeries + Send + Sync>;

    /// Takes all of a batch or nothing. When it returns well the samples are durable and queries see them.
    fn append(&self, batch: SampleBatch, received_ms: i64) -> BoxFuture<'_, Result<(), AppendFailed>>;
}

/// Why a batch was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AppendFailed {
    /// Others wait already; a later batch may go through.
    #[error("samples were not taken: overloaded")]
    Overloaded,
    #[error("samples were not taken: {0}")]
    Failed(String),
}

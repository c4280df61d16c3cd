//! Where series come from.

use std::sync::Arc;

use futures::future::BoxFuture;
pub use spanloom_store::series::{MatchOp, Matcher, anchored};

use super::labels::Labels;
use super::sample::Series;

/// What one selector of a query asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selection {
    /// All must hold.
    pub matchers: Vec<Matcher>,
    /// Samples after this time are needed; earlier ones may be left out.
    pub start_ms: i64,
    /// Samples up to and with this time are needed; later ones may be left out.
    pub end_ms: i64,
}

impl Selection {
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches_labels(labels))
    }
}

/// A source that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// A place that series are read from.
pub trait SeriesSource: Send + Sync {
    /// The series that match, each label set once, in any order, with the samples of the time asked for, sorted by time.
    fn select<'a>(&'a self, selection: &'a Selection) -> BoxFuture<'a, Result<Vec<Arc<Series>>, SourceError>>;
}

/// Series that are held in memory.
#[derive(Debug, Default)]
pub struct MemorySource {
    pub series: Vec<Arc<Series>>,
}

impl SeriesSource for MemorySource {
    fn select<'a>(&'a self, selection: &'a Selection) -> BoxFuture<'a, Result<Vec<Arc<Series>>, SourceError>> {
        let selected = self.series.iter().filter(|series| selection.matches(&series.labels)).cloned().collect();
        Box::pin(std::future::ready(Ok(selected)))
    }
}

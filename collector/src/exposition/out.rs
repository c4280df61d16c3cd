//! Where the entries of a page go, and why reading it stops.

use std::cell::RefCell;
use std::ops::ControlFlow;

use spanloom_store::series::MetricMetadata;

use super::entry::{Entry, Scraped};
use super::error::PageError;
use super::series::Malformed;

/// Why a page is not read on.
#[derive(Debug)]
pub enum Stop {
    /// Whoever gets the entries wants no more.
    Asked,
    Failed(Box<PageError>),
}

impl From<PageError> for Stop {
    fn from(error: PageError) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// Hands out entries.
pub struct Out<'e> {
    each: &'e mut dyn FnMut(Entry<'_>) -> ControlFlow<()>,
}

impl<'e> Out<'e> {
    pub fn new(each: &'e mut dyn FnMut(Entry<'_>) -> ControlFlow<()>) -> Self {
        Self { each }
    }

    pub fn metadata(&mut self, metadata: Option<MetricMetadata>) -> Result<(), Stop> {
        metadata.map_or(Ok(()), |metadata| self.give(Entry::Metadata(metadata)))
    }

    pub fn sample(&mut self, sample: Scraped<'_>) -> Result<(), Stop> {
        self.give(Entry::Sample(sample))
    }

    /// Hands out a sample whose labels may turn out to be unreadable, and says so.
    pub fn lazy_sample(
        &mut self,
        unreadable: &RefCell<Option<Malformed>>,
        sample: Scraped<'_>,
    ) -> Result<Option<Malformed>, Stop> {
        let given = self.give(Entry::Sample(sample));
        unreadable.take().map_or_else(|| given.map(|()| None), |malformed| Ok(Some(malformed)))
    }

    fn give(&mut self, entry: Entry<'_>) -> Result<(), Stop> {
        match (self.each)(entry) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Stop::Asked),
        }
    }
}

//! The series of an answer while it is made, and their bound.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use crate::promql::labels::Labels;
use crate::promql::sample::Series;
use crate::promql::source::SourceError;

/// As how many samples a series counts by its labels.
const SERIES_SAMPLES: usize = 32;

/// A selection of virtual metrics with more samples than a query may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the service graph has more than {max} samples in this range; ask for fewer series or less time")]
pub(crate) struct TooManySamples {
    pub max: usize,
}

impl From<TooManySamples> for SourceError {
    fn from(error: TooManySamples) -> Self {
        Self(error.to_string())
    }
}

/// Series that grow hour by hour.
#[derive(Debug)]
pub(crate) struct Collected {
    series: BTreeMap<Labels, Series>,
    left: usize,
    max: usize,
}

impl Collected {
    /// For so many samples at the most; a histogram and the labels of a series count as so many as take their room.
    pub fn new(samples_max: usize) -> Self {
        Self { series: BTreeMap::new(), left: samples_max, max: samples_max }
    }

    /// The series of labels, to be added to after [`Self::take`].
    ///
    /// # Errors
    /// When it is new and there is no room for another one.
    pub fn series(&mut self, labels: &Labels) -> Result<&mut Series, TooManySamples> {
        if !self.series.contains_key(labels) {
            self.take(SERIES_SAMPLES)?;
        }
        let new = || Series { labels: labels.clone(), ..Series::default() };
        Ok(self.series.entry(labels.clone()).or_insert_with(new))
    }

    /// Room for samples, before they are added.
    ///
    /// # Errors
    /// When there is none.
    pub fn take(&mut self, samples: usize) -> Result<(), TooManySamples> {
        self.left = self.left.checked_sub(samples).ok_or(TooManySamples { max: self.max })?;
        Ok(())
    }

    /// All series, sorted by labels.
    pub fn done(self) -> Vec<Arc<Series>> {
        self.series.into_values().map(Arc::new).collect()
    }
}

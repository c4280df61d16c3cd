//! One source of series: those that are stored, and those that are derived from the ledger.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::execution::memory_pool::MemoryReservation;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use spanloom_store::series::{Labels, Matcher, Points, SampleQuestion, SeriesId, SeriesSamples};
use spanloom_store::{Store, TenantId};

use super::{DERIVED_RANGE_MS, SAMPLE_BYTES, histogram, read_error};
use crate::error::QueryError;
use crate::prometheus::{Failure, Sought};
use crate::promql::engine::QueryFailure;
use crate::promql::sample::{Column, Series};
use crate::promql::source::{Selection, SeriesSource, SourceError};
use crate::session::Session;
use crate::virtual_metrics;

/// What one query may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub samples_max: usize,
    pub series_max: usize,
}

/// The series of a tenant, as one session's view has them.
pub(crate) struct StoredSource {
    pub store: Store,
    pub tenant: TenantId,
    pub session: Arc<Session>,
    /// Windows that ended before this are told; `i64::MIN`: nothing that is derived.
    pub settled_ms: i64,
    pub limits: Limits,
    /// Of all samples that were fetched; given back with the source.
    pub memory: Mutex<MemoryReservation>,
    /// Why a selection failed, in full.
    pub failure: Mutex<Option<Failure>>,
}

impl SeriesSource for StoredSource {
    fn select<'a>(&'a self, selection: &'a Selection) -> BoxFuture<'a, Result<Vec<Arc<Series>>, SourceError>> {
        async move {
            self.fetch(selection).await.map_err(|error| {
                let message = error.to_string();
                self.failure.lock().get_or_insert(failure(error));
                SourceError(message)
            })
        }
        .boxed()
    }
}

impl StoredSource {
    async fn fetch(&self, selection: &Selection) -> Result<Vec<Arc<Series>>, QueryError> {
        let mut series = self.stored(selection).await?;
        let Limits { samples_max, .. } = self.limits;
        if self.settled_ms > i64::MIN {
            series.extend(virtual_metrics::select(&self.session, selection, self.settled_ms, samples_max).await?);
        }
        Ok(series)
    }

    async fn stored(&self, selection: &Selection) -> Result<Vec<Arc<Series>>, QueryError> {
        // A selection leaves its start out.
        let times_ms = selection.start_ms.saturating_add(1)..=selection.end_ms;
        let (view, Limits { series_max, samples_max }) = (&self.session.view, self.limits);
        let matchers = &selection.matchers;
        let named = self.store.select_series(&self.tenant, view, matchers, times_ms.clone(), series_max).await;
        let named = named.map_err(read_error)?;
        let ids: Vec<SeriesId> = named.iter().map(|(id, _)| *id).collect();
        let question = SampleQuestion { ids: &ids, times_ms, samples_max };
        let read = self.store.read_samples(view, &question).await.map_err(read_error)?;
        let samples: usize = read.iter().map(|series| series.floats.times_ms.len()).sum();
        self.memory.lock().try_grow(samples * SAMPLE_BYTES as usize)?;
        let mut named = named.into_iter();
        // Both are in the order of ids; series without samples are in the first only.
        let series = read.into_iter().filter_map(|samples| {
            let (_, labels) = named.find(|(id, _)| *id == samples.id)?;
            Some(Arc::new(as_series(labels, samples)))
        });
        Ok(series.collect())
    }

    /// The label sets of series that fulfil all conditions of one of the selectors, sorted, each once; of derived ones
    /// those that the last hour of the range has.
    pub async fn series(&self, sought: &Sought) -> Result<Vec<Labels>, QueryError> {
        let mut found: BTreeSet<Labels> = BTreeSet::new();
        for matchers in selectors(sought) {
            let times_ms = sought.range.start_ms..=sought.range.end_ms;
            let (view, max) = (&self.session.view, self.limits.series_max);
            let named = self.store.select_series(&self.tenant, view, matchers, times_ms, max).await;
            found.extend(named.map_err(read_error)?.into_iter().map(|(_, labels)| labels));
            found.extend(self.derived(matchers, sought).await?);
        }
        Ok(found.into_iter().collect())
    }

    /// Derived series of the last hour of the range.
    pub async fn derived(&self, matchers: &[Matcher], sought: &Sought) -> Result<Vec<Labels>, QueryError> {
        let end_ms = sought.range.end_ms.min(self.settled_ms);
        let start_ms = sought.range.start_ms.max(end_ms.saturating_sub(DERIVED_RANGE_MS));
        let selection = Selection { matchers: matchers.to_vec(), start_ms, end_ms };
        let max = self.limits.samples_max;
        let series = virtual_metrics::select(&self.session, &selection, self.settled_ms, max).await?;
        Ok(series.iter().map(|series| series.labels.clone()).collect())
    }
}

/// The selectors of a question; one without conditions if there is none.
pub(super) fn selectors(sought: &Sought) -> Vec<&[Matcher]> {
    if sought.selectors.is_empty() {
        return vec![&[]];
    }
    sought.selectors.iter().map(Vec::as_slice).collect()
}

fn as_series(labels: Labels, samples: SeriesSamples) -> Series {
    let histograms = samples.histograms;
    let values = histograms.values.iter().map(|stored| Arc::new(histogram::of(stored))).collect();
    Series {
        labels,
        floats: column(samples.floats),
        histograms: column(Points { times_ms: histograms.times_ms, values, starts_ms: histograms.starts_ms }),
    }
}

fn column<T>(points: Points<T>) -> Column<T> {
    Column { times_ms: points.times_ms, values: points.values, starts_ms: points.starts_ms }
}

fn failure(error: QueryError) -> Failure {
    match error {
        QueryError::Memory(_) => Failure::TooMuch(format!("{}: {error}", QueryFailure::TooManySamples)),
        error => error.into(),
    }
}

//! What queries and people ask the index. Each answer is of one moment, except where it says otherwise.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use thiserror::Error;

use super::activity::Activity;
use super::cardinality::Cardinality;
use super::memory::block_bytes;
use super::{LabelIndex, PIECE, SeriesIndex};
use crate::series::id::SeriesId;
use crate::series::labels::Labels;
use crate::series::matcher::Matcher;
use crate::series::sample::MetricMetadata;

/// More series fulfil conditions than a question may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{count} series fulfil the conditions, the most is {max}")]
pub struct TooManySelected {
    pub count: usize,
    pub max: usize,
}

/// When a series was last heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastSeen {
    /// The time of its newest sample; `i64::MIN` before the first.
    pub sample_ms: i64,
    pub receive_ms: i64,
}

impl SeriesIndex {
    /// The ids of series that fulfil all conditions, ascending.
    pub fn ids(&self, matchers: &[Matcher]) -> Vec<SeriesId> {
        let mut ids = self.state.read().index.ids(matchers);
        ids.sort_unstable();
        ids
    }

    /// What somebody asks, and which of some series are not there, both of one moment.
    pub(crate) fn ask<T>(&self, ask: impl FnOnce(&LabelIndex) -> T, ids: &[SeriesId]) -> (T, BTreeSet<SeriesId>) {
        let state = self.state.read();
        let unknown = ids.iter().filter(|id| state.index.slot(**id).is_none()).copied().collect();
        (ask(&state.index), unknown)
    }

    /// The series that fulfil all conditions, by id. A series that a sweep drops meanwhile may be missing.
    ///
    /// # Errors
    /// When they are more than `series_max`: labels take memory.
    pub fn select(&self, matchers: &[Matcher], series_max: usize) -> Result<Vec<(SeriesId, Labels)>, TooManySelected> {
        let ids = self.ids(matchers);
        if ids.len() > series_max {
            return Err(TooManySelected { count: ids.len(), max: series_max });
        }
        let labels = self.labels_of_each(&ids);
        Ok(ids.into_iter().zip(labels).filter_map(|(id, labels)| Some((id, labels?))).collect())
    }

    pub fn labels_of(&self, id: SeriesId) -> Option<Labels> {
        self.state.read().labels(id)
    }

    /// The labels of many series, in their order.
    pub fn labels_of_each(&self, ids: &[SeriesId]) -> Vec<Option<Labels>> {
        let mut labels = Vec::with_capacity(ids.len());
        for piece in ids.chunks(PIECE) {
            let state = self.state.read();
            labels.extend(piece.iter().map(|id| state.labels(*id)));
        }
        labels
    }

    pub fn contains(&self, id: SeriesId) -> bool {
        self.state.read().index.slot(id).is_some()
    }

    pub fn last_seen(&self, id: SeriesId) -> Option<LastSeen> {
        let state = self.state.read();
        let activity = state.find(id)?;
        Some(LastSeen { sample_ms: activity.last_sample_ms(), receive_ms: activity.last_receive_ms() })
    }

    /// The names of labels of series that fulfil all conditions, ascending.
    pub fn label_names(&self, matchers: &[Matcher]) -> Vec<Arc<str>> {
        self.state.read().index.label_names(matchers)
    }

    /// The values that series which fulfil all conditions have of a label, ascending.
    pub fn label_values(&self, name: &str, matchers: &[Matcher]) -> Vec<Arc<str>> {
        self.state.read().index.label_values(name, matchers)
    }

    /// What makes the index large; `limit` of each kind.
    pub fn cardinality(&self, limit: usize) -> Cardinality {
        self.state.read().index.cardinality(limit)
    }

    /// What is known of all metric families, by name.
    pub fn metadata(&self) -> Vec<MetricMetadata> {
        self.families.read().all()
    }

    pub fn metadata_of(&self, family: &str) -> Option<MetricMetadata> {
        self.families.read().get(family).cloned()
    }

    /// How many series are active.
    pub fn len(&self) -> usize {
        self.state.read().index.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often labels were met whose id other labels have.
    pub fn collisions(&self) -> u64 {
        self.collisions.load(Ordering::Relaxed)
    }

    /// How often metadata was refused because there are too many families, or the name is too long.
    pub fn families_refused(&self) -> u64 {
        self.families_refused.load(Ordering::Relaxed)
    }

    /// What the index takes, without metadata; an estimate. It walks all labels.
    pub fn memory_bytes(&self) -> usize {
        let state = self.state.read();
        state.index.memory_bytes() + block_bytes(state.activities.capacity() * size_of::<Activity>())
    }
}

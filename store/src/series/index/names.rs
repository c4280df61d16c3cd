//! Names and values of the labels of series, for completion and for variables of dashboards.

use std::collections::HashSet;
use std::sync::Arc;

use super::dictionary::{LabelName, PairId};
use super::hash::FoldState;
use super::label_index::LabelIndex;
use crate::series::matcher::Matcher;

impl LabelIndex {
    /// The names of labels of series that fulfil all conditions, ascending. Without conditions no series is looked at.
    pub fn label_names(&self, matchers: &[Matcher]) -> Vec<Arc<str>> {
        let is_all = matchers.is_empty() && self.dropped.is_empty();
        let selected = if is_all { self.dropped.clone() } else { self.select(matchers) };
        let held = self.dictionary.names().iter();
        let mut names: Vec<Arc<str>> = held
            .filter(|held| is_all || !held.present.is_disjoint(&selected))
            .map(|held| Arc::clone(&held.name))
            .collect();
        names.sort_unstable();
        names
    }

    /// The values that series which fulfil all conditions have of a label, ascending. Without conditions no series is
    /// looked at.
    pub fn label_values(&self, name: &str, matchers: &[Matcher]) -> Vec<Arc<str>> {
        let Some((id, held)) = self.dictionary.find(name) else { return Vec::new() };
        let pairs: Vec<PairId> = if matchers.is_empty() && self.dropped.is_empty() {
            held.values.values().copied().collect()
        } else {
            let mut selected = self.select(matchers);
            selected &= &held.present;
            if selected.len() < held.values.len() as u64 {
                let pairs: HashSet<PairId, FoldState> =
                    selected.iter().filter_map(|slot| self.pair_named(slot, id)).collect();
                pairs.into_iter().collect()
            } else {
                self.pairs_in(held, &selected)
            }
        };
        let mut values: Vec<Arc<str>> = pairs.iter().map(|id| Arc::clone(&self.dictionary.pair(*id).value)).collect();
        values.sort_unstable();
        values
    }

    fn pairs_in(&self, name: &LabelName, selected: &roaring::RoaringBitmap) -> Vec<PairId> {
        name.values.values().copied().filter(|id| self.dictionary.pair(*id).postings.meets(selected)).collect()
    }
}

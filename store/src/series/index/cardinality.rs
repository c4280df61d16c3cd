//! What makes an index large: the metrics, names and labels with the most series, values and bytes.

use std::cmp::Reverse;
use std::sync::Arc;

use super::label_index::LabelIndex;
use crate::series::labels::label::NAME;

/// Something counted, the most first, equals by name.
pub type Ranking<K = Arc<str>> = Vec<(K, u64)>;

/// The statistics that Prometheus serves of its head at `/api/v1/status/tsdb`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cardinality {
    pub series: u64,
    /// How many names there are, and how many pairs of name and value.
    pub label_names: u64,
    pub label_pairs: u64,
    /// Series of each metric.
    pub series_by_metric: Ranking,
    /// Distinct values of each name.
    pub values_by_label_name: Ranking,
    /// Of each name: the bytes of its values, each as often as series have it.
    pub memory_by_label_name: Ranking,
    /// Series with a name and value.
    pub series_by_label_pair: Ranking<(Arc<str>, Arc<str>)>,
}

impl LabelIndex {
    /// Counts all and ranks the first `limit` of each kind. It walks all pairs.
    pub fn cardinality(&self, limit: usize) -> Cardinality {
        let names = self.dictionary.names();
        let mut values = vec![0; names.len()];
        let mut bytes = vec![0; names.len()];
        let mut pairs = Vec::new();
        for pair in self.dictionary.pairs() {
            let series = pair.postings.len_without(&self.dropped);
            if series == 0 {
                continue;
            }
            values[pair.name as usize] += 1;
            bytes[pair.name as usize] += pair.value.len() as u64 * series;
            pairs.push(((self.dictionary.name_of(pair), &pair.value), series));
        }
        let metrics = pairs.iter().filter(|((name, _), _)| &***name == NAME);
        let by_name = |counts: &[u64]| {
            let held = names.iter().zip(counts).filter(|(_, count)| **count > 0);
            ranked(held.map(|(held, count)| (&held.name, *count)).collect(), limit, Arc::clone)
        };
        Cardinality {
            series: self.len() as u64,
            label_names: values.iter().filter(|count| **count > 0).count() as u64,
            label_pairs: pairs.len() as u64,
            series_by_metric: ranked(metrics.map(|((_, value), n)| (*value, *n)).collect(), limit, Arc::clone),
            values_by_label_name: by_name(&values),
            memory_by_label_name: by_name(&bytes),
            series_by_label_pair: ranked(pairs, limit, |(name, value)| (Arc::clone(name), Arc::clone(value))),
        }
    }
}

/// The first `limit`; only those are sorted and made owned.
fn ranked<K: Ord + Copy, O>(mut counted: Vec<(K, u64)>, limit: usize, owned: impl Fn(K) -> O) -> Ranking<O> {
    let order = |(key, count): &(K, u64)| (Reverse(*count), *key);
    if limit < counted.len() {
        counted.select_nth_unstable_by_key(limit, order);
        counted.truncate(limit);
    }
    counted.sort_unstable_by_key(order);
    counted.into_iter().map(|(key, count)| (owned(key), count)).collect()
}

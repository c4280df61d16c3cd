//! The bound on operations: names that clients make up (ids in span names) must not make the table as large as the spans.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::{OperationKey, OperationValues};
use crate::ledger::Weight;

/// Operations of one service in one window that keep their names.
pub const OPERATIONS_MAX: usize = 200;

/// The rows of windows by key.
type Operations = BTreeMap<OperationKey, OperationValues>;
/// Window, cluster, namespace and service.
type Service = (i64, Option<Arc<str>>, Option<Arc<str>>, Option<Arc<str>>);

/// Keeps the most frequent [`OPERATIONS_MAX`] names of each service and window, of equally frequent ones the first in the
/// alphabet; the rest loses its name. Sums stay what they were. A pure function of whole windows: capping parts first
/// could choose others.
pub fn cap(rows: Operations) -> Operations {
    let kept = kept_names(&rows);
    if kept.is_empty() {
        return rows;
    }
    let mut capped = Operations::new();
    for (mut key, values) in rows {
        let is_kept = |kept: &HashSet<Arc<str>>| key.operation.as_ref().is_some_and(|name| kept.contains(name));
        if !kept.get(&service_of(&key)).is_none_or(is_kept) {
            key.operation = None;
        }
        capped.entry(key).or_default().merge(&values);
    }
    capped
}

/// The names that stay, of those services that have too many.
fn kept_names(rows: &Operations) -> BTreeMap<Service, HashSet<Arc<str>>> {
    let mut counts: BTreeMap<Service, BTreeMap<&Arc<str>, Weight>> = BTreeMap::new();
    for (key, values) in rows {
        if let Some(name) = &key.operation {
            *counts.entry(service_of(key)).or_default().entry(name).or_default() += values.count;
        }
    }
    counts.retain(|_, names| names.len() > OPERATIONS_MAX);
    counts.into_iter().map(|(service, names)| (service, most_frequent(names))).collect()
}

fn most_frequent(names: BTreeMap<&Arc<str>, Weight>) -> HashSet<Arc<str>> {
    let mut names: Vec<_> = names.into_iter().map(|(name, count)| (Reverse(count), name)).collect();
    names.sort_unstable();
    names.into_iter().take(OPERATIONS_MAX).map(|(_, name)| Arc::clone(name)).collect()
}

fn service_of(key: &OperationKey) -> Service {
    (key.window_ns, key.cluster.clone(), key.namespace.clone(), key.service.clone())
}

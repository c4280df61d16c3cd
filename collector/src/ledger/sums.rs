//! Observations added up to the rows of a window.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use arrow::array::RecordBatch;
use foldhash::fast::RandomState;
use spanloom_store::ledger::{Evidence, Exemplar};
use spanloom_store::schema::edges::{EdgeKey, EdgeRow, EdgeValues, EdgesBuilder};
use spanloom_store::schema::identities::{IdentitiesBuilder, IdentityKey, IdentityRow, IdentityValues};
use spanloom_store::schema::operations::{OperationKey, OperationValues, OperationsBuilder, cap};

use crate::pair::{Observation, Operation};

/// Rows of a window of edges that are kept; a mesh has some ten thousand, and a client that makes up names must not take
/// all memory.
pub(super) const EDGES_MAX: usize = 200_000;
/// Rows of a window of operations before they are capped by service.
pub(super) const OPERATIONS_MAX: usize = 500_000;
/// Statements of an hour.
pub(super) const STATEMENTS_MAX: usize = 200_000;

/// The edges of one window.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct EdgeSums {
    rows: HashMap<EdgeKey, EdgeValues, RandomState>,
    /// Observations beyond [`EDGES_MAX`] rows.
    pub dropped: u64,
}

impl EdgeSums {
    pub fn add(&mut self, observation: &Observation) {
        let key = EdgeKey {
            window_ns: observation.window_ns(),
            source: observation.source.clone(),
            target: observation.target.clone(),
            protocol: observation.protocol,
            observer: observation.observer,
            evidence: Evidence::Span,
            reason: observation.reason,
        };
        match self.row(key) {
            Some(row) => record(row, observation),
            None => self.dropped += 1,
        }
    }

    pub fn merge_row(&mut self, key: EdgeKey, values: &EdgeValues) {
        match self.row(key) {
            Some(row) => row.merge(values),
            None => self.dropped += values.observed.unsigned_abs(),
        }
    }

    /// The row of a key; `None` if there is no room for it.
    fn row(&mut self, key: EdgeKey) -> Option<&mut EdgeValues> {
        let is_full = self.rows.len() >= EDGES_MAX;
        match self.rows.entry(key) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(_) if is_full => None,
            Entry::Vacant(new) => Some(new.insert(EdgeValues::default())),
        }
    }

    /// Adds rows of shorter windows that lie in the window.
    pub fn merge_into_window(&mut self, window_ns: i64, rows: Vec<EdgeRow>) {
        for EdgeRow { mut key, values } in rows {
            key.window_ns = window_ns;
            self.merge_row(key, &values);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// In the order of keys.
    pub fn batch(&self) -> RecordBatch {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_unstable_by_key(|(key, _)| *key);
        let mut builder = EdgesBuilder::default();
        rows.into_iter().for_each(|(key, values)| builder.append(key, values));
        builder.finish()
    }
}

fn record(values: &mut EdgeValues, observation: &Observation) {
    let weight = observation.weight;
    *values.requests.get_or_insert_default() += weight;
    *values.attempts.get_or_insert_default() += weight.repeated(observation.attempts);
    values.observed = values.observed.saturating_add(1);
    values.outcomes.record(observation.outcome, weight);
    values.latency.record(observation.latency_ns, weight);
    observation.split.parts().for_each(|(segment, time_ns)| values.split.record(segment, time_ns, weight));
    observation.flags().for_each(|flag| values.response_flags.record(flag, weight));
    values.exemplars.record(Exemplar {
        trace_id: observation.trace_id,
        span_id: observation.span_id,
        duration_ns: observation.latency_ns,
        outcome: observation.outcome,
    });
}

/// The operations of one minute, before they are capped.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct OperationSums {
    rows: HashMap<OperationKey, OperationValues, RandomState>,
    /// Spans beyond [`OPERATIONS_MAX`] rows.
    pub dropped: u64,
}

impl OperationSums {
    pub fn add(&mut self, operation: &Operation) {
        let key = OperationKey {
            window_ns: operation.window_ns(),
            cluster: operation.cluster.clone(),
            namespace: operation.namespace.clone(),
            service: operation.service.clone(),
            operation: operation.operation.clone(),
            kind: operation.kind.as_otlp(),
            status_code: operation.status_code,
        };
        let is_full = self.rows.len() >= OPERATIONS_MAX;
        let values = match self.rows.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(_) if is_full => {
                self.dropped += 1;
                return;
            }
            Entry::Vacant(new) => new.insert(OperationValues::default()),
        };
        values.count += operation.weight;
        if operation.outcome.is_error() {
            values.errors += operation.weight;
        }
        values.latency.record(operation.latency_ns, operation.weight);
        values.exemplars.record(Exemplar {
            trace_id: operation.trace_id,
            span_id: operation.span_id,
            duration_ns: operation.latency_ns,
            outcome: operation.outcome,
        });
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// At most 200 names for each service.
    pub fn batch(self) -> RecordBatch {
        let mut builder = OperationsBuilder::default();
        cap(self.rows.into_iter().collect()).iter().for_each(|(key, values)| builder.append(key, values));
        builder.finish()
    }
}

/// What was said of names in one hour.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Statements {
    rows: BTreeMap<IdentityKey, IdentityValues>,
    /// Statements beyond [`STATEMENTS_MAX`].
    pub dropped: u64,
}

impl Statements {
    /// Returns whether nobody had said so before.
    pub fn add(&mut self, row: &IdentityRow) -> bool {
        if let Some(known) = self.rows.get_mut(&row.key) {
            known.merge(&row.values);
            return false;
        }
        if self.rows.len() >= STATEMENTS_MAX {
            self.dropped += 1;
            return false;
        }
        self.rows.insert(row.key.clone(), row.values);
        true
    }

    /// Adds a statement if nobody had said so before. Returns whether it did.
    pub fn learn(&mut self, row: &IdentityRow) -> bool {
        !self.rows.contains_key(&row.key) && self.add(row)
    }

    /// Returns whether something had not been said before.
    pub fn add_all(&mut self, other: Self) -> bool {
        let rows = other.rows.into_iter().map(|(key, values)| IdentityRow { key, values });
        rows.filter(|row| self.add(row)).count() > 0
    }

    pub fn batch(&self) -> RecordBatch {
        let mut builder = IdentitiesBuilder::default();
        self.rows.iter().for_each(|(key, values)| builder.append(key, values));
        builder.finish()
    }
}

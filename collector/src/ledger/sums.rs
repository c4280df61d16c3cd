//! Observations added up to the rows of a window.

use std::collections::{BTreeMap, HashMap};

use arrow::array::RecordBatch;
use spanloom_store::ledger::{Evidence, Exemplar, Exemplars, Flags, Histogram, Outcomes, Split, Weight};
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
    rows: HashMap<EdgeKey, EdgeValues>,
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
        self.merge_row(key, &values_of(observation));
    }

    pub fn merge_row(&mut self, key: EdgeKey, values: &EdgeValues) {
        let is_full = self.rows.len() >= EDGES_MAX;
        match self.rows.get_mut(&key) {
            Some(known) => known.merge(values),
            None if is_full => self.dropped += values.observed.unsigned_abs(),
            None => {
                self.rows.insert(key, values.clone());
            }
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

fn values_of(observation: &Observation) -> EdgeValues {
    let weight = observation.weight;
    let mut values = EdgeValues {
        requests: Some(weight),
        observed: 1,
        attempts: Some(weight.repeated(observation.attempts)),
        ..EdgeValues::default()
    };
    let mut outcomes = Outcomes::default();
    outcomes.record(observation.outcome, weight);
    let mut latency = Histogram::default();
    latency.record(observation.latency_ns, weight);
    let mut split = Split::default();
    observation.split.parts().for_each(|(segment, time_ns)| split.record(segment, time_ns, weight));
    let mut flags = Flags::default();
    observation.flags().for_each(|flag| flags.record(flag, weight));
    values.exemplars.record(Exemplar {
        trace_id: observation.trace_id,
        span_id: observation.span_id,
        duration_ns: observation.latency_ns,
        outcome: observation.outcome,
    });
    EdgeValues { outcomes, latency, split, response_flags: flags, ..values }
}

/// The operations of one minute, before they are capped.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct OperationSums {
    rows: BTreeMap<OperationKey, OperationValues>,
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
        if self.rows.len() >= OPERATIONS_MAX && !self.rows.contains_key(&key) {
            self.dropped += 1;
            return;
        }
        self.rows.entry(key).or_default().merge(&operation_values(operation));
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// At most 200 names for each service.
    pub fn batch(self) -> RecordBatch {
        let mut builder = OperationsBuilder::default();
        cap(self.rows).iter().for_each(|(key, values)| builder.append(key, values));
        builder.finish()
    }
}

fn operation_values(operation: &Operation) -> OperationValues {
    let mut latency = Histogram::default();
    latency.record(operation.latency_ns, operation.weight);
    let mut exemplars = Exemplars::default();
    exemplars.record(Exemplar {
        trace_id: operation.trace_id,
        span_id: operation.span_id,
        duration_ns: operation.latency_ns,
        outcome: operation.outcome,
    });
    let errors = if operation.outcome.is_error() { operation.weight } else { Weight::ZERO };
    OperationValues { count: operation.weight, errors, latency, exemplars }
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

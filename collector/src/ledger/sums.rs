//! Observations added up to the rows of a window.
//!
//! What was added can be taken back: a window that is open follows its traces as they change, for the price of what changed.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use arrow::array::RecordBatch;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use spanloom_store::ledger::{Evidence, Exemplar, Side};
use spanloom_store::schema::edges::{EdgeKey, EdgeRow, EdgeValues, EdgesBuilder};
use spanloom_store::schema::identities::{IdentitiesBuilder, IdentityKey, IdentityValues};
use spanloom_store::schema::operations::{OperationKey, OperationValues, OperationsBuilder, cap};

use crate::pair::{Interned, Observation, Observations, Operation, OperationName, Statement, hash_one};

/// Rows of a window of edges that are kept; a mesh has some ten thousand, and a client that makes up names must not take
/// all memory.
pub(super) const EDGES_MAX: usize = 200_000;
/// Rows of a window of operations before they are capped by service.
pub(super) const OPERATIONS_MAX: usize = 500_000;
/// Statements of an hour.
pub(super) const STATEMENTS_MAX: usize = 200_000;

/// What a trace adds to one row of one window: a request as one observer saw it, or a span as an operation.
pub(super) trait Part: Debug + Ord {
    type Key: Debug + Clone + Ord;
    type Values: Debug + Clone + Default + PartialEq;

    /// Rows of a window that are kept.
    const ROWS_MAX: usize;

    /// Those of a trace, sorted.
    fn of(observations: &Observations) -> &[Self]
    where
        Self: Sized;
    /// Start of the window.
    fn window_ns(&self) -> i64;
    fn end_ns(&self) -> i64;
    fn key(&self) -> Self::Key;
    /// The hash of its key: as [`Self::hash_of`] that.
    fn hash(&self) -> u64;
    fn hash_of(key: &Self::Key) -> u64;
    fn is_of(&self, key: &Self::Key) -> bool;
    /// What stands for the row, if it is chosen.
    fn exemplar(&self) -> Exemplar;
    fn record(&self, values: &mut Self::Values);
    /// Takes back what it has recorded. `is_kept`: another part of the row has the same exemplar. Returns whether the values
    /// are now those of the others; if not they are worthless.
    fn take_back(&self, values: &mut Self::Values, is_kept: bool) -> bool;
    /// Whether nothing is recorded in them.
    fn is_empty(values: &Self::Values) -> bool;
}

/// The rows of one window.
#[derive(Debug)]
pub(super) struct Sums<P: Part> {
    rows: HashTable<Row<P>>,
    /// Parts beyond [`Part::ROWS_MAX`] rows.
    pub dropped: u64,
}

#[derive(Debug)]
struct Row<P: Part> {
    hash: u64,
    key: P::Key,
    values: P::Values,
}

/// The edges of one window.
pub(super) type EdgeSums = Sums<Observation>;
/// The operations of one minute, before they are capped.
pub(super) type OperationSums = Sums<Operation>;

impl<P: Part> Clone for Row<P> {
    fn clone(&self) -> Self {
        Self { hash: self.hash, key: self.key.clone(), values: self.values.clone() }
    }
}

impl<P: Part> Clone for Sums<P> {
    fn clone(&self) -> Self {
        Self { rows: self.rows.clone(), dropped: self.dropped }
    }
}

impl<P: Part> Default for Sums<P> {
    fn default() -> Self {
        Self { rows: HashTable::new(), dropped: 0 }
    }
}

impl<P: Part> PartialEq for Sums<P> {
    fn eq(&self, other: &Self) -> bool {
        self.dropped == other.dropped && self.sorted() == other.sorted()
    }
}

impl<P: Part> Sums<P> {
    pub fn add(&mut self, part: &P) {
        self.add_hashed(part.hash(), part);
    }

    /// `hash`: that of the part.
    pub fn add_hashed(&mut self, hash: u64, part: &P) {
        match self.row(hash, |key| part.is_of(key), || part.key()) {
            Some(values) => part.record(values),
            None => self.dropped += 1,
        }
    }

    /// Takes back what was added, as [`Part::take_back`] does.
    pub fn take_back(&mut self, hash: u64, part: &P, is_kept: bool) -> bool {
        let Ok(mut row) = self.rows.find_entry(hash, |row| part.is_of(&row.key)) else { return false };
        let is_done = part.take_back(&mut row.get_mut().values, is_kept);
        if is_done && P::is_empty(&row.get().values) {
            row.remove();
        }
        is_done
    }

    /// Puts rows back to what they are in `base`: those whose hashes are given.
    pub fn reset(&mut self, base: &Self, is_reset: impl Fn(u64) -> bool) {
        self.rows.retain(|row| !is_reset(row.hash));
        for row in base.rows.iter().filter(|row| is_reset(row.hash)) {
            self.rows.insert_unique(row.hash, row.clone(), |row| row.hash);
        }
    }

    /// The values of a key; `None` if there is no room for it.
    fn row(
        &mut self,
        hash: u64,
        is_key: impl Fn(&P::Key) -> bool,
        key: impl FnOnce() -> P::Key,
    ) -> Option<&mut P::Values> {
        use hashbrown::hash_table::Entry;
        let is_full = self.rows.len() >= P::ROWS_MAX;
        match self.rows.entry(hash, |row| is_key(&row.key), |row| row.hash) {
            Entry::Occupied(known) => Some(&mut known.into_mut().values),
            Entry::Vacant(_) if is_full => None,
            Entry::Vacant(new) => {
                let row = Row { hash, key: key(), values: P::Values::default() };
                Some(&mut new.insert(row).into_mut().values)
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn sorted(&self) -> BTreeMap<&P::Key, &P::Values> {
        self.rows.iter().map(|row| (&row.key, &row.values)).collect()
    }
}

impl EdgeSums {
    pub fn merge_row(&mut self, key: EdgeKey, values: &EdgeValues) {
        match self.row(Observation::hash_of(&key), |known| *known == key, || key.clone()) {
            Some(row) => row.merge(values),
            None => self.dropped += values.observed.unsigned_abs(),
        }
    }

    /// Adds rows of shorter windows that lie in the window.
    pub fn merge_into_window(&mut self, window_ns: i64, rows: Vec<EdgeRow>) {
        for EdgeRow { mut key, values } in rows {
            key.window_ns = window_ns;
            self.merge_row(key, &values);
        }
    }

    /// In the order of keys.
    pub fn batch(&self) -> RecordBatch {
        let mut builder = EdgesBuilder::default();
        self.sorted().into_iter().for_each(|(key, values)| builder.append(key, values));
        builder.finish()
    }
}

impl OperationSums {
    /// At most 200 names for each service.
    pub fn batch(&self) -> RecordBatch {
        let mut builder = OperationsBuilder::default();
        let rows = self.rows.iter().map(|row| (row.key.clone(), row.values.clone()));
        cap(rows.collect()).iter().for_each(|(key, values)| builder.append(key, values));
        builder.finish()
    }
}

impl Part for Observation {
    type Key = EdgeKey;
    type Values = EdgeValues;

    const ROWS_MAX: usize = EDGES_MAX;

    fn of(observations: &Observations) -> &[Self] {
        &observations.rows
    }

    fn window_ns(&self) -> i64 {
        self.window_ns()
    }

    fn end_ns(&self) -> i64 {
        self.end_ns
    }

    fn key(&self) -> EdgeKey {
        EdgeKey {
            window_ns: self.window_ns(),
            source: Side::clone(&self.source),
            target: Side::clone(&self.target),
            protocol: self.protocol,
            observer: self.observer,
            evidence: Evidence::Span,
            reason: self.reason,
        }
    }

    // Within a window; evidence of two kinds is rare enough to share a hash.
    fn hash(&self) -> u64 {
        hash_one((self.source.hash(), self.target.hash(), self.protocol, self.observer, self.reason))
    }

    fn hash_of(key: &EdgeKey) -> u64 {
        hash_one((hash_one(&key.source), hash_one(&key.target), key.protocol, key.observer, key.reason))
    }

    fn is_of(&self, key: &EdgeKey) -> bool {
        self.window_ns() == key.window_ns
            && self.protocol == key.protocol
            && self.observer == key.observer
            && self.reason == key.reason
            && key.evidence == Evidence::Span
            && *self.source == key.source
            && *self.target == key.target
    }

    fn exemplar(&self) -> Exemplar {
        Exemplar { trace_id: self.trace_id, span_id: self.span_id, duration_ns: self.latency_ns, outcome: self.outcome }
    }

    fn record(&self, values: &mut EdgeValues) {
        let weight = self.weight;
        *values.requests.get_or_insert_default() += weight;
        *values.attempts.get_or_insert_default() += weight.repeated(self.attempts);
        values.observed = values.observed.saturating_add(1);
        values.outcomes.record(self.outcome, weight);
        values.latency.record(self.latency_ns, weight);
        self.split.parts().for_each(|(segment, time_ns)| values.split.record(segment, time_ns, weight));
        self.flags().for_each(|flag| values.response_flags.record(flag, weight));
        values.exemplars.record(self.exemplar());
    }

    fn take_back(&self, values: &mut EdgeValues, is_kept: bool) -> bool {
        let weight = self.weight;
        values.observed -= 1;
        if values.observed == 0 {
            return true;
        }
        values.requests = values.requests.and_then(|requests| requests.without(weight));
        values.attempts = values.attempts.and_then(|attempts| attempts.without(weight.repeated(self.attempts)));
        values.requests.is_some()
            && values.attempts.is_some()
            && values.outcomes.take_back(self.outcome, weight)
            && values.latency.take_back(self.latency_ns, weight, is_kept)
            && self.split.parts().all(|(segment, time_ns)| values.split.take_back(segment, time_ns, weight))
            && self.flags().all(|flag| values.response_flags.take_back(flag, weight))
            && (is_kept || !values.exemplars.has(&self.exemplar()))
    }

    fn is_empty(values: &EdgeValues) -> bool {
        values.observed == 0
    }
}

impl Part for Operation {
    type Key = OperationKey;
    type Values = OperationValues;

    const ROWS_MAX: usize = OPERATIONS_MAX;

    fn of(observations: &Observations) -> &[Self] {
        &observations.operations
    }

    fn window_ns(&self) -> i64 {
        self.window_ns()
    }

    fn end_ns(&self) -> i64 {
        self.end_ns
    }

    fn key(&self) -> OperationKey {
        let OperationName { cluster, namespace, service, operation } = OperationName::clone(&self.name);
        OperationKey {
            window_ns: self.window_ns(),
            cluster,
            namespace,
            service,
            operation,
            kind: self.kind.as_otlp(),
            status_code: self.status_code,
        }
    }

    fn hash(&self) -> u64 {
        hash_one((self.name.hash(), self.kind.as_otlp(), self.status_code))
    }

    fn hash_of(key: &OperationKey) -> u64 {
        let OperationKey { cluster, namespace, service, operation, .. } = key.clone();
        hash_one((hash_one(OperationName { cluster, namespace, service, operation }), key.kind, key.status_code))
    }

    fn is_of(&self, key: &OperationKey) -> bool {
        self.window_ns() == key.window_ns
            && self.kind.as_otlp() == key.kind
            && self.status_code == key.status_code
            && self.name.operation == key.operation
            && self.name.service == key.service
            && self.name.namespace == key.namespace
            && self.name.cluster == key.cluster
    }

    fn exemplar(&self) -> Exemplar {
        Exemplar { trace_id: self.trace_id, span_id: self.span_id, duration_ns: self.latency_ns, outcome: self.outcome }
    }

    fn record(&self, values: &mut OperationValues) {
        values.count += self.weight;
        if self.outcome.is_error() {
            values.errors += self.weight;
        }
        values.latency.record(self.latency_ns, self.weight);
        values.exemplars.record(self.exemplar());
    }

    fn take_back(&self, values: &mut OperationValues, is_kept: bool) -> bool {
        let Some(count) = values.count.without(self.weight).filter(|_| !self.weight.is_zero()) else { return false };
        values.count = count;
        if count.is_zero() {
            return true;
        }
        if self.outcome.is_error() {
            let Some(errors) = values.errors.without(self.weight) else { return false };
            values.errors = errors;
        }
        values.latency.take_back(self.latency_ns, self.weight, is_kept)
            && (is_kept || !values.exemplars.has(&self.exemplar()))
    }

    /// No observed span weighs nothing.
    fn is_empty(values: &OperationValues) -> bool {
        values.count.is_zero()
    }
}

/// What was said of names in one hour.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Statements {
    rows: HashMap<Interned<IdentityKey>, IdentityValues, RandomState>,
    /// Statements beyond [`STATEMENTS_MAX`].
    pub dropped: u64,
}

impl Statements {
    /// Returns whether nobody had said so before.
    pub fn add(&mut self, row: &Statement) -> bool {
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

    /// Whether there is room for so many more.
    pub fn has_room(&self, more: usize) -> bool {
        self.rows.len() + more <= STATEMENTS_MAX
    }

    /// Adds a statement if nobody had said so before. Returns whether it did.
    pub fn learn(&mut self, row: &Statement) -> bool {
        !self.rows.contains_key(&row.key) && self.add(row)
    }

    /// Returns whether something had not been said before.
    pub fn add_all(&mut self, other: Self) -> bool {
        let rows = other.rows.into_iter().map(|(key, values)| Statement { key, values });
        rows.filter(|row| self.add(row)).count() > 0
    }

    pub fn batch(&self) -> RecordBatch {
        let mut builder = IdentitiesBuilder::default();
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_unstable_by_key(|(key, _)| *key);
        rows.into_iter().for_each(|(key, values)| builder.append(key, values));
        builder.finish()
    }
}

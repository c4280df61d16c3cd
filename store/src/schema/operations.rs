//! Table `operations`: what each service did, per minute, operation, kind and status.

use std::sync::Arc;

use crate::ledger::{Exemplars, Histogram, Weight};

/// Rows with equal keys are additive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationKey {
    /// Start of the minute in which the spans ended.
    pub window_ns: i64,
    pub cluster: Option<Arc<str>>,
    pub namespace: Option<Arc<str>>,
    /// The raw `service.name`.
    pub service: Option<Arc<str>>,
    /// The span's name; `None` for all operations beyond the bound together.
    pub operation: Option<Arc<str>>,
    /// OTLP `SpanKind`.
    pub kind: i32,
    /// OTLP `StatusCode`.
    pub status_code: i32,
}

/// What is added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperationValues {
    /// Spans, corrected for sampling.
    pub count: Weight,
    /// Of them those that are errors by the rules of the ledger.
    pub errors: Weight,
    pub latency: Histogram,
    pub exemplars: Exemplars,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRow {
    pub key: OperationKey,
    pub values: OperationValues,
}

impl OperationValues {
    /// Adds a part; the result is the same whatever the order.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.errors += other.errors;
        self.latency.merge(&other.latency);
        self.exemplars.merge(&other.exemplars);
    }
}

impl OperationRow {
    /// Adds a row with an equal key.
    pub fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.key, other.key, "only rows of one operation are added up");
        self.values.merge(&other.values);
    }
}

//! Tables `edges`, `edges_1m` and `edges_10m`: the ledger, in windows of three lengths.
//!
//! A row is what one observer saw of one edge in one window by one kind of evidence. Rows with equal [`EdgeKey`] are parts
//! of one observation and are added up; rows of two observers or two kinds of evidence never are.

mod builder;
mod reader;

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

pub use builder::EdgesBuilder;
pub use reader::read;

use super::measures::{exemplars_type, flags_type, histogram_type, principals_type, split_type};
use crate::ledger::{
    Evidence, Exemplars, Flags, Histogram, Observer, Outcomes, Principals, Protocol, Reason, Side, Split, Weight,
};

/// The columns of [`EdgeKey`], by which files are sorted.
pub(super) const KEY_COLUMNS: &[&str] = &[
    "window_ns",
    "source_namespace",
    "source_service",
    "target_namespace",
    "target_service",
    "target_host",
    "target_inferred",
    "protocol",
    "observer",
    "evidence",
    "reason",
    "source_cluster",
    "source_workload",
    "source_revision",
    "source_principal",
    "source_host",
    "source_kind",
    "source_inferred",
    "target_cluster",
    "target_workload",
    "target_revision",
    "target_principal",
    "target_kind",
];

/// The schema of batches and of scans, `hour` first.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(build_schema);
    Arc::clone(&SCHEMA)
}

fn build_schema() -> SchemaRef {
    let field = Field::new;
    let mut fields = vec![field("hour", DataType::Utf8View, false), field("window_ns", DataType::Int64, false)];
    fields.extend(SideColumns::SOURCE.all().map(|name| field(name, DataType::Utf8View, true)));
    fields.extend(SideColumns::TARGET.all().map(|name| field(name, DataType::Utf8View, true)));
    fields.extend([
        field("protocol", DataType::Utf8View, false),
        field("observer", DataType::Utf8View, false),
        field("evidence", DataType::Utf8View, false),
        field("reason", DataType::Utf8View, true),
        field("requests", DataType::Float64, true),
        field("observed", DataType::Int64, false),
        field("attempts", DataType::Float64, true),
        field("errors_no_response", DataType::Float64, false),
        field("errors_http_5xx", DataType::Float64, false),
        field("errors_grpc", DataType::Float64, false),
        field("errors_status", DataType::Float64, false),
        field("http_4xx", DataType::Float64, false),
        field("latency", histogram_type(), true),
        field("split", split_type(), true),
        field("request_bytes", DataType::Int64, true),
        field("response_bytes", DataType::Int64, true),
        field("connections", DataType::Float64, true),
        field("mtls", DataType::Float64, true),
        field("response_flags", flags_type(), true),
        field("principals", principals_type(), true),
        field("spread", DataType::Boolean, false),
        field("exemplars", exemplars_type(), true),
        field("revision", DataType::Int64, false),
        field("writer", DataType::Utf8View, true),
    ]);
    Arc::new(Schema::new(fields))
}

/// The columns of one side.
struct SideColumns {
    cluster: &'static str,
    namespace: &'static str,
    service: &'static str,
    workload: &'static str,
    revision: &'static str,
    principal: &'static str,
    host: &'static str,
    kind: &'static str,
    inferred: &'static str,
}

impl SideColumns {
    const SOURCE: Self = Self {
        cluster: "source_cluster",
        namespace: "source_namespace",
        service: "source_service",
        workload: "source_workload",
        revision: "source_revision",
        principal: "source_principal",
        host: "source_host",
        kind: "source_kind",
        inferred: "source_inferred",
    };
    const TARGET: Self = Self {
        cluster: "target_cluster",
        namespace: "target_namespace",
        service: "target_service",
        workload: "target_workload",
        revision: "target_revision",
        principal: "target_principal",
        host: "target_host",
        kind: "target_kind",
        inferred: "target_inferred",
    };

    /// In the order of the schema.
    fn all(&self) -> impl Iterator<Item = &'static str> {
        let who = [self.cluster, self.namespace, self.service, self.workload, self.revision, self.principal];
        who.into_iter().chain([self.host, self.kind, self.inferred])
    }
}

/// Rows with equal keys are additive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeKey {
    /// Start of the window. A call belongs to the window in which it *ended*.
    pub window_ns: i64,
    pub source: Side,
    pub target: Side,
    pub protocol: Protocol,
    pub observer: Observer,
    pub evidence: Evidence,
    /// Set if the row is not an edge between two sides.
    pub reason: Option<Reason>,
}

/// What is added up. A number that this observer cannot know is `None`, which is not zero: a reader then asks the next
/// observer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EdgeValues {
    /// Logical calls, corrected for sampling.
    pub requests: Option<Weight>,
    /// What was in fact seen, uncorrected: how well founded the row is.
    pub observed: i64,
    /// Tries, corrected for sampling; more than the requests where there were retries.
    pub attempts: Option<Weight>,
    /// Of the requests; says nothing where those are `None`.
    pub outcomes: Outcomes,
    /// Of the requests, after retries.
    pub latency: Histogram,
    pub split: Split,
    pub request_bytes: Option<i64>,
    pub response_bytes: Option<i64>,
    pub connections: Option<Weight>,
    /// Requests, or where there are none connections, under mutual TLS.
    pub mtls: Option<Weight>,
    /// Envoy's response flags with the number of calls that had them.
    pub response_flags: Flags,
    /// Principals seen on the wire.
    pub principals: Principals,
    /// Whether a counter's difference over several windows was spread evenly over them.
    pub is_spread: bool,
    pub exemplars: Exemplars,
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeRow {
    pub key: EdgeKey,
    pub values: EdgeValues,
}

impl EdgeValues {
    /// Adds a part of the same observation; the result is the same whatever the order.
    pub fn merge(&mut self, other: &Self) {
        add(&mut self.requests, other.requests);
        self.observed = self.observed.saturating_add(other.observed);
        add(&mut self.attempts, other.attempts);
        self.outcomes.merge(other.outcomes);
        self.latency.merge(&other.latency);
        self.split.merge(&other.split);
        add_bytes(&mut self.request_bytes, other.request_bytes);
        add_bytes(&mut self.response_bytes, other.response_bytes);
        add(&mut self.connections, other.connections);
        add(&mut self.mtls, other.mtls);
        self.response_flags.merge(&other.response_flags);
        self.principals.merge(&other.principals);
        self.is_spread |= other.is_spread;
        self.exemplars.merge(&other.exemplars);
    }
}

impl EdgeRow {
    /// Adds a row with an equal key.
    pub fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.key, other.key, "only rows of one observation are added up");
        self.values.merge(&other.values);
    }
}

fn add(known: &mut Option<Weight>, other: Option<Weight>) {
    if let Some(other) = other {
        *known.get_or_insert_default() += other;
    }
}

fn add_bytes(known: &mut Option<i64>, other: Option<i64>) {
    if let Some(other) = other {
        let known = known.get_or_insert_default();
        *known = known.saturating_add(other);
    }
}

#[cfg(test)]
mod tests;

//! Table `identities`: which raw name or host was said to be which identity, per hour.
//!
//! Each row is one statement of the stored spans. Which of several statements counts is decided by who reads them.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Int64Array, Int64Builder, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::columns::StringColumn;
use super::measures::{Columns, InvalidRow};
use super::window::unwritten;
use crate::ledger::{NameKind, Origin};
use crate::time::hour_text;

/// The columns of [`IdentityKey`], by which files are sorted.
pub(super) const KEY_COLUMNS: &[&str] =
    &["window_ns", "name", "name_kind", "origin", "namespace", "service", "workload", "cluster"];

/// The schema of batches and of scans, `hour` first.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let field = Field::new;
        Arc::new(Schema::new(vec![
            field("hour", DataType::Utf8View, false),
            field("window_ns", DataType::Int64, false),
            field("name", DataType::Utf8View, false),
            field("name_kind", DataType::Utf8View, false),
            field("origin", DataType::Utf8View, false),
            field("cluster", DataType::Utf8View, true),
            field("namespace", DataType::Utf8View, true),
            field("service", DataType::Utf8View, true),
            field("workload", DataType::Utf8View, true),
            field("observed", DataType::Int64, false),
            field("first_ns", DataType::Int64, false),
            field("last_ns", DataType::Int64, false),
            field("revision", DataType::Int64, false),
            field("writer", DataType::Utf8View, true),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// Rows with equal keys are additive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityKey {
    /// Start of the hour in which it was said.
    pub window_ns: i64,
    /// The raw name or the host.
    pub name: Arc<str>,
    pub name_kind: NameKind,
    /// What said it.
    pub origin: Origin,
    pub cluster: Option<Arc<str>>,
    pub namespace: Option<Arc<str>>,
    /// The raw `service.name` of the identity.
    pub service: Option<Arc<str>>,
    pub workload: Option<Arc<str>>,
}

/// What is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityValues {
    /// How often it was said: the name that a node was seen by most is its first one.
    pub observed: i64,
    pub first_ns: i64,
    pub last_ns: i64,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRow {
    pub key: IdentityKey,
    pub values: IdentityValues,
}

impl IdentityValues {
    /// A statement made once.
    pub fn at(time_ns: i64) -> Self {
        Self { observed: 1, first_ns: time_ns, last_ns: time_ns }
    }

    /// Adds a part; the result is the same whatever the order.
    pub fn merge(&mut self, other: &Self) {
        self.observed = self.observed.saturating_add(other.observed);
        self.first_ns = self.first_ns.min(other.first_ns);
        self.last_ns = self.last_ns.max(other.last_ns);
    }
}

impl IdentityRow {
    /// Adds a row with an equal key.
    pub fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.key, other.key, "only equal statements are added up");
        self.values.merge(&other.values);
    }
}

/// Builds batches of the table; the store says `revision` and `writer` when it writes a window.
#[derive(Default)]
pub struct IdentitiesBuilder {
    hour: StringColumn,
    window_ns: Int64Builder,
    name: StringColumn,
    name_kind: StringColumn,
    origin: StringColumn,
    cluster: StringColumn,
    namespace: StringColumn,
    service: StringColumn,
    workload: StringColumn,
    observed: Int64Builder,
    first_ns: Int64Builder,
    last_ns: Int64Builder,
    rows: usize,
}

impl IdentitiesBuilder {
    pub fn append(&mut self, key: &IdentityKey, values: &IdentityValues) {
        self.hour.append_option(Some(&hour_text(key.window_ns)));
        self.window_ns.append_value(key.window_ns);
        self.name.append_option(Some(&key.name));
        self.name_kind.append_option(Some(key.name_kind.as_str()));
        self.origin.append_option(Some(key.origin.as_str()));
        self.cluster.append_option(key.cluster.as_deref());
        self.namespace.append_option(key.namespace.as_deref());
        self.service.append_option(key.service.as_deref());
        self.workload.append_option(key.workload.as_deref());
        self.observed.append_value(values.observed);
        self.first_ns.append_value(values.first_ns);
        self.last_ns.append_value(values.last_ns);
        self.rows += 1;
    }

    pub fn finish(mut self) -> RecordBatch {
        let mut columns: Vec<ArrayRef> = vec![
            self.hour.finish(),
            Arc::new(self.window_ns.finish()),
            self.name.finish(),
            self.name_kind.finish(),
            self.origin.finish(),
            self.cluster.finish(),
            self.namespace.finish(),
            self.service.finish(),
            self.workload.finish(),
            Arc::new(self.observed.finish()),
            Arc::new(self.first_ns.finish()),
            Arc::new(self.last_ns.finish()),
        ];
        columns.extend(unwritten(self.rows));
        RecordBatch::try_new(schema(), columns).expect("builder and schema list the same columns")
    }
}

/// The rows of a batch with the columns of the table's schema, in any order; `hour`, `revision` and `writer` are not needed.
///
/// # Errors
/// When a column is missing or holds what is not ours.
pub fn read(batch: &RecordBatch) -> Result<Vec<IdentityRow>, InvalidRow> {
    let columns = Columns::new(batch);
    let [name, name_kind, origin] = [columns.texts("name")?, columns.texts("name_kind")?, columns.texts("origin")?];
    let [cluster, namespace] = [columns.texts("cluster")?, columns.texts("namespace")?];
    let [service, workload] = [columns.texts("service")?, columns.texts("workload")?];
    let window_ns: &Int64Array = columns.whole("window_ns")?;
    let observed: &Int64Array = columns.whole("observed")?;
    let (first_ns, last_ns): (&Int64Array, &Int64Array) = (columns.whole("first_ns")?, columns.whole("last_ns")?);
    let read = |row| {
        let key = IdentityKey {
            window_ns: window_ns.value(row),
            name: name.get(row).ok_or(InvalidRow::Null("name"))?,
            name_kind: name_kind.word(row)?,
            origin: origin.word(row)?,
            cluster: cluster.get(row),
            namespace: namespace.get(row),
            service: service.get(row),
            workload: workload.get(row),
        };
        let values = IdentityValues {
            observed: observed.value(row),
            first_ns: first_ns.value(row),
            last_ns: last_ns.value(row),
        };
        Ok(IdentityRow { key, values })
    };
    (0..batch.num_rows()).map(read).collect()
}

#[cfg(test)]
mod tests;

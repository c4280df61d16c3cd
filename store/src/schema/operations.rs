//! Table `operations`: what each service did, per minute, operation, kind and status.

mod cap;

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array as _, ArrayRef, Float64Array, Float64Builder, Int32Array, Int32Builder, Int64Array, Int64Builder,
    RecordBatch, StringViewArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

pub use cap::{OPERATIONS_MAX, cap};

use super::columns::StringColumn;
use super::measures::{
    Columns, ExemplarLists, ExemplarView, ExemplarsColumn, HistogramColumn, HistogramView, Histograms, InvalidRow,
    exemplars_type, histogram_type,
};
use super::window::unwritten;
use crate::ledger::{Exemplars, Histogram, Weight};
use crate::time::hour_text;

/// The columns of [`OperationKey`], by which files are sorted.
pub(super) const KEY_COLUMNS: &[&str] =
    &["window_ns", "namespace", "service", "operation", "kind", "status_code", "cluster"];

/// The schema of batches and of scans, `hour` first.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let field = Field::new;
        Arc::new(Schema::new(vec![
            field("hour", DataType::Utf8View, false),
            field("window_ns", DataType::Int64, false),
            field("cluster", DataType::Utf8View, true),
            field("namespace", DataType::Utf8View, true),
            field("service", DataType::Utf8View, true),
            field("operation", DataType::Utf8View, true),
            field("kind", DataType::Int32, false),
            field("status_code", DataType::Int32, false),
            field("count", DataType::Float64, false),
            field("errors", DataType::Float64, false),
            field("latency", histogram_type(), true),
            field("exemplars", exemplars_type(), true),
            field("revision", DataType::Int64, false),
            field("writer", DataType::Utf8View, true),
        ]))
    });
    Arc::clone(&SCHEMA)
}

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

/// Builds batches of the table; the store says `revision` and `writer` when it writes a window.
#[derive(Default)]
pub struct OperationsBuilder {
    hour: StringColumn,
    window_ns: Int64Builder,
    cluster: StringColumn,
    namespace: StringColumn,
    service: StringColumn,
    operation: StringColumn,
    kind: Int32Builder,
    status_code: Int32Builder,
    count: Float64Builder,
    errors: Float64Builder,
    latency: HistogramColumn,
    exemplars: ExemplarsColumn,
    rows: usize,
}

impl OperationsBuilder {
    pub fn append(&mut self, key: &OperationKey, values: &OperationValues) {
        self.hour.append_option(Some(&hour_text(key.window_ns)));
        self.window_ns.append_value(key.window_ns);
        self.cluster.append_option(key.cluster.as_deref());
        self.namespace.append_option(key.namespace.as_deref());
        self.service.append_option(key.service.as_deref());
        self.operation.append_option(key.operation.as_deref());
        self.kind.append_value(key.kind);
        self.status_code.append_value(key.status_code);
        self.count.append_value(values.count.as_f64());
        self.errors.append_value(values.errors.as_f64());
        self.latency.append(&values.latency);
        self.exemplars.append(&values.exemplars);
        self.rows += 1;
    }

    pub fn finish(mut self) -> RecordBatch {
        let mut columns: Vec<ArrayRef> = vec![
            self.hour.finish(),
            Arc::new(self.window_ns.finish()),
            self.cluster.finish(),
            self.namespace.finish(),
            self.service.finish(),
            self.operation.finish(),
            Arc::new(self.kind.finish()),
            Arc::new(self.status_code.finish()),
            Arc::new(self.count.finish()),
            Arc::new(self.errors.finish()),
            self.latency.finish(),
            self.exemplars.finish(),
        ];
        columns.extend(unwritten(self.rows));
        RecordBatch::try_new(schema(), columns).expect("builder and schema list the same columns")
    }
}

/// The rows of a batch with the columns of the table's schema, in any order; `hour`, `revision` and `writer` are not needed.
///
/// # Errors
/// When a column is missing or holds what is not ours.
pub fn read(batch: &RecordBatch) -> Result<Vec<OperationRow>, InvalidRow> {
    let columns = Columns::new(batch);
    let window_ns: &Int64Array = columns.whole("window_ns")?;
    let [cluster, namespace] = [columns.texts("cluster")?, columns.texts("namespace")?];
    let [service, operation] = [columns.texts("service")?, columns.texts("operation")?];
    let (kind, status_code): (&Int32Array, &Int32Array) = (columns.whole("kind")?, columns.whole("status_code")?);
    let [count, errors] = [columns.weights("count")?, columns.weights("errors")?];
    let (latency, exemplars) = (Histograms::of(&columns, "latency")?, ExemplarLists::of(&columns, "exemplars")?);
    let read = |row| {
        let key = OperationKey {
            window_ns: window_ns.value(row),
            cluster: cluster.get(row),
            namespace: namespace.get(row),
            service: service.get(row),
            operation: operation.get(row),
            kind: kind.value(row),
            status_code: status_code.value(row),
        };
        let values = OperationValues {
            count: count.get(row),
            errors: errors.get(row),
            latency: latency.as_ref().map(|latency| latency.histogram(row)).unwrap_or_default(),
            exemplars: exemplars.as_ref().map_or(Ok(Default::default()), |exemplars| exemplars.exemplars(row))?,
        };
        Ok(OperationRow { key, values })
    };
    (0..batch.num_rows()).map(read).collect()
}

/// The columns of such a batch, for who makes no object of each row: most of what reading one costs.
pub struct OperationColumns<'a> {
    window_ns: &'a Int64Array,
    service: &'a StringViewArray,
    operation: &'a StringViewArray,
    kind: &'a Int32Array,
    status_code: &'a Int32Array,
    count: &'a Float64Array,
    latency: Option<Histograms<'a>>,
    exemplars: Option<ExemplarLists<'a>>,
}

/// What [`OperationKey`] says of an operation, but for where its service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationName<'a> {
    pub window_ns: i64,
    pub service: Option<&'a str>,
    pub operation: Option<&'a str>,
    pub kind: i32,
    pub status_code: i32,
}

impl<'a> OperationColumns<'a> {
    /// # Errors
    /// As [`read`].
    pub fn new(batch: &'a RecordBatch) -> Result<Self, InvalidRow> {
        let columns = Columns::new(batch);
        Ok(Self {
            window_ns: columns.whole("window_ns")?,
            service: columns.column("service")?,
            operation: columns.column("operation")?,
            kind: columns.whole("kind")?,
            status_code: columns.whole("status_code")?,
            count: columns.whole("count")?,
            latency: Histograms::of(&columns, "latency")?,
            exemplars: ExemplarLists::of(&columns, "exemplars")?,
        })
    }

    pub fn rows(&self) -> usize {
        self.window_ns.len()
    }

    pub fn window_ns(&self, row: usize) -> i64 {
        self.window_ns.value(row)
    }

    pub fn name(&self, row: usize) -> OperationName<'a> {
        let text = |texts: &'a StringViewArray| texts.is_valid(row).then(|| texts.value(row));
        OperationName {
            window_ns: self.window_ns(row),
            service: text(self.service),
            operation: text(self.operation),
            kind: self.kind.value(row),
            status_code: self.status_code.value(row),
        }
    }

    /// Calls, corrected for sampling.
    pub fn count(&self, row: usize) -> f64 {
        self.count.value(row).max(0.0)
    }

    /// `None` if there is none, or the batch lacks the column.
    pub fn latency(&self, row: usize) -> Option<HistogramView<'a>> {
        self.latency.as_ref()?.get(row)
    }

    /// Calls that stand for the row; none if the batch lacks the column.
    pub fn exemplars(&self, row: usize) -> impl Iterator<Item = ExemplarView> {
        self.exemplars.iter().flat_map(move |exemplars| exemplars.get(row))
    }
}

#[cfg(test)]
mod tests;

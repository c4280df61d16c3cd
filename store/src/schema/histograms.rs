//! Table `histograms`: the native histograms of metric series, a row for each.
//!
//! Source of what the columns mean: Prometheus' "Native Histograms" specification. Counts are absolute.

/// From batches back to histograms.
mod read;

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Float64Builder, Int32Builder, Int64Builder, ListArray, RecordBatch};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::columns::{StringColumn, batch, list_type};
use super::samples::starts;
use crate::series::{BucketSpan, NativeHistogram, ResetHint, SeriesId};
use crate::time::hour_text;

pub use self::read::read;

/// The columns by which files are sorted.
pub(super) const SORT_COLUMNS: &[&str] = &["metric_id", "labels_id", "time_ns"];

/// The schema of batches and of scans, `hour` first.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let field = Field::new;
        let list = |name: &'static str, element| field(name, list_type(element), false);
        Arc::new(Schema::new(vec![
            field("hour", DataType::Utf8View, false),
            field("metric_id", DataType::Int64, false),
            field("labels_id", DataType::Int64, false),
            field("time_ns", DataType::Int64, false),
            field("start_ns", DataType::Int64, true),
            field("reset_hint", DataType::Utf8View, true),
            field("schema", DataType::Int32, false),
            field("count", DataType::Float64, false),
            field("sum", DataType::Float64, false),
            field("zero_threshold", DataType::Float64, false),
            field("zero_count", DataType::Float64, false),
            list("positive_offsets", DataType::Int32),
            list("positive_lengths", DataType::Int32),
            list("positive_counts", DataType::Float64),
            list("negative_offsets", DataType::Int32),
            list("negative_lengths", DataType::Int32),
            list("negative_counts", DataType::Float64),
            list("custom_bounds", DataType::Float64),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramRow {
    pub id: SeriesId,
    pub time_ns: i64,
    /// `None` when it is not known when counting began.
    pub start_ns: Option<i64>,
    pub histogram: Arc<NativeHistogram>,
}

/// The word of the column `reset_hint`; `None` where nothing is known.
const fn hint_word(hint: ResetHint) -> Option<&'static str> {
    match hint {
        ResetHint::Unknown => None,
        ResetHint::Reset => Some("reset"),
        ResetHint::NotReset => Some("not_reset"),
        ResetHint::Gauge => Some("gauge"),
    }
}

/// Rows as a batch in the order of [`SORT_COLUMNS`]; of equal series and times in the order given.
pub fn build(mut rows: Vec<HistogramRow>) -> RecordBatch {
    rows.sort_by_key(|row| (row.id, row.time_ns));
    let mut builder = Builder::default();
    rows.iter().for_each(|row| builder.append(row));
    builder.finish(&rows)
}

#[derive(Default)]
struct Builder {
    hour: StringColumn,
    metric_id: Int64Builder,
    labels_id: Int64Builder,
    time_ns: Int64Builder,
    reset_hint: StringColumn,
    schema: Int32Builder,
    count: Float64Builder,
    sum: Float64Builder,
    zero_threshold: Float64Builder,
    zero_count: Float64Builder,
    positive: Buckets,
    negative: Buckets,
    custom_bounds: Lists<f64>,
}

impl Builder {
    fn append(&mut self, row: &HistogramRow) {
        let histogram = &row.histogram;
        self.hour.append_option(Some(&hour_text(row.time_ns)));
        self.metric_id.append_value(row.id.metric);
        self.labels_id.append_value(row.id.labels);
        self.time_ns.append_value(row.time_ns);
        self.reset_hint.append_option(hint_word(histogram.hint));
        self.schema.append_value(histogram.schema);
        self.count.append_value(histogram.count);
        self.sum.append_value(histogram.sum);
        self.zero_threshold.append_value(histogram.zero_threshold);
        self.zero_count.append_value(histogram.zero_count);
        self.positive.append(&histogram.positive_spans, &histogram.positive);
        self.negative.append(&histogram.negative_spans, &histogram.negative);
        self.custom_bounds.append(histogram.custom_bounds.iter().copied());
    }

    fn finish(mut self, rows: &[HistogramRow]) -> RecordBatch {
        let mut columns: Vec<ArrayRef> = vec![
            self.hour.finish(),
            Arc::new(self.metric_id.finish()),
            Arc::new(self.labels_id.finish()),
            Arc::new(self.time_ns.finish()),
            starts(rows.iter().map(|row| row.start_ns)),
            self.reset_hint.finish(),
            Arc::new(self.schema.finish()),
            Arc::new(self.count.finish()),
            Arc::new(self.sum.finish()),
            Arc::new(self.zero_threshold.finish()),
            Arc::new(self.zero_count.finish()),
        ];
        columns.extend(self.positive.finish());
        columns.extend(self.negative.finish());
        columns.push(self.custom_bounds.finish(|values| Arc::new(arrow::array::Float64Array::from(values))));
        batch(schema(), columns)
    }
}

/// The buckets of one sign.
#[derive(Default)]
struct Buckets {
    offsets: Lists<i32>,
    lengths: Lists<i32>,
    counts: Lists<f64>,
}

impl Buckets {
    fn append(&mut self, spans: &[BucketSpan], counts: &[f64]) {
        self.offsets.append(spans.iter().map(|span| span.offset));
        self.lengths.append(spans.iter().map(|span| span.length.cast_signed()));
        self.counts.append(counts.iter().copied());
    }

    fn finish(self) -> [ArrayRef; 3] {
        let ints = |values| Arc::new(arrow::array::Int32Array::from(values)) as ArrayRef;
        let floats = |values| Arc::new(arrow::array::Float64Array::from(values)) as ArrayRef;
        [self.offsets.finish(ints), self.lengths.finish(ints), self.counts.finish(floats)]
    }
}

/// A list column of numbers.
struct Lists<T> {
    ends: Vec<i32>,
    values: Vec<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { ends: vec![0], values: Vec::new() }
    }
}

impl<T> Lists<T> {
    fn append(&mut self, values: impl Iterator<Item = T>) {
        self.values.extend(values);
        self.ends.push(self.values.len() as i32);
    }

    fn finish(self, array: impl FnOnce(Vec<T>) -> ArrayRef) -> ArrayRef {
        let values = array(self.values);
        let DataType::List(field) = list_type(values.data_type().clone()) else { unreachable!("list_type is a list") };
        Arc::new(ListArray::new(field, OffsetBuffer::new(self.ends.into()), values, None))
    }
}

/// Batches as one, in the order of [`SORT_COLUMNS`]; of equal series and times those of earlier batches first.
///
/// `None` when one is not of this table.
pub(crate) fn merge(batches: &[RecordBatch]) -> Option<RecordBatch> {
    let rows = batches.iter().map(read).collect::<Option<Vec<_>>>()?;
    Some(build(rows.into_iter().flatten().collect()))
}

#[cfg(test)]
mod tests;

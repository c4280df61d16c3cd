//! Batches of `histograms` as histograms.

use std::sync::Arc;

use arrow::array::{Array as _, ArrowPrimitiveType, AsArray as _, ListArray, RecordBatch, StringViewArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};

use super::{HistogramRow, hint_word};
use crate::series::{BucketSpan, NativeHistogram, ResetHint, SeriesId};

/// The rows of a batch with all columns but `hour`.
///
/// `None` when it is not of this table.
pub fn read(rows: &RecordBatch) -> Option<Vec<HistogramRow>> {
    let columns = Columns(rows);
    (0..rows.num_rows()).map(|row| columns.row(row)).collect()
}

struct Columns<'a>(&'a RecordBatch);

impl Columns<'_> {
    fn row(&self, row: usize) -> Option<HistogramRow> {
        let starts = self.0.column_by_name("start_ns")?.as_primitive_opt::<Int64Type>()?;
        Some(HistogramRow {
            id: SeriesId { metric: self.int("metric_id", row)?, labels: self.int("labels_id", row)? },
            time_ns: self.int("time_ns", row)?,
            start_ns: starts.is_valid(row).then(|| starts.value(row)),
            histogram: Arc::new(self.histogram(row)?),
        })
    }

    fn histogram(&self, row: usize) -> Option<NativeHistogram> {
        let (positive_spans, positive) =
            self.buckets(["positive_offsets", "positive_lengths", "positive_counts"], row)?;
        let (negative_spans, negative) =
            self.buckets(["negative_offsets", "negative_lengths", "negative_counts"], row)?;
        Some(NativeHistogram {
            hint: hint(self.0.column_by_name("reset_hint")?.as_string_view_opt()?, row)?,
            schema: self.0.column_by_name("schema")?.as_primitive_opt::<Int32Type>()?.value(row),
            zero_threshold: self.float("zero_threshold", row)?,
            zero_count: self.float("zero_count", row)?,
            count: self.float("count", row)?,
            sum: self.float("sum", row)?,
            positive_spans,
            positive,
            negative_spans,
            negative,
            custom_bounds: self.list::<Float64Type>("custom_bounds", row)?.into(),
        })
    }

    fn buckets(&self, [offsets, lengths, counts]: [&str; 3], row: usize) -> Option<(Vec<BucketSpan>, Vec<f64>)> {
        let (offsets, lengths) = (self.list::<Int32Type>(offsets, row)?, self.list::<Int32Type>(lengths, row)?);
        let spans = offsets.into_iter().zip(lengths);
        let spans = spans.map(|(offset, length)| BucketSpan { offset, length: length.cast_unsigned() });
        Some((spans.collect(), self.list::<Float64Type>(counts, row)?))
    }

    fn int(&self, name: &str, row: usize) -> Option<i64> {
        Some(self.0.column_by_name(name)?.as_primitive_opt::<Int64Type>()?.value(row))
    }

    fn float(&self, name: &str, row: usize) -> Option<f64> {
        Some(self.0.column_by_name(name)?.as_primitive_opt::<Float64Type>()?.value(row))
    }

    fn list<T: ArrowPrimitiveType>(&self, name: &str, row: usize) -> Option<Vec<T::Native>> {
        let lists: &ListArray = self.0.column_by_name(name)?.as_list_opt()?;
        Some(lists.value(row).as_primitive_opt::<T>()?.values().to_vec())
    }
}

fn hint(words: &StringViewArray, row: usize) -> Option<ResetHint> {
    let word = words.is_valid(row).then(|| words.value(row));
    let hints = [ResetHint::Unknown, ResetHint::Reset, ResetHint::NotReset, ResetHint::Gauge];
    hints.into_iter().find(|hint| hint_word(*hint) == word)
}

//! Table `samples`: the floats of metric series.
//!
//! A row is narrow, because there are many: the series by its two halves, a time and a value. What the series is called
//! stands in table `series` of the same hour.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array as _, ArrayRef, AsArray as _, Float64Array, Int64Array, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, SchemaRef};

use super::columns::{HourColumn, batch};
use crate::series::SeriesId;
use crate::time::NS_PER_MS;

/// The schema of batches and of scans, `hour` first.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let field = Field::new;
        Arc::new(Schema::new(vec![
            field("hour", DataType::Utf8View, false),
            field("metric_id", DataType::Int64, false),
            field("labels_id", DataType::Int64, false),
            field("time_ns", DataType::Int64, false),
            field("start_ns", DataType::Int64, true),
            field("value", DataType::Float64, false),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// A row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleRow {
    pub id: SeriesId,
    pub time_ns: i64,
    /// `None` when it is not known when counting began.
    pub start_ns: Option<i64>,
    /// The staleness marker bit for bit.
    pub value: f64,
}

/// What rows say and when, of a batch of hot rows or of a scan of a file.
#[derive(Debug, Clone, Copy)]
pub struct PointColumns<'a> {
    pub times_ns: &'a [i64],
    /// `None` when no start is known.
    pub starts_ns: Option<&'a Int64Array>,
    pub values: &'a [f64],
}

impl<'a> PointColumns<'a> {
    /// `None` when the batch is not of this table. Where the column of starts was left out, none is known.
    pub fn of(rows: &'a RecordBatch) -> Option<Self> {
        let starts_ns = match rows.column_by_name("start_ns") {
            Some(column) => Some(column.as_primitive_opt::<Int64Type>()?),
            None => None,
        };
        Some(Self {
            times_ns: rows.column_by_name("time_ns")?.as_primitive_opt::<Int64Type>()?.values(),
            starts_ns: starts_ns.filter(|starts| starts.null_count() < starts.len()),
            values: rows.column_by_name("value")?.as_primitive_opt::<Float64Type>()?.values(),
        })
    }

    pub fn start_ns(&self, row: usize) -> Option<i64> {
        self.starts_ns.filter(|starts| starts.is_valid(row)).map(|starts| starts.value(row))
    }
}

/// The rows of a batch; `None` when it is not of this table.
fn rows(batch: &RecordBatch) -> Option<impl Iterator<Item = SampleRow>> {
    let ints = |name| Some(batch.column_by_name(name)?.as_primitive_opt::<Int64Type>()?.values());
    let (metric_ids, labels_ids, points) = (ints("metric_id")?, ints("labels_id")?, PointColumns::of(batch)?);
    Some((0..batch.num_rows()).map(move |row| SampleRow {
        id: SeriesId { metric: metric_ids[row], labels: labels_ids[row] },
        time_ns: points.times_ns[row],
        start_ns: points.start_ns(row),
        value: points.values[row],
    }))
}

/// Rows as a batch by series and time, as files are sorted, too: a metric's series are neighbours. Of equal series and times in the order given.
pub fn build(mut rows: Vec<SampleRow>) -> RecordBatch {
    rows.sort_by_key(|row| (row.id, row.time_ns));
    let ints = |of: fn(&SampleRow) -> i64| Arc::new(rows.iter().map(of).collect::<Int64Array>()) as ArrayRef;
    let mut hours = HourColumn::default();
    rows.iter().for_each(|row| hours.append(row.time_ns));
    let columns = vec![
        hours.finish(),
        ints(|row| row.id.metric),
        ints(|row| row.id.labels),
        ints(|row| row.time_ns),
        starts(rows.iter().map(|row| row.start_ns)),
        Arc::new(rows.iter().map(|row| row.value).collect::<Float64Array>()),
    ];
    batch(schema(), columns)
}

/// Batches as one, by series and time; of equal series and times those of earlier batches first.
///
/// `None` when one is not of this table.
pub(crate) fn merge(batches: &[RecordBatch]) -> Option<RecordBatch> {
    let mut all = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        all.extend(rows(batch)?);
    }
    Some(build(all))
}

/// A column of starts; without any it takes no room for values.
pub(super) fn starts(starts_ns: impl ExactSizeIterator<Item = Option<i64>> + Clone) -> ArrayRef {
    if starts_ns.clone().all(|start_ns| start_ns.is_none()) {
        return arrow::array::new_null_array(&DataType::Int64, starts_ns.len());
    }
    let nulls: NullBuffer = starts_ns.clone().map(|start_ns| start_ns.is_some()).collect();
    Arc::new(Int64Array::new(starts_ns.map(Option::unwrap_or_default).collect::<Vec<_>>().into(), Some(nulls)))
}

/// The time of a table of a time of a series.
///
/// Far times stay the farthest that a table can have; receivers refuse them before.
pub fn to_ns(time_ms: i64) -> i64 {
    time_ms.saturating_mul(NS_PER_MS)
}

/// The time of a series of a time of a table.
pub fn to_ms(time_ns: i64) -> i64 {
    time_ns.div_euclid(NS_PER_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(metric: i64, labels: i64, time_ns: i64, value: f64) -> SampleRow {
        SampleRow { id: SeriesId { metric, labels }, time_ns, start_ns: None, value }
    }

    fn rows(batch: &RecordBatch) -> Vec<SampleRow> {
        super::rows(batch).unwrap().collect()
    }

    #[test]
    fn rows_come_back_sorted_and_whole() {
        let started = SampleRow { start_ns: Some(7), ..row(1, 2, 30, 3.0) };
        let built = build(vec![row(2, 1, 10, 1.0), started, row(1, 2, 20, 2.0), row(1, -2, 90, 4.0)]);
        assert_eq!(rows(&built), [row(1, -2, 90, 4.0), row(1, 2, 20, 2.0), started, row(2, 1, 10, 1.0)]);
    }

    #[test]
    fn of_equal_times_the_earlier_batch_comes_first() {
        let (old, new) = (build(vec![row(1, 1, 10, 1.0)]), build(vec![row(1, 1, 10, 2.0), row(0, 0, 5, 3.0)]));
        assert_eq!(rows(&merge(&[old, new]).unwrap()), [row(0, 0, 5, 3.0), row(1, 1, 10, 1.0), row(1, 1, 10, 2.0)]);
    }

    #[test]
    fn the_hour_is_that_of_each_row() {
        let built = build(vec![row(1, 1, 0, 0.0), row(1, 1, crate::time::HOUR_NS, 0.0), row(1, 2, 1, 0.0)]);
        let hours: Vec<_> = built.column(0).as_string_view().iter().flatten().collect();
        assert_eq!(hours, ["1970-01-01-00", "1970-01-01-01", "1970-01-01-00"]);
    }
}

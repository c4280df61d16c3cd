//! `struct<index: list<int>, count: list<double>, zero_count: double, sum_ns: bigint, min_ns: bigint, max_ns: bigint>`;
//! null if nothing was counted.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Float64Array, Float64Builder, Int32Array, Int32Builder, Int64Array, Int64Builder, ListArray,
    ListBuilder, StructArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields};

use super::row::{Columns, InvalidRow, typed};
use crate::ledger::{Histogram, Weight};
use crate::schema::columns::list_type;

/// The type of a histogram column.
pub(in crate::schema) fn histogram_type() -> DataType {
    DataType::Struct(fields())
}

fn fields() -> Fields {
    let field = |name: &str, data_type| Field::new(name, data_type, true);
    Fields::from(vec![
        field("index", list_type(DataType::Int32)),
        field("count", list_type(DataType::Float64)),
        field("zero_count", DataType::Float64),
        field("sum_ns", DataType::Int64),
        field("min_ns", DataType::Int64),
        field("max_ns", DataType::Int64),
    ])
}

/// Builds a column of histograms.
pub(in crate::schema) struct HistogramColumn {
    valid: Vec<bool>,
    index: ListBuilder<Int32Builder>,
    count: ListBuilder<Float64Builder>,
    zero_count: Float64Builder,
    sum_ns: Int64Builder,
    min_ns: Int64Builder,
    max_ns: Int64Builder,
}

impl Default for HistogramColumn {
    fn default() -> Self {
        let element = |data_type| Field::new("element", data_type, false);
        Self {
            valid: Vec::new(),
            index: ListBuilder::new(Int32Builder::new()).with_field(element(DataType::Int32)),
            count: ListBuilder::new(Float64Builder::new()).with_field(element(DataType::Float64)),
            zero_count: Float64Builder::new(),
            sum_ns: Int64Builder::new(),
            min_ns: Int64Builder::new(),
            max_ns: Int64Builder::new(),
        }
    }
}

impl HistogramColumn {
    pub fn append(&mut self, histogram: &Histogram) {
        let is_valid = !histogram.is_empty();
        for (index, weight) in histogram.buckets() {
            self.index.values().append_value(index);
            self.count.values().append_value(weight.as_f64());
        }
        self.index.append(is_valid);
        self.count.append(is_valid);
        self.zero_count.append_option(is_valid.then(|| histogram.zero().as_f64()));
        self.sum_ns.append_option(is_valid.then(|| histogram.sum_ns()));
        self.min_ns.append_option(histogram.min_ns());
        self.max_ns.append_option(histogram.max_ns());
        self.valid.push(is_valid);
    }

    pub fn finish(&mut self) -> ArrayRef {
        let children: Vec<ArrayRef> = vec![
            Arc::new(self.index.finish()),
            Arc::new(self.count.finish()),
            Arc::new(self.zero_count.finish()),
            Arc::new(self.sum_ns.finish()),
            Arc::new(self.min_ns.finish()),
            Arc::new(self.max_ns.finish()),
        ];
        let valid = NullBuffer::from(std::mem::take(&mut self.valid));
        Arc::new(StructArray::new(fields(), children, Some(valid)))
    }
}

/// A column that [`HistogramColumn`] built, whose histograms are looked at where they lie.
pub(in crate::schema) struct Histograms<'a> {
    column: &'a StructArray,
    indexes: &'a ListArray,
    counts: &'a ListArray,
    index_values: &'a [i32],
    count_values: &'a [f64],
    zero: &'a Float64Array,
    sum_ns: &'a Int64Array,
    min_ns: &'a Int64Array,
    max_ns: &'a Int64Array,
}

/// A histogram that counted something.
#[derive(Debug, Clone, Copy)]
pub struct HistogramView<'a> {
    indexes: &'a [i32],
    counts: &'a [f64],
    zero: f64,
    pub sum_ns: i64,
    pub min_ns: i64,
    pub max_ns: i64,
}

impl<'a> HistogramView<'a> {
    /// Buckets with the calls in them, as they were written: lowest first. What is no number or negative is no call.
    pub fn buckets(self) -> impl Iterator<Item = (i32, f64)> + 'a {
        self.indexes.iter().copied().zip(self.counts.iter().map(|count| count.max(0.0)))
    }

    fn histogram(self) -> Histogram {
        let weights = self.counts.iter().map(|count| Weight::new(*count));
        let buckets = self.indexes.iter().copied().zip(weights);
        Histogram::from_parts(buckets, Weight::new(self.zero), self.sum_ns, Some((self.min_ns, self.max_ns)))
    }

    /// All calls.
    pub fn count(self) -> f64 {
        self.zero.max(0.0) + self.buckets().map(|(_, count)| count).sum::<f64>()
    }
}

impl<'a> Histograms<'a> {
    pub fn of(columns: &Columns<'a>, name: &'static str) -> Result<Option<Self>, InvalidRow> {
        let Some(column) = columns.measure::<StructArray>(name)? else { return Ok(None) };
        let int = |child: &str| typed::<Int64Array>(column.column_by_name(child), name);
        let (indexes, counts) = (list(column, "index", name)?, list(column, "count", name)?);
        Ok(Some(Self {
            column,
            indexes,
            counts,
            index_values: typed::<Int32Array>(Some(indexes.values()), name)?.values(),
            count_values: typed::<Float64Array>(Some(counts.values()), name)?.values(),
            zero: typed(column.column_by_name("zero_count"), name)?,
            sum_ns: int("sum_ns")?,
            min_ns: int("min_ns")?,
            max_ns: int("max_ns")?,
        }))
    }

    /// One of its own.
    pub fn histogram(&self, row: usize) -> Histogram {
        self.get(row).map(HistogramView::histogram).unwrap_or_default()
    }

    /// `None` if nothing was counted.
    pub fn get(&self, row: usize) -> Option<HistogramView<'a>> {
        let range = |list: &ListArray| {
            let offsets = list.value_offsets();
            offsets[row] as usize..offsets[row + 1] as usize
        };
        self.column.is_valid(row).then(|| HistogramView {
            indexes: &self.index_values[range(self.indexes)],
            counts: &self.count_values[range(self.counts)],
            zero: self.zero.value(row),
            sum_ns: self.sum_ns.value(row),
            min_ns: self.min_ns.value(row),
            max_ns: self.max_ns.value(row),
        })
    }
}

fn list<'a>(column: &'a StructArray, child: &str, name: &'static str) -> Result<&'a ListArray, InvalidRow> {
    typed(column.column_by_name(child), name)
}

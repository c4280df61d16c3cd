//! `struct<source_app: struct<requests: double, sum_ns: bigint>, …>` with a child per segment, null where it was not
//! measured; null as a whole if nothing was.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, Float64Builder, Int64Array, Int64Builder, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields};

use super::row::{Columns, InvalidRow, typed};
use crate::ledger::{Segment, Split, SplitPart, Weight};

/// The type of a split column.
pub(in crate::schema) fn split_type() -> DataType {
    DataType::Struct(fields())
}

fn fields() -> Fields {
    let field = |segment: &Segment| Field::new(segment.as_str(), DataType::Struct(part_fields()), true);
    Segment::ALL.iter().map(field).collect()
}

fn part_fields() -> Fields {
    let field = |name: &str, data_type| Field::new(name, data_type, true);
    Fields::from(vec![field("requests", DataType::Float64), field("sum_ns", DataType::Int64)])
}

/// Builds a column of splits.
#[derive(Default)]
pub(in crate::schema) struct SplitColumn {
    valid: Vec<bool>,
    parts: [PartColumn; Segment::ALL.len()],
}

#[derive(Default)]
struct PartColumn {
    valid: Vec<bool>,
    requests: Float64Builder,
    sum_ns: Int64Builder,
}

impl SplitColumn {
    pub fn append(&mut self, split: &Split) {
        self.valid.push(Segment::ALL.iter().any(|segment| split.part(*segment).is_some()));
        for (column, segment) in self.parts.iter_mut().zip(Segment::ALL) {
            column.append(split.part(*segment));
        }
    }

    pub fn finish(&mut self) -> ArrayRef {
        let children = self.parts.iter_mut().map(PartColumn::finish).collect();
        let valid = NullBuffer::from(std::mem::take(&mut self.valid));
        Arc::new(StructArray::new(fields(), children, Some(valid)))
    }
}

impl PartColumn {
    fn append(&mut self, part: Option<SplitPart>) {
        self.valid.push(part.is_some());
        self.requests.append_option(part.map(|part| part.requests.as_f64()));
        self.sum_ns.append_option(part.map(|part| part.sum_ns));
    }

    fn finish(&mut self) -> ArrayRef {
        let children: Vec<ArrayRef> = vec![Arc::new(self.requests.finish()), Arc::new(self.sum_ns.finish())];
        let valid = NullBuffer::from(std::mem::take(&mut self.valid));
        Arc::new(StructArray::new(part_fields(), children, Some(valid)))
    }
}

/// A column that [`SplitColumn`] built.
pub(in crate::schema) struct Splits<'a> {
    column: &'a StructArray,
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    segment: Segment,
    column: &'a StructArray,
    requests: &'a Float64Array,
    sum_ns: &'a Int64Array,
}

impl<'a> Splits<'a> {
    /// `None` if the column was left out.
    pub fn of(columns: &Columns<'a>, name: &'static str) -> Result<Option<Self>, InvalidRow> {
        let Some(column) = columns.measure::<StructArray>(name)? else { return Ok(None) };
        let part = |segment: &Segment| {
            let part: &StructArray = typed(column.column_by_name(segment.as_str()), name)?;
            let requests = typed(part.column_by_name("requests"), name)?;
            let sum_ns = typed(part.column_by_name("sum_ns"), name)?;
            Ok(Part { segment: *segment, column: part, requests, sum_ns })
        };
        let parts: Result<_, InvalidRow> = Segment::ALL.iter().map(part).collect();
        Ok(Some(Self { column, parts: parts? }))
    }

    pub fn get(&self, row: usize) -> Split {
        let mut split = Split::default();
        if self.column.is_valid(row) {
            for part in self.parts.iter().filter(|part| part.column.is_valid(row)) {
                let requests = Weight::new(part.requests.value(row));
                split.add(part.segment, SplitPart { requests, sum_ns: part.sum_ns.value(row) });
            }
        }
        split
    }
}

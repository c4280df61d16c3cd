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

impl Columns<'_> {
    /// Reads what [`SplitColumn`] built.
    pub fn split(&self, name: &'static str, row: usize) -> Result<Split, InvalidRow> {
        let Some(column) = self.measure::<StructArray>(name)? else { return Ok(Split::default()) };
        let mut split = Split::default();
        if column.is_null(row) {
            return Ok(split);
        }
        for segment in Segment::ALL {
            let part: &StructArray = typed(column.column_by_name(segment.as_str()), name)?;
            if part.is_null(row) {
                continue;
            }
            let requests: &Float64Array = typed(part.column_by_name("requests"), name)?;
            let sum_ns: &Int64Array = typed(part.column_by_name("sum_ns"), name)?;
            let requests = Weight::new(requests.value(row));
            split.add(*segment, SplitPart { requests, sum_ns: sum_ns.value(row) });
        }
        Ok(split)
    }
}

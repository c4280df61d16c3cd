//! Where a span points.

use arrow::array::{Array, AsArray, Int64Array, ListArray, StructArray};
use arrow::datatypes::Int64Type;
use spanloom_store::coded::Coded;
use spanloom_store::schema::spans::UnreadableRow;
use spanloom_store::{CodedBatch, SpanId, TraceId};

use super::column::column;
use crate::pair::span::Link;

pub(super) struct Links<'a> {
    lists: Coded<'a, ListArray>,
    trace_hi: &'a Int64Array,
    trace_lo: &'a Int64Array,
    span_id: &'a Int64Array,
}

impl<'a> Links<'a> {
    pub(super) fn new(batch: &'a CodedBatch) -> Result<Self, UnreadableRow> {
        let lists: Coded<'a, ListArray> = column(batch, "links")?;
        let elements = lists.values.values().as_struct_opt().ok_or(UnreadableRow::Column("links"))?;
        let child = |name| link_column(elements, name);
        Ok(Self { lists, trace_hi: child("trace_hi")?, trace_lo: child("trace_lo")?, span_id: child("span_id")? })
    }

    pub(super) fn of_row(&self, row: usize) -> Box<[Link]> {
        let (lists, at) = (self.lists.values, self.lists.places.of(row));
        if lists.is_null(at) {
            return Box::default();
        }
        let offsets = lists.value_offsets();
        (offsets[at] as usize..offsets[at + 1] as usize)
            .map(|i| Link {
                trace_id: TraceId::from_halves(self.trace_hi.value(i), self.trace_lo.value(i)),
                span_id: SpanId::from_int(self.span_id.value(i)),
            })
            .collect()
    }
}

fn link_column<'a>(elements: &'a StructArray, name: &str) -> Result<&'a Int64Array, UnreadableRow> {
    let child = elements.column_by_name(name).and_then(|child| child.as_primitive_opt::<Int64Type>());
    child.ok_or(UnreadableRow::Column("links"))
}

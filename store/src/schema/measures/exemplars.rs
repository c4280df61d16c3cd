//! `list<struct<trace_hi, trace_lo, span_id, duration_ns: bigint, class: string>>`; null if there is none.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, Int64Builder, ListArray, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field, Fields};

use super::row::{Columns, InvalidRow, typed};
use crate::ids::{SpanId, TraceId};
use crate::ledger::{Exemplar, Exemplars};
use crate::schema::columns::{ListOffsets, list_type};

/// The type of an exemplars column.
pub(in crate::schema) fn exemplars_type() -> DataType {
    list_type(DataType::Struct(fields()))
}

fn fields() -> Fields {
    let int = |name: &str| Field::new(name, DataType::Int64, false);
    let class = Field::new("class", DataType::Utf8, false);
    Fields::from(vec![int("trace_hi"), int("trace_lo"), int("span_id"), int("duration_ns"), class])
}

/// Builds a column of exemplars.
#[derive(Default)]
pub(in crate::schema) struct ExemplarsColumn {
    rows: ListOffsets,
    trace_hi: Int64Builder,
    trace_lo: Int64Builder,
    span_id: Int64Builder,
    duration_ns: Int64Builder,
    class: StringBuilder,
}

impl ExemplarsColumn {
    pub fn append(&mut self, exemplars: &Exemplars) {
        let calls = exemplars.calls();
        for call in &calls {
            self.trace_hi.append_value(call.trace_id.hi());
            self.trace_lo.append_value(call.trace_id.lo());
            self.span_id.append_value(call.span_id.as_int());
            self.duration_ns.append_value(call.duration_ns);
            self.class.append_value(call.outcome.as_str());
        }
        self.rows.end_row(calls.len());
    }

    pub fn finish(&mut self) -> ArrayRef {
        let children: Vec<ArrayRef> = vec![
            Arc::new(self.trace_hi.finish()),
            Arc::new(self.trace_lo.finish()),
            Arc::new(self.span_id.finish()),
            Arc::new(self.duration_ns.finish()),
            Arc::new(self.class.finish()),
        ];
        self.rows.finish(fields(), children)
    }
}

/// A column that [`ExemplarsColumn`] built, whose exemplars are looked at where they lie.
pub(in crate::schema) struct ExemplarLists<'a> {
    lists: &'a ListArray,
    trace_hi: &'a Int64Array,
    trace_lo: &'a Int64Array,
    span_id: &'a Int64Array,
    duration_ns: &'a Int64Array,
    class: &'a StringArray,
}

/// A call that stands for a row, but for its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExemplarView {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub duration_ns: i64,
}

impl<'a> ExemplarLists<'a> {
    pub fn of(columns: &Columns<'a>, name: &'static str) -> Result<Option<Self>, InvalidRow> {
        let Some(lists) = columns.measure::<ListArray>(name)? else { return Ok(None) };
        let elements = lists.values().as_struct_opt().ok_or(InvalidRow::Column(name))?;
        let ints = |child: &str| typed::<Int64Array>(elements.column_by_name(child), name);
        Ok(Some(Self {
            lists,
            trace_hi: ints("trace_hi")?,
            trace_lo: ints("trace_lo")?,
            span_id: ints("span_id")?,
            duration_ns: ints("duration_ns")?,
            class: typed(elements.column_by_name("class"), name)?,
        }))
    }

    /// Those of a row, as they were written.
    pub fn get(&self, row: usize) -> impl Iterator<Item = ExemplarView> {
        self.places(row).map(|i| ExemplarView {
            trace_id: TraceId::from_halves(self.trace_hi.value(i), self.trace_lo.value(i)),
            span_id: SpanId::from_int(self.span_id.value(i)),
            duration_ns: self.duration_ns.value(i),
        })
    }

    fn places(&self, row: usize) -> Range<usize> {
        let offsets = self.lists.value_offsets();
        if self.lists.is_null(row) { 0..0 } else { offsets[row] as usize..offsets[row + 1] as usize }
    }

    /// The same with their outcomes.
    ///
    /// # Errors
    /// A word that is none.
    pub fn exemplars(&self, row: usize) -> Result<Exemplars, InvalidRow> {
        let mut exemplars = Exemplars::default();
        for (i, ExemplarView { trace_id, span_id, duration_ns }) in self.places(row).zip(self.get(row)) {
            let outcome = self.class.value(i).parse()?;
            exemplars.record(Exemplar { trace_id, span_id, duration_ns, outcome });
        }
        Ok(exemplars)
    }
}

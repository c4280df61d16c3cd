//! `list<struct<trace_hi, trace_lo, span_id, duration_ns: bigint, class: string>>`; null if there is none.

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

impl Columns<'_> {
    /// Reads what [`ExemplarsColumn`] built.
    pub fn exemplars(&self, name: &'static str, row: usize) -> Result<Exemplars, InvalidRow> {
        let Some(list) = self.measure::<ListArray>(name)? else { return Ok(Exemplars::default()) };
        let mut exemplars = Exemplars::default();
        if list.is_null(row) {
            return Ok(exemplars);
        }
        let elements = list.values().as_struct_opt().ok_or(InvalidRow::Column(name))?;
        let ints = |child: &str| typed::<Int64Array>(elements.column_by_name(child), name);
        let (hi, lo, span_id) = (ints("trace_hi")?, ints("trace_lo")?, ints("span_id")?);
        let durations = ints("duration_ns")?;
        let classes: &StringArray = typed(elements.column_by_name("class"), name)?;
        let offsets = list.value_offsets();
        for i in offsets[row] as usize..offsets[row + 1] as usize {
            exemplars.record(Exemplar {
                trace_id: TraceId::from_halves(hi.value(i), lo.value(i)),
                span_id: SpanId::from_int(span_id.value(i)),
                duration_ns: durations.value(i),
                outcome: classes.value(i).parse()?,
            });
        }
        Ok(exemplars)
    }
}

//! The columns of `spans` that are more than one Arrow array: promoted attributes, events, links.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringBuilder};

use super::blank::Blank;
use super::{Event, Link, event_fields, link_fields};
use crate::schema::columns::{AttributesColumn, IntColumn, ListOffsets, StringColumn, drained};
use crate::schema::promoted::{ColumnType, Places, Promoted};
use crate::value::Value;

/// The columns of promoted attributes.
#[derive(Debug)]
pub(super) struct PromotedColumns {
    places: &'static Places,
    columns: Vec<PromotedColumn>,
}

impl PromotedColumns {
    pub fn new(promoted: &[Promoted], places: &'static Places) -> Self {
        Self { places, columns: promoted.iter().map(|promoted| PromotedColumn::new(promoted.column_type)).collect() }
    }

    /// Puts a value of a row into its column; true if the column says all of it, so that no map needs to.
    pub fn set(&mut self, row: usize, key: &str, value: &Value<'_>) -> bool {
        self.places.get(key).is_some_and(|place| self.columns[*place].set(row, value))
    }

    pub fn finish(&mut self, blank: &Blank) -> Vec<ArrayRef> {
        self.finish_each(|column| column.finish(blank))
    }

    pub fn finish_each(&mut self, finish: impl FnMut(&mut PromotedColumn) -> ArrayRef) -> Vec<ArrayRef> {
        self.columns.iter_mut().map(finish).collect()
    }
}

/// A column of one attribute.
#[derive(Debug)]
pub(super) enum PromotedColumn {
    String(StringColumn),
    Int(IntColumn),
}

impl PromotedColumn {
    fn new(column_type: ColumnType) -> Self {
        match column_type {
            ColumnType::String => Self::String(StringColumn::default()),
            ColumnType::Int => Self::Int(IntColumn::default()),
        }
    }

    /// Sets the value coerced to the column's type, if it can be; true if nothing was lost by that.
    fn set(&mut self, row: usize, value: &Value<'_>) -> bool {
        match self {
            Self::String(column) => column.set(row, &value.encode().0),
            Self::Int(column) => match coerce_to_int(value) {
                Some(number) => column.set(row, number),
                None => return false,
            },
        }
        matches!((self, value), (Self::String(_), Value::String(_)) | (Self::Int(_), Value::Int(_)))
    }

    pub fn is_blank(&self) -> bool {
        match self {
            Self::String(column) => column.is_blank(),
            Self::Int(column) => column.is_blank(),
        }
    }

    /// The column of as many rows as `blank`.
    pub fn finish(&mut self, blank: &Blank) -> ArrayRef {
        match self {
            Self::String(column) => blank.or_texts(column),
            Self::Int(column) => blank.or_ints(column),
        }
    }
}

fn coerce_to_int(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(i) => Some(*i),
        Value::String(s) => s.parse().ok(),
        Value::Double(d) if d.fract() == 0.0 && d.abs() < (1_i64 << 53) as f64 => Some(*d as i64),
        _ => None,
    }
}

#[derive(Debug, Default)]
pub(super) struct EventsColumn {
    rows: ListOffsets,
    time_ns: Vec<i64>,
    name: StringBuilder,
    attributes: AttributesColumn,
    dropped_attributes_count: Vec<i64>,
}

impl EventsColumn {
    /// Returns how many attributes were left out because their key stood there already.
    pub fn set(&mut self, row: usize, events: &[Event<'_>]) -> usize {
        if events.is_empty() {
            return 0;
        }
        let mut repeated = 0;
        for event in events {
            self.time_ns.push(event.time_ns);
            self.name.append_option((!event.name.is_empty()).then_some(&event.name));
            repeated += self.attributes.append(&event.attributes);
            self.dropped_attributes_count.push(i64::from(event.dropped_attributes_count));
        }
        self.rows.set(row, events.len());
        repeated
    }

    pub fn finish(&mut self, rows: usize) -> ArrayRef {
        let (attrs, attr_types) = self.attributes.finish();
        let children: Vec<ArrayRef> = vec![
            ints(&mut self.time_ns),
            Arc::new(self.name.finish()),
            attrs,
            attr_types,
            ints(&mut self.dropped_attributes_count),
        ];
        self.rows.pad(rows);
        self.rows.finish(event_fields(), children)
    }
}

#[derive(Debug, Default)]
pub(super) struct LinksColumn {
    rows: ListOffsets,
    trace_hi: Vec<i64>,
    trace_lo: Vec<i64>,
    span_id: Vec<i64>,
    trace_state: StringBuilder,
    attributes: AttributesColumn,
    dropped_attributes_count: Vec<i64>,
    flags: Vec<i64>,
}

impl LinksColumn {
    /// Returns how many attributes were left out because their key stood there already.
    pub fn set(&mut self, row: usize, links: &[Link<'_>]) -> usize {
        if links.is_empty() {
            return 0;
        }
        let mut repeated = 0;
        for link in links {
            self.trace_hi.push(link.trace_id.hi());
            self.trace_lo.push(link.trace_id.lo());
            self.span_id.push(link.span_id.as_int());
            self.trace_state.append_option((!link.trace_state.is_empty()).then_some(&link.trace_state));
            repeated += self.attributes.append(&link.attributes);
            self.dropped_attributes_count.push(i64::from(link.dropped_attributes_count));
            self.flags.push(i64::from(link.flags));
        }
        self.rows.set(row, links.len());
        repeated
    }

    pub fn finish(&mut self, rows: usize) -> ArrayRef {
        let (attrs, attr_types) = self.attributes.finish();
        let children: Vec<ArrayRef> = vec![
            ints(&mut self.trace_hi),
            ints(&mut self.trace_lo),
            ints(&mut self.span_id),
            Arc::new(self.trace_state.finish()),
            attrs,
            attr_types,
            ints(&mut self.dropped_attributes_count),
            ints(&mut self.flags),
        ];
        self.rows.pad(rows);
        self.rows.finish(link_fields(), children)
    }
}

/// A column of numbers without nulls.
pub(super) fn ints(values: &mut Vec<i64>) -> ArrayRef {
    Arc::new(Int64Array::from(drained(values)))
}

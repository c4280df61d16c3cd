//! The columns of `spans` that are more than one Arrow array: promoted attributes, events, links.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder, StringBuilder};

use super::{Event, Link, event_fields, link_fields};
use crate::schema::columns::{AttributesColumn, ListOffsets, StringColumn};
use crate::schema::promoted::{ColumnType, Promoted};
use crate::value::Value;

/// Puts a value into its promoted column; true if the column says all of it, so that no map needs to.
pub(super) fn fill_promoted(columns: &mut [PromotedColumn], key: &str, value: &Value<'_>) -> bool {
    columns.iter_mut().find(|c| c.promoted.key == key).is_some_and(|column| column.fill(value))
}

/// A column of one attribute.
#[derive(Debug)]
pub(super) struct PromotedColumn {
    promoted: Promoted,
    values: PromotedValues,
    filled: bool,
}

#[derive(Debug)]
enum PromotedValues {
    String(StringColumn),
    Int(Int64Builder),
}

impl PromotedColumn {
    pub fn new(promoted: &Promoted) -> Self {
        let values = match promoted.column_type {
            ColumnType::String => PromotedValues::String(StringColumn::default()),
            ColumnType::Int => PromotedValues::Int(Int64Builder::new()),
        };
        Self { promoted: *promoted, values, filled: false }
    }

    /// Appends the value coerced to the column's type, if it can be; true if nothing was lost by that.
    fn fill(&mut self, value: &Value<'_>) -> bool {
        let Some(coerced) = PromotedValue::coerced(self.promoted.column_type, value) else { return false };
        self.append(Some(&coerced));
        self.filled = true;
        coerced.is_all_of(value)
    }

    /// Appends a whole row.
    pub fn append(&mut self, value: Option<&PromotedValue<'_>>) {
        match &mut self.values {
            PromotedValues::String(column) => column.append_option(value.and_then(PromotedValue::text)),
            PromotedValues::Int(column) => column.append_option(value.and_then(PromotedValue::int)),
        }
    }

    /// Ends the row: null if it was not filled.
    pub fn end_row(&mut self) {
        if !std::mem::take(&mut self.filled) {
            match &mut self.values {
                PromotedValues::String(column) => column.append_option(None),
                PromotedValues::Int(column) => column.append_null(),
            }
        }
    }

    pub fn finish(&mut self) -> ArrayRef {
        match &mut self.values {
            PromotedValues::String(column) => column.finish(),
            PromotedValues::Int(column) => Arc::new(column.finish()),
        }
    }
}

/// A value coerced to the type of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PromotedValue<'a> {
    String(Cow<'a, str>),
    Int(i64),
}

impl<'a> PromotedValue<'a> {
    /// `None` if it cannot be.
    pub fn coerced(column_type: ColumnType, value: &'a Value<'_>) -> Option<Self> {
        match column_type {
            ColumnType::String => Some(Self::String(value.encode().0)),
            ColumnType::Int => coerce_to_int(value).map(Self::Int),
        }
    }

    /// True if it says all of a value of which it was made.
    pub fn is_all_of(&self, value: &Value<'_>) -> bool {
        matches!((self, value), (Self::String(_), Value::String(_)) | (Self::Int(_), Value::Int(_)))
    }

    pub fn into_owned(self) -> PromotedValue<'static> {
        match self {
            Self::String(text) => PromotedValue::String(Cow::Owned(text.into_owned())),
            Self::Int(number) => PromotedValue::Int(number),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Int(_) => None,
        }
    }

    fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::String(_) => None,
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
    time_ns: Int64Builder,
    name: StringBuilder,
    attributes: AttributesColumn,
    dropped_attributes_count: Int64Builder,
}

impl EventsColumn {
    /// Returns how many attributes were left out because their key stood there already.
    pub fn append(&mut self, events: &[Event<'_>]) -> usize {
        let mut repeated = 0;
        for event in events {
            self.time_ns.append_value(event.time_ns);
            self.name.append_option((!event.name.is_empty()).then_some(&event.name));
            repeated += self.attributes.append(&event.attributes);
            self.dropped_attributes_count.append_value(i64::from(event.dropped_attributes_count));
        }
        self.rows.end_row(events.len());
        repeated
    }

    pub fn finish(&mut self) -> ArrayRef {
        let (attrs, attr_types) = self.attributes.finish();
        let children: Vec<ArrayRef> = vec![
            Arc::new(self.time_ns.finish()),
            Arc::new(self.name.finish()),
            attrs,
            attr_types,
            Arc::new(self.dropped_attributes_count.finish()),
        ];
        self.rows.finish(event_fields(), children)
    }
}

#[derive(Debug, Default)]
pub(super) struct LinksColumn {
    rows: ListOffsets,
    trace_hi: Int64Builder,
    trace_lo: Int64Builder,
    span_id: Int64Builder,
    trace_state: StringBuilder,
    attributes: AttributesColumn,
    dropped_attributes_count: Int64Builder,
    flags: Int64Builder,
}

impl LinksColumn {
    /// Returns how many attributes were left out because their key stood there already.
    pub fn append(&mut self, links: &[Link<'_>]) -> usize {
        let mut repeated = 0;
        for link in links {
            self.trace_hi.append_value(link.trace_id.hi());
            self.trace_lo.append_value(link.trace_id.lo());
            self.span_id.append_value(link.span_id.as_int());
            self.trace_state.append_option((!link.trace_state.is_empty()).then_some(&link.trace_state));
            repeated += self.attributes.append(&link.attributes);
            self.dropped_attributes_count.append_value(i64::from(link.dropped_attributes_count));
            self.flags.append_value(i64::from(link.flags));
        }
        self.rows.end_row(links.len());
        repeated
    }

    pub fn finish(&mut self) -> ArrayRef {
        let (attrs, attr_types) = self.attributes.finish();
        let children: Vec<ArrayRef> = vec![
            Arc::new(self.trace_hi.finish()),
            Arc::new(self.trace_lo.finish()),
            Arc::new(self.span_id.finish()),
            Arc::new(self.trace_state.finish()),
            attrs,
            attr_types,
            Arc::new(self.dropped_attributes_count.finish()),
            Arc::new(self.flags.finish()),
        ];
        self.rows.finish(link_fields(), children)
    }
}

//! The columns of `spans` that are more than one Arrow array: promoted attributes, events, links.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array as _, ArrayRef, Int64Array, StringBuilder};
use arrow::datatypes::DataType;

use super::memo::KnownAttribute;
use super::{Event, Link, event_fields, link_fields};
use crate::coded::{Column, MapColumn, Spread, TextColumn};
use crate::schema::columns::{AttributesColumn, IntColumn, ListOffsets, drained, list_type, map_type};
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

    /// The place of a key's column.
    pub fn place(&self, key: &str) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// Puts a value of a row into its column; true if the column says all of it, so that no map needs to.
    pub fn set(&mut self, row: usize, place: usize, value: &Value<'_>) -> bool {
        self.columns[place].set(row, value)
    }

    /// Puts a text of a row that is known into its column.
    pub fn set_known(&mut self, row: usize, known: KnownAttribute) {
        if let PromotedColumn::String(column) = &mut self.columns[usize::from(known.column)] {
            column.set_known(row, known.number);
        }
    }

    /// What was set last in a column, if it is a text that came before.
    pub fn known(&self, place: usize) -> Option<KnownAttribute> {
        let PromotedColumn::String(column) = &self.columns[place] else { return None };
        // There are few columns.
        Some(KnownAttribute { column: place as u8, number: column.known()?, generation: column.generation() })
    }

    /// Whether the number of what is known still is that of its text.
    pub fn is_valid(&self, known: KnownAttribute) -> bool {
        let column = &self.columns[usize::from(known.column)];
        matches!(column, PromotedColumn::String(column) if column.generation() == known.generation)
    }

    pub fn finish(&mut self, spread: Spread<'_>) -> Vec<Column> {
        self.columns.iter_mut().map(|column| column.finish(spread)).collect()
    }
}

/// A column of one attribute.
#[derive(Debug)]
pub(super) enum PromotedColumn {
    String(Box<TextColumn>),
    Int(IntColumn),
}

impl PromotedColumn {
    fn new(column_type: ColumnType) -> Self {
        match column_type {
            ColumnType::String => Self::String(Box::default()),
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

    fn finish(&mut self, spread: Spread<'_>) -> Column {
        match self {
            Self::String(column) => text_column(column, spread),
            Self::Int(column) => int_column(column, spread),
        }
    }
}

/// A column of texts; without any, one that all batches share, as most columns are.
pub(super) fn text_column(column: &mut TextColumn, spread: Spread<'_>) -> Column {
    static BLANK: LazyLock<Column> = LazyLock::new(|| Column::blank(&DataType::Utf8View));
    if column.is_blank() { BLANK.clone() } else { column.finish(spread) }
}

/// A column of numbers of which there are few.
pub(super) fn int_column(column: &mut IntColumn, spread: Spread<'_>) -> Column {
    static BLANK: LazyLock<Column> = LazyLock::new(|| Column::blank(&DataType::Int64));
    if column.is_blank() { BLANK.clone() } else { column.finish(spread) }
}

pub(super) fn map_column(column: &mut MapColumn, spread: Spread<'_>) -> Column {
    static BLANK: LazyLock<Column> = LazyLock::new(|| Column::blank(&map_type()));
    if column.is_blank() { BLANK.clone() } else { column.finish(spread) }
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

    pub fn finish(&mut self, rows: usize) -> Column {
        static BLANK: LazyLock<Column> = LazyLock::new(|| Column::blank(&list_type(DataType::Struct(event_fields()))));
        if self.rows.is_blank() {
            return BLANK.clone();
        }
        let (attrs, attr_types) = self.attributes.finish();
        let children: Vec<ArrayRef> = vec![
            ints(&mut self.time_ns),
            Arc::new(self.name.finish()),
            attrs,
            attr_types,
            ints(&mut self.dropped_attributes_count),
        ];
        self.rows.pad(rows);
        nested(self.rows.finish(event_fields(), children))
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

    pub fn finish(&mut self, rows: usize) -> Column {
        static BLANK: LazyLock<Column> = LazyLock::new(|| Column::blank(&list_type(DataType::Struct(link_fields()))));
        if self.rows.is_blank() {
            return BLANK.clone();
        }
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
        nested(self.rows.finish(link_fields(), children))
    }
}

/// Builders reserve room for a thousand elements, which most requests do not have: what is left over is given back, for it
/// would be held as long as the rows are hot.
fn nested(mut column: ArrayRef) -> Column {
    column.shrink_to_fit();
    Column::Each(column)
}

/// A column of numbers without nulls, most of which differ.
pub(super) fn numbers(values: &mut Vec<i64>) -> Column {
    Column::Each(ints(values))
}

fn ints(values: &mut Vec<i64>) -> ArrayRef {
    Arc::new(Int64Array::from(drained(values)))
}

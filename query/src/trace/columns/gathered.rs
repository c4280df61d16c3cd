//! Spans as they come, with each text once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{Array, AsArray, Int32Array, Int64Array, ListArray, RecordBatch, StringViewArray};
use arrow::datatypes::{Int32Type, Int64Type};
use spanloom_store::SpanId;
use spanloom_store::schema::spans::{Quirks, UnreadableRow};

use crate::error::QueryError;
use crate::trace::span::{Interval, Span};

/// The columns that are read.
pub(super) const COLUMNS: [&str; 16] = [
    "span_id",
    "parent_span_id",
    "kind",
    "start_ns",
    "duration_ns",
    "status_code",
    "quirks",
    "dropped_attributes_count",
    "dropped_events_count",
    "dropped_links_count",
    "service_name",
    "service_namespace",
    "k8s_namespace_name",
    "name",
    "events",
    "links",
];
/// Events of each span that are shown on its bar.
const EVENTS_MAX: usize = 16;
/// OTLP `STATUS_CODE_ERROR`.
const STATUS_ERROR: i32 = 2;
/// A text with its place in a map and in a list.
const TEXT_BYTES: usize = 96;

/// What is to be said of a span in one bit each; part of the API.
pub(super) mod flag {
    pub const STATUS_OK: u8 = 1;
    pub const STATUS_ERROR: u8 = 2;
    pub const NO_START: u8 = 4;
    pub const NO_END: u8 = 8;
    pub const ENDS_BEFORE_IT_STARTS: u8 = 16;
    pub const HAS_EVENTS: u8 = 32;
    pub const HAS_LINKS: u8 = 64;
    /// Attributes, events or links were lost on its way.
    pub const IS_INCOMPLETE: u8 = 128;
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub id: SpanId,
    pub parent: Option<SpanId>,
    pub start_ns: i64,
    /// Never negative.
    pub duration_ns: i64,
    /// Its place in [`Gathered::operations`].
    pub operation: u32,
    pub flags: u8,
    /// What the reader was asked to look for is there.
    pub is_found: bool,
}

/// An event of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub row: u32,
    pub time_ns: i64,
    /// Its place in [`Gathered::texts`].
    pub name: u32,
}

/// A service by places in [`Gathered::texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Service {
    pub name: Option<u32>,
    pub namespace: Option<u32>,
}

/// What spans of one service, name and kind do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Operation {
    /// Its place in [`Gathered::services`].
    pub service: u32,
    /// Its place in [`Gathered::texts`].
    pub name: u32,
    /// OTLP `SpanKind`.
    pub kind: i32,
}

/// The rows of a trace, in the order in which they came.
#[derive(Default)]
pub(super) struct Gathered {
    pub rows: Vec<Row>,
    /// By row.
    pub events: Vec<Event>,
    pub texts: Numbered<Arc<str>>,
    pub services: Numbered<Service>,
    pub operations: Numbered<Operation>,
    text_bytes: usize,
}

/// Different things, numbered in the order in which they came.
pub(super) struct Numbered<T> {
    pub all: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { all: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    pub fn number(&mut self, one: T) -> u32 {
        let next = self.all.len() as u32;
        let number = *self.numbers.entry(one.clone()).or_insert(next);
        if number == next {
            self.all.push(one);
        }
        number
    }
}

impl Gathered {
    /// Adds the rows of a batch that has [`COLUMNS`], perhaps among others; `found` has one for each row, or is empty.
    pub fn add(&mut self, batch: &RecordBatch, found: &[bool]) -> Result<(), QueryError> {
        let columns = Columns::of(batch)?;
        self.rows.reserve(batch.num_rows());
        for at in 0..batch.num_rows() {
            self.add_events(columns.events, at)?;
            let operation = self.operation(&columns, at);
            let duration_ns = columns.duration_ns.value(at).max(0);
            self.rows.push(Row {
                id: SpanId::from_int(columns.id.value(at)),
                parent: columns.parent.is_valid(at).then(|| SpanId::from_int(columns.parent.value(at))),
                start_ns: columns.start_ns.value(at),
                duration_ns,
                operation,
                flags: columns.flags(at),
                is_found: found.get(at).copied().unwrap_or(false),
            });
        }
        Ok(())
    }

    fn operation(&mut self, columns: &Columns<'_>, at: usize) -> u32 {
        let name = text_at(columns.service_name, at).map(|text| self.text(text));
        let namespace = text_at(columns.service_namespace, at).or_else(|| text_at(columns.k8s_namespace, at));
        let namespace = namespace.map(|text| self.text(text));
        let service = self.services.number(Service { name, namespace });
        let name = self.text(text_at(columns.name, at).unwrap_or_default());
        self.operations.number(Operation { service, name, kind: columns.kind.value(at) })
    }

    fn add_events(&mut self, events: &ListArray, at: usize) -> Result<(), QueryError> {
        if events.is_null(at) {
            return Ok(());
        }
        let elements = events.values().as_struct();
        let times = elements.column_by_name("time_ns").and_then(|column| column.as_primitive_opt::<Int64Type>());
        let names = elements.column_by_name("name").and_then(|column| column.as_string_opt::<i32>());
        let (Some(times), Some(names)) = (times, names) else { return Err(UnreadableRow::Column("events").into()) };
        let offsets = events.value_offsets();
        let row = self.rows.len() as u32;
        for place in (offsets[at] as usize..offsets[at + 1] as usize).take(EVENTS_MAX) {
            let name = self.text(if names.is_null(place) { "" } else { names.value(place) });
            self.events.push(Event { row, time_ns: times.value(place), name });
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> u32 {
        if let Some(number) = self.texts.numbers.get(text) {
            return *number;
        }
        self.text_bytes += text.len();
        self.texts.number(text.into())
    }

    pub fn operation_of(&self, row: &Row) -> Operation {
        self.operations.all[row.operation as usize]
    }

    pub fn service_name(&self, operation: Operation) -> Option<&str> {
        let name = self.services.all[operation.service as usize].name;
        name.map(|name| &*self.texts.all[name as usize])
    }

    /// The rows as spans, with their numbers.
    pub fn spans(&self) -> Vec<(Span<'_>, u32)> {
        self.rows.iter().map(|row| self.span(row)).zip(0..).collect()
    }

    fn span(&self, row: &Row) -> Span<'_> {
        let operation = self.operation_of(row);
        let name = &*self.texts.all[operation.name as usize];
        Span {
            id: row.id,
            parent: row.parent,
            kind: operation.kind,
            service: self.service_name(operation),
            name: (!name.is_empty()).then_some(name),
            is_error: row.flags & flag::STATUS_ERROR != 0,
            time: Interval { start_ns: row.start_ns, end_ns: row.start_ns.saturating_add(row.duration_ns) },
        }
    }

    pub fn held_bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Row>()
            + self.events.capacity() * size_of::<Event>()
            + self.text_bytes
            + (self.texts.all.len() + self.services.all.len() + self.operations.all.len()) * TEXT_BYTES
    }
}

fn text_at(column: &StringViewArray, at: usize) -> Option<&str> {
    column.is_valid(at).then(|| column.value(at))
}

/// The columns of a batch.
struct Columns<'a> {
    id: &'a Int64Array,
    parent: &'a Int64Array,
    kind: &'a Int32Array,
    start_ns: &'a Int64Array,
    duration_ns: &'a Int64Array,
    status: &'a Int32Array,
    quirks: &'a Int32Array,
    dropped: [&'a Int64Array; 3],
    service_name: &'a StringViewArray,
    service_namespace: &'a StringViewArray,
    k8s_namespace: &'a StringViewArray,
    name: &'a StringViewArray,
    events: &'a ListArray,
    links: &'a ListArray,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
        let find = |name: &'static str| batch.column_by_name(name).ok_or(UnreadableRow::Column(name));
        let int = |name| find(name)?.as_primitive_opt::<Int64Type>().ok_or(UnreadableRow::Column(name));
        let small_int = |name| find(name)?.as_primitive_opt::<Int32Type>().ok_or(UnreadableRow::Column(name));
        let text = |name| find(name)?.as_string_view_opt().ok_or(UnreadableRow::Column(name));
        let list = |name| find(name)?.as_list_opt::<i32>().ok_or(UnreadableRow::Column(name));
        Ok(Self {
            id: int("span_id")?,
            parent: int("parent_span_id")?,
            kind: small_int("kind")?,
            start_ns: int("start_ns")?,
            duration_ns: int("duration_ns")?,
            status: small_int("status_code")?,
            quirks: small_int("quirks")?,
            dropped: [int("dropped_attributes_count")?, int("dropped_events_count")?, int("dropped_links_count")?],
            service_name: text("service_name")?,
            service_namespace: text("service_namespace")?,
            k8s_namespace: text("k8s_namespace_name")?,
            name: text("name")?,
            events: list("events")?,
            links: list("links")?,
        })
    }

    fn flags(&self, at: usize) -> u8 {
        let quirks = Quirks::from_bits(self.quirks.value(at));
        let status = self.status.value(at);
        let said = [
            (flag::STATUS_OK, status == 1),
            (flag::STATUS_ERROR, status == STATUS_ERROR),
            (flag::NO_START, quirks.contains(Quirks::START_ABSENT)),
            (flag::NO_END, quirks.contains(Quirks::DURATION_ABSENT)),
            (flag::ENDS_BEFORE_IT_STARTS, quirks.contains(Quirks::END_BEFORE_START)),
            (flag::HAS_EVENTS, self.events.is_valid(at)),
            (flag::HAS_LINKS, self.links.is_valid(at)),
            (flag::IS_INCOMPLETE, self.dropped.iter().any(|count| count.value(at) > 0)),
        ];
        said.iter().filter(|(_, is_so)| *is_so).fold(0, |flags, (flag, _)| flags | flag)
    }
}

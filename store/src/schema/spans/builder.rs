//! Spans to a batch.
//!
//! Most columns are null in most rows, and what rows have in common is said once for all of them: so columns are told of
//! the rows that have a value, and resources and scopes have a row for each run of spans, which is repeated at the end.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};

use super::blank::Blank;
use super::columns::{EventsColumn, LinksColumn, PromotedColumns, ints};
use super::origin::{ResourceColumns, ScopeColumns};
use super::{Resource, Scope, Span, schema};
use crate::schema::columns::{HourColumn, IntColumn, StringColumn, StringMapColumn, batch, drained};
use crate::schema::promoted;
use crate::schema::repeated::RepeatedKeys;
use crate::value::Attributes;

/// Collects spans into one batch of [`schema`].
#[derive(Debug)]
pub struct SpansBuilder {
    rows: usize,
    hour: HourColumn,
    trace_hi: Vec<i64>,
    trace_lo: Vec<i64>,
    span_id: Vec<i64>,
    parent_span_id: IntColumn,
    trace_state: StringColumn,
    flags: Vec<i64>,
    name: StringColumn,
    kind: Vec<i32>,
    start_ns: Vec<i64>,
    duration_ns: Vec<i64>,
    status_code: Vec<i32>,
    status_message: StringColumn,
    quirks: Vec<i32>,
    promoted: PromotedColumns,
    buckets: [StringMapColumn; promoted::BUCKETS],
    attr_types: StringMapColumn,
    dropped_attributes_count: Vec<i64>,
    events: EventsColumn,
    dropped_events_count: Vec<i64>,
    links: LinksColumn,
    dropped_links_count: Vec<i64>,
    resources: ResourceColumns,
    scopes: ScopeColumns,
}

impl Default for SpansBuilder {
    fn default() -> Self {
        Self {
            rows: 0,
            hour: HourColumn::default(),
            trace_hi: Vec::new(),
            trace_lo: Vec::new(),
            span_id: Vec::new(),
            parent_span_id: IntColumn::default(),
            trace_state: StringColumn::default(),
            flags: Vec::new(),
            name: StringColumn::default(),
            kind: Vec::new(),
            start_ns: Vec::new(),
            duration_ns: Vec::new(),
            status_code: Vec::new(),
            status_message: StringColumn::default(),
            quirks: Vec::new(),
            promoted: PromotedColumns::new(promoted::SPAN, &promoted::SPAN_PLACES),
            buckets: Default::default(),
            attr_types: StringMapColumn::default(),
            dropped_attributes_count: Vec::new(),
            events: EventsColumn::default(),
            dropped_events_count: Vec::new(),
            links: LinksColumn::default(),
            dropped_links_count: Vec::new(),
            resources: ResourceColumns::default(),
            scopes: ScopeColumns::default(),
        }
    }
}

impl SpansBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn len(&self) -> usize {
        self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Appends a span; returns how many attributes were left out because their key stood there already.
    pub fn append(&mut self, resource: &Resource<'_>, scope: &Scope<'_>, span: &Span<'_>) -> usize {
        self.begin_resource(resource);
        self.begin_scope(scope);
        self.append_span(span)
    }

    /// Says whose the spans are that come next.
    pub fn begin_resource(&mut self, resource: &Resource<'_>) {
        self.resources.begin(resource);
    }

    /// Says of which scope the spans are that come next.
    pub fn begin_scope(&mut self, scope: &Scope<'_>) {
        self.scopes.begin(scope);
    }

    /// Appends a span of the resource and the scope that have begun; both begin anew after [`Self::finish`]. Returns how
    /// many attributes were left out, of the span, its resource and its scope, because their key stood there already.
    ///
    /// # Panics
    /// When there is no resource or no scope.
    pub fn append_span(&mut self, span: &Span<'_>) -> usize {
        let row = self.rows;
        self.rows += 1;
        self.append_core(row, span);
        self.append_events_and_links(row, span)
            + self.append_attributes(row, &span.attributes)
            + self.resources.add_row()
            + self.scopes.add_row()
    }

    fn append_core(&mut self, row: usize, span: &Span<'_>) {
        self.hour.append(span.start_ns);
        self.trace_hi.push(span.trace_id.hi());
        self.trace_lo.push(span.trace_id.lo());
        self.span_id.push(span.span_id.as_int());
        if let Some(parent) = span.parent_span_id {
            self.parent_span_id.set(row, parent.as_int());
        }
        self.trace_state.set_or_null(row, &span.trace_state);
        self.flags.push(i64::from(span.flags));
        self.name.set_or_null(row, &span.name);
        self.kind.push(span.kind);
        self.start_ns.push(span.start_ns);
        self.duration_ns.push(span.end_ns - span.start_ns);
        self.status_code.push(span.status_code);
        self.status_message.set_or_null(row, &span.status_message);
        self.quirks.push(span.quirks.bits());
    }

    fn append_attributes(&mut self, row: usize, attributes: &Attributes<'_>) -> usize {
        let mut repeated = RepeatedKeys::default();
        for (at, (key, value)) in attributes.iter().enumerate() {
            if repeated.is_repeated(attributes, at) || self.promoted.set(row, key, value) {
                continue;
            }
            let (text, value_type) = value.encode();
            self.buckets[promoted::bucket(key)].entry_of(row, key, &text);
            if let Some(value_type) = value_type {
                self.attr_types.entry_of(row, key, value_type.as_str());
            }
        }
        repeated.count
    }

    fn append_events_and_links(&mut self, row: usize, span: &Span<'_>) -> usize {
        self.dropped_attributes_count.push(i64::from(span.dropped_attributes_count));
        self.dropped_events_count.push(i64::from(span.dropped_events_count));
        self.dropped_links_count.push(i64::from(span.dropped_links_count));
        self.events.set(row, &span.events) + self.links.set(row, &span.links)
    }

    /// The batch of all spans appended since the last call. The next batch is built in the memory of this one.
    pub fn finish(&mut self) -> RecordBatch {
        let rows = std::mem::take(&mut self.rows);
        let blank = Blank::new(rows);
        let mut columns: Vec<ArrayRef> = vec![
            self.hour.finish(),
            ints(&mut self.trace_hi),
            ints(&mut self.trace_lo),
            ints(&mut self.span_id),
            blank.or_ints(&mut self.parent_span_id),
            blank.or_texts(&mut self.trace_state),
            ints(&mut self.flags),
            blank.or_texts(&mut self.name),
            small_ints(&mut self.kind),
            ints(&mut self.start_ns),
            ints(&mut self.duration_ns),
            small_ints(&mut self.status_code),
            blank.or_texts(&mut self.status_message),
            small_ints(&mut self.quirks),
        ];
        let resources = self.resources.finish(&blank);
        columns.extend(resources.promoted);
        columns.extend(self.promoted.finish(&blank));
        columns.extend(self.buckets.iter_mut().map(|bucket| blank.or_map(bucket)));
        columns.extend([
            blank.or_map(&mut self.attr_types),
            ints(&mut self.dropped_attributes_count),
            self.events.finish(rows),
            ints(&mut self.dropped_events_count),
            self.links.finish(rows),
            ints(&mut self.dropped_links_count),
        ]);
        columns.extend(resources.rest);
        columns.extend(self.scopes.finish(&blank));
        batch(schema(), columns)
    }
}

fn small_ints(values: &mut Vec<i32>) -> ArrayRef {
    Arc::new(Int32Array::from(drained(values)))
}

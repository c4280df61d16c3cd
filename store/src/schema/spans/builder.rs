//! Spans to a batch.
//!
//! Most columns are null in most rows, and what rows have in common is said once for all of them: so columns are told of
//! the rows that have a value, and resources and scopes have a row for each run of spans, which is repeated at the end.

use arrow::array::RecordBatch;

use super::columns::{EventsColumn, LinksColumn, PromotedColumns, int_column, map_column, numbers, text_column};
use super::memo::{KnownAttribute, Memo, Recalled};
use super::origin::{ResourceColumns, ScopeColumns};
use super::{Resource, Scope, Span, schema};
use crate::coded::{CodedBatch, Column, MapColumn, Spread, TextColumn, coded_ints, coded_small_ints};
use crate::schema::columns::{Hours, IntColumn, emptied};
use crate::schema::promoted;
use crate::schema::repeated::RepeatedKeys;
use crate::value::Attributes;

/// Collects spans into one batch of [`schema`].
#[derive(Debug)]
pub struct SpansBuilder {
    rows: usize,
    hours: Hours,
    hour: TextColumn,
    trace_hi: Vec<i64>,
    trace_lo: Vec<i64>,
    span_id: Vec<i64>,
    parent_span_id: IntColumn,
    trace_state: TextColumn,
    flags: Vec<i64>,
    name: TextColumn,
    kind: Vec<i32>,
    start_ns: Vec<i64>,
    duration_ns: Vec<i64>,
    status_code: Vec<i32>,
    status_message: TextColumn,
    quirks: Vec<i32>,
    promoted: PromotedColumns,
    memo: Memo,
    buckets: [MapColumn; promoted::BUCKETS],
    attr_types: MapColumn,
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
            hours: Hours::default(),
            hour: TextColumn::default(),
            trace_hi: Vec::new(),
            trace_lo: Vec::new(),
            span_id: Vec::new(),
            parent_span_id: IntColumn::default(),
            trace_state: TextColumn::default(),
            flags: Vec::new(),
            name: TextColumn::default(),
            kind: Vec::new(),
            start_ns: Vec::new(),
            duration_ns: Vec::new(),
            status_code: Vec::new(),
            status_message: TextColumn::default(),
            quirks: Vec::new(),
            promoted: PromotedColumns::new(promoted::SPAN, &promoted::SPAN_PLACES),
            memo: Memo::default(),
            buckets: Default::default(),
            attr_types: MapColumn::default(),
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
        self.append_recalled(span, &Recalled::default())
    }

    /// An attribute of a span that was sent as the same bytes before; to be handed over with that span.
    pub fn recall(&self, encoded: &[u8]) -> Option<KnownAttribute> {
        self.memo.find(encoded).filter(|known| self.promoted.is_valid(*known))
    }

    /// [`Self::append_span`], of whose attributes some are not among its own because they were recalled.
    ///
    /// # Panics
    /// As [`Self::append_span`] does.
    pub fn append_recalled(&mut self, span: &Span<'_>, recalled: &Recalled<'_>) -> usize {
        let row = self.rows;
        self.rows += 1;
        self.append_core(row, span);
        self.append_events_and_links(row, span)
            + self.append_attributes(row, &span.attributes, recalled)
            + self.resources.add_row()
            + self.scopes.add_row()
    }

    fn append_core(&mut self, row: usize, span: &Span<'_>) {
        self.hour.set(row, self.hours.text(span.start_ns));
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

    fn append_attributes(&mut self, row: usize, attributes: &Attributes<'_>, recalled: &Recalled<'_>) -> usize {
        const { assert!(promoted::SPAN.len() <= u64::BITS as usize, "a column is a bit") };
        let (mut repeated, mut is_set, mut repeated_columns) = (RepeatedKeys::default(), 0_u64, 0);
        let mut is_repeated_column = |place: usize| {
            let is_repeated = is_set & (1 << place) != 0;
            is_set |= 1 << place;
            repeated_columns += usize::from(is_repeated);
            is_repeated
        };
        let mut known = recalled.known.iter().peekable();
        for at in 0..=attributes.len() {
            while let Some((_, known)) = known.next_if(|(before, _)| *before <= at) {
                if !is_repeated_column(usize::from(known.column)) {
                    self.promoted.set_known(row, *known);
                }
            }
            let Some((key, value)) = attributes.get(at) else { break };
            if let Some(place) = self.promoted.place(key) {
                if is_repeated_column(place) {
                    continue;
                }
                if self.promoted.set(row, place, value) {
                    if let (Some(encoded), Some(known)) = (recalled.encoded.get(at), self.promoted.known(place)) {
                        self.memo.learn(encoded, known);
                    }
                    continue;
                }
            } else if repeated.is_repeated(attributes, at) {
                continue;
            }
            let (text, value_type) = value.encode();
            self.buckets[promoted::bucket(key)].entry_of(row, key, &text);
            if let Some(value_type) = value_type {
                self.attr_types.entry_of(row, key, value_type.as_str());
            }
        }
        repeated.count + repeated_columns
    }

    fn append_events_and_links(&mut self, row: usize, span: &Span<'_>) -> usize {
        self.dropped_attributes_count.push(i64::from(span.dropped_attributes_count));
        self.dropped_events_count.push(i64::from(span.dropped_events_count));
        self.dropped_links_count.push(i64::from(span.dropped_links_count));
        self.events.set(row, &span.events) + self.links.set(row, &span.links)
    }

    /// The batch of all spans appended since the last call, with Arrow's own columns.
    pub fn finish(&mut self) -> RecordBatch {
        self.finish_coded().to_batch()
    }

    /// The batch of all spans appended since the last call. The next batch is built in the memory of this one.
    pub fn finish_coded(&mut self) -> CodedBatch {
        let rows = std::mem::take(&mut self.rows);
        let spread = Spread::Rows(rows);
        let texts = |column: &mut TextColumn| text_column(column, spread);
        let mut columns = vec![
            texts(&mut self.hour),
            numbers(&mut self.trace_hi),
            numbers(&mut self.trace_lo),
            numbers(&mut self.span_id),
            int_column(&mut self.parent_span_id, spread),
            texts(&mut self.trace_state),
            few(&mut self.flags),
            texts(&mut self.name),
            small(&mut self.kind),
            numbers(&mut self.start_ns),
            numbers(&mut self.duration_ns),
            small(&mut self.status_code),
            texts(&mut self.status_message),
            small(&mut self.quirks),
        ];
        let resources = self.resources.finish(rows);
        columns.extend(resources.promoted);
        columns.extend(self.promoted.finish(spread));
        columns.extend(self.buckets.iter_mut().map(|bucket| map_column(bucket, spread)));
        columns.extend([
            map_column(&mut self.attr_types, spread),
            few(&mut self.dropped_attributes_count),
            self.events.finish(rows),
            few(&mut self.dropped_events_count),
            self.links.finish(rows),
            few(&mut self.dropped_links_count),
        ]);
        columns.extend(resources.rest);
        columns.extend(self.scopes.finish(rows));
        CodedBatch::new(schema(), rows, columns)
    }
}

fn few(values: &mut Vec<i64>) -> Column {
    let column = coded_ints(values, None);
    emptied(values);
    column
}

fn small(values: &mut Vec<i32>) -> Column {
    let column = coded_small_ints(values);
    emptied(values);
    column
}

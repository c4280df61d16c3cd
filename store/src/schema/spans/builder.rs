//! Spans to a batch.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Builder, Int64Builder, RecordBatch};

use super::columns::{EventsColumn, LinksColumn, PromotedColumn, PromotedValue, fill_promoted};
use super::{Resource, Scope, Span, schema};
use crate::schema::columns::{AttributesColumn, HourColumn, StringColumn, StringMapColumn, batch};
use crate::schema::promoted;
use crate::schema::repeated::RepeatedKeys;
use crate::value::{Attributes, ValueType};

/// Collects spans into one batch of [`schema`].
#[derive(Debug)]
pub struct SpansBuilder {
    rows: usize,
    hour: HourColumn,
    trace_hi: Int64Builder,
    trace_lo: Int64Builder,
    span_id: Int64Builder,
    parent_span_id: Int64Builder,
    trace_state: StringColumn,
    flags: Int64Builder,
    name: StringColumn,
    kind: Int32Builder,
    start_ns: Int64Builder,
    duration_ns: Int64Builder,
    status_code: Int32Builder,
    status_message: StringColumn,
    quirks: Int32Builder,
    resource_promoted: Vec<PromotedColumn>,
    span_promoted: Vec<PromotedColumn>,
    buckets: [StringMapColumn; promoted::BUCKETS],
    attr_types: StringMapColumn,
    dropped_attributes_count: Int64Builder,
    events: EventsColumn,
    dropped_events_count: Int64Builder,
    links: LinksColumn,
    dropped_links_count: Int64Builder,
    resource_attrs: StringMapColumn,
    resource_attr_types: StringMapColumn,
    resource_dropped_attributes_count: Int64Builder,
    resource_schema_url: StringColumn,
    resource_entity_refs: StringColumn,
    scope_name: StringColumn,
    scope_version: StringColumn,
    scope_attributes: AttributesColumn,
    scope_dropped_attributes_count: Int64Builder,
    scope_schema_url: StringColumn,
    last_resource: Option<EncodedResource>,
}

/// A resource, and what its columns hold: rows that follow each other are mostly of one.
#[derive(Debug)]
struct EncodedResource {
    resource: Resource<'static>,
    promoted: Vec<Option<PromotedValue<'static>>>,
    /// Entries of the map, and their types.
    entries: Vec<(String, String)>,
    types: Vec<(String, ValueType)>,
    entity_refs: Option<String>,
    repeated: usize,
}

impl EncodedResource {
    fn new(resource: &Resource<'_>) -> Self {
        let mut repeated = RepeatedKeys::default();
        let mut promoted = vec![None; promoted::RESOURCE.len()];
        let (mut entries, mut types) = (Vec::new(), Vec::new());
        for (key, value) in &resource.attributes {
            if repeated.is_repeated(key) {
                continue;
            }
            let column = promoted::RESOURCE.iter().position(|promoted| promoted.key == key);
            if let Some(column) = column
                && let Some(coerced) = PromotedValue::coerced(promoted::RESOURCE[column].column_type, value)
            {
                let is_all = coerced.is_all_of(value);
                promoted[column] = Some(coerced.into_owned());
                if is_all {
                    continue;
                }
            }
            let (text, value_type) = value.encode();
            entries.push((key.to_string(), text.into_owned()));
            types.extend(value_type.map(|value_type| (key.to_string(), value_type)));
        }
        let entity_refs = (!resource.entity_refs.is_empty())
            .then(|| serde_json::to_string(&resource.entity_refs).expect("strings and lists always become JSON"));
        let repeated = repeated.count;
        Self { resource: resource.clone().into_owned(), promoted, entries, types, entity_refs, repeated }
    }
}

impl Default for SpansBuilder {
    fn default() -> Self {
        Self {
            rows: 0,
            hour: HourColumn::default(),
            trace_hi: Int64Builder::new(),
            trace_lo: Int64Builder::new(),
            span_id: Int64Builder::new(),
            parent_span_id: Int64Builder::new(),
            trace_state: StringColumn::default(),
            flags: Int64Builder::new(),
            name: StringColumn::default(),
            kind: Int32Builder::new(),
            start_ns: Int64Builder::new(),
            duration_ns: Int64Builder::new(),
            status_code: Int32Builder::new(),
            status_message: StringColumn::default(),
            quirks: Int32Builder::new(),
            resource_promoted: promoted::RESOURCE.iter().map(PromotedColumn::new).collect(),
            span_promoted: promoted::SPAN.iter().map(PromotedColumn::new).collect(),
            buckets: Default::default(),
            attr_types: StringMapColumn::default(),
            dropped_attributes_count: Int64Builder::new(),
            events: EventsColumn::default(),
            dropped_events_count: Int64Builder::new(),
            links: LinksColumn::default(),
            dropped_links_count: Int64Builder::new(),
            resource_attrs: StringMapColumn::default(),
            resource_attr_types: StringMapColumn::default(),
            resource_dropped_attributes_count: Int64Builder::new(),
            resource_schema_url: StringColumn::default(),
            resource_entity_refs: StringColumn::default(),
            scope_name: StringColumn::default(),
            scope_version: StringColumn::default(),
            scope_attributes: AttributesColumn::default(),
            scope_dropped_attributes_count: Int64Builder::new(),
            scope_schema_url: StringColumn::default(),
            last_resource: None,
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
        self.rows += 1;
        self.append_core(span);
        self.append_events_and_links(span)
            + self.append_scope(scope)
            + self.append_span_attributes(&span.attributes)
            + self.append_resource(resource)
    }

    fn append_core(&mut self, span: &Span<'_>) {
        self.hour.append(span.start_ns);
        self.trace_hi.append_value(span.trace_id.hi());
        self.trace_lo.append_value(span.trace_id.lo());
        self.span_id.append_value(span.span_id.as_int());
        self.parent_span_id.append_option(span.parent_span_id.map(|id| id.as_int()));
        self.trace_state.append_or_null(&span.trace_state);
        self.flags.append_value(i64::from(span.flags));
        self.name.append_or_null(&span.name);
        self.kind.append_value(span.kind);
        self.start_ns.append_value(span.start_ns);
        self.duration_ns.append_value(span.end_ns - span.start_ns);
        self.status_code.append_value(span.status_code);
        self.status_message.append_or_null(&span.status_message);
        self.quirks.append_value(span.quirks.bits());
    }

    fn append_span_attributes(&mut self, attributes: &Attributes<'_>) -> usize {
        let mut repeated = RepeatedKeys::default();
        for (key, value) in attributes {
            if repeated.is_repeated(key) || fill_promoted(&mut self.span_promoted, key, value) {
                continue;
            }
            let (text, value_type) = value.encode();
            self.buckets[promoted::bucket(key)].entry(key, &text);
            note_type(&mut self.attr_types, key, value_type);
        }
        self.span_promoted.iter_mut().for_each(PromotedColumn::end_row);
        self.buckets.iter_mut().for_each(StringMapColumn::end_row);
        self.attr_types.end_row();
        repeated.count
    }

    fn append_resource(&mut self, resource: &Resource<'_>) -> usize {
        let encoded = match self.last_resource.take().filter(|last| last.resource == *resource) {
            Some(last) => last,
            None => EncodedResource::new(resource),
        };
        for (column, value) in self.resource_promoted.iter_mut().zip(&encoded.promoted) {
            column.append(value.as_ref());
        }
        encoded.entries.iter().for_each(|(key, text)| self.resource_attrs.entry(key, text));
        encoded.types.iter().for_each(|(key, of)| self.resource_attr_types.entry(key, of.as_str()));
        self.resource_attrs.end_row();
        self.resource_attr_types.end_row();
        self.resource_dropped_attributes_count.append_value(i64::from(resource.dropped_attributes_count));
        self.resource_schema_url.append_or_null(&resource.schema_url);
        self.resource_entity_refs.append_option(encoded.entity_refs.as_deref());
        let repeated = encoded.repeated;
        self.last_resource = Some(encoded);
        repeated
    }

    fn append_scope(&mut self, scope: &Scope<'_>) -> usize {
        self.scope_name.append_or_null(&scope.name);
        self.scope_version.append_or_null(&scope.version);
        self.scope_dropped_attributes_count.append_value(i64::from(scope.dropped_attributes_count));
        self.scope_schema_url.append_or_null(&scope.schema_url);
        self.scope_attributes.append(&scope.attributes)
    }

    fn append_events_and_links(&mut self, span: &Span<'_>) -> usize {
        self.dropped_attributes_count.append_value(i64::from(span.dropped_attributes_count));
        self.dropped_events_count.append_value(i64::from(span.dropped_events_count));
        self.dropped_links_count.append_value(i64::from(span.dropped_links_count));
        self.events.append(&span.events) + self.links.append(&span.links)
    }

    /// The batch of all spans appended since the last call.
    pub fn finish(&mut self) -> RecordBatch {
        self.rows = 0;
        let mut columns: Vec<ArrayRef> = vec![
            self.hour.finish(),
            Arc::new(self.trace_hi.finish()),
            Arc::new(self.trace_lo.finish()),
            Arc::new(self.span_id.finish()),
            Arc::new(self.parent_span_id.finish()),
            self.trace_state.finish(),
            Arc::new(self.flags.finish()),
            self.name.finish(),
            Arc::new(self.kind.finish()),
            Arc::new(self.start_ns.finish()),
            Arc::new(self.duration_ns.finish()),
            Arc::new(self.status_code.finish()),
            self.status_message.finish(),
            Arc::new(self.quirks.finish()),
        ];
        columns.extend(self.resource_promoted.iter_mut().map(PromotedColumn::finish));
        columns.extend(self.span_promoted.iter_mut().map(PromotedColumn::finish));
        columns.extend(self.buckets.iter_mut().map(StringMapColumn::finish));
        let (scope_attrs, scope_attr_types) = self.scope_attributes.finish();
        columns.extend([
            self.attr_types.finish(),
            Arc::new(self.dropped_attributes_count.finish()) as ArrayRef,
            self.events.finish(),
            Arc::new(self.dropped_events_count.finish()),
            self.links.finish(),
            Arc::new(self.dropped_links_count.finish()),
            self.resource_attrs.finish(),
            self.resource_attr_types.finish(),
            Arc::new(self.resource_dropped_attributes_count.finish()),
            self.resource_schema_url.finish(),
            self.resource_entity_refs.finish(),
            self.scope_name.finish(),
            self.scope_version.finish(),
            scope_attrs,
            scope_attr_types,
            Arc::new(self.scope_dropped_attributes_count.finish()),
            self.scope_schema_url.finish(),
        ]);
        batch(schema(), columns)
    }
}

fn note_type(types: &mut StringMapColumn, key: &str, value_type: Option<ValueType>) {
    if let Some(value_type) = value_type {
        types.entry(key, value_type.as_str());
    }
}

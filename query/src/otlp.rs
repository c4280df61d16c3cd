//! Rows of `spans` back to OTLP, nothing lost.
//!
//! [`trace`] folds resends, groups spans by equal resource and scope and orders everything, so that the same stored spans
//! give the same bytes however they lie in files. [`json`] writes the result as JSON, [`EncodedTrace`] is the result in protobuf.

pub(crate) mod json;
/// Protobuf without messages in between.
mod wire;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{Array, AsArray, RecordBatch};
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValueKind;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use spanloom_store::SpanId;
use spanloom_store::schema::spans::{self, SpansReader, UnreadableRow};
use spanloom_store::value::{Attributes, Value};

/// Room for what an answer says after a trace: no copy is made of it for that.
const AFTER_BYTES: usize = 1024;
/// Fewer are read faster than a thread is started and their resources are told apart again.
const THREAD_ROWS_MIN: usize = 4_096;

/// A span with all that it is grouped and folded by.
struct Row<'a, S> {
    start_ns: u64,
    end_ns: u64,
    span_id: SpanId,
    kind: i32,
    /// `service.name`; part of what makes two spans one.
    service_name: Option<&'a str>,
    /// Where its resource and its scope stand among the [`Distinct`] ones.
    resource: usize,
    scope: usize,
    span: S,
}

/// What is held of a span: a message, or its encoding.
trait Form: Send {
    /// `scratch` is empty or has what was left there before.
    fn of(span: spans::Span<'_>, scratch: &mut Vec<u8>) -> Self;
    fn encoded(&self) -> Cow<'_, [u8]>;
}

impl Form for Span {
    fn of(span: spans::Span<'_>, _: &mut Vec<u8>) -> Self {
        otlp_span(span)
    }

    fn encoded(&self) -> Cow<'_, [u8]> {
        self.encode_to_vec().into()
    }
}

/// A span takes some 300 bytes so, and as a message several times as much in twenty allocations.
#[derive(Debug)]
struct EncodedSpan(Box<[u8]>);

impl Form for EncodedSpan {
    fn of(span: spans::Span<'_>, scratch: &mut Vec<u8>) -> Self {
        scratch.clear();
        wire::span(span, scratch);
        Self(scratch.as_slice().into())
    }

    fn encoded(&self) -> Cow<'_, [u8]> {
        (&*self.0).into()
    }
}

/// Messages, each once, and their encodings, by which they are told apart.
struct Distinct<T> {
    messages: Vec<T>,
    encoded: Vec<Arc<[u8]>>,
    places: HashMap<Arc<[u8]>, usize>,
}

impl<T: Message> Distinct<T> {
    fn new() -> Self {
        Self { messages: Vec::new(), encoded: Vec::new(), places: HashMap::new() }
    }

    fn place(&mut self, message: T) -> usize {
        let encoded: Arc<[u8]> = message.encode_to_vec().into();
        if let Some(place) = self.places.get(&encoded) {
            return *place;
        }
        self.places.insert(Arc::clone(&encoded), self.messages.len());
        self.encoded.push(encoded);
        self.messages.push(message);
        self.messages.len() - 1
    }

    /// Adds those of another; returns where each of them stands here.
    fn add(&mut self, other: Self) -> Vec<usize> {
        other.messages.into_iter().map(|message| self.place(message)).collect()
    }
}

/// The spans of one trace: messages, or their encoding.
pub(crate) trait TraceForm: Sized + Send + 'static {
    /// Memory that it takes, relative to its rows.
    const BYTES_PER_ROW_BYTE: usize;

    /// Out of batches with all columns of the table.
    ///
    /// # Errors
    /// When a row is not one that we wrote.
    fn of(batches: &[RecordBatch]) -> Result<Self, UnreadableRow>;
}

impl TraceForm for Vec<ResourceSpans> {
    /// Strings and lists become allocations of their own.
    const BYTES_PER_ROW_BYTE: usize = 4;

    fn of(batches: &[RecordBatch]) -> Result<Self, UnreadableRow> {
        trace(batches)
    }
}

/// The spans of one trace, out of batches with all columns of the table.
///
/// # Errors
/// When a row is not one that we wrote.
pub(crate) fn trace(batches: &[RecordBatch]) -> Result<Vec<ResourceSpans>, UnreadableRow> {
    let groups = Rows::<Span>::read_all(batches)?.group();
    let with_spans = |(scope, spans): (ScopeSpans, Vec<Span>)| ScopeSpans { spans, ..scope };
    let with_scopes = |Group { resource, scopes }: Group<Span>| ResourceSpans {
        scope_spans: scopes.into_iter().map(with_spans).collect(),
        ..resource
    };
    Ok(groups.into_iter().map(with_scopes).collect())
}

/// The spans of one trace as they are sent in protobuf, but for what they are below.
#[derive(Debug)]
pub(crate) struct EncodedTrace(Vec<Group<EncodedSpan>>);

impl TraceForm for EncodedTrace {
    /// Spans, then all.
    const BYTES_PER_ROW_BYTE: usize = 2;

    fn of(batches: &[RecordBatch]) -> Result<Self, UnreadableRow> {
        Ok(Self(Rows::<EncodedSpan>::read_all(batches)?.group()))
    }
}

impl EncodedTrace {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `TracesData`, whose resources are first changed; as a field of a message where one is named.
    pub fn finish(self, field: Option<u32>, change: impl FnMut(&mut ResourceSpans)) -> Vec<u8> {
        let mut groups = self.0;
        groups.iter_mut().map(|group| &mut group.resource).for_each(change);
        let resources: Vec<wire::Resource> = groups.into_iter().map(wire::Resource::of).collect();
        let len = resources.iter().map(wire::Resource::field_len).sum();
        let mut encoded = Vec::with_capacity(len + wire::HEADER_MAX + AFTER_BYTES);
        if let Some(field) = field {
            wire::put_header(&mut encoded, field, len);
        }
        resources.iter().for_each(|resource| resource.put(&mut encoded));
        encoded
    }
}

struct Rows<'a, S> {
    rows: Vec<Row<'a, S>>,
    resources: Distinct<ResourceSpans>,
    scopes: Distinct<ScopeSpans>,
}

/// The spans of a resource by scope, in their order.
#[derive(Debug)]
struct Group<S> {
    resource: ResourceSpans,
    scopes: Vec<(ScopeSpans, Vec<S>)>,
}

impl<'a, S: Form> Rows<'a, S> {
    /// Each span once, in order of time. Many are read by several threads.
    fn read_all(batches: &'a [RecordBatch]) -> Result<Self, UnreadableRow> {
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = threads.min(rows / THREAD_ROWS_MIN).min(batches.len()).max(1);
        let next = AtomicUsize::new(0);
        let read = || -> Result<Self, UnreadableRow> {
            let mut part = Self { rows: Vec::new(), resources: Distinct::new(), scopes: Distinct::new() };
            part.rows.reserve(rows / threads);
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                part.read(batch)?;
            }
            Ok(part)
        };
        let mut trace = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(read)).collect();
            let first = read();
            others.into_iter().fold(first, |all, other| {
                let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                Ok(Self::with(all?, other?))
            })
        })?;
        trace.fold_resends();
        Ok(trace)
    }

    /// Those of both.
    fn with(mut self, other: Self) -> Self {
        let resources = self.resources.add(other.resources);
        let scopes = self.scopes.add(other.scopes);
        let moved = |row: Row<'a, S>| Row { resource: resources[row.resource], scope: scopes[row.scope], ..row };
        self.rows.extend(other.rows.into_iter().map(moved));
        self
    }

    /// Rows that follow each other are mostly of one resource and one scope: those are read once.
    fn read(&mut self, batch: &'a RecordBatch) -> Result<(), UnreadableRow> {
        let services = batch.column_by_name("service_name").and_then(|column| column.as_string_view_opt());
        let services = services.ok_or(UnreadableRow::Column("service_name"))?;
        let reader = SpansReader::new(batch)?;
        let (mut resource, mut scope) = (0, 0);
        let mut scratch = Vec::new();
        for i in 0..batch.num_rows() {
            if i == 0 || !reader.share_resource(i - 1, i) {
                resource = self.resources.place(resource_spans(reader.resource(i)?));
            }
            if i == 0 || !reader.share_scope(i - 1, i) {
                scope = self.scopes.place(scope_spans(reader.scope(i)?));
            }
            let service_name = services.is_valid(i).then(|| services.value(i));
            let span = reader.span(i)?;
            self.rows.push(Row {
                start_ns: span.start_ns as u64,
                end_ns: span.end_ns as u64,
                span_id: span.span_id,
                kind: span.kind,
                service_name,
                resource,
                scope,
                span: S::of(span, &mut scratch),
            });
        }
        Ok(())
    }

    /// One span out of several with the same id, kind, start and service: a client sent it again because an acknowledgement
    /// got lost (design §3.11). They are equal; should a client have changed one, the one that ended last stays.
    fn fold_resends(&mut self) {
        let (resources, scopes) = (&self.resources.encoded, &self.scopes.encoded);
        self.rows.sort_by(|a, b| {
            identity(a)
                .cmp(&identity(b))
                .then_with(|| b.end_ns.cmp(&a.end_ns))
                .then_with(|| b.span.encoded().cmp(&a.span.encoded()))
                .then_with(|| resources[a.resource].cmp(&resources[b.resource]))
                .then_with(|| scopes[a.scope].cmp(&scopes[b.scope]))
        });
        self.rows.dedup_by(|later, earlier| identity(later) == identity(earlier));
    }

    /// Spans below their scopes below their resources, each in the order of its first span.
    fn group(self) -> Vec<Group<S>> {
        let mut groups: Vec<Group<S>> = Vec::new();
        let mut resource_places = vec![None; self.resources.messages.len()];
        let mut scope_places: HashMap<(usize, usize), usize> = HashMap::new();
        for row in self.rows {
            let resource_place = *resource_places[row.resource].get_or_insert_with(|| {
                groups.push(Group { resource: self.resources.messages[row.resource].clone(), scopes: Vec::new() });
                groups.len() - 1
            });
            let scopes = &mut groups[resource_place].scopes;
            let scope_place = *scope_places.entry((resource_place, row.scope)).or_insert_with(|| {
                scopes.push((self.scopes.messages[row.scope].clone(), Vec::new()));
                scopes.len() - 1
            });
            scopes[scope_place].1.push(row.span);
        }
        groups
    }
}

/// What makes two rows of a trace one span, the start first, so that rows are in order of time.
fn identity<'r, S>(row: &Row<'r, S>) -> (u64, [u8; 8], i32, Option<&'r str>) {
    (row.start_ns, *row.span_id.as_bytes(), row.kind, row.service_name)
}

fn resource_spans(resource: spans::Resource<'_>) -> ResourceSpans {
    let entity_refs = resource.entity_refs.into_iter().map(|entity| EntityRef {
        schema_url: entity.schema_url,
        r#type: entity.r#type,
        id_keys: entity.id_keys,
        description_keys: entity.description_keys,
    });
    ResourceSpans {
        resource: Some(Resource {
            attributes: key_values(resource.attributes),
            dropped_attributes_count: resource.dropped_attributes_count,
            entity_refs: entity_refs.collect(),
        }),
        scope_spans: Vec::new(),
        schema_url: resource.schema_url.into_owned(),
    }
}

fn scope_spans(scope: spans::Scope<'_>) -> ScopeSpans {
    ScopeSpans {
        scope: Some(InstrumentationScope {
            name: scope.name.into_owned(),
            version: scope.version.into_owned(),
            attributes: key_values(scope.attributes),
            dropped_attributes_count: scope.dropped_attributes_count,
        }),
        spans: Vec::new(),
        schema_url: scope.schema_url.into_owned(),
    }
}

fn otlp_span(span: spans::Span<'_>) -> Span {
    Span {
        trace_id: span.trace_id.as_bytes().to_vec(),
        span_id: span.span_id.as_bytes().to_vec(),
        trace_state: span.trace_state.into_owned(),
        parent_span_id: span.parent_span_id.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
        flags: span.flags,
        name: span.name.into_owned(),
        kind: span.kind,
        start_time_unix_nano: span.start_ns as u64,
        end_time_unix_nano: span.end_ns as u64,
        attributes: key_values(span.attributes),
        dropped_attributes_count: span.dropped_attributes_count,
        events: span.events.into_iter().map(event).collect(),
        dropped_events_count: span.dropped_events_count,
        links: span.links.into_iter().map(link).collect(),
        dropped_links_count: span.dropped_links_count,
        status: Some(Status { message: span.status_message.into_owned(), code: span.status_code }),
    }
}

fn event(event: spans::Event<'_>) -> Event {
    Event {
        time_unix_nano: event.time_ns as u64,
        name: event.name.into_owned(),
        attributes: key_values(event.attributes),
        dropped_attributes_count: event.dropped_attributes_count,
    }
}

fn link(link: spans::Link<'_>) -> Link {
    Link {
        trace_id: link.trace_id.as_bytes().to_vec(),
        span_id: link.span_id.as_bytes().to_vec(),
        trace_state: link.trace_state.into_owned(),
        attributes: key_values(link.attributes),
        dropped_attributes_count: link.dropped_attributes_count,
        flags: link.flags,
    }
}

/// Attributes by key: their order means nothing in OTLP, and equal sets must look equal here.
fn key_values(attributes: Attributes<'_>) -> Vec<KeyValue> {
    let mut key_values: Vec<KeyValue> = in_order(attributes);
    key_values.sort_by(|a, b| a.key.cmp(&b.key));
    key_values
}

fn in_order(attributes: Attributes<'_>) -> Vec<KeyValue> {
    let key_value = |(key, value): (std::borrow::Cow<'_, str>, Value<'_>)| KeyValue {
        key: key.into_owned(),
        value: Some(any_value(value)),
        key_strindex: 0,
    };
    attributes.into_iter().map(key_value).collect()
}

/// A value as OTLP has it.
pub(crate) fn any_value(value: Value<'_>) -> AnyValue {
    let kind = match value {
        Value::Empty => None,
        Value::String(text) => Some(AnyValueKind::StringValue(text.into_owned())),
        Value::Bool(flag) => Some(AnyValueKind::BoolValue(flag)),
        Value::Int(number) => Some(AnyValueKind::IntValue(number)),
        Value::Double(number) => Some(AnyValueKind::DoubleValue(number)),
        Value::Bytes(bytes) => Some(AnyValueKind::BytesValue(bytes.into_owned())),
        Value::Array(values) => {
            Some(AnyValueKind::ArrayValue(ArrayValue { values: values.into_iter().map(any_value).collect() }))
        }
        Value::Map(entries) => Some(AnyValueKind::KvlistValue(KeyValueList { values: in_order(entries) })),
    };
    AnyValue { value: kind }
}

#[cfg(test)]
mod tests;

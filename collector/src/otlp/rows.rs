//! A decoded request to rows, span by span: one bad span does not refuse its neighbours.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use opentelemetry_proto::tonic::trace::v1::span::{Event as ProtoEvent, Link as ProtoLink};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as ProtoSpan};
use spanloom_store::schema::spans::{EntityRef, Event, Link, Quirks, Resource, Scope, Span, SpansBuilder};
use spanloom_store::value::{Attributes, Value};
use spanloom_store::{InvalidId, Rows, SpanId, TraceId};
use thiserror::Error;

/// How deeply values may be nested. Below what the decoders of both encodings follow (prost 100 messages, serde_json 128
/// levels), so that both refuse the same values.
const VALUE_DEPTH_MAX: usize = 24;
/// How far ahead of its receipt a span may start.
pub const FUTURE_MAX: Duration = Duration::from_hours(1);

/// Why a span was refused while its request was taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadSpan {
    #[error("trace_id: {0}")]
    TraceId(InvalidId),
    #[error("span_id: {0}")]
    SpanId(InvalidId),
    #[error("parent_span_id: {0}")]
    ParentSpanId(InvalidId),
    #[error("a link has a trace or span id of a wrong length")]
    Link,
    #[error("its start or end lies beyond the year 2262")]
    Time,
    #[error("it starts more than an hour ahead of this server's clock")]
    Future,
    #[error("an attribute is nested more than {VALUE_DEPTH_MAX} levels deep")]
    Nesting,
}

impl BadSpan {
    /// The reason under which it is counted; a closed set.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::TraceId(_) => "trace_id",
            Self::SpanId(_) => "span_id",
            Self::ParentSpanId(_) => "parent_span_id",
            Self::Link => "link",
            Self::Time => "time",
            Self::Future => "future",
            Self::Nesting => "nesting",
        }
    }
}

/// What a request came to.
#[derive(Debug)]
pub struct Decoded {
    pub rows: Rows,
    pub accepted: u64,
    pub refused: Refused,
    /// Attributes left out because their key stood there already.
    pub repeated_attributes: u64,
    /// Accepted spans by who sent them.
    pub senders: BTreeMap<Sender, u64>,
}

/// Spans that were refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    pub by_reason: BTreeMap<&'static str, u64>,
    /// The first one: its name and what was wrong.
    pub first: Option<String>,
}

impl Refused {
    pub fn count(&self) -> u64 {
        self.by_reason.values().sum()
    }

    /// Counts a span by its name.
    pub fn add(&mut self, span: &str, why: &BadSpan) {
        *self.by_reason.entry(why.reason()).or_default() += 1;
        if self.first.is_none() {
            let name: String = span.chars().take(64).collect();
            self.first = Some(format!("span {name:?}: {why}"));
        }
    }

    /// The message of a partial success.
    pub fn message(&self) -> String {
        let reasons: Vec<String> = self.by_reason.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        format!("refused by reason: {}; first: {}", reasons.join(", "), self.first.as_deref().unwrap_or_default())
    }
}

/// What a resource says of its sender.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sender {
    pub service: Option<String>,
    /// `<language> <name> <version>` of the SDK.
    pub sdk: Option<String>,
}

/// Turns a request into rows. A pure function: replay gives what the first time gave.
pub fn rows(request: &ExportTraceServiceRequest, received_ns: i64) -> Decoded {
    let mut rows = RowsBuilder {
        spans: SpansBuilder::new(),
        latest_start_ns: received_ns.saturating_add(FUTURE_MAX.as_nanos() as i64),
        refused: Refused::default(),
        repeated_attributes: 0,
        senders: BTreeMap::new(),
    };
    for resource_spans in &request.resource_spans {
        rows.resource_spans(resource_spans);
    }
    let accepted = rows.spans.len() as u64;
    Decoded {
        rows: Rows::from_spans(rows.spans.finish()),
        accepted,
        refused: rows.refused,
        repeated_attributes: rows.repeated_attributes,
        senders: rows.senders,
    }
}

struct RowsBuilder {
    spans: SpansBuilder,
    latest_start_ns: i64,
    refused: Refused,
    repeated_attributes: u64,
    senders: BTreeMap<Sender, u64>,
}

impl RowsBuilder {
    fn resource_spans(&mut self, spans: &ResourceSpans) {
        let before = self.spans.len();
        let resource = resource(spans);
        for scope_spans in &spans.scope_spans {
            self.scope_spans(resource.as_ref(), scope_spans);
        }
        let accepted = (self.spans.len() - before) as u64;
        if accepted > 0 {
            *self.senders.entry(sender(spans.resource.as_ref())).or_default() += accepted;
        }
    }

    fn scope_spans(&mut self, resource: Result<&Resource<'_>, &BadSpan>, spans: &ScopeSpans) {
        let scope = scope(spans);
        for proto in &spans.spans {
            let parts = resource.map_err(Clone::clone).and_then(|resource| {
                let scope = scope.as_ref().map_err(Clone::clone)?;
                Ok((resource, scope, span(proto, self.latest_start_ns)?))
            });
            match parts {
                Ok((resource, scope, span)) => {
                    self.repeated_attributes += self.spans.append(resource, scope, &span) as u64;
                }
                Err(why) => self.refused.add(&proto.name, &why),
            }
        }
    }
}

fn resource(spans: &ResourceSpans) -> Result<Resource<'_>, BadSpan> {
    let schema_url = Cow::Borrowed(spans.schema_url.as_str());
    let Some(resource) = &spans.resource else { return Ok(Resource { schema_url, ..Resource::default() }) };
    Ok(Resource {
        attributes: attributes(&resource.attributes)?,
        dropped_attributes_count: resource.dropped_attributes_count,
        schema_url,
        entity_refs: resource
            .entity_refs
            .iter()
            .map(|entity| EntityRef {
                schema_url: entity.schema_url.clone(),
                r#type: entity.r#type.clone(),
                id_keys: entity.id_keys.clone(),
                description_keys: entity.description_keys.clone(),
            })
            .collect(),
    })
}

fn scope(spans: &ScopeSpans) -> Result<Scope<'_>, BadSpan> {
    let schema_url = Cow::Borrowed(spans.schema_url.as_str());
    let Some(InstrumentationScope { name, version, attributes: proto, dropped_attributes_count }) = &spans.scope else {
        return Ok(Scope { schema_url, ..Scope::default() });
    };
    Ok(Scope {
        name: name.into(),
        version: version.into(),
        attributes: attributes(proto)?,
        dropped_attributes_count: *dropped_attributes_count,
        schema_url,
    })
}

fn span(proto: &ProtoSpan, latest_start_ns: i64) -> Result<Span<'_>, BadSpan> {
    let start_ns = i64::try_from(proto.start_time_unix_nano).map_err(|_| BadSpan::Time)?;
    let end_ns = i64::try_from(proto.end_time_unix_nano).map_err(|_| BadSpan::Time)?;
    if start_ns > latest_start_ns {
        return Err(BadSpan::Future);
    }
    let status = proto.status.as_ref();
    let ends_before_start = end_ns < start_ns;
    Ok(Span {
        trace_id: TraceId::try_from(&proto.trace_id[..]).map_err(BadSpan::TraceId)?,
        span_id: SpanId::try_from(&proto.span_id[..]).map_err(BadSpan::SpanId)?,
        parent_span_id: parent(&proto.parent_span_id)?,
        trace_state: (&proto.trace_state).into(),
        flags: proto.flags,
        name: (&proto.name).into(),
        kind: proto.kind,
        start_ns,
        end_ns,
        attributes: attributes(&proto.attributes)?,
        dropped_attributes_count: proto.dropped_attributes_count,
        events: proto.events.iter().map(event).collect::<Result<_, _>>()?,
        dropped_events_count: proto.dropped_events_count,
        links: proto.links.iter().map(link).collect::<Result<_, _>>()?,
        dropped_links_count: proto.dropped_links_count,
        status_code: status.map_or(0, |status| status.code),
        status_message: status.map_or("", |status| &status.message).into(),
        quirks: if ends_before_start { Quirks::END_BEFORE_START } else { Quirks::default() },
    })
}

/// No parent is written as nothing or as zeros.
fn parent(bytes: &[u8]) -> Result<Option<SpanId>, BadSpan> {
    if bytes.is_empty() {
        return Ok(None);
    }
    match SpanId::try_from(bytes) {
        Ok(id) => Ok(Some(id)),
        Err(InvalidId::Zero) => Ok(None),
        Err(wrong) => Err(BadSpan::ParentSpanId(wrong)),
    }
}

/// Times beyond Int64 keep their bits; nothing sorts or prunes by an event's time.
fn event(proto: &ProtoEvent) -> Result<Event<'_>, BadSpan> {
    Ok(Event {
        time_ns: proto.time_unix_nano.cast_signed(),
        name: (&proto.name).into(),
        attributes: attributes(&proto.attributes)?,
        dropped_attributes_count: proto.dropped_attributes_count,
    })
}

fn link(proto: &ProtoLink) -> Result<Link<'_>, BadSpan> {
    Ok(Link {
        trace_id: TraceId::from_bytes(link_id(&proto.trace_id)?),
        span_id: SpanId::from_bytes(link_id(&proto.span_id)?),
        trace_state: (&proto.trace_state).into(),
        attributes: attributes(&proto.attributes)?,
        dropped_attributes_count: proto.dropped_attributes_count,
        flags: proto.flags,
    })
}

/// A link may point nowhere: an absent id is zeros.
fn link_id<const N: usize>(bytes: &[u8]) -> Result<[u8; N], BadSpan> {
    if bytes.is_empty() { Ok([0; N]) } else { bytes.try_into().map_err(|_| BadSpan::Link) }
}

fn attributes(attributes: &[KeyValue]) -> Result<Attributes<'_>, BadSpan> {
    key_values(attributes, VALUE_DEPTH_MAX)
}

fn key_values(attributes: &[KeyValue], depth_left: usize) -> Result<Attributes<'_>, BadSpan> {
    let mut entries = Attributes::with_capacity(attributes.len());
    for attribute in attributes {
        entries.push((attribute.key.as_str().into(), value(attribute.value.as_ref(), depth_left)?));
    }
    Ok(entries)
}

fn value(any: Option<&AnyValue>, depth_left: usize) -> Result<Value<'_>, BadSpan> {
    let Some(proto) = any.and_then(|any| any.value.as_ref()) else { return Ok(Value::Empty) };
    let deeper = || depth_left.checked_sub(1).ok_or(BadSpan::Nesting);
    Ok(match proto {
        Proto::StringValue(text) => Value::String(text.into()),
        Proto::BoolValue(b) => Value::Bool(*b),
        Proto::IntValue(int) => Value::Int(*int),
        Proto::DoubleValue(double) => Value::Double(*double),
        Proto::BytesValue(bytes) => Value::Bytes(bytes.into()),
        Proto::ArrayValue(array) => {
            let depth_left = deeper()?;
            Value::Array(array.values.iter().map(|item| value(Some(item), depth_left)).collect::<Result<_, _>>()?)
        }
        Proto::KvlistValue(list) => Value::Map(key_values(&list.values, deeper()?)?),
        // An index into a dictionary that only profiles have.
        Proto::StringValueStrindex(_) => Value::Empty,
    })
}

fn sender(resource: Option<&ProtoResource>) -> Sender {
    const TEXT_CHARS_MAX: usize = 128;
    let text = |key: &str| -> Option<String> {
        let attribute = resource?.attributes.iter().find(|attribute| attribute.key == key)?;
        match attribute.value.as_ref()?.value.as_ref()? {
            Proto::StringValue(text) if !text.is_empty() => Some(text.chars().take(TEXT_CHARS_MAX).collect()),
            _ => None,
        }
    };
    let sdk = ["telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version"];
    let sdk: Vec<String> = sdk.into_iter().filter_map(text).collect();
    Sender { service: text("service.name"), sdk: (!sdk.is_empty()).then(|| sdk.join(" ")) }
}

#[cfg(test)]
mod tests;

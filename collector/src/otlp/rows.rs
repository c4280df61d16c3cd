//! A request as objects to rows: the way of OTLP/JSON, and what the [walk over protobuf](super::wire) is compared with.

use std::borrow::Cow;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::{Event as ProtoEvent, Link as ProtoLink};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as ProtoSpan};
use spanloom_store::schema::spans::{EntityRef, Event, Link, Recalled, Resource, Scope, Span};
use spanloom_store::value::{Attributes, Value};

use super::checks::{BadSpan, SentHead, check_nesting, link_ids};
use super::decoded::{Decoded, RowsBuilder};

/// Turns a request into rows. A pure function: replay gives what the first time gave.
pub fn rows(request: &ExportTraceServiceRequest, received_ns: i64) -> Decoded {
    let mut rows = RowsBuilder::new(received_ns);
    for spans in &request.resource_spans {
        resource_spans(&mut rows, spans);
    }
    rows.finish()
}

fn resource_spans(rows: &mut RowsBuilder, spans: &ResourceSpans) {
    let before = rows.accepted();
    let resource = resource(spans);
    for spans in &spans.scope_spans {
        scope_spans(rows, resource.as_ref(), spans);
    }
    if let Ok(resource) = &resource {
        rows.note_sender(resource, before);
    }
}

fn scope_spans(rows: &mut RowsBuilder, resource: Result<&Resource<'_>, &BadSpan>, spans: &ScopeSpans) {
    let scope = scope(spans);
    let mut has_begun = false;
    for proto in &spans.spans {
        let parts = resource.map_err(Clone::clone).and_then(|resource| {
            let scope = scope.as_ref().map_err(Clone::clone)?;
            Ok((resource, scope, span(proto, rows.latest_start_ns())?))
        });
        match parts {
            Ok((resource, scope, span)) => {
                if !std::mem::replace(&mut has_begun, true) {
                    rows.begin(resource, scope);
                }
                rows.append_next(&span, &Recalled::default());
            }
            Err(why) => rows.refuse(&proto.name, &why),
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
    let sent = SentHead {
        trace_id: &proto.trace_id,
        span_id: &proto.span_id,
        parent_span_id: &proto.parent_span_id,
        start_time_unix_nano: proto.start_time_unix_nano,
        end_time_unix_nano: proto.end_time_unix_nano,
    };
    let head = sent.check(latest_start_ns)?;
    let status = proto.status.as_ref();
    Ok(Span {
        trace_id: head.trace_id,
        span_id: head.span_id,
        parent_span_id: head.parent_span_id,
        trace_state: (&proto.trace_state).into(),
        flags: proto.flags,
        name: (&proto.name).into(),
        kind: proto.kind,
        start_ns: head.start_ns,
        end_ns: head.end_ns,
        attributes: attributes(&proto.attributes)?,
        dropped_attributes_count: proto.dropped_attributes_count,
        events: proto.events.iter().map(event).collect::<Result<_, _>>()?,
        dropped_events_count: proto.dropped_events_count,
        links: proto.links.iter().map(link).collect::<Result<_, _>>()?,
        dropped_links_count: proto.dropped_links_count,
        status_code: status.map_or(0, |status| status.code),
        status_message: status.map_or("", |status| &status.message).into(),
        quirks: head.quirks,
    })
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
    let (trace_id, span_id) = link_ids(&proto.trace_id, &proto.span_id)?;
    Ok(Link {
        trace_id,
        span_id,
        trace_state: (&proto.trace_state).into(),
        attributes: attributes(&proto.attributes)?,
        dropped_attributes_count: proto.dropped_attributes_count,
        flags: proto.flags,
    })
}

fn attributes(attributes: &[KeyValue]) -> Result<Attributes<'_>, BadSpan> {
    let entries = key_values(attributes);
    check_nesting(&entries)?;
    Ok(entries)
}

fn key_values(attributes: &[KeyValue]) -> Attributes<'_> {
    let entries = attributes.iter().map(|attribute| (attribute.key.as_str().into(), value(attribute.value.as_ref())));
    entries.collect()
}

fn value(any: Option<&AnyValue>) -> Value<'_> {
    let Some(proto) = any.and_then(|any| any.value.as_ref()) else { return Value::Empty };
    match proto {
        Proto::StringValue(text) => Value::String(text.into()),
        Proto::BoolValue(b) => Value::Bool(*b),
        Proto::IntValue(int) => Value::Int(*int),
        Proto::DoubleValue(double) => Value::Double(*double),
        Proto::BytesValue(bytes) => Value::Bytes(bytes.into()),
        Proto::ArrayValue(array) => Value::Array(array.values.iter().map(|item| value(Some(item))).collect()),
        Proto::KvlistValue(list) => Value::Map(key_values(&list.values)),
        // An index into a dictionary that only profiles have.
        Proto::StringValueStrindex(_) => Value::Empty,
    }
}

#[cfg(test)]
mod tests;

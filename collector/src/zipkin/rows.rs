//! Spans to rows, span by span: one bad span does not refuse its neighbours.

use std::borrow::Cow;
use std::collections::BTreeMap;

use spanloom_store::schema::spans::{Event, Quirks, Resource, Scope, Span, SpansBuilder};
use spanloom_store::value::{Attributes, Value};
use spanloom_store::{InvalidId, Rows, SpanId, TraceId};

use super::json::{Endpoint, JsonSpan, Text};
use super::times::{self, Ids};
use crate::otlp::checks::{BadSpan, FUTURE_MAX};
use crate::otlp::decoded::{Decoded, Refused, Sender};

const US_NS: i64 = 1_000;
const STATUS_ERROR: i32 = 2;

/// Turns spans into rows. A pure function: replay gives what the first time gave.
pub fn rows(spans: &[JsonSpan<'_>], received_ns: i64) -> Decoded {
    let mut refused = Refused::default();
    let mut known: Vec<(Ids, &JsonSpan<'_>)> = Vec::with_capacity(spans.len());
    for span in spans {
        match ids(span) {
            Ok(ids) => known.push((ids, span)),
            Err(why) => refused.add(&span.name.0, &why),
        }
    }
    let starts = times::starts_us(&known, received_ns / US_NS);
    let latest_start_ns = received_ns.saturating_add(FUTURE_MAX.as_nanos() as i64);
    let mut builder = SpansBuilder::new();
    let mut senders: BTreeMap<Sender, u64> = BTreeMap::new();
    let mut repeated_attributes = 0;
    for ((ids, json), start_us) in known.into_iter().zip(starts) {
        match span(ids, json, start_us, latest_start_ns) {
            Ok(span) => {
                repeated_attributes += builder.append(&resource(json), &Scope::default(), &span) as u64;
                *senders.entry(sender(json)).or_default() += 1;
            }
            Err(why) => refused.add(&json.name.0, &why),
        }
    }
    let accepted = builder.len() as u64;
    Decoded { rows: Rows::from_spans(builder.finish_coded()), accepted, refused, repeated_attributes, senders }
}

fn ids(span: &JsonSpan<'_>) -> Result<Ids, BadSpan> {
    let parent = match span.parent_id.0.parse::<SpanId>() {
        _ if span.parent_id.0.is_empty() => None,
        Ok(id) => Some(id).filter(|id| !id.is_zero()),
        Err(wrong) => return Err(BadSpan::ParentSpanId(wrong)),
    };
    let trace_id: TraceId = span.trace_id.0.parse().map_err(BadSpan::TraceId)?;
    let span_id: SpanId = span.id.0.parse().map_err(BadSpan::SpanId)?;
    if trace_id.is_zero() {
        return Err(BadSpan::TraceId(InvalidId::Zero));
    }
    if span_id.is_zero() {
        return Err(BadSpan::SpanId(InvalidId::Zero));
    }
    Ok(Ids { trace_id, span_id, parent })
}

fn span<'a>(ids: Ids, json: &'a JsonSpan<'_>, start_us: i64, latest_start_ns: i64) -> Result<Span<'a>, BadSpan> {
    let start_ns = start_us.checked_mul(US_NS).ok_or(BadSpan::Time)?;
    let duration_ns = json.duration_us().unwrap_or_default().checked_mul(US_NS).ok_or(BadSpan::Time)?;
    let end_ns = start_ns.checked_add(duration_ns).ok_or(BadSpan::Time)?;
    if start_ns < 0 || end_ns < 0 {
        return Err(BadSpan::Time);
    }
    if start_ns > latest_start_ns {
        return Err(BadSpan::Future);
    }
    let error = error(json);
    Ok(Span {
        trace_id: ids.trace_id,
        span_id: ids.span_id,
        parent_span_id: ids.parent,
        trace_state: "".into(),
        flags: 0,
        name: json.name.0.as_ref().into(),
        kind: kind(&json.kind.0),
        start_ns,
        end_ns,
        attributes: attributes(json),
        dropped_attributes_count: 0,
        events: json.annotations().iter().map(event).collect(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        status_code: if error.is_some() { STATUS_ERROR } else { 0 },
        status_message: error.unwrap_or_default(),
        quirks: quirks(json),
    })
}

/// OTLP's number of a Zipkin kind; Zipkin has no word for a span within a service, and says nothing.
fn kind(word: &str) -> i32 {
    match word {
        "SERVER" => 2,
        "CLIENT" => 3,
        "PRODUCER" => 4,
        "CONSUMER" => 5,
        _ => 0,
    }
}

fn quirks(json: &JsonSpan<'_>) -> Quirks {
    [
        (json.is_shared(), Quirks::SHARED),
        (json.timestamp_us().is_none(), Quirks::START_ABSENT),
        (json.duration_us().is_none(), Quirks::DURATION_ABSENT),
        (json.duration_us().is_some_and(|us| us < 0), Quirks::END_BEFORE_START),
    ]
    .into_iter()
    .filter(|(is_so, _)| *is_so)
    .fold(Quirks::default(), |quirks, (_, quirk)| quirks.with(quirk))
}

/// The text of the tag `error`. In Zipkin its presence says that the span failed, whatever it holds.
fn error<'a>(json: &'a JsonSpan<'_>) -> Option<Cow<'a, str>> {
    let (_, value) = json.tags().iter().find(|(key, _)| key == "error")?;
    match value {
        Value::Bool(false) => None,
        Value::String(text) if text == "false" => None,
        Value::String(text) if text == "true" => Some("".into()),
        Value::String(text) => Some(text.as_ref().into()),
        _ => Some("".into()),
    }
}

fn event<'a>(annotation: &'a super::json::Annotation<'_>) -> Event<'a> {
    Event {
        time_ns: annotation.timestamp_us().saturating_mul(US_NS),
        name: annotation.value.0.as_ref().into(),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
    }
}

fn resource<'a>(json: &'a JsonSpan<'_>) -> Resource<'a> {
    let service = service(json.local_endpoint.as_ref());
    let attributes = service.map(|name| ("service.name".into(), text(name)));
    Resource { attributes: attributes.into_iter().collect(), ..Resource::default() }
}

fn service<'a>(endpoint: Option<&'a Endpoint<'_>>) -> Option<&'a str> {
    endpoint.map(|endpoint| endpoint.service_name.0.as_ref()).filter(|name| !name.is_empty())
}

fn text(text: &str) -> Value<'_> {
    Value::String(text.into())
}

/// Where an endpoint's parts are kept.
struct EndpointKeys {
    address: &'static str,
    second_address: &'static str,
    port: &'static str,
}

const LOCAL: EndpointKeys =
    EndpointKeys { address: "network.local.address", second_address: "zipkin.local.ipv6", port: "network.local.port" };
const REMOTE: EndpointKeys =
    EndpointKeys { address: "network.peer.address", second_address: "zipkin.remote.ipv6", port: "network.peer.port" };

/// Tags first: of two equal keys the first one counts, and the client's own word is the tag.
fn attributes<'a>(json: &'a JsonSpan<'_>) -> Attributes<'a> {
    let mut attributes: Attributes<'a> =
        json.tags().iter().map(|(key, value)| (key.as_ref().into(), borrowed(value))).collect();
    if let Some(service) = service(json.remote_endpoint.as_ref()) {
        attributes.push(("peer.service".into(), text(service)));
    }
    for (endpoint, keys) in [(&json.local_endpoint, LOCAL), (&json.remote_endpoint, REMOTE)] {
        if let Some(endpoint) = endpoint {
            add_endpoint(&mut attributes, endpoint, &keys);
        }
    }
    if json.is_debug() {
        attributes.push(("zipkin.debug".into(), Value::Bool(true)));
    }
    attributes
}

fn add_endpoint<'a>(attributes: &mut Attributes<'a>, endpoint: &'a Endpoint<'_>, keys: &EndpointKeys) {
    let known = |Text(text): &'a Text<'_>| Some(text.as_ref()).filter(|text| !text.is_empty());
    let mut addresses = [known(&endpoint.ipv4), known(&endpoint.ipv6)].into_iter().flatten();
    if let Some(first) = addresses.next() {
        attributes.push((keys.address.into(), text(first)));
    }
    if let Some(second) = addresses.next() {
        attributes.push((keys.second_address.into(), text(second)));
    }
    if let Some(port) = endpoint.port() {
        attributes.push((keys.port.into(), Value::Int(port)));
    }
}

/// A tag's value is a scalar.
fn borrowed<'a>(value: &'a Value<'_>) -> Value<'a> {
    match value {
        Value::String(text) => Value::String(text.as_ref().into()),
        Value::Bool(value) => Value::Bool(*value),
        Value::Int(value) => Value::Int(*value),
        Value::Double(value) => Value::Double(*value),
        Value::Empty | Value::Bytes(_) | Value::Array(_) | Value::Map(_) => Value::Empty,
    }
}

fn sender(json: &JsonSpan<'_>) -> Sender {
    const TEXT_CHARS_MAX: usize = 128;
    let name = service(json.local_endpoint.as_ref());
    Sender { service: name.map(|name| name.chars().take(TEXT_CHARS_MAX).collect()), sdk: None }
}

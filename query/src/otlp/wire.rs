//! Spans as protobuf, byte for byte what the messages of OTLP (`trace.proto`, `common.proto`) are encoded to: fields in the
//! order of their numbers, those with a default value left out, but for the members of a `oneof`.

use std::borrow::Cow;

use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use spanloom_store::schema::spans::{Event, Link, Span};
use spanloom_store::value::{Attributes, Value};

use super::{EncodedSpan, Group};

/// Bytes that come before a field that is a message, at most.
pub(super) const HEADER_MAX: usize = 5 + 10;

/// What comes before a field that is a message of that length.
pub(super) fn put_header(encoded: &mut Vec<u8>, field: u32, len: usize) {
    encode_key(field, WireType::LengthDelimited, encoded);
    encode_varint(len as u64, encoded);
}

/// A resource with its spans, about to be written at once: so that no copy of all of them is made for its length.
pub(super) struct Resource {
    around: Around,
    scopes: Vec<Scope>,
    len: usize,
}

struct Scope {
    around: Around,
    spans: Vec<EncodedSpan>,
    len: usize,
}

/// What a message has before the list that is left out of it, and after.
struct Around {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Around {
    fn of(before: &impl Message, after: &impl Message) -> Self {
        Self { before: before.encode_to_vec(), after: after.encode_to_vec() }
    }

    fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }
}

impl Resource {
    const FIELD: u32 = 1;

    pub fn of(group: Group<EncodedSpan>) -> Self {
        let mut resource = group.resource;
        let schema_url = std::mem::take(&mut resource.schema_url);
        let around = Around::of(&resource, &ResourceSpans { schema_url, ..ResourceSpans::default() });
        let scopes: Vec<Scope> = group.scopes.into_iter().map(Scope::of).collect();
        let len = around.len() + scopes.iter().map(|scope| field_len(scope.len)).sum::<usize>();
        Self { around, scopes, len }
    }

    /// Its length as a field of `TracesData`.
    pub fn field_len(&self) -> usize {
        field_len(self.len)
    }

    pub fn put(&self, encoded: &mut Vec<u8>) {
        put_header(encoded, Self::FIELD, self.len);
        encoded.extend_from_slice(&self.around.before);
        self.scopes.iter().for_each(|scope| scope.put(encoded));
        encoded.extend_from_slice(&self.around.after);
    }
}

impl Scope {
    const FIELD: u32 = 2;
    const SPANS: u32 = 2;

    fn of((mut scope, spans): (ScopeSpans, Vec<EncodedSpan>)) -> Self {
        let schema_url = std::mem::take(&mut scope.schema_url);
        let around = Around::of(&scope, &ScopeSpans { schema_url, ..ScopeSpans::default() });
        let len = around.len() + spans.iter().map(|span| field_len(span.0.len())).sum::<usize>();
        Self { around, spans, len }
    }

    fn put(&self, encoded: &mut Vec<u8>) {
        put_header(encoded, Self::FIELD, self.len);
        encoded.extend_from_slice(&self.around.before);
        for span in &self.spans {
            put_header(encoded, Self::SPANS, span.0.len());
            encoded.extend_from_slice(&span.0);
        }
        encoded.extend_from_slice(&self.around.after);
    }
}

/// The length of a field that is a message of that length and whose number is below 16.
fn field_len(len: usize) -> usize {
    1 + prost::length_delimiter_len(len) + len
}

/// Appends the encoding of a span. Its attributes are in order of their keys.
pub(super) fn span(span: Span<'_>, encoded: &mut Vec<u8>) {
    put_bytes(encoded, 1, span.trace_id.as_bytes());
    put_bytes(encoded, 2, span.span_id.as_bytes());
    put_text(encoded, 3, &span.trace_state);
    if let Some(parent) = span.parent_span_id {
        put_bytes(encoded, 4, parent.as_bytes());
    }
    put_text(encoded, 5, &span.name);
    put_number(encoded, 6, i64::from(span.kind) as u64);
    put_fixed64(encoded, 7, span.start_ns as u64);
    put_fixed64(encoded, 8, span.end_ns as u64);
    put_attributes(encoded, 9, span.attributes);
    put_number(encoded, 10, span.dropped_attributes_count.into());
    span.events.into_iter().for_each(|event| put_message(encoded, 11, |encoded| put_event(encoded, event)));
    put_number(encoded, 12, span.dropped_events_count.into());
    span.links.into_iter().for_each(|link| put_message(encoded, 13, |encoded| put_link(encoded, link)));
    put_number(encoded, 14, span.dropped_links_count.into());
    put_message(encoded, 15, |encoded| {
        put_text(encoded, 2, &span.status_message);
        put_number(encoded, 3, i64::from(span.status_code) as u64);
    });
    put_fixed32(encoded, 16, span.flags);
}

fn put_event(encoded: &mut Vec<u8>, event: Event<'_>) {
    put_fixed64(encoded, 1, event.time_ns as u64);
    put_text(encoded, 2, &event.name);
    put_attributes(encoded, 3, event.attributes);
    put_number(encoded, 4, event.dropped_attributes_count.into());
}

fn put_link(encoded: &mut Vec<u8>, link: Link<'_>) {
    put_bytes(encoded, 1, link.trace_id.as_bytes());
    put_bytes(encoded, 2, link.span_id.as_bytes());
    put_text(encoded, 3, &link.trace_state);
    put_attributes(encoded, 4, link.attributes);
    put_number(encoded, 5, link.dropped_attributes_count.into());
    put_fixed32(encoded, 6, link.flags);
}

fn put_attributes(encoded: &mut Vec<u8>, field: u32, mut attributes: Attributes<'_>) {
    attributes.sort_by(|(a, _), (b, _)| a.cmp(b));
    put_in_order(encoded, field, &attributes);
}

fn put_in_order(encoded: &mut Vec<u8>, field: u32, attributes: &[(Cow<'_, str>, Value<'_>)]) {
    for (key, value) in attributes {
        put_message(encoded, field, |encoded| {
            put_text(encoded, 1, key);
            put_message(encoded, 2, |encoded| put_value(encoded, value));
        });
    }
}

fn put_value(encoded: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Empty => {}
        Value::String(text) => put_raw(encoded, 1, text.as_bytes()),
        Value::Bool(flag) => put_varint(encoded, 2, (*flag).into()),
        Value::Int(number) => put_varint(encoded, 3, *number as u64),
        Value::Double(number) => {
            encode_key(4, WireType::SixtyFourBit, encoded);
            encoded.extend_from_slice(&number.to_le_bytes());
        }
        Value::Array(values) => put_message(encoded, 5, |encoded| {
            values.iter().for_each(|value| put_message(encoded, 1, |encoded| put_value(encoded, value)));
        }),
        Value::Map(entries) => put_message(encoded, 6, |encoded| put_in_order(encoded, 1, entries)),
        Value::Bytes(bytes) => put_raw(encoded, 7, bytes),
    }
}

/// A field that is a message, whose length is known only when it is written: most have one byte of it, and room for that is kept.
fn put_message(encoded: &mut Vec<u8>, field: u32, put: impl FnOnce(&mut Vec<u8>)) {
    encode_key(field, WireType::LengthDelimited, encoded);
    let place = encoded.len();
    encoded.push(0);
    put(encoded);
    let len = encoded.len() - place - 1;
    if let Ok(len @ ..0x80) = u8::try_from(len) {
        encoded[place] = len;
    } else {
        let mut delimiter = Vec::with_capacity(HEADER_MAX);
        encode_varint(len as u64, &mut delimiter);
        encoded.splice(place..=place, delimiter);
    }
}

fn put_text(encoded: &mut Vec<u8>, field: u32, text: &str) {
    put_bytes(encoded, field, text.as_bytes());
}

fn put_bytes(encoded: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    if !bytes.is_empty() {
        put_raw(encoded, field, bytes);
    }
}

fn put_raw(encoded: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    put_header(encoded, field, bytes.len());
    encoded.extend_from_slice(bytes);
}

fn put_number(encoded: &mut Vec<u8>, field: u32, number: u64) {
    if number != 0 {
        put_varint(encoded, field, number);
    }
}

fn put_varint(encoded: &mut Vec<u8>, field: u32, number: u64) {
    encode_key(field, WireType::Varint, encoded);
    encode_varint(number, encoded);
}

fn put_fixed64(encoded: &mut Vec<u8>, field: u32, number: u64) {
    if number != 0 {
        encode_key(field, WireType::SixtyFourBit, encoded);
        encoded.extend_from_slice(&number.to_le_bytes());
    }
}

fn put_fixed32(encoded: &mut Vec<u8>, field: u32, number: u32) {
    if number != 0 {
        encode_key(field, WireType::ThirtyTwoBit, encoded);
        encoded.extend_from_slice(&number.to_le_bytes());
    }
}

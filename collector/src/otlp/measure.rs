//! Measures a protobuf request before it is decoded.
//!
//! An empty span takes 2 bytes on the wire and some hundred in memory, so the size of a request says little about what
//! decoding it takes. This walks over the wire format once, allocates nothing, and adds up what the messages will take.
//! Whatever is malformed is left for the decoder to refuse.

use std::mem::size_of;

use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

/// Messages of a trace request that hold further messages or come in lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Request,
    ResourceSpans,
    Resource,
    EntityRef,
    ScopeSpans,
    Scope,
    Span,
    Event,
    Link,
    KeyValue,
    AnyValue,
    ArrayValue,
    KeyValueList,
    /// Text or bytes that get an allocation of their own in a list.
    Element,
}

/// The message in a length-delimited field, from `opentelemetry/proto/trace/v1/trace.proto` and its imports.
fn child(kind: Kind, field: u64) -> Option<Kind> {
    Some(match (kind, field) {
        (Kind::Request, 1) => Kind::ResourceSpans,
        (Kind::ResourceSpans, 1) => Kind::Resource,
        (Kind::ResourceSpans, 2) => Kind::ScopeSpans,
        (Kind::Resource, 1) => Kind::KeyValue,
        (Kind::Resource, 3) => Kind::EntityRef,
        (Kind::EntityRef, 3 | 4) => Kind::Element,
        (Kind::ScopeSpans, 1) => Kind::Scope,
        (Kind::ScopeSpans, 2) => Kind::Span,
        (Kind::Scope, 3) => Kind::KeyValue,
        (Kind::Span, 9) => Kind::KeyValue,
        (Kind::Span, 11) => Kind::Event,
        (Kind::Span, 13) => Kind::Link,
        (Kind::Event, 3) | (Kind::Link, 4) => Kind::KeyValue,
        (Kind::KeyValue, 2) => Kind::AnyValue,
        (Kind::AnyValue, 5) => Kind::ArrayValue,
        (Kind::AnyValue, 6) => Kind::KeyValueList,
        (Kind::ArrayValue, 1) => Kind::AnyValue,
        (Kind::KeyValueList, 1) => Kind::KeyValue,
        _ => return None,
    })
}

const fn memory_bytes(kind: Kind) -> usize {
    match kind {
        Kind::ResourceSpans => size_of::<ResourceSpans>(),
        Kind::EntityRef => size_of::<EntityRef>(),
        Kind::ScopeSpans => size_of::<ScopeSpans>(),
        Kind::Span => size_of::<Span>(),
        Kind::Event => size_of::<Event>(),
        Kind::Link => size_of::<Link>(),
        Kind::KeyValue => size_of::<KeyValue>(),
        Kind::AnyValue => size_of::<AnyValue>(),
        Kind::Element => size_of::<String>(),
        // Part of their parents.
        Kind::Request | Kind::Resource | Kind::Scope | Kind::ArrayValue | Kind::KeyValueList => 0,
    }
}

/// Messages nested deeper than this are not walked into; prost refuses them.
const DEPTH_MAX: usize = 128;

/// Bytes that the decoded request will take, give or take what allocators add.
pub fn decoded_bytes(request: &[u8]) -> u64 {
    let mut bytes = request.len() as u64;
    // (rest of a message, its kind); a list in place of recursion, because the input decides how deep it gets.
    let mut open: Vec<(&[u8], Kind)> = vec![(request, Kind::Request)];
    while let Some((rest, kind)) = open.pop() {
        let Some((field, payload, rest)) = next_field(rest) else { continue };
        open.push((rest, kind));
        let Some((payload, kind)) = payload.zip(child(kind, field)) else { continue };
        bytes += memory_bytes(kind) as u64;
        if open.len() < DEPTH_MAX {
            open.push((payload, kind));
        }
    }
    bytes
}

/// Number, content, rest of the message.
type Field<'m> = (u64, Option<&'m [u8]>, &'m [u8]);

/// A field's number, its content if it is length-delimited, and what follows it; `None` at the end or at malformed input.
fn next_field(message: &[u8]) -> Option<Field<'_>> {
    let (tag, rest) = varint(message)?;
    let field = tag >> 3;
    match tag & 7 {
        0 => varint(rest).map(|(_, rest)| (field, None, rest)),
        1 => rest.get(8..).map(|rest| (field, None, rest)),
        2 => {
            let (length, rest) = varint(rest)?;
            let (payload, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            Some((field, Some(payload), rest))
        }
        5 => rest.get(4..).map(|rest| (field, None, rest)),
        _ => None,
    }
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (i, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use proptest::prelude::*;
    use prost::Message as _;

    use super::super::arbitrary::request;
    use super::*;

    #[test]
    fn empty_spans_weigh_what_they_take() {
        let scope_spans = ScopeSpans { spans: vec![Span::default(); 10_000], ..ScopeSpans::default() };
        let resource_spans = vec![ResourceSpans { scope_spans: vec![scope_spans], ..ResourceSpans::default() }];
        let bytes = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        assert!(bytes.len() < 20_100);
        assert!(decoded_bytes(&bytes) as usize >= 10_000 * size_of::<Span>());
    }

    #[test]
    fn deep_nesting_ends() {
        let mut message = Vec::new();
        for _ in 0..10_000 {
            let mut outer = vec![0x2a];
            prost::encoding::encode_varint(message.len() as u64, &mut outer);
            outer.extend_from_slice(&message);
            message = outer;
        }
        assert!(decoded_bytes(&message) >= message.len() as u64);
    }

    proptest! {
        #[test]
        fn any_bytes_are_measured(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(decoded_bytes(&bytes) >= bytes.len() as u64);
        }

        #[test]
        fn spans_and_attributes_are_all_counted(request in request()) {
            let scopes = || request.resource_spans.iter().flat_map(|r| &r.scope_spans);
            let spans = scopes().map(|s| s.spans.len()).sum::<usize>();
            let attributes = scopes().flat_map(|s| &s.spans).map(|s| s.attributes.len()).sum::<usize>();
            let least = spans * size_of::<Span>() + attributes * size_of::<KeyValue>();
            prop_assert!(decoded_bytes(&request.encode_to_vec()) as usize >= least);
        }
    }
}

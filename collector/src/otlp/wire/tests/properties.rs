use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use prost::Message as _;

use super::message::{Kind, Tape, message};
use super::{good, some, walk};
use crate::otlp::arbitrary::odd_request;

/// One way to break a payload.
#[derive(Debug, Clone)]
enum Damage {
    Flip(Index, u8),
    Insert(Index, u8),
    Delete(Index),
    Truncate(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => (any::<Index>(), 1..=255_u8).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        2 => any::<Index>().prop_map(Damage::Delete),
        1 => any::<Index>().prop_map(Damage::Truncate),
    ]
}

impl Damage {
    fn apply(&self, payload: &mut Vec<u8>) {
        if payload.is_empty() {
            return;
        }
        let length = payload.len();
        match self {
            Self::Flip(at, bits) => payload[at.index(length)] ^= bits,
            Self::Insert(at, byte) => payload.insert(at.index(length), *byte),
            Self::Delete(at) => drop(payload.remove(at.index(length))),
            Self::Truncate(at) => payload.truncate(at.index(length)),
        }
    }
}

fn odd_message() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..1_500).prop_map(|tape| {
        let mut payload = Vec::new();
        message(&mut Tape(tape.iter()), Kind::Request, &mut payload);
        payload
    })
}

proptest! {
    #[test]
    fn requests_come_to_what_prost_reads(request in odd_request()) {
        walk(&request.encode_to_vec()).unwrap();
    }

    #[test]
    fn damaged_requests_are_refused_where_prost_refuses(request in odd_request(), damages in vec(damage(), 1..4)) {
        let mut payload = request.encode_to_vec();
        damages.iter().for_each(|damage| damage.apply(&mut payload));
        let _ = walk(&payload);
    }

    #[test]
    fn messages_that_nobody_writes_come_to_what_prost_reads(payload in odd_message()) {
        let _ = walk(&payload);
    }

    #[test]
    fn any_bytes_are_read_as_prost_reads_them(payload in vec(any::<u8>(), 0..300)) {
        let _ = walk(&payload);
    }
}

/// An attribute of few, some of which have a column and some of which say what another says in other words.
fn common_attribute() -> impl Strategy<Value = KeyValue> {
    let key = prop::sample::select(vec!["http.method", "component", "node_id", "http.status_code", "zone"]);
    let value = prop_oneof![
        4 => prop::sample::select(vec!["", "GET", "200", "a text that is longer than a view"])
            .prop_map(|text| Proto::StringValue(text.to_owned())),
        1 => (0..2_i64).prop_map(Proto::IntValue),
        1 => any::<bool>().prop_map(Proto::BoolValue),
    ];
    (key, prop::option::weighted(0.95, value)).prop_map(|(key, value)| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value }),
        key_strindex: 0,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Requests one after the other, as a thread reads them, with keys that stand several times in a span.
    #[test]
    fn attributes_that_came_before_are_what_they_were(requests in vec(vec(vec(common_attribute(), 0..7), 1..30), 1..6)) {
        for spans in requests {
            let spans: Vec<Span> = spans.into_iter().map(|attributes| Span { attributes, ..good() }).collect();
            let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
            let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
            walk(&ExportTraceServiceRequest { resource_spans }.encode_to_vec()).unwrap();
        }
    }
}

/// So many different texts that dictionaries begin anew while what was recalled of them is remembered.
#[test]
fn what_is_remembered_is_forgotten_with_its_dictionary() {
    for round in 0..40 {
        let text = |n: usize| format!("{} {round}", n % 250);
        let attribute =
            |n| KeyValue { key: "node_id".to_owned(), value: Some(some(Proto::StringValue(text(n)))), key_strindex: 0 };
        let common = KeyValue {
            key: "node_id".to_owned(),
            value: Some(some(Proto::StringValue("common".to_owned()))),
            key_strindex: 0,
        };
        let span = |n| Span { attributes: vec![if n % 5 == 0 { common.clone() } else { attribute(n) }], ..good() };
        let scope_spans = vec![ScopeSpans { spans: (0..1_000).map(span).collect(), ..ScopeSpans::default() }];
        let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
        walk(&ExportTraceServiceRequest { resource_spans }.encode_to_vec()).unwrap();
    }
}

/// Random messages prove little unless they come to every answer.
#[test]
fn messages_that_nobody_writes_come_to_every_answer() {
    let (mut accepted, mut refused, mut undecodable) = (0, 0, 0);
    let mut runner = TestRunner::deterministic();
    for _ in 0..500 {
        match walk(&odd_message().new_tree(&mut runner).unwrap().current()) {
            Ok(decoded) => {
                accepted += decoded.accepted;
                refused += decoded.refused.count();
            }
            Err(_) => undecodable += 1,
        }
    }
    assert!(accepted > 50 && refused > 50 && undecodable > 50, "{accepted}, {refused}, {undecodable}");
}

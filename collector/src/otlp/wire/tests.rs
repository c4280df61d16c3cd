/// What a request takes.
mod memory;
/// Random messages.
mod message;
/// Requests of every kind against prost.
mod properties;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use prost::Message as _;
use spanloom_store::schema::spans::{SpanRow, SpansReader};
use spanloom_store::value::Value;

use super::*;
use crate::admit::Admission;
use crate::otlp::arbitrary::{NOW_NS, nested};
use crate::otlp::decoded::assert_same;
use crate::otlp::rows::rows;
use message::delimited;

/// Walks over a payload; prost, and the rows of its objects, must come to the same.
fn walk(payload: &[u8]) -> Result<Decoded, Refusal> {
    let walked = decode(payload, NOW_NS, u64::MAX, &mut Admission::unbounded().reserve());
    match (&walked, ExportTraceServiceRequest::decode(payload)) {
        (Ok(walked), Ok(objects)) => assert_same(walked, &rows(&objects, NOW_NS)),
        (Err(Refusal::Undecodable(_)), Err(_)) => {}
        (walked, prost) => panic!("the walk: {walked:?}\nprost: {prost:?}"),
    }
    walked
}

fn check_refused(payload: &[u8], expected: &str) {
    assert_eq!(walk(payload).unwrap_err(), Refusal::Undecodable(expected.to_owned()));
}

fn good() -> Span {
    Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: "GET /".to_owned(),
        start_time_unix_nano: NOW_NS as u64,
        end_time_unix_nano: NOW_NS as u64 + 5,
        ..Span::default()
    }
}

/// Fields of a message one after the other.
fn fields(fields: &[(u64, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    fields.iter().for_each(|(number, value)| delimited(*number, value, &mut out));
    out
}

/// A request of one span that is given as it is on the wire.
fn request_of(span: &[u8]) -> Vec<u8> {
    fields(&[(1, &fields(&[(2, &fields(&[(2, span)]))]))])
}

/// A good span and further fields of it.
fn span_with(further: &[(u64, &[u8])]) -> Vec<u8> {
    [good().encode_to_vec(), fields(further)].concat()
}

/// The only row of a payload, of which the walk and prost say the same.
fn check_row(payload: &[u8], check: impl FnOnce(SpanRow<'_>)) {
    let decoded = walk(payload).unwrap();
    assert_eq!((decoded.accepted, decoded.refused.count()), (1, 0), "{:?}", decoded.refused);
    check(SpansReader::new(&decoded.rows.spans.to_batch()).unwrap().row(0).unwrap());
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(some(Proto::StringValue(value.to_owned()))), key_strindex: 0 }
}

fn some(value: Proto) -> AnyValue {
    AnyValue { value: Some(value) }
}

#[test]
fn what_comes_after_its_spans_counts_for_them() {
    let scope = InstrumentationScope { name: "late".to_owned(), ..InstrumentationScope::default() };
    let resource = ProtoResource { attributes: vec![text("service.name", "late")], ..ProtoResource::default() };
    let scope_spans = fields(&[(3, b"of the scope"), (2, &good().encode_to_vec()), (1, &scope.encode_to_vec())]);
    let resource_spans = fields(&[(2, &scope_spans), (3, b"of the resource"), (1, &resource.encode_to_vec())]);
    check_row(&fields(&[(1, &resource_spans)]), |row| {
        assert_eq!(row.resource.attributes, [("service.name".into(), Value::String("late".into()))]);
        assert_eq!((&*row.resource.schema_url, &*row.scope.schema_url), ("of the resource", "of the scope"));
        assert_eq!(row.scope.name, "late");
    });
}

#[test]
fn a_resource_that_comes_twice_is_merged() {
    let once = |key: &str, dropped_attributes_count| {
        let attributes = vec![text(key, "v")];
        ProtoResource { attributes, dropped_attributes_count, entity_refs: vec![EntityRef::default()] }.encode_to_vec()
    };
    let scope_spans = fields(&[(2, &good().encode_to_vec())]);
    let resource_spans = fields(&[(1, &once("a", 7)), (2, &scope_spans), (1, &once("b", 0))]);
    check_row(&fields(&[(1, &resource_spans)]), |row| {
        assert_eq!(row.resource.attributes.len(), 2);
        assert_eq!((row.resource.dropped_attributes_count, row.resource.entity_refs.len()), (7, 2));
    });
}

#[test]
fn the_parts_of_a_status_come_together() {
    let message = Status { message: "m".to_owned(), code: 2 }.encode_to_vec();
    let code = Status { message: String::new(), code: 1 }.encode_to_vec();
    check_row(&request_of(&span_with(&[(15, &message), (15, &code)])), |row| {
        assert_eq!((&*row.span.status_message, row.span.status_code), ("m", 1));
    });
}

#[test]
fn a_value_that_comes_twice_goes_on_if_it_is_a_list() {
    let value = |value| some(value).encode_to_vec();
    let list = || nested(1, false).encode_to_vec();
    let map = || nested(1, true).encode_to_vec();
    let (one, entry) = (|| Value::Int(1), || ("k".into(), Value::Int(1)));
    let cases = [
        (vec![list(), list()], Value::Array(vec![one(), one()])),
        (vec![map(), map()], Value::Map(vec![entry(), entry()])),
        (vec![list(), map()], Value::Map(vec![entry()])),
        (vec![list(), value(Proto::BoolValue(true)), list()], Value::Array(vec![one()])),
        (vec![list(), value(Proto::StringValueStrindex(3))], Value::Empty),
        (vec![list(), AnyValue::default().encode_to_vec()], Value::Array(vec![one()])),
    ];
    for (values, expected) in cases {
        // As one value of several fields, and as the field of an attribute several times.
        let apart: Vec<(u64, &[u8])> = values.iter().map(|value| (2, value.as_slice())).collect();
        for attribute in [fields(&[(1, b"a"), (2, &values.concat())]), [fields(&[(1, b"a")]), fields(&apart)].concat()]
        {
            check_row(&request_of(&span_with(&[(9, &attribute)])), |row| {
                // Of keys that are equal a map keeps all, for it is one value.
                assert_eq!(row.span.attributes, [("a".into(), expected.clone())]);
            });
        }
    }
}

/// A number in so many arrays or maps, as an attribute of a good span.
fn deep(levels: usize, is_map: bool) -> Vec<u8> {
    let attribute = KeyValue { value: Some(nested(levels, is_map)), ..KeyValue::default() };
    request_of(&span_with(&[(9, &attribute.encode_to_vec())]))
}

#[test]
fn nesting_refuses_first_the_span_and_then_the_request() {
    for is_map in [false, true] {
        let answers = (0..60).map(|levels| walk(&deep(levels, is_map)).map(|decoded| decoded.accepted));
        let answers: Vec<_> = answers.collect();
        assert!(answers[..=24].iter().all(|answer| *answer == Ok(1)));
        let followed = answers.iter().take_while(|answer| answer.is_ok()).count();
        assert!(answers[25..followed].iter().all(|answer| *answer == Ok(0)) && followed > 30);
        let too_deep = answers[followed].clone().unwrap_err().to_string();
        assert!(too_deep.ends_with(": messages are nested too deep"), "{too_deep}");
    }
}

#[test]
fn a_value_that_is_replaced_is_not_too_deep() {
    let values = [nested(30, false).encode_to_vec(), some(Proto::IntValue(7)).encode_to_vec()].concat();
    let attribute = fields(&[(1, b"a"), (2, &values)]);
    check_row(&request_of(&span_with(&[(9, &attribute)])), |row| {
        assert_eq!(row.span.attributes, [("a".into(), Value::Int(7))]);
    });
}

#[test]
fn groups_nest_as_deep_as_messages() {
    let groups = |levels: usize| [[0xa3, 0x06].repeat(levels), [0xa4, 0x06].repeat(levels)].concat();
    let answers: Vec<bool> = (90..102).map(|levels| walk(&request_of(&groups(levels))).is_ok()).collect();
    assert!(answers[0] && !answers[11]);
}

#[test]
fn what_is_malformed_is_named() {
    let span = "resource_spans.scope_spans.spans";
    let named = |further: &[(u64, &[u8])]| request_of(&span_with(further));
    check_refused(b"\xff\xff\xff", "it ends within a field");
    check_refused(b"\x0a\xff\xff\xff\xff\x7f", "resource_spans: it ends within a field");
    check_refused(b"\x08\x01", "resource_spans: it is of type varint, not length-delimited");
    check_refused(&fields(&[(1, b"\xa3\x06")]), "resource_spans.(unknown field): it ends within a field");
    check_refused(
        &fields(&[(1, &fields(&[(1, b"\x0a\x00\x0c")]))]),
        "resource_spans.resource.attributes: it is of type end of group, not length-delimited",
    );
    check_refused(&named(&[(5, b"\xff")]), &format!("{span}.name: invalid UTF-8"));
    check_refused(
        &named(&[(7, b"")]),
        &format!("{span}.start_time_unix_nano: it is of type length-delimited, not 64 bits"),
    );
    check_refused(&named(&[(9, &fields(&[(1, b"\xc3")]))]), &format!("{span}.attributes.key: invalid UTF-8"));
    let value = fields(&[(2, &fields(&[(5, &fields(&[(1, &fields(&[(1, b"\xc3")]))]))]))]);
    check_refused(
        &named(&[(9, &value)]),
        &format!("{span}.attributes.value.array_value.values.string_value: invalid UTF-8"),
    );
    check_refused(&named(&[(15, &fields(&[(2, b"\xff")]))]), &format!("{span}.status.message: invalid UTF-8"));
    check_refused(
        &named(&[(11, &[0x0a])]),
        &format!("{span}.events.time_unix_nano: it is of type length-delimited, not 64 bits"),
    );
}

#[test]
fn a_refused_span_must_be_well_formed_too() {
    let refused = Span { trace_id: vec![1], ..good() }.encode_to_vec();
    assert_eq!(walk(&request_of(&refused)).unwrap().refused.count(), 1);
    let payload = request_of(&[refused, fields(&[(5, b"\xff")])].concat());
    check_refused(&payload, "resource_spans.scope_spans.spans.name: invalid UTF-8");
}

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use proptest::prelude::*;

use super::super::arbitrary::{self, to_json};
use super::*;
use crate::admit::Admission;

fn decode(text: &[u8], memory_bytes_max: u64) -> Result<ExportTraceServiceRequest, Refusal> {
    super::decode(text, memory_bytes_max, &mut Admission::unbounded().reserve())
}

fn span(fields: &str) -> Result<Span, Refusal> {
    let text = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#);
    decode(text.as_bytes(), 1 << 20).map(|mut request| request.resource_spans[0].scope_spans[0].spans.remove(0))
}

fn value(json: &str) -> Option<Value> {
    let span = span(&format!(r#""attributes":[{{"key":"k","value":{json}}}]"#)).unwrap();
    span.attributes.into_iter().next().unwrap().value.unwrap().value
}

#[test]
fn ids_are_hexadecimal_of_either_case() {
    let span = span(r#""traceId":"0102030405060708090A0B0C0D0E0F10","spanId":"ff","parentSpanId":null"#).unwrap();
    assert_eq!(span.trace_id, (1..=16).collect::<Vec<u8>>());
    assert_eq!(span.span_id, [0xff]);
    assert!(span.parent_span_id.is_empty());
}

#[test]
fn an_id_in_base64_is_refused_by_place() {
    let refused = span(r#""traceId":"AQIDBAUGBwgJCgsMDQ4PEA==""#).unwrap_err().to_string();
    assert!(refused.contains("hexadecimal") && refused.contains("column"), "{refused}");
}

#[test]
fn numbers_may_be_strings() {
    let nanos = 1_700_000_000_123_456_789_u64;
    for text in [format!("{nanos}"), format!("\"{nanos}\"")] {
        let span = span(&format!(r#""startTimeUnixNano":{text},"flags":"1","kind":"2""#)).unwrap();
        assert_eq!((span.start_time_unix_nano, span.flags, span.kind), (nanos, 1, 2));
    }
    assert_eq!(value(r#"{"intValue":"-9223372036854775808"}"#), Some(Value::IntValue(i64::MIN)));
    assert_eq!(value(r#"{"intValue":12}"#), Some(Value::IntValue(12)));
    assert!(span(r#""flags":"4294967296""#).is_err());
    assert!(span(r#""startTimeUnixNano":-1"#).is_err());
    assert!(span(r#""startTimeUnixNano":1.5"#).is_err());
}

#[test]
fn doubles_that_json_cannot_write_are_strings() {
    assert_eq!(value(r#"{"doubleValue":"Infinity"}"#), Some(Value::DoubleValue(f64::INFINITY)));
    assert_eq!(value(r#"{"doubleValue":"-Infinity"}"#), Some(Value::DoubleValue(f64::NEG_INFINITY)));
    assert!(matches!(value(r#"{"doubleValue":"NaN"}"#), Some(Value::DoubleValue(d)) if d.is_nan()));
    assert_eq!(value(r#"{"doubleValue":1}"#), Some(Value::DoubleValue(1.0)));
}

#[test]
fn bytes_are_base64_in_every_spelling() {
    for text in ["+/8=", "-_8=", "+/8", "-_8"] {
        let found = value(&format!(r#"{{"bytesValue":"{text}"}}"#));
        assert_eq!(found, Some(Value::BytesValue(vec![0xfb, 0xff])), "{text}");
    }
}

#[test]
fn unknown_fields_and_nulls_change_nothing() {
    let text =
        r#""name":"a","what":{"is":["this",{}]},"status":null,"events":null,"attributes":[{"key":"k","value":{}}]"#;
    let span = span(text).unwrap();
    assert_eq!(span.name, "a");
    assert_eq!(span.attributes[0].value.as_ref().unwrap().value, None);
    assert!(decode(br#"{"resource_spans":[1,2,3]}"#, 1 << 20).unwrap().resource_spans.is_empty());
}

#[test]
fn enums_are_numbers_or_names() {
    let span = span(r#""kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"}"#).unwrap();
    assert_eq!((span.kind, span.status.unwrap().code), (2, 2));
    assert!(super::tests::span(r#""kind":"SPAN_KIND_KING""#).is_err());
}

#[test]
fn what_is_not_a_request_is_refused() {
    for text in ["", "[]", "1", r#"{"resourceSpans":1}"#, r#"{"resourceSpans":[]} x"#, r#"{"resourceSpans":["#] {
        assert!(matches!(decode(text.as_bytes(), 1 << 20), Err(Refusal::Undecodable(_))), "{text}");
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let deep = format!("{}{}", r#"{"arrayValue":{"values":["#.repeat(5000), "]}}".repeat(5000));
    let refused = span(&format!(r#""attributes":[{{"key":"k","value":{deep}}}]"#)).unwrap_err();
    assert!(matches!(refused, Refusal::Undecodable(_)), "{refused}");
}

#[test]
fn objects_beyond_the_memory_bound_are_refused() {
    let text = format!(r#"{{"resourceSpans":[{}{{}}]}}"#, "{},".repeat(10_000));
    assert!(matches!(decode(text.as_bytes(), 100_000), Err(Refusal::TooLarge { .. })));
    assert!(decode(text.as_bytes(), 10 << 20).is_ok());
}

proptest! {
    #[test]
    fn json_says_what_protobuf_says(request in arbitrary::request()) {
        let text = serde_json::to_vec(&to_json(&request)).unwrap();
        prop_assert_eq!(decode(&text, u64::MAX).unwrap(), request);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[\\[\\]{}\":,a-zS0-9]{0,80}") {
        let _ = decode(text.as_bytes(), 1 << 16);
    }
}

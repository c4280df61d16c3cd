use serde_json::Value as Json;
use spanloom_store::value::Value;
use url::form_urlencoded::byte_serialize;

use super::super::harness::{Harness, MINUTE_NS, NOW_NS, hex, sample};
use crate::search::Inspected;
use crate::tempo::metrics;
use crate::trace_metrics::{MetricPoint, MetricSeries, MetricsFound, SpanExemplar};

/// What a decoder of protobuf's JSON knows of a message.
enum Shape {
    Text,
    Number,
    /// An integer of 64 bits: digits in a string.
    Digits,
    Bool,
    List(&'static Shape),
    Map(&'static Shape),
    Message(&'static [(&'static str, Shape)]),
}

use Shape::{Bool, Digits, List, Map, Message, Number, Text};

const VALUE: Shape = Message(&[
    ("stringValue", Text),
    ("intValue", Digits),
    ("doubleValue", Number),
    ("boolValue", Bool),
    ("arrayValue", Message(&[("values", List(&SCALAR))])),
]);
const SCALAR: Shape =
    Message(&[("stringValue", Text), ("intValue", Digits), ("doubleValue", Number), ("boolValue", Bool)]);
const KEY_VALUES: Shape = List(&Message(&[("key", Text), ("value", VALUE)]));
const SPAN: Shape = Message(&[
    ("spanID", Text),
    ("name", Text),
    ("startTimeUnixNano", Digits),
    ("durationNanos", Digits),
    ("attributes", KEY_VALUES),
]);
const SPAN_SET: Shape = Message(&[("spans", List(&SPAN)), ("matched", Number), ("attributes", KEY_VALUES)]);
const STATS: Shape = Message(&[("spanCount", Number), ("errorCount", Number)]);
const TRACE: Shape = Message(&[
    ("traceID", Text),
    ("rootServiceName", Text),
    ("rootTraceName", Text),
    ("startTimeUnixNano", Digits),
    ("durationMs", Number),
    ("spanSet", SPAN_SET),
    ("spanSets", List(&SPAN_SET)),
    ("serviceStats", Map(&STATS)),
]);
const METRICS: Shape = Message(&[
    ("inspectedTraces", Number),
    ("inspectedBytes", Digits),
    ("totalBlocks", Number),
    ("completedJobs", Number),
    ("totalJobs", Number),
    ("totalBlockBytes", Digits),
    ("inspectedSpans", Digits),
]);
const SEARCH: Shape = Message(&[("traces", List(&TRACE)), ("metrics", METRICS)]);
const INSTANT: Shape = Message(&[
    ("series", List(&Message(&[("labels", KEY_VALUES), ("value", Number)]))),
    ("metrics", METRICS),
    ("status", Text),
    ("message", Text),
]);

/// Walks an answer; what is not in the shape is an error, as it is for the decoder.
fn check(at: &str, value: &Json, shape: &Shape) {
    match shape {
        Text => assert!(value.is_string(), "{at}: {value}"),
        Number => assert!(value.is_number(), "{at}: {value}"),
        Bool => assert!(value.is_boolean(), "{at}: {value}"),
        Digits => {
            let digits = value.as_str().unwrap_or_else(|| panic!("{at}: {value}"));
            assert!(digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok(), "{at}: {digits}");
        }
        List(item) => {
            let items = value.as_array().unwrap_or_else(|| panic!("{at}: {value}"));
            items.iter().for_each(|value| check(&format!("{at}[]"), value, item));
        }
        Map(item) => {
            let items = value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
            items.values().for_each(|value| check(&format!("{at}{{}}"), value, item));
        }
        Message(fields) => {
            let present = value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
            for (name, value) in present {
                let known = fields.iter().find(|(known, _)| known == name);
                let (_, shape) = known.unwrap_or_else(|| panic!("{at}: nobody knows the field {name}"));
                check(&format!("{at}.{name}"), value, shape);
            }
        }
    }
}

fn text(text: &'static str) -> Value<'static> {
    Value::String(text.into())
}

/// Attributes of every type that there is.
fn attributes() -> Vec<(std::borrow::Cow<'static, str>, Value<'static>)> {
    vec![
        ("text".into(), text("a")),
        ("int".into(), Value::Int(-7)),
        ("float".into(), Value::Double(1.5)),
        ("yes".into(), Value::Bool(true)),
        ("list".into(), Value::Array(vec![text("a"), Value::Int(1), Value::Map(vec![]), Value::Empty])),
        ("map".into(), Value::Map(vec![("k".into(), Value::Int(1))])),
        ("bytes".into(), Value::Bytes(vec![1, 2].into())),
        ("nothing".into(), Value::Empty),
    ]
}

async fn harness() -> Harness {
    let harness = Harness::new().await;
    for i in 1..4 {
        let mut root = sample(i, 10 * i, Some("shop"), NOW_NS - i as i64 * MINUTE_NS).lasting(1_000_000_000);
        root.span.attributes = attributes();
        let child = sample(i, 10 * i + 1, None, NOW_NS - i as i64 * MINUTE_NS + 1).child_of(10 * i).failed();
        harness.append(&[root, child]).await;
        if i == 1 {
            harness.flush().await;
        }
    }
    harness
}

#[tokio::test]
async fn a_strict_decoder_knows_every_field_of_a_search() {
    let harness = harness().await;
    for (query, params) in [
        ("{ }", ""),
        ("{ } | select(.text, .int, .float, .yes, .map, .bytes, .nothing)", "&spss=100"),
        ("{ .int = -7 } | select(.list)", ""),
        ("{ status = error } | by(resource.service.name) | count() > 0 | avg(duration) > 0s", ""),
        ("{ nestedSetParent < 0 } | select(status, kind, name, nestedSetLeft, event.x)", "&minDuration=1ms"),
        ("{ name = \"none\" }", ""),
    ] {
        let query: String = byte_serialize(query.as_bytes()).collect();
        let answer = harness.get(&format!("/tempo/api/search?q={query}{params}")).await.json();
        assert!(answer["traces"].is_array() && answer["metrics"].is_object(), "{answer}");
        check("", &answer, &SEARCH);
    }
    let answer = harness.get("/tempo/api/search?tags=text%3Da").await.json();
    assert_eq!(answer["traces"].as_array().unwrap().len(), 3);
    check("", &answer, &SEARCH);
}

#[test]
fn a_strict_decoder_knows_every_field_of_an_instant() {
    let labels =
        attributes().into_iter().filter(|(key, _)| key != "list").map(|(key, value)| (key.into_owned(), value));
    let exemplar = SpanExemplar { labels: vec![("trace:id".to_owned(), text("1"))], value: 1.0, time_ms: 1 };
    let series = MetricSeries {
        labels: labels.collect(),
        points: vec![MetricPoint { time_ms: 1, value: 0.5 }],
        exemplars: vec![exemplar],
    };
    for partial in [None, Some("why".to_owned())] {
        let found = MetricsFound { series: vec![series.clone()], partial, inspected: Inspected::default() };
        let answer = serde_json::to_value(metrics::instant(found)).unwrap();
        assert_eq!(answer["series"].as_array().unwrap().len(), 1);
        check("", &answer, &INSTANT);
    }
}

/// Kiali reads `spanSet`, `batches`, and a status that is there.
#[tokio::test]
async fn kialis_questions_have_answers() {
    let harness = harness().await;
    let query = r#"{ .service.name = "shop" && .text = "a" } && { } | select(status, .service_name, .node_id, .text)"#;
    let query: String = byte_serialize(query.as_bytes()).collect();
    let answer = harness.get(&format!("/tempo/api/search?q={query}&minDuration=1ms&spss=10&limit=2")).await.json();
    let traces = answer["traces"].as_array().unwrap();
    assert_eq!(traces.len(), 2);
    for trace in traces {
        assert_eq!(trace["spanSet"]["spans"].as_array().unwrap().len(), 2);
        assert_eq!(trace["spanSet"], trace["spanSets"][0]);
    }
    check("", &answer, &SEARCH);
    let trace = harness.get(&format!("/tempo/api/traces/{}", hex(1))).await.json();
    assert_eq!(trace.as_object().unwrap().keys().collect::<Vec<_>>(), ["batches"]);
    for path in ["/tempo/api/echo", "/tempo/status/services", "/tempo/api/status/buildinfo"] {
        assert_eq!(harness.get(path).await.status, 200, "{path}");
    }
}

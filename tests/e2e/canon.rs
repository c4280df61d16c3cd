//! Spans in one form, whatever JSON they came in, so that what a client sent can be compared with what an API answers.
//!
//! A span becomes `{resource, scope, span}` in OTLP/JSON's words: defaults left out, attributes sorted by key, 64-bit
//! numbers and times as text, enums as numbers, ids in hex. What OTLP tells apart stays apart: an empty text and an
//! empty value, `1` and `1.0`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

/// Spans by their id.
pub type Spans = BTreeMap<String, Value>;

/// The spans of `TracesData` as OTLP/JSON, or as Tempo's older API spells it, with `batches`, base64 ids and named
/// enums.
pub fn of_otlp(document: &Value) -> Spans {
    let mut spans = Spans::new();
    let groups = if document["batches"].is_array() { &document["batches"] } else { &document["resourceSpans"] };
    for group in items(groups) {
        let resource = with_schema(&group["resource"], &group["schemaUrl"]);
        for scoped in items(&group["scopeSpans"]) {
            let scope = with_schema(&scoped["scope"], &scoped["schemaUrl"]);
            items(&scoped["spans"]).for_each(|span| insert(&mut spans, &resource, &scope, span));
        }
    }
    spans
}

/// The spans that a program of `tests/clients` says it sent, by trace id.
pub fn of_client(document: &Value) -> BTreeMap<String, Spans> {
    let mut traces = BTreeMap::<String, Spans>::new();
    for sent in items(&document["spans"]) {
        let trace = traces.entry(id(&sent["span"]["traceId"]).unwrap_or_default()).or_default();
        insert(trace, &sent["resource"], &sent["scope"], &sent["span"]);
    }
    traces
}

/// Compares and names the first span that differs.
pub fn assert_same(what: &str, expected: &Spans, found: &Spans) {
    let missing: Vec<_> = expected.keys().filter(|id| !found.contains_key(*id)).collect();
    let surplus: Vec<_> = found.keys().filter(|id| !expected.contains_key(*id)).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "{what}: missing {missing:?}, surplus {surplus:?}");
    for (id, expected) in expected {
        let found = &found[id];
        assert_eq!(found, expected, "{what}: span {id} came back as\n{found:#}\nand was sent as\n{expected:#}");
    }
}

fn insert(spans: &mut Spans, resource: &Value, scope: &Value, span: &Value) {
    let key = id(&span["spanId"]).expect("a span has an id");
    let whole = json!({ "resource": group(resource), "scope": group(scope), "span": canonical_span(span) });
    assert!(spans.insert(key.clone(), whole).is_none(), "span {key} is there twice");
}

fn with_schema(part: &Value, schema_url: &Value) -> Value {
    let mut part = part.as_object().cloned().unwrap_or_default();
    part.insert("schemaUrl".to_owned(), schema_url.clone());
    Value::Object(part)
}

/// A resource or a scope.
fn group(part: &Value) -> Value {
    pruned([
        ("name", part["name"].clone()),
        ("version", part["version"].clone()),
        ("schemaUrl", part["schemaUrl"].clone()),
        ("attributes", attributes(&part["attributes"])),
        ("droppedAttributesCount", part["droppedAttributesCount"].clone()),
    ])
}

fn canonical_span(span: &Value) -> Value {
    let status = pruned([
        ("code", code(&span["status"]["code"], &["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"])),
        ("message", span["status"]["message"].clone()),
    ]);
    pruned([
        ("traceId", id(&span["traceId"]).into()),
        ("spanId", id(&span["spanId"]).into()),
        ("parentSpanId", id(&span["parentSpanId"]).into()),
        ("traceState", span["traceState"].clone()),
        ("flags", span["flags"].clone()),
        ("name", span["name"].clone()),
        ("kind", code(&span["kind"], KINDS)),
        ("startTimeUnixNano", text(&span["startTimeUnixNano"])),
        ("endTimeUnixNano", text(&span["endTimeUnixNano"])),
        ("attributes", attributes(&span["attributes"])),
        ("droppedAttributesCount", span["droppedAttributesCount"].clone()),
        ("events", items(&span["events"]).map(event).collect()),
        ("droppedEventsCount", span["droppedEventsCount"].clone()),
        ("links", items(&span["links"]).map(link).collect()),
        ("droppedLinksCount", span["droppedLinksCount"].clone()),
        ("status", status),
    ])
}

const KINDS: &[&str] = &[
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
];

fn event(event: &Value) -> Value {
    pruned([
        ("timeUnixNano", text(&event["timeUnixNano"])),
        ("name", event["name"].clone()),
        ("attributes", attributes(&event["attributes"])),
        ("droppedAttributesCount", event["droppedAttributesCount"].clone()),
    ])
}

fn link(link: &Value) -> Value {
    pruned([
        ("traceId", id(&link["traceId"]).into()),
        ("spanId", id(&link["spanId"]).into()),
        ("traceState", link["traceState"].clone()),
        ("attributes", attributes(&link["attributes"])),
        ("droppedAttributesCount", link["droppedAttributesCount"].clone()),
        ("flags", link["flags"].clone()),
    ])
}

fn attributes(list: &Value) -> Value {
    let mut list: Vec<_> = items(list).map(key_value).collect();
    list.sort_by_key(|attribute| attribute["key"].to_string());
    list.into()
}

fn key_value(attribute: &Value) -> Value {
    json!({ "key": attribute["key"], "value": any_value(&attribute["value"]) })
}

fn any_value(value: &Value) -> Value {
    let Some((kind, content)) = value.as_object().and_then(|object| object.iter().next()) else { return json!({}) };
    let content = match kind.as_str() {
        "intValue" => text(content),
        "doubleValue" => content.as_f64().map_or_else(|| content.clone(), Value::from),
        "arrayValue" => items(&content["values"]).map(any_value).collect(),
        "kvlistValue" => items(&content["values"]).map(key_value).collect(),
        _ => content.clone(),
    };
    json!({ kind: content })
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(number: &Value) -> Value {
    if number.is_number() { number.to_string().into() } else { number.clone() }
}

fn code(value: &Value, names: &[&str]) -> Value {
    let named = value.as_str().and_then(|name| names.iter().position(|n| *n == name));
    named.map_or_else(|| value.clone(), Value::from)
}

/// An id in hex, from hex or base64; the lengths tell them apart. `None` for none.
fn id(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| !text.is_empty())?;
    if matches!(text.len(), 16 | 32) {
        return Some(text.to_owned());
    }
    Some(hex::encode(BASE64.decode(text).unwrap_or_else(|error| panic!("{text} is no id: {error}"))))
}

/// An object without fields that have their default; a time of 0 is one, too.
fn pruned<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let is_default = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || text == "0",
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) => false,
    };
    let kept = fields.into_iter().filter(|(_, value)| !is_default(value));
    Value::Object(kept.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

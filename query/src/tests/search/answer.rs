//! What an engine says of a query, in a form in which two engines can be compared and a person can read it.

use std::fmt::Write as _;

use spanloom_store::value::Value;

use crate::search::{FoundSpan, FoundSpanset, FoundTrace};

/// A trace that was found; spansets in the order of [`Answer::sorted`].
#[derive(Debug, Clone, PartialEq)]
pub struct TraceAnswer {
    pub trace_id: String,
    pub root_service: Option<String>,
    pub root_name: Option<String>,
    pub start_ns: i64,
    pub span_count: i64,
    pub spansets: Vec<SpansetAnswer>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SpansetAnswer {
    pub attributes: Vec<(String, Value<'static>)>,
    pub matched: usize,
    /// The earliest first.
    pub spans: Vec<SpanAnswer>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SpanAnswer {
    pub span_id: String,
    pub name: String,
    pub service: Option<String>,
    pub start_ns: i64,
    pub duration_ns: i64,
    pub status_code: i32,
    pub attributes: Vec<(String, Value<'static>)>,
}

/// All traces, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer(pub Vec<TraceAnswer>);

impl Answer {
    /// Groups of one trace have no order of their own: they are put in one.
    pub fn sorted(mut traces: Vec<TraceAnswer>) -> Self {
        for trace in &mut traces {
            trace.spansets.sort_by_cached_key(|spanset| format!("{spanset:?}"));
        }
        Self(traces)
    }

    /// The ids of the spans of each spanset, `1 2 | 3`; a dash for nothing.
    pub fn brief(&self) -> String {
        let ids = |spanset: &SpansetAnswer| spanset.ids();
        let mut spansets: Vec<Vec<u64>> = self.spansets().map(ids).collect();
        spansets.sort();
        let joined = |ids: Vec<u64>| ids.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
        let spansets: Vec<String> = spansets.into_iter().map(joined).collect();
        if spansets.is_empty() { "-".to_owned() } else { spansets.join(" | ") }
    }

    /// The same with everything that is said of spansets and spans.
    pub fn full(&self) -> String {
        let mut spansets: Vec<&SpansetAnswer> = self.spansets().collect();
        spansets.sort_by_key(|spanset| spanset.ids());
        let spansets: Vec<String> = spansets.into_iter().map(SpansetAnswer::full).collect();
        if spansets.is_empty() { "-".to_owned() } else { spansets.join(" | ") }
    }

    fn spansets(&self) -> impl Iterator<Item = &SpansetAnswer> {
        self.0.iter().flat_map(|trace| &trace.spansets)
    }
}

impl SpansetAnswer {
    fn ids(&self) -> Vec<u64> {
        let mut ids: Vec<u64> = self.spans.iter().map(SpanAnswer::id).collect();
        ids.sort_unstable();
        ids
    }

    fn full(&self) -> String {
        let mut spans: Vec<&SpanAnswer> = self.spans.iter().collect();
        spans.sort_by_key(|span| (span.id(), span.start_ns));
        let spans: Vec<String> = spans.into_iter().map(SpanAnswer::full).collect();
        let spans = spans.join(" ");
        if self.attributes.is_empty() { spans } else { format!("[{}] {spans}", said(&self.attributes)) }
    }
}

impl SpanAnswer {
    pub fn id(&self) -> u64 {
        u64::from_str_radix(&self.span_id, 16).unwrap_or_else(|error| panic!("{}: {error}", self.span_id))
    }

    fn full(&self) -> String {
        let id = self.id();
        if self.attributes.is_empty() { id.to_string() } else { format!("{id}({})", said(&self.attributes)) }
    }
}

fn said(attributes: &[(String, Value<'static>)]) -> String {
    let said: Vec<String> = attributes.iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
    said.join(" ")
}

/// A value as the cases write it: its type can be seen.
pub fn text(value: &Value<'_>) -> String {
    let list = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Empty => "empty".to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => format!("{number:?}"),
        Value::Bytes(bytes) => bytes.iter().fold("0x".to_owned(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }),
        Value::Array(items) => format!("[{}]", list(items.iter().map(text).collect())),
        Value::Map(entries) => {
            format!("{{{}}}", list(entries.iter().map(|(key, value)| format!("{key}={}", text(value))).collect()))
        }
    }
}

impl From<FoundTrace> for TraceAnswer {
    fn from(found: FoundTrace) -> Self {
        Self {
            trace_id: found.item.trace_id,
            root_service: found.item.root_service,
            root_name: found.item.root_name,
            start_ns: found.start_ns,
            span_count: found.item.span_count,
            spansets: found.spansets.into_iter().map(SpansetAnswer::from).collect(),
        }
    }
}

impl From<FoundSpanset> for SpansetAnswer {
    fn from(found: FoundSpanset) -> Self {
        let FoundSpanset { matched, spans, attributes } = found;
        Self { attributes, matched, spans: spans.into_iter().map(SpanAnswer::from).collect() }
    }
}

impl From<FoundSpan> for SpanAnswer {
    fn from(found: FoundSpan) -> Self {
        let FoundSpan { span_id, name, service, start_ns, duration_ns, status_code, attributes } = found;
        Self { span_id, name, service, start_ns, duration_ns, status_code, attributes }
    }
}

//! TraceQL from its definitions: all spans in memory, each looked at by itself, with no column, no plan and no early stop.
//!
//! It shares the parser and its tree with the search, and nothing else: what both say was said twice.

/// The value of a field of a span.
mod field;
/// Stages of a pipeline.
mod pipeline;
/// How spans of a trace stand to each other.
mod structure;
/// Spans to traces.
mod trace;
/// What values are to one another.
mod value;

use spanloom_store::SpanId;
use spanloom_store::value::Value as Said;

use super::super::harness::Sample;
use super::answer::{Answer, SpanAnswer, SpansetAnswer, TraceAnswer};
use crate::traceql::tree::{Field, Intrinsic, Query};
use pipeline::{Pipe, Spanset};
use trace::Trace;

/// What is asked besides the query.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Traces that overlap it, both ends included.
    pub start_ns: i64,
    pub end_ns: i64,
    pub limit: usize,
    pub spans_max: usize,
}

impl Default for Asked {
    fn default() -> Self {
        Self { start_ns: i64::MIN, end_ns: i64::MAX, limit: 1000, spans_max: 100 }
    }
}

/// What a checked query finds in what was sent, in whatever order and however often it was.
pub fn answer(query: &Query, sent: &[Sample], asked: &Asked) -> Answer {
    let outputs = pipeline::outputs(query);
    let mut found = Vec::new();
    for trace in trace::traces(sent) {
        let overlaps = trace.start_ns <= asked.end_ns && trace.end_ns >= asked.start_ns;
        let spansets = Pipe { trace: &trace }.run(&query.pipeline);
        if overlaps && !spansets.is_empty() {
            let spansets = spansets.into_iter().map(|spanset| shown(&trace, spanset, &outputs, asked.spans_max));
            found.push(TraceAnswer { spansets: spansets.collect(), ..head(&trace) });
        }
    }
    found.sort_by(|a, b| b.start_ns.cmp(&a.start_ns).then_with(|| a.trace_id.cmp(&b.trace_id)));
    found.truncate(asked.limit);
    Answer::sorted(found)
}

fn head(trace: &Trace<'_>) -> TraceAnswer {
    let text = |text: String| (!text.is_empty()).then_some(text);
    TraceAnswer {
        trace_id: trace.id.to_string(),
        root_service: trace.root().and_then(|root| root.service()),
        root_name: trace.root().and_then(|root| text(root.sample.span.name.to_string())),
        start_ns: trace.start_ns,
        span_count: trace.nodes.len() as i64,
        spansets: Vec::new(),
    }
}

fn shown(trace: &Trace<'_>, spanset: Spanset, outputs: &[(String, Field)], spans_max: usize) -> SpansetAnswer {
    let mut spans = spanset.spans;
    spans.sort_by_key(|i| trace.nodes[*i].order());
    let matched = spans.len();
    let spans = spans.into_iter().take(spans_max).map(|i| span(trace, i, outputs)).collect();
    let nil = || Said::String("nil".into());
    let attributes = spanset.attributes.into_iter().map(|(name, value)| (name, value.said().unwrap_or_else(nil)));
    SpansetAnswer { attributes: attributes.collect(), matched, spans }
}

fn span(trace: &Trace<'_>, i: usize, outputs: &[(String, Field)]) -> SpanAnswer {
    let node = &trace.nodes[i];
    let span = &node.sample.span;
    let mut attributes: Vec<(String, Said<'static>)> = Vec::new();
    for (name, field) in outputs {
        let is_said = attributes.iter().any(|(known, _)| known == name);
        let value = field::value(field, trace, i).said().filter(|_| !is_said);
        attributes.extend(value.map(|value| (name.clone(), value)));
    }
    SpanAnswer {
        span_id: SpanId::from_int(node.id()).to_string(),
        name: span.name.to_string(),
        service: node.service(),
        start_ns: span.start_ns,
        duration_ns: (span.end_ns - span.start_ns).max(0),
        status_code: span.status_code,
        attributes,
    }
}

/// What is said of every span or of its trace in any case.
const ALWAYS_SAID: [Intrinsic; 7] = [
    Intrinsic::Name,
    Intrinsic::Duration,
    Intrinsic::TraceDuration,
    Intrinsic::RootName,
    Intrinsic::RootService,
    Intrinsic::TraceId,
    Intrinsic::SpanId,
];

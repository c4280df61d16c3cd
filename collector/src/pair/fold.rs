//! Rule (k): a span that came twice is one span.

use std::collections::HashSet;

use spanloom_store::SpanId;

use super::span::{Kind, Span, Text};

/// What makes two copies one span; within a trace.
type Key<'a> = (i64, SpanId, Kind, Option<&'a Text>);

/// The spans of a trace, each once, in an order that does not depend on the one in which they came.
#[derive(Debug)]
pub(super) struct Folded<'a> {
    pub spans: Vec<&'a Span>,
    /// Parts of stored spans that Zipkin's clients report late: same id and service, but no kind and no time.
    pub fragments: u64,
}

/// Copies are equal; should a client have changed one, the one that ended last stays, here as in what trace APIs answer.
pub(super) fn fold(trace: &[Span]) -> Folded<'_> {
    let mut spans: Vec<&Span> = trace.iter().collect();
    spans.sort_unstable_by(|a, b| key(a).cmp(&key(b)).then_with(|| b.end_ns.cmp(&a.end_ns)).then_with(|| a.cmp(b)));
    spans.dedup_by(|later, earlier| key(later) == key(earlier));
    let whole = spans.len();
    drop_fragments(&mut spans);
    Folded { fragments: (whole - spans.len()) as u64, spans }
}

fn key(span: &Span) -> Key<'_> {
    (span.start_ns, span.span_id, span.kind, span.origin.service.as_ref())
}

fn drop_fragments(spans: &mut Vec<&Span>) {
    let is_part = |span: &Span| span.is_timeless && span.kind == Kind::Unspecified;
    if !spans.iter().any(|span| is_part(span)) {
        return;
    }
    let halves = spans.iter().filter(|span| span.kind != Kind::Unspecified);
    let wholes: HashSet<(SpanId, Option<&Text>)> =
        halves.map(|span| (span.span_id, span.origin.service.as_ref())).collect();
    spans.retain(|span| !is_part(span) || !wholes.contains(&(span.span_id, span.origin.service.as_ref())));
}

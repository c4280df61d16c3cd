//! Spans in, analysis out.

mod calls;
mod properties;
mod shape;
mod size;
mod skew;
mod work;

use spanloom_store::TraceId;

use super::*;
use crate::trace::item::SpanRef;
use crate::trace::lines::assembled;
use crate::trace::span::Span;

fn answer(lines: &[&str]) -> TraceAnalysis {
    analysis(TraceId::from_halves(0, 1), &assembled(lines))
}

fn analysis_of(spans: Vec<Span<'_>>) -> TraceAnalysis {
    analysis(TraceId::from_halves(0, 1), &Assembled::new(spans).unwrap())
}

/// A service as a line of text has it.
fn name(service: &Option<String>) -> &str {
    service.as_deref().unwrap_or("-")
}

fn id(span: &SpanRef) -> i64 {
    span.span_id.as_int()
}

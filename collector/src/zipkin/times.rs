//! Times for spans that came without one.
//!
//! The start of such a span is that of its first annotation, else of its earliest child, else of its parent; spans of one
//! request can tell, others are not known here. Where none of them tells, it is the earliest start in its trace, and in a
//! trace without any time the time of receipt.

use std::collections::HashMap;

use spanloom_store::{SpanId, TraceId};

use super::json::JsonSpan;

/// How far a time is carried from span to span: the depth of a tree of which only one end has times. Deeper ones get the
/// earliest time of their trace.
const ROUNDS_MAX: usize = 32;

/// Who a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ids {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub parent: Option<SpanId>,
}

/// The start of each span in microseconds.
pub fn starts_us(spans: &[(Ids, &JsonSpan<'_>)], received_us: i64) -> Vec<i64> {
    let mut starts: Vec<Option<i64>> = spans.iter().map(|(_, span)| own_start(span)).collect();
    if starts.iter().any(Option::is_none) {
        carry(spans, &mut starts, Teller::Child);
        carry(spans, &mut starts, Teller::Parent);
    }
    let mut earliest: HashMap<TraceId, i64> = HashMap::new();
    for ((ids, _), start) in spans.iter().zip(&starts) {
        if let Some(start) = start {
            earliest.entry(ids.trace_id).and_modify(|known| *known = (*known).min(*start)).or_insert(*start);
        }
    }
    let of_trace = |ids: &Ids| earliest.get(&ids.trace_id).copied().unwrap_or(received_us);
    spans.iter().zip(starts).map(|((ids, _), start)| start.unwrap_or_else(|| of_trace(ids))).collect()
}

fn own_start(span: &JsonSpan<'_>) -> Option<i64> {
    let annotated = || span.annotations().iter().map(super::json::Annotation::timestamp_us).filter(|us| *us > 0).min();
    span.timestamp_us().or_else(annotated)
}

/// Who tells a start.
#[derive(Clone, Copy)]
enum Teller {
    /// A child tells its parent; the earliest one counts.
    Child,
    /// A parent tells its children.
    Parent,
}

impl Teller {
    /// For whom the start of a span speaks.
    fn speaks_for(self, ids: &Ids) -> Option<SpanId> {
        match self {
            Self::Child => ids.parent.filter(|parent| *parent != ids.span_id),
            Self::Parent => Some(ids.span_id),
        }
    }

    /// Under whose id a span without a start finds what was said.
    fn hears(self, ids: &Ids) -> Option<SpanId> {
        match self {
            Self::Child => Some(ids.span_id),
            Self::Parent => ids.parent,
        }
    }
}

/// Lets known starts tell unknown ones, until nothing changes.
fn carry(spans: &[(Ids, &JsonSpan<'_>)], starts: &mut [Option<i64>], teller: Teller) {
    for _ in 0..ROUNDS_MAX {
        let told = told(spans, starts, teller);
        let mut is_changed = false;
        for ((ids, _), start) in spans.iter().zip(starts.iter_mut()).filter(|(_, start)| start.is_none()) {
            *start = teller.hears(ids).and_then(|id| told.get(&(ids.trace_id, id)).copied());
            is_changed |= start.is_some();
        }
        if !is_changed {
            return;
        }
    }
}

fn told(spans: &[(Ids, &JsonSpan<'_>)], starts: &[Option<i64>], teller: Teller) -> HashMap<(TraceId, SpanId), i64> {
    let mut told = HashMap::new();
    for ((ids, _), start) in spans.iter().zip(starts) {
        if let (Some(start), Some(id)) = (start, teller.speaks_for(ids)) {
            told.entry((ids.trace_id, id))
                .and_modify(|known: &mut i64| *known = (*known).min(*start))
                .or_insert(*start);
        }
    }
    told
}

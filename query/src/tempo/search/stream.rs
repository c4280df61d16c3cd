//! A search as a stream of messages: each has the traces found since the one before, and what the search has cost so far.
//!
//! Clients keep the first message about a trace and replace metrics. So a trace is sent once, and the last message says that
//! every job is completed.

use futures::{Stream, StreamExt as _, stream};
use prost::Message as _;
use spanloom_store::TenantId;

use super::super::message::{SearchMetrics, SearchResponse, SpanSet, TraceSearchMetadata};
use super::super::pieces::{MESSAGE_BYTES_MAX, pieces};
use super::super::pursuit::{Pursuit, Told};
use super::answer::{metadata, metrics};
use crate::error::QueryError;
use crate::query::Query;
use crate::search::{Found, FoundTrace, Progress, Searched};

/// Starts a search; it ends when the stream is dropped.
pub(crate) fn messages(
    query: Query,
    tenant: TenantId,
    searched: Searched,
) -> impl Stream<Item = Result<SearchResponse, QueryError>> + Send + 'static {
    let pursuit = Pursuit::start(|listener| async move {
        // The steps have told of every trace.
        query.search(&tenant, searched, Some(listener)).await.map(|answer| Found { traces: Vec::new(), ..answer.value })
    });
    let told = stream::unfold(pursuit, async |mut pursuit| Some((pursuit.next().await?, pursuit)));
    told.flat_map(|told| {
        let messages = match told {
            Ok(told) => said(told).into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        stream::iter(messages)
    })
}

fn said(told: Told<Progress, Found>) -> Vec<SearchResponse> {
    match told {
        Told::Step(step) => responses(step.traces, metrics(step.inspected, 1)),
        Told::End(found) => responses(Vec::new(), metrics(found.inspected, u32::from(found.partial.is_some()))),
    }
}

/// One message, or as many as the traces need.
fn responses(traces: Vec<FoundTrace>, metrics: SearchMetrics) -> Vec<SearchResponse> {
    let traces = traces.into_iter().map(|trace| fitting(metadata(trace), MESSAGE_BYTES_MAX)).collect();
    let pieces = pieces(traces, MESSAGE_BYTES_MAX, TraceSearchMetadata::encoded_len);
    pieces.into_iter().map(|traces| SearchResponse { traces, metrics: Some(metrics.clone()) }).collect()
}

/// The trace with fewer spans, then with fewer spansets, if it does not fit into a message: it cannot be sent in parts.
fn fitting(mut trace: TraceSearchMetadata, bytes_max: usize) -> TraceSearchMetadata {
    while trace.encoded_len() > bytes_max {
        let most = trace.span_sets.iter().map(|spanset| spanset.spans.len()).max().unwrap_or_default();
        match (most, trace.span_sets.len()) {
            (0 | 1, 0 | 1) => break,
            (0 | 1, spansets) => trace.span_sets.truncate(spansets / 2),
            (most, _) => trace.span_sets.iter_mut().for_each(|spanset| spanset.spans.truncate(most / 2)),
        }
        trace.span_set = trace.span_sets.first().cloned();
    }
    // One span whose attributes are too large is told without them.
    if trace.encoded_len() > bytes_max {
        trace.span_sets.iter_mut().chain(&mut trace.span_set).for_each(without_attributes);
    }
    trace
}

fn without_attributes(spanset: &mut SpanSet) {
    spanset.attributes.clear();
    spanset.spans.iter_mut().for_each(|span| span.attributes.clear());
}

#[cfg(test)]
mod tests {
    use spanloom_store::value::Value;

    use super::super::super::message::{SearchSpan, key_values};
    use super::*;

    fn trace(spansets: usize, spans: usize, attribute_bytes: usize) -> TraceSearchMetadata {
        let attributes = key_values(vec![("k".to_owned(), Value::String("x".repeat(attribute_bytes).into()))]);
        let span = SearchSpan { span_id: "1".to_owned(), attributes, ..SearchSpan::default() };
        let spanset = SpanSet { spans: vec![span; spans], matched: spans as u32, attributes: Vec::new() };
        let span_set = Some(spanset.clone());
        TraceSearchMetadata { span_set, span_sets: vec![spanset; spansets], ..TraceSearchMetadata::default() }
    }

    /// Spansets, and spans of the first, that are left of a trace in 1000 bytes.
    fn check(whole: TraceSearchMetadata, spansets: usize, spans: usize) {
        let matched = whole.span_sets[0].matched;
        let fitting = fitting(whole, 1_000);
        assert!(fitting.encoded_len() <= 1_000, "{} bytes", fitting.encoded_len());
        assert_eq!((fitting.span_sets.len(), fitting.span_sets[0].spans.len()), (spansets, spans));
        assert_eq!(fitting.span_sets[0].matched, matched, "how many match does not change");
        assert_eq!(fitting.span_set.as_ref(), fitting.span_sets.first());
    }

    #[test]
    fn a_trace_is_cut_until_it_fits() {
        check(trace(1, 3, 100), 1, 3);
        check(trace(1, 100, 100), 1, 3);
        check(trace(64, 4, 100), 4, 1);
        check(trace(1, 1, 10_000), 1, 1);
    }
}

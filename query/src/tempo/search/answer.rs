//! What was found as messages.

use super::super::UNNAMED;
use super::super::message::{
    SearchMetrics, SearchResponse, SearchSpan, ServiceStats, SpanSet, TraceSearchMetadata, key_values,
};
use crate::search::{Found, FoundSpan, FoundSpanset, FoundTrace, Inspected};
use crate::traces::ServiceItem;

/// What Tempo calls a root that is not there.
const NO_ROOT: &str = "<root span not yet received>";

/// The whole answer. A message has no field for why it is not whole: that shows in `metrics` alone, where fewer jobs are
/// completed than there were.
pub(crate) fn response(found: Found) -> SearchResponse {
    let unfinished_jobs = u32::from(found.partial.is_some());
    SearchResponse {
        traces: found.traces.into_iter().map(metadata).collect(),
        metrics: Some(metrics(found.inspected, unfinished_jobs)),
    }
}

/// What a query has cost so far; a job is a slice of time.
pub(crate) fn metrics(inspected: Inspected, unfinished_jobs: u32) -> SearchMetrics {
    let completed_jobs = counted(inspected.slices);
    SearchMetrics {
        inspected_traces: counted(inspected.traces),
        inspected_bytes: inspected.bytes,
        total_blocks: counted(inspected.files),
        completed_jobs,
        total_jobs: completed_jobs.saturating_add(unfinished_jobs),
        inspected_spans: inspected.spans,
    }
}

/// A count in a field that is narrower; the greatest number stands for more.
fn counted(count: impl TryInto<u32>) -> u32 {
    count.try_into().unwrap_or(u32::MAX)
}

/// A time or a duration; what is before 1970 or negative has no place in a message.
fn nanos(nanos: i64) -> u64 {
    u64::try_from(nanos).unwrap_or_default()
}

pub(super) fn metadata(found: FoundTrace) -> TraceSearchMetadata {
    let item = found.item;
    // A trace has no root, or a root without service or name.
    let has_root = item.root_service.is_some() || item.root_name.is_some();
    let root_service_name = if has_root { item.root_service.unwrap_or_default() } else { NO_ROOT.to_owned() };
    let span_sets: Vec<SpanSet> = found.spansets.into_iter().map(span_set).collect();
    TraceSearchMetadata {
        trace_id: item.trace_id,
        root_service_name,
        root_trace_name: item.root_name.unwrap_or_default(),
        start_time_unix_nano: nanos(found.start_ns),
        // A cast of a float saturates.
        duration_ms: item.duration_ms as u32,
        span_set: span_sets.first().cloned(),
        span_sets,
        service_stats: item.services.into_iter().map(service_stats).collect(),
    }
}

fn service_stats(service: ServiceItem) -> (String, ServiceStats) {
    let stats = ServiceStats { span_count: counted(service.span_count), error_count: counted(service.error_count) };
    (service.name.unwrap_or_else(|| UNNAMED.to_owned()), stats)
}

fn span_set(spanset: FoundSpanset) -> SpanSet {
    SpanSet {
        spans: spanset.spans.into_iter().map(search_span).collect(),
        matched: counted(spanset.matched),
        attributes: key_values(spanset.attributes),
    }
}

fn search_span(span: FoundSpan) -> SearchSpan {
    SearchSpan {
        span_id: span.span_id,
        name: span.name,
        start_time_unix_nano: nanos(span.start_ns),
        duration_nanos: nanos(span.duration_ns),
        attributes: key_values(span.attributes),
    }
}

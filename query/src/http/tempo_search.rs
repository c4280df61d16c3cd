//! `GET /tempo/api/search` as Grafana, Kiali and old dashboards call it.
//!
//! Grafana decodes the answer strictly: a field that Tempo's `SearchResponse` did not have in 2025 is an error. So nothing is
//! added to it, and a search that did not look at everything shows in `metrics` alone: fewer jobs completed than there were.

/// Tags in logfmt, the search before TraceQL.
mod tags;

use std::collections::BTreeMap;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query as Params, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Tenant;
use super::tempo::{TextError, UNNAMED, json_body};
use super::traces::{LIMIT, LIMIT_MAX, SPANS, SPANS_MAX};
use crate::error::QueryError;
use crate::otlp::json::{self, KeyValue};
use crate::query::Query;
use crate::search::{Found, FoundSpan, FoundSpanset, FoundTrace, Searched};
use crate::trace::TimeRange;
use crate::traceql;
use crate::traces::ServiceItem;

/// What Tempo calls a root that is not there.
const NO_ROOT: &str = "<root span not yet received>";
const NS_PER_S: i64 = 1_000_000_000;

/// Which traces.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct SearchParams {
    /// TraceQL. Default `{}`.
    q: Option<String>,
    /// Instead of `q`: attributes in logfmt, such as `http.method=GET error=true`.
    tags: Option<String>,
    /// Least duration of a trace, such as `100ms`.
    min_duration: Option<String>,
    /// Greatest duration of a trace.
    max_duration: Option<String>,
    /// At most this many traces, 1 to 1000. Default 20.
    limit: Option<usize>,
    /// Unix seconds. 0 and absent: from the beginning.
    start: Option<u32>,
    /// Unix seconds. 0 and absent: until now.
    end: Option<u32>,
    /// At most this many spans of each spanset, up to 100, which is also what 0 means. Default 3.
    spss: Option<usize>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SearchResponse {
    traces: Vec<TraceSearchMetadata>,
    metrics: SearchMetrics,
}

/// Integers of 64 bits are strings.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SearchMetrics {
    inspected_traces: u64,
    inspected_bytes: String,
    inspected_spans: String,
    total_blocks: u64,
    completed_jobs: u64,
    /// One more than `completedJobs` if the search did not look at everything.
    total_jobs: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TraceSearchMetadata {
    #[serde(rename = "traceID")]
    trace_id: String,
    root_service_name: String,
    root_trace_name: String,
    start_time_unix_nano: String,
    duration_ms: u64,
    /// The first of `spanSets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    span_set: Option<SpanSet>,
    span_sets: Vec<SpanSet>,
    service_stats: BTreeMap<String, ServiceStats>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
struct SpanSet {
    spans: Vec<SearchSpan>,
    matched: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<KeyValue>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SearchSpan {
    #[serde(rename = "spanID")]
    span_id: String,
    name: String,
    start_time_unix_nano: String,
    duration_nanos: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<KeyValue>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ServiceStats {
    span_count: i64,
    error_count: i64,
}

/// Traces by TraceQL or tags, newest first, as Tempo answers.
#[utoipa::path(
    get,
    path = "/tempo/api/search",
    tag = "tempo",
    params(SearchParams),
    responses(
        (status = 200, description = "`tempopb.SearchResponse` as JSON", body = SearchResponse),
        (status = 400, description = "A parameter is not understood; what and where, as text"),
    )
)]
pub(super) async fn search(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    params: Result<Params<SearchParams>, QueryRejection>,
) -> Result<Response, TextError> {
    let Tenant(tenant) = tenant?;
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let answer = query.search(&tenant, params.searched()?, None).await?;
    json_body(&response(answer.value))
}

impl SearchParams {
    fn searched(&self) -> Result<Searched, QueryError> {
        let limit = self.limit.unwrap_or(LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(QueryError::BadRequest(format!("invalid limit: {limit}, it must be from 1 to {LIMIT_MAX}")));
        }
        let spans_max = self.spss.unwrap_or(SPANS);
        if spans_max > SPANS_MAX {
            return Err(QueryError::BadRequest(format!("invalid spss: {spans_max}, the most is {SPANS_MAX}")));
        }
        Ok(Searched {
            text: self.text()?,
            range: self.range()?,
            service: None,
            duration_min_ns: duration("minDuration", self.min_duration.as_deref())?,
            duration_max_ns: duration("maxDuration", self.max_duration.as_deref())?,
            limit,
            spans_max: if spans_max == 0 { SPANS_MAX } else { spans_max },
        })
    }

    fn text(&self) -> Result<String, QueryError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        match (given(&self.q), given(&self.tags)) {
            (Some(_), Some(_)) => Err(QueryError::BadRequest("q and tags cannot be given together".to_owned())),
            (Some(text), None) => Ok(text),
            (None, Some(tags)) => tags::query(&tags),
            (None, None) => Ok("{}".to_owned()),
        }
    }

    fn range(&self) -> Result<TimeRange, QueryError> {
        let given =
            |seconds: Option<u32>| seconds.filter(|seconds| *seconds > 0).map(|seconds| i64::from(seconds) * NS_PER_S);
        let (start_ns, end_ns) = (given(self.start), given(self.end));
        if start_ns.is_some() && end_ns.unwrap_or_default() <= start_ns.unwrap_or_default() {
            return Err(QueryError::BadRequest("invalid range: end must be greater than start".to_owned()));
        }
        Ok(TimeRange { start_ns: start_ns.unwrap_or(i64::MIN), end_ns: end_ns.unwrap_or(i64::MAX) })
    }
}

fn duration(name: &str, text: Option<&str>) -> Result<Option<i64>, QueryError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    match traceql::duration_ns(text) {
        Some(nanos) => Ok(Some(nanos)),
        None => Err(QueryError::BadRequest(format!("invalid {name}: a duration is 100ms or 1h30m, not {text:?}"))),
    }
}

fn response(found: Found) -> SearchResponse {
    let inspected = found.inspected;
    let metrics = SearchMetrics {
        inspected_traces: inspected.traces,
        inspected_bytes: inspected.bytes.to_string(),
        inspected_spans: inspected.spans.to_string(),
        total_blocks: inspected.files,
        completed_jobs: inspected.slices,
        total_jobs: inspected.slices + u64::from(found.partial.is_some()),
    };
    SearchResponse { traces: found.traces.into_iter().map(metadata).collect(), metrics }
}

fn metadata(found: FoundTrace) -> TraceSearchMetadata {
    let item = found.item;
    // A trace has no root, or a root without service or name.
    let has_root = item.root_service.is_some() || item.root_name.is_some();
    let root_service_name = if has_root { item.root_service.unwrap_or_default() } else { NO_ROOT.to_owned() };
    let span_sets: Vec<SpanSet> = found.spansets.into_iter().map(span_set).collect();
    TraceSearchMetadata {
        trace_id: item.trace_id,
        root_service_name,
        root_trace_name: item.root_name.unwrap_or_default(),
        start_time_unix_nano: item.start_time_unix_nano,
        duration_ms: item.duration_ms as u64,
        span_set: span_sets.first().cloned(),
        span_sets,
        service_stats: item.services.into_iter().map(service_stats).collect(),
    }
}

fn service_stats(service: ServiceItem) -> (String, ServiceStats) {
    let stats = ServiceStats { span_count: service.span_count, error_count: service.error_count };
    (service.name.unwrap_or_else(|| UNNAMED.to_owned()), stats)
}

fn span_set(spanset: FoundSpanset) -> SpanSet {
    SpanSet {
        spans: spanset.spans.into_iter().map(search_span).collect(),
        matched: spanset.matched,
        attributes: spanset.attributes.into_iter().map(|(key, value)| json::attribute(key, value)).collect(),
    }
}

fn search_span(span: FoundSpan) -> SearchSpan {
    SearchSpan {
        span_id: span.span_id,
        name: span.name,
        start_time_unix_nano: span.start_ns.to_string(),
        duration_nanos: span.duration_ns.to_string(),
        attributes: span.attributes.into_iter().map(|(key, value)| json::attribute(key, value)).collect(),
    }
}

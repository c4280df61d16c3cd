//! `GET /api/v1/traces` and `GET /api/v1/traces/{id}`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query as Params, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use spanloom_store::TraceId;
use utoipa::{IntoParams, ToSchema};

use super::trace_lines::{self, TraceLine};
use super::{ErrorBody, Tenant, json as json_body};
use crate::error::QueryError;
use crate::otlp::json::{self, Dialect, TracesData};
use crate::query::Query;
use crate::search::{FoundSpan, FoundTrace, Searched};
use crate::time;
use crate::trace::TimeRange;
use crate::traceql::tree::Status;
use crate::traces::{SpanItem, TraceItem};

pub(super) const LIMIT: usize = 20;
pub(super) const LIMIT_MAX: usize = 1000;
/// Spans of each trace that a search shows.
pub(super) const SPANS: usize = 3;
pub(super) const SPANS_MAX: usize = 100;
const NS_PER_MS: f64 = 1e6;
pub(super) const START: &str = "now-1h";
/// Clocks of senders run ahead, too.
pub(super) const END: &str = "now+5m";

/// Which traces.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// RFC 3339, Unix s, ms, us or ns, `now`, `now-5m`. Default `now-1h`.
    start: Option<String>,
    /// As `start`. Default `now+5m`.
    end: Option<String>,
    /// Only traces in which this service has a span.
    service: Option<String>,
    /// At most this many, 1 to 1000. Default 20.
    limit: Option<usize>,
    /// TraceQL: only traces in which it matches spans.
    q: Option<String>,
    /// With `q`: at most this many spans of each trace, 1 to 100. Default 3.
    spss: Option<usize>,
}

/// A list of traces, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TraceList {
    traces: Vec<TraceItem>,
    /// With `q`: why there may be more traces, or newer ones, than these; absent if there are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<String>,
}

/// Traces that overlap a time range, newest first; with `q` those in which a query matches.
///
/// With `q` and `Accept: application/x-ndjson` the answer is sent as it is found, a `TraceLine` per line.
#[utoipa::path(
    get,
    path = "/api/v1/traces",
    tag = "traces",
    params(ListParams, ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent")),
    responses(
        (status = 200, description = "The traces", content(
            (TraceList = "application/json"),
            (TraceLine = "application/x-ndjson"),
        )),
        (status = 400, description = "A parameter is not understood; of `q` with the position", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 422, description = "The search needs more memory than it may have", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The search took too long", body = ErrorBody),
    )
)]
pub(super) async fn list(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    headers: HeaderMap,
    params: Result<Params<ListParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let Listed { text, searched } = params.listed(query.now_ns())?;
    let Some(text) = text else {
        let traces = query.traces(&tenant, searched.range, searched.service, searched.limit).await?;
        return Ok(axum::Json(TraceList { traces, partial: None }).into_response());
    };
    let searched = Searched { text, ..searched };
    if trace_lines::are_wanted(&headers) {
        return trace_lines::answer(query, tenant, searched).await;
    }
    let spans_max = searched.spans_max;
    let found = query.search(&tenant, searched, None).await?.value;
    let traces = found.traces.into_iter().map(|trace| trace_item(trace, spans_max)).collect();
    json_body(&TraceList { traces, partial: found.partial })
}

/// What is asked for, and the query apart: without one everything is.
struct Listed {
    text: Option<String>,
    searched: Searched,
}

impl ListParams {
    fn listed(self, now_ns: i64) -> Result<Listed, QueryError> {
        let start = self.start.as_deref().unwrap_or(START);
        let end = self.end.as_deref().unwrap_or(END);
        let range = parse_range(start, end, now_ns)?;
        let limit = within("limit", self.limit.unwrap_or(LIMIT), LIMIT_MAX)?;
        let text = self.q.filter(|text| !text.trim().is_empty());
        let spans_max = match text {
            Some(_) => within("spss", self.spss.unwrap_or(SPANS), SPANS_MAX)?,
            None => SPANS,
        };
        let service = self.service.filter(|service| !service.is_empty());
        let (duration_min_ns, duration_max_ns) = (None, None);
        let searched =
            Searched { text: String::new(), range, service, duration_min_ns, duration_max_ns, limit, spans_max };
        Ok(Listed { text, searched })
    }
}

pub(super) fn within(name: &str, number: usize, max: usize) -> Result<usize, QueryError> {
    if (1..=max).contains(&number) {
        return Ok(number);
    }
    Err(QueryError::BadRequest(format!("{name} is {number}, it must be from 1 to {max}")))
}

/// The trace with the spans of all its spansets, each once.
pub(super) fn trace_item(trace: FoundTrace, spans_max: usize) -> TraceItem {
    let matched = trace.spansets.iter().map(|spanset| spanset.matched).sum();
    let spans = trace.spansets.into_iter().flat_map(|spanset| spanset.spans).take(spans_max);
    TraceItem { matched: Some(matched), spans: Some(spans.map(span_item).collect()), ..trace.item }
}

fn span_item(span: FoundSpan) -> SpanItem {
    let attributes = span.attributes.into_iter().map(|(key, value)| json::attribute(key, value));
    SpanItem {
        span_id: span.span_id,
        name: span.name,
        service: span.service,
        start_time_unix_nano: span.start_ns.to_string(),
        duration_ms: span.duration_ns as f64 / NS_PER_MS,
        status: Status::name_of(span.status_code),
        attributes: attributes.collect(),
    }
}

/// When a trace's spans may lie, to search less.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ByIdParams {
    /// Some moment at or before the trace: RFC 3339, Unix s, ms, us or ns, `now`, `now-5m`.
    pub start: Option<String>,
    /// Some moment at or after the trace.
    pub end: Option<String>,
}

impl ByIdParams {
    /// The range, if both ends are given. Tempo's clients send 0 for "not known".
    pub fn range(&self, now_ns: i64) -> Result<Option<TimeRange>, QueryError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty() && text != "0");
        match (given(&self.start), given(&self.end)) {
            (Some(start), Some(end)) => parse_range(&start, &end, now_ns).map(Some),
            _ => Ok(None),
        }
    }
}

/// One trace, every field of every span, as OTLP/JSON.
#[utoipa::path(
    get,
    path = "/api/v1/traces/{id}",
    tag = "traces",
    params(
        ("id" = String, Path, description = "1 to 32 hexadecimal digits; short ids are padded with zeros on the left"),
        ByIdParams,
        ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent"),
    ),
    responses(
        (status = 200, description = "The trace", body = TracesData),
        (status = 400, description = "The id is not one", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 404, description = "No such trace", body = ErrorBody),
        (status = 422, description = "The trace is too large for a query's memory", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
    )
)]
pub(super) async fn by_id(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    params: Result<Params<ByIdParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let id = parse_id(&id)?;
    let spans: Vec<_> = query.trace(&tenant, id, params.range(query.now_ns())?).await?;
    if spans.is_empty() {
        return Err(no_trace(id));
    }
    Ok(axum::Json(TracesData { resource_spans: json::resource_spans(spans, Dialect::Otlp) }).into_response())
}

pub(super) fn parse_id(text: &str) -> Result<TraceId, QueryError> {
    text.parse().map_err(|error: spanloom_store::InvalidId| QueryError::BadRequest(error.to_string()))
}

pub(super) fn no_trace(id: TraceId) -> QueryError {
    QueryError::NotFound(format!("there is no trace {id}"))
}

pub(super) fn parse_range(start: &str, end: &str, now_ns: i64) -> Result<TimeRange, QueryError> {
    let parse = |name: &str, text: &str| {
        time::parse(text, now_ns).map_err(|why| QueryError::BadRequest(format!("{name}: {why}")))
    };
    let range = TimeRange { start_ns: parse("start", start)?, end_ns: parse("end", end)? };
    if range.end_ns < range.start_ns {
        return Err(QueryError::BadRequest("end lies before start".to_owned()));
    }
    Ok(range)
}

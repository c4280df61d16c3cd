//! `GET /api/v1/traces/{id}/analysis`, `GET /api/v1/traces/{id}/compare`, `GET /api/v1/traces/analysis`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query as Params, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::traces::{ByIdParams, END, LIMIT_MAX, START, no_trace, parse_id, parse_range, within};
use super::{ErrorBody, Tenant, json};
use crate::error::QueryError;
use crate::query::Query;
use crate::search::Searched;
use crate::trace::aggregate::AggregatePath;
use crate::trace::analysis::TraceAnalysis;
use crate::trace::compare::TraceComparison;

/// Traces whose paths are added up.
const LIMIT: usize = 100;
/// Matches every trace.
const ALL: &str = "{}";

/// What there is to know of a trace as a whole: whether it is whole, whose clocks differ, who worked how long, what is
/// called again and again.
#[utoipa::path(
    get,
    path = "/api/v1/traces/{id}/analysis",
    tag = "traces",
    params(
        ("id" = String, Path, description = "1 to 32 hexadecimal digits; short ids are padded with zeros on the left"),
        ByIdParams,
        ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent"),
    ),
    responses(
        (status = 200, description = "The analysis", body = TraceAnalysis),
        (status = 400, description = "The id is not one, or a parameter is not understood", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 404, description = "No such trace", body = ErrorBody),
        (status = 422, description = "The trace is too large for a query's memory", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The query took too long", body = ErrorBody),
    )
)]
pub(super) async fn analysis(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    params: Result<Params<ByIdParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let id = parse_id(&id)?;
    let answer = query.trace_analysis(&tenant, id, params.range(query.now_ns())?).await?;
    let held = answer.try_map(|held| held.ok_or_else(|| no_trace(id)))?;
    json(&held.value.answer)
}

/// With which trace, and when the spans of both may lie, to search less.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CompareParams {
    /// The trace on the right: 1 to 32 hexadecimal digits.
    with: String,
    /// Some moment at or before both traces: RFC 3339, Unix s, ms, us or ns, `now`, `now-5m`.
    start: Option<String>,
    /// Some moment at or after both traces.
    end: Option<String>,
}

/// Two traces beside each other, as one tree of operations, and where the difference of their durations comes from.
#[utoipa::path(
    get,
    path = "/api/v1/traces/{id}/compare",
    tag = "traces",
    params(
        ("id" = String, Path, description = "The trace on the left: 1 to 32 hexadecimal digits"),
        CompareParams,
        ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent"),
    ),
    responses(
        (status = 200, description = "The comparison", body = TraceComparison),
        (status = 400, description = "An id is not one, or a parameter is not understood", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 404, description = "No such trace; the message says which", body = ErrorBody),
        (status = 422, description = "The traces are too large for a query's memory", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The query took too long", body = ErrorBody),
    )
)]
pub(super) async fn compare(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    params: Result<Params<CompareParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let CompareParams { with, start, end } = params;
    let ids = [parse_id(&id)?, parse_id(&with)?];
    let range = ByIdParams { start, end }.range(query.now_ns())?;
    let held = query.trace_comparison(&tenant, ids, range).await?;
    json(&held.value.answer)
}

/// Of which traces.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AggregateParams {
    /// TraceQL: the traces in which it matches spans. Default `{}`, which is all.
    q: Option<String>,
    /// RFC 3339, Unix s, ms, us or ns, `now`, `now-5m`. Default `now-1h`.
    start: Option<String>,
    /// As `start`. Default `now+5m`.
    end: Option<String>,
    /// Only traces in which this service has a span.
    service: Option<String>,
    /// The newest traces, at most this many, 1 to 1000. Default 100.
    limit: Option<usize>,
}

impl AggregateParams {
    fn searched(self, now_ns: i64) -> Result<Searched, QueryError> {
        let start = self.start.as_deref().unwrap_or(START);
        let end = self.end.as_deref().unwrap_or(END);
        Ok(Searched {
            text: self.q.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| ALL.to_owned()),
            range: parse_range(start, end, now_ns)?,
            service: self.service.filter(|service| !service.is_empty()),
            duration_min_ns: None,
            duration_max_ns: None,
            limit: within("limit", self.limit.unwrap_or(LIMIT), LIMIT_MAX)?,
            // Which spans matched is not asked.
            spans_max: 0,
        })
    }
}

/// What the newest traces that match a query waited for: their critical paths, added up.
#[utoipa::path(
    get,
    path = "/api/v1/traces/analysis",
    tag = "traces",
    params(AggregateParams, ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent")),
    responses(
        (status = 200, description = "The paths, added up", body = AggregatePath),
        (status = 400, description = "A parameter is not understood; of `q` with the position", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 422, description = "The question needs more memory than it may have", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The question took too long", body = ErrorBody),
    )
)]
pub(super) async fn aggregate(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    params: Result<Params<AggregateParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let held = query.aggregate_path(&tenant, params.searched(query.now_ns())?).await?;
    json(&held.value.answer)
}

//! `GET /api/v1/traces/{id}/spans`, `GET /api/v1/traces/{id}/spans/{span_id}`, `GET /api/v1/traces/{id}/matches`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query as Params, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use spanloom_store::SpanId;
use utoipa::IntoParams;

use super::traces::{ByIdParams, no_trace, parse_id};
use super::{ErrorBody, Tenant, json};
use crate::error::QueryError;
use crate::otlp::json::{self as otlp_json, Dialect, TracesData};
use crate::query::Query;
use crate::trace::columns::found::SpanMatches;
use crate::trace::columns::{SpanColumns, Under, Wanted};

/// Which part of a trace.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ColumnsParams {
    /// Some moment at or before the trace: RFC 3339, Unix s, ms, us or ns, `now`, `now-5m`.
    start: Option<String>,
    /// Some moment at or after the trace.
    end: Option<String>,
    /// Levels at most, from 1; all when absent.
    depth: Option<usize>,
    /// Only this span and what is below it: 1 to 16 hexadecimal digits.
    under: Option<String>,
    /// OTLP `SpanKind` of `under`, where several spans have its id.
    kind: Option<i32>,
    /// Leaves out so many of the first children of `under`; without it, of the tops.
    skip: Option<usize>,
}

impl ColumnsParams {
    fn wanted(&self) -> Result<Wanted, QueryError> {
        if self.depth == Some(0) {
            return Err(QueryError::BadRequest("depth is 0, it must be from 1".to_owned()));
        }
        if self.kind.is_some() && self.under.is_none() {
            return Err(QueryError::BadRequest("kind says which span `under` means, which is absent".to_owned()));
        }
        let id = self.under.as_deref().map(parse_span_id).transpose()?;
        let under = id.map(|id| Under { id, kind: self.kind });
        Ok(Wanted { depth: self.depth, under, skip: self.skip.unwrap_or_default() })
    }
}

fn parse_span_id(text: &str) -> Result<SpanId, QueryError> {
    text.parse().map_err(|error: spanloom_store::InvalidId| QueryError::BadRequest(error.to_string()))
}

/// A trace's spans in columns, without attributes; of at most 50,000 spans, the levels from the top until these are reached.
#[utoipa::path(
    get,
    path = "/api/v1/traces/{id}/spans",
    tag = "traces",
    params(
        ("id" = String, Path, description = "1 to 32 hexadecimal digits; short ids are padded with zeros on the left"),
        ColumnsParams,
        ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent"),
    ),
    responses(
        (status = 200, description = "The spans", body = SpanColumns),
        (status = 400, description = "The id is not one, or a parameter is not understood", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 404, description = "No such trace, or it has no span `under`; the message says which", body = ErrorBody),
        (status = 422, description = "The trace is too large for a query's memory", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The query took too long", body = ErrorBody),
    )
)]
pub(super) async fn columns(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    params: Result<Params<ColumnsParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let id = parse_id(&id)?;
    let wanted = params.wanted()?;
    let range = ByIdParams { start: params.start, end: params.end }.range(query.now_ns())?;
    let answer = query.trace_columns(&tenant, id, range, wanted).await?;
    let held = answer.try_map(|held| held.ok_or_else(|| no_trace(id)))?;
    json(&held.value.answer)
}

/// Every field of a span, as OTLP/JSON; of all spans that have the id (Zipkin's client and server halves share one).
#[utoipa::path(
    get,
    path = "/api/v1/traces/{id}/spans/{span_id}",
    tag = "traces",
    params(
        ("id" = String, Path, description = "1 to 32 hexadecimal digits; short ids are padded with zeros on the left"),
        ("span_id" = String, Path, description = "1 to 16 hexadecimal digits"),
        ByIdParams,
        ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent"),
    ),
    responses(
        (status = 200, description = "The spans with the id", body = TracesData),
        (status = 400, description = "An id is not one", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 404, description = "No such span", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The query took too long", body = ErrorBody),
    )
)]
pub(super) async fn span(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    Path((id, span_id)): Path<(String, String)>,
    params: Result<Params<ByIdParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let (id, span_id) = (parse_id(&id)?, parse_span_id(&span_id)?);
    let spans = query.trace_span(&tenant, id, span_id, params.range(query.now_ns())?).await?;
    if spans.is_empty() {
        return Err(QueryError::NotFound(format!("there is no span {span_id} in a trace {id}")));
    }
    Ok(axum::Json(TracesData { resource_spans: otlp_json::resource_spans(spans, Dialect::Otlp) }).into_response())
}

/// What to look for in a trace.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MatchesParams {
    /// Words that a span must have in its name, service, id, kind, status, attributes or events, whatever their case;
    /// `key=word` looks into one of these only, `-word` leaves out, `"two words"` are one.
    text: String,
    /// Some moment at or before the trace: RFC 3339, Unix s, ms, us or ns, `now`, `now-5m`.
    start: Option<String>,
    /// Some moment at or after the trace.
    end: Option<String>,
}

/// The spans of a trace that a text is found in.
#[utoipa::path(
    get,
    path = "/api/v1/traces/{id}/matches",
    tag = "traces",
    params(
        ("id" = String, Path, description = "1 to 32 hexadecimal digits; short ids are padded with zeros on the left"),
        MatchesParams,
        ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent"),
    ),
    responses(
        (status = 200, description = "The spans", body = SpanMatches),
        (status = 400, description = "The id is not one, or a parameter is not understood", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 404, description = "No such trace", body = ErrorBody),
        (status = 422, description = "The trace is too large for a query's memory", body = ErrorBody),
        (status = 429, description = "Too many queries at a time", body = ErrorBody),
        (status = 503, description = "The server is still replaying its log", body = ErrorBody),
        (status = 504, description = "The query took too long", body = ErrorBody),
    )
)]
pub(super) async fn matches(
    State(query): State<Query>,
    Tenant(tenant): Tenant,
    Path(id): Path<String>,
    params: Result<Params<MatchesParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let id = parse_id(&id)?;
    let range = ByIdParams { start: params.start, end: params.end }.range(query.now_ns())?;
    let answer = query.trace_matches(&tenant, id, range, params.text).await?;
    let held = answer.try_map(|held| held.ok_or_else(|| no_trace(id)))?;
    json(&held.value.answer)
}

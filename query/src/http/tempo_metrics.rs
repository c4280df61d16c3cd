//! `GET /tempo/api/metrics/query_range` and `GET /tempo/api/metrics/query`: TraceQL metrics as Grafana asks for them.
//!
//! Grafana decodes the answer of an instant strictly: it has the fields that it had in 2025 and no others.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query as Params, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Tenant;
use super::tempo::{TextError, json_body};
use crate::error::QueryError;
use crate::query::Query;
use crate::tempo::message::{QueryInstantResponse, QueryRangeResponse};
use crate::tempo::metrics::{self, MetricsTexts};
use crate::trace_metrics::{Evaluation, MetricsAsked};

/// Which series. Others that clients send are ignored.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MetricsParams {
    /// TraceQL that ends in a metrics function, such as `{ status = error } | rate() by (resource.service.name)`.
    #[param(required)]
    q: Option<String>,
    /// Another name of `q`.
    query: Option<String>,
    /// Unix s, ms, us or ns, RFC 3339, `now-5m`. Default `since` before `end`.
    start: Option<String>,
    /// As `start`. Default `now`.
    end: Option<String>,
    /// Instead of `start`: a duration. Default `1h`.
    since: Option<String>,
    /// `15s`, or seconds. The default depends on the range.
    step: Option<String>,
    /// At most this many, up to 100, which is the default. An instant has none.
    exemplars: Option<usize>,
}

/// Series out of spans, with a sample for each step of a range.
#[utoipa::path(
    get,
    path = "/tempo/api/metrics/query_range",
    tag = "tempo",
    params(MetricsParams),
    responses(
        (status = 200, description = "`tempopb.QueryRangeResponse` as JSON", body = QueryRangeResponse),
        (status = 400, description = "A parameter is not understood; what and where, as text"),
        (status = 422, description = "The query needs more memory than it may have"),
        (status = 429, description = "Too many queries at a time"),
        (status = 504, description = "The query took too long"),
    )
)]
pub(super) async fn query_range(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    params: Result<Params<MetricsParams>, QueryRejection>,
) -> Result<Response, TextError> {
    let asked = asked(&query, params, Evaluation::Range)?;
    let answer = query.trace_metrics(&tenant?.0, asked, None).await?;
    json_body(&metrics::range(answer.value))
}

/// Series out of spans, with one value each, which is that of the whole range.
#[utoipa::path(
    get,
    path = "/tempo/api/metrics/query",
    tag = "tempo",
    params(MetricsParams),
    responses(
        (status = 200, description = "`tempopb.QueryInstantResponse` as JSON", body = QueryInstantResponse),
        (status = 400, description = "A parameter is not understood; what and where, as text"),
        (status = 422, description = "The query needs more memory than it may have"),
        (status = 429, description = "Too many queries at a time"),
        (status = 504, description = "The query took too long"),
    )
)]
pub(super) async fn query_instant(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    params: Result<Params<MetricsParams>, QueryRejection>,
) -> Result<Response, TextError> {
    let asked = asked(&query, params, Evaluation::Instant)?;
    let answer = query.trace_metrics(&tenant?.0, asked, None).await?;
    json_body(&metrics::instant(answer.value))
}

fn asked(
    query: &Query,
    params: Result<Params<MetricsParams>, QueryRejection>,
    evaluation: Evaluation,
) -> Result<MetricsAsked, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let texts = MetricsTexts {
        text: params.q.or(params.query).unwrap_or_default(),
        start: params.start.unwrap_or_default(),
        end: params.end.unwrap_or_default(),
        since: params.since.unwrap_or_default(),
        step: params.step.unwrap_or_default(),
        exemplars: params.exemplars,
    };
    texts.asked(evaluation, query.now_ns())
}

//! `GET /tempo/api/search` as Grafana, Kiali and old dashboards call it.
//!
//! Grafana decodes the answer strictly: a field that Tempo's `SearchResponse` did not have in 2025 is an error. So nothing is
//! added to it, and a search that did not look at everything shows in `metrics` alone: fewer jobs completed than there were.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query as Params, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Tenant;
use super::tempo::{TextError, json_body};
use crate::error::QueryError;
use crate::query::Query;
use crate::tempo::message::SearchResponse;
use crate::tempo::search::{self, SearchAsked, both, tags};
use crate::traceql;

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

/// Traces by TraceQL or tags, newest first, as Tempo answers.
#[utoipa::path(
    get,
    path = "/tempo/api/search",
    tag = "tempo",
    params(SearchParams),
    responses(
        (status = 200, description = "`tempopb.SearchResponse` as JSON", body = SearchResponse),
        (status = 400, description = "A parameter is not understood; what and where, as text"),
        (status = 422, description = "The search needs more memory than it may have"),
        (status = 429, description = "Too many queries at a time"),
        (status = 504, description = "The search took too long"),
    )
)]
pub(super) async fn search(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    params: Result<Params<SearchParams>, QueryRejection>,
) -> Result<Response, TextError> {
    let Tenant(tenant) = tenant?;
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let answer = query.search(&tenant, params.asked()?.searched()?, None).await?;
    json_body(&search::response(answer.value))
}

impl SearchParams {
    fn asked(self) -> Result<SearchAsked, QueryError> {
        Ok(SearchAsked {
            start_s: self.start.unwrap_or_default(),
            end_s: self.end.unwrap_or_default(),
            duration_min_ns: duration("minDuration", self.min_duration.as_deref())?,
            duration_max_ns: duration("maxDuration", self.max_duration.as_deref())?,
            limit: self.limit,
            spans_max: self.spss,
            text: text(self.q, self.tags)?,
        })
    }
}

fn text(q: Option<String>, tags: Option<String>) -> Result<String, QueryError> {
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    match (given(q), given(tags)) {
        (Some(_), Some(_)) => Err(both()),
        (Some(text), None) => Ok(text),
        (None, Some(tags)) => tags::query(&tags),
        (None, None) => Ok(String::new()),
    }
}

fn duration(name: &str, text: Option<&str>) -> Result<Option<i64>, QueryError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    match traceql::duration_ns(text) {
        Some(nanos) => Ok(Some(nanos)),
        None => Err(QueryError::BadRequest(format!("invalid {name}: a duration is 100ms or 1h30m, not {text:?}"))),
    }
}

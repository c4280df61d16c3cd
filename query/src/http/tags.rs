//! Names and values of tags as Tempo's clients ask for them, both of its APIs.

use std::borrow::Cow;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query as Params, State};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Tenant;
use super::tempo::{TextError, json_body};
use crate::error::QueryError;
use crate::query::Query;
use crate::tempo::message::{
    SearchTagValuesResponse, SearchTagValuesV2Response, SearchTagsResponse, SearchTagsV2Response,
};
use crate::tempo::tags::{self, TagsAsked};

/// What Tempo's clients send. Others that they send are ignored.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TagsParams {
    /// Unix s, ms, us or ns, RFC 3339, `now-5m`. Default an hour before `end`.
    start: Option<String>,
    /// As `start`. Default `now`.
    end: Option<String>,
    /// The most names or values of a scope. Default 5000.
    limit: Option<usize>,
    /// `resource`, `span`, `event`, `link`, `instrumentation`, `intrinsic`, `none`; all when absent.
    scope: Option<String>,
    /// A TraceQL filter; of it only `service.name = "…"` counts, and it may be unfinished.
    q: Option<String>,
}

/// The attributes that there are, by scope, as Tempo's API v2 gives them.
#[utoipa::path(
    get,
    path = "/tempo/api/v2/search/tags",
    tag = "tempo",
    params(TagsParams),
    responses((status = 200, description = "By scope", body = SearchTagsV2Response), (status = 400, description = "A parameter is not understood"))
)]
pub(super) async fn names_v2(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    params: Result<Params<TagsParams>, QueryRejection>,
) -> Result<Response, TextError> {
    let (asked, scope) = asked(&query, params)?;
    json_body(&tags::names_v2(&query, &tenant?.0, &asked, &scope).await?)
}

/// The attributes that there are, as Tempo's first API gives them.
#[utoipa::path(
    get,
    path = "/tempo/api/search/tags",
    tag = "tempo",
    params(TagsParams),
    responses((status = 200, description = "In the alphabet", body = SearchTagsResponse), (status = 400, description = "A parameter is not understood"))
)]
pub(super) async fn names_v1(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    params: Result<Params<TagsParams>, QueryRejection>,
) -> Result<Response, TextError> {
    let (asked, scope) = asked(&query, params)?;
    json_body(&tags::names_v1(&query, &tenant?.0, &asked, &scope).await?)
}

/// The values of an attribute, the most frequent first, as Tempo's API v2 gives them.
#[utoipa::path(
    get,
    path = "/tempo/api/v2/search/tag/{tag}/values",
    tag = "tempo",
    params(("tag" = String, Path, description = "`resource.service.name`, `.http.route`, `name`"), TagsParams),
    responses((status = 200, description = "With their types", body = SearchTagValuesV2Response), (status = 400, description = "The tag or a parameter is not understood"))
)]
pub(super) async fn values_v2(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    Path(tag): Path<String>,
    params: Result<Params<TagsParams>, QueryRejection>,
) -> Result<Response, TextError> {
    let (asked, _) = asked(&query, params)?;
    json_body(&tags::values_v2(&query, &tenant?.0, &asked, &decoded_again(&tag)).await?)
}

/// The values of an attribute, as Tempo's first API gives them.
#[utoipa::path(
    get,
    path = "/tempo/api/search/tag/{tag}/values",
    tag = "tempo",
    params(("tag" = String, Path, description = "`service.name`"), TagsParams),
    responses((status = 200, description = "As texts", body = SearchTagValuesResponse), (status = 400, description = "A parameter is not understood"))
)]
pub(super) async fn values_v1(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    Path(tag): Path<String>,
    params: Result<Params<TagsParams>, QueryRejection>,
) -> Result<Response, TextError> {
    let (asked, _) = asked(&query, params)?;
    json_body(&tags::values_v1(&query, &tenant?.0, &asked, &decoded_again(&tag)).await?)
}

/// What is asked, and the scope.
fn asked(query: &Query, params: Result<Params<TagsParams>, QueryRejection>) -> Result<(TagsAsked, String), QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let now_ns = query.now_ns();
    let asked = TagsAsked {
        start_ns: time_ns("start", params.start.as_deref(), now_ns)?,
        end_ns: time_ns("end", params.end.as_deref(), now_ns)?,
        limit: params.limit.unwrap_or_default(),
        filter: params.q.unwrap_or_default(),
    };
    Ok((asked, params.scope.unwrap_or_default()))
}

fn time_ns(key: &str, text: Option<&str>, now_ns: i64) -> Result<Option<i64>, QueryError> {
    match text {
        // Grafana sends 0 for "no time".
        None | Some("" | "0") => Ok(None),
        Some(text) => crate::time::parse(text, now_ns)
            .map(Some)
            .map_err(|problem| QueryError::BadRequest(format!("{key}: {problem}"))),
    }
}

/// Grafana before 11 encodes the name twice.
fn decoded_again(tag: &str) -> Cow<'_, str> {
    percent_decode_str(tag).decode_utf8().unwrap_or(Cow::Borrowed(tag))
}

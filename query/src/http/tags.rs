//! Names and values of tags as Tempo's clients ask for them (`spec/grafana-compat.md` §2.4), both of its APIs.

use std::borrow::Cow;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query as Params, State};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use spanloom_store::schema::attributes::Scope;
use utoipa::IntoParams;

use super::tempo::TextError;
use super::{Tenant, json};
use crate::error::QueryError;
use crate::query::Query;
use crate::tags::{Question, Tag, TagValue, services_in};
use crate::trace::TimeRange;

const LIMIT: usize = 5_000;
const LIMIT_MAX: usize = 20_000;
/// Without a time: as far back as an editor's proposals need.
const RANGE_NS: i64 = spanloom_store::time::HOUR_NS;

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

#[derive(Serialize)]
struct ScopesAnswer {
    scopes: Vec<ScopeTags>,
    metrics: Metrics,
}

#[derive(Serialize)]
struct ScopeTags {
    name: &'static str,
    tags: Vec<String>,
}

/// Clients want it there.
#[derive(Serialize)]
struct Metrics {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NamesAnswer {
    tag_names: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ValuesAnswer {
    tag_values: Vec<TypedValue>,
    metrics: Metrics,
}

#[derive(Serialize)]
struct TypedValue {
    #[serde(rename = "type")]
    value_type: String,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlainValuesAnswer {
    tag_values: Vec<String>,
}

/// The attributes that there are, by scope, as Tempo's API v2 gives them.
#[utoipa::path(
    get,
    path = "/tempo/api/v2/search/tags",
    tag = "tempo",
    params(TagsParams),
    responses((status = 200, description = "`{\"scopes\": [{\"name\", \"tags\"}]}`", body = serde_json::Value), (status = 400, description = "A parameter is not understood"))
)]
pub(super) async fn names_v2(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    params: Result<Params<TagsParams>, QueryRejection>,
) -> Result<Response, TextError> {
    let params = checked(params)?;
    let scope = scope(params.scope.as_deref())?;
    let names = query.tag_names(&tenant?.0, question(&query, &params)?, scope).await?;
    let scopes = names.into_iter().map(|(scope, tags)| ScopeTags { name: scope.as_str(), tags }).collect();
    Ok(json(&ScopesAnswer { scopes, metrics: Metrics {} })?)
}

/// The attributes that there are, as Tempo's first API gives them.
#[utoipa::path(
    get,
    path = "/tempo/api/search/tags",
    tag = "tempo",
    params(TagsParams),
    responses((status = 200, description = "`{\"tagNames\": []}`", body = serde_json::Value), (status = 400, description = "A parameter is not understood"))
)]
pub(super) async fn names_v1(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    params: Result<Params<TagsParams>, QueryRejection>,
) -> Result<Response, TextError> {
    let params = checked(params)?;
    let scope = scope(params.scope.as_deref())?;
    let names = query.tag_names(&tenant?.0, question(&query, &params)?, scope).await?;
    let names = names.into_iter().filter(|(known, _)| scope.is_some() || *known != Scope::Intrinsic);
    let mut tag_names: Vec<String> = names.flat_map(|(_, tags)| tags).collect();
    tag_names.sort_unstable();
    tag_names.dedup();
    Ok(json(&NamesAnswer { tag_names })?)
}

/// The values of an attribute, the most frequent first, as Tempo's API v2 gives them.
#[utoipa::path(
    get,
    path = "/tempo/api/v2/search/tag/{tag}/values",
    tag = "tempo",
    params(("tag" = String, Path, description = "`resource.service.name`, `.http.route`, `name`"), TagsParams),
    responses((status = 200, description = "`{\"tagValues\": [{\"type\", \"value\"}]}`", body = serde_json::Value), (status = 400, description = "The tag or a parameter is not understood"))
)]
pub(super) async fn values_v2(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    Path(tag): Path<String>,
    params: Result<Params<TagsParams>, QueryRejection>,
) -> Result<Response, TextError> {
    let params = checked(params)?;
    let tag = Tag::parse(&decoded_again(&tag)).map_err(QueryError::BadRequest)?;
    let values = query.tag_values(&tenant?.0, question(&query, &params)?, tag).await?;
    let typed = |TagValue { value_type, value }| TypedValue { value_type, value };
    Ok(json(&ValuesAnswer { tag_values: values.into_iter().map(typed).collect(), metrics: Metrics {} })?)
}

/// The values of an attribute, as Tempo's first API gives them.
#[utoipa::path(
    get,
    path = "/tempo/api/search/tag/{tag}/values",
    tag = "tempo",
    params(("tag" = String, Path, description = "`service.name`"), TagsParams),
    responses((status = 200, description = "`{\"tagValues\": []}`", body = serde_json::Value), (status = 400, description = "A parameter is not understood"))
)]
pub(super) async fn values_v1(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    Path(tag): Path<String>,
    params: Result<Params<TagsParams>, QueryRejection>,
) -> Result<Response, TextError> {
    let params = checked(params)?;
    let tag = Tag::unscoped(&decoded_again(&tag));
    let values = query.tag_values(&tenant?.0, question(&query, &params)?, tag).await?;
    Ok(json(&PlainValuesAnswer { tag_values: values.into_iter().map(|value| value.value).collect() })?)
}

fn checked(params: Result<Params<TagsParams>, QueryRejection>) -> Result<TagsParams, QueryError> {
    params.map(|Params(params)| params).map_err(|rejection| QueryError::BadRequest(rejection.body_text()))
}

fn question(query: &Query, params: &TagsParams) -> Result<Question, QueryError> {
    let now_ns = query.now_ns();
    let time = |key: &str, text: &Option<String>| match text.as_deref() {
        // Grafana sends 0 for "no time".
        None | Some("" | "0") => Ok(None),
        Some(text) => crate::time::parse(text, now_ns)
            .map(Some)
            .map_err(|problem| QueryError::BadRequest(format!("{key}: {problem}"))),
    };
    let end_ns = time("end", &params.end)?.unwrap_or(now_ns);
    let start_ns = time("start", &params.start)?.unwrap_or(end_ns.saturating_sub(RANGE_NS));
    if start_ns > end_ns {
        return Err(QueryError::BadRequest("start is after end".to_owned()));
    }
    let limit = params.limit.filter(|limit| *limit > 0).unwrap_or(LIMIT).min(LIMIT_MAX);
    let services = services_in(params.q.as_deref().unwrap_or_default());
    Ok(Question { range: TimeRange { start_ns, end_ns }, services, limit })
}

fn scope(name: Option<&str>) -> Result<Option<Scope>, QueryError> {
    match name {
        None | Some("" | "none") => Ok(None),
        Some(name) => match Scope::ALL.into_iter().find(|scope| scope.as_str() == name) {
            Some(scope) => Ok(Some(scope)),
            None => Err(QueryError::BadRequest(format!(
                "scope is one of resource, span, event, link, instrumentation, intrinsic, not {name:?}"
            ))),
        },
    }
}

/// Grafana before 11 encodes the name twice.
fn decoded_again(tag: &str) -> Cow<'_, str> {
    percent_decode_str(tag).decode_utf8().unwrap_or(Cow::Borrowed(tag))
}

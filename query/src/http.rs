//! The HTTP face: routes, the tenant of a request, error bodies.

/// `/api/v1/traces/{id}/critical-path`.
mod critical_path;
/// `/api/v1/graph`.
mod graph;
/// `/api/v1/services`.
mod services;
/// `/api/v1/sql`.
mod sql;
/// `/api/v1/stream`.
mod stream;
/// `/tempo/api/search/tags` and the like.
mod tags;
/// `/tempo/api/traces/...`.
mod tempo;
/// `/tempo/api/metrics/...`.
mod tempo_metrics;
/// `/tempo/api/search`.
mod tempo_search;
/// `/tempo/api/echo`, `/tempo/api/status/...`, `/tempo/status/...`.
mod tempo_status;
/// `/api/v1/traces/{id}/analysis`, `/api/v1/traces/{id}/compare` and `/api/v1/traces/analysis`.
mod trace_analysis;
/// `/api/v1/traces/{id}/spans` and `/api/v1/traces/{id}/matches`.
mod trace_columns;
/// `/api/v1/traces` as it is found.
mod trace_lines;
/// `/api/v1/traces`.
mod traces;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use spanloom_store::TenantId;
use utoipa::{OpenApi, ToSchema};

use crate::error::{Position, QueryError};
use crate::live::{GraphPatch, Heartbeat};
use crate::otlp::json::{ArrayValue, KeyValueList};
use crate::query::Query;
use crate::tempo::grpc;

/// Names the tenant; `default` when absent.
const TENANT_HEADER: &str = "x-scope-orgid";
/// When to come back after a refusal for load or start-up.
const RETRY_AFTER_SECONDS: &str = "1";

/// The OpenAPI description of this crate's routes, for the binary to merge.
///
/// What is reached through a recursion only (`no_recursion`), or is the data of an event, is named here: it is not found by
/// itself.
#[derive(OpenApi)]
#[openapi(
    paths(
        sql::run,
        traces::list,
        traces::by_id,
        critical_path::critical_path,
        trace_columns::columns,
        trace_columns::span,
        trace_columns::matches,
        trace_analysis::analysis,
        trace_analysis::compare,
        trace_analysis::aggregate,
        graph::graph,
        services::services,
        services::signals,
        services::calls,
        stream::stream,
        tags::names_v1,
        tags::names_v2,
        tags::values_v1,
        tags::values_v2,
        tempo::trace_v1,
        tempo::trace_v2,
        tempo_metrics::query_instant,
        tempo_metrics::query_range,
        tempo_search::search,
        tempo_status::buildinfo,
        tempo_status::echo,
        tempo_status::services
    ),
    components(schemas(ArrayValue, KeyValueList, GraphPatch, Heartbeat))
)]
pub struct ApiDoc;

pub(crate) fn router(query: Query) -> Router {
    Router::new()
        .route("/api/v1/sql", post(sql::run).layer(axum::extract::DefaultBodyLimit::max(sql::BODY_BYTES_MAX)))
        .route("/api/v1/traces", get(traces::list))
        .route("/api/v1/traces/{id}", get(traces::by_id))
        .route("/api/v1/traces/{id}/spans", get(trace_columns::columns))
        .route("/api/v1/traces/{id}/spans/{span_id}", get(trace_columns::span))
        .route("/api/v1/traces/{id}/matches", get(trace_columns::matches))
        .route("/api/v1/traces/{id}/critical-path", get(critical_path::critical_path))
        .route("/api/v1/traces/{id}/analysis", get(trace_analysis::analysis))
        .route("/api/v1/traces/{id}/compare", get(trace_analysis::compare))
        .route("/api/v1/traces/analysis", get(trace_analysis::aggregate))
        .route("/api/v1/graph", get(graph::graph))
        .route("/api/v1/services", get(services::services))
        .route("/api/v1/services/{namespace}/{name}/signals", get(services::signals))
        .route("/api/v1/services/{namespace}/{name}/calls", get(services::calls))
        .route("/api/v1/stream", get(stream::stream))
        .merge(tempo_routes())
        .merge(grpc::routes())
        .with_state(query)
}

fn tempo_routes() -> Router<Query> {
    Router::new()
        .route("/tempo/api/echo", get(tempo_status::echo))
        .route("/tempo/api/status/buildinfo", get(tempo_status::buildinfo))
        .route("/tempo/status/services", get(tempo_status::services))
        .route("/tempo/api/search/tags", get(tags::names_v1))
        .route("/tempo/api/search/tag/{tag}/values", get(tags::values_v1))
        .route("/tempo/api/v2/search/tags", get(tags::names_v2))
        .route("/tempo/api/v2/search/tag/{tag}/values", get(tags::values_v2))
        .route("/tempo/api/traces/{id}", get(tempo::trace_v1))
        .route("/tempo/api/v2/traces/{id}", get(tempo::trace_v2))
        .route("/tempo/api/search", get(tempo_search::search))
        .route("/tempo/api/metrics/query", get(tempo_metrics::query_instant))
        .route("/tempo/api/metrics/query_range", get(tempo_metrics::query_range))
}

/// The admitted tenant of a request.
struct Tenant(TenantId);

impl FromRequestParts<Query> for Tenant {
    type Rejection = QueryError;

    async fn from_request_parts(parts: &mut Parts, query: &Query) -> Result<Self, QueryError> {
        query.admit(tenant_header(&parts.headers)?).map(Self)
    }
}

pub(crate) fn tenant_header(headers: &HeaderMap) -> Result<Option<&str>, QueryError> {
    let name = headers.get(TENANT_HEADER).map(|value| value.to_str());
    name.transpose().map_err(|_| {
        QueryError::Unauthorized(format!("{TENANT_HEADER} is not text, a tenant is named by A-Z a-z 0-9 _ -"))
    })
}

/// The body of every error of our own API.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Debug, Serialize, ToSchema)]
struct ErrorDetail {
    /// `bad_request`, `not_found`, `unauthorized`, `unavailable`, `too_large`, `timeout`, `resource_exhausted`, `internal`.
    code: &'static str,
    message: String,
    /// Where in the query's text, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
}

impl From<&QueryError> for ErrorBody {
    fn from(error: &QueryError) -> Self {
        Self { error: ErrorDetail { code: error.code(), message: error.to_string(), position: error.position() } }
    }
}

impl IntoResponse for QueryError {
    fn into_response(self) -> Response {
        let mut response = (self.status(), axum::Json(ErrorBody::from(&self))).into_response();
        add_retry_after(&self, response.headers_mut());
        response
    }
}

fn add_retry_after(error: &QueryError, headers: &mut HeaderMap) {
    use QueryError::{Busy, NotReady, Stopping, TooManyStreams};
    if matches!(error, Busy | TooManyStreams(_) | NotReady | Stopping) {
        headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
    }
}

/// A body of a content type.
fn body(content_type: &'static str, body: impl Into<axum::body::Body>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(content_type))], body.into()).into_response()
}

/// JSON, written as a whole: who holds the value holds its memory until then.
fn json(value: &impl Serialize) -> Result<Response, QueryError> {
    let text = serde_json::to_vec(value).map_err(|error| QueryError::Internal(error.to_string()))?;
    Ok(body("application/json", text))
}

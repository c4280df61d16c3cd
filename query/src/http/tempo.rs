//! The part of Tempo's HTTP API that reads traces, as Grafana and Kiali call it (`spec/grafana-compat.md` §2.1, §2.2).
//!
//! Their Go code reads submessages without asking whether they are there, so all are sent, empty or not; and it drops a
//! resource without attributes together with its spans, so such a resource gets a name. Errors are plain text.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query as Params, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValueKind;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1 as otlp;
use prost::Message as _;
use serde::Serialize;

use super::traces::{ByIdParams, parse_id};
use super::{Tenant, add_retry_after, body};
use crate::error::QueryError;
use crate::otlp::json::{self, Dialect, ResourceSpans};
use crate::query::Query;

const PROTOBUF: &str = "application/protobuf";
const PROTOBUF_TYPES: [&str; 2] = [PROTOBUF, "application/x-protobuf"];
const JSON: &str = "application/json";
/// The name of a resource that came without any attribute.
pub(super) const UNNAMED: &str = "unnamed";

/// `tempopb.TraceByIDResponse`; `metrics` (2) is not sent.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TraceByIdResponse {
    #[prost(message, optional, tag = "1")]
    pub trace: Option<otlp::TracesData>,
    /// `PartialStatus`: 0 complete, 1 partial. Ours is always complete: what does not fit in memory is an error.
    #[prost(int32, tag = "3")]
    pub status: i32,
    #[prost(string, tag = "4")]
    pub message: String,
}

/// v1 calls the list `batches`.
#[derive(Serialize)]
struct TraceV1 {
    batches: Vec<ResourceSpans>,
}

#[derive(Serialize)]
struct TraceV2 {
    trace: json::TracesData,
}

/// An error as Tempo's clients read it: text.
pub(super) struct TextError(QueryError);

impl From<QueryError> for TextError {
    fn from(error: QueryError) -> Self {
        Self(error)
    }
}

impl IntoResponse for TextError {
    fn into_response(self) -> Response {
        let text = match &self.0 {
            // Grafana asks v1 after a 404 of v2 and takes an empty body as "trace not found".
            QueryError::NotFound(_) => String::new(),
            QueryError::TraceQl { message, position } => {
                format!(
                    "invalid TraceQL query: parse error at line {}, col {}: {message}",
                    position.line, position.column
                )
            }
            error => error.to_string(),
        };
        let mut response = (self.0.status(), text).into_response();
        add_retry_after(&self.0, response.headers_mut());
        response
    }
}

/// Grafana's test of the data source.
#[utoipa::path(
    get,
    path = "/tempo/api/echo",
    tag = "tempo",
    responses((status = 200, description = "`echo`", body = String, content_type = "text/plain"))
)]
pub(super) async fn echo() -> &'static str {
    "echo"
}

/// One trace as Tempo's API v1 gives it.
#[utoipa::path(
    get,
    path = "/tempo/api/traces/{id}",
    tag = "tempo",
    params(("id" = String, Path, description = "1 to 32 hexadecimal digits"), ByIdParams),
    responses(
        (status = 200, description = "`tempopb.Trace`, as protobuf or JSON by `Accept`", content(
            (Vec<u8> = "application/protobuf"),
            (serde_json::Value = "application/json"),
        )),
        (status = 400, description = "The id is not one"),
        (status = 404, description = "No such trace"),
    )
)]
pub(super) async fn trace_v1(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    Path(id): Path<String>,
    params: Result<Params<ByIdParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, TextError> {
    let spans = spans(&query, tenant?, &id, params).await?;
    if wants_protobuf(&headers) {
        return Ok(body(PROTOBUF, otlp::TracesData { resource_spans: spans }.encode_to_vec()));
    }
    json_body(&TraceV1 { batches: json::resource_spans(spans, Dialect::Protobuf) })
}

/// One trace as Tempo's API v2 gives it.
#[utoipa::path(
    get,
    path = "/tempo/api/v2/traces/{id}",
    tag = "tempo",
    params(("id" = String, Path, description = "1 to 32 hexadecimal digits"), ByIdParams),
    responses(
        (status = 200, description = "`tempopb.TraceByIDResponse`, as protobuf or JSON by `Accept`", content(
            (Vec<u8> = "application/protobuf"),
            (serde_json::Value = "application/json"),
        )),
        (status = 400, description = "The id is not one"),
        (status = 404, description = "No such trace"),
    )
)]
pub(super) async fn trace_v2(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    Path(id): Path<String>,
    params: Result<Params<ByIdParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, TextError> {
    let spans = spans(&query, tenant?, &id, params).await?;
    if wants_protobuf(&headers) {
        let trace = Some(otlp::TracesData { resource_spans: spans });
        return Ok(body(PROTOBUF, TraceByIdResponse { trace, ..TraceByIdResponse::default() }.encode_to_vec()));
    }
    let resource_spans = json::resource_spans(spans, Dialect::Protobuf);
    json_body(&TraceV2 { trace: json::TracesData { resource_spans } })
}

async fn spans(
    query: &Query,
    Tenant(tenant): Tenant,
    id: &str,
    params: Result<Params<ByIdParams>, QueryRejection>,
) -> Result<Vec<otlp::ResourceSpans>, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    let id = parse_id(id)?;
    let mut spans = query.trace(&tenant, id, params.range(query.now_ns())?).await?;
    if spans.is_empty() {
        return Err(QueryError::NotFound(format!("there is no trace {id}")));
    }
    spans.iter_mut().for_each(name_resource);
    Ok(spans)
}

/// Gives a resource without attributes one. All other submessages are there already: see [`crate::otlp`].
fn name_resource(spans: &mut otlp::ResourceSpans) {
    let resource = spans.resource.get_or_insert_default();
    if resource.attributes.is_empty() {
        let value = AnyValue { value: Some(AnyValueKind::StringValue(UNNAMED.to_owned())) };
        resource.attributes.push(KeyValue { key: "service.name".to_owned(), value: Some(value), key_strindex: 0 });
    }
}

fn wants_protobuf(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
    accepts.flat_map(|accept| accept.split(',')).any(|accept| {
        let media_type = accept.split(';').next().unwrap_or_default().trim();
        PROTOBUF_TYPES.contains(&media_type)
    })
}

pub(super) fn json_body(value: &impl Serialize) -> Result<Response, TextError> {
    let json = serde_json::to_vec(value).map_err(|error| QueryError::Internal(error.to_string()))?;
    Ok((StatusCode::OK, [(CONTENT_TYPE, JSON)], json).into_response())
}

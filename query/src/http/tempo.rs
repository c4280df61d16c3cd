//! The part of Tempo's HTTP API that reads traces by id, as Grafana and Kiali call it.
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
use spanloom_store::TraceId;

use super::traces::{ByIdParams, no_trace, parse_id};
use super::{Tenant, add_retry_after, body};
use crate::error::QueryError;
use crate::otlp::EncodedTrace;
use crate::otlp::json::{self, Dialect, ResourceSpans};
use crate::query::Query;
use crate::tempo::message::{PartialStatus, TraceByIdResponse};
use crate::tempo::part::Part;
use crate::tempo::{UNNAMED, text_of};
use crate::trace::TimeRange;

const PROTOBUF: &str = "application/protobuf";
const PROTOBUF_TYPES: [&str; 2] = [PROTOBUF, "application/x-protobuf"];
const JSON: &str = "application/json";

/// v1 calls the list `batches`.
#[derive(Serialize)]
struct TraceV1 {
    batches: Vec<ResourceSpans>,
}

#[derive(Serialize)]
struct TraceV2 {
    trace: json::TracesData,
    /// Left out when it is complete, which is its default.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
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
            error => text_of(error),
        };
        let mut response = (status(&self.0), text).into_response();
        add_retry_after(&self.0, response.headers_mut());
        response
    }
}

/// Tempo has one status for everything that is too large.
fn status(error: &QueryError) -> StatusCode {
    match error {
        QueryError::TooLarge(_) => StatusCode::UNPROCESSABLE_ENTITY,
        error => error.status(),
    }
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
        (status = 422, description = "The trace is too large for a query's memory"),
    )
)]
pub(super) async fn trace_v1(
    State(query): State<Query>,
    tenant: Result<Tenant, QueryError>,
    Path(id): Path<String>,
    params: Result<Params<ByIdParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, TextError> {
    let Tenant(tenant) = tenant?;
    let (id, range) = asked(&query, &id, params)?;
    if wants_protobuf(&headers) {
        return Ok(body(PROTOBUF, encoded(query.trace(&tenant, id, range).await?, id, None)?));
    }
    let spans = named(query.trace(&tenant, id, range).await?, id)?;
    json_body(&TraceV1 { batches: json::resource_spans(spans, Dialect::Protobuf) })
}

/// One trace as Tempo's API v2 gives it. Of a trace that is too large for a query's memory the spans that start first are
/// sent, with the status `PARTIAL` and a message.
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
    let Tenant(tenant) = tenant?;
    let (id, range) = asked(&query, &id, params)?;
    if wants_protobuf(&headers) {
        let Part { spans, partial } = query.trace_part(&tenant, id, range).await?;
        let status = PartialStatus::of(partial.as_ref()).into();
        let mut answer = encoded(spans, id, Some(TraceByIdResponse::TRACE))?;
        answer.extend(TraceByIdResponse { status, message: partial.unwrap_or_default() }.encode_to_vec());
        return Ok(body(PROTOBUF, answer));
    }
    let Part { spans, partial } = query.trace_part(&tenant, id, range).await?;
    let resource_spans = json::resource_spans(named(spans, id)?, Dialect::Protobuf);
    let status = partial.is_some().then_some("PARTIAL");
    json_body(&TraceV2 { trace: json::TracesData { resource_spans }, status, message: partial })
}

/// The id, and where to look for it.
fn asked(
    query: &Query,
    id: &str,
    params: Result<Params<ByIdParams>, QueryRejection>,
) -> Result<(TraceId, Option<TimeRange>), QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    Ok((parse_id(id)?, params.range(query.now_ns())?))
}

/// The same as [`named`], as `Trace` in protobuf, or as a field of that type.
fn encoded(spans: EncodedTrace, id: TraceId, field: Option<u32>) -> Result<Vec<u8>, QueryError> {
    if spans.is_empty() {
        return Err(no_trace(id));
    }
    Ok(spans.finish(field, name_resource))
}

/// The spans of a trace that is there, each resource with a name.
fn named(mut spans: Vec<otlp::ResourceSpans>, id: TraceId) -> Result<Vec<otlp::ResourceSpans>, QueryError> {
    if spans.is_empty() {
        return Err(no_trace(id));
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

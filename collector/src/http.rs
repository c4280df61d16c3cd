//! OTLP over HTTP: `POST /v1/traces`, protobuf and JSON, compressed or not.
//! Source: OTLP specification, "OTLP/HTTP".

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message as _;
use serde_json::json;
use spanloom_store::TenantId;

use crate::codes::{Content, Encoding, Kind};
use crate::ingest::{self, Ingest};
use crate::metrics::Protocol;
use crate::otlp::rows::Refused;
use crate::refusal::Refusal;
use crate::{body, headers, rpc};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";
const TAKEN: &str = "one of application/x-protobuf and application/json";

pub fn router(ingest: Arc<Ingest>) -> Router {
    Router::new().route("/v1/traces", post(traces)).with_state(ingest)
}

async fn traces(State(ingest): State<Arc<Ingest>>, request: Request) -> Response {
    let (parts, mut body) = request.into_parts();
    let content = content(&parts.headers);
    let protocol = match content {
        Ok(Content::Protobuf) => Protocol::OtlpHttpProtobuf,
        // What is neither is answered as text, which JSON is.
        Ok(Content::Json) | Err(_) => Protocol::OtlpHttpJson,
    };
    let tenant = ingest.tenant(&parts.headers);
    match take(&ingest, &parts, &mut body, content, protocol, tenant.clone()).await {
        Ok(refused) => success(protocol, &refused),
        Err(refusal) => {
            ingest.refuse(protocol, tenant.as_ref().ok(), &refusal);
            body::drain(body, &refusal).await;
            failure(protocol, &refusal)
        }
    }
}

async fn take(
    ingest: &Ingest,
    parts: &Parts,
    body: &mut Body,
    content: Result<Content, Refusal>,
    protocol: Protocol,
    tenant: Result<TenantId, Refusal>,
) -> Result<Refused, Refusal> {
    let (tenant, content) = (tenant?, content?);
    let encoding = Encoding { content, compression: headers::compression(&parts.headers)? };
    let mut memory = ingest.memory();
    let payload = body::read(&parts.headers, body, ingest.request_bytes_max(), &mut memory).await?;
    let kind = Kind::OtlpTraces;
    ingest.take(ingest::Request { protocol, tenant, kind, encoding, payload, memory }).await
}

fn content(headers: &HeaderMap) -> Result<Content, Refusal> {
    if headers::is_content_type(headers, PROTOBUF) {
        Ok(Content::Protobuf)
    } else if headers::is_content_type(headers, JSON) {
        Ok(Content::Json)
    } else {
        Err(headers::wrong_content_type(headers, TAKEN))
    }
}

/// 200 with what was refused of it, in the content type of the request.
fn success(protocol: Protocol, refused: &Refused) -> Response {
    let partial = (refused.count() > 0).then(|| ExportTracePartialSuccess {
        rejected_spans: refused.count().cast_signed(),
        error_message: refused.message(),
    });
    if protocol == Protocol::OtlpHttpProtobuf {
        let message = ExportTraceServiceResponse { partial_success: partial };
        return response(StatusCode::OK, PROTOBUF, message.encode_to_vec());
    }
    // 64-bit integers are strings in JSON.
    let body = match partial {
        None => json!({}),
        Some(partial) => json!({ "partialSuccess": {
            "rejectedSpans": partial.rejected_spans.to_string(), "errorMessage": partial.error_message } }),
    };
    response(StatusCode::OK, JSON, body.to_string())
}

/// A `google.rpc.Status` in the content type of the request.
fn failure(protocol: Protocol, refusal: &Refusal) -> Response {
    let status = rpc::Status::from(refusal);
    let mut response = if protocol == Protocol::OtlpHttpProtobuf {
        response(refusal.status(), PROTOBUF, status.encode_to_vec())
    } else {
        let body = json!({ "code": status.code, "message": status.message });
        response(refusal.status(), JSON, body.to_string())
    };
    headers::add_retry_after(&mut response, refusal);
    response
}

fn response(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

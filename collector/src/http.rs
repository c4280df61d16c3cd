//! OTLP over HTTP: `POST /v1/traces` and `POST /v1/metrics`, protobuf and JSON, compressed or not.
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
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsPartialSuccess, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message as _;
use serde_json::json;
use spanloom_store::TenantId;

use crate::codes::{Content, Encoding, Kind};
use crate::ingest::{self, Ingest, SampleRequest};
use crate::metrics::Protocol;
use crate::refusal::Refusal;
use crate::{body, headers, rpc};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";
const TAKEN: &str = "one of application/x-protobuf and application/json";

pub fn router(ingest: Arc<Ingest>) -> Router {
    Router::new().route("/v1/traces", post(traces)).route("/v1/metrics", post(metrics)).with_state(ingest)
}

async fn traces(State(ingest): State<Arc<Ingest>>, request: Request) -> Response {
    export(&ingest, request, Signal::Traces).await
}

async fn metrics(State(ingest): State<Arc<Ingest>>, request: Request) -> Response {
    export(&ingest, request, Signal::Metrics).await
}

/// What is exported.
#[derive(Debug, Clone, Copy)]
enum Signal {
    Traces,
    Metrics,
}

/// What was refused of a request that was taken: spans or data points.
struct Rejected {
    count: u64,
    message: String,
}

async fn export(ingest: &Ingest, request: Request, signal: Signal) -> Response {
    let (parts, mut body) = request.into_parts();
    let content = content(&parts.headers);
    let protocol = match content {
        Ok(Content::Protobuf) => Protocol::OtlpHttpProtobuf,
        // What is neither is answered as text, which JSON is.
        Ok(Content::Json | Content::Own) | Err(_) => Protocol::OtlpHttpJson,
    };
    let tenant = ingest.tenant(&parts.headers);
    match take(ingest, &parts, &mut body, content, protocol, tenant.clone(), signal).await {
        Ok(rejected) => success(protocol, signal, &rejected),
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
    signal: Signal,
) -> Result<Rejected, Refusal> {
    let (tenant, content) = (tenant?, content?);
    let encoding = Encoding { content, compression: headers::compression(&parts.headers)? };
    let mut memory = ingest.memory();
    let payload = body::read(&parts.headers, body, ingest.request_bytes_max(), &mut memory).await?;
    match signal {
        Signal::Traces => {
            let kind = Kind::OtlpTraces;
            let refused = ingest.take(ingest::Request { protocol, tenant, kind, encoding, payload, memory }).await?;
            Ok(Rejected { count: refused.count(), message: refused.message() })
        }
        Signal::Metrics => {
            let request = SampleRequest { protocol, tenant, payload, memory };
            let refused = ingest.take_otlp_metrics(request, encoding).await?;
            Ok(Rejected { count: refused.count(), message: refused.message() })
        }
    }
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
fn success(protocol: Protocol, signal: Signal, rejected: &Rejected) -> Response {
    if protocol == Protocol::OtlpHttpProtobuf {
        return response(StatusCode::OK, PROTOBUF, message(signal, rejected));
    }
    let counted = match signal {
        Signal::Traces => "rejectedSpans",
        Signal::Metrics => "rejectedDataPoints",
    };
    // 64-bit integers are strings in JSON.
    let body = match rejected.count {
        0 => json!({}),
        count => json!({ "partialSuccess": { counted: count.to_string(), "errorMessage": rejected.message } }),
    };
    response(StatusCode::OK, JSON, body.to_string())
}

fn message(signal: Signal, rejected: &Rejected) -> Vec<u8> {
    let (count, error_message) = (rejected.count.cast_signed(), rejected.message.clone());
    match signal {
        Signal::Traces => {
            let partial = ExportTracePartialSuccess { rejected_spans: count, error_message };
            ExportTraceServiceResponse { partial_success: (count > 0).then_some(partial) }.encode_to_vec()
        }
        Signal::Metrics => {
            let partial = ExportMetricsPartialSuccess { rejected_data_points: count, error_message };
            ExportMetricsServiceResponse { partial_success: (count > 0).then_some(partial) }.encode_to_vec()
        }
    }
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

//! OTLP over gRPC, `TraceService/Export` and `MetricsService/Export`, and Envoy's `MetricsService/StreamMetrics`, written
//! on HTTP/2 as it is.
//!
//! A unary call is one frame each way and a status in the trailers. Doing that here keeps the bytes of the request as
//! they came, which is what the log stores, and puts the bounds before any buffer (`docs/decisions`).
//! Source: gRPC over HTTP2 (grpc/grpc `doc/PROTOCOL-HTTP2.md`), compression (`doc/compression.md`).

/// Envoy's stream of metrics.
mod envoy_stream;
/// The frame around a message.
mod frame;
/// Answers: a message with trailers, or a status alone.
mod reply;
/// Messages of a stream, one after the other.
mod stream;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsPartialSuccess, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message as _;
use spanloom_store::TenantId;

use crate::admit::Reservation;
use crate::body;
use crate::codes::{Compression, Content, Encoding, Kind};
use crate::ingest::{self, Ingest, SampleRequest};
use crate::metrics::Protocol;
use crate::otlp::decoded::Refused;
use crate::refusal::Refusal;
use crate::refused_samples::RefusedSamples;
use crate::rpc::{self, Code};

const EXPORT_TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const EXPORT_METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
const STREAM_ENVOY: &str = "/envoy.service.metrics.v3.MetricsService/StreamMetrics";
const MEDIA_TYPE: &str = "application/grpc";
/// What may follow [`MEDIA_TYPE`]: nothing, the message format, parameters.
const SUFFIXES: [&str; 2] = ["", "+proto"];

pub fn router(ingest: Arc<Ingest>) -> Router {
    Router::new()
        .route(EXPORT_TRACES, post(export_traces))
        .route(EXPORT_METRICS, post(export_metrics))
        .route(STREAM_ENVOY, post(envoy_stream::stream_metrics))
        .fallback(unimplemented)
        .with_state(ingest)
}

async fn export_traces(State(ingest): State<Arc<Ingest>>, request: Request) -> Response {
    export(&ingest, request, async |ingest, message| {
        let Message { tenant, encoding, payload, memory } = message;
        let (protocol, kind) = (Protocol::OtlpGrpc, Kind::OtlpTraces);
        let taken = ingest.take(ingest::Request { protocol, tenant, kind, encoding, payload, memory }).await;
        taken.map(|refused| success(&refused))
    })
    .await
}

async fn export_metrics(State(ingest): State<Arc<Ingest>>, request: Request) -> Response {
    export(&ingest, request, async |ingest, message| {
        let Message { tenant, encoding, payload, memory } = message;
        let request = SampleRequest { protocol: Protocol::OtlpGrpc, tenant, payload, memory };
        ingest.take_otlp_metrics(request, encoding).await.map(|refused| metrics_success(&refused))
    })
    .await
}

/// The message of a unary call.
struct Message {
    tenant: TenantId,
    encoding: Encoding,
    payload: Bytes,
    memory: Reservation,
}

/// Answers a unary call by what `take` makes of its message.
async fn export(
    ingest: &Ingest,
    request: Request,
    take: impl AsyncFnOnce(&Ingest, Message) -> Result<Vec<u8>, Refusal>,
) -> Response {
    let (parts, mut body) = request.into_parts();
    if !is_grpc(&parts.headers) {
        return not_grpc();
    }
    let tenant = ingest.tenant(&parts.headers);
    let taken = match read(ingest, &parts, &mut body, tenant.clone()).await {
        Ok(message) => take(ingest, message).await,
        Err(refusal) => Err(refusal),
    };
    match taken {
        Ok(answer) => reply::message(&answer),
        Err(refusal) => {
            ingest.refuse(Protocol::OtlpGrpc, tenant.as_ref().ok(), &refusal);
            reply::status(&rpc::Status::from(&refusal))
        }
    }
}

async fn read(
    ingest: &Ingest,
    parts: &Parts,
    body: &mut Body,
    tenant: Result<TenantId, Refusal>,
) -> Result<Message, Refusal> {
    let tenant = tenant?;
    let named = compression(&parts.headers)?;
    let mut memory = ingest.memory();
    let bytes_max = ingest.request_bytes_max();
    let framed = body::read(&parts.headers, body, bytes_max + frame::HEAD_BYTES as u64, &mut memory).await?;
    let (is_compressed, payload) = frame::only_message(framed)?;
    let encoding = Encoding { content: Content::Protobuf, compression: applied(is_compressed, named)? };
    Ok(Message { tenant, encoding, payload, memory })
}

/// How a message is compressed, by its flag and what the call's headers name.
fn applied(is_compressed: bool, named: Compression) -> Result<Compression, Refusal> {
    match (is_compressed, named) {
        (false, _) => Ok(Compression::None),
        (true, Compression::None) => {
            Err(Refusal::Undecodable("the message is compressed and grpc-encoding does not say how".to_owned()))
        }
        (true, named) => Ok(named),
    }
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let Some(named) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let media_type = named.split(';').next().unwrap_or_default().trim();
    media_type.strip_prefix(MEDIA_TYPE).is_some_and(|suffix| SUFFIXES.contains(&suffix))
}

fn compression(headers: &HeaderMap) -> Result<Compression, Refusal> {
    let Some(value) = headers.get("grpc-encoding") else { return Ok(Compression::None) };
    let named = String::from_utf8_lossy(value.as_bytes());
    Compression::named(&named).ok_or_else(|| Refusal::ContentEncoding(named.chars().take(100).collect()))
}

fn success(refused: &Refused) -> Vec<u8> {
    let partial_success = (refused.count() > 0).then(|| ExportTracePartialSuccess {
        rejected_spans: refused.count().cast_signed(),
        error_message: refused.message(),
    });
    ExportTraceServiceResponse { partial_success }.encode_to_vec()
}

fn metrics_success(refused: &RefusedSamples) -> Vec<u8> {
    let partial_success = (refused.count() > 0).then(|| ExportMetricsPartialSuccess {
        rejected_data_points: refused.count().cast_signed(),
        error_message: refused.message(),
    });
    ExportMetricsServiceResponse { partial_success }.encode_to_vec()
}

fn not_grpc() -> Response {
    let text = "this port speaks gRPC; OTLP over HTTP is on the port of listen.otlp_http (4318)\n";
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response()
}

async fn unimplemented(request: Request) -> Response {
    if !is_grpc(request.headers()) {
        return not_grpc();
    }
    let message = format!("there is no {}", request.uri().path());
    reply::status(&rpc::Status { code: Code::Unimplemented as i32, message, details: Vec::new() })
}

//! OTLP trace requests, and the ways to send them.

use std::io::Write as _;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;

use crate::grpc;
use crate::harness::Endpoints;

pub const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// One trace of `spans` spans that began just now: a root, and children of it. `id` makes trace and span ids, which are
/// never zero.
pub fn request(service: &str, name: &str, id: u64, spans: u64) -> ExportTraceServiceRequest {
    let start = now_ns();
    let span = |n: u64| Span {
        trace_id: trace_id(id),
        span_id: span_id(id, n),
        parent_span_id: if n == 0 { Vec::new() } else { span_id(id, 0) },
        name: name.to_owned(),
        kind: if n == 0 { 2 } else { 3 },
        start_time_unix_nano: start + n,
        end_time_unix_nano: start + n + 1_000_000,
        attributes: vec![attribute("http.request.method", "GET"), attribute("item", &format!("{id}/{n}"))],
        ..Span::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource { attributes: vec![attribute("service.name", service)], ..Resource::default() }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope { name: "e2e".to_owned(), ..InstrumentationScope::default() }),
                spans: (0..spans).map(span).collect(),
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

/// Nanoseconds since the epoch.
pub fn now_ns() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("the clock is past 1970");
    now.as_nanos() as u64
}

pub fn attribute(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

/// The trace id that [`request`] makes of `id`.
pub fn trace_id(id: u64) -> Vec<u8> {
    [0x5350_4c4f_4f4d_u64.to_be_bytes(), (id + 1).to_be_bytes()].concat()
}

fn span_id(id: u64, n: u64) -> Vec<u8> {
    (((id + 1) << 16) | (n + 1)).to_be_bytes().to_vec()
}

/// A trace id as people and APIs write it.
pub fn hex_id(id: u64) -> String {
    hex::encode(trace_id(id))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Grpc,
    HttpProtobuf,
    HttpJson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Plain,
    Gzip,
    Zstd,
}

impl Encoding {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }

    pub fn encode(self, body: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Plain => body,
            Self::Gzip => gzip(&body),
            Self::Zstd => zstd::bulk::compress(&body, 1).expect("compress in memory"),
        }
    }
}

pub fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).expect("compress in memory");
    encoder.finish().expect("compress in memory")
}

/// What became of a request, as an exporter sees it.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Acknowledged,
    /// The server asks for it again later.
    Later,
    /// The server will never take it: HTTP status or gRPC code, and why.
    Refused(u32, String),
    /// No answer came; the request may or may not have been stored.
    Lost,
}

/// Sends one request, once.
pub async fn send(
    http: &reqwest::Client,
    to: &Endpoints,
    protocol: Protocol,
    encoding: Encoding,
    request: &ExportTraceServiceRequest,
) -> Outcome {
    let json = || serde_json::to_vec(request).expect("an OTLP request is JSON");
    match protocol {
        Protocol::Grpc => export(&to.otlp_grpc, encoding, request.encode_to_vec()).await,
        Protocol::HttpProtobuf => post(http, to, "application/x-protobuf", encoding, request.encode_to_vec()).await,
        Protocol::HttpJson => post(http, to, "application/json", encoding, json()).await,
    }
}

/// Sends a request that must be taken.
pub async fn send_acknowledged(http: &reqwest::Client, to: &Endpoints, request: &ExportTraceServiceRequest) {
    let outcome = send(http, to, Protocol::HttpProtobuf, Encoding::Plain, request).await;
    assert_eq!(outcome, Outcome::Acknowledged);
}

/// Posts a body, encoded by us, whatever it holds.
pub async fn post(http: &reqwest::Client, to: &Endpoints, media: &str, encoding: Encoding, body: Vec<u8>) -> Outcome {
    let request = http.post(format!("http://{}/v1/traces", to.otlp_http)).header("content-type", media);
    let request = match encoding.name() {
        Some(name) => request.header("content-encoding", name),
        None => request,
    };
    let Ok(answer) = request.body(encoding.encode(body)).send().await else { return Outcome::Lost };
    match answer.status().as_u16() {
        200 => Outcome::Acknowledged,
        429 | 502 | 503 | 504 => Outcome::Later,
        status => Outcome::Refused(status.into(), answer.text().await.unwrap_or_default()),
    }
}

/// Calls `TraceService/Export` with a message, encoded by us, whatever it holds.
pub async fn export(address: &str, encoding: Encoding, message: Vec<u8>) -> Outcome {
    const UNAVAILABLE: u32 = 14;
    match grpc::call(address, EXPORT, &[], encoding.name(), &encoding.encode(message)).await {
        Ok(reply) if reply.status == 0 => Outcome::Acknowledged,
        Ok(reply) if reply.status == UNAVAILABLE || reply.has_retry_info() => Outcome::Later,
        Ok(reply) => Outcome::Refused(reply.status, reply.message),
        Err(_) => Outcome::Lost,
    }
}

//! Bytes in, durable rows out: receivers, decoders, and the bounds of both.
//!
//! This crate writes through [`spanloom_store::Store`] and reads nothing back; it knows protocols and no query language.
//!
//! ```text
//! receive (OTLP over gRPC and HTTP, Zipkin) -> admit tenant and bytes -> inflate, decode (CPU pool) -> Store::append -> acknowledge
//! ```
//!
//! A request is refused as a whole or its bad spans are, one by one; either way it is counted by reason, and
//! `GET /api/v1/ingest` shows who sends what and what was refused.

/// Admission by bytes.
mod admit;
/// `GET /api/v1/ingest`.
mod api;
/// Request bodies, read up to a bound.
mod body;
/// The numbers under which payloads stand in the log.
mod codes;
/// The door: what the binary holds.
mod collector;
/// What can be set.
mod config;
/// From payload to rows: at the door and at replay.
mod decode;
/// What Envoy's metrics service sends.
mod envoy_metrics;
/// Pages of metrics: text, OpenMetrics, protobuf.
mod exposition;
/// OTLP over gRPC, and Envoy's streams.
mod grpc;
/// What headers say of bodies.
mod headers;
/// OTLP over HTTP.
mod http;
/// Decompression with a bound.
mod inflate;
/// The way that every protocol takes.
mod ingest;
/// Windows of edges, operations and names.
mod ledger;
/// The words of service meshes.
mod mesh;
/// What the collector counts about itself.
mod metrics;
/// OTLP traces and metrics.
mod otlp;
/// From the spans of a trace to what the ledger counts.
pub mod pair;
/// The crate's error.
mod refusal;
/// Samples that were refused alone.
mod refused_samples;
/// Prometheus remote write.
mod remote_write;
/// `google.rpc.Status`.
mod rpc;
/// Which times samples may have.
mod sample_time;
/// Scraping, as Prometheus does it.
pub mod scrape;
/// What scraping finds, stored.
mod scraped;
/// Who sends what, and what was refused.
mod senders;
/// Spans of Zipkin clients.
mod zipkin;

pub use api::ApiDoc;
pub use collector::Collector;
pub use config::Config;
pub use decode::Decoder;
pub use ledger::{LedgerConfig, LedgerThread};

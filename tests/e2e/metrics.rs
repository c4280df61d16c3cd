//! Metrics: real clients send them, and Prometheus' API answers with what they were.

/// Questions to Prometheus' API, ours or a real one's.
pub mod api;
/// Pages of metrics, as a proxy shows them.
mod page;
/// Shows pages to whoever scrapes.
mod page_server;
/// Requests of remote write.
mod write;

mod crash;
mod dumps;
mod envoy;
mod limits;
mod prometheus;
mod sdk;
mod service_graph;

/// Milliseconds since the epoch.
fn now_ms() -> i64 {
    (crate::otlp::now_ns() / 1_000_000).cast_signed()
}

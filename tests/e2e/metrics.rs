//! Metrics: real clients send them, and Prometheus' API answers with what they were.

/// Questions to Prometheus' API, ours or a real one's.
mod api;
/// Pages of metrics, as a proxy shows them.
mod page;
/// Requests of remote write.
mod write;

mod crash;
mod envoy;
mod limits;
mod prometheus;
mod sdk;

/// Milliseconds since the epoch.
fn now_ms() -> i64 {
    (crate::otlp::now_ns() / 1_000_000).cast_signed()
}

//! What the proxies of a mesh count, on pages that can be scraped: one per pod, as its proxy writes it.
//!
//! ```text
//! requests that have ended -> hops -> istio, envoy, linkerd -> counters, histograms -> pages -> text -> HTTP
//! requests under way       -> times of calls -> pools, outliers -> gauges           /
//! ```
//!
//! Counters count the requests of which the spans tell, when the spans are sent; so both agree. Requests of before the start
//! are told in spans only: counters begin with the processes that have them.
//!
//! How full something is follows from the times of the calls: a pool has as many connections as there were calls at once.
//! Calls beyond its limit are said to wait, for which a part of the time that they took stands.

/// What all proxies count.
mod board;
/// Where a proxy sends what comes to it.
mod cluster;
/// Serves the pages.
mod endpoint;
/// Envoy's own stats.
mod envoy;
/// What is shared with who scrapes.
mod exposed;
/// Families and series.
mod family;
/// A request as proxies see it.
mod hop;
/// Istio's standard metrics.
mod istio;
/// Labels as text.
mod labels;
/// Linkerd's metrics.
mod linkerd;
/// Who is left alone for a while.
mod outlier;
/// Connections.
mod pool;
/// What processes say of themselves.
mod process;
/// Which proxy is beside a pod.
mod proxy;
/// How a Prometheus finds the pages.
mod scrape_config;
/// Pages as text.
mod text;

#[cfg(test)]
mod tests;

pub use endpoint::{EndpointFailed, MetricsEndpoint};
pub use exposed::ProxyMetrics;
pub use text::Format;

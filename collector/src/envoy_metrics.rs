//! What Envoy's metrics service sink sends: `envoy.service.metrics.v3.MetricsService/StreamMetrics`.
//!
//! ```text
//! StreamMetricsMessage, StreamMetricsMessage, ...     the first names the proxy: ProxyIdentity
//!        families -> names and labels as `/stats/prometheus` has them, histograms added up (Totals) -> SampleBatch
//! ```
//!
//! A stat is the same series here and on the proxy's own page, but for what a scraper adds, if the sink says
//! `emit_tags_as_labels: true`. Without that a stat's name holds the values of its tags
//! (`cluster.reviews.upstream_rq_total` becomes `envoy_cluster_reviews_upstream_rq_total`); nothing in the message
//! tells where a tag's value begins and ends, so that the name is all there is to go by.
//!
//! Counters are taken as running totals, which they are unless the sink says `report_counters_as_deltas: true`. A
//! message does not tell: such a sink's counters are stored as the differences that they are.
//!
//! Histograms and summaries are of the time since the flush before (Envoy's interval statistics), while the page has
//! histograms since the start. Buckets, counts and sums are therefore added up for as long as the stream lasts; a new
//! stream begins at zero, which is a counter's reset to whoever reads it. So rates are the page's, and totals are not:
//! what the proxy saw before its stream is not told. Quantiles stay those of the interval, as they are on a page of
//! summaries; that page has their counts and sums of the interval too, which no query can use: here they are added up
//! like those of histograms.
//!
//! Source: envoyproxy/envoy `api/envoy/service/metrics/v3`, `source/extensions/stat_sinks/metrics_service`,
//! `source/server/admin/prometheus_stats.cc`.

/// From a message to samples.
mod batch;
/// Who sends.
mod identity;
/// The messages.
mod message;
/// What a stat is called on Envoy's page.
mod names;
/// Intervals, added up.
mod totals;

#[cfg(test)]
pub use batch::Refused;
pub use batch::batch;
pub use identity::ProxyIdentity;
#[cfg(test)]
pub use message::{Identifier, Locality, Node};
pub use message::{StreamMetricsMessage, StreamMetricsResponse};
pub use totals::Totals;

#[cfg(test)]
mod tests;

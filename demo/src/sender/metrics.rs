//! What a sender counts.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, Default)]
pub struct Metrics {
    pub(super) spans_sent: Counter,
    pub(super) spans_dropped: Counter,
    pub(super) ticks_dropped: Counter,
}

impl Metrics {
    pub fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let registry = registry.sub_registry_with_prefix("spanloom_demo");
        registry.register(
            "spans_sent",
            "Spans of the simulated mesh that the server acknowledged",
            metrics.spans_sent.clone(),
        );
        registry.register(
            "spans_dropped",
            "Spans of the simulated mesh that were let go because the server had no room for too long",
            metrics.spans_dropped.clone(),
        );
        registry.register(
            "ticks_dropped",
            "Quarters of a second of the simulated mesh that were left out because sending took too long",
            metrics.ticks_dropped.clone(),
        );
        metrics
    }
}

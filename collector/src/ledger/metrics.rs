//! What the ledger counts about itself.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use spanloom_store::Table;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ReasonLabel {
    pub reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct TableLabel {
    pub table: &'static str,
}

/// Counters and gauges of the ledger.
#[derive(Debug, Clone)]
pub(super) struct Metrics {
    pub spans: Counter,
    pub unpaired: Family<ReasonLabel, Counter>,
    pub dropped: Family<ReasonLabel, Counter>,
    pub windows: Family<TableLabel, Counter>,
    pub failures: Counter,
    pub traces_read_back: Counter,
    pub traces: Gauge<u64, AtomicU64>,
    pub traces_seen: Gauge<u64, AtomicU64>,
    pub memory: Gauge<u64, AtomicU64>,
    pub open_windows: Gauge<u64, AtomicU64>,
    pub late_minutes: Gauge<u64, AtomicU64>,
    pub refresh: Histogram,
}

impl Metrics {
    pub fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            spans: Counter::default(),
            unpaired: Family::default(),
            dropped: Family::default(),
            windows: Family::default(),
            failures: Counter::default(),
            traces_read_back: Counter::default(),
            traces: Gauge::default(),
            traces_seen: Gauge::default(),
            memory: Gauge::default(),
            open_windows: Gauge::default(),
            late_minutes: Gauge::default(),
            refresh: Histogram::new(exponential_buckets(0.000_5, 2.0, 18)),
        };
        let registry = registry.sub_registry_with_prefix("spanloom_ledger");
        registry.register("spans", "Spans that were paired", metrics.spans.clone());
        let help = "Spans that found no place in a request, by reason; counted when their trace has left memory";
        registry.register("unpaired_spans", help, metrics.unpaired.clone());
        let help = "What bounds left out of the ledger, by reason";
        registry.register("dropped", help, metrics.dropped.clone());
        registry.register("windows", "Windows written, each writing anew counted", metrics.windows.clone());
        let help = "Steps that failed and are tried again";
        registry.register("failures", help, metrics.failures.clone());
        let help = "Traces read back from storage because spans of them came late";
        registry.register("traces_read_back", help, metrics.traces_read_back.clone());
        registry.register("traces", "Traces in memory", metrics.traces.clone());
        let help = "Traces that are stored and remembered, so that late spans find them";
        registry.register("traces_seen", help, metrics.traces_seen.clone());
        registry.register_with_unit("memory", "Memory of traces", Unit::Bytes, metrics.memory.clone());
        registry.register("open_windows", "Windows of edges that are not closed", metrics.open_windows.clone());
        let help = "Minutes with closed windows that wait to be made again";
        registry.register("late_minutes", help, metrics.late_minutes.clone());
        let help = "Time to bring open windows up to date";
        registry.register_with_unit("refresh", help, Unit::Seconds, metrics.refresh.clone());
        metrics
    }

    pub fn wrote(&self, table: Table, windows: usize) {
        self.windows.get_or_create(&TableLabel { table: table.name() }).inc_by(windows as u64);
    }

    pub fn drop(&self, reason: &'static str, count: u64) {
        if count > 0 {
            self.dropped.get_or_create(&ReasonLabel { reason }).inc_by(count);
        }
    }
}

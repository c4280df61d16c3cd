//! What queries count about themselves.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::error::QueryError;
use crate::table::Scanned;

/// Which question was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Sql,
    Trace,
    TraceColumns,
    TraceMatches,
    CriticalPath,
    TraceAnalysis,
    TraceComparison,
    AggregatePath,
    Traces,
    Search,
    /// Series out of spans.
    TraceMetrics,
    Graph,
    Signals,
    Calls,
    Tags,
    /// A picture for streams.
    Stream,
    Promql,
    /// Series, their labels and exemplars.
    Series,
}

impl Api {
    const fn name(self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::Trace => "trace",
            Self::TraceColumns => "trace_columns",
            Self::TraceMatches => "trace_matches",
            Self::CriticalPath => "critical_path",
            Self::TraceAnalysis => "trace_analysis",
            Self::TraceComparison => "trace_comparison",
            Self::AggregatePath => "aggregate_path",
            Self::Traces => "traces",
            Self::Search => "search",
            Self::TraceMetrics => "trace_metrics",
            Self::Graph => "graph",
            Self::Signals => "signals",
            Self::Calls => "calls",
            Self::Tags => "tags",
            Self::Stream => "stream",
            Self::Promql => "promql",
            Self::Series => "series",
        }
    }
}

/// What is kept for later queries.
#[derive(Debug, Clone, Default)]
pub(crate) struct CachedBytes {
    /// Decoded pages.
    pub pages: Gauge<u64, AtomicU64>,
    /// Decoded columns of windows.
    pub windows: Gauge<u64, AtomicU64>,
    /// Rows of windows of edges.
    pub edges: Gauge<u64, AtomicU64>,
    /// Counts of comparisons.
    pub counts: Gauge<u64, AtomicU64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ApiLabel {
    api: &'static str,
}

/// How it ended: `ok`, or the code of the error.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    api: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabel {
    event: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

/// Metrics of all queries, names begin with `spanloom_query_`.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    requests: Family<OutcomeLabel, Counter>,
    seconds: Family<ApiLabel, Histogram>,
    files_scanned: Counter,
    files_pruned: Counter,
    bytes_scanned: Counter,
    bytes_pruned: Counter,
    memory_peak_bytes: Histogram,
    pub running: Gauge,
    pub waiting: Gauge,
    pub memory_bytes: Gauge<u64, AtomicU64>,
    pub cached: CachedBytes,
    pub streams: Gauge,
    streams_refused: Family<ReasonLabel, Counter>,
    stream_events: Family<EventLabel, Counter>,
}

impl Metrics {
    pub fn new(registry: &mut Registry) -> Self {
        let registry = registry.sub_registry_with_prefix("spanloom_query");
        let metrics = Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.0, 17))),
            files_scanned: Counter::default(),
            files_pruned: Counter::default(),
            bytes_scanned: Counter::default(),
            bytes_pruned: Counter::default(),
            memory_peak_bytes: Histogram::new(exponential_buckets(65_536.0, 4.0, 10)),
            running: Gauge::default(),
            waiting: Gauge::default(),
            memory_bytes: Gauge::default(),
            cached: CachedBytes::default(),
            streams: Gauge::default(),
            streams_refused: Family::default(),
            stream_events: Family::default(),
        };
        registry.register("requests", "Queries by question and outcome", metrics.requests.clone());
        let help = "Time of a query, waiting for its turn included";
        registry.register_with_unit("duration", help, Unit::Seconds, metrics.seconds.clone());
        let help = "Lake files that queries had to read";
        registry.register("files_scanned", help, metrics.files_scanned.clone());
        let help = "Lake files that queries left out by their statistics";
        registry.register("files_pruned", help, metrics.files_pruned.clone());
        registry.register("bytes_scanned", "Size of the lake files to read", metrics.bytes_scanned.clone());
        registry.register("bytes_pruned", "Size of the lake files left out", metrics.bytes_pruned.clone());
        let help = "Most memory that a query held";
        registry.register_with_unit("memory_peak", help, Unit::Bytes, metrics.memory_peak_bytes.clone());
        registry.register("running", "Queries that run", metrics.running.clone());
        registry.register("waiting", "Queries that wait for their turn", metrics.waiting.clone());
        registry.register("streams", "Live streams that are open", metrics.streams.clone());
        let help = "Live streams that were not opened, by reason";
        registry.register("streams_refused", help, metrics.streams_refused.clone());
        registry.register("stream_events", "Events of live streams", metrics.stream_events.clone());
        let help = "Memory that running queries and live graphs hold";
        registry.register_with_unit("memory", help, Unit::Bytes, metrics.memory_bytes.clone());
        let help = "Decoded pages of lake files that are kept for later queries";
        registry.register_with_unit("page_cache", help, Unit::Bytes, metrics.cached.pages.clone());
        let help = "Decoded columns of the ledger's files that are kept for later queries";
        registry.register_with_unit("window_cache", help, Unit::Bytes, metrics.cached.windows.clone());
        let help = "Rows of windows of edges, sums of them, and names that are kept in memory";
        registry.register_with_unit("edge_cache", help, Unit::Bytes, metrics.cached.edges.clone());
        let help = "Counts of comparisons that are kept for later queries";
        registry.register_with_unit("count_cache", help, Unit::Bytes, metrics.cached.counts.clone());
        metrics
    }

    /// Counts a query that ended.
    pub fn ended<T>(&self, api: Api, elapsed: Duration, result: &Result<T, QueryError>) {
        let api = api.name();
        let outcome = result.as_ref().err().map_or("ok", QueryError::code);
        self.requests.get_or_create(&OutcomeLabel { api, outcome }).inc();
        self.seconds.get_or_create(&ApiLabel { api }).observe(elapsed.as_secs_f64());
    }

    /// Counts a stream that was not opened.
    pub fn refused_stream(&self, error: &QueryError) {
        self.streams_refused.get_or_create(&ReasonLabel { reason: error.code() }).inc();
    }

    /// Counts an event of a stream.
    pub fn told(&self, event: &'static str) {
        self.stream_events.get_or_create(&EventLabel { event }).inc();
    }

    /// Counts what a query read and held.
    pub fn used(&self, scanned: &Scanned, memory_peak_bytes: usize) {
        self.files_scanned.inc_by(scanned.files.len() as u64);
        self.bytes_scanned.inc_by(scanned.files.iter().map(|file| file.size).sum());
        self.files_pruned.inc_by(scanned.files_pruned);
        self.bytes_pruned.inc_by(scanned.bytes_pruned);
        self.memory_peak_bytes.observe(memory_peak_bytes as f64);
    }
}

//! What the store counts about itself.

use std::io;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::schema::Table;
use crate::wal::WalWriter;

/// Metrics of all parts of the store.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub wal: WalMetrics,
    pub hot: HotMetrics,
    pub flush: FlushMetrics,
    pub cache: CacheMetrics,
    pub retention: RetentionMetrics,
    pub compaction: CompactionMetrics,
    pub scrub: ScrubMetrics,
    pub series: SeriesMetrics,
}

impl Metrics {
    pub fn new(registry: &mut Registry) -> Self {
        Self {
            wal: WalMetrics::new(registry),
            hot: HotMetrics::new(registry),
            flush: FlushMetrics::new(registry),
            cache: CacheMetrics::new(registry),
            retention: RetentionMetrics::new(registry),
            compaction: CompactionMetrics::new(registry),
            scrub: ScrubMetrics::new(registry),
            series: SeriesMetrics::new(registry),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct SeriesMetrics {
    pub active: Gauge<u64, AtomicU64>,
    pub collisions: Gauge<u64, AtomicU64>,
    pub orphans: Counter,
}

impl SeriesMetrics {
    fn new(registry: &mut Registry) -> Self {
        let registry = registry.sub_registry_with_prefix("spanloom_series");
        let metrics = Self { active: Gauge::default(), collisions: Gauge::default(), orphans: Counter::default() };
        registry.register("active", "Series of metrics that are active, of all tenants", metrics.active.clone());
        let help = "Series that were met whose id another series has";
        registry.register("collisions", help, metrics.collisions.clone());
        let help = "Series of flushed samples of which nobody knows what they are called";
        registry.register("orphans", help, metrics.orphans.clone());
        metrics
    }
}

#[derive(Debug, Clone)]
pub(crate) struct WalMetrics {
    frames: Counter,
    failed_frames: Counter,
    commits: Counter,
    commit_seconds: Histogram,
    bytes: Gauge<u64, AtomicU64>,
    backlog_bytes: Gauge<u64, AtomicU64>,
    segments: Gauge,
    /// Requests that wait for a group commit.
    pub queued: Gauge,
}

impl WalMetrics {
    fn new(registry: &mut Registry) -> Self {
        let registry = registry.sub_registry_with_prefix("spanloom_wal");
        let metrics = Self {
            frames: Counter::default(),
            failed_frames: Counter::default(),
            commits: Counter::default(),
            commit_seconds: Histogram::new(exponential_buckets(0.000_5, 2.0, 12)),
            bytes: Gauge::default(),
            backlog_bytes: Gauge::default(),
            segments: Gauge::default(),
            queued: Gauge::default(),
        };
        registry.register("frames", "Requests made durable", metrics.frames.clone());
        registry.register("failed_frames", "Requests refused because the log failed", metrics.failed_frames.clone());
        registry.register("commits", "Group commits, each one fdatasync", metrics.commits.clone());
        let help = "Time from the start of a group commit until it is durable";
        registry.register_with_unit("commit", help, Unit::Seconds, metrics.commit_seconds.clone());
        registry.register_with_unit("disk", "Bytes of all segments on disk", Unit::Bytes, metrics.bytes.clone());
        let help = "Bytes that are not flushed to the lake yet";
        registry.register_with_unit("backlog", help, Unit::Bytes, metrics.backlog_bytes.clone());
        registry.register("segments", "Segments on disk", metrics.segments.clone());
        registry.register("queued", "Requests that wait for a group commit", metrics.queued.clone());
        metrics
    }

    pub fn commit(&self, elapsed: Duration, results: &[io::Result<u64>], writer: &WalWriter) {
        let durable = results.iter().filter(|result| result.is_ok()).count() as u64;
        self.frames.inc_by(durable);
        self.failed_frames.inc_by(results.len() as u64 - durable);
        self.commits.inc();
        self.commit_seconds.observe(elapsed.as_secs_f64());
        self.segments(writer);
    }

    pub fn segments(&self, writer: &WalWriter) {
        self.bytes.set(writer.bytes());
        self.backlog_bytes.set(writer.backlog_bytes());
        self.segments.set(writer.segments() as i64);
    }
}

#[derive(Debug, Clone)]
pub(crate) struct HotMetrics {
    pub bytes: Gauge<u64, AtomicU64>,
    pub rows: Gauge<u64, AtomicU64>,
    pub unread: Gauge<u64, AtomicU64>,
}

impl HotMetrics {
    fn new(registry: &mut Registry) -> Self {
        let registry = registry.sub_registry_with_prefix("spanloom_hot");
        let metrics = Self { bytes: Gauge::default(), rows: Gauge::default(), unread: Gauge::default() };
        let help = "Memory of rows that are acknowledged and not in the lake yet";
        registry.register_with_unit("memory", help, Unit::Bytes, metrics.bytes.clone());
        registry.register("spans", "Spans that are acknowledged and not in the lake yet", metrics.rows.clone());
        let help = "Spans that wait for the ledger to read them";
        registry.register_with_unit("unread", help, Unit::Bytes, metrics.unread.clone());
        metrics
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct TableLabel {
    table: &'static str,
}

impl From<Table> for TableLabel {
    fn from(table: Table) -> Self {
        Self { table: table.name() }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct FlushMetrics {
    pub flushes: Counter,
    pub failures: Counter,
    pub seconds: Histogram,
    pub commits: Family<TableLabel, Counter>,
    pub rows: Family<TableLabel, Counter>,
    pub file_bytes: Family<TableLabel, Counter>,
    pub files: Family<TableLabel, Counter>,
}

impl FlushMetrics {
    fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            flushes: Counter::default(),
            failures: Counter::default(),
            seconds: Histogram::new(exponential_buckets(0.005, 2.0, 14)),
            commits: Family::default(),
            rows: Family::default(),
            file_bytes: Family::default(),
            files: Family::default(),
        };
        let flush = registry.sub_registry_with_prefix("spanloom_flush");
        flush.register("completed", "Flushes of hot rows to the lake", metrics.flushes.clone());
        flush.register("failed", "Flushes that failed and are tried again", metrics.failures.clone());
        flush.register_with_unit("duration", "Time of a flush", Unit::Seconds, metrics.seconds.clone());
        let lake = registry.sub_registry_with_prefix("spanloom_lake");
        lake.register("commits", "Delta commits that added files", metrics.commits.clone());
        lake.register("rows_written", "Rows written to Parquet", metrics.rows.clone());
        lake.register("bytes_written", "Bytes written to Parquet", metrics.file_bytes.clone());
        lake.register("files_written", "Parquet files written", metrics.files.clone());
        metrics
    }
}

/// Copies of a bucket's files.
#[derive(Debug, Clone)]
pub(crate) struct CacheMetrics {
    pub hits: Counter,
    pub misses: Counter,
    pub bytes: Gauge<u64, AtomicU64>,
}

impl CacheMetrics {
    fn new(registry: &mut Registry) -> Self {
        let metrics = Self { hits: Counter::default(), misses: Counter::default(), bytes: Gauge::default() };
        let registry = registry.sub_registry_with_prefix("spanloom_lake_cache");
        registry.register("hits", "Reads of a bucket's files that the local disk answered", metrics.hits.clone());
        registry.register("misses", "Reads of a bucket's files that the bucket answered", metrics.misses.clone());
        registry.register_with_unit(
            "size",
            "Bytes of the copies on the local disk",
            Unit::Bytes,
            metrics.bytes.clone(),
        );
        metrics
    }
}

#[derive(Debug, Clone)]
pub(crate) struct RetentionMetrics {
    pub hours_dropped: Family<RetentionLabel, Counter>,
    pub files_deleted: Counter,
    pub lake_bytes: Gauge<u64, AtomicU64>,
}

/// Why an hour was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, prometheus_client::encoding::EncodeLabelValue)]
pub(crate) enum RetentionReason {
    Age,
    DiskBudget,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RetentionLabel {
    pub reason: RetentionReason,
}

impl RetentionMetrics {
    fn new(registry: &mut Registry) -> Self {
        let metrics =
            Self { hours_dropped: Family::default(), files_deleted: Counter::default(), lake_bytes: Gauge::default() };
        let registry = registry.sub_registry_with_prefix("spanloom_retention");
        registry.register("hours_dropped", "Hours of a table dropped", metrics.hours_dropped.clone());
        registry.register("files_deleted", "Files deleted from disk", metrics.files_deleted.clone());
        registry.register_with_unit("lake", "Bytes of live lake files", Unit::Bytes, metrics.lake_bytes.clone());
        metrics
    }
}

#[derive(Debug, Clone)]
pub(crate) struct CompactionMetrics {
    pub jobs: Family<TableLabel, Counter>,
    pub files_read: Family<TableLabel, Counter>,
    pub files_written: Family<TableLabel, Counter>,
    pub bytes_read: Family<TableLabel, Counter>,
    pub bytes_written: Family<TableLabel, Counter>,
    pub failures: Counter,
}

impl CompactionMetrics {
    fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            jobs: Family::default(),
            files_read: Family::default(),
            files_written: Family::default(),
            bytes_read: Family::default(),
            bytes_written: Family::default(),
            failures: Counter::default(),
        };
        let registry = registry.sub_registry_with_prefix("spanloom_compaction");
        registry.register("jobs", "Times that files of a table were put together", metrics.jobs.clone());
        registry.register("files_read", "Files that were put together", metrics.files_read.clone());
        registry.register("files_written", "Files made of others", metrics.files_written.clone());
        registry.register_with_unit("read", "Bytes of files put together", Unit::Bytes, metrics.bytes_read.clone());
        registry.register_with_unit("written", "Bytes of files made", Unit::Bytes, metrics.bytes_written.clone());
        registry.register("failures", "Times that it failed", metrics.failures.clone());
        metrics
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ScrubMetrics {
    pub files: Counter,
    pub damaged_files: Counter,
}

impl ScrubMetrics {
    fn new(registry: &mut Registry) -> Self {
        let metrics = Self { files: Counter::default(), damaged_files: Counter::default() };
        let registry = registry.sub_registry_with_prefix("spanloom_scrub");
        registry.register("files", "Lake files read again and compared", metrics.files.clone());
        registry.register("damaged_files", "Lake files that were found damaged", metrics.damaged_files.clone());
        metrics
    }
}

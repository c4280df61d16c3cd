//! Samples and what belongs to them, as no protocol and no language has them.
//!
//! Times are milliseconds since the Unix epoch, as Prometheus counts them; tables have them as nanoseconds.

use std::sync::Arc;

use super::id::SeriesId;
use super::labels::Labels;

/// The bits of the value by which Prometheus says that a series has ended. No arithmetic makes them: an operation on a
/// signalling NaN yields a quiet one.
const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// The staleness marker.
pub const STALE: f64 = f64::from_bits(STALE_BITS);

/// Whether a value is the staleness marker. Any other NaN is a value.
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_BITS
}

/// A sample of a series of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchSample {
    /// Which of [`super::SampleBatch::series`].
    pub series: u32,
    pub time_ms: i64,
    /// When what it counts began to be counted; 0 when that is not known.
    pub start_ms: i64,
    pub value: SampleValue,
}

/// What a sample says. A series that has ended says so by [`STALE`], as a float or as the sum of a histogram.
#[derive(Debug, Clone, PartialEq)]
pub enum SampleValue {
    Float(f64),
    Histogram(Arc<NativeHistogram>),
}

/// Buckets that follow one another: `offset` empty ones after the last span (or from bucket 0), then `length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketSpan {
    pub offset: i32,
    pub length: u32,
}

/// What is known of a counter between a histogram and the one before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ResetHint {
    #[default]
    Unknown,
    Reset,
    NotReset,
    Gauge,
}

/// A native histogram. Counts are absolute, not differences to the neighbour.
///
/// Source: Prometheus' "Native Histograms" specification (prometheus.io/docs/specs/native_histograms).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NativeHistogram {
    pub hint: ResetHint,
    /// Bucket bounds grow by 2^(2^-schema), -4 to 8; -53 for listed bounds.
    pub schema: i32,
    pub zero_threshold: f64,
    pub zero_count: f64,
    pub count: f64,
    /// The staleness marker where the series has ended.
    pub sum: f64,
    pub positive_spans: Vec<BucketSpan>,
    /// A count for each bucket of `positive_spans`.
    pub positive: Vec<f64>,
    pub negative_spans: Vec<BucketSpan>,
    pub negative: Vec<f64>,
    /// Upper bounds, ascending, without +Inf; empty unless the schema is -53.
    pub custom_bounds: Arc<[f64]>,
}

impl NativeHistogram {
    /// The staleness marker of a series of histograms.
    pub fn stale() -> Self {
        Self { sum: STALE, ..Self::default() }
    }
}

/// A measurement that stands for others, with what leads to its trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// Which of [`super::SampleBatch::series`] in a batch.
    pub series: u32,
    pub time_ms: i64,
    pub value: f64,
    /// `trace_id`, `span_id` and whatever else the sender says.
    pub labels: Labels,
}

/// What kind of metric a family is. Source: OpenMetrics 1.0, "Metric Types".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum MetricKind {
    Counter,
    Gauge,
    Histogram,
    GaugeHistogram,
    Summary,
    Info,
    StateSet,
    #[default]
    Unknown,
}

impl MetricKind {
    pub const ALL: [Self; 8] = [
        Self::Counter,
        Self::Gauge,
        Self::Histogram,
        Self::GaugeHistogram,
        Self::Summary,
        Self::Info,
        Self::StateSet,
        Self::Unknown,
    ];

    /// As Prometheus and OpenMetrics write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::Unknown => "unknown",
        }
    }

    /// The kind that a text names; `untyped` is the older word for `unknown`.
    pub fn named(name: &str) -> Option<Self> {
        if name == "untyped" {
            return Some(Self::Unknown);
        }
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What is known of all series of a metric family.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricMetadata {
    /// Of the family: without `_bucket`, `_sum`, `_count`; with `_total`, as the series of a counter are called.
    pub family: Arc<str>,
    pub kind: MetricKind,
    pub help: Arc<str>,
    pub unit: Arc<str>,
}

/// Values with their times, ascending, no time twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Points<T> {
    pub times_ms: Vec<i64>,
    pub values: Vec<T>,
    /// See [`BatchSample::start_ms`]. Empty when no start is known.
    pub starts_ms: Vec<i64>,
}

impl<T> Default for Points<T> {
    fn default() -> Self {
        Self { times_ms: Vec::new(), values: Vec::new(), starts_ms: Vec::new() }
    }
}

/// The stored samples of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesSamples {
    pub id: SeriesId,
    pub floats: Points<f64>,
    pub histograms: Points<Arc<NativeHistogram>>,
}

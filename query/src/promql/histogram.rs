//! Native histograms: exponential buckets and custom ones, with float counts.
//!
//! Source: Prometheus' "Native Histograms" specification (prometheus.io/docs/specs/native_histograms).

use std::sync::Arc;

/// The schema of histograms whose bounds are listed.
pub const CUSTOM_SCHEMA: i32 = -53;

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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histogram {
    pub hint: ResetHint,
    /// Bucket bounds grow by 2^(2^-schema); [`CUSTOM_SCHEMA`] for listed bounds.
    pub schema: i32,
    pub zero_threshold: f64,
    pub zero_count: f64,
    pub count: f64,
    /// The staleness marker where the series has ended.
    pub sum: f64,
    pub positive_spans: Vec<BucketSpan>,
    pub positive: Vec<f64>,
    pub negative_spans: Vec<BucketSpan>,
    pub negative: Vec<f64>,
    /// Upper bounds, ascending, without +Inf; empty unless the schema is [`CUSTOM_SCHEMA`].
    pub custom_bounds: Arc<[f64]>,
}

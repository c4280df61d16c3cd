//! Native histograms: exponential buckets and custom ones, with float counts.
//!
//! Source: Prometheus' "Native Histograms" specification (prometheus.io/docs/specs/native_histograms).
//!
//! What two histograms share is found before they meet: the coarser of two schemas, the wider of two zero buckets, the
//! bounds that both list. Operations say what was lost on the way ([`Combined`]), so that the evaluator can tell the user.

/// Sums and differences.
mod arithmetic;
/// Bounds of buckets.
mod bucket;
/// Classic histograms as native ones.
mod classic;
/// Estimates of what lies below a value, and of the value below which so much lies.
mod distribution;
/// Spans and the buckets they stand for.
mod layout;
/// Mean and variance.
mod moments;
/// Histograms as text.
mod print;
/// Counters that started anew.
mod reset;
/// Sums and means of many histograms.
mod sum;
/// Histograms of which nobody looks at the buckets.
mod totals;
/// Histograms without what lies above or below a value.
mod trim;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use arithmetic::{Combined, Incompatible};
pub use bucket::Bucket;
pub use classic::{ClassicHistogram, ConversionError};
pub use distribution::{Fraction, NanObservations, Quantile};
pub use reset::stored_hint;
pub use spanloom_store::series::BucketSpan;
pub use sum::{HistogramMean, HistogramSum};
pub use totals::totals;

/// The schema of histograms whose bounds are listed.
pub const CUSTOM_SCHEMA: i32 = -53;

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

/// Bytes of a sample: a time and a float.
const SAMPLE_BYTES: usize = 16;

impl Histogram {
    /// As how many floats with their times it counts, by the memory that it takes.
    pub fn weight(&self) -> usize {
        let buckets = (self.positive.len() + self.negative.len()) * size_of::<f64>();
        let spans = (self.positive_spans.len() + self.negative_spans.len()) * size_of::<BucketSpan>();
        (size_of::<Self>() + buckets + spans).div_ceil(SAMPLE_BYTES)
    }

    /// Whether the bounds are listed rather than computed.
    pub fn is_custom(&self) -> bool {
        self.schema == CUSTOM_SCHEMA
    }

    /// Every count and the sum, times a factor. By a negative one a counter becomes a gauge.
    #[must_use]
    pub fn scale(self, factor: f64) -> Self {
        self.changed(factor, |count| count * factor)
    }

    /// Every count and the sum, divided. Nothing is left in buckets when the divisor is zero.
    #[must_use]
    pub fn divide(mut self, divisor: f64) -> Self {
        if divisor == 0.0 {
            self.positive_spans.clear();
            self.positive.clear();
            self.negative_spans.clear();
            self.negative.clear();
        }
        self.changed(divisor, |count| count / divisor)
    }

    /// Every count and the sum with the other sign.
    #[must_use]
    pub fn negate(self) -> Self {
        self.scale(-1.0)
    }

    fn changed(mut self, by: f64, change: impl Fn(f64) -> f64) -> Self {
        if by < 0.0 {
            self.hint = ResetHint::Gauge;
        }
        for count in [&mut self.zero_count, &mut self.count, &mut self.sum] {
            *count = change(*count);
        }
        for count in self.positive.iter_mut().chain(&mut self.negative) {
            *count = change(*count);
        }
        self
    }

    /// Whether two histograms are the same to the last bit, as PromQL's `==` sees it: hints do not matter, and neither does
    /// how spans are cut, but empty buckets do.
    pub fn equals(&self, other: &Self) -> bool {
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
        let all_same = |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(*a, *b));
        self.schema == other.schema
            && self.zero_threshold == other.zero_threshold
            && same(self.zero_count, other.zero_count)
            && same(self.count, other.count)
            && same(self.sum, other.sum)
            && all_same(&self.custom_bounds, &other.custom_bounds)
            && all_same(&self.positive, &other.positive)
            && all_same(&self.negative, &other.negative)
            && layout::same_places(&self.positive_spans, &other.positive_spans)
            && layout::same_places(&self.negative_spans, &other.negative_spans)
    }

    /// Without empty buckets, with as few spans as can be.
    #[must_use]
    pub fn compact(mut self) -> Self {
        layout::compact(&mut self.positive_spans, &mut self.positive);
        layout::compact(&mut self.negative_spans, &mut self.negative);
        self
    }

    /// With wider buckets. Nothing changes when the schema is not coarser or when bounds are listed.
    #[must_use]
    pub fn reduce_schema(mut self, schema: i32) -> Self {
        if self.is_custom() || schema == CUSTOM_SCHEMA || schema >= self.schema {
            return self;
        }
        let coarser = layout::coarser(self.schema, schema);
        layout::map(&mut self.positive_spans, &mut self.positive, &coarser);
        layout::map(&mut self.negative_spans, &mut self.negative, &coarser);
        self.schema = schema;
        self
    }
}

//! Metrics: what series are called, which there are, and their samples on the way in and out.
//!
//! ```text
//! receiver -> SampleBatch -> log, hot rows of `samples` -> lake          labels of new series -> SeriesIndex -> `series`
//! matchers -> SeriesIndex and indexes of lake hours -> ids -> hot rows and lake files of `samples` -> SeriesSamples
//! ```
//!
//! A series is known by its [`SeriesId`] alone once its labels lie in the table `series` of the hour: then a request in the
//! log holds 32 bytes for a sample, whatever its labels are.

/// Samples on their way into the store.
mod batch;
/// The indexes of all tenants, and what the lake says of older hours.
pub(crate) mod catalog;
/// Batches as bytes, for the log.
mod encoding;
/// What a series is called, as two numbers.
mod id;
/// Which series are active, and which have a label.
mod index;
/// What tells a series from others.
mod labels;
/// Conditions on labels.
mod matcher;
/// Samples of series, out of hot rows and lake files.
pub(crate) mod read;
/// Samples, and what belongs to them.
mod sample;

pub use batch::{BatchSeries, KnownSeries, LabelsRefused, NoneKnown, SampleBatch, SeriesLimits};
pub(crate) use encoding::varint;
pub use encoding::{DecodeError, decode, encode};
pub use id::SeriesId;
pub use index::{
    Cardinality, FAMILIES_MAX, Inserted, Insertion, LabelIndex, LastSeen, Ranking, SeriesHour, SeriesIndex, Slot,
    TooManySelected, Unwritten,
};
pub use labels::{Label, Labels, is_metadata, label};
pub use matcher::{MatchOp, Matcher, anchored};
pub use read::{ReadError, SampleQuestion};
pub use sample::{
    BatchSample, BucketSpan, Exemplar, MetricKind, MetricMetadata, NativeHistogram, Points, ResetHint, STALE,
    SampleValue, SeriesSamples, is_stale,
};

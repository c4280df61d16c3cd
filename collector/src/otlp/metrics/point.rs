//! What all kinds of data points have, and why one is refused.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{
    DataPointFlags, ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint, SummaryDataPoint,
};
use spanloom_store::series::LabelsRefused;
use thiserror::Error;

use crate::sample_time::{self, BadTime};

/// How much of a key an error shows.
const SHOWN_BYTES_MAX: usize = 60;
const NS_PER_MS: u64 = 1_000_000;

/// Why a data point was refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum BadPoint {
    #[error("the metric has no name")]
    Name,
    #[error("the metric has no data")]
    NoData,
    #[error("attribute {0:?} has no letter that a label may have")]
    Attribute(String),
    #[error("an attribute is nested too deeply")]
    Nesting,
    #[error("it has no time")]
    NoTime,
    #[error(transparent)]
    Time(#[from] BadTime),
    #[error("it has no value")]
    NoValue,
    #[error("its aggregation temporality is {temporality} and it is {what}, which has no form here")]
    Temporality { temporality: i32, what: &'static str },
    #[error("it has {bounds} bounds and {counts} bucket counts")]
    Buckets { bounds: usize, counts: usize },
    #[error("it has {0} buckets, the most is {max}", max = super::BUCKETS_MAX)]
    TooManyBuckets(usize),
    #[error("its bounds do not ascend, or are not finite")]
    Bounds,
    #[error("its count is {count}, and its buckets have {buckets} observations")]
    Count { count: u64, buckets: u128 },
    #[error("its scale is {0}, the least is -4")]
    Scale(i32),
    #[error("one of its buckets lies beyond all that there are")]
    BucketIndex,
    #[error("its zero bucket has the breadth {0}")]
    ZeroThreshold(f64),
    #[error(transparent)]
    Labels(#[from] LabelsRefused),
    #[error("the series of the request take more than {0} bytes")]
    TooLarge(u64),
    #[error("a delta that is negative or not finite cannot be added up")]
    DeltaValue,
    #[error("it ends at {time_ms} ms, and its series was added up to {last_ms} ms already")]
    DeltaOrder { time_ms: i64, last_ms: i64 },
    #[error("{0} series of deltas are added up already")]
    DeltaSeries(usize),
}

impl BadPoint {
    pub fn attribute(key: &str) -> Self {
        Self::Attribute(key[..key.floor_char_boundary(SHOWN_BYTES_MAX)].to_owned())
    }

    /// The reason under which it is counted; a closed set.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Name => "no_name",
            Self::NoData | Self::NoValue => "no_value",
            Self::Attribute(_) | Self::Nesting => "attribute",
            Self::NoTime => "time",
            Self::Time(why) => why.reason(),
            Self::Temporality { .. } => "temporality",
            Self::Buckets { .. }
            | Self::TooManyBuckets(_)
            | Self::Bounds
            | Self::Count { .. }
            | Self::Scale(_)
            | Self::BucketIndex
            | Self::ZeroThreshold(_) => "histogram",
            Self::Labels(why) => why.reason(),
            Self::TooLarge(_) => "too_large",
            Self::DeltaValue => "delta_value",
            Self::DeltaOrder { .. } => "delta_order",
            Self::DeltaSeries(_) => "delta_series",
        }
    }
}

/// When a data point ends and since when it counts, in milliseconds; `start_ms` is 0 when that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub time_ms: i64,
    pub start_ms: i64,
}

/// What a data point is besides its value.
#[derive(Debug, Clone, Copy)]
pub struct Head<'p> {
    pub attributes: &'p [KeyValue],
    time_ns: u64,
    start_ns: u64,
    flags: u32,
}

impl Head<'_> {
    /// # Errors
    /// [`BadPoint::NoTime`]. Whether the time is one of a sample is not checked.
    pub fn times(&self) -> Result<Times, BadPoint> {
        if self.time_ns == 0 {
            return Err(BadPoint::NoTime);
        }
        let time_ms = ms(self.time_ns);
        Ok(Times { time_ms, start_ms: sample_time::start_ms(ms(self.start_ns), time_ms) })
    }

    /// Whether it says that its series has ended.
    pub const fn is_stale(&self) -> bool {
        self.flags & DataPointFlags::NoRecordedValueMask as u32 != 0
    }
}

/// Nanoseconds of 64 bits are milliseconds of 45.
pub const fn ms(ns: u64) -> i64 {
    (ns / NS_PER_MS).cast_signed()
}

/// A data point of some kind.
pub trait DataPoint {
    fn head(&self) -> Head<'_>;
}

impl DataPoint for NumberDataPoint {
    fn head(&self) -> Head<'_> {
        let Self { attributes, time_unix_nano, start_time_unix_nano, flags, .. } = self;
        Head { attributes, time_ns: *time_unix_nano, start_ns: *start_time_unix_nano, flags: *flags }
    }
}

impl DataPoint for HistogramDataPoint {
    fn head(&self) -> Head<'_> {
        let Self { attributes, time_unix_nano, start_time_unix_nano, flags, .. } = self;
        Head { attributes, time_ns: *time_unix_nano, start_ns: *start_time_unix_nano, flags: *flags }
    }
}

impl DataPoint for ExponentialHistogramDataPoint {
    fn head(&self) -> Head<'_> {
        let Self { attributes, time_unix_nano, start_time_unix_nano, flags, .. } = self;
        Head { attributes, time_ns: *time_unix_nano, start_ns: *start_time_unix_nano, flags: *flags }
    }
}

impl DataPoint for SummaryDataPoint {
    fn head(&self) -> Head<'_> {
        let Self { attributes, time_unix_nano, start_time_unix_nano, flags, .. } = self;
        Head { attributes, time_ns: *time_unix_nano, start_ns: *start_time_unix_nano, flags: *flags }
    }
}

//! What a span must be to be kept, in whatever encoding it came.

use std::time::Duration;

use spanloom_store::schema::spans::Quirks;
use spanloom_store::value::{Attributes, Value};
use spanloom_store::{InvalidId, SpanId, TraceId};
use thiserror::Error;

/// How deeply values may be nested. Below what the decoders of both encodings follow (100 messages of protobuf, 128 levels
/// of JSON), so that both refuse the same values.
pub const VALUE_DEPTH_MAX: usize = 24;
/// How far ahead of its receipt a span may start.
pub const FUTURE_MAX: Duration = Duration::from_hours(1);

/// Why a span was refused while its request was taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadSpan {
    #[error("trace_id: {0}")]
    TraceId(InvalidId),
    #[error("span_id: {0}")]
    SpanId(InvalidId),
    #[error("parent_span_id: {0}")]
    ParentSpanId(InvalidId),
    #[error("a link has a trace or span id of a wrong length")]
    Link,
    #[error("its start or end lies beyond the year 2262")]
    Time,
    #[error("it starts more than an hour ahead of this server's clock")]
    Future,
    #[error("an attribute is nested more than {VALUE_DEPTH_MAX} levels deep")]
    Nesting,
}

impl BadSpan {
    /// The reason under which it is counted; a closed set.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::TraceId(_) => "trace_id",
            Self::SpanId(_) => "span_id",
            Self::ParentSpanId(_) => "parent_span_id",
            Self::Link => "link",
            Self::Time => "time",
            Self::Future => "future",
            Self::Nesting => "nesting",
        }
    }
}

/// Ids and times of an OTLP span as they were sent.
#[derive(Debug, Clone, Copy)]
pub struct SentHead<'m> {
    pub trace_id: &'m [u8],
    pub span_id: &'m [u8],
    pub parent_span_id: &'m [u8],
    pub start_time_unix_nano: u64,
    pub end_time_unix_nano: u64,
}

/// Ids and times that can be kept, and what is odd about them.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub parent_span_id: Option<SpanId>,
    pub start_ns: i64,
    pub end_ns: i64,
    pub quirks: Quirks,
}

impl SentHead<'_> {
    /// # Errors
    /// The first that is wrong: times before ids.
    pub fn check(self, latest_start_ns: i64) -> Result<Head, BadSpan> {
        let start_ns = i64::try_from(self.start_time_unix_nano).map_err(|_| BadSpan::Time)?;
        let end_ns = i64::try_from(self.end_time_unix_nano).map_err(|_| BadSpan::Time)?;
        if start_ns > latest_start_ns {
            return Err(BadSpan::Future);
        }
        Ok(Head {
            trace_id: TraceId::try_from(self.trace_id).map_err(BadSpan::TraceId)?,
            span_id: SpanId::try_from(self.span_id).map_err(BadSpan::SpanId)?,
            parent_span_id: parent(self.parent_span_id)?,
            start_ns,
            end_ns,
            quirks: if end_ns < start_ns { Quirks::END_BEFORE_START } else { Quirks::default() },
        })
    }
}

/// No parent is written as nothing or as zeros.
fn parent(bytes: &[u8]) -> Result<Option<SpanId>, BadSpan> {
    if bytes.is_empty() {
        return Ok(None);
    }
    match SpanId::try_from(bytes) {
        Ok(id) => Ok(Some(id)),
        Err(InvalidId::Zero) => Ok(None),
        Err(wrong) => Err(BadSpan::ParentSpanId(wrong)),
    }
}

/// The ids of a link. It may point nowhere: an absent id is zeros.
pub fn link_ids(trace_id: &[u8], span_id: &[u8]) -> Result<(TraceId, SpanId), BadSpan> {
    Ok((TraceId::from_bytes(link_id(trace_id)?), SpanId::from_bytes(link_id(span_id)?)))
}

fn link_id<const N: usize>(bytes: &[u8]) -> Result<[u8; N], BadSpan> {
    if bytes.is_empty() { Ok([0; N]) } else { bytes.try_into().map_err(|_| BadSpan::Link) }
}

/// # Errors
/// [`BadSpan::Nesting`] beyond [`VALUE_DEPTH_MAX`].
pub fn check_nesting(attributes: &Attributes<'_>) -> Result<(), BadSpan> {
    let fit = attributes.iter().all(|(_, value)| fits(value, VALUE_DEPTH_MAX));
    if fit { Ok(()) } else { Err(BadSpan::Nesting) }
}

fn fits(value: &Value<'_>, levels_left: usize) -> bool {
    match value {
        Value::Array(items) => levels_left > 0 && items.iter().all(|item| fits(item, levels_left - 1)),
        Value::Map(entries) => levels_left > 0 && entries.iter().all(|(_, value)| fits(value, levels_left - 1)),
        _ => true,
    }
}

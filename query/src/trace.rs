//! Traces by their ids: as they came, and what there is to say of them.
//!
//! What is said is computed by pure functions of a trace that was put together once ([`assembled`]); [`read`] feeds them.

/// What many traces waited for.
pub(crate) mod aggregate;
/// What there is to know of one.
pub(crate) mod analysis;
/// A trace put together.
mod assembled;
/// Which traces are read together.
mod batches;
/// One without its attributes.
pub(crate) mod columns;
/// Two beside each other.
pub(crate) mod compare;
/// What made one last as long as it did.
pub(crate) mod critical;
/// What answers have in common.
mod item;
#[cfg(test)]
mod large;
#[cfg(test)]
mod lines;
/// Who is whose parent.
mod parents;
/// When spans were, and who was waited for.
mod place;
#[cfg(test)]
mod random;
/// Rows in, answers out.
pub(crate) mod read;
/// A row as the analysis needs it.
mod span;
/// Spans as trees.
mod tree;

use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::{Expr, col, lit};
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use spanloom_store::{SpanId, Table, TraceId};

use crate::error::QueryError;
use crate::otlp::TraceForm;
use crate::session::Session;

/// When spans may have started, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeRange {
    pub start_ns: i64,
    pub end_ns: i64,
}

impl TimeRange {
    /// The range made longer by `by_ns` on both sides.
    pub fn widened(self, by_ns: i64) -> Self {
        Self { start_ns: self.start_ns.saturating_sub(by_ns), end_ns: self.end_ns.saturating_add(by_ns) }
    }

    /// `start_ns` lies in the range.
    pub fn contains_start(self) -> Expr {
        col("start_ns").between(lit(self.start_ns), lit(self.end_ns))
    }
}

/// The rows of a trace's spans.
///
/// Found by the row groups' bloom filters on `trace_lo`, which are kept in memory. The table `traces` does not narrow the
/// search: a lookup there costs as much as the bloom filters (storage lab §2: 67 against 35 to 58 ms), and when retention has
/// dropped the hour of a trace's first row but not that of its last spans, it would hide them.
pub(crate) async fn spans(session: &Session, id: TraceId, range: Option<TimeRange>) -> Result<DataFrame, QueryError> {
    let is_trace = col("trace_lo").eq(lit(id.lo())).and(col("trace_hi").eq(lit(id.hi())));
    let filter = match range {
        Some(range) => is_trace.and(range.contains_start()),
        None => is_trace,
    };
    Ok(session.context()?.table(Table::Spans.name()).await?.filter(filter)?)
}

/// All spans of a trace with an id as OTLP, resends folded: two of them where a client and a server share it (Zipkin). Empty
/// when there is none.
pub(crate) async fn span_by_id(
    session: &Session,
    id: TraceId,
    span_id: SpanId,
    range: Option<TimeRange>,
) -> Result<Vec<ResourceSpans>, QueryError> {
    as_otlp(session, spans(session, id, range).await?.filter(col("span_id").eq(lit(span_id.as_int())))?).await
}

/// The trace's spans as OTLP, resends folded; empty when there is no such trace.
pub(crate) async fn by_id<T: TraceForm>(
    session: &Session,
    id: TraceId,
    range: Option<TimeRange>,
) -> Result<T, QueryError> {
    as_otlp(session, spans(session, id, range).await?).await
}

async fn as_otlp<T: TraceForm>(session: &Session, rows: DataFrame) -> Result<T, QueryError> {
    let rows = session.collect(rows).await?;
    rows.memory.try_grow(rows.memory.size() * T::BYTES_PER_ROW_BYTE)?;
    Ok(T::of(&rows.batches)?)
}

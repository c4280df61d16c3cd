//! Traces that are too large to be sent whole.

use arrow::array::AsArray as _;
use arrow::datatypes::Int64Type;
use datafusion::logical_expr::col;
use spanloom_store::TraceId;

use crate::error::QueryError;
use crate::otlp::TraceForm;
use crate::session::Session;
use crate::trace::{self, TimeRange};

/// A part with fewer spans is not worth sending.
const SPANS_MIN: usize = 100;

/// A trace, or the first spans of one.
#[derive(Debug)]
pub(crate) struct Part<T> {
    /// Empty when there is no such trace.
    pub spans: T,
    /// Why it is not the whole trace, if it is not.
    pub partial: Option<String>,
}

/// The trace's spans as OTLP, resends folded; of a trace that needs more memory than a query may have, as many of those that
/// start first as there is room for, found by halves.
///
/// # Errors
/// `Memory` when not even a few spans fit, and what reading fails with.
pub(crate) async fn by_id<T: TraceForm>(
    session: &Session,
    id: TraceId,
    range: Option<TimeRange>,
) -> Result<Part<T>, QueryError> {
    let why = match trace::by_id(session, id, range).await {
        Err(QueryError::Memory(why)) => why,
        whole => return Ok(Part { spans: whole?, partial: None }),
    };
    let range = range.unwrap_or(TimeRange { start_ns: i64::MIN, end_ns: i64::MAX });
    let starts = Starts::of(session, id, range).await?;
    let total = starts.0.len();
    let mut spans_max = total / 2;
    while spans_max >= SPANS_MIN {
        let first = TimeRange { end_ns: starts.0[spans_max - 1], ..range };
        match trace::by_id(session, id, Some(first)).await {
            Err(QueryError::Memory(_)) => spans_max /= 2,
            spans => return Ok(Part { spans: spans?, partial: Some(message(total, starts.until(first.end_ns))) }),
        }
    }
    Err(QueryError::Memory(why))
}

fn message(total: usize, sent: usize) -> String {
    format!(
        "the trace has {total} spans, which is more than fits into query.memory_bytes_max: only the {sent} that start \
         first are here"
    )
}

/// When the spans of a trace start, ascending.
struct Starts(Vec<i64>);

impl Starts {
    async fn of(session: &Session, id: TraceId, range: TimeRange) -> Result<Self, QueryError> {
        let rows = trace::spans(session, id, Some(range)).await?.select(vec![col("start_ns")])?;
        let memory = session.reserve("starts");
        let mut starts = Vec::new();
        session
            .for_each(rows, |batch| {
                let column = batch.column(0).as_primitive::<Int64Type>();
                memory.try_grow(std::mem::size_of_val(column.values().as_ref()))?;
                starts.extend_from_slice(column.values());
                Ok(())
            })
            .await?;
        starts.sort_unstable();
        Ok(Self(starts))
    }

    /// How many start at this time or before.
    fn until(&self, time_ns: i64) -> usize {
        self.0.partition_point(|start_ns| *start_ns <= time_ns)
    }
}

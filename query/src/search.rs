//! Traces by TraceQL, newest first.
//!
//! A search walks backwards over slices of time and stops when `limit` traces are sure to be the newest ([`walk`]). In each
//! slice it finds traces that may match by a condition on single spans ([`candidates`]), reads all spans of these and judges
//! each as a whole ([`judge`]): so the answer does not depend on where in a trace, or in which flush, a span came.

/// How far the data reaches.
mod bounds;
/// Traces of a slice that may match.
mod candidates;
/// Every span of a range.
mod every;
/// When spans of traces start.
mod extents;
/// Traces read as a whole.
mod judge;
/// What is found, while it is found.
mod progress;
/// What a query does with the spans of one trace.
mod spansets;
/// Parents and children in a trace.
mod structure;
/// Slices of time, and when it is enough.
mod walk;

use std::time::Instant;

use datafusion::logical_expr::{Expr, col, lit};
use spanloom_store::value::Value;

use crate::error::QueryError;
use crate::session::Session;
use crate::trace::TimeRange;
use crate::traceql::plan::{TRACE_END, TRACE_START};
use crate::traceql::{self, plan};
use crate::traces::TraceItem;

pub(crate) use every::Every;
pub(crate) use progress::{Listener, Progress};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Searched {
    /// TraceQL.
    pub text: String,
    /// Traces that overlap it.
    pub range: TimeRange,
    /// Traces in which this service has a span.
    pub service: Option<String>,
    /// Durations of traces, both ends included.
    pub duration_min_ns: Option<i64>,
    pub duration_max_ns: Option<i64>,
    /// At most so many traces, at least 1.
    pub limit: usize,
    /// At most so many spans of each spanset.
    pub spans_max: usize,
}

/// The same, with the server's bounds.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub searched: Searched,
    /// `query.trace_span_max`.
    pub trace_span_max_ns: i64,
    /// When to answer with what there is.
    pub deadline: Instant,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The newest first.
    pub traces: Vec<FoundTrace>,
    /// Why there may be more than is said here.
    pub partial: Option<String>,
    pub inspected: Inspected,
}

/// What the search cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Inspected {
    /// Traces that were judged.
    pub traces: u64,
    /// Spans of them.
    pub spans: u64,
    /// Slices of time that were searched.
    pub slices: u64,
    /// Lake files that were opened, as often as they were, and their size.
    pub files: u64,
    pub bytes: u64,
}

impl Inspected {
    fn note_scanned(&mut self, session: &Session) {
        (self.files, self.bytes) = session.opened();
    }

    /// What two parts of one query cost: each knows of all files that were opened until its end.
    pub fn with(self, later: Self) -> Self {
        Self {
            traces: self.traces + later.traces,
            spans: self.spans + later.spans,
            slices: self.slices + later.slices,
            files: self.files.max(later.files),
            bytes: self.bytes.max(later.bytes),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct FoundTrace {
    pub item: TraceItem,
    pub start_ns: i64,
    pub spansets: Vec<FoundSpanset>,
}

#[derive(Debug, Clone)]
pub(crate) struct FoundSpanset {
    /// How many spans it has; [`Self::spans`] are the first of them.
    pub matched: usize,
    pub spans: Vec<FoundSpan>,
    /// What `by` and aggregates say of it.
    pub attributes: Vec<(String, Value<'static>)>,
}

#[derive(Debug, Clone)]
pub(crate) struct FoundSpan {
    pub span_id: String,
    pub name: String,
    pub service: Option<String>,
    pub start_ns: i64,
    pub duration_ns: i64,
    pub status_code: i32,
    /// What the query names.
    pub attributes: Vec<(String, Value<'static>)>,
}

/// Answers a question; who listens is told of each step on the way.
///
/// # Errors
/// `TraceQl` for a text that is none, and what reading fails with. What takes too long or is too much is no error: the
/// answer says that it is partial.
pub(crate) async fn run(
    session: &Session,
    question: &Question,
    listener: Option<&Listener>,
) -> Result<Found, QueryError> {
    let query = traceql::parse(&question.searched.text)?;
    let mut plan = plan::plan(&query)?;
    if let Some(bounds) = duration_bounds(&question.searched) {
        plan.needs.trace = Some(plan.needs.trace.map_or(bounds.clone(), |needed| needed.and(bounds)));
    }
    let mut found = walk::walk(session, question, &plan, listener).await?;
    found.inspected.note_scanned(session);
    Ok(found)
}

fn duration_bounds(searched: &Searched) -> Option<Expr> {
    let duration = || col(TRACE_END) - col(TRACE_START);
    let min = searched.duration_min_ns.map(|min_ns| duration().gt_eq(lit(min_ns)));
    let max = searched.duration_max_ns.map(|max_ns| duration().lt_eq(lit(max_ns)));
    match (min, max) {
        (Some(min), Some(max)) => Some(min.and(max)),
        (min, max) => min.or(max),
    }
}

#[cfg(test)]
mod tests;

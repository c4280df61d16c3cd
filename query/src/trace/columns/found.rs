//! Spans that a text is found in, in the order of the tree.

use arrow::array::RecordBatch;
use serde::Serialize;
use spanloom_store::TraceId;
use utoipa::ToSchema;

use super::answer::push_id;
use super::gathered::Gathered;
use super::words::{self, SearchedBatch, Words};
use super::{Gathering, Planted};
use crate::error::QueryError;
use crate::session::Session;
use crate::trace::TimeRange;
use crate::trace::read::Held;

/// Spans of an answer.
const FOUND_MAX: usize = 10_000;
/// What one of them takes, and as JSON.
const FOUND_BYTES: usize = 64;

/// Spans that a text is found in, in the order of the tree: parents before their children, siblings by start.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SpanMatches {
    /// 16 hexadecimal digits a span, one after the other; of at most 10,000 spans.
    pub id: String,
    /// OTLP `SpanKind` of each. Tells the two halves of a shared span id (Zipkin) from each other.
    pub kind: Vec<i32>,
    /// All of them.
    pub count: usize,
}

/// The spans of a trace that a text is found in; none when there is no such trace.
///
/// # Errors
/// `BadRequest` for a text that says nothing.
pub(crate) async fn found(
    session: &Session,
    id: TraceId,
    range: Option<TimeRange>,
    text: &str,
) -> Result<Option<Held<SpanMatches>>, QueryError> {
    let words = Words::parse(text)?;
    let is_found = |batch: &RecordBatch| -> Result<Vec<bool>, QueryError> {
        let searched = SearchedBatch::of(batch)?;
        Ok((0..batch.num_rows()).map(|at| words.are_in(&searched.row(at))).collect())
    };
    let gathering = Gathering::of_trace(session, id, range, &words::columns(), is_found).await?;
    if gathering.gathered.rows.is_empty() {
        return Ok(None);
    }
    gathering.memory.try_grow(FOUND_MAX * FOUND_BYTES)?;
    let answer = matches(&gathering.gathered);
    Ok(Some(gathering.hold(answer)))
}

fn matches(gathered: &Gathered) -> SpanMatches {
    let planted = Planted::new(gathered);
    let mut matches = SpanMatches { id: String::new(), kind: Vec::new(), count: 0 };
    planted.tree.each_down(|span| {
        if !gathered.rows[planted.rows[span] as usize].is_found {
            return;
        }
        matches.count += 1;
        if matches.count <= FOUND_MAX {
            push_id(&mut matches.id, planted.spans[span].id);
            matches.kind.push(planted.spans[span].kind);
        }
    });
    matches
}

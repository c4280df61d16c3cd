//! The critical path of a trace: which parts of which spans made its root last as long as it did.
//!
//! A span is over when its own work is done and whoever it waited for is. So the path is found backwards, from the root's
//! end: of the children that had ended by then, the last one to end is what the span waited for; between that end and
//! where we stand the span worked itself; the child explains the time back to its own start, by its children in the same
//! way; and from its start on the question is asked of the parent again. A child that was still running where we stand
//! held nobody up, and is not on the path.
//!
//! What we are told is not always so: clocks of two machines differ, parents do not come, spans name each other as
//! parents in a circle, work goes on after who began it has ended. What is made of these is decided before the walk, in
//! one place each:
//!
//! ```text
//! rows -> span: resends folded -> parents: who is whose -> tree: one root chosen -> place: clocks, and who was waited for
//!      -> walk: the path -> answer
//! ```
//!
//! Each step takes time and memory linear in the number of spans, but for sorting, and none recurses: a trace may be a
//! chain of a hundred thousand spans, or one span with as many children, or all of them with one id.

mod answer;
mod parents;
mod place;
mod span;
mod tree;
mod walk;

use datafusion::execution::memory_pool::MemoryReservation;
use spanloom_store::TraceId;

use super::TimeRange;
use crate::error::QueryError;
use crate::session::Session;

pub(crate) use answer::CriticalPath;

use span::Span;
use tree::Tree;

/// What one span takes besides its row: itself, its entries in the maps of parents, its place, two segments, and these as
/// JSON.
const SPAN_BYTES: usize = 768;

/// A path, and the memory that it takes.
pub(crate) struct HeldPath {
    pub path: CriticalPath,
    _memory: MemoryReservation,
}

/// The critical path of a trace; none when there is no such trace.
pub(crate) async fn by_id(
    session: &Session,
    id: TraceId,
    range: Option<TimeRange>,
) -> Result<Option<HeldPath>, QueryError> {
    let spans = super::spans(session, id, range).await?.select_columns(&span::COLUMNS)?;
    let rows = session.collect(spans).await?;
    let count: usize = rows.batches.iter().map(|batch| batch.num_rows()).sum();
    rows.memory.try_grow(count * SPAN_BYTES)?;
    let path = path(id, span::read(&rows.batches));
    Ok(path.map(|path| HeldPath { path, _memory: rows.memory }))
}

/// The critical path through spans in any order, resends among them; none where there are no spans.
fn path(id: TraceId, spans: Vec<Span<'_>>) -> Option<CriticalPath> {
    let spans = span::fold_resends(spans);
    let tree = Tree::new(&spans);
    let root = tree.root(&spans)?;
    let windows = place::windows(&spans, &tree, root.span);
    let segments = walk::walk(&tree, &windows, root.span);
    Some(answer::answer(id, &spans, &tree, root, &windows, segments))
}

#[cfg(test)]
mod tests;

//! A trace in columns: all that its tree, its bars and its colours need of each span, and no attributes. A span takes some
//! fifty bytes here, of a thousand as OTLP.
//!
//! ```text
//! rows -> gathered: as they come, one batch held at a time -> tree: resends folded -> part: which rows are shown
//!      -> answer: these rows in the order of the tree
//! ```
//!
//! A trace may be larger than anybody looks at: an answer has [`ROWS_MAX`] rows, the levels from the top until it is full,
//! and says below which of them there is more.

mod answer;
/// Spans that a text is found in.
pub(crate) mod found;
/// Rows in, each text once.
mod gathered;
/// Which rows.
mod part;
/// Which spans a text is found in.
mod words;

use arrow::array::RecordBatch;
use datafusion::execution::memory_pool::MemoryReservation;
use spanloom_store::{SpanId, TraceId};

pub(crate) use answer::SpanColumns;

use self::gathered::Gathered;
use self::part::Part;
use super::TimeRange;
use super::span::Span;
use super::tree::Tree;
use crate::error::QueryError;
use crate::session::Session;
use crate::trace::read::Held;

/// Rows of an answer.
pub(crate) const ROWS_MAX: usize = 50_000;
/// What a span takes while its tree is put together: itself, its number, its entries in the maps of parents, its place
/// among its parent's children, and what is below it.
const TREE_SPAN_BYTES: usize = 320;
/// What a row of an answer takes, with its share of the dictionaries, and as JSON.
const ANSWER_ROW_BYTES: usize = 256;

/// Which part of a trace's tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Levels at most.
    pub depth: Option<usize>,
    /// This span and what is below it; all when there is none.
    pub under: Option<Under>,
    /// So many of the first children of `under` are left out; without it, of the tops.
    pub skip: usize,
}

/// The span at the top of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Under {
    pub id: SpanId,
    /// OTLP `SpanKind`, where several spans have the id; the first of them when it is not given.
    pub kind: Option<i32>,
}

/// A trace whose spans were gathered, as trees.
struct Gathering {
    gathered: Gathered,
    memory: MemoryReservation,
}

impl Gathering {
    /// Reads the spans of a trace with the columns that are named; `found` says of the rows of a batch whether what is
    /// looked for is in them, or nothing.
    async fn of_trace(
        session: &Session,
        id: TraceId,
        range: Option<TimeRange>,
        columns: &[&str],
        found: impl Fn(&RecordBatch) -> Result<Vec<bool>, QueryError>,
    ) -> Result<Self, QueryError> {
        let memory = session.reserve("columns of a trace");
        let mut gathered = Gathered::default();
        let spans = super::spans(session, id, range).await?.select_columns(columns)?;
        let each = |batch: &RecordBatch| {
            gathered.add(batch, &found(batch)?)?;
            Ok(memory.try_grow(gathered.held_bytes().saturating_sub(memory.size()))?)
        };
        session.for_each(spans, each).await?;
        memory.try_grow(gathered.rows.len().saturating_mul(TREE_SPAN_BYTES))?;
        Ok(Self { gathered, memory })
    }

    fn hold<T>(self, answer: T) -> Held<T> {
        Held::new(answer, self.memory)
    }
}

/// Spans as trees, by the rules of all that is said of traces, and the rows that they came from.
struct Planted<'a> {
    spans: Vec<Span<'a>>,
    /// Of each span its row in what was gathered.
    rows: Vec<u32>,
    tree: Tree,
}

impl<'a> Planted<'a> {
    fn new(gathered: &'a Gathered) -> Self {
        let (spans, rows) = super::span::fold_numbered(gathered.spans());
        let tree = Tree::new(&spans);
        Self { spans, rows, tree }
    }

    fn find(&self, under: Under) -> Option<usize> {
        let is_it = |span: &Span<'_>| span.id == under.id && under.kind.is_none_or(|kind| kind == span.kind);
        self.spans.iter().position(is_it)
    }
}

/// The columns of a trace; none when there is no such trace.
///
/// # Errors
/// `NotFound` when the trace lacks the span that the part is under.
pub(crate) async fn columns(
    session: &Session,
    id: TraceId,
    range: Option<TimeRange>,
    wanted: Wanted,
) -> Result<Option<Held<SpanColumns>>, QueryError> {
    let gathering = Gathering::of_trace(session, id, range, &gathered::COLUMNS, |_| Ok(Vec::new())).await?;
    if gathering.gathered.rows.is_empty() {
        return Ok(None);
    }
    gathering.memory.try_grow(gathering.gathered.rows.len().min(ROWS_MAX) * ANSWER_ROW_BYTES)?;
    let answer = columns_of(id, &gathering.gathered, wanted, ROWS_MAX)?;
    Ok(Some(gathering.hold(answer)))
}

fn columns_of(id: TraceId, gathered: &Gathered, wanted: Wanted, rows_max: usize) -> Result<SpanColumns, QueryError> {
    let planted = Planted::new(gathered);
    let no_span = |id: SpanId| QueryError::NotFound(format!("the trace has no span {id}"));
    let under = wanted.under.map(|under| planted.find(under).ok_or_else(|| no_span(under.id))).transpose()?;
    let part = Part::new(&planted, under, &wanted, rows_max);
    Ok(answer::answer(id, gathered, &planted, &part))
}

#[cfg(test)]
mod tests;

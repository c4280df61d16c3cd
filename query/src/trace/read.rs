//! Spans out of the tables, and the memory that they and what is said of them take.

use std::collections::HashMap;
use std::time::Instant;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::logical_expr::{col, lit};
use spanloom_store::{Table, TraceId};

use super::TimeRange;
use super::aggregate::{AggregateCriticalPath, AggregatePath};
use super::analysis::{self, TraceAnalysis};
use super::assembled::Assembled;
use super::batches::{Batch, Wanted, batches};
use super::compare::{self, TraceComparison};
use super::critical::{self, CriticalPath};
use super::span::{self, Span};
use crate::error::QueryError;
use crate::search::{Found, FoundTrace};
use crate::session::{Batches, Session};

/// What one span takes besides its row: itself, its entries in the maps of parents, operations and nodes, its place, its
/// work, two segments, and these as JSON.
const SPAN_BYTES: usize = 768;
const NS_PER_MS: f64 = 1e6;
/// What durations in milliseconds are rounded by, and more.
const ROUNDED_NS: i64 = 1000;

/// An answer, and the memory that it takes.
pub(crate) struct Held<T> {
    pub answer: T,
    _memory: Vec<MemoryReservation>,
}

impl<T> Held<T> {
    pub fn new(answer: T, memory: MemoryReservation) -> Self {
        Self { answer, _memory: vec![memory] }
    }
}

/// The rows of some spans, with room for what is made of them.
struct Rows(Batches);

impl Rows {
    async fn of_trace(session: &Session, id: TraceId, range: Option<TimeRange>) -> Result<Self, QueryError> {
        let spans = super::spans(session, id, range).await?.select_columns(&span::COLUMNS)?;
        Self::with_room(session.collect(spans).await?)
    }

    /// The rows of several traces, perhaps with some of strangers.
    async fn of_traces(session: &Session, batch: &Batch) -> Result<Self, QueryError> {
        let ids = batch.traces.iter().map(|trace| lit(trace.id.lo())).collect();
        let filter = col("trace_lo").in_list(ids, false).and(batch.range.contains_start());
        let columns: Vec<&str> = span::COLUMNS.into_iter().chain(span::TRACE_COLUMNS).collect();
        let spans = session.context()?.table(Table::Spans.name()).await?.filter(filter)?.select_columns(&columns)?;
        Self::with_room(session.collect(spans).await?)
    }

    fn with_room(rows: Batches) -> Result<Self, QueryError> {
        let count: usize = rows.batches.iter().map(RecordBatch::num_rows).sum();
        rows.memory.try_grow(count.saturating_mul(SPAN_BYTES))?;
        Ok(Self(rows))
    }

    fn assembled(&self) -> Option<Assembled<'_>> {
        Assembled::new(span::read(&self.0.batches))
    }

    fn by_trace(&self) -> HashMap<TraceId, Vec<Span<'_>>> {
        let ids = self.0.batches.iter().flat_map(trace_ids);
        let mut traces: HashMap<TraceId, Vec<Span<'_>>> = HashMap::new();
        for (id, span) in ids.zip(span::read(&self.0.batches)) {
            traces.entry(id).or_default().push(span);
        }
        traces
    }

    fn hold<T>(self, answer: T) -> Held<T> {
        Held::new(answer, self.0.memory)
    }
}

/// Of rows with [`span::TRACE_COLUMNS`] after [`span::COLUMNS`].
fn trace_ids(batch: &RecordBatch) -> impl Iterator<Item = TraceId> {
    let ints = |i: usize| batch.column(span::COLUMNS.len() + i).as_primitive::<Int64Type>();
    let (hi, lo) = (ints(0), ints(1));
    (0..batch.num_rows()).map(move |row| TraceId::from_halves(hi.value(row), lo.value(row)))
}

/// The critical path of a trace; none when there is no such trace.
pub(crate) async fn critical_path(
    session: &Session,
    id: TraceId,
    range: Option<TimeRange>,
) -> Result<Option<Held<CriticalPath>>, QueryError> {
    let rows = Rows::of_trace(session, id, range).await?;
    let path = rows.assembled().map(|trace| critical::path(id, &trace));
    Ok(path.map(|path| rows.hold(path)))
}

/// What there is to know of a trace; none when there is no such trace.
pub(crate) async fn analysis(
    session: &Session,
    id: TraceId,
    range: Option<TimeRange>,
) -> Result<Option<Held<TraceAnalysis>>, QueryError> {
    let rows = Rows::of_trace(session, id, range).await?;
    let analysis = rows.assembled().map(|trace| analysis::analysis(id, &trace));
    Ok(analysis.map(|analysis| rows.hold(analysis)))
}

/// Two traces beside each other.
///
/// # Errors
/// `NotFound` with the id of the trace that there is not.
pub(crate) async fn comparison(
    session: &Session,
    [left, right]: [TraceId; 2],
    range: Option<TimeRange>,
) -> Result<Held<TraceComparison>, QueryError> {
    let no_trace = |id: TraceId| QueryError::NotFound(format!("there is no trace {id}"));
    let left_rows = Rows::of_trace(session, left, range).await?;
    let right_rows = Rows::of_trace(session, right, range).await?;
    let comparison = {
        let left_trace = left_rows.assembled().ok_or_else(|| no_trace(left))?;
        let right_trace = right_rows.assembled().ok_or_else(|| no_trace(right))?;
        compare::comparison((left, &left_trace), (right, &right_trace))
    };
    Ok(Held { answer: comparison, _memory: vec![left_rows.0.memory, right_rows.0.memory] })
}

/// The critical paths of traces that were found, added up. They are read the newest first until the deadline; those that
/// were not are counted as left out.
pub(crate) async fn aggregate(
    session: &Session,
    found: Found,
    deadline: Instant,
) -> Result<Held<AggregatePath>, QueryError> {
    let Found { traces, partial, .. } = found;
    let wanted: Vec<Wanted> = traces.iter().filter_map(wanted).collect();
    drop(traces);
    let memory = session.reserve("aggregate critical path");
    let mut all = AggregateCriticalPath::new();
    let (batches, too_large) = batches(wanted);
    all.left_out.too_large += too_large;
    for batch in batches {
        if Instant::now() >= deadline {
            all.left_out.out_of_time += batch.traces.len();
            continue;
        }
        observe(session, &batch, &mut all).await?;
        memory.try_grow(all.held_bytes().saturating_sub(memory.size()))?;
    }
    // The answer is there beside what it is made of.
    memory.try_grow(memory.size())?;
    Ok(Held::new(all.finish(partial), memory))
}

async fn observe(session: &Session, batch: &Batch, all: &mut AggregateCriticalPath) -> Result<(), QueryError> {
    let rows = Rows::of_traces(session, batch).await?;
    let mut spans = rows.by_trace();
    for trace in &batch.traces {
        match spans.remove(&trace.id).and_then(Assembled::new) {
            Some(assembled) => all.observe(trace.id, &assembled),
            None => all.left_out.gone += 1,
        }
    }
    Ok(())
}

/// Where the spans of a found trace are. Search writes ids that can be read.
fn wanted(trace: &FoundTrace) -> Option<Wanted> {
    let duration_ns = (trace.item.duration_ms * NS_PER_MS) as i64;
    let end_ns = trace.start_ns.saturating_add(duration_ns).saturating_add(ROUNDED_NS);
    let range = TimeRange { start_ns: trace.start_ns, end_ns };
    let span_count = usize::try_from(trace.item.span_count).unwrap_or(0);
    Some(Wanted { id: trace.item.trace_id.parse().ok()?, range, span_count })
}

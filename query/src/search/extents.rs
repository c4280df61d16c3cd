//! When spans of traces start, by table `traces`: so that of the spans only those files and pages are read that may have some.

use std::collections::{HashMap, HashSet};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::logical_expr::{Expr, col, lit};
use foldhash::fast::RandomState;
use spanloom_store::{Table, TraceId};

use super::candidates::Candidate;
use crate::error::QueryError;
use crate::session::Session;
use crate::table::one_of;
use crate::trace::TimeRange;

const COLUMNS: [&str; 5] = ["trace_hi", "trace_lo", "start_ns", "end_ns", "span_count"];

/// Traces that a filter lists, so that files without them are left out; to plan with a longer list takes longer than to read them.
const LISTED_MAX: usize = 16;

/// By trace.
pub(super) type Extents = HashMap<TraceId, Extent, RandomState>;

/// How far a trace reaches in the range that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// Every span of it that starts in the range starts in this one, too.
    pub starts: TimeRange,
    /// Resends count.
    pub spans: usize,
}

/// The extents of those candidates of which a span starts in the range.
pub(super) async fn extents(
    session: &Session,
    candidates: &[Candidate],
    range: TimeRange,
) -> Result<Extents, QueryError> {
    let overlaps = col("start_ns").lt_eq(lit(range.end_ns)).and(col("end_ns").gt_eq(lit(range.start_ns)));
    let rows = session.context()?.table(Table::Traces.name()).await?;
    let known: HashSet<TraceId, RandomState> = candidates.iter().map(|candidate| candidate.id).collect();
    let rows = rows.filter(overlaps.and(is_one_of(candidates)))?.select_columns(&COLUMNS)?;
    let mut extents = Extents::with_capacity_and_hasher(candidates.len(), RandomState::default());
    session
        .for_each(rows, |batch| {
            for (id, extent) in read(batch).filter(|(id, _)| known.contains(id)) {
                extents.entry(id).and_modify(|known| *known = known.with(extent)).or_insert(extent);
            }
            Ok(())
        })
        .await?;
    let in_range = |starts: TimeRange| TimeRange {
        start_ns: starts.start_ns.max(range.start_ns),
        end_ns: starts.end_ns.min(range.end_ns),
    };
    extents.values_mut().for_each(|extent| extent.starts = in_range(extent.starts));
    Ok(extents)
}

/// True of rows of these traces, and perhaps of others that have a half of an id in common with one.
pub(super) fn is_one_of(candidates: &[Candidate]) -> Expr {
    let ids = candidates.iter().map(|candidate| candidate.id.lo());
    if candidates.len() <= LISTED_MAX {
        col("trace_lo").in_list(ids.map(lit).collect(), false)
    } else {
        one_of(col("trace_lo"), ids.collect())
    }
}

fn read(batch: &RecordBatch) -> impl Iterator<Item = (TraceId, Extent)> + '_ {
    let [hi, lo, starts, ends, spans] = [0, 1, 2, 3, 4].map(|i| batch.column(i).as_primitive::<Int64Type>());
    (0..batch.num_rows()).map(move |row| {
        let starts = TimeRange { start_ns: starts.value(row), end_ns: ends.value(row) };
        let spans = usize::try_from(spans.value(row)).unwrap_or(0);
        (TraceId::from_halves(hi.value(row), lo.value(row)), Extent { starts, spans })
    })
}

impl Extent {
    /// Of both traces.
    pub fn with(self, other: Self) -> Self {
        let (a, b) = (self.starts, other.starts);
        let starts = TimeRange { start_ns: a.start_ns.min(b.start_ns), end_ns: a.end_ns.max(b.end_ns) };
        Self { starts, spans: self.spans.saturating_add(other.spans) }
    }
}

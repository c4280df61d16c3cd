use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Instant;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use datafusion::common::JoinType;
use datafusion::dataframe::DataFrame;
use datafusion::functions_aggregate::expr_fn::{bool_or, max, min, sum};
use datafusion::logical_expr::{Expr, col, lit};
use foldhash::fast::RandomState;
use spanloom_store::{Table, TraceId};

use super::Question;
use crate::error::QueryError;
use crate::session::Session;
use crate::trace::TimeRange;
use crate::traceql::plan::{Plan, TRACE_END, TRACE_START, root_flag};

/// Candidates that are taken from one slice; the rest of the slice is searched again.
pub(super) const PER_SLICE_MAX: usize = 10_000;
/// A slice that is no longer is not halved.
const HALVED_NS_MIN: i64 = 1_000_000_000;
/// What of a row finds a trace.
const STARTS: [&str; 3] = ["trace_hi", "trace_lo", "start_ns"];
const TRACE_SPANS: &str = "trace_spans";

/// A trace that may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub id: TraceId,
    /// The trace starts here or earlier.
    pub start_max_ns: i64,
}

/// The traces that may match by what starts in the slice, newest first; [`PER_SLICE_MAX`] and one more at most. Of a slice of which
/// so many traces are to be told apart that there is no memory for them it is the newer half, or that one's.
pub(super) async fn of_slice(
    session: &Session,
    question: &Question,
    plan: &Plan,
    slice: &mut TimeRange,
) -> Result<Vec<Candidate>, QueryError> {
    // Less than what is read around a slice would not help.
    let halved_ns_min =
        if plan.needs.spans_min > 1 { question.trace_span_max_ns.max(HALVED_NS_MIN) } else { HALVED_NS_MIN };
    loop {
        let width_ns = slice.end_ns - slice.start_ns;
        match of_whole_slice(session, question, plan, *slice).await {
            Err(QueryError::Memory(_)) if width_ns > halved_ns_min && Instant::now() < question.deadline => {
                slice.start_ns += width_ns / 2;
            }
            candidates => return candidates,
        }
    }
}

async fn of_whole_slice(
    session: &Session,
    question: &Question,
    plan: &Plan,
    slice: TimeRange,
) -> Result<Vec<Candidate>, QueryError> {
    let frame = frame(session, question, plan, slice).await?;
    let spans_min = if plan.needs.span.is_some() { plan.needs.spans_min } else { 1 };
    let mut candidates = found(session, frame, slice, spans_min, plan.needs.span.is_some()).await?;
    let newest_first = |candidate: &Candidate| (Reverse(candidate.start_max_ns), candidate.id);
    if candidates.len() > PER_SLICE_MAX + 1 {
        candidates.select_nth_unstable_by_key(PER_SLICE_MAX, newest_first);
        candidates.truncate(PER_SLICE_MAX + 1);
    }
    candidates.sort_unstable_by_key(newest_first);
    Ok(candidates)
}

/// What is known of a trace.
struct Known {
    /// Of those in the slice.
    first_ns: Option<i64>,
    count: i64,
}

/// The traces with a row in the slice, and so many rows in all. Rows are two halves of an id and a start.
async fn found(
    session: &Session,
    rows: DataFrame,
    slice: TimeRange,
    rows_min: i64,
    leads: bool,
) -> Result<Vec<Candidate>, QueryError> {
    let memory = session.reserve("traces found");
    let (mut state, rows) = rows.into_parts();
    // Of files of other writers, too: the condition picks few rows, so let it lead the decoding.
    state.config_mut().options_mut().execution.parquet.pushdown_filters = leads;
    let rows = DataFrame::new(state, rows);
    let mut traces: HashMap<TraceId, Known, RandomState> = HashMap::default();
    session
        .for_each(rows, |batch| {
            // Before it grows; the old table is there until the new one is filled.
            let rows = traces.len() + batch.num_rows();
            if rows > traces.capacity() {
                memory.try_resize(3 * rows.next_power_of_two() * size_of::<(TraceId, Known)>())?;
                traces.reserve(batch.num_rows());
                memory.try_resize(traces.capacity() * 8 / 7 * (size_of::<(TraceId, Known)>() + 1))?;
            }
            let [hi, lo, starts] = [0, 1, 2].map(|i| batch.column(i).as_primitive::<Int64Type>().values());
            for ((hi, lo), start_ns) in hi.iter().zip(lo).zip(starts) {
                let known = traces.entry(TraceId::from_halves(*hi, *lo)).or_insert(Known { first_ns: None, count: 0 });
                known.count += 1;
                if slice.start_ns <= *start_ns && *start_ns <= slice.end_ns {
                    known.first_ns = Some(known.first_ns.map_or(*start_ns, |first_ns| first_ns.min(*start_ns)));
                }
            }
            Ok(())
        })
        .await?;
    let candidate = |(id, rows): (TraceId, Known)| {
        let start_max_ns = rows.first_ns.filter(|_| rows.count >= rows_min)?;
        Some(Candidate { id, start_max_ns })
    };
    memory.try_grow(traces.len() * size_of::<Candidate>())?;
    Ok(traces.into_iter().filter_map(candidate).collect())
}

/// How far the candidates of a slice reach.
pub(super) struct Cut {
    /// From when on none was left out.
    pub searched_from_ns: i64,
    /// Why those that were left out cannot be had.
    pub partial: Option<String>,
}

/// Leaves out the oldest of too many candidates.
pub(super) fn cut(candidates: &mut Vec<Candidate>, slice: TimeRange) -> Cut {
    let Some(first_left_out) = candidates.get(PER_SLICE_MAX) else {
        return Cut { searched_from_ns: slice.start_ns, partial: None };
    };
    let cut_ns = first_left_out.start_max_ns;
    let newer = candidates.partition_point(|candidate| candidate.start_max_ns > cut_ns);
    if newer > 0 {
        candidates.truncate(newer);
        return Cut { searched_from_ns: cut_ns.saturating_add(1), partial: None };
    }
    // All start in one nanosecond: there is no time to go on from that would not bring them again.
    candidates.truncate(PER_SLICE_MAX);
    let partial = format!("more than {PER_SLICE_MAX} traces may match at {cut_ns} ns, not all were read");
    Cut { searched_from_ns: cut_ns, partial: Some(partial) }
}

/// The rows by which traces of one slice are found, each two halves of an id and a start.
pub(super) async fn frame(
    session: &Session,
    question: &Question,
    plan: &Plan,
    slice: TimeRange,
) -> Result<DataFrame, QueryError> {
    match (&plan.needs.span, &plan.needs.trace) {
        (Some(needed), None) => of_spans(session, question, plan, needed, slice).await,
        (Some(needed), Some(_)) => {
            let spans = of_spans(session, question, plan, needed, slice).await?;
            let traces = of_traces(session, question, plan, slice).await?;
            let traces = traces.select(vec![col("trace_hi").alias("hi"), col("trace_lo").alias("lo")])?;
            Ok(spans.join(traces, JoinType::LeftSemi, &["trace_hi", "trace_lo"], &["hi", "lo"], None)?)
        }
        // Whatever is found in the slice is judged.
        (None, None) if plan.root_flags.is_empty() && plan.needs.spans_min <= 1 => {
            let traces = session.context()?.table(Table::Traces.name()).await?.filter(slice.contains_start())?;
            Ok(traces.select_columns(&STARTS)?)
        }
        (None, _) => {
            let traces = of_traces(session, question, plan, slice).await?;
            let traces = traces.filter(col(TRACE_START).between(lit(slice.start_ns), lit(slice.end_ns)))?;
            Ok(traces.select_columns(&["trace_hi", "trace_lo", TRACE_START])?)
        }
    }
}

/// Spans of the slice that fulfil the condition. Where several of a trace have to, those outside of the slice are among them.
async fn of_spans(
    session: &Session,
    question: &Question,
    plan: &Plan,
    needed: &Expr,
    slice: TimeRange,
) -> Result<DataFrame, QueryError> {
    let spans = session.context()?.table(Table::Spans.name()).await?;
    let range = if plan.needs.spans_min > 1 { slice.widened(question.trace_span_max_ns) } else { slice };
    Ok(spans.filter(range.contains_start().and(needed.clone()))?.select_columns(&STARTS)?)
}

/// Traces that overlap the range and as a whole fulfil what is needed. The rows of a trace may lie on both sides of the
/// slice.
async fn of_traces(
    session: &Session,
    question: &Question,
    plan: &Plan,
    slice: TimeRange,
) -> Result<DataFrame, QueryError> {
    let rows = session.context()?.table(Table::Traces.name()).await?;
    let rows = rows.filter(slice.widened(question.trace_span_max_ns).contains_start())?;
    let mut facts = vec![min(col("start_ns")).alias(TRACE_START), max(col("end_ns")).alias(TRACE_END)];
    facts.extend(plan.root_flags.iter().enumerate().map(|(i, flag)| bool_or(flag.clone()).alias(root_flag(i))));
    let overlaps = col(TRACE_START)
        .lt_eq(lit(question.searched.range.end_ns))
        .and(col(TRACE_END).gt_eq(lit(question.searched.range.start_ns)));
    let mut needed = plan.needs.trace.iter().fold(overlaps, |all, needed| all.and(needed.clone()));
    if plan.needs.spans_min > 1 {
        facts.push(sum(col("span_count")).alias(TRACE_SPANS));
        needed = needed.and(col(TRACE_SPANS).gt_eq(lit(plan.needs.spans_min)));
    }
    Ok(rows.aggregate(vec![col("trace_hi"), col("trace_lo")], facts)?.filter(needed)?)
}

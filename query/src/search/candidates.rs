use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::common::JoinType;
use datafusion::dataframe::DataFrame;
use datafusion::functions_aggregate::expr_fn::{bool_or, count, max, min, sum};
use datafusion::logical_expr::{Expr, col, lit, when};
use spanloom_store::{Table, TraceId};

use super::Question;
use crate::error::QueryError;
use crate::session::Session;
use crate::trace::TimeRange;
use crate::traceql::plan::{Plan, TRACE_END, TRACE_START, root_flag};

/// Candidates that are taken from one slice; the rest of the slice is searched again.
pub(super) const PER_SLICE_MAX: usize = 10_000;
const START_MAX: &str = "start_max";
const TRACE_SPANS: &str = "trace_spans";

/// A trace that may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub id: TraceId,
    /// The trace starts here or earlier.
    pub start_max_ns: i64,
}

/// The traces that may match by what starts in the slice, newest first; [`PER_SLICE_MAX`] and one more at most.
pub(super) async fn of_slice(
    session: &Session,
    question: &Question,
    plan: &Plan,
    slice: TimeRange,
) -> Result<Vec<Candidate>, QueryError> {
    let frame = frame(session, question, plan, slice).await?;
    let (mut state, logical) = frame.into_parts();
    // The condition picks few rows, or the search would end soon: let it lead the decoding.
    state.config_mut().options_mut().execution.parquet.pushdown_filters = plan.needs.span.is_some();
    let rows = session.collect_plan(&state, &logical).await?;
    Ok(rows.batches.iter().flat_map(read).collect())
}

fn read(batch: &RecordBatch) -> Vec<Candidate> {
    let ints = |i: usize| batch.column(i).as_primitive::<Int64Type>();
    let (hi, lo, starts) = (ints(0), ints(1), ints(2));
    let candidate =
        |row| Candidate { id: TraceId::from_halves(hi.value(row), lo.value(row)), start_max_ns: starts.value(row) };
    (0..batch.num_rows()).map(candidate).collect()
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

/// The question of one slice as a plan.
pub(super) async fn frame(
    session: &Session,
    question: &Question,
    plan: &Plan,
    slice: TimeRange,
) -> Result<DataFrame, QueryError> {
    let found = match (&plan.needs.span, &plan.needs.trace) {
        (Some(needed), None) => of_spans(session, question, plan, needed, slice).await?,
        (Some(needed), Some(_)) => {
            let spans = of_spans(session, question, plan, needed, slice).await?;
            let traces = of_traces(session, question, plan, slice).await?;
            let traces = traces.select(vec![col("trace_hi").alias("hi"), col("trace_lo").alias("lo")])?;
            spans.join(traces, JoinType::LeftSemi, &["trace_hi", "trace_lo"], &["hi", "lo"], None)?
        }
        // Whatever is found in the slice is judged.
        (None, None) if plan.root_flags.is_empty() && plan.needs.spans_min <= 1 => {
            let traces = session.context()?.table(Table::Traces.name()).await?.filter(slice.contains_start())?;
            traces.aggregate(vec![col("trace_hi"), col("trace_lo")], vec![min(col("start_ns")).alias(START_MAX)])?
        }
        (None, _) => {
            let traces = of_traces(session, question, plan, slice).await?;
            let traces = traces.filter(col(TRACE_START).between(lit(slice.start_ns), lit(slice.end_ns)))?;
            traces.select(vec![col("trace_hi"), col("trace_lo"), col(TRACE_START).alias(START_MAX)])?
        }
    };
    let newest_first =
        vec![col(START_MAX).sort(false, false), col("trace_hi").sort(true, false), col("trace_lo").sort(true, false)];
    Ok(found.sort(newest_first)?.limit(0, Some(PER_SLICE_MAX + 1))?)
}

/// Traces by spans of the slice that fulfil the condition. Where several have to, those outside of the slice count as well.
async fn of_spans(
    session: &Session,
    question: &Question,
    plan: &Plan,
    needed: &Expr,
    slice: TimeRange,
) -> Result<DataFrame, QueryError> {
    let spans = session.context()?.table(Table::Spans.name()).await?;
    let trace = vec![col("trace_hi"), col("trace_lo")];
    if plan.needs.spans_min <= 1 {
        let spans = spans.filter(slice.contains_start().and(needed.clone()))?;
        return Ok(spans.aggregate(trace, vec![min(col("start_ns")).alias(START_MAX)])?);
    }
    let spans = spans.filter(slice.widened(question.trace_span_max_ns).contains_start().and(needed.clone()))?;
    let in_slice = when(slice.contains_start(), col("start_ns")).end()?;
    let facts = vec![min(in_slice).alias(START_MAX), count(lit(true)).alias(TRACE_SPANS)];
    let enough = col(TRACE_SPANS).gt_eq(lit(plan.needs.spans_min));
    let traces = spans.aggregate(trace, facts)?.filter(col(START_MAX).is_not_null().and(enough))?;
    Ok(traces.select(vec![col("trace_hi"), col("trace_lo"), col(START_MAX)])?)
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

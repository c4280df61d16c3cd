use std::collections::BTreeSet;
use std::sync::Arc;

use spanloom_store::schema::operations::OperationColumns;

use super::MetricsQuestion;
use crate::error::QueryError;
use crate::ledger::{self, WindowRange};
use crate::search::{self, Every, Inspected, Searched};
use crate::session::Session;
use crate::trace::TimeRange;
use crate::trace_metrics::kept::Counting;
use crate::trace_metrics::{
    Bounds, MetricSeries, MetricsAccumulator, MetricsError, OperationsPlan, Steps, WINDOW_NS, from_operations,
};
use crate::traceql::plan::metrics::{MetricsPart, PlannedFunction};
use crate::traceql::plan::{self, Plan};

/// Ranges of this length and more are asked of the minutes that the ledger counted, where they know enough.
const OPERATIONS_FROM_NS: i64 = 3_600_000_000_000;

/// One part of a query on the tables.
pub(super) struct Part<'a> {
    session: &'a Session,
    /// Which one of the query's.
    number: usize,
    part: Arc<MetricsPart>,
    spans: Plan,
}

/// What a part came to.
pub(super) struct Counted {
    pub series: Vec<MetricSeries>,
    pub partial: Option<String>,
    pub inspected: Inspected,
}

impl<'a> Part<'a> {
    pub fn new(session: &'a Session, number: usize, part: &Arc<MetricsPart>) -> Result<Self, QueryError> {
        Ok(Self { session, number, part: Arc::clone(part), spans: plan::plan(&part.spans)? })
    }

    /// Whether a range may be read in slices at no cost.
    pub fn is_of_spans(&self) -> bool {
        self.every(self.part.columns(true)).is_of_spans()
    }

    /// The part's series.
    ///
    /// # Errors
    /// More series than may be, and what reading fails with.
    pub async fn count(&self, question: &MetricsQuestion, steps: Steps, bounds: Bounds) -> Result<Counted, QueryError> {
        let is_long = steps.end_ns() - steps.start_ns() >= OPERATIONS_FROM_NS;
        if let Some(plan) = from_operations(&self.part, &steps).filter(|_| is_long)
            && let Some(counted) = self.count_operations(&plan, steps, bounds).await?
        {
            return Ok(counted);
        }
        self.count_spans(question, steps, bounds).await
    }

    /// `None` if the ledger does not know the names that are asked for, or nothing of the range.
    async fn count_operations(
        &self,
        plan: &OperationsPlan,
        steps: Steps,
        bounds: Bounds,
    ) -> Result<Option<Counted>, QueryError> {
        let mut accumulator = MetricsAccumulator::new(Arc::clone(&self.part), steps, bounds);
        let (mut refused, mut rows): (Option<MetricsError>, u64) = (None, 0);
        let range = TimeRange { start_ns: steps.start_ns(), end_ns: steps.end_ns() };
        let range = WindowRange::around(range, WINDOW_NS);
        let memory = self.session.reserve("series");
        let left_out = match (accumulator.has_exemplars(), self.part.function.argument()) {
            (true, Some(_)) => ledger::NOTHING,
            (true, None) => ledger::DURATIONS,
            (false, Some(_)) => ledger::DETAILS,
            (false, None) => ledger::ALL_BUT_NUMBERS,
        };
        ledger::operation_batches(self.session, range, left_out, |batch| {
            rows += batch.num_rows() as u64;
            if refused.is_none() {
                refused = accumulator.observe_operations(plan, &OperationColumns::new(batch)?).err();
                memory.try_resize(accumulator.size_bytes())?;
            }
            Ok(())
        })
        .await?;
        match refused {
            Some(MetricsError::NameNotKept) => return Ok(None),
            Some(error) => return Err(error.into()),
            None if rows == 0 => return Ok(None),
            None => {}
        }
        let (files, bytes) = self.session.opened();
        let inspected = Inspected { files, bytes, spans: rows, ..Inspected::default() };
        Ok(Some(Counted { series: accumulator.finish()?, partial: None, inspected }))
    }

    async fn count_spans(
        &self,
        question: &MetricsQuestion,
        steps: Steps,
        bounds: Bounds,
    ) -> Result<Counted, QueryError> {
        let mut accumulator = MetricsAccumulator::new(Arc::clone(&self.part), steps, bounds);
        let memory = self.session.reserve("series");
        let every = self.every(accumulator.columns());
        let is_kept = every.is_of_spans() && matches!(self.part.function, PlannedFunction::Compare(_));
        let counting = is_kept.then(|| {
            let session = self.session;
            Counting::new(session.kept_counts(), &question.asked.text, self.number, steps, &session.view)
        });
        let gaps = counting.as_ref().map_or_else(|| vec![(steps.start_ns(), steps.end_ns())], Counting::gaps);
        let (mut partial, mut inspected) = (None, Inspected::default());
        for (start_ns, end_ns) in gaps.into_iter().rev() {
            let search = searched(question, start_ns, end_ns);
            let gathered = every
                .each(&search, |batch, rows| {
                    accumulator.observe(batch, rows.iter().copied())?;
                    memory.try_resize(accumulator.size_bytes())?;
                    Ok(())
                })
                .await?;
            inspected = inspected.with(gathered.inspected);
            partial = partial.or(gathered.partial);
        }
        match counting {
            Some(counting) if partial.is_none() => counting.finish(&mut accumulator)?,
            Some(counting) => counting.add_known(&mut accumulator)?,
            None => {}
        }
        memory.try_resize(accumulator.size_bytes())?;
        Ok(Counted { series: accumulator.finish()?, partial, inspected })
    }

    fn every(&self, columns: BTreeSet<&'static str>) -> Every<'_> {
        let owned = |columns: BTreeSet<&'static str>| columns.into_iter().map(str::to_owned).collect();
        Every::new(self.session, &self.spans, owned(columns)).coding(owned(self.part.counted_columns()))
    }
}

/// Spans that are in intervals between two times: after the start of the first.
fn searched(question: &MetricsQuestion, start_ns: i64, end_ns: i64) -> search::Question {
    search::Question {
        searched: Searched {
            text: question.asked.text.clone(),
            range: TimeRange { start_ns: start_ns.saturating_add(1), end_ns },
            service: None,
            duration_min_ns: None,
            duration_max_ns: None,
            limit: 1,
            spans_max: 0,
        },
        trace_span_max_ns: question.trace_span_max_ns,
        deadline: question.deadline,
    }
}

//! Every span that a plan gives in a range, for who counts them and shows none.
//!
//! Where the plan is about single spans they are read as they lie, an hour at a time. Otherwise traces are found and judged
//! as a search does it, but all of them.

/// Ids that several spans have.
mod repeated;
/// Spans that came more than once.
mod seen;

use std::collections::BTreeSet;
use std::collections::HashSet;
use std::time::Instant;

use arrow::array::RecordBatch;
use datafusion::common::{Column, ScalarValue};
use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::Expr;
use spanloom_store::Table;

use super::candidates::{self, Cut};
use super::judge::Judge;
use super::walk::{JUDGED_MAX, JUDGED_TOTAL_MAX, newest_slice, whole_range};
use super::{Inspected, Question};
use crate::error::QueryError;
use crate::session::Session;
use crate::trace::TimeRange;
use crate::traceql::plan::Plan;
use repeated::Repeated;
use seen::{Seen, Suspects};

/// Time that is read at once: what is known of spans that came is forgotten after it.
const CHUNK_NS: i64 = 3_600_000_000_000;

/// Reads the spans of a plan.
pub(crate) struct Every<'a> {
    session: &'a Session,
    plan: &'a Plan,
    /// What batches have, beside what the plan reads.
    columns: BTreeSet<String>,
    /// Those of them that may be coded.
    coded: BTreeSet<String>,
    /// See [`Plan::of_spans`].
    condition: Option<Expr>,
}

/// How reading ended.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// Why not all spans were read.
    pub partial: Option<String>,
    pub inspected: Inspected,
}

impl<'a> Every<'a> {
    pub fn new(session: &'a Session, plan: &'a Plan, columns: BTreeSet<String>) -> Self {
        // Columns that a trace adds are not in the table.
        let knows_traces = columns.iter().any(|name| crate::traceql::eval::is_computed(name));
        let condition = if knows_traces { None } else { plan.of_spans() };
        Self { session, plan, columns, coded: BTreeSet::new(), condition }
    }

    /// Lets columns be [coded](spanloom_store::pages::coded_type) in the batches that are handed over: where they are read for nobody
    /// else.
    pub fn coding(mut self, mut columns: BTreeSet<String>) -> Self {
        if let Some(condition) = &self.condition {
            let asked: HashSet<&str> = condition.column_refs().into_iter().map(Column::name).collect();
            columns.retain(|column| !asked.contains(column.as_str()) && !Seen::COLUMNS.contains(&column.as_str()));
            self.coded = columns;
        }
        self
    }

    /// Whether spans are read without their traces, so that a range may be read in parts at no cost.
    pub fn is_of_spans(&self) -> bool {
        self.condition.is_some()
    }

    /// Hands over batches, and which rows of each the plan gives, ascending, resends once. Spans that start outside of the
    /// question's range may be among them.
    ///
    /// # Errors
    /// What reading and `see` fail with. What takes too long is no error.
    pub async fn each(
        &self,
        question: &Question,
        see: impl FnMut(&RecordBatch, &[usize]) -> Result<(), QueryError>,
    ) -> Result<Gathered, QueryError> {
        let mut gathered = match &self.condition {
            Some(condition) => self.spans(question, condition, see).await?,
            None => self.traces(question, see).await?,
        };
        gathered.inspected.note_scanned(self.session);
        Ok(gathered)
    }

    async fn spans(
        &self,
        question: &Question,
        condition: &Expr,
        mut see: impl FnMut(&RecordBatch, &[usize]) -> Result<(), QueryError>,
    ) -> Result<Gathered, QueryError> {
        let mut gathered = Gathered::default();
        let mut rest = question.searched.range;
        while rest.start_ns <= rest.end_ns {
            if Instant::now() >= question.deadline {
                gathered.partial = Some(used_up(rest.end_ns));
                break;
            }
            let chunk = newest_slice(rest, CHUNK_NS);
            gathered.inspected.slices += 1;
            gathered.inspected.spans += self.chunk(chunk, condition, &mut see).await?;
            let Some(end_ns) = chunk.start_ns.checked_sub(1) else { break };
            rest.end_ns = end_ns;
        }
        Ok(gathered)
    }

    /// Returns how many spans were found.
    async fn chunk(
        &self,
        chunk: TimeRange,
        condition: &Expr,
        see: &mut impl FnMut(&RecordBatch, &[usize]) -> Result<(), QueryError>,
    ) -> Result<u64, QueryError> {
        let frame = self.session.coded(Table::Spans, &self.coded)?;
        let frame = frame.filter(chunk.contains_start().and(condition.clone()))?;
        let suspects = if is_of_all(condition) { self.suspects(&frame).await? } else { Suspects::All };
        let mut names: Vec<&str> = if suspects.is_none() { Vec::new() } else { Seen::COLUMNS.to_vec() };
        let more = self.columns.iter().map(String::as_str).filter(|name| !names.contains(name));
        let more: Vec<&str> = more.collect();
        names.extend(more);
        let frame = frame.select_columns(&names)?;
        let mut seen = Seen::new(suspects, self.session.reserve("spans seen"));
        let (mut rows, mut spans) = (Vec::new(), 0);
        self.session
            .for_each(frame, |batch| {
                rows.clear();
                seen.new_rows(batch, &mut rows)?;
                spans += rows.len() as u64;
                see(batch, &rows)
            })
            .await?;
        Ok(spans)
    }

    /// Where every span counts, their ids come first: ids that came once, nearly all, need no look at what makes two spans one.
    async fn suspects(&self, spans: &DataFrame) -> Result<Suspects, QueryError> {
        let ids = spans.clone().select_columns(&["span_id"])?;
        let mut found = Repeated::new(self.session.reserve("ids of spans"));
        self.session.for_each(ids, |batch| found.add(batch)).await?;
        Ok(found.finish())
    }

    async fn traces(
        &self,
        question: &Question,
        mut see: impl FnMut(&RecordBatch, &[usize]) -> Result<(), QueryError>,
    ) -> Result<Gathered, QueryError> {
        let mut gathered = Gathered::default();
        let judge = Judge::new(self.session, question, self.plan, &self.columns)?;
        let Some(mut rest) = whole_range(self.session, question) else { return Ok(gathered) };
        let mut judged = HashSet::new();
        while rest.start_ns <= rest.end_ns && gathered.partial.is_none() {
            let mut slice = newest_slice(rest, CHUNK_NS);
            gathered.inspected.slices += 1;
            let mut candidates = candidates::of_slice(self.session, question, self.plan, &mut slice).await?;
            let Cut { searched_from_ns, partial } = candidates::cut(&mut candidates, slice);
            gathered.partial = partial;
            candidates.retain(|candidate| judged.insert(candidate.id));
            for together in candidates.chunks(JUDGED_MAX) {
                gathered.inspected.traces += together.len() as u64;
                gathered.inspected.spans += judge.matched(together, &mut see).await?;
                if Instant::now() >= question.deadline {
                    gathered.partial = Some(used_up(together.last().map_or(slice.end_ns, |last| last.start_max_ns)));
                    return Ok(gathered);
                }
            }
            if judged.len() >= JUDGED_TOTAL_MAX {
                gathered.partial = Some(format!(
                    "as many traces were read as one query may, those that start before {searched_from_ns} ns were not"
                ));
            }
            let Some(end_ns) = searched_from_ns.checked_sub(1) else { break };
            rest.end_ns = end_ns;
        }
        Ok(gathered)
    }
}

/// True if a condition is true of every span.
fn is_of_all(condition: &Expr) -> bool {
    matches!(condition, Expr::Literal(ScalarValue::Boolean(Some(true)), _))
}

fn used_up(before_ns: i64) -> String {
    format!("the time for one query was used up, spans that start before {before_ns} ns were not looked at")
}

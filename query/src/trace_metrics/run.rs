//! A query of series, from its text to its answer.

/// One part, read from the tables.
mod part;

use std::time::{Duration, Instant};

use super::asked::{Evaluation, MetricsAsked, MetricsFound, MetricsListener};
use super::{Bounds, InvalidSteps, MetricSeries, MetricsError, Steps, answer};
use crate::error::QueryError;
use crate::search::Inspected;
use crate::session::Session;
use crate::traceql::plan::metrics::{self, MetricsPlan};
use crate::traceql::{self, Invalid};
use part::Part;

/// The longest range of a query of series.
const RANGE_MAX: Duration = Duration::from_hours(7 * 24);
/// What is told to who listens at a time, at least.
const TOLD_NS: i64 = 30 * 60 * 1_000_000_000;

/// What is asked, with the server's bounds.
#[derive(Debug, Clone)]
pub(crate) struct MetricsQuestion {
    pub asked: MetricsAsked,
    /// `query.trace_span_max`.
    pub trace_span_max_ns: i64,
    /// When to answer with what there is.
    pub deadline: Instant,
}

/// Answers a question; who listens is told of slices of time as they are finished, the newest first.
///
/// # Errors
/// `TraceQl` for a text that is none or asks for spans, `BadRequest` for a range or step that cannot be, and what reading
/// fails with. What takes too long is no error: the answer says that it is partial.
pub(crate) async fn run(
    session: &Session,
    question: &MetricsQuestion,
    listener: Option<&MetricsListener>,
) -> Result<MetricsFound, QueryError> {
    let asked = &question.asked;
    let plan = planned(&asked.text)?;
    let steps = steps(asked)?;
    let bounds = Bounds { exemplars_max: exemplars_max(&plan, asked), ..Bounds::default() };
    let parts: Vec<Part<'_>> =
        plan.parts.iter().enumerate().map(|(i, part)| Part::new(session, i, part)).collect::<Result<_, _>>()?;
    // Who is told of slices gets whole ones only where reading them apart costs nothing and says the same.
    let is_sliced = listener.is_some() && !plan.is_comparison() && parts.iter().all(Part::is_of_spans);
    let slices = if is_sliced { steps.slices(TOLD_NS) } else { vec![steps] };
    let mut found = MetricsFound::default();
    for slice in slices.into_iter().rev() {
        let now = of_slice(question, &plan, &parts, slice, &bounds).await?;
        add(&mut found, &now);
        let is_last = now.partial.is_some();
        if let Some(listener) = listener {
            // Who does not listen any more has dropped the query, too.
            let _ = listener.send(MetricsFound { inspected: found.inspected, ..now });
        }
        if is_last {
            break;
        }
    }
    Ok(found)
}

fn planned(text: &str) -> Result<MetricsPlan, QueryError> {
    let query = traceql::parse(text)?;
    let plan = metrics::plan(&query)?;
    let is_search =
        || Invalid::new(query.pipeline.at.0, "a query for spans, expected one for series such as `{ } | rate()`");
    Ok(plan.ok_or_else(is_search)?)
}

fn steps(asked: &MetricsAsked) -> Result<Steps, InvalidSteps> {
    match asked.evaluation {
        Evaluation::Range => Steps::range(asked.start_ns, asked.end_ns, asked.step_ns, RANGE_MAX),
        Evaluation::Instant => Steps::instant(asked.start_ns, asked.end_ns, RANGE_MAX),
    }
}

/// The request's number, as far as the query's text allows.
fn exemplars_max(plan: &MetricsPlan, asked: &MetricsAsked) -> usize {
    let requested = Some(asked.exemplars_max).filter(|max| *max > 0);
    plan.exemplars.exemplars_max(requested, Bounds::default().exemplars_max)
}

async fn of_slice(
    question: &MetricsQuestion,
    plan: &MetricsPlan,
    parts: &[Part<'_>],
    steps: Steps,
    bounds: &Bounds,
) -> Result<MetricsFound, QueryError> {
    let (mut series, mut partial, mut inspected) = (Vec::with_capacity(parts.len()), None, Inspected::default());
    for part in parts {
        let counted = part.count(question, steps, *bounds).await?;
        partial = partial.or(counted.partial);
        inspected = inspected.with(counted.inspected);
        series.push(counted.series);
    }
    let answer = answer(plan, series, &steps, bounds);
    Ok(MetricsFound { series: answer.series, partial: partial.or(answer.partial), inspected })
}

/// Puts an earlier slice before what was found. Series of equal labels are one.
fn add(found: &mut MetricsFound, earlier: &MetricsFound) {
    found.inspected = found.inspected.with(earlier.inspected);
    if found.partial.is_none() {
        found.partial.clone_from(&earlier.partial);
    }
    for series in &earlier.series {
        match found.series.iter_mut().find(|known| known.labels == series.labels) {
            Some(known) => prepend(known, series),
            None => found.series.push(series.clone()),
        }
    }
}

fn prepend(known: &mut MetricSeries, earlier: &MetricSeries) {
    known.points.splice(0..0, earlier.points.iter().copied());
    known.exemplars.splice(0..0, earlier.exemplars.iter().cloned());
}

impl From<InvalidSteps> for QueryError {
    fn from(invalid: InvalidSteps) -> Self {
        Self::BadRequest(invalid.to_string())
    }
}

impl From<MetricsError> for QueryError {
    fn from(error: MetricsError) -> Self {
        match error {
            MetricsError::TooManyCells { .. } => Self::BadRequest(error.to_string()),
            MetricsError::MissingColumn(_) | MetricsError::InvalidRow(_) | MetricsError::NameNotKept => {
                Self::Internal(error.to_string())
            }
        }
    }
}

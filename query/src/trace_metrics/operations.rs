//! Answers from the table `operations`, which has each minute's spans added up by service, name, kind and status.
//!
//! A part can be answered from it if it asks for nothing else: filters and `by` on those four, a function of the
//! number of spans or of their durations, and intervals of whole minutes. It then reads a few rows instead of all
//! spans.
//!
//! **What is different.** A span counts in the minute in which it ended, and not in the interval in which it began.
//! Counts are of calls: a sampled span counts as often as it stands for calls that were not sampled. A negative
//! duration counts as 0. Buckets are the same: the table's histogram has sixteen buckets for each of TraceQL's and
//! the same bounds, so that quantiles and histograms of unsampled spans that began and ended in one interval are
//! those that the spans themselves give.
//!
//! A service's rarer operations have no name there ([`MetricsError::NameNotKept`]): what needs it asks the spans.

/// Filters of spans as conditions on rows.
mod condition;

use spanloom_store::histogram::SCALE;
use spanloom_store::schema::operations::{OperationColumns, OperationName};

use self::condition::Condition;
use super::accumulator::{Cells, Counted, MetricsAccumulator, Tally};
use super::exemplars::Chosen;
use super::groups::Key;
use super::values::NIL;
use super::{MetricsError, Steps};
use crate::traceql::check::GROUPING_FIELDS_MAX;
use crate::traceql::plan::metrics::{MetricsPart, PlannedFunction, Source, Unit};
use crate::traceql::tree::Stage;

/// The window of a row, from its `window_ns`.
pub(crate) const WINDOW_NS: i64 = 60_000_000_000;

const SERVICE_COLUMN: &str = "service_name";
const NAME_COLUMN: &str = "name";
const DURATION_COLUMN: &str = "duration_ns";

/// Which rows answer a part.
#[derive(Debug)]
pub(crate) struct OperationsPlan {
    /// All of them are true of a row that counts.
    conditions: Vec<Condition>,
    /// Whether rows without a name cannot be told.
    reads_names: bool,
}

/// How the table `operations` answers a part; `None` if it cannot.
pub(crate) fn from_operations(part: &MetricsPart, steps: &Steps) -> Option<OperationsPlan> {
    let is_of_windows = steps.step_ns() % WINDOW_NS == 0 && steps.start_ns() % WINDOW_NS == 0;
    if !is_of_windows || !is_function_of_windows(&part.function) {
        return None;
    }
    if !part.by.iter().all(|label| is_key(&label.source)) {
        return None;
    }
    let conditions: Vec<Condition> = part.spans.pipeline.stages.iter().map(of_stage).collect::<Option<_>>()?;
    let groups_by_name = part.by.iter().any(|label| matches!(label.source, Source::TextOrEmpty(NAME_COLUMN)));
    let reads_names = groups_by_name || conditions.iter().any(Condition::reads_name);
    Some(OperationsPlan { conditions, reads_names })
}

fn is_function_of_windows(function: &PlannedFunction) -> bool {
    match function.argument() {
        None => matches!(function, PlannedFunction::Rate | PlannedFunction::Count),
        Some(argument) => argument.unit == Unit::DurationNs && matches!(argument.source, Source::Int(DURATION_COLUMN)),
    }
}

fn is_key(source: &Source) -> bool {
    match source {
        Source::Text(column) => *column == SERVICE_COLUMN,
        Source::TextOrEmpty(column) => *column == NAME_COLUMN,
        Source::StatusCode | Source::Kind => true,
        Source::Int(_) | Source::Compiled(_) => false,
    }
}

fn of_stage(stage: &Stage) -> Option<Condition> {
    match stage {
        Stage::Filter(filter) => match &filter.condition {
            None => Some(Condition::ALWAYS),
            Some(field) => Condition::new(field),
        },
        _ => None,
    }
}

impl MetricsAccumulator {
    /// Counts rows of `operations`; one whose minute is in no interval, or that the filters leave out, counts for
    /// nothing.
    ///
    /// The plan is that of this part and these steps.
    ///
    /// # Errors
    /// More series than may be, a row that is not one of ours, or one without the name that is asked for: then nothing else
    /// helps than to ask the spans.
    pub fn observe_operations(
        &mut self,
        plan: &OperationsPlan,
        rows: &OperationColumns<'_>,
    ) -> Result<(), MetricsError> {
        let Counted::Series(tally) = &mut self.counted else { return Ok(()) };
        for row in 0..rows.rows() {
            let name = rows.name(row);
            // Minutes include their start, intervals their end.
            let Some(interval) = self.steps.interval_of(name.window_ns.saturating_add(1)) else { continue };
            if plan.reads_names && name.operation.is_none() {
                return Err(MetricsError::NameNotKept);
            }
            if !plan.conditions.iter().all(|condition| condition.holds(&name)) {
                continue;
            }
            let key = key(&self.part, tally, &name);
            let series = tally.groups.series(key)?;
            let place = (series, interval as u32);
            count(tally, place, rows, row);
            offer(tally, &self.part, place, rows, row);
        }
        Ok(())
    }
}

fn key(part: &MetricsPart, tally: &mut Tally, name: &OperationName<'_>) -> Key {
    let mut key = [0; GROUPING_FIELDS_MAX];
    for ((number, label), values) in key.iter_mut().zip(&part.by).zip(&mut tally.groups.values) {
        *number = match label.source {
            Source::Text(_) => name.service.map_or(NIL, |service| values.of_text(service)),
            Source::TextOrEmpty(_) => values.of_text(name.operation.unwrap_or_default()),
            Source::StatusCode => values.of_status(name.status_code),
            Source::Kind => values.of_kind(name.kind),
            Source::Int(_) | Source::Compiled(_) => NIL,
        };
    }
    key
}

fn count(tally: &mut Tally, (series, interval): (u32, u32), rows: &OperationColumns<'_>, row: usize) {
    tally.cells.reserve(tally.groups.len());
    if let Cells::Count(grid) = &mut tally.cells {
        grid.cell(series, interval).0 += rows.count(row);
        return;
    }
    let Some(latency) = rows.latency(row) else { return };
    match &mut tally.cells {
        Cells::Count(_) => {}
        Cells::Least(grid) => {
            let least = &mut grid.cell(series, interval).0;
            *least = least.min(latency.min_ns as f64);
        }
        Cells::Greatest(grid) => {
            let greatest = &mut grid.cell(series, interval).0;
            *greatest = greatest.max(latency.max_ns as f64);
        }
        Cells::Sum(grid) => grid.cell(series, interval).add_whole(latency.sum_ns, latency.count()),
        Cells::Log2(grid) => {
            // Bucket `i` of the table is in bucket `i >> 4` of scale 0, (2^k, 2^(k+1)], which is TraceQL's bucket `k + 1`.
            let mut sum: Option<(usize, f64)> = None;
            for (index, weight) in latency.buckets() {
                let Ok(bucket) = usize::try_from(index >> SCALE).map(|k| k + 1) else { continue };
                match &mut sum {
                    Some((known, sum)) if *known == bucket => *sum += weight,
                    _ => {
                        if let Some((bucket, weight)) = sum.replace((bucket, weight)) {
                            grid.cell(series, interval).add(bucket, weight);
                        }
                    }
                }
            }
            if let Some((bucket, weight)) = sum {
                grid.cell(series, interval).add(bucket, weight);
            }
        }
    }
}

/// When a call of a row began is not known; the middle of its minute is not far off.
fn offer(tally: &mut Tally, part: &MetricsPart, place: (u32, u32), rows: &OperationColumns<'_>, row: usize) {
    let Some(exemplars) = &mut tally.exemplars else { return };
    for call in rows.exemplars(row) {
        let value = match part.function.argument() {
            None => f64::NAN,
            Some(_) if call.duration_ns < 2 => continue,
            Some(_) => call.duration_ns as f64,
        };
        let trace = (call.trace_id.hi(), call.trace_id.lo());
        let chosen = Chosen::new(trace, call.span_id.as_int(), place);
        exemplars.offer(chosen.at(rows.window_ns(row) + WINDOW_NS / 2, value));
    }
}

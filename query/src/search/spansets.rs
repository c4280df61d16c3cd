use std::collections::BTreeMap;

use arrow::array::{Array, BooleanArray, RecordBatch};

use super::judge::Trace;
use crate::error::QueryError;
use crate::traceql::eval::{Bound, Compiled, Val};
use crate::traceql::plan::{Plan, Spans, Step};
use crate::traceql::tree::{AggregateFunction, Comparison};

/// Spans of one trace, as rows of a batch, ascending.
#[derive(Debug, Clone, Default)]
pub(super) struct Spanset {
    pub rows: Vec<usize>,
    pub attributes: Vec<(String, Val<'static>)>,
}

/// A plan asked of the traces of one batch.
pub(super) struct Asked<'a> {
    plan: &'a Plan,
    batch: &'a RecordBatch,
    /// By filter: the rows for which it is true.
    masks: Vec<BooleanArray>,
}

impl<'a> Asked<'a> {
    pub fn new(plan: &'a Plan, batch: &'a RecordBatch, masks: Vec<BooleanArray>) -> Self {
        Self { plan, batch, masks }
    }

    /// The spansets that are left of a trace; none if it does not match.
    pub fn spansets(&self, trace: &Trace<'_>) -> Result<Vec<Spanset>, QueryError> {
        let all = Spanset { rows: trace.rows.clone(), attributes: Vec::new() };
        self.steps(&self.plan.steps, vec![all], trace)
    }

    fn steps(&self, steps: &[Step], mut spansets: Vec<Spanset>, trace: &Trace<'_>) -> Result<Vec<Spanset>, QueryError> {
        for step in steps {
            spansets = self.step(step, spansets, trace)?;
            spansets.retain(|spanset| !spanset.rows.is_empty());
        }
        Ok(spansets)
    }

    fn step(&self, step: &Step, spansets: Vec<Spanset>, trace: &Trace<'_>) -> Result<Vec<Spanset>, QueryError> {
        match step {
            Step::Spans(spans) => {
                let found = spansets.into_iter().map(|spanset| {
                    Ok(Spanset { rows: self.spans(spans, &spanset.rows, trace)?, attributes: spanset.attributes })
                });
                found.collect()
            }
            Step::Keep { name, function, argument, op, value } => {
                let mut kept = Vec::new();
                for mut spanset in spansets {
                    let number = self.aggregate(*function, argument.as_ref(), &spanset.rows)?;
                    let Some(number) = number.filter(|number| holds(*op, *number, *value)) else { continue };
                    spanset.attributes.push((name.clone(), shown(*function, number)));
                    kept.push(spanset);
                }
                Ok(kept)
            }
            Step::By { name, by } => self.by(name, by, spansets),
            Step::Coalesce => {
                let mut rows: Vec<usize> = spansets.into_iter().flat_map(|spanset| spanset.rows).collect();
                rows.sort_unstable();
                rows.dedup();
                Ok(vec![Spanset { rows, attributes: Vec::new() }])
            }
        }
    }

    fn spans(&self, spans: &Spans, rows: &[usize], trace: &Trace<'_>) -> Result<Vec<usize>, QueryError> {
        match spans {
            Spans::Filter(i) => {
                let mask = &self.masks[*i];
                Ok(rows.iter().copied().filter(|row| mask.is_valid(*row) && mask.value(*row)).collect())
            }
            Spans::And(left, right) => {
                let (left, right) = (self.spans(left, rows, trace)?, self.spans(right, rows, trace)?);
                Ok(if left.is_empty() || right.is_empty() { Vec::new() } else { union(left, right) })
            }
            Spans::Or(left, right) => Ok(union(self.spans(left, rows, trace)?, self.spans(right, rows, trace)?)),
            Spans::Structural(relation, side, left, right) => {
                let marks = |rows: Vec<usize>| marks(&trace.rows, &rows);
                let (left, right) = (marks(self.spans(left, rows, trace)?), marks(self.spans(right, rows, trace)?));
                let related = trace.tree.relate(*relation, *side, &left, &right);
                Ok(trace.rows.iter().zip(related).filter(|(_, is_related)| *is_related).map(|(row, _)| *row).collect())
            }
            Spans::Group(steps) => {
                let all = Spanset { rows: rows.to_vec(), attributes: Vec::new() };
                let spansets = self.steps(steps, vec![all], trace)?;
                Ok(spansets.into_iter().map(|spanset| spanset.rows).fold(Vec::new(), union))
            }
        }
    }

    /// The number of a spanset; `None` if none of its spans has a value.
    fn aggregate(
        &self,
        function: AggregateFunction,
        argument: Option<&Compiled>,
        rows: &[usize],
    ) -> Result<Option<f64>, QueryError> {
        let Some(argument) = argument else { return Ok(Some(rows.len() as f64)) };
        let bound = Bound::to_batch(argument, self.batch)?;
        let mut values: Vec<f64> = rows.iter().filter_map(|row| bound.value(*row).number()).collect();
        if values.is_empty() {
            return Ok(None);
        }
        // Rounding depends on the order of the terms; that of the rows depends on the files which they lie in.
        values.sort_unstable_by(f64::total_cmp);
        let sum: f64 = values.iter().sum();
        Ok(Some(match function {
            AggregateFunction::Count => values.len() as f64,
            AggregateFunction::Sum => sum,
            AggregateFunction::Avg => sum / values.len() as f64,
            AggregateFunction::Min => values.into_iter().fold(f64::INFINITY, f64::min),
            AggregateFunction::Max => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
        }))
    }

    /// A spanset for each value; spans without one are a spanset as well.
    fn by(&self, name: &str, by: &Compiled, spansets: Vec<Spanset>) -> Result<Vec<Spanset>, QueryError> {
        let bound = Bound::to_batch(by, self.batch)?;
        let mut groups = Vec::new();
        for spanset in spansets {
            let mut of_value: BTreeMap<String, Spanset> = BTreeMap::new();
            for row in spanset.rows {
                let value = bound.value(row).into_owned();
                let group = of_value.entry(format!("{value:?}")).or_insert_with(|| {
                    let mut attributes = spanset.attributes.clone();
                    attributes.push((name.to_owned(), value));
                    Spanset { rows: Vec::new(), attributes }
                });
                group.rows.push(row);
            }
            groups.extend(of_value.into_values());
        }
        Ok(groups)
    }
}

/// Counts are whole, also where they are written.
fn shown(function: AggregateFunction, number: f64) -> Val<'static> {
    match function {
        AggregateFunction::Count => Val::Int(number as i64),
        _ => Val::Float(number),
    }
}

fn holds(op: Comparison, number: f64, value: f64) -> bool {
    Val::Float(number).compare(op, &Val::Float(value))
}

/// Two ascending lists as one, equal rows once.
fn union(left: Vec<usize>, right: Vec<usize>) -> Vec<usize> {
    let mut rows = left;
    rows.extend(right);
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Which of `all` are among `rows`; both ascend.
fn marks(all: &[usize], rows: &[usize]) -> Vec<bool> {
    all.iter().map(|row| rows.binary_search(row).is_ok()).collect()
}

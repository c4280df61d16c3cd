//! `and`, `or`, `unless`: rows are kept or not, step by step, by whether the other side has a match.

use std::collections::HashMap;

use super::matching::signature;
use super::row::{self, Row};
use super::{Done, Evaluator, Sink};
use crate::promql::labels::Labels;
use crate::promql::plan::{Binary, Grid};
use crate::promql::tree::{BinaryOp, Matching};

impl Evaluator<'_> {
    pub(super) fn set(&self, binary: &Binary, grid: Grid, sink: Sink<'_>) -> Done {
        let lhs = self.collect(&binary.lhs, grid)?;
        let rhs = self.collect(&binary.rhs, grid)?;
        self.release(&lhs);
        self.release(&rhs);
        let rows = match binary.op {
            BinaryOp::And => kept(lhs, &rhs, &binary.matching, true),
            BinaryOp::Unless => kept(lhs, &rhs, &binary.matching, false),
            _ => {
                let more = kept(rhs, &lhs, &binary.matching, false);
                row::joined(lhs.into_iter().chain(more).collect())?
            }
        };
        rows.into_iter().filter(|row| row.points.is_any_present()).try_for_each(sink)
    }
}

/// The rows at the steps at which the other side has a match, or has none.
fn kept(mut rows: Vec<Row>, others: &[Row], matching: &Matching, matched: bool) -> Vec<Row> {
    let mut present: HashMap<Labels, Vec<bool>> = HashMap::new();
    for other in others {
        let steps = other.points.len();
        let present = present.entry(signature(&other.labels, matching)).or_insert_with(|| vec![false; steps]);
        for (step, present) in present.iter_mut().enumerate() {
            *present |= other.points.is_present(step);
        }
    }
    for row in &mut rows {
        let present = present.get(&signature(&row.labels, matching));
        row.points.retain(|step| present.is_some_and(|present| present[step]) == matched);
    }
    rows
}

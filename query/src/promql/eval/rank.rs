//! Aggregations that choose series of a group: `topk`, `bottomk`, `limitk`, `limit_ratio`.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::aggregate::{Places, group_labels};
use super::row::Row;
use super::{Done, Evaluator, Sink};
use crate::promql::engine::QueryFailure;
use crate::promql::labels::Labels;
use crate::promql::number::General;
use crate::promql::plan::{Aggregate, Grid};
use crate::promql::sample::is_stale;
use crate::promql::tree::AggregateOp;

/// Go's bounds of what a float may be to become an integer.
const INT_MAX: f64 = 9_223_372_036_854_774_784.0;
const INT_MIN: f64 = -9_223_372_036_854_775_808.0;

impl Evaluator<'_> {
    pub(super) fn rank(&self, aggregate: &Aggregate, grid: Grid, sink: Sink<'_>) -> Done {
        let Some(param) = &aggregate.param else {
            return Err(QueryFailure::Execution(format!("{} needs a number", aggregate.op.text())));
        };
        let params = self.scalars(param, grid)?;
        let rows = self.collect(&aggregate.operand, grid)?;
        self.release(&rows);
        if !self.check_params(aggregate, &params)? {
            return Ok(());
        }
        let groups = groups(aggregate, &rows);
        let chosen = match aggregate.op {
            AggregateOp::TopK | AggregateOp::BottomK => self.by_value(aggregate, &rows, &groups, &params)?,
            AggregateOp::LimitK => first(&rows, &groups, &params),
            _ => by_hash(&rows, &params),
        };
        emit(rows, chosen, grid, sink)
    }

    /// Whether anything can be chosen.
    fn check_params(&self, aggregate: &Aggregate, params: &[f64]) -> Result<bool, QueryFailure> {
        let failure = |message: String| Err(QueryFailure::Execution(message));
        let (least, most) = extremes(params);
        if aggregate.op == AggregateOp::LimitRatio {
            if least == 0.0 && most == 0.0 {
                return Ok(false);
            }
            if params.iter().any(|param| param.is_nan()) {
                return failure("Ratio value is NaN".to_owned());
            }
            for (ratio, bound) in [(most, 1.0), (least, -1.0)] {
                if (bound > 0.0 && ratio > bound) || (bound < 0.0 && ratio < bound) {
                    let got = General(ratio);
                    let message = format!("ratio value should be between -1 and 1, got {got}, capping to {bound}");
                    self.annotations.borrow_mut().warn(aggregate.param_span, message);
                }
            }
            return Ok(true);
        }
        if most < 1.0 {
            return Ok(false);
        }
        if params.iter().any(|param| param.is_nan()) {
            return failure("Parameter value is NaN".to_owned());
        }
        if least <= INT_MIN {
            return failure(format!("Scalar value {} underflows int64", General(least)));
        }
        if most >= INT_MAX {
            return failure(format!("Scalar value {} overflows int64", General(most)));
        }
        Ok(true)
    }

    /// Which rows are chosen at each step, best first within a group.
    fn by_value(
        &self,
        aggregate: &Aggregate,
        rows: &[Row],
        groups: &[Vec<usize>],
        params: &[f64],
    ) -> Result<Vec<(usize, usize)>, QueryFailure> {
        if rows.iter().any(|row| row.points.has_histograms()) {
            let message = format!("ignored histogram in {} aggregation", aggregate.op.text());
            self.annotations.borrow_mut().info(aggregate.span, message);
        }
        let better = |a: &(f64, usize), b: &(f64, usize)| match aggregate.op {
            AggregateOp::TopK => greatest_first(a.0, b.0).then(a.1.cmp(&b.1)),
            _ => least_first(a.0, b.0).then(a.1.cmp(&b.1)),
        };
        let mut chosen = Vec::new();
        let mut values: Vec<(f64, usize)> = Vec::new();
        for group in groups {
            self.check_stop()?;
            for (step, param) in params.iter().enumerate() {
                let wanted = how_many(*param);
                if wanted == 0 {
                    continue;
                }
                values.clear();
                let present = group.iter().map(|at| (rows[*at].points.float(step), *at));
                values.extend(present.filter(|(value, _)| !is_stale(*value)));
                if wanted < values.len() {
                    values.select_nth_unstable_by(wanted - 1, better);
                    values.truncate(wanted);
                }
                values.sort_unstable_by(better);
                chosen.extend(values.iter().map(|(_, at)| (*at, step)));
            }
        }
        Ok(chosen)
    }
}

fn extremes(params: &[f64]) -> (f64, f64) {
    // NaN is neither.
    params.iter().fold((f64::NAN, f64::NAN), |(least, most), param| (least.min(*param), most.max(*param)))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be within bounds")]
fn how_many(param: f64) -> usize {
    param.max(0.0) as usize
}

/// NaN is the worst in both orders.
fn greatest_first(a: f64, b: f64) -> Ordering {
    b.partial_cmp(&a).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn least_first(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn groups(aggregate: &Aggregate, rows: &[Row]) -> Vec<Vec<usize>> {
    let mut places = Places::default();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let labels = group_labels(&row.labels, aggregate.without, &aggregate.grouping);
        let (place, is_new) = places.place(&labels);
        if is_new {
            groups.push(Vec::new());
        }
        groups[place].push(at);
    }
    groups
}

/// The first series of each group that have a value.
fn first(rows: &[Row], groups: &[Vec<usize>], params: &[f64]) -> Vec<(usize, usize)> {
    let mut chosen = Vec::new();
    for group in groups {
        for (step, param) in params.iter().enumerate() {
            let present = group.iter().filter(|at| rows[**at].points.is_present(step));
            chosen.extend(present.take(how_many(*param)).map(|at| (*at, step)));
        }
    }
    chosen
}

/// Series by a hash of their labels: a ratio and its negative complement choose each series exactly once.
fn by_hash(rows: &[Row], params: &[f64]) -> Vec<(usize, usize)> {
    let mut chosen = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let place = place_of(&row.labels);
        for (step, param) in params.iter().enumerate() {
            let ratio = param.clamp(-1.0, 1.0);
            let is_in = if ratio >= 0.0 { place < ratio } else { place >= 1.0 + ratio };
            if is_in && row.points.is_present(step) {
                chosen.push((at, step));
            }
        }
    }
    chosen
}

/// A number in `[0, 1)` that depends on the labels alone.
#[expect(clippy::cast_precision_loss, reason = "the low bits do not matter")]
fn place_of(labels: &Labels) -> f64 {
    let mut hasher = DefaultHasher::new();
    labels.hash(&mut hasher);
    // 53 bits, so that 1 is never reached.
    (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
}

/// The rows at the steps at which they were chosen. At a single step they come in the order in which they were chosen.
fn emit(rows: Vec<Row>, chosen: Vec<(usize, usize)>, grid: Grid, sink: Sink<'_>) -> Done {
    let mut steps: Vec<Vec<bool>> = vec![Vec::new(); rows.len()];
    let mut order = Vec::new();
    for (at, step) in chosen {
        if steps[at].is_empty() {
            steps[at] = vec![false; grid.count];
            order.push(at);
        }
        steps[at][step] = true;
    }
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    for at in order {
        if let Some(mut row) = rows[at].take() {
            row.points.retain(|step| steps[at][step]);
            sink(row)?;
        }
    }
    Ok(())
}

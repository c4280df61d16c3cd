//! Aggregations that make one row of a group. Rows are taken in as they come; a group holds what it needs for all steps.

/// What a group holds of floats.
mod floats;
/// What a group holds of histograms.
mod histograms;

use std::collections::HashMap;
use std::sync::Arc;

use super::row::{Points, Row};
use super::{Done, Evaluator, Sink};
use crate::promql::engine::QueryFailure;
use crate::promql::labels::{Labels, NAME};
use crate::promql::plan::{Aggregate, Grid};
use crate::promql::sample::is_stale;
use crate::promql::tree::AggregateOp;
use floats::Floats;
use histograms::Histograms;

/// The labels of the group that a series belongs to.
pub(super) fn group_labels(labels: &Labels, without: bool, grouping: &[String]) -> Labels {
    let listed = |name: &str| grouping.iter().any(|label| label == name);
    if without { labels.filter(|name| name != NAME && !listed(name)) } else { labels.filter(listed) }
}

/// Groups in the order in which their first series came.
#[derive(Default)]
pub(super) struct Places {
    places: HashMap<Labels, usize>,
}

impl Places {
    /// The number of the group, and whether it is new.
    pub fn place(&mut self, labels: &Labels) -> (usize, bool) {
        if let Some(place) = self.places.get(labels) {
            return (*place, false);
        }
        let place = self.places.len();
        self.places.insert(labels.clone(), place);
        (place, true)
    }
}

struct Group {
    labels: Labels,
    drop_name: bool,
    floats: Floats,
    histograms: Histograms,
}

impl Evaluator<'_> {
    pub(super) fn aggregate(&self, aggregate: &Aggregate, grid: Grid, sink: Sink<'_>) -> Done {
        match aggregate.op {
            AggregateOp::CountValues => return self.count_values(aggregate, grid, sink),
            AggregateOp::TopK | AggregateOp::BottomK | AggregateOp::LimitK | AggregateOp::LimitRatio => {
                return self.rank(aggregate, grid, sink);
            }
            _ => {}
        }
        let quantiles = self.quantiles(aggregate, grid)?;
        let mut places = Places::default();
        let mut groups: Vec<Group> = Vec::new();
        let mut held = 0;
        self.rows(&aggregate.operand, grid, &mut |row| {
            let labels = group_labels(&row.labels, aggregate.without, &aggregate.grouping);
            let (place, is_new) = places.place(&labels);
            if is_new {
                self.hold(grid.count)?;
                let floats = Floats::new(aggregate.op, grid.count);
                groups.push(Group { labels, drop_name: false, floats, histograms: Histograms::default() });
            }
            held += self.take(aggregate, &row, &mut groups[place])?;
            Ok(())
        })?;
        self.release_samples(held + groups.len() * grid.count);
        for group in groups {
            self.check_stop()?;
            let row = self.row_of(aggregate, group, &quantiles);
            if row.points.is_any_present() {
                sink(row)?;
            }
        }
        Ok(())
    }

    /// The wanted quantile at each step; nothing for other aggregations.
    fn quantiles(&self, aggregate: &Aggregate, grid: Grid) -> Result<Vec<f64>, QueryFailure> {
        let (AggregateOp::Quantile, Some(param)) = (aggregate.op, &aggregate.param) else { return Ok(Vec::new()) };
        let quantiles = self.scalars(param, grid)?;
        for quantile in quantiles.iter().filter(|quantile| !(0.0..=1.0).contains(*quantile)) {
            self.warn_quantile(*quantile, aggregate.param_span);
        }
        Ok(quantiles)
    }

    /// Takes a row in. Returns how many samples are held for it.
    fn take(&self, aggregate: &Aggregate, row: &Row, group: &mut Group) -> Result<usize, QueryFailure> {
        group.drop_name |= row.drop_name;
        let more = group.floats.take(row.points.floats());
        self.hold(more)?;
        if !row.points.has_histograms() {
            return Ok(more);
        }
        let present = (0..row.points.len()).filter_map(|step| Some((step, row.points.histogram(step)?)));
        match aggregate.op {
            AggregateOp::Sum | AggregateOp::Avg => {
                let mean = aggregate.op == AggregateOp::Avg;
                for (step, histogram) in present {
                    if group.histograms.take(step, row.points.len(), histogram, mean).is_err() {
                        let metric = row.labels.metric();
                        let message = format!(
                            "vector contains a mix of histograms with exponential and custom buckets schemas for metric name {metric:?}"
                        );
                        self.annotations.borrow_mut().warn(aggregate.operand_span, message);
                    }
                }
            }
            AggregateOp::Count | AggregateOp::Group => {
                present.for_each(|(step, _)| group.floats.take_one(step, 1.0));
            }
            op => {
                if present.count() > 0 {
                    let message = format!("ignored histogram in {} aggregation", op.text());
                    self.annotations.borrow_mut().info(aggregate.operand_span, message);
                }
            }
        }
        Ok(more)
    }

    fn row_of(&self, aggregate: &Aggregate, group: Group, quantiles: &[f64]) -> Row {
        let mut annotations = self.annotations.borrow_mut();
        let at = aggregate.operand_span;
        let mut points = Points::of_floats(group.floats.finish(quantiles));
        for (step, held) in group.histograms.into_steps() {
            let Some(held) = held else {
                points.clear(step);
                continue;
            };
            if !is_stale(points.float(step)) {
                points.clear(step);
                annotations.warn(at, "encountered a mix of histograms and floats for aggregation");
                continue;
            }
            let combined = held.finish();
            if combined.hints_conflict {
                annotations.warn(at, "conflicting counter resets during histogram aggregation");
            }
            if combined.bounds_reconciled {
                annotations.info(at, "mismatched custom buckets were reconciled during aggregation");
            }
            points.set_histogram(step, Arc::new(combined.histogram.compact()));
        }
        Row { labels: group.labels, drop_name: group.drop_name, points }
    }
}

//! `count_values`: how many series of a group have which value.

use super::aggregate::{Places, group_labels};
use super::row::{Points, Row};
use super::{Done, Evaluator, Sink};
use crate::promql::engine::QueryFailure;
use crate::promql::number;
use crate::promql::plan::{Aggregate, Grid, Node};
use crate::promql::sample::{STALE, Sample, is_stale};

impl Evaluator<'_> {
    pub(super) fn count_values(&self, aggregate: &Aggregate, grid: Grid, sink: Sink<'_>) -> Done {
        let Some(Node::Text(label)) = &aggregate.param else {
            return Err(QueryFailure::Execution("count_values needs a label name".to_owned()));
        };
        let mut grouping = aggregate.grouping.clone();
        if !aggregate.without {
            grouping.push(label.clone());
        }
        let mut places = Places::default();
        let mut rows: Vec<Row> = Vec::new();
        self.rows(&aggregate.operand, grid, &mut |row| {
            for step in 0..grid.count {
                let Some(sample) = row.points.sample(step) else { continue };
                let text = match sample {
                    Sample::Float(value) => number::text(value),
                    Sample::Histogram(histogram) => histogram.to_string(),
                };
                let labels = group_labels(&row.labels.with(label.as_str(), text), aggregate.without, &grouping);
                let (place, is_new) = places.place(&labels);
                // As in Prometheus a name by which values are grouped stays, even if it no longer says what they are.
                if is_new {
                    self.hold(grid.count)?;
                    rows.push(Row { labels, drop_name: false, points: Points::of_floats(vec![STALE; grid.count]) });
                }
                let held = &mut rows[place];
                let count = held.points.float(step);
                held.points.set_float(step, if is_stale(count) { 1.0 } else { count + 1.0 });
            }
            Ok(())
        })?;
        self.release(&rows);
        rows.into_iter().try_for_each(sink)
    }
}

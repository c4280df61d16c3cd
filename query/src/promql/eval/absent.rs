//! `absent` and `absent_over_time`: 1 at the steps at which nothing is there.

use super::row::{Points, Row};
use super::{Done, Evaluator, Sink};
use crate::promql::call::WindowFunction;
use crate::promql::labels::{Labels, NAME};
use crate::promql::plan::{Call, Grid, Node};
use crate::promql::sample::{STALE, Sample};
use crate::promql::source::{MatchOp, Matcher};

impl Evaluator<'_> {
    pub(super) fn absent(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let mut missing = Missing::new(grid);
        self.rows(&call.args[0], grid, &mut |row| {
            missing.found(&row);
            Ok(())
        })?;
        missing.emit(call, sink)
    }

    pub(super) fn absent_over_time(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let present: WindowFunction = |_, _| Some(Sample::Float(1.0));
        let mut missing = Missing::new(grid);
        self.window_call(call, present, 0, grid, &mut |row| {
            missing.found(&row);
            Ok(())
        })?;
        missing.emit(call, sink)
    }
}

struct Missing(Vec<f64>);

impl Missing {
    fn new(grid: Grid) -> Self {
        Self(vec![1.0; grid.count])
    }

    fn found(&mut self, row: &Row) {
        for (step, missing) in self.0.iter_mut().enumerate() {
            if row.points.is_present(step) {
                *missing = STALE;
            }
        }
    }

    fn emit(self, call: &Call, sink: Sink<'_>) -> Done {
        let points = Points::of_floats(self.0);
        if !points.is_any_present() {
            return Ok(());
        }
        sink(Row { labels: labels(call.args[0].without_once()), drop_name: true, points })
    }
}

/// The labels that a missing series would have for certain: what its selector says to be equal, unless it says so twice or goes
/// on to say something else of the same label.
fn labels(argument: &Node) -> Labels {
    let matchers = match argument {
        Node::Select(select) => &select.matchers,
        Node::Window(window) => &window.select.matchers,
        _ => return Labels::default(),
    };
    let certain = |(at, matcher): &(usize, &Matcher)| {
        let is_first = !matchers[..*at].iter().any(|other| other.name == matcher.name && other.op == MatchOp::Equal);
        let is_last = !matchers[at + 1..].iter().any(|other| other.name == matcher.name);
        matcher.op == MatchOp::Equal && &*matcher.name != NAME && is_first && is_last
    };
    let certain = matchers.iter().enumerate().filter(certain);
    Labels::new(certain.map(|(_, matcher)| (matcher.name.clone(), matcher.value.clone())))
}

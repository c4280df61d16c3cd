//! What becomes of the series of all parts: calculations, comparisons, the highest and the lowest, and the bound of
//! an answer.

/// Series with series, and series with numbers.
mod calculation;
/// Points that stay, and series that have none left.
mod choice;

use super::{Bounds, MetricSeries, Steps};
use crate::traceql::plan::metrics::{MetricsPlan, Outcome};

/// What a query of series answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MetricsAnswer {
    /// None without a point.
    pub series: Vec<MetricSeries>,
    /// Why there are less series than there should be.
    pub partial: Option<String>,
}

/// The answer of a plan whose parts came to these series, in the order of [`MetricsPlan::parts`].
pub(crate) fn answer(
    plan: &MetricsPlan,
    parts: Vec<Vec<MetricSeries>>,
    steps: &Steps,
    bounds: &Bounds,
) -> MetricsAnswer {
    let mut uses = vec![0; parts.len()];
    count_uses(&plan.outcome, &mut uses);
    let mut evaluation = Evaluation { parts, uses, step_ms: steps.step_ns().div_euclid(1_000_000) };
    let series = evaluation.series(&plan.outcome);
    let series_max = if plan.is_comparison() { bounds.compared_series_max } else { bounds.series_max };
    choice::bounded(series, series_max)
}

fn count_uses(outcome: &Outcome, uses: &mut [usize]) {
    match outcome {
        Outcome::Part(part) => uses.iter_mut().skip(*part).take(1).for_each(|uses| *uses += 1),
        Outcome::Number(_) => {}
        Outcome::Keep { of, .. } | Outcome::Rank { of, .. } => count_uses(of, uses),
        Outcome::Calculate { left, right, .. } => {
            count_uses(left, uses);
            count_uses(right, uses);
        }
    }
}

struct Evaluation {
    parts: Vec<Vec<MetricSeries>>,
    /// How often each part is still asked for.
    uses: Vec<usize>,
    step_ms: i64,
}

impl Evaluation {
    fn series(&mut self, outcome: &Outcome) -> Vec<MetricSeries> {
        match outcome {
            Outcome::Part(part) => self.part(*part),
            // A number alone is no series; the planner makes none.
            Outcome::Number(_) => Vec::new(),
            Outcome::Keep { of, op, value } => choice::keep(self.series(of), *op, *value, self.step_ms),
            Outcome::Rank { of, is_top, count } => choice::rank(self.series(of), *is_top, *count, self.step_ms),
            Outcome::Calculate { op, left, right } => match (&**left, &**right) {
                (Outcome::Number(left), right) => {
                    calculation::with_number(self.series(right), |value| calculation::apply(*op, *left, value))
                }
                (left, Outcome::Number(right)) => {
                    calculation::with_number(self.series(left), |value| calculation::apply(*op, value, *right))
                }
                (left, right) => calculation::join(*op, self.series(left), self.series(right)),
            },
        }
    }

    fn part(&mut self, part: usize) -> Vec<MetricSeries> {
        let Some(uses) = self.uses.get_mut(part) else { return Vec::new() };
        *uses = uses.saturating_sub(1);
        match *uses {
            0 => std::mem::take(&mut self.parts[part]),
            _ => self.parts[part].clone(),
        }
    }
}

use std::sync::Arc;

use super::{
    Argument, ExemplarsHint, Label, MetricsPart, MetricsPlan, Outcome, PARTS_MAX, PlannedFunction, Selection, Source,
    Unit,
};
use crate::traceql::Invalid;
use crate::traceql::check::VALUES_DEFAULT;
use crate::traceql::eval::{Compiled, Val};
use crate::traceql::tree::{
    Binary, Comparison, Field, Filter, Hint, Intrinsic, Literal, Metrics, MetricsFunction, Pipeline, Query, Rank,
    Stage, StageOp, Static,
};

pub(super) fn plan(query: &Query) -> Result<Option<MetricsPlan>, Invalid> {
    if !query.pipeline.stages.iter().any(makes_series) {
        return Ok(None);
    }
    let mut planner = Planner::default();
    let outcome = planner.pipeline(&query.pipeline)?;
    let parts = planner.asked.into_iter().map(|(_, part)| part).collect();
    Ok(Some(MetricsPlan { parts, outcome, exemplars: exemplars(&query.hints) }))
}

/// Hints of another type say nothing; of several the last one counts.
fn exemplars(hints: &[Hint]) -> ExemplarsHint {
    let said = hints.iter().rev().filter(|hint| hint.name == "exemplars").find_map(|hint| match hint.value {
        Static::Bool(true) => Some(ExemplarsHint::On),
        Static::Bool(false) | Static::Int(..=0) => Some(ExemplarsHint::Off),
        Static::Int(count) => usize::try_from(count).ok().map(ExemplarsHint::AtMost),
        _ => None,
    });
    said.unwrap_or(ExemplarsHint::Unsaid)
}

fn makes_series(stage: &Stage) -> bool {
    match stage {
        Stage::Metrics(_) => true,
        Stage::Group(pipeline) => pipeline.stages.iter().any(makes_series),
        Stage::Binary(binary) => makes_series(&binary.left) || makes_series(&binary.right),
        _ => false,
    }
}

#[derive(Default)]
struct Planner {
    /// Parts with what was asked, so that what is asked twice is read once.
    asked: Vec<(Metrics, Arc<MetricsPart>)>,
}

impl Planner {
    fn pipeline(&mut self, pipeline: &Pipeline) -> Result<Outcome, Invalid> {
        let first = pipeline.stages.iter().position(makes_series);
        let first = first.ok_or_else(|| Invalid::new(pipeline.at.0, "expected a metrics function"))?;
        let (spans, series) = pipeline.stages.split_at(first);
        let mut outcome = self.stage(&series[0], spans)?;
        for stage in &series[1..] {
            outcome = self.second(stage, outcome)?;
        }
        Ok(outcome)
    }

    /// A stage that makes series, of the spans that `spans` find if it does not bring its own.
    fn stage(&mut self, stage: &Stage, spans: &[Stage]) -> Result<Outcome, Invalid> {
        match stage {
            Stage::Metrics(metrics) => self.part(spans, metrics),
            Stage::Group(pipeline) => self.pipeline(pipeline),
            Stage::Binary(binary) if makes_series(stage) => match binary.op {
                StageOp::Compare(op) => {
                    let of = self.stage(&binary.left, spans)?;
                    self.keep(of, op, binary)
                }
                StageOp::Arithmetic(op) => {
                    let left = Box::new(self.stage(&binary.left, spans)?);
                    let right = Box::new(self.stage(&binary.right, spans)?);
                    Ok(Outcome::Calculate { op, left, right })
                }
                _ => Err(Invalid::not_yet(binary.at.0, "this between series")),
            },
            number => match folded(number)? {
                Static::DurationNs(_) => {
                    Err(Invalid::new(number.at().0, "series cannot be calculated with durations, expected a number"))
                }
                value => float(&value, number).map(Outcome::Number),
            },
        }
    }

    /// What follows series: `topk(3)`, `topk(3) > 10`.
    fn second(&mut self, stage: &Stage, of: Outcome) -> Result<Outcome, Invalid> {
        match stage {
            Stage::Rank(Rank { at, is_top, count }) => {
                let count = usize::try_from(*count).map_err(|_| Invalid::new(at.0, "expected a number above 0"))?;
                Ok(Outcome::Rank { of: Box::new(of), is_top: *is_top, count })
            }
            Stage::Binary(binary) => match binary.op {
                StageOp::Compare(op) => {
                    let of = self.second(&binary.left, of)?;
                    self.keep(of, op, binary)
                }
                _ => Err(Invalid::not_yet(binary.at.0, "this after series")),
            },
            other => Err(Invalid::not_yet(other.at().0, "this after series")),
        }
    }

    /// A duration is compared with series of seconds.
    fn keep(&self, of: Outcome, op: Comparison, binary: &Binary) -> Result<Outcome, Invalid> {
        let value = folded(&binary.right)?;
        if matches!(value, Static::DurationNs(_)) && !self.is_in_seconds(&of) {
            let message = "only series of durations are compared with a duration, expected a number";
            return Err(Invalid::new(binary.right.at().0, message));
        }
        Ok(Outcome::Keep { of: Box::new(of), op, value: float(&value, &binary.right)? })
    }

    fn is_in_seconds(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Part(i) => self.asked[*i].1.function.is_in_seconds(),
            Outcome::Keep { of, .. } | Outcome::Rank { of, .. } => self.is_in_seconds(of),
            Outcome::Number(_) | Outcome::Calculate { .. } => false,
        }
    }

    fn part(&mut self, spans: &[Stage], metrics: &Metrics) -> Result<Outcome, Invalid> {
        let is_known =
            |(asked, part): &(Metrics, Arc<MetricsPart>)| asked == metrics && part.spans.pipeline.stages == spans;
        if let Some(known) = self.asked.iter().position(is_known) {
            return Ok(Outcome::Part(known));
        }
        if self.asked.len() == PARTS_MAX {
            let message = format!("a query has {PARTS_MAX} different metrics functions at most");
            return Err(Invalid::new(metrics.at.0, message));
        }
        let Some(first) = spans.first() else {
            return Err(Invalid::new(metrics.at.0, "a metrics function needs spansets before it"));
        };
        let pipeline = Pipeline { at: first.at(), stages: spans.to_vec() };
        let spans = Query { pipeline, hints: Vec::new() };
        let part = MetricsPart { spans, function: function(metrics)?, by: labels(&metrics.by)? };
        self.asked.push((metrics.clone(), Arc::new(part)));
        Ok(Outcome::Part(self.asked.len() - 1))
    }
}

fn function(metrics: &Metrics) -> Result<PlannedFunction, Invalid> {
    Ok(match &metrics.function {
        MetricsFunction::Rate => PlannedFunction::Rate,
        MetricsFunction::CountOverTime => PlannedFunction::Count,
        MetricsFunction::MinOverTime(over) => PlannedFunction::Least(argument(over)?),
        MetricsFunction::MaxOverTime(over) => PlannedFunction::Greatest(argument(over)?),
        MetricsFunction::SumOverTime(over) => PlannedFunction::Sum(argument(over)?),
        MetricsFunction::AvgOverTime(over) => PlannedFunction::Average(argument(over)?),
        MetricsFunction::HistogramOverTime(over) => PlannedFunction::Histogram(argument(over)?),
        MetricsFunction::QuantileOverTime(over, quantiles) => {
            PlannedFunction::Quantiles(argument(over)?, quantiles.iter().filter_map(quantile).collect())
        }
        MetricsFunction::Compare(filter, more) => PlannedFunction::Compare(selection(filter, more)?),
    })
}

fn argument(over: &Field) -> Result<Argument, Invalid> {
    let is_duration = matches!(over, Field::Intrinsic(_, Intrinsic::Duration | Intrinsic::TraceDuration));
    let unit = if is_duration { Unit::DurationNs } else { Unit::Number };
    Ok(Argument { source: Source::new(over)?, unit })
}

fn quantile(literal: &Literal) -> Option<f64> {
    match literal.value {
        Static::Int(quantile) => Some(quantile as f64),
        Static::Float(quantile) => Some(quantile),
        _ => None,
    }
}

fn selection(filter: &Filter, more: &[Literal]) -> Result<Selection, Invalid> {
    let int =
        |i: usize| more.get(i).map_or(0, |literal| if let Static::Int(number) = literal.value { number } else { 0 });
    let values_max = if more.is_empty() { VALUES_DEFAULT } else { usize::try_from(int(0)).unwrap_or(VALUES_DEFAULT) };
    Ok(Selection {
        condition: filter.condition.as_ref().map(Compiled::new).transpose()?,
        range_ns: (int(2) > 0).then(|| (int(1), int(2))),
        values_max,
    })
}

fn labels(by: &[Field]) -> Result<Vec<Label>, Invalid> {
    let mut labels: Vec<Label> = Vec::with_capacity(by.len());
    for field in by {
        let name = field.to_string();
        if labels.iter().all(|label| label.name != name) {
            labels.push(Label { name, source: Source::new(field)? });
        }
    }
    Ok(labels)
}

/// The value of an expression of values alone; integers stay integers.
fn folded(stage: &Stage) -> Result<Static, Invalid> {
    match stage {
        Stage::Literal(literal) => Ok(literal.value.clone()),
        Stage::Binary(binary) => {
            let StageOp::Arithmetic(op) = binary.op else {
                return Err(Invalid::new(binary.at.0, "expected a number"));
            };
            match (number(&folded(&binary.left)?), number(&folded(&binary.right)?)) {
                (Some(left), Some(right)) => match left.arithmetic(op, &right) {
                    Val::Int(number) => Ok(Static::Int(number)),
                    Val::Float(number) => Ok(Static::Float(number)),
                    _ => Err(Invalid::new(binary.at.0, "a division by zero, or a number that is too large")),
                },
                _ => Err(Invalid::new(binary.at.0, "durations cannot be calculated with, expected numbers")),
            }
        }
        other => Err(Invalid::new(other.at().0, "expected a number")),
    }
}

fn number(value: &Static) -> Option<Val<'static>> {
    match value {
        Static::Int(number) => Some(Val::Int(*number)),
        Static::Float(number) => Some(Val::Float(*number)),
        _ => None,
    }
}

/// Durations are seconds.
fn float(value: &Static, stage: &Stage) -> Result<f64, Invalid> {
    match value {
        Static::Int(number) => Ok(*number as f64),
        Static::Float(number) => Ok(*number),
        Static::DurationNs(nanos) => Ok(*nanos as f64 / 1e9),
        _ => Err(Invalid::new(stage.at().0, "expected a number")),
    }
}

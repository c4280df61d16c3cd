use datafusion::logical_expr::Expr;

use super::super::Invalid;
use super::super::eval::Compiled;
use super::super::tree::{
    Aggregate, AggregateFunction, Binary, Comparison, Field, Filter, Intrinsic, Pipeline, Query, Side, Stage, StageOp,
    Static,
};
use super::condition::{self, Condition, both};
use super::{Needs, Output, Plan, PlannedFilter, Spans, Step};

/// What answers say of every span or trace anyway.
const ALWAYS_SAID: [Intrinsic; 7] = [
    Intrinsic::Name,
    Intrinsic::Duration,
    Intrinsic::TraceDuration,
    Intrinsic::RootName,
    Intrinsic::RootService,
    Intrinsic::TraceId,
    Intrinsic::SpanId,
];

pub(super) fn plan(query: &Query) -> Result<Plan, Invalid> {
    let mut planner = Planner::default();
    let (steps, mut needs) = planner.pipeline(&query.pipeline)?;
    needs.spans_min = spans_min(&steps);
    let Planner { root_flags, filters, outputs } = planner;
    Ok(Plan { needs, root_flags, filters, steps, outputs })
}

/// How many spans a filter has to give, where all steps depend on that.
fn spans_min(steps: &[Step]) -> i64 {
    match steps {
        [
            Step::Spans(Spans::Filter(_)),
            Step::Keep { function: AggregateFunction::Count, argument: None, op, value, .. },
            ..,
        ] => match op {
            Comparison::Greater => value.floor() as i64 + 1,
            Comparison::GreaterEq | Comparison::Eq => value.ceil() as i64,
            _ => 1,
        },
        _ => 1,
    }
}

#[derive(Default)]
struct Planner {
    root_flags: Vec<Expr>,
    filters: Vec<PlannedFilter>,
    outputs: Vec<Output>,
}

impl Planner {
    /// Steps, and what a trace needs to pass them all.
    fn pipeline(&mut self, pipeline: &Pipeline) -> Result<(Vec<Step>, Needs), Invalid> {
        let mut steps = Vec::new();
        let mut needs = Needs::default();
        for stage in &pipeline.stages {
            needs = needs.with(self.stage(stage, &mut steps)?);
        }
        Ok((steps, needs))
    }

    fn stage(&mut self, stage: &Stage, steps: &mut Vec<Step>) -> Result<Needs, Invalid> {
        match stage {
            Stage::Select(_, fields) => fields.iter().try_for_each(|field| self.output(field))?,
            Stage::Coalesce(_) => steps.push(Step::Coalesce),
            Stage::By(_, by) => {
                self.outputs_of(by)?;
                steps.push(Step::By { name: format!("by({by})"), by: Compiled::new(by)? });
            }
            Stage::Binary(binary) if matches!(binary.op, StageOp::Compare(_) | StageOp::Arithmetic(_)) => {
                steps.push(self.keep(binary)?);
            }
            Stage::Metrics(metrics) => return Err(Invalid::not_yet(metrics.at.0, "metrics functions")),
            Stage::Rank(rank) => return Err(Invalid::not_yet(rank.at.0, "topk and bottomk")),
            spans => {
                let (spans, needs) = self.spans(spans)?;
                steps.push(Step::Spans(spans));
                return Ok(needs);
            }
        }
        Ok(Needs::default())
    }

    fn spans(&mut self, stage: &Stage) -> Result<(Spans, Needs), Invalid> {
        match stage {
            Stage::Filter(filter) => self.filter(filter),
            Stage::Group(pipeline) => {
                let (steps, needs) = self.pipeline(pipeline)?;
                Ok((Spans::Group(steps), needs))
            }
            Stage::Binary(binary) => self.join(binary),
            other => Err(Invalid::not_yet(other.at().0, "this between spansets")),
        }
    }

    fn join(&mut self, binary: &Binary) -> Result<(Spans, Needs), Invalid> {
        let (left, left_needs) = self.spans(&binary.left)?;
        let (right, right_needs) = self.spans(&binary.right)?;
        let (left, right) = (Box::new(left), Box::new(right));
        Ok(match binary.op {
            StageOp::And => (Spans::And(left, right), left_needs.with(right_needs)),
            StageOp::Or => (Spans::Or(left, right), left_needs.or(right_needs)),
            StageOp::Structural(relation, side) => {
                let needs = if side == Side::RightWithout { right_needs } else { right_needs.with(left_needs) };
                (Spans::Structural(relation, side, left, right), needs)
            }
            StageOp::Compare(_) | StageOp::Arithmetic(_) => {
                return Err(Invalid::not_yet(binary.at.0, "this between spansets"));
            }
        })
    }

    fn filter(&mut self, filter: &Filter) -> Result<(Spans, Needs), Invalid> {
        let condition = match &filter.condition {
            None => Condition::always(true),
            Some(field) => {
                self.outputs_of(field)?;
                condition::plan(field, &mut self.root_flags)?
            }
        };
        self.filters.push(PlannedFilter {
            text: filter.to_string(),
            exact: condition.exact,
            of_span: condition.of_span,
        });
        Ok((Spans::Filter(self.filters.len() - 1), condition.needs))
    }

    /// `aggregate op value`, in either order.
    fn keep(&mut self, binary: &Binary) -> Result<Step, Invalid> {
        let not_yet = || Invalid::not_yet(binary.at.0, "numbers of spansets other than `aggregate operator value`");
        let StageOp::Compare(op) = binary.op else { return Err(not_yet()) };
        let (aggregate, op, value) = match (&binary.left, &binary.right) {
            (Stage::Aggregate(aggregate), Stage::Literal(value)) => (aggregate, op, value),
            (Stage::Literal(value), Stage::Aggregate(aggregate)) => (aggregate, op.flipped(), value),
            _ => return Err(not_yet()),
        };
        let value = match value.value {
            Static::Int(number) | Static::DurationNs(number) => number as f64,
            Static::Float(number) => number,
            _ => return Err(not_yet()),
        };
        self.keep_if(aggregate, op, value)
    }

    fn keep_if(&mut self, aggregate: &Aggregate, op: Comparison, value: f64) -> Result<Step, Invalid> {
        let argument = aggregate.argument.as_deref();
        argument.map_or(Ok(()), |field| self.outputs_of(field))?;
        let argument = argument.map(Compiled::number).transpose()?;
        Ok(Step::Keep { name: aggregate.to_string(), function: aggregate.function, argument, op, value })
    }

    /// Everything that a field names is said of the spans found.
    fn outputs_of(&mut self, field: &Field) -> Result<(), Invalid> {
        match field {
            Field::Literal(_) => Ok(()),
            Field::Attribute(_) | Field::Intrinsic(..) => self.output(field),
            Field::Unary(_, _, operand) | Field::Exists(_, _, operand) => self.outputs_of(operand),
            Field::Binary(_, _, left, right) => {
                self.outputs_of(left)?;
                self.outputs_of(right)
            }
        }
    }

    fn output(&mut self, field: &Field) -> Result<(), Invalid> {
        let name = match field {
            Field::Attribute(attribute) => attribute.name.clone(),
            Field::Intrinsic(_, intrinsic) if ALWAYS_SAID.contains(intrinsic) => return Ok(()),
            other => other.to_string(),
        };
        let text = field.to_string();
        if self.outputs.iter().all(|output| output.text != text) {
            self.outputs.push(Output { name, text, value: Compiled::new(field)? });
        }
        Ok(())
    }
}

impl Needs {
    /// What is needed where both are. One span's condition is enough to find the trace by: spans of the two may start far
    /// apart.
    fn with(self, other: Self) -> Self {
        Self { span: self.span.or(other.span), trace: both(self.trace, other.trace), ..Self::default() }
    }
}

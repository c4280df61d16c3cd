use super::ALWAYS_SAID;
use super::field::{number, value};
use super::structure::relates;
use super::trace::Trace;
use super::value::{Value, compare};
use crate::traceql::tree::{
    Aggregate, AggregateFunction, Binary, Comparison, Field, Literal, Pipeline, Query, Relation, Side, Stage, StageOp,
    Static,
};

/// Spans of a trace, and what stages said of them.
#[derive(Debug, Clone, Default)]
pub struct Spanset {
    /// In no order, each once.
    pub spans: Vec<usize>,
    pub attributes: Vec<(String, Value)>,
}

/// A query asked of one trace.
pub struct Pipe<'a> {
    pub trace: &'a Trace<'a>,
}

impl Pipe<'_> {
    /// The spansets that come out; none of them is empty.
    pub fn run(&self, pipeline: &Pipeline) -> Vec<Spanset> {
        self.stages(pipeline, (0..self.trace.nodes.len()).collect())
    }

    fn stages(&self, pipeline: &Pipeline, spans: Vec<usize>) -> Vec<Spanset> {
        let mut spansets = vec![Spanset { spans, attributes: Vec::new() }];
        for stage in &pipeline.stages {
            spansets = self.stage(stage, spansets);
            spansets.retain(|spanset| !spanset.spans.is_empty());
        }
        spansets
    }

    fn stage(&self, stage: &Stage, spansets: Vec<Spanset>) -> Vec<Spanset> {
        match stage {
            Stage::Select(..) => spansets,
            Stage::Coalesce(_) => {
                let spans = spansets.into_iter().fold(Vec::new(), |all, spanset| union(all, spanset.spans));
                vec![Spanset { spans, attributes: Vec::new() }]
            }
            Stage::By(_, by) => spansets.into_iter().flat_map(|spanset| self.groups(by, spanset)).collect(),
            Stage::Binary(binary) if matches!(binary.op, StageOp::Compare(_)) => {
                spansets.into_iter().filter_map(|spanset| self.kept(binary, spanset)).collect()
            }
            spans => {
                let found = |spanset: Spanset| Spanset { spans: self.spans(spans, spanset.spans), ..spanset };
                spansets.into_iter().map(found).collect()
            }
        }
    }

    fn spans(&self, stage: &Stage, given: Vec<usize>) -> Vec<usize> {
        match stage {
            Stage::Filter(filter) => {
                let holds =
                    |i: &usize| filter.condition.as_ref().is_none_or(|field| value(field, self.trace, *i).is_true());
                given.into_iter().filter(holds).collect()
            }
            Stage::Group(pipeline) => {
                let spansets = self.stages(pipeline, given);
                spansets.into_iter().fold(Vec::new(), |all, spanset| union(all, spanset.spans))
            }
            Stage::Binary(binary) => {
                let (left, right) = (self.spans(&binary.left, given.clone()), self.spans(&binary.right, given));
                self.joined(binary.op, left, right)
            }
            other => panic!("checked: {other:?} gives no spans"),
        }
    }

    fn joined(&self, op: StageOp, left: Vec<usize>, right: Vec<usize>) -> Vec<usize> {
        match op {
            StageOp::And if left.is_empty() || right.is_empty() => Vec::new(),
            StageOp::And | StageOp::Or => union(left, right),
            StageOp::Structural(relation, side) => self.related(relation, side, left, right),
            StageOp::Compare(_) | StageOp::Arithmetic(_) => panic!("checked: numbers give no spans"),
        }
    }

    fn related(&self, relation: Relation, side: Side, left: Vec<usize>, right: Vec<usize>) -> Vec<usize> {
        let has_left = |b: &usize| left.iter().any(|a| relates(self.trace, relation, *a, *b));
        let has_right = |a: &usize| right.iter().any(|b| relates(self.trace, relation, *a, *b));
        let of_right = right.iter().copied().filter(|b| has_left(b) == (side != Side::RightWithout)).collect();
        match side {
            Side::Right | Side::RightWithout => of_right,
            Side::Both => union(left.iter().copied().filter(has_right).collect(), of_right),
        }
    }

    fn groups(&self, by: &Field, spanset: Spanset) -> Vec<Spanset> {
        let mut groups: Vec<(Value, Spanset)> = Vec::new();
        for i in spanset.spans {
            let key = value(by, self.trace, i);
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, group)) => group.spans.push(i),
                None => {
                    let mut attributes = spanset.attributes.clone();
                    attributes.push((format!("by({by})"), key.clone()));
                    groups.push((key, Spanset { spans: vec![i], attributes }));
                }
            }
        }
        groups.into_iter().map(|(_, group)| group).collect()
    }

    /// The spanset, if its number is as it should be.
    fn kept(&self, binary: &Binary, mut spanset: Spanset) -> Option<Spanset> {
        let (StageOp::Compare(op), Stage::Aggregate(aggregate), Stage::Literal(literal)) =
            (binary.op, &binary.left, &binary.right)
        else {
            panic!("checked: an aggregate is compared with a value");
        };
        let number = self.number(aggregate, &spanset.spans)?;
        if !compare(op, &number, &wanted(literal)) {
            return None;
        }
        spanset.attributes.push((aggregate.to_string(), number));
        Some(spanset)
    }

    fn number(&self, aggregate: &Aggregate, spans: &[usize]) -> Option<Value> {
        let Some(argument) = &aggregate.argument else { return Some(Value::Int(spans.len() as i64)) };
        let numbers: Vec<f64> = spans.iter().filter_map(|i| number(argument, self.trace, *i)).collect();
        let pick = |better: Comparison| {
            let is_better = |a: f64, b: f64| compare(better, &Value::Float(a), &Value::Float(b));
            numbers.iter().copied().reduce(|best, next| if is_better(next, best) { next } else { best })
        };
        let mut ascending = numbers.clone();
        ascending.sort_by(f64::total_cmp);
        let sum: f64 = ascending.iter().sum();
        let number = match aggregate.function {
            AggregateFunction::Count => return Some(Value::Int(spans.len() as i64)),
            AggregateFunction::Min => pick(Comparison::Less)?,
            AggregateFunction::Max => pick(Comparison::Greater)?,
            AggregateFunction::Sum if numbers.is_empty() => return None,
            AggregateFunction::Avg if numbers.is_empty() => return None,
            AggregateFunction::Sum => sum,
            AggregateFunction::Avg => sum / numbers.len() as f64,
        };
        Some(Value::Float(number))
    }
}

fn wanted(literal: &Literal) -> Value {
    match literal.value {
        Static::Int(number) | Static::DurationNs(number) => Value::Int(number),
        Static::Float(number) => Value::Float(number),
        _ => panic!("checked: aggregates are compared with numbers"),
    }
}

fn union(mut all: Vec<usize>, more: Vec<usize>) -> Vec<usize> {
    more.into_iter().for_each(|i| {
        if !all.contains(&i) {
            all.push(i);
        }
    });
    all
}

/// What is said of each span found: what the query names, by its name without scope. Of several fields of one name a span
/// says the first that it has.
pub fn outputs(query: &Query) -> Vec<(String, Field)> {
    let mut outputs = Outputs(Vec::new());
    outputs.pipeline(&query.pipeline);
    outputs.0
}

struct Outputs(Vec<(String, Field)>);

impl Outputs {
    fn pipeline(&mut self, pipeline: &Pipeline) {
        pipeline.stages.iter().for_each(|stage| self.stage(stage));
    }

    fn stage(&mut self, stage: &Stage) {
        match stage {
            Stage::Filter(filter) => filter.condition.iter().for_each(|field| self.field(field)),
            Stage::Binary(binary) => {
                self.stage(&binary.left);
                self.stage(&binary.right);
            }
            Stage::Group(pipeline) => self.pipeline(pipeline),
            Stage::Aggregate(aggregate) => aggregate.argument.iter().for_each(|field| self.field(field)),
            Stage::By(_, by) => self.field(by),
            Stage::Select(_, fields) => fields.iter().for_each(|field| self.field(field)),
            Stage::Literal(_) | Stage::Coalesce(_) | Stage::Metrics(_) | Stage::Rank(_) => {}
        }
    }

    fn field(&mut self, field: &Field) {
        match field {
            Field::Literal(_) => {}
            Field::Unary(_, _, operand) | Field::Exists(_, _, operand) => self.field(operand),
            Field::Binary(_, _, left, right) => {
                self.field(left);
                self.field(right);
            }
            Field::Intrinsic(_, intrinsic) if ALWAYS_SAID.contains(intrinsic) => {}
            Field::Intrinsic(_, intrinsic) => self.add(intrinsic.to_string(), field),
            Field::Attribute(attribute) => self.add(attribute.name.clone(), field),
        }
    }

    fn add(&mut self, name: String, field: &Field) {
        if self.0.iter().all(|(_, known)| known != field) {
            self.0.push((name, field.clone()));
        }
    }
}

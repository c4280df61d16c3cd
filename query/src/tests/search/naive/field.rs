//! The value of a field of a span.
//!
//! A promoted attribute has two: as it came, and coerced to the type of its column. Which of them counts depends on what it
//! stands beside, as `docs/traceql.md` says.

use regex::Regex;
use spanloom_store::schema::promoted::{self, ColumnType};
use spanloom_store::value::{Attributes, Value as Said};
use spanloom_store::{SpanId, TraceId};

use super::trace::{Node, Trace};
use super::value::{self, Value, arithmetic, negated};
use crate::traceql::tree::{Attribute, Comparison, Field, FieldOp, Intrinsic, Literal, Scope, Static, UnaryOp};

/// What an attribute stands beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    /// Nothing that has a type.
    Nothing,
    Text,
    Number,
    /// An operand of arithmetic or of an aggregate, or another field.
    Field,
}

/// The value as it came, or as it is computed.
pub fn value(field: &Field, trace: &Trace<'_>, i: usize) -> Value {
    Eval { trace, node: &trace.nodes[i] }.field(field, Beside::Nothing)
}

/// The value where only numbers count.
pub fn number(field: &Field, trace: &Trace<'_>, i: usize) -> Option<f64> {
    Eval { trace, node: &trace.nodes[i] }.field(field, Beside::Field).number()
}

struct Eval<'a> {
    trace: &'a Trace<'a>,
    node: &'a Node<'a>,
}

impl Eval<'_> {
    fn field(&self, field: &Field, beside: Beside) -> Value {
        match field {
            Field::Literal(literal) => of_static(&literal.value),
            Field::Attribute(attribute) => self.attribute(attribute, beside),
            Field::Intrinsic(_, intrinsic) => self.intrinsic(*intrinsic),
            Field::Unary(_, UnaryOp::Minus, operand) => negated(&self.field(operand, Beside::Field)),
            Field::Unary(_, UnaryOp::Not, operand) => self.field(operand, Beside::Nothing).opposite(),
            Field::Exists(_, wanted, operand) => {
                Value::Bool(self.field(operand, Beside::Nothing).is_there() == *wanted)
            }
            Field::Binary(_, op, left, right) => self.binary(*op, left, right),
        }
    }

    fn binary(&self, op: FieldOp, left: &Field, right: &Field) -> Value {
        let is_true = |field: &Field| self.field(field, Beside::Nothing).is_true();
        match op {
            FieldOp::And => Value::Bool(is_true(left) && is_true(right)),
            FieldOp::Or => Value::Bool(is_true(left) || is_true(right)),
            FieldOp::Arithmetic(op) => {
                arithmetic(op, &self.field(left, Beside::Field), &self.field(right, Beside::Field))
            }
            FieldOp::Compare(op @ (Comparison::Matches | Comparison::NotMatches)) => {
                let Field::Literal(Literal { value: Static::String(pattern), .. }) = right else {
                    panic!("checked: a pattern stands in the query");
                };
                let regex = Regex::new(&format!(r"\A(?:{pattern})\z")).expect("checked: the pattern can be read");
                Value::Bool(value::matches(&regex, op == Comparison::Matches, &self.field(left, Beside::Text)))
            }
            FieldOp::Compare(op) => {
                let (a, b) = (self.field(left, beside(right)), self.field(right, beside(left)));
                Value::Bool(value::compare(op, &a, &b))
            }
        }
    }

    fn attribute(&self, attribute: &Attribute, beside: Beside) -> Value {
        let sample = self.node.sample;
        let key = attribute.name.as_str();
        let of_span = || find(&sample.span.attributes, key).map(|sent| coerced(sent, promoted::SPAN, key, beside));
        let of_resource =
            || find(&sample.resource.attributes, key).map(|sent| coerced(sent, promoted::RESOURCE, key, beside));
        let found = match attribute.scope {
            Scope::Any => of_span().or_else(of_resource),
            Scope::Span => of_span(),
            Scope::Resource => of_resource(),
            Scope::Instrumentation => find(&sample.scope.attributes, key).map(Value::from),
            Scope::Event => Some(each(sample.span.events.iter().filter_map(|event| find(&event.attributes, key)))),
            Scope::Link => Some(each(sample.span.links.iter().filter_map(|link| find(&link.attributes, key)))),
        };
        found.unwrap_or(Value::Nil)
    }

    fn intrinsic(&self, intrinsic: Intrinsic) -> Value {
        let Node { sample, place } = self.node;
        let span = &sample.span;
        let text = |text: &str| Value::Text(text.to_owned());
        let of_root = |text: Option<String>| text.map_or(Value::Nil, Value::Text);
        match intrinsic {
            Intrinsic::Name => text(&span.name),
            Intrinsic::Status => Value::Status(span.status_code),
            Intrinsic::StatusMessage => text(&span.status_message),
            Intrinsic::Kind => Value::Kind(span.kind),
            Intrinsic::Duration => Value::Int(span.end_ns - span.start_ns),
            Intrinsic::SpanId => span_id(span.span_id),
            Intrinsic::ParentId => span.parent_span_id.map_or(text(""), span_id),
            Intrinsic::ChildCount => Value::Int(place.children),
            Intrinsic::TraceId => trace_id(span.trace_id),
            Intrinsic::TraceDuration => Value::Int(self.trace.end_ns - self.trace.start_ns),
            Intrinsic::RootName => {
                let name = self.trace.root().map(|root| root.sample.span.name.to_string());
                of_root(name.filter(|name| !name.is_empty()))
            }
            Intrinsic::RootService => of_root(self.trace.root().and_then(Node::service)),
            Intrinsic::NestedSetLeft => Value::Int(place.left),
            Intrinsic::NestedSetRight => Value::Int(place.right),
            Intrinsic::NestedSetParent => Value::Int(place.parent_left),
            Intrinsic::EventName => Value::Each(span.events.iter().map(|event| text(&event.name)).collect()),
            Intrinsic::EventTimeSinceStart => {
                Value::Each(span.events.iter().map(|event| Value::Int(event.time_ns - span.start_ns)).collect())
            }
            Intrinsic::LinkTraceId => Value::Each(span.links.iter().map(|link| trace_id(link.trace_id)).collect()),
            Intrinsic::LinkSpanId => Value::Each(span.links.iter().map(|link| span_id(link.span_id)).collect()),
            Intrinsic::InstrumentationName => text(&sample.scope.name),
            Intrinsic::InstrumentationVersion => text(&sample.scope.version),
            Intrinsic::Parent => panic!("checked: refused"),
        }
    }
}

/// What the other side of a comparison says of its own side.
fn beside(other: &Field) -> Beside {
    match other {
        Field::Literal(Literal { value: Static::String(_), .. }) => Beside::Text,
        Field::Literal(Literal { value: Static::Int(_) | Static::Float(_) | Static::DurationNs(_), .. }) => {
            Beside::Number
        }
        _ => Beside::Field,
    }
}

/// Beside a value of its column's type a promoted attribute is what its column says; beside fields it is a number if its
/// column is of numbers and it can be one; else it is as it came.
fn coerced(sent: &Said<'_>, promoted: &[promoted::Promoted], key: &str, beside: Beside) -> Value {
    let column = promoted.iter().find(|promoted| promoted.key == key).map(|promoted| promoted.column_type);
    match (column, beside) {
        (Some(ColumnType::String), Beside::Text) => Value::Text(sent.encode().0.into_owned()),
        (Some(ColumnType::Int), Beside::Number) => whole(sent).map_or(Value::Nil, Value::Int),
        (Some(ColumnType::Int), Beside::Field) => whole(sent).map_or_else(|| sent.into(), Value::Int),
        _ => sent.into(),
    }
}

fn whole(sent: &Said<'_>) -> Option<i64> {
    match sent {
        Said::Int(number) => Some(*number),
        Said::String(text) => text.parse().ok(),
        // Beyond that doubles leave whole numbers out.
        Said::Double(number) if number.fract() == 0.0 && number.abs() < 2_f64.powi(53) => Some(*number as i64),
        _ => None,
    }
}

/// The first of equal keys counts.
fn find<'a>(attributes: &'a Attributes<'static>, key: &str) -> Option<&'a Said<'static>> {
    attributes.iter().find(|(known, _)| known == key).map(|(_, value)| value)
}

fn each<'a>(values: impl Iterator<Item = &'a Said<'static>>) -> Value {
    Value::Each(values.map(Value::from).collect())
}

fn span_id(id: SpanId) -> Value {
    Value::Text(format!("{:016x}", id.as_int()))
}

fn trace_id(id: TraceId) -> Value {
    Value::Text(format!("{:016x}{:016x}", id.hi(), id.lo()))
}

fn of_static(value: &Static) -> Value {
    match value {
        Static::String(text) => Value::Text(text.clone()),
        Static::Int(number) | Static::DurationNs(number) => Value::Int(*number),
        Static::Float(number) => Value::Float(*number),
        Static::Bool(truth) => Value::Bool(*truth),
        Static::Status(status) => Value::Status(status.code()),
        Static::Kind(kind) => Value::Kind(kind.code()),
    }
}

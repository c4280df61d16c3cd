use regex::Regex;
use spanloom_store::schema::operations::OperationName;

use crate::traceql::check::anchored;
use crate::traceql::eval::Val;
use crate::traceql::tree::{Attribute, Comparison, Field, FieldOp, Intrinsic, Literal, Scope, Static, UnaryOp};

/// A filter's condition on the key of a row; the same as on each span that the row counts.
#[derive(Debug)]
pub(super) enum Condition {
    Constant(bool),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Compare(Comparison, Operand, Operand),
    Matches { operand: Operand, regex: Regex, negated: bool },
    Exists(bool, Operand),
}

#[derive(Debug)]
pub(super) enum Operand {
    Service,
    Name,
    Status,
    Kind,
    Literal(Val<'static>),
}

impl Condition {
    pub const ALWAYS: Self = Self::Constant(true);

    /// `None` if it asks for what rows do not have.
    pub fn new(field: &Field) -> Option<Self> {
        let boxed = |field: &Field| Self::new(field).map(Box::new);
        Some(match field {
            Field::Literal(Literal { value: Static::Bool(truth), .. }) => Self::Constant(*truth),
            Field::Unary(_, UnaryOp::Not, operand) => Self::Not(boxed(operand)?),
            Field::Binary(_, FieldOp::And, left, right) => Self::And(boxed(left)?, boxed(right)?),
            Field::Binary(_, FieldOp::Or, left, right) => Self::Or(boxed(left)?, boxed(right)?),
            Field::Binary(_, FieldOp::Compare(op), left, right) if op.is_regex() => {
                let Field::Literal(Literal { value: Static::String(pattern), .. }) = &**right else { return None };
                let regex = anchored(pattern).ok()?;
                Self::Matches { operand: Operand::new(left)?, regex, negated: *op == Comparison::NotMatches }
            }
            Field::Binary(_, FieldOp::Compare(op), left, right) => {
                Self::Compare(*op, Operand::new(left)?, Operand::new(right)?)
            }
            Field::Exists(_, exists, operand) => Self::Exists(*exists, Operand::new(operand)?),
            _ => return None,
        })
    }

    pub fn holds(&self, row: &OperationName<'_>) -> bool {
        match self {
            Self::Constant(truth) => *truth,
            Self::Not(operand) => !operand.holds(row),
            Self::And(left, right) => left.holds(row) && right.holds(row),
            Self::Or(left, right) => left.holds(row) || right.holds(row),
            Self::Compare(op, left, right) => left.value(row).compare(*op, &right.value(row)),
            Self::Matches { operand, regex, negated } => operand.value(row).matches(regex, *negated),
            Self::Exists(exists, operand) => operand.value(row).exists() == *exists,
        }
    }

    pub fn reads_name(&self) -> bool {
        let is_name = |operand: &Operand| matches!(operand, Operand::Name);
        match self {
            Self::Constant(_) => false,
            Self::Not(operand) => operand.reads_name(),
            Self::And(left, right) | Self::Or(left, right) => left.reads_name() || right.reads_name(),
            Self::Compare(_, left, right) => is_name(left) || is_name(right),
            Self::Matches { operand, .. } | Self::Exists(_, operand) => is_name(operand),
        }
    }
}

impl Operand {
    fn new(field: &Field) -> Option<Self> {
        Some(match field {
            Field::Attribute(Attribute { scope: Scope::Resource, of_parent: false, name, .. }) => {
                (name == "service.name").then_some(Self::Service)?
            }
            Field::Intrinsic(_, Intrinsic::Name) => Self::Name,
            Field::Intrinsic(_, Intrinsic::Status) => Self::Status,
            Field::Intrinsic(_, Intrinsic::Kind) => Self::Kind,
            Field::Literal(literal) => Self::Literal(match &literal.value {
                Static::String(text) => Val::Text(text.clone().into()),
                Static::Status(status) => Val::Status(status.code()),
                Static::Kind(kind) => Val::Kind(kind.code()),
                _ => return None,
            }),
            _ => return None,
        })
    }

    fn value<'a>(&'a self, row: &'a OperationName) -> Val<'a> {
        match self {
            Self::Service => row.service.map_or(Val::Nil, |service| Val::Text(service.into())),
            Self::Name => Val::Text(row.operation.unwrap_or_default().into()),
            Self::Status => Val::Status(row.status_code),
            Self::Kind => Val::Kind(row.kind),
            Self::Literal(value) => value.clone(),
        }
    }
}

use super::super::Invalid;
use super::super::tree::{Arithmetic, At, Comparison, Field, FieldOp, Intrinsic, Literal, Scope, Static, UnaryOp};
use super::{anchored, is_ordering, pattern};

/// The type of a field, as far as the text says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// An attribute's.
    Any,
    Bool,
    /// Integers, floating-point numbers and durations, which compare with one another.
    Number,
    String,
    Status,
    Kind,
}

impl Type {
    const fn name(self) -> &'static str {
        match self {
            Self::Any => "an attribute",
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Status => "a status",
            Self::Kind => "a kind",
        }
    }

    fn fits(self, wanted: Self) -> bool {
        self == Self::Any || self == wanted
    }
}

/// What stands in `{ }`.
pub(super) fn condition(field: &Field) -> Result<(), Invalid> {
    wanted(field, Type::Bool)
}

pub(super) fn numeric(field: &Field) -> Result<(), Invalid> {
    wanted(field, Type::Number)
}

fn wanted(field: &Field, wanted: Type) -> Result<(), Invalid> {
    let found = type_of(field)?;
    if found.fits(wanted) {
        return Ok(());
    }
    Err(Invalid::new(field.at().0, format!("expected {}, not {}", wanted.name(), found.name())))
}

/// Fields that are attributes or intrinsics.
pub(super) fn plain(fields: &[Field]) -> Result<(), Invalid> {
    match fields.iter().find(|field| !matches!(field, Field::Attribute(_) | Field::Intrinsic(..))) {
        Some(other) => Err(Invalid::new(other.at().0, "expected an attribute or an intrinsic")),
        None => fields.iter().try_for_each(|field| type_of(field).map(|_| ())),
    }
}

pub(super) fn type_of(field: &Field) -> Result<Type, Invalid> {
    match field {
        Field::Literal(literal) => Ok(type_of_static(&literal.value)),
        Field::Attribute(attribute) if attribute.of_parent => {
            Err(Invalid::not_yet(attribute.at.0, "attributes of a span's parent"))
        }
        Field::Attribute(_) => Ok(Type::Any),
        Field::Intrinsic(at, Intrinsic::Parent) => Err(Invalid::not_yet(at.0, "the parent of a span")),
        Field::Intrinsic(_, intrinsic) => Ok(type_of_intrinsic(*intrinsic)),
        Field::Unary(_, UnaryOp::Not, operand) => wanted(operand, Type::Bool).map(|()| Type::Bool),
        Field::Unary(_, UnaryOp::Minus, operand) => numeric(operand).map(|()| Type::Number),
        Field::Exists(at, exists, operand) => check_exists(*at, *exists, operand).map(|()| Type::Bool),
        Field::Binary(at, op, left, right) => binary(*at, *op, left, right),
    }
}

fn binary(at: At, op: FieldOp, left: &Field, right: &Field) -> Result<Type, Invalid> {
    match op {
        FieldOp::And | FieldOp::Or => {
            wanted(left, Type::Bool)?;
            wanted(right, Type::Bool)?;
            Ok(Type::Bool)
        }
        FieldOp::Arithmetic(op) => {
            numeric(left)?;
            numeric(right)?;
            match matches!(op, Arithmetic::Divide | Arithmetic::Remainder) && is_zero(right) {
                true => Err(Invalid::new(at.0, "division by zero")),
                false => Ok(Type::Number),
            }
        }
        FieldOp::Compare(op) if op.is_regex() => check_regex(op, left, right).map(|()| Type::Bool),
        FieldOp::Compare(op) => compare(at, op, type_of(left)?, type_of(right)?).map(|()| Type::Bool),
    }
}

fn is_zero(field: &Field) -> bool {
    match field {
        Field::Literal(Literal { value: Static::Int(number) | Static::DurationNs(number), .. }) => *number == 0,
        Field::Literal(Literal { value: Static::Float(number), .. }) => *number == 0.0,
        _ => false,
    }
}

fn compare(at: At, op: Comparison, left: Type, right: Type) -> Result<(), Invalid> {
    if left != right && left != Type::Any && right != Type::Any {
        return Err(Invalid::new(at.0, format!("{} cannot be compared with {}", left.name(), right.name())));
    }
    let unordered = [left, right].into_iter().find(|side| matches!(side, Type::Bool | Type::Status | Type::Kind));
    match unordered {
        Some(side) if is_ordering(op) => {
            Err(Invalid::new(at.0, format!("{} has no order, expected `=` or `!=`", side.name())))
        }
        _ => Ok(()),
    }
}

fn check_regex(op: Comparison, left: &Field, right: &Field) -> Result<(), Invalid> {
    wanted(left, Type::String)?;
    let Some(text) = pattern(right) else {
        return Err(Invalid::new(right.at().0, format!("expected a string with a regular expression after `{op}`")));
    };
    match anchored(text) {
        Ok(_) => Ok(()),
        Err(why) => Err(Invalid::new(right.at().0, format!("the regular expression cannot be read: {why}"))),
    }
}

/// Everything but attributes is always there.
fn check_exists(at: At, exists: bool, operand: &Field) -> Result<(), Invalid> {
    type_of(operand)?;
    let is_service_name = |name: &str, scope| scope == Scope::Resource && name == "service.name";
    match operand {
        Field::Attribute(attribute) if exists || !is_service_name(&attribute.name, attribute.scope) => Ok(()),
        Field::Attribute(attribute) => Err(Invalid::new(at.0, format!("{attribute} is never nil"))),
        Field::Intrinsic(_, intrinsic) if !exists => Err(Invalid::new(at.0, format!("{intrinsic} is never nil"))),
        Field::Intrinsic(..) => Ok(()),
        _ => Err(Invalid::new(at.0, "only attributes and intrinsics are compared with nil")),
    }
}

fn type_of_static(value: &Static) -> Type {
    match value {
        Static::String(_) => Type::String,
        Static::Int(_) | Static::Float(_) | Static::DurationNs(_) => Type::Number,
        Static::Bool(_) => Type::Bool,
        Static::Status(_) => Type::Status,
        Static::Kind(_) => Type::Kind,
    }
}

fn type_of_intrinsic(intrinsic: Intrinsic) -> Type {
    match intrinsic {
        Intrinsic::Status => Type::Status,
        Intrinsic::Kind => Type::Kind,
        Intrinsic::Parent => Type::Any,
        Intrinsic::Duration
        | Intrinsic::ChildCount
        | Intrinsic::TraceDuration
        | Intrinsic::NestedSetLeft
        | Intrinsic::NestedSetRight
        | Intrinsic::NestedSetParent
        | Intrinsic::EventTimeSinceStart => Type::Number,
        Intrinsic::Name
        | Intrinsic::StatusMessage
        | Intrinsic::SpanId
        | Intrinsic::ParentId
        | Intrinsic::TraceId
        | Intrinsic::RootName
        | Intrinsic::RootService
        | Intrinsic::EventName
        | Intrinsic::LinkTraceId
        | Intrinsic::LinkSpanId
        | Intrinsic::InstrumentationName
        | Intrinsic::InstrumentationVersion => Type::String,
    }
}

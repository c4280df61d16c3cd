//! Comparisons that a typed column answers by itself, so that files, row groups and pages are left out by them.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, Operator, binary_expr, cast, col, lit};
use spanloom_store::schema::promoted::{ColumnType, Promoted};
use spanloom_store::{SpanId, TraceId};

use super::super::Invalid;
use super::super::eval::{self, places};
use super::super::tree::{Attribute, Comparison, Field, FieldOp, Intrinsic, Literal, Scope, Static};

/// The comparison on columns; `None` if it has to be computed row by row. Null where a value is missing.
pub(super) fn comparison(field: &Field) -> Result<Option<Expr>, Invalid> {
    if let Field::Exists(_, exists, operand) = field {
        let Field::Attribute(attribute) = &**operand else { return Ok(None) };
        return Ok(attribute_exists(attribute).map(|holds| if *exists { holds } else { holds.is_not_true() }));
    }
    match sides(field) {
        Some((Field::Intrinsic(_, which), op, value)) => Ok(intrinsic(*which, op, value)),
        Some((Field::Attribute(one), op, value)) if one.scope == Scope::Any => any_scope(one, op, value),
        Some((Field::Attribute(one), op, value)) => Ok(attribute(one, op, value)),
        _ => Ok(None),
    }
}

/// A comparison of something with a value, the value on the right.
pub(super) fn sides(field: &Field) -> Option<(&Field, Comparison, &Static)> {
    let Field::Binary(_, FieldOp::Compare(op), left, right) = field else { return None };
    match (&**left, &**right) {
        (Field::Literal(_), Field::Literal(_)) => None,
        (left, Field::Literal(Literal { value, .. })) => Some((left, *op, value)),
        (Field::Literal(Literal { value, .. }), right) => Some((right, op.flipped(), value)),
        _ => None,
    }
}

fn intrinsic(which: Intrinsic, op: Comparison, value: &Static) -> Option<Expr> {
    match (which, value) {
        (Intrinsic::Name, Static::String(text)) => intrinsic_text("name", op, text),
        (Intrinsic::StatusMessage, Static::String(text)) => intrinsic_text("status_message", op, text),
        (Intrinsic::InstrumentationName, Static::String(text)) => intrinsic_text("scope_name", op, text),
        (Intrinsic::InstrumentationVersion, Static::String(text)) => intrinsic_text("scope_version", op, text),
        (Intrinsic::Status, Static::Status(status)) => ordered(col("status_code"), op, lit(status.code())),
        (Intrinsic::Kind, Static::Kind(kind)) => ordered(col("kind"), op, lit(kind.code())),
        (Intrinsic::Duration, value) => number(col("duration_ns"), op, value),
        (Intrinsic::SpanId, Static::String(text)) if op.is_equality() => span_id("span_id", op, text),
        (Intrinsic::TraceId, Static::String(text)) if op.is_equality() => trace_id(op, text),
        _ => None,
    }
}

/// A text that every span has; null is the empty one.
fn intrinsic_text(column: &str, op: Comparison, value: &str) -> Option<Expr> {
    let holds_for_empty = match op {
        Comparison::Eq => value.is_empty(),
        Comparison::NotEq => !value.is_empty(),
        Comparison::Less => !value.is_empty(),
        Comparison::LessEq => true,
        Comparison::Greater => false,
        Comparison::GreaterEq => value.is_empty(),
        Comparison::Matches | Comparison::NotMatches => {
            let is_match = super::super::check::anchored(value).ok()?.is_match("");
            is_match == (op == Comparison::Matches)
        }
    };
    let holds = text(column, op, value)?;
    Some(if holds_for_empty { holds.or(col(column).is_null()) } else { holds })
}

fn span_id(column: &str, op: Comparison, text: &str) -> Option<Expr> {
    let id: SpanId = text.parse().ok()?;
    // Another spelling of an id is another text.
    (id.to_string() == text).then(|| ordered(col(column), op, lit(id.as_int())))?
}

fn trace_id(op: Comparison, text: &str) -> Option<Expr> {
    let id: TraceId = text.parse().ok()?;
    if id.to_string() != text {
        return None;
    }
    let is_it = col("trace_lo").eq(lit(id.lo())).and(col("trace_hi").eq(lit(id.hi())));
    Some(if op == Comparison::Eq { is_it } else { is_it.is_not_true() })
}

/// An attribute of the span, and where the span lacks it, of its resource.
fn any_scope(attribute: &Attribute, op: Comparison, value: &Static) -> Result<Option<Expr>, Invalid> {
    let in_scope = |scope| Attribute { scope, ..attribute.clone() };
    let (span, resource) = (in_scope(Scope::Span), in_scope(Scope::Resource));
    let has_column = |one: &Attribute| places(one.scope, &one.name).promoted.is_some();
    if attribute.of_parent || !(has_column(&span) || has_column(&resource)) {
        return Ok(None);
    }
    let is_there = match attribute_exists(&span) {
        Some(is_there) => is_there,
        None => eval::condition(&Field::Exists(attribute.at, true, Box::new(Field::Attribute(span.clone()))))?,
    };
    let of_span = scoped(span, op, value)?;
    let of_resource = scoped(resource, op, value)?;
    Ok(Some(of_span.or(is_there.is_not_true().and(of_resource))))
}

fn scoped(one: Attribute, op: Comparison, value: &Static) -> Result<Expr, Invalid> {
    if let Some(native) = attribute(&one, op, value) {
        return Ok(native);
    }
    let at = one.at;
    let value = Field::Literal(Literal { at, value: value.clone() });
    eval::condition(&Field::Binary(at, FieldOp::Compare(op), Box::new(Field::Attribute(one)), Box::new(value)))
}

fn attribute(attribute: &Attribute, op: Comparison, value: &Static) -> Option<Expr> {
    let column = promoted(attribute)?;
    match (column.column_type, value) {
        (ColumnType::String, Static::String(value)) => text(column.column, op, value),
        (ColumnType::Int, value) => number(col(column.column), op, value),
        _ => None,
    }
}

/// A column of texts is null only where there is no attribute; one of integers also where it is another thing.
fn attribute_exists(attribute: &Attribute) -> Option<Expr> {
    let column = promoted(attribute)?;
    (column.column_type == ColumnType::String).then(|| col(column.column).is_not_null())
}

fn promoted(attribute: &Attribute) -> Option<&'static Promoted> {
    let is_of_span = matches!(attribute.scope, Scope::Span | Scope::Resource) && !attribute.of_parent;
    is_of_span.then(|| places(attribute.scope, &attribute.name).promoted)?
}

/// A comparison with a number; `None` if the value is none.
pub(super) fn number(column: Expr, op: Comparison, value: &Static) -> Option<Expr> {
    match value {
        Static::Int(number) | Static::DurationNs(number) => ordered(column, op, lit(*number)),
        Static::Float(number) => ordered(cast(column, DataType::Float64), op, lit(*number)),
        _ => None,
    }
}

fn text(column: &str, op: Comparison, value: &str) -> Option<Expr> {
    if !op.is_regex() {
        return ordered(col(column), op, text_literal(value));
    }
    let negated = op == Comparison::NotMatches;
    if let Some(words) = alternatives(value) {
        return Some(col(column).in_list(words.into_iter().map(text_literal).collect(), negated));
    }
    let operator = if negated { Operator::RegexNotMatch } else { Operator::RegexMatch };
    Some(binary_expr(col(column), operator, text_literal(&format!("^(?:{value})$"))))
}

/// The texts that a regular expression of plain words matches, such as `checkout|cart`.
fn alternatives(pattern: &str) -> Option<Vec<&str>> {
    let is_plain = |c: char| c.is_alphanumeric() || " _-/:,@".contains(c);
    let words: Vec<&str> = pattern.split('|').collect();
    words.iter().all(|word| !word.is_empty() && word.chars().all(is_plain)).then_some(words)
}

fn text_literal(text: &str) -> Expr {
    lit(ScalarValue::Utf8View(Some(text.to_owned())))
}

fn ordered(left: Expr, op: Comparison, right: Expr) -> Option<Expr> {
    let operator = match op {
        Comparison::Eq => Operator::Eq,
        Comparison::NotEq => Operator::NotEq,
        Comparison::Less => Operator::Lt,
        Comparison::LessEq => Operator::LtEq,
        Comparison::Greater => Operator::Gt,
        Comparison::GreaterEq => Operator::GtEq,
        Comparison::Matches | Comparison::NotMatches => return None,
    };
    Some(binary_expr(left, operator, right))
}

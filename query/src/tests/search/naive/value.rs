use std::cmp::Ordering;

use regex::Regex;
use spanloom_store::value::Value as Said;

use crate::traceql::tree::{Arithmetic, Comparison, Kind, Status};

/// The value of a field of a span. Durations are whole nanoseconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Not there.
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Status(i32),
    Kind(i32),
    List(Vec<Value>),
    /// One of each event or link.
    Each(Vec<Value>),
    /// Bytes or a map.
    Other,
}

impl From<&Said<'_>> for Value {
    fn from(sent: &Said<'_>) -> Self {
        match sent {
            Said::Empty => Self::Nil,
            Said::String(text) => Self::Text(text.to_string()),
            Said::Bool(truth) => Self::Bool(*truth),
            Said::Int(number) => Self::Int(*number),
            Said::Double(number) => Self::Float(*number),
            Said::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Said::Bytes(_) | Said::Map(_) => Self::Other,
        }
    }
}

impl Value {
    pub fn is_there(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Each(values) => values.iter().any(Self::is_there),
            _ => true,
        }
    }

    /// Of one of the events or links, where there are several.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Each(values) => values.iter().any(Self::is_true),
            other => *other == Self::Bool(true),
        }
    }

    pub fn opposite(self) -> Self {
        match self {
            Self::Bool(truth) => Self::Bool(!truth),
            Self::Each(values) => Self::Each(values.into_iter().map(Self::opposite).collect()),
            _ => Self::Nil,
        }
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// As an answer says it.
    pub fn said(self) -> Option<Said<'static>> {
        Some(match self {
            Self::Nil | Self::Other => return None,
            Self::Bool(truth) => Said::Bool(truth),
            Self::Int(number) => Said::Int(number),
            Self::Float(number) => Said::Double(number),
            Self::Text(text) => Said::String(text.into()),
            Self::Status(code) => {
                let known = Status::ALL.into_iter().find(|status| status.code() == code);
                Said::String(known.unwrap_or(Status::Unset).name().into())
            }
            Self::Kind(code) => {
                let known = Kind::ALL.into_iter().find(|kind| kind.code() == code);
                Said::String(known.unwrap_or(Kind::Unspecified).name().into())
            }
            Self::List(items) => Said::Array(items.into_iter().filter_map(Self::said).collect()),
            Self::Each(values) => {
                let mut values: Vec<Said<'static>> = values.into_iter().filter_map(Self::said).collect();
                match values.len() {
                    0 | 1 => values.pop()?,
                    _ => Said::Array(values),
                }
            }
        })
    }
}

/// Whether `a op b` is true: for one of the events or links, where there are several.
pub fn compare(op: Comparison, a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Each(values), _) => values.iter().any(|a| compare(op, a, b)),
        (_, Value::Each(values)) => values.iter().any(|b| compare(op, a, b)),
        (Value::List(items), _) => of_list(op, items.iter().map(|a| ordering(a, b))),
        (_, Value::List(items)) => of_list(op, items.iter().map(|b| ordering(a, b))),
        _ => ordering(a, b).is_some_and(|ordering| fits(op, ordering)),
    }
}

/// How two values stand to each other, if they can be compared; of those without an order, whether they are equal.
#[derive(Debug, Clone, Copy)]
enum Stand {
    Ordered(Option<Ordering>),
    Equal(bool),
}

/// `!=` asks that some item can be compared and that none is equal, everything else that one fits.
fn of_list(op: Comparison, stands: impl Iterator<Item = Option<Stand>>) -> bool {
    let stands: Vec<Stand> = stands.flatten().collect();
    match op {
        Comparison::NotEq => !stands.is_empty() && stands.iter().all(|stand| fits(op, *stand)),
        _ => stands.iter().any(|stand| fits(op, *stand)),
    }
}

fn ordering(a: &Value, b: &Value) -> Option<Stand> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(Stand::Ordered(Some(a.cmp(b)))),
        (Value::Text(a), Value::Text(b)) => Some(Stand::Ordered(Some(a.cmp(b)))),
        (Value::Bool(a), Value::Bool(b)) => Some(Stand::Equal(a == b)),
        (Value::Status(a), Value::Status(b)) | (Value::Kind(a), Value::Kind(b)) => Some(Stand::Equal(a == b)),
        _ => Some(Stand::Ordered(a.number()?.partial_cmp(&b.number()?))),
    }
}

fn fits(op: Comparison, stand: Stand) -> bool {
    let (is_equal, ordering) = match stand {
        Stand::Equal(is_equal) => (is_equal, None),
        Stand::Ordered(ordering) => (ordering == Some(Ordering::Equal), ordering),
    };
    match op {
        Comparison::Eq => is_equal,
        Comparison::NotEq => !is_equal,
        Comparison::Less => ordering.is_some_and(Ordering::is_lt),
        Comparison::LessEq => ordering.is_some_and(Ordering::is_le),
        Comparison::Greater => ordering.is_some_and(Ordering::is_gt),
        Comparison::GreaterEq => ordering.is_some_and(Ordering::is_ge),
        Comparison::Matches | Comparison::NotMatches => false,
    }
}

/// Whether the whole text matches, or does not.
pub fn matches(regex: &Regex, wanted: bool, value: &Value) -> bool {
    let is_match = |value: &Value| match value {
        Value::Text(text) => Some(regex.is_match(text) == wanted),
        _ => None,
    };
    match value {
        Value::Each(values) => values.iter().any(|value| matches(regex, wanted, value)),
        Value::List(items) if wanted => items.iter().filter_map(is_match).any(|holds| holds),
        Value::List(items) => {
            items.iter().any(|item| is_match(item).is_some()) && items.iter().filter_map(is_match).all(|holds| holds)
        }
        other => is_match(other).unwrap_or(false),
    }
}

pub fn arithmetic(op: Arithmetic, a: &Value, b: &Value) -> Value {
    if let (Value::Int(a), Value::Int(b)) = (a, b) {
        let exponent = u32::try_from(*b).ok();
        let whole = match op {
            Arithmetic::Add => a.checked_add(*b),
            Arithmetic::Subtract => a.checked_sub(*b),
            Arithmetic::Multiply => a.checked_mul(*b),
            Arithmetic::Divide => a.checked_div(*b),
            Arithmetic::Remainder => a.checked_rem(*b),
            Arithmetic::Power if *b < 0 => return Value::Float((*a as f64).powf(*b as f64)),
            Arithmetic::Power => exponent.and_then(|exponent| a.checked_pow(exponent)),
        };
        return whole.map_or(Value::Nil, Value::Int);
    }
    let (Some(a), Some(b)) = (a.number(), b.number()) else { return Value::Nil };
    let number = match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide | Arithmetic::Remainder if b == 0.0 => return Value::Nil,
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder => a % b,
        Arithmetic::Power => a.powf(b),
    };
    if number.is_nan() { Value::Nil } else { Value::Float(number) }
}

pub fn negated(value: &Value) -> Value {
    match value {
        Value::Int(number) => number.checked_neg().map_or(Value::Nil, Value::Int),
        Value::Float(number) => Value::Float(-number),
        _ => Value::Nil,
    }
}

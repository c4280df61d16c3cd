use std::borrow::Cow;
use std::cmp::Ordering;

use regex::Regex;
use spanloom_store::value::Value;

use crate::traceql::tree::{Arithmetic, Comparison, Kind, Status};

/// A value of one span. Durations are integers of nanoseconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Val<'a> {
    /// There is none: every comparison with it is false.
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    Status(i32),
    Kind(i32),
    /// The elements of an array.
    Array(Vec<Val<'a>>),
    /// What each event or link has.
    Each(Vec<Val<'a>>),
    /// Bytes or a map: it is there, and compares with nothing.
    Opaque,
}

impl<'a> From<Value<'a>> for Val<'a> {
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::Empty => Self::Nil,
            Value::String(text) => Self::Text(text),
            Value::Bool(truth) => Self::Bool(truth),
            Value::Int(number) => Self::Int(number),
            Value::Double(number) => Self::Float(number),
            Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Value::Bytes(_) | Value::Map(_) => Self::Opaque,
        }
    }
}

impl Val<'_> {
    /// True, or so for some event or link.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Each(values) => values.iter().any(Self::is_true),
            other => *other == Self::Bool(true),
        }
    }

    /// False for true; nothing for what is neither.
    pub fn not(self) -> Self {
        match self {
            Self::Bool(truth) => Self::Bool(!truth),
            Self::Each(values) => Self::Each(values.into_iter().map(Self::not).collect()),
            _ => Self::Nil,
        }
    }

    pub fn exists(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Each(values) => values.iter().any(Self::exists),
            _ => true,
        }
    }

    /// The same without borrowed parts.
    pub fn into_owned(self) -> Val<'static> {
        match self {
            Self::Nil => Val::Nil,
            Self::Bool(truth) => Val::Bool(truth),
            Self::Int(number) => Val::Int(number),
            Self::Float(number) => Val::Float(number),
            Self::Text(text) => Val::Text(Cow::Owned(text.into_owned())),
            Self::Status(code) => Val::Status(code),
            Self::Kind(code) => Val::Kind(code),
            Self::Array(items) => Val::Array(items.into_iter().map(Val::into_owned).collect()),
            Self::Each(values) => Val::Each(values.into_iter().map(Val::into_owned).collect()),
            Self::Opaque => Val::Opaque,
        }
    }

    /// As answers say it: a status and a kind by name, one value of events as itself; `None` for what cannot be said.
    pub fn shown(self) -> Option<Value<'static>> {
        match self {
            Self::Nil | Self::Opaque => None,
            Self::Bool(truth) => Some(Value::Bool(truth)),
            Self::Int(number) => Some(Value::Int(number)),
            Self::Float(number) => Some(Value::Double(number)),
            Self::Text(text) => Some(Value::String(Cow::Owned(text.into_owned()))),
            Self::Status(code) => Some(Value::String(Status::name_of(code).into())),
            Self::Kind(code) => Some(Value::String(Kind::name_of(code).into())),
            Self::Array(items) => Some(Value::Array(items.into_iter().filter_map(Val::shown).collect())),
            Self::Each(values) => {
                let mut shown: Vec<_> = values.into_iter().filter_map(Val::shown).collect();
                if shown.len() > 1 { Some(Value::Array(shown)) } else { shown.pop() }
            }
        }
    }

    /// As a number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether `self op other` is true.
    pub fn compare(&self, op: Comparison, other: &Self) -> bool {
        match (self, other) {
            (Self::Each(values), _) => values.iter().any(|value| value.compare(op, other)),
            (_, Self::Each(values)) => values.iter().any(|value| self.compare(op, value)),
            (_, Self::Array(_)) if !matches!(self, Self::Array(_)) => other.compare(op.flipped(), self),
            (Self::Array(items), _) => items_hold(items, op, |item, op| item.compare_scalar(op, other)),
            _ => self.compare_scalar(op, other).unwrap_or(false),
        }
    }

    /// Whether the whole text matches; `None` where there is none.
    fn matches_scalar(&self, regex: &Regex, negated: bool) -> Option<bool> {
        match self {
            Self::Text(text) => Some(regex.is_match(text) != negated),
            _ => None,
        }
    }

    pub fn matches(&self, regex: &Regex, negated: bool) -> bool {
        let op = if negated { Comparison::NotMatches } else { Comparison::Matches };
        match self {
            Self::Each(values) => values.iter().any(|value| value.matches(regex, negated)),
            Self::Array(items) => {
                items_hold(items, op, |item, op| item.matches_scalar(regex, op == Comparison::NotMatches))
            }
            _ => self.matches_scalar(regex, negated).unwrap_or(false),
        }
    }

    /// `None` if the two cannot be compared.
    fn compare_scalar(&self, op: Comparison, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(ordered(op, Some(a.cmp(b)))),
            (Self::Int(_) | Self::Float(_), Self::Int(_) | Self::Float(_)) => {
                Some(ordered(op, self.number()?.partial_cmp(&other.number()?)))
            }
            (Self::Text(a), Self::Text(b)) => Some(ordered(op, Some(a.as_bytes().cmp(b.as_bytes())))),
            (Self::Bool(a), Self::Bool(b)) => equal(op, a == b),
            (Self::Status(a), Self::Status(b)) | (Self::Kind(a), Self::Kind(b)) => equal(op, a == b),
            _ => None,
        }
    }

    /// Nothing if a side is no number, or the result is none.
    pub fn arithmetic(&self, op: Arithmetic, other: &Self) -> Self {
        let result = match (self, other) {
            (Self::Int(a), Self::Int(b)) => integers(op, *a, *b),
            _ => self.number().zip(other.number()).map(|(a, b)| Self::Float(floats(op, a, b))),
        };
        result.filter(|value| !matches!(value, Self::Float(number) if number.is_nan())).unwrap_or(Self::Nil)
    }

    pub fn negate(&self) -> Self {
        match self {
            Self::Int(number) => number.checked_neg().map_or(Self::Nil, Self::Int),
            Self::Float(number) => Self::Float(-number),
            _ => Self::Nil,
        }
    }
}

/// `=` and `=~` hold if they do for an element; `!=` and `!~` if they do for every element that can be compared, and there
/// is one.
fn items_hold<'v, 'a: 'v>(
    items: &'v [Val<'a>],
    op: Comparison,
    holds: impl Fn(&'v Val<'a>, Comparison) -> Option<bool>,
) -> bool {
    let mut compared = items.iter().filter_map(|item| holds(item, op)).peekable();
    match op {
        Comparison::NotEq | Comparison::NotMatches => compared.peek().is_some() && compared.all(|holds| holds),
        _ => compared.any(|holds| holds),
    }
}

/// `None` is what not-a-number gives: it is unequal to everything and has no place in the order.
fn ordered(op: Comparison, ordering: Option<Ordering>) -> bool {
    match op {
        Comparison::Eq => ordering == Some(Ordering::Equal),
        Comparison::NotEq => ordering != Some(Ordering::Equal),
        Comparison::Less => ordering == Some(Ordering::Less),
        Comparison::LessEq => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => ordering == Some(Ordering::Greater),
        Comparison::GreaterEq => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        Comparison::Matches | Comparison::NotMatches => false,
    }
}

fn equal(op: Comparison, is_equal: bool) -> Option<bool> {
    match op {
        Comparison::Eq => Some(is_equal),
        Comparison::NotEq => Some(!is_equal),
        _ => None,
    }
}

fn integers(op: Arithmetic, a: i64, b: i64) -> Option<Val<'static>> {
    let result = match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Remainder => a.checked_rem(b),
        Arithmetic::Power if b < 0 => return Some(Val::Float(floats(op, a as f64, b as f64))),
        Arithmetic::Power => a.checked_pow(u32::try_from(b).ok()?),
    };
    result.map(Val::Int)
}

fn floats(op: Arithmetic, a: f64, b: f64) -> f64 {
    match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide if b == 0.0 => f64::NAN,
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder => a % b,
        Arithmetic::Power => a.powf(b),
    }
}

//! The boolean structure of a condition becomes that of an expression, with `!` moved down to the comparisons: so each
//! comparison is seen alone, by pruning as well, and what the first step cannot know is left out where that only widens it.

use datafusion::logical_expr::{Expr, col, lit};

use super::super::Invalid;
use super::super::eval::{self, Bound, Compiled, Val, computed, is_computed};
use super::super::tree::{Comparison, Field, FieldOp, Intrinsic, Literal, Static, UnaryOp};
use super::{Needs, TRACE_END, TRACE_START, column_names, native, root_flag};

/// A condition, and what a trace needs that one of its spans can fulfil it.
pub(super) struct Condition {
    pub exact: Expr,
    /// The same, asked of a span alone; `None` if only its whole trace knows.
    pub of_span: Option<Expr>,
    pub needs: Needs,
}

/// `root_flags` collects conditions on rows of `traces`.
pub(super) fn plan(field: &Field, root_flags: &mut Vec<Expr>) -> Result<Condition, Invalid> {
    Planner { root_flags }.condition(field, false)
}

struct Planner<'a> {
    root_flags: &'a mut Vec<Expr>,
}

impl Planner<'_> {
    /// The condition, or its negation.
    fn condition(&mut self, field: &Field, negated: bool) -> Result<Condition, Invalid> {
        match field {
            Field::Binary(_, op @ (FieldOp::And | FieldOp::Or), left, right) => {
                let left = self.condition(left, negated)?;
                let right = self.condition(right, negated)?;
                let both = (*op == FieldOp::And) != negated;
                Ok(if both { left.and(right) } else { left.or(right) })
            }
            Field::Unary(_, UnaryOp::Not, operand) if !is_bare(operand) => self.condition(operand, !negated),
            Field::Literal(Literal { value: Static::Bool(truth), .. }) => Ok(Condition::always(*truth != negated)),
            leaf => self.leaf(leaf, negated),
        }
    }

    fn leaf(&mut self, field: &Field, negated: bool) -> Result<Condition, Invalid> {
        if let Some(truth) = constant(field)? {
            return Ok(Condition::always(truth != negated));
        }
        let holds = match native::comparison(field)? {
            Some(native) => native,
            None => eval::condition(field)?,
        };
        let exact = if negated { holds.is_not_true() } else { holds };
        let is_of_trace = column_names(&exact).any(|name| is_computed(&name));
        Ok(match is_of_trace {
            false => {
                let needs = Needs { span: Some(exact.clone()), ..Needs::default() };
                Condition { of_span: Some(exact.clone()), exact, needs }
            }
            true => {
                let Parents { needed, of_span } = parents(field, negated);
                let needs = Needs { span: needed, trace: self.trace(field, negated, &exact), ..Needs::default() };
                Condition { exact, of_span, needs }
            }
        })
    }

    /// What a comparison with something of the whole trace says of the rows of `traces`.
    fn trace(&mut self, field: &Field, negated: bool, exact: &Expr) -> Option<Expr> {
        if let Some((Intrinsic::TraceDuration, op, value)) = intrinsic_and_value(field) {
            let holds = native::number(col(TRACE_END) - col(TRACE_START), op, value)?;
            return Some(if negated { holds.is_not_true() } else { holds });
        }
        let of_root = [computed::ROOT_NAME, computed::ROOT_SERVICE];
        if !column_names(exact).all(|name| of_root.contains(&name.as_str())) {
            return None;
        }
        // The row with the trace's root is one of its rows.
        self.root_flags.push(exact.clone());
        Some(col(root_flag(self.root_flags.len() - 1)))
    }
}

/// What a condition on a span's place in its trace says of the span having a parent.
#[derive(Default)]
struct Parents {
    /// True of all spans that fulfil the condition.
    needed: Option<Expr>,
    /// True of just these.
    of_span: Option<Expr>,
}

/// `nestedSetParent` is -1 of roots and at least 0 of others: comparisons that one of the two never fulfils say whether the
/// span has a parent, and those that the other always fulfils say nothing else.
fn parents(field: &Field, negated: bool) -> Parents {
    let Some((Intrinsic::NestedSetParent, op, Static::Int(value))) = intrinsic_and_value(field) else {
        return Parents::default();
    };
    if op.is_regex() {
        return Parents::default();
    }
    let holds = |parent: i64| Val::Int(parent).compare(op, &Val::Int(*value)) != negated;
    // Between -1 and infinity the comparison changes at `value` at most: these are all cases.
    let of_others = [0, value.saturating_sub(1), *value, value.saturating_add(1), i64::MAX];
    let mut of_others = of_others.into_iter().filter(|parent| *parent >= 0).map(holds);
    let others_may = of_others.clone().any(|holds| holds);
    let others_do = of_others.all(|holds| holds);
    let (is_root, has_parent) = (col("parent_span_id").is_null(), col("parent_span_id").is_not_null());
    match (holds(-1), others_may) {
        (true, true) => Parents { needed: None, of_span: others_do.then(|| lit(true)) },
        (true, false) => Parents { needed: Some(is_root.clone()), of_span: Some(is_root) },
        // Spans that hang together with no root have 0, and a parent or a doubtful id.
        (false, true) if holds(0) => Parents { needed: None, of_span: others_do.then_some(has_parent) },
        (false, true) => Parents { needed: Some(has_parent), of_span: None },
        (false, false) => Parents { needed: Some(lit(false)), of_span: Some(lit(false)) },
    }
}

fn intrinsic_and_value(field: &Field) -> Option<(Intrinsic, Comparison, &Static)> {
    match native::sides(field)? {
        (Field::Intrinsic(_, intrinsic), op, value) => Some((*intrinsic, op, value)),
        _ => None,
    }
}

/// An attribute, or its negation, which is no comparison: where the attribute is missing neither of both is true.
fn is_bare(field: &Field) -> bool {
    match field {
        Field::Attribute(_) => true,
        Field::Unary(_, UnaryOp::Not, operand) => is_bare(operand),
        _ => false,
    }
}

/// What a condition without columns comes to.
fn constant(field: &Field) -> Result<Option<bool>, Invalid> {
    let compiled = Compiled::new(field)?;
    if !compiled.columns.is_empty() {
        return Ok(None);
    }
    Ok(Bound::to_arrays(&compiled, &[]).ok().map(|bound| bound.value(0).is_true()))
}

impl Condition {
    /// The condition of `{ }`, or of `{ false }`.
    pub fn always(truth: bool) -> Self {
        let span = (!truth).then(|| lit(false));
        Self { exact: lit(truth), of_span: Some(lit(truth)), needs: Needs { span, ..Needs::default() } }
    }

    fn and(self, other: Self) -> Self {
        let span = both(self.needs.span, other.needs.span);
        let needs = Needs { span, trace: both(self.needs.trace, other.needs.trace), ..Needs::default() };
        let of_span = self.of_span.zip(other.of_span).map(|(one, other)| one.and(other));
        Self { exact: self.exact.and(other.exact), of_span, needs }
    }

    fn or(self, other: Self) -> Self {
        let of_span = self.of_span.zip(other.of_span).map(|(one, other)| one.or(other));
        Self { exact: self.exact.or(other.exact), of_span, needs: self.needs.or(other.needs) }
    }
}

pub(super) fn both(a: Option<Expr>, b: Option<Expr>) -> Option<Expr> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.and(b)),
        (a, b) => a.or(b),
    }
}

impl Needs {
    /// What is needed where one or the other is.
    ///
    /// A side may need something of its span and something of its trace; either alone is needed as well.
    pub(super) fn or(self, other: Self) -> Self {
        let either = |a: Option<Expr>, b: Option<Expr>| Some(a?.or(b?));
        Self { span: either(self.span, other.span), trace: either(self.trace, other.trace), ..Self::default() }
    }
}

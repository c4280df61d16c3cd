//! Durations that are computed.

use super::{Grower, OPERAND, Place, SIGNS, SPAN, precedence};
use crate::promql::tree::{BinaryOp, Duration, DurationExpr, DurationNode, Number};

const OPS: [BinaryOp; 6] = [BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::Div, BinaryOp::Mod, BinaryOp::Pow];

impl Grower {
    /// A range or a step. What is a number at sight is above 0.
    pub(super) fn positive_duration(&mut self) -> Duration {
        let literal = Duration::Literal(1 + i64::from(self.choice()));
        if self.pick(3) != 1 {
            return literal;
        }
        let expr = self.duration(Place::anywhere());
        if is_number(&expr) { literal } else { Duration::Expr(Box::new(expr)) }
    }

    /// What stands behind `offset`. Operators behind an open one would be read as a part of it.
    pub(super) fn offset(&mut self, may_be_open: bool) -> Option<Duration> {
        let literal = i64::from(self.choice()) - (1 << 31);
        match self.pick(6) {
            1 if literal != 0 => return Some(Duration::Literal(literal)),
            2 | 3 => {}
            _ => return None,
        }
        let operand = self.duration(Place::operand());
        let operand = if is_plain_number(&operand) { node(DurationNode::Paren(Box::new(operand))) } else { operand };
        let is_paren = matches!(operand.node, DurationNode::Paren(_));
        let expr = match self.pick(3) {
            0 if is_paren && may_be_open => operand,
            1 if is_paren && may_be_open => {
                let rhs = Box::new(self.duration(Place { lowest: OPERAND, signs: true }));
                node(DurationNode::Binary { op: BinaryOp::Add, lhs: Box::new(operand), rhs })
            }
            2 if !is_paren => operand,
            _ => {
                let negative = self.pick(2) == 0;
                node(DurationNode::Unary { negative, operand: Box::new(operand) })
            }
        };
        Some(Duration::Expr(Box::new(expr)))
    }

    fn duration(&mut self, place: Place) -> DurationExpr {
        let kind = if self.is_deep() { 0 } else { self.pick(8) };
        match kind {
            0 | 1 => self.duration_number(place.signs),
            2 => node(DurationNode::Step),
            3 => node(DurationNode::Range),
            4 => {
                let (one, other) = (self.duration_below(Place::anywhere()), self.duration_below(Place::anywhere()));
                let extreme = if self.pick(2) == 0 { DurationNode::Min } else { DurationNode::Max };
                node(extreme(one, other))
            }
            5 if place.signs => self.duration_unary(),
            6 => self.duration_binary(place),
            _ => node(DurationNode::Paren(self.duration_below(Place::anywhere()))),
        }
    }

    fn duration_below(&mut self, place: Place) -> Box<DurationExpr> {
        Box::new(self.deeper(|grower| grower.duration(place)))
    }

    fn duration_number(&mut self, signs: bool) -> DurationExpr {
        let number = Number { span: SPAN, value: f64::from(self.choice()) / 1e3, duration: self.pick(2) == 0 };
        let negative = signs && self.pick(4) == 1;
        let value = if negative { -number.value } else { number.value };
        node(DurationNode::Number(Number { value, ..number }))
    }

    /// A sign before a number would become a part of it.
    fn duration_unary(&mut self) -> DurationExpr {
        let negative = self.pick(2) == 0;
        let operand = self.duration_below(Place { lowest: SIGNS + 1, signs: true });
        if is_plain_number(&operand) { *operand } else { node(DurationNode::Unary { negative, operand }) }
    }

    fn duration_binary(&mut self, place: Place) -> DurationExpr {
        let op = self.one_of(&OPS);
        let precedence = precedence(op);
        if precedence < place.lowest {
            return node(DurationNode::Paren(self.duration_below(Place::anywhere())));
        }
        let (left, right) = Place::sides(precedence, op == BinaryOp::Pow);
        let (lhs, mut rhs) = (self.duration_below(left), self.duration_below(right));
        if let DurationNode::Number(number) = &mut rhs.node {
            number.value = if number.value == 0.0 { 1.0 } else { number.value };
        }
        node(DurationNode::Binary { op, lhs, rhs })
    }
}

fn node(node: DurationNode) -> DurationExpr {
    DurationExpr { span: SPAN, node }
}

fn is_plain_number(expr: &DurationExpr) -> bool {
    matches!(expr.node, DurationNode::Number(_))
}

/// Whether the parser sees that a duration is a number, through signs and parentheses.
fn is_number(expr: &DurationExpr) -> bool {
    match &expr.node {
        DurationNode::Number(_) => true,
        DurationNode::Paren(inner) | DurationNode::Unary { operand: inner, .. } => is_number(inner),
        _ => false,
    }
}

//! Durations that are written down or computed: in brackets, and behind `offset`.

use super::operator::{ABOVE_SIGNS, precedence};
use super::{DURATION_OPS_MAX, Invalid, Parsed, Parser};
use crate::promql::duration::from_seconds;
use crate::promql::lexer::{Kind, Token, Word};
use crate::promql::tree::{BinaryOp, Duration, DurationExpr, DurationNode, Number, Span};

/// `+` and `-`, the loosest operators of durations.
const LOWEST: u8 = 4;

impl Parser<'_> {
    /// A range or a step. What is a number at sight must be above 0.
    pub(super) fn positive_duration(&mut self, context: &str, expected: &str) -> Parsed<Duration> {
        self.duration_ops = 0;
        let expr = self.nested(|parser| parser.duration_binary(LOWEST, context, expected))?;
        let is_positive = |number: &Number| number.value > 0.0 && from_seconds(number.value) != Some(0);
        match literal(&expr) {
            Some(number) if !is_positive(&number) => {
                let message = match number.value > 0.0 {
                    true => "duration must be at least 1ms",
                    false => "duration must be greater than 0",
                };
                Err(Invalid::new(expr.span, message))
            }
            _ => duration(expr),
        }
    }

    /// What stands behind `offset`: one operand with its sign. Operators behind it are those of the expression:
    /// `x offset 5m + 1` adds 1 to `x`.
    pub(super) fn offset_duration(&mut self) -> Parsed<Duration> {
        self.duration_ops = 0;
        let expr = self.nested(|parser| {
            parser.duration_unary(ABOVE_OPERATORS, "offset", "number, duration, step(), or range()")
        })?;
        duration(expr)
    }

    fn duration_binary(&mut self, lowest: u8, context: &str, expected: &str) -> Parsed<DurationExpr> {
        let mut lhs = self.duration_unary(ABOVE_SIGNS, context, expected)?;
        while let Kind::Op(op) = self.peek()
            && is_arithmetic(op)
            && precedence(op) >= lowest
        {
            let at = self.bump().span;
            self.count_duration_op(at)?;
            let next_lowest = if op == BinaryOp::Pow { precedence(op) } else { precedence(op) + 1 };
            let rhs = self.nested(|parser| parser.duration_binary(next_lowest, "", ""))?;
            self.allow_expression(lhs.span)?;
            refuse_zero(op, &rhs, at)?;
            let span = lhs.span.to(rhs.span);
            lhs = DurationExpr { span, node: DurationNode::Binary { op, lhs: Box::new(lhs), rhs: Box::new(rhs) } };
        }
        Ok(lhs)
    }

    fn count_duration_op(&mut self, at: Span) -> Parsed<()> {
        self.duration_ops += 1;
        if self.duration_ops > DURATION_OPS_MAX {
            return Err(Invalid::new(at, format!("the duration has more than {DURATION_OPS_MAX} operators")));
        }
        Ok(())
    }

    /// An operand with its sign, which becomes a part of a number. The sign holds for operators from `lowest` on.
    fn duration_unary(&mut self, lowest: u8, context: &str, expected: &str) -> Parsed<DurationExpr> {
        let Kind::Op(op @ (BinaryOp::Add | BinaryOp::Sub)) = self.peek() else {
            return self.duration_operand(context, expected);
        };
        let sign = self.bump().span;
        let negative = op == BinaryOp::Sub;
        let operand = self.nested(|parser| match lowest {
            ABOVE_OPERATORS => parser.duration_unary(lowest, context, expected),
            _ => parser.duration_binary(lowest, context, expected),
        })?;
        let span = sign.to(operand.span);
        if let DurationNode::Number(mut number) = operand.node {
            number.value = if negative { -number.value } else { number.value };
            number.span = span;
            return Ok(DurationExpr { span, node: DurationNode::Number(number) });
        }
        Ok(DurationExpr { span, node: DurationNode::Unary { negative, operand: Box::new(operand) } })
    }

    fn duration_operand(&mut self, context: &str, expected: &str) -> Parsed<DurationExpr> {
        let Token { kind, span } = self.token();
        match kind {
            Kind::Number | Kind::Duration => {
                let number = self.number()?;
                let is_in_range = from_seconds(number.value).is_some();
                let node = is_in_range.then_some(DurationNode::Number(number));
                let node = node.ok_or_else(|| Invalid::new(span, "duration out of range"))?;
                Ok(DurationExpr { span, node })
            }
            Kind::LeftParen => self.duration_paren(),
            Kind::Word(Word::Step) => self.duration_call(DurationNode::Step),
            Kind::Word(Word::Range) => self.duration_call(DurationNode::Range),
            Kind::Identifier => self.duration_extreme(context, expected),
            _ => Err(self.unexpected(context, expected)),
        }
    }

    fn duration_paren(&mut self) -> Parsed<DurationExpr> {
        let open = self.bump().span;
        let inner = self.nested(|parser| parser.duration_binary(LOWEST, "", ""))?;
        self.allow_expression(inner.span)?;
        let close = self.expect(Kind::RightParen, "", "")?.span;
        Ok(DurationExpr { span: open.to(close), node: DurationNode::Paren(Box::new(inner)) })
    }

    /// `step()` or `range()`.
    fn duration_call(&mut self, node: DurationNode) -> Parsed<DurationExpr> {
        let name = self.bump().span;
        self.expect(Kind::LeftParen, "", "")?;
        let span = name.to(self.expect(Kind::RightParen, "", "")?.span);
        self.allow_expression(span)?;
        Ok(DurationExpr { span, node })
    }

    /// `min_of(a, b)` or `max_of(a, b)`.
    fn duration_extreme(&mut self, context: &str, expected: &str) -> Parsed<DurationExpr> {
        let name = self.token().span;
        let node = match self.text_of(name).to_ascii_lowercase().as_str() {
            "min_of" => DurationNode::Min,
            "max_of" => DurationNode::Max,
            _ => return Err(self.unexpected(context, expected)),
        };
        self.bump();
        self.expect(Kind::LeftParen, "", "")?;
        let one = self.nested(|parser| parser.duration_binary(LOWEST, "", ""))?;
        self.expect(Kind::Comma, "", "")?;
        let other = self.nested(|parser| parser.duration_binary(LOWEST, "", ""))?;
        let span = name.to(self.expect(Kind::RightParen, "", "")?.span);
        self.allow_expression(span)?;
        Ok(DurationExpr { span, node: node(Box::new(one), Box::new(other)) })
    }

    fn allow_expression(&self, span: Span) -> Parsed<()> {
        if self.options.duration_expressions {
            return Ok(());
        }
        Err(Invalid::new(span, "experimental duration expression is not enabled"))
    }
}

/// No operator binds as tightly.
const ABOVE_OPERATORS: u8 = 7;

fn is_arithmetic(op: BinaryOp) -> bool {
    use BinaryOp::{Add, Div, Mod, Mul, Pow, Sub};
    matches!(op, Add | Sub | Mul | Div | Mod | Pow)
}

fn refuse_zero(op: BinaryOp, rhs: &DurationExpr, at: Span) -> Parsed<()> {
    let is_zero = matches!(&rhs.node, DurationNode::Number(number) if number.value == 0.0);
    match op {
        BinaryOp::Div if is_zero => Err(Invalid::new(at, "division by zero")),
        BinaryOp::Mod if is_zero => Err(Invalid::new(at, "modulo by zero")),
        _ => Ok(()),
    }
}

/// A number that may stand in parentheses or behind a sign.
fn literal(expr: &DurationExpr) -> Option<Number> {
    match &expr.node {
        DurationNode::Number(number) => Some(number.clone()),
        DurationNode::Paren(inner) => literal(inner),
        DurationNode::Unary { negative, operand } => {
            let mut number = literal(operand)?;
            number.value = if *negative { -number.value } else { number.value };
            Some(number)
        }
        _ => None,
    }
}

/// A number at sight is a literal.
fn duration(expr: DurationExpr) -> Parsed<Duration> {
    let DurationNode::Number(number) = &expr.node else { return Ok(Duration::Expr(Box::new(expr))) };
    let milliseconds = from_seconds(number.value);
    milliseconds.map(Duration::Literal).ok_or_else(|| Invalid::new(expr.span, "duration out of range"))
}

//! Durations that are written down or computed: in brackets, and behind `offset`.

use super::operator::{ABOVE_SIGNS, precedence};
use super::{Invalid, Parsed, Parser};
use crate::promql::duration::from_seconds;
use crate::promql::lexer::{Kind, Token, Word};
use crate::promql::tree::{BinaryOp, Duration, DurationExpr, DurationNode, Number, Span};

/// What a duration is, in messages.
pub(super) const DURATIONS: &str = "number, duration, step(), or range()";
/// `+` and `-`, the loosest operators of durations.
const LOWEST: u8 = 4;
/// How many operators one duration may have.
const OPS_MAX: usize = 128;

/// The duration that is read.
#[derive(Default)]
pub(super) struct Reading {
    /// Where it stands, and what may stand there, in messages.
    context: &'static str,
    expected: &'static str,
    /// How many operators it has.
    ops: usize,
}

impl Parser<'_> {
    /// A range or a step. What is a number at sight must be above 0.
    pub(super) fn positive_duration(&mut self, context: &'static str, expected: &'static str) -> Parsed<Duration> {
        self.duration = Reading { context, expected, ops: 0 };
        let expr = self.duration_binary(LOWEST)?;
        let message = match literal(&expr) {
            Some(seconds) if seconds <= 0.0 => "duration must be greater than 0",
            Some(seconds) if from_seconds(seconds) == Some(0) => "duration must be at least 1ms",
            _ => return duration(expr),
        };
        Err(Invalid::new(expr.span, message))
    }

    /// What stands behind `offset`. Operators behind one operand with its sign are those of the expression:
    /// `x offset 5m + 1` adds 1 to `x`. Only behind a parenthesis without a sign, and behind two signs, they are those of
    /// the duration, as in Prometheus.
    pub(super) fn offset_duration(&mut self) -> Parsed<Duration> {
        self.duration = Reading { context: "offset", expected: DURATIONS, ops: 0 };
        let is_sign = |kind: Kind| matches!(kind, Kind::Op(BinaryOp::Add | BinaryOp::Sub));
        let (first, second) = (self.peek(), self.peek_second());
        let is_open = first == Kind::LeftParen || is_sign(first) && is_sign(second);
        if is_open {
            return duration(self.duration_binary(LOWEST)?);
        }
        if !is_sign(first) {
            return duration(self.duration_operand()?);
        }
        let sign = self.bump().span;
        let operand = self.duration_operand()?;
        duration(signed(first == Kind::Op(BinaryOp::Sub), sign, operand))
    }

    fn duration_binary(&mut self, lowest: u8) -> Parsed<DurationExpr> {
        self.nested(|parser| parser.duration_chain(lowest))
    }

    /// Operands and the operators between them that bind at least as tightly as `lowest`.
    fn duration_chain(&mut self, lowest: u8) -> Parsed<DurationExpr> {
        let mut lhs = self.duration_unary()?;
        while let Kind::Op(op) = self.peek()
            && is_arithmetic(op)
            && precedence(op) >= lowest
        {
            let at = self.bump().span;
            self.count_duration_op(at)?;
            let next_lowest = if op == BinaryOp::Pow { precedence(op) } else { precedence(op) + 1 };
            let rhs = self.duration_binary(next_lowest)?;
            self.allow_duration_expr(lhs.span)?;
            refuse_zero(op, &rhs, at)?;
            let span = lhs.span.to(rhs.span);
            lhs = DurationExpr { span, node: DurationNode::Binary { op, lhs: Box::new(lhs), rhs: Box::new(rhs) } };
        }
        Ok(lhs)
    }

    fn count_duration_op(&mut self, at: Span) -> Parsed<()> {
        self.duration.ops += 1;
        if self.duration.ops > OPS_MAX {
            return Err(Invalid::new(at, format!("the duration has more than {OPS_MAX} operators")));
        }
        Ok(())
    }

    /// An operand with its sign, which becomes a part of a number.
    fn duration_unary(&mut self) -> Parsed<DurationExpr> {
        let Kind::Op(op @ (BinaryOp::Add | BinaryOp::Sub)) = self.peek() else { return self.duration_operand() };
        let sign = self.bump().span;
        let operand = self.duration_binary(ABOVE_SIGNS)?;
        Ok(signed(op == BinaryOp::Sub, sign, operand))
    }

    fn duration_operand(&mut self) -> Parsed<DurationExpr> {
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
            Kind::Identifier => self.duration_extreme(),
            _ => Err(self.unexpected_in_duration()),
        }
    }

    fn duration_paren(&mut self) -> Parsed<DurationExpr> {
        let open = self.bump().span;
        let inner = self.duration_binary(LOWEST)?;
        self.allow_duration_expr(inner.span)?;
        let close = self.expect_in_duration(Kind::RightParen)?;
        Ok(DurationExpr { span: open.to(close), node: DurationNode::Paren(Box::new(inner)) })
    }

    /// `step()` or `range()`.
    fn duration_call(&mut self, node: DurationNode) -> Parsed<DurationExpr> {
        let name = self.bump().span;
        self.expect_in_duration(Kind::LeftParen)?;
        let span = name.to(self.expect_in_duration(Kind::RightParen)?);
        self.allow_duration_expr(span)?;
        Ok(DurationExpr { span, node })
    }

    /// `min_of(a, b)` or `max_of(a, b)`.
    fn duration_extreme(&mut self) -> Parsed<DurationExpr> {
        let name = self.token().span;
        let node = match self.text_of(name).to_ascii_lowercase().as_str() {
            "min_of" => DurationNode::Min,
            "max_of" => DurationNode::Max,
            _ => return Err(self.unexpected_in_duration()),
        };
        self.bump();
        self.expect_in_duration(Kind::LeftParen)?;
        let one = self.duration_binary(LOWEST)?;
        self.expect_in_duration(Kind::Comma)?;
        let other = self.duration_binary(LOWEST)?;
        let span = name.to(self.expect_in_duration(Kind::RightParen)?);
        self.allow_duration_expr(span)?;
        Ok(DurationExpr { span, node: node(Box::new(one), Box::new(other)) })
    }

    fn unexpected_in_duration(&self) -> Invalid {
        self.unexpected(self.duration.context, self.duration.expected)
    }

    fn expect_in_duration(&mut self, kind: Kind) -> Parsed<Span> {
        self.expect(kind, self.duration.context, self.duration.expected).map(|token| token.span)
    }

    fn allow_duration_expr(&self, span: Span) -> Parsed<()> {
        if self.options.duration_expressions {
            return Ok(());
        }
        Err(Invalid::new(span, "experimental duration expression is not enabled"))
    }
}

fn is_arithmetic(op: BinaryOp) -> bool {
    use BinaryOp::{Add, Div, Mod, Mul, Pow, Sub};
    matches!(op, Add | Sub | Mul | Div | Mod | Pow)
}

fn signed(negative: bool, sign: Span, operand: DurationExpr) -> DurationExpr {
    let span = sign.to(operand.span);
    let node = match operand.node {
        DurationNode::Number(Number { value, duration, .. }) => {
            let value = if negative { -value } else { value };
            DurationNode::Number(Number { span, value, duration })
        }
        _ => DurationNode::Unary { negative, operand: Box::new(operand) },
    };
    DurationExpr { span, node }
}

fn refuse_zero(op: BinaryOp, rhs: &DurationExpr, at: Span) -> Parsed<()> {
    let is_zero = matches!(&rhs.node, DurationNode::Number(number) if number.value == 0.0);
    match op {
        BinaryOp::Div if is_zero => Err(Invalid::new(at, "division by zero")),
        BinaryOp::Mod if is_zero => Err(Invalid::new(at, "modulo by zero")),
        _ => Ok(()),
    }
}

/// Seconds of a number that may stand in parentheses or behind a sign.
fn literal(expr: &DurationExpr) -> Option<f64> {
    match &expr.node {
        DurationNode::Number(number) => Some(number.value),
        DurationNode::Paren(inner) => literal(inner),
        DurationNode::Unary { negative, operand } => {
            let seconds = literal(operand)?;
            Some(if *negative { -seconds } else { seconds })
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

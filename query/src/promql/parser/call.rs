//! Aggregations and calls.

use super::{Invalid, Parsed, Parser};
use crate::promql::function::function;
use crate::promql::lexer::{Kind, Token, Word};
use crate::promql::quote::quoted;
use crate::promql::tree::{Aggregate, AggregateOp, BinaryOp, Call, Expr, Span};

/// `by (…)` or `without (…)`.
#[derive(Default)]
struct Clause {
    without: bool,
    grouping: Vec<String>,
}

impl Parser<'_> {
    /// Whether the name of an aggregation begins one, rather than being the name of a metric.
    pub(super) fn is_aggregation(&self) -> bool {
        matches!(self.peek_second(), Kind::LeftParen | Kind::Word(Word::By | Word::Without))
    }

    /// An aggregation; its clause stands before or behind the arguments.
    pub(super) fn aggregation(&mut self, op: AggregateOp) -> Parsed {
        let name = self.bump().span;
        let before = self.clause()?;
        self.aggregations += 1;
        let (args, mut end) = self.args()?;
        self.aggregations -= 1;
        let height = self.height;
        let clause = match before {
            Some(clause) => clause,
            None => {
                let behind = self.clause()?;
                if behind.is_some() {
                    end = self.tokens[self.next - 1].span;
                }
                behind.unwrap_or_default()
            }
        };
        self.grow(height, name)?;
        self.aggregate(op, name.to(end), args, clause)
    }

    fn aggregate(&self, op: AggregateOp, span: Span, args: Vec<Expr>, clause: Clause) -> Parsed {
        if args.is_empty() {
            return Err(Invalid::new(span, "no arguments for aggregate expression provided"));
        }
        if op.is_experimental() && !self.options.experimental_functions {
            let name = op.text();
            let enable = "must be enabled with --enable-feature=promql-experimental-functions";
            return Err(Invalid::new(span, format!("{name}() is experimental and {enable}")));
        }
        let wanted = if op.has_param() { 2 } else { 1 };
        let given = args.len();
        let wrong = || {
            let message = "wrong number of arguments for aggregate expression provided";
            Invalid::new(span, format!("{message}, expected {wanted}, got {given}"))
        };
        if given != wanted {
            return Err(wrong());
        }
        let mut args = args.into_iter().map(Box::new);
        let param = if op.has_param() { args.next() } else { None };
        let operand = args.next().ok_or_else(wrong)?;
        let Clause { without, grouping } = clause;
        Ok(Expr::Aggregate(Aggregate { span, op, param, operand, without, grouping }))
    }

    fn clause(&mut self) -> Parsed<Option<Clause>> {
        let without = self.peek() == Kind::Word(Word::Without);
        if !without && self.peek() != Kind::Word(Word::By) {
            return Ok(None);
        }
        self.bump();
        let grouping = self.grouping_labels()?;
        Ok(Some(Clause { without, grouping }))
    }

    /// A call of a function; the caller has seen a name and `(`.
    pub(super) fn call(&mut self) -> Parsed {
        let span = self.bump().span;
        let name = self.text_of(span);
        let (args, end) = self.args()?;
        let Some(function) = function(name) else {
            return Err(Invalid::new(span, format!("unknown function with name {}", quoted(name))));
        };
        if function.experimental && !self.options.experimental_functions {
            return Err(Invalid::new(span, format!("function {} is not enabled", quoted(name))));
        }
        self.grow(self.height, span)?;
        Ok(Expr::Call(Call { span: span.to(end), function, args }))
    }

    /// Whether the next token may begin an expression, or is an error of its own.
    fn is_at_operand(&self) -> bool {
        use Kind::{Duration, Error, LeftBrace, LeftParen, Number, Op, String};
        let is_sign = matches!(self.peek(), Op(BinaryOp::Add | BinaryOp::Sub));
        is_sign
            || self.is_metric_name()
            || matches!(self.peek(), LeftParen | LeftBrace | Number | Duration | String | Error)
    }

    /// `(a, b)`, and where the closing parenthesis stands. The height is that of the highest argument.
    fn args(&mut self) -> Parsed<(Vec<Expr>, Span)> {
        self.expect(Kind::LeftParen, "", "")?;
        let mut args = Vec::new();
        let mut height = 0;
        if let Some(close) = self.take(Kind::RightParen) {
            self.height = height;
            return Ok((args, close.span));
        }
        loop {
            args.push(self.expr()?);
            height = height.max(self.height);
            let Token { kind, span } = self.token();
            match kind {
                Kind::Comma => {
                    self.bump();
                    if !self.is_at_operand() {
                        return Err(Invalid::new(span, "trailing commas not allowed in function call args"));
                    }
                }
                Kind::RightParen => break,
                _ => return Err(self.unexpected("", "")),
            }
        }
        self.height = height;
        Ok((args, self.bump().span))
    }
}

//! Operators between operands, and how the samples of two vectors meet.

use super::{Invalid, Parsed, Parser};
use crate::promql::lexer::{Kind, Word};
use crate::promql::tree::{Binary, BinaryOp, Cardinality, Expr, Matching, Span};

/// All operators.
pub(super) const LOWEST: u8 = 1;
/// What binds more tightly than a sign.
pub(super) const ABOVE_SIGNS: u8 = 6;

/// From 1, the loosest. All but `^` go to the left.
pub(in crate::promql) fn precedence(op: BinaryOp) -> u8 {
    use BinaryOp::{Add, And, Atan2, Div, Mod, Mul, Or, Pow, Sub, Unless};
    match op {
        Or => LOWEST,
        And | Unless => 2,
        Add | Sub => 4,
        Mul | Div | Mod | Atan2 => 5,
        Pow => ABOVE_SIGNS,
        _ => 3,
    }
}

impl Parser<'_> {
    /// Operands and the operators between them that bind at least as tightly as `lowest`.
    pub(super) fn binary(&mut self, lowest: u8) -> Parsed {
        let mut lhs = self.unary()?;
        while let Kind::Op(op) = self.peek()
            && precedence(op) >= lowest
        {
            let at = self.bump().span;
            let lhs_height = self.height;
            let (return_bool, matching) = self.binary_modifiers(op)?;
            let next_lowest = if op == BinaryOp::Pow { precedence(op) } else { precedence(op) + 1 };
            let rhs = self.nested(|parser| parser.binary(next_lowest))?;
            self.grow(lhs_height.max(self.height), at)?;
            let span = lhs.span().to(rhs.span());
            self.allow_fill(&matching, span)?;
            lhs = Expr::Binary(Binary { span, op, lhs: Box::new(lhs), rhs: Box::new(rhs), return_bool, matching });
        }
        Ok(lhs)
    }

    fn allow_fill(&self, matching: &Matching, span: Span) -> Parsed<()> {
        let is_filled = matching.fill_left.is_some() || matching.fill_right.is_some();
        if is_filled && !self.options.fill_modifiers {
            return Err(Invalid::new(span, "binop fill modifiers are experimental and not enabled"));
        }
        Ok(())
    }

    /// What stands between an operator and its right side: `bool`, labels, grouping, what is filled in.
    fn binary_modifiers(&mut self, op: BinaryOp) -> Parsed<(bool, Matching)> {
        let return_bool = self.take_word(Word::Bool);
        let mut matching = Matching::default();
        if op.is_set() {
            matching.cardinality = Cardinality::ManyToMany;
        }
        let is_on = matches!(self.peek(), Kind::Word(Word::On));
        if is_on || matches!(self.peek(), Kind::Word(Word::Ignoring)) {
            self.bump();
            matching.on = is_on;
            matching.labels = self.grouping_labels()?;
            self.grouping(&mut matching)?;
        }
        self.fill(&mut matching)?;
        Ok((return_bool, matching))
    }

    fn grouping(&mut self, matching: &mut Matching) -> Parsed<()> {
        let cardinality = match self.peek() {
            Kind::Word(Word::GroupLeft) => Cardinality::ManyToOne,
            Kind::Word(Word::GroupRight) => Cardinality::OneToMany,
            _ => return Ok(()),
        };
        self.bump();
        matching.cardinality = cardinality;
        if self.peek() == Kind::LeftParen {
            matching.include = self.grouping_labels()?;
        }
        Ok(())
    }

    fn fill(&mut self, matching: &mut Matching) -> Parsed<()> {
        if self.take_word(Word::Fill) {
            let value = self.fill_value()?;
            matching.fill_left = Some(value);
            matching.fill_right = Some(value);
            return Ok(());
        }
        loop {
            let side = match self.peek() {
                Kind::Word(Word::FillLeft) if matching.fill_left.is_none() => &mut matching.fill_left,
                Kind::Word(Word::FillRight) if matching.fill_right.is_none() => &mut matching.fill_right,
                _ => return Ok(()),
            };
            self.bump();
            *side = Some(self.fill_value()?);
        }
    }

    /// `(number)`, perhaps with a sign.
    fn fill_value(&mut self) -> Parsed<f64> {
        self.expect(Kind::LeftParen, "fill", "\"(\"")?;
        let value = self.signed_number("fill", "number")?;
        self.expect(Kind::RightParen, "fill", "\")\"")?;
        Ok(value)
    }

    pub(super) fn signed_number(&mut self, context: &str, expected: &str) -> Parsed<f64> {
        let sign = match self.peek() {
            Kind::Op(BinaryOp::Add) => Some(1.0),
            Kind::Op(BinaryOp::Sub) => Some(-1.0),
            _ => None,
        };
        self.next += usize::from(sign.is_some());
        match self.peek() {
            Kind::Number | Kind::Duration => Ok(sign.unwrap_or(1.0) * self.number()?.value),
            _ => Err(self.unexpected(context, expected)),
        }
    }

    /// `(a, b)`, `(a, "b.c",)` or `()`.
    pub(super) fn grouping_labels(&mut self) -> Parsed<Vec<String>> {
        self.expect(Kind::LeftParen, "grouping opts", "\"(\"")?;
        let mut labels = Vec::new();
        while self.take(Kind::RightParen).is_none() {
            labels.push(self.grouping_label()?);
            if self.take(Kind::Comma).is_none() && self.peek() != Kind::RightParen {
                return Err(self.unexpected("grouping opts", "\",\" or \")\""));
            }
        }
        Ok(labels)
    }

    /// A label's name: any word, keywords too, or a string.
    fn grouping_label(&mut self) -> Parsed<String> {
        use BinaryOp::{And, Atan2, Or, Unless};
        match self.peek() {
            Kind::String => {
                let (span, name) = self.string()?;
                if name.is_empty() {
                    return Err(Invalid::new(span, "invalid label name for grouping: \"\""));
                }
                Ok(name)
            }
            Kind::Identifier | Kind::MetricIdentifier | Kind::Aggregate(_) | Kind::Word(_) => Ok(self.word_text()),
            Kind::Op(And | Or | Unless | Atan2) => Ok(self.word_text()),
            _ => Err(self.unexpected("grouping opts", "label")),
        }
    }

    fn word_text(&mut self) -> String {
        let span = self.bump().span;
        self.text_of(span).to_owned()
    }
}

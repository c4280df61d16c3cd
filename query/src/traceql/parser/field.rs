use super::super::Invalid;
use super::super::lexer::Kind as TokenKind;
use super::super::tree::{At, Attribute, Field, FieldOp, Intrinsic, Kind, Literal, Static, Status, UnaryOp};
use super::{
    COMPARE, LOGIC, MINUS, NOT, PRODUCT, Parser, arithmetic, arithmetic_precedence, comparison, right_precedence,
};

const EXPECTED: &str = "an attribute, an intrinsic, a value, `!`, `-` or `(`";

impl Parser<'_> {
    /// Operands and operators of at least this precedence.
    pub(super) fn field(&mut self, precedence_min: u8) -> Result<Field, Invalid> {
        self.nested(|parser| {
            let mut left = parser.unary()?;
            while let Some(op) = parser.symbol().and_then(field_op) {
                let precedence = field_precedence(op);
                if precedence < precedence_min {
                    break;
                }
                let at = parser.operator()?;
                if matches!(op, FieldOp::Compare(op) if op.is_regex()) {
                    parser.count_regex(at)?;
                }
                let right = parser.field(right_precedence(precedence))?;
                left = Field::Binary(at, op, Box::new(left), Box::new(right));
            }
            Ok(left)
        })
    }

    fn unary(&mut self) -> Result<Field, Invalid> {
        let op = match self.symbol() {
            Some("!") => UnaryOp::Not,
            Some("-") if self.is_negative_number() => return self.tested(),
            Some("-") => UnaryOp::Minus,
            _ => return self.tested(),
        };
        let at = self.operator()?;
        let operand_precedence = if op == UnaryOp::Not { PRODUCT } else { MINUS };
        Ok(Field::Unary(at, op, Box::new(self.field(operand_precedence)?)))
    }

    fn is_negative_number(&self) -> bool {
        matches!(self.peek_at(1), TokenKind::Int(_) | TokenKind::Float(_) | TokenKind::DurationNs(_))
    }

    /// An operand, perhaps with `= nil` or `!= nil` behind it.
    fn tested(&mut self) -> Result<Field, Invalid> {
        let operand = self.field_operand()?;
        let is_nil = matches!(self.peek_at(1), TokenKind::Word(word) if word == "nil");
        match self.symbol() {
            Some(symbol @ ("=" | "!=")) if is_nil => {
                let at = self.operator()?;
                self.next += 1;
                Ok(Field::Exists(at, symbol == "!=", Box::new(operand)))
            }
            _ => Ok(operand),
        }
    }

    fn field_operand(&mut self) -> Result<Field, Invalid> {
        let at = self.at();
        match self.peek().clone() {
            TokenKind::Attribute { scope, of_parent, name } => {
                self.next += 1;
                Ok(Field::Attribute(Attribute { at, scope, of_parent, name }))
            }
            TokenKind::Symbol("(") => {
                self.next += 1;
                let field = self.field(0)?;
                match self.take(")") {
                    true => Ok(field),
                    false => Err(self.unexpected("an operator or `)`")),
                }
            }
            TokenKind::Word(word) if word == "nil" => self.nil_first(at),
            TokenKind::Word(word) if Intrinsic::parse(&word).is_some() => {
                self.next += 1;
                Intrinsic::parse(&word)
                    .map(|which| Field::Intrinsic(at, which))
                    .ok_or_else(|| self.unexpected(EXPECTED))
            }
            _ => match self.literal()? {
                Some(value) => Ok(Field::Literal(Literal { at, value })),
                None => Err(self.unexpected(EXPECTED)),
            },
        }
    }

    /// `nil = x`, `nil != x`. Nil is neither equal nor unequal to itself.
    fn nil_first(&mut self, first: At) -> Result<Field, Invalid> {
        self.next += 1;
        let Some(symbol @ ("=" | "!=")) = self.symbol() else {
            return Err(self.unexpected("`=` or `!=` after `nil`"));
        };
        let at = self.operator()?;
        if self.take_word("nil") {
            return Ok(Field::Literal(Literal { at: first, value: Static::Bool(false) }));
        }
        Ok(Field::Exists(at, symbol == "!=", Box::new(self.field(MINUS)?)))
    }
}

/// The step of an operator in a field; shared with the printer.
pub(crate) fn field_precedence(op: FieldOp) -> u8 {
    match op {
        FieldOp::And | FieldOp::Or => LOGIC,
        FieldOp::Compare(_) => COMPARE,
        FieldOp::Arithmetic(op) => arithmetic_precedence(op),
    }
}

pub(crate) fn unary_precedence(op: UnaryOp) -> u8 {
    match op {
        UnaryOp::Not => NOT,
        UnaryOp::Minus => MINUS,
    }
}

fn field_op(symbol: &str) -> Option<FieldOp> {
    Some(match symbol {
        "&&" => FieldOp::And,
        "||" => FieldOp::Or,
        _ => match comparison(symbol) {
            Some(op) => FieldOp::Compare(op),
            None => FieldOp::Arithmetic(arithmetic(symbol)?),
        },
    })
}

/// The value that a token is.
pub(super) fn value(token: &TokenKind) -> Option<Static> {
    Some(match token {
        TokenKind::String(text) => Static::String(text.clone()),
        TokenKind::Int(number) => Static::Int(*number),
        TokenKind::Float(number) => Static::Float(*number),
        TokenKind::DurationNs(nanos) => Static::DurationNs(*nanos),
        TokenKind::Word(word) => match word.as_str() {
            "true" => Static::Bool(true),
            "false" => Static::Bool(false),
            "minInt" => Static::Int(i64::MIN),
            "maxInt" => Static::Int(i64::MAX),
            word => named(word)?,
        },
        _ => return None,
    })
}

fn named(word: &str) -> Option<Static> {
    let status = Status::ALL.into_iter().find(|status| status.name() == word).map(Static::Status);
    status.or_else(|| Kind::ALL.into_iter().find(|kind| kind.name() == word).map(Static::Kind))
}

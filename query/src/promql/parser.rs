//! Tokens to tree, by recursive descent.
//!
//! One ladder of precedence, low to high: `or`; `and`, `unless`; comparisons and trims; `+ -`; `* / % atan2` and unary
//! signs; `^`, which goes to the right; what stands behind an operand: ranges, `offset`, `@`, `anchored`, `smoothed`.
//! Messages, and the places they point at, are Prometheus'.

/// Aggregations and calls.
mod call;
/// Durations that are computed.
mod duration;
/// What stands behind an operand.
mod modifier;
/// Operators between operands.
mod operator;
/// Names, braces and matchers.
mod selector;

pub(super) use selector::NAME;

use duration::Reading;

use super::lexer::{self, Kind, Token, Tokens, Word};
use super::quote::unquoted_bytes;
use super::source::Matcher;
use super::tree::{BinaryOp, Expr, Number, Paren, Span, StringLiteral, Unary};
use super::{Invalid, ParseOptions, duration::milliseconds, number};

/// How deeply an expression may nest in the text. The parser calls itself for each level.
pub(super) const NESTING_MAX: usize = 128;
/// How high a tree may be: a chain of operators makes a tree as high as it is long. Every later stage walks the tree
/// recursively, so this bounds the stack.
pub(super) const HEIGHT_MAX: usize = 512;

type Parsed<T = Expr> = Result<T, Invalid>;

/// # Errors
/// The first token that does not fit, or what does not fit it.
pub(super) fn parse(text: &str, options: &ParseOptions) -> Parsed {
    whole(text, options, |parser| parser.expr())
}

/// # Errors
/// The first token that does not fit.
pub(super) fn parse_selector(text: &str) -> Parsed<Vec<Matcher>> {
    whole(text, &ParseOptions::default(), |parser| parser.vector_selector()).map(|selector| selector.matchers)
}

/// Parses all of a text.
fn whole<T>(text: &str, options: &ParseOptions, parse: impl FnOnce(&mut Parser<'_>) -> Parsed<T>) -> Parsed<T> {
    let Tokens { list, error } = lexer::tokens(text);
    let duration = Reading::default();
    let mut parser = Parser {
        text,
        tokens: &list,
        error,
        options,
        next: 0,
        nesting: 0,
        height: 0,
        aggregations: 0,
        patterns: 0,
        duration,
    };
    if parser.peek() == Kind::End {
        return Err(Invalid::new(Span::default(), "no expression found in input"));
    }
    let parsed = parse(&mut parser)?;
    if parser.peek() == Kind::End { Ok(parsed) } else { Err(parser.unexpected("", "")) }
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// What is wrong at the last token.
    error: Option<Invalid>,
    options: &'a ParseOptions,
    next: usize,
    /// How many levels deep the parser is.
    nesting: usize,
    /// How high the tree is that was built last.
    height: usize,
    /// How many aggregations are around.
    aggregations: usize,
    /// How many regular expressions were read.
    patterns: usize,
    /// The duration that is read.
    duration: Reading,
}

impl<'a> Parser<'a> {
    /// The next token; the last one stays.
    fn token(&self) -> Token {
        self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn peek(&self) -> Kind {
        self.token().kind
    }

    fn peek_second(&self) -> Kind {
        self.tokens[(self.next + 1).min(self.tokens.len() - 1)].kind
    }

    fn bump(&mut self) -> Token {
        let token = self.token();
        self.next += 1;
        token
    }

    fn take(&mut self, kind: Kind) -> Option<Token> {
        (self.peek() == kind).then(|| self.bump())
    }

    fn take_word(&mut self, word: Word) -> bool {
        self.take(Kind::Word(word)).is_some()
    }

    fn text_of(&self, span: Span) -> &'a str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The next token does not fit. A text that is no token is an error by itself. What fits nowhere else is said to be
    /// wrong in the aggregation around it.
    fn unexpected(&self, context: &str, expected: &str) -> Invalid {
        let context = if context.is_empty() && self.aggregations > 0 { "aggregation" } else { context };
        let Token { kind, span } = self.token();
        if let (Kind::Error, Some(error)) = (kind, &self.error) {
            return error.clone();
        }
        let mut message = format!("unexpected {}", kind.describe(self.text_of(span)));
        if !context.is_empty() {
            message.push_str(&format!(" in {context}"));
        }
        if !expected.is_empty() {
            message.push_str(&format!(", expected {expected}"));
        }
        Invalid::new(span, message)
    }

    fn expect(&mut self, kind: Kind, context: &str, expected: &str) -> Parsed<Token> {
        self.take(kind).ok_or_else(|| self.unexpected(context, expected))
    }

    /// Runs `parse` one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting == NESTING_MAX {
            let message = format!("the expression nests more than {NESTING_MAX} levels deep");
            return Err(Invalid::new(self.token().span, message));
        }
        self.nesting += 1;
        let parsed = parse(self);
        self.nesting -= 1;
        parsed
    }

    /// A node is put on trees of which the highest has `height`.
    fn grow(&mut self, height: usize, at: Span) -> Parsed<()> {
        self.height = height + 1;
        if self.height > HEIGHT_MAX {
            let message = format!("the expression has more than {HEIGHT_MAX} operators on one another");
            return Err(Invalid::new(at, message));
        }
        Ok(())
    }

    fn expr(&mut self) -> Parsed {
        self.nested(|parser| parser.binary(operator::LOWEST))
    }

    /// An operand with its sign. Signs bind like `*`, and become a part of a number.
    fn unary(&mut self) -> Parsed {
        let Kind::Op(op @ (BinaryOp::Add | BinaryOp::Sub)) = self.peek() else { return self.postfix() };
        let sign = self.bump().span;
        let negative = op == BinaryOp::Sub;
        let operand = self.nested(|parser| parser.binary(operator::ABOVE_SIGNS))?;
        if let Expr::Number(mut number) = operand {
            number.value = if negative { -number.value } else { number.value };
            number.span.start = sign.start;
            return Ok(Expr::Number(number));
        }
        self.grow(self.height, sign)?;
        Ok(Expr::Unary(Unary { span: sign.to(operand.span()), negative, operand: Box::new(operand) }))
    }

    /// An operand without its sign.
    fn primary(&mut self) -> Parsed {
        self.height = 1;
        match self.peek() {
            Kind::LeftParen => self.paren(),
            Kind::Number | Kind::Duration => self.number().map(Expr::Number),
            Kind::String => {
                let (span, value) = self.string()?;
                Ok(Expr::String(StringLiteral { span, value }))
            }
            Kind::Aggregate(op) if self.is_aggregation() => self.aggregation(op),
            Kind::Identifier | Kind::Word(Word::Start | Word::End | Word::Step | Word::Range)
                if self.peek_second() == Kind::LeftParen =>
            {
                self.call()
            }
            _ => self.vector_selector().map(Expr::Vector),
        }
    }

    fn paren(&mut self) -> Parsed {
        let open = self.bump().span;
        let inner = self.expr()?;
        self.grow(self.height, open)?;
        let close = self.expect(Kind::RightParen, "", "")?.span;
        Ok(Expr::Paren(Paren { span: open.to(close), inner: Box::new(inner) }))
    }

    /// A number without a sign, or a duration, which is a number of seconds.
    fn number(&mut self) -> Parsed<Number> {
        let Token { kind, span } = self.bump();
        let text = self.text_of(span);
        let duration = kind == Kind::Duration;
        let value = if duration {
            milliseconds(text).map_err(|message| Invalid::new(span, message))? as f64 / 1e3
        } else {
            number::value(text).map_err(|message| Invalid::new(span, format!("error parsing number: {message}")))?
        };
        Ok(Number { span, value, duration })
    }

    /// A string; bytes that are no UTF-8 are replaced, and refused when types are checked.
    fn string(&mut self) -> Parsed<(Span, String)> {
        let span = self.bump().span;
        let bytes = unquoted_bytes(self.text_of(span)).map_err(|message| Invalid::new(span, message))?;
        Ok((span, String::from_utf8_lossy(&bytes).into_owned()))
    }
}

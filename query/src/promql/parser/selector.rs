//! Names, braces and matchers.

use std::borrow::Cow;

use super::{Invalid, Parsed, Parser};
use crate::promql::lexer::{Kind, Token, Word};
use crate::promql::quote::{quoted_bytes, unquoted_bytes};
use crate::promql::source::{MatchOp, Matcher};
use crate::promql::tree::{BinaryOp, Edges, Span, VectorSelector};

/// The label that holds the name of a metric.
pub(in crate::promql) const NAME: &str = "__name__";

/// Of regular expressions in a query: each may take megabytes.
const PATTERNS_MAX: usize = 256;

impl Parser<'_> {
    pub(super) fn vector_selector(&mut self) -> Parsed<VectorSelector> {
        let start = self.token().span;
        let name = self.metric_name();
        let mut matchers = Vec::new();
        let mut end = start;
        if self.peek() == Kind::LeftBrace {
            end = self.matchers(&mut matchers)?;
        } else if name.is_none() {
            return Err(self.unexpected("", ""));
        }
        if let Some(name) = &name {
            matchers.push(Matcher::equal(NAME, name.as_str()));
        }
        let span = start.to(end);
        Ok(VectorSelector { span, name, matchers, offset: None, at: None, edges: Edges::Plain })
    }

    fn metric_name(&mut self) -> Option<String> {
        self.is_metric_name().then(|| {
            let span = self.bump().span;
            self.text_of(span).to_owned()
        })
    }

    /// Whether the next token names a metric; many keywords do where an operand must stand.
    pub(super) fn is_metric_name(&self) -> bool {
        use BinaryOp::{And, Or, Unless};
        match self.peek() {
            Kind::Identifier | Kind::MetricIdentifier | Kind::Aggregate(_) | Kind::Op(And | Or | Unless) => true,
            Kind::Word(word) => !matches!(
                word,
                Word::Bool
                    | Word::On
                    | Word::Ignoring
                    | Word::GroupLeft
                    | Word::GroupRight
                    | Word::Fill
                    | Word::FillLeft
                    | Word::FillRight
            ),
            _ => false,
        }
    }

    /// `{…}`; the span is that of the closing brace.
    fn matchers(&mut self, matchers: &mut Vec<Matcher>) -> Parsed<Span> {
        self.bump();
        loop {
            if let Some(close) = self.take(Kind::RightBrace) {
                return Ok(close.span);
            }
            matchers.push(self.matcher()?);
            if self.take(Kind::Comma).is_none() && self.peek() != Kind::RightBrace {
                return Err(self.unexpected("label matching", "\",\" or \"}\""));
            }
        }
    }

    fn matcher(&mut self) -> Parsed<Matcher> {
        let Token { kind, span } = self.token();
        let name = match kind {
            Kind::Identifier => {
                self.bump();
                Cow::Borrowed(self.text_of(span))
            }
            Kind::String => Cow::Owned(self.utf8_string()?),
            _ => return Err(self.unexpected("label matching", "identifier or \"}\"")),
        };
        let op = match self.peek() {
            Kind::Equal => MatchOp::Equal,
            Kind::Op(BinaryOp::NotEqual) => MatchOp::NotEqual,
            Kind::EqualRegex => MatchOp::Regex,
            Kind::NotEqualRegex => MatchOp::NotRegex,
            _ if kind == Kind::String => return Ok(Matcher::equal(NAME, name.as_ref())),
            _ => return Err(self.unexpected("label matching", "label matching operator")),
        };
        self.bump();
        if self.peek() != Kind::String {
            return Err(self.unexpected("label matching", "string"));
        }
        let end = self.token().span;
        let value = self.utf8_string()?;
        if matches!(op, MatchOp::Regex | MatchOp::NotRegex) {
            self.patterns += 1;
            if self.patterns > PATTERNS_MAX {
                return Err(Invalid::new(span.to(end), format!("more than {PATTERNS_MAX} regular expressions")));
            }
        }
        Matcher::new(op, name.as_ref(), value).map_err(|error| Invalid::new(span.to(end), of_regex(&error)))
    }

    /// A string that must be UTF-8.
    fn utf8_string(&mut self) -> Parsed<String> {
        let span = self.bump().span;
        let bytes = unquoted_bytes(self.text_of(span)).map_err(|message| Invalid::new(span, message))?;
        String::from_utf8(bytes)
            .map_err(|error| Invalid::new(span, format!("string {} is not UTF-8", quoted_bytes(error.as_bytes()))))
    }
}

/// What is wrong with a pattern, in one line.
fn of_regex(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    format!("error parsing regexp: {}", last.strip_prefix("error: ").unwrap_or(last))
}

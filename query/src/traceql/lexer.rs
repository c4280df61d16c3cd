//! Text to tokens, each with its place.

use std::fmt;

use super::tree::Scope;
use super::{Invalid, TEXT_BYTES_MAX};
use crate::error::Position;

/// Numbers and durations.
mod number;
/// Strings with escapes.
mod text;

/// Symbols, longer ones before those that they begin with.
const SYMBOLS: [&str; 35] = [
    "!>>", "!<<", "&>>", "&<<", "&&", "||", "!=", "=~", "!~", "<=", ">=", ">>", "<<", "!>", "!<", "&>", "&<", "&~",
    "{", "}", "(", ")", "|", ",", "=", "<", ">", "~", "!", "+", "-", "*", "/", "%", "^",
];
/// What ends an attribute's name, besides white space.
const NAME_ENDS: [char; 13] = ['{', '}', '(', ')', '=', '~', '!', '<', '>', '&', '|', '^', ','];
/// Words that stand before `:` in an intrinsic.
const INTRINSIC_SCOPES: [&str; 5] = ["trace", "span", "event", "link", "instrumentation"];

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub position: Position,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Word(String),
    Attribute { scope: Scope, of_parent: bool, name: String },
    String(String),
    Int(i64),
    Float(f64),
    DurationNs(i64),
    Symbol(&'static str),
    End,
}

/// As in error messages.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "`{word}`"),
            Self::Attribute { scope, name, .. } => write!(f, "attribute `{}.{name}`", scope.word()),
            Self::String(text) => write!(f, "string {text:?}"),
            Self::Int(number) => write!(f, "number {number}"),
            Self::Float(number) => write!(f, "number {number:?}"),
            Self::DurationNs(nanos) => write!(f, "duration of {nanos}ns"),
            Self::Symbol(symbol) => write!(f, "`{symbol}`"),
            Self::End => f.write_str("the end"),
        }
    }
}

/// The tokens of a text; the last is [`Kind::End`].
///
/// # Errors
/// The first place that begins no token.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Invalid> {
    let mut cursor = Cursor { rest: text, position: Position { line: 1, column: 1 } };
    if text.len() > TEXT_BYTES_MAX {
        let message = format!("the query has {} bytes, the most is {TEXT_BYTES_MAX}", text.len());
        return Err(Invalid::new(cursor.position, message));
    }
    let mut tokens = Vec::new();
    loop {
        cursor.skip_blanks()?;
        let position = cursor.position;
        let kind = cursor.token()?;
        let is_end = kind == Kind::End;
        tokens.push(Token { position, kind });
        if is_end {
            return Ok(tokens);
        }
    }
}

/// What is left of the text, and where it begins.
struct Cursor<'a> {
    rest: &'a str,
    position: Position,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// The character after the next one.
    fn peek_second(&self) -> Option<char> {
        self.rest.chars().nth(1)
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        if c == '\n' {
            self.position = Position { line: self.position.line + 1, column: 1 };
        } else {
            self.position.column += 1;
        }
        Some(c)
    }

    /// Takes `expected` if the rest begins with it.
    fn take(&mut self, expected: &str) -> bool {
        let is_next = self.rest.starts_with(expected);
        if is_next {
            expected.chars().for_each(|_| {
                self.bump();
            });
        }
        is_next
    }

    /// Takes characters as long as they are wanted.
    fn take_while(&mut self, is_wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is_wanted(c)).unwrap_or(self.rest.len());
        let taken = &self.rest[..end];
        self.take(taken);
        taken
    }

    /// White space and comments.
    fn skip_blanks(&mut self) -> Result<(), Invalid> {
        loop {
            let start = self.position;
            self.take_while(char::is_whitespace);
            if self.rest.starts_with("//") {
                self.take_while(|c| c != '\n');
            } else if self.take("/*") {
                while !self.take("*/") {
                    self.bump().ok_or_else(|| Invalid::new(start, "a comment has no end, expected `*/`"))?;
                }
            } else if !self.peek().is_some_and(char::is_whitespace) {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Kind, Invalid> {
        let Some(first) = self.peek() else { return Ok(Kind::End) };
        match first {
            '"' => self.quoted().map(Kind::String),
            '`' => self.raw().map(Kind::String),
            '0'..='9' => self.number(),
            '.' if self.peek_second().is_some_and(|c| c.is_ascii_digit()) => self.number(),
            '.' => {
                self.bump();
                self.attribute(Scope::Any, false)
            }
            c if c.is_alphabetic() || c == '_' => self.word(),
            _ => self.symbol(),
        }
    }

    fn symbol(&mut self) -> Result<Kind, Invalid> {
        let position = self.position;
        let symbol = SYMBOLS.into_iter().find(|symbol| self.take(symbol));
        symbol.map(Kind::Symbol).ok_or_else(|| {
            let unknown: String = self.peek().into_iter().collect();
            Invalid::new(position, format!("unexpected character {unknown:?}"))
        })
    }

    /// A word, the attribute that it is the scope of, or an intrinsic with a colon.
    fn word(&mut self) -> Result<Kind, Invalid> {
        let word = self.plain_word();
        if word == "parent" && self.take(".") {
            return self.attribute_of_parent();
        }
        if let Some(scope) = scope(word)
            && self.take(".")
        {
            return self.attribute(scope, false);
        }
        if INTRINSIC_SCOPES.contains(&word) && self.take(":") {
            return Ok(Kind::Word(format!("{word}:{}", self.plain_word())));
        }
        Ok(Kind::Word(word.to_owned()))
    }

    fn plain_word(&mut self) -> &'a str {
        self.take_while(|c| c.is_alphanumeric() || c == '_')
    }

    /// What follows `parent.`: a scope and a name, or a name.
    fn attribute_of_parent(&mut self) -> Result<Kind, Invalid> {
        for scope in [Scope::Span, Scope::Resource] {
            if self.rest.strip_prefix(scope.word()).is_some_and(|rest| rest.starts_with('.')) {
                self.take(scope.word());
                self.take(".");
                return self.attribute(scope, true);
            }
        }
        self.attribute(Scope::Any, true)
    }

    fn attribute(&mut self, scope: Scope, of_parent: bool) -> Result<Kind, Invalid> {
        let start = self.position;
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| !c.is_whitespace() && !NAME_ENDS.contains(c)) {
            if c == '"' {
                name.push_str(&self.quoted_name()?);
            } else {
                name.push(c);
                self.bump();
            }
        }
        if name.is_empty() {
            return Err(Invalid::new(start, "expected the name of an attribute"));
        }
        Ok(Kind::Attribute { scope, of_parent, name })
    }
}

fn scope(word: &str) -> Option<Scope> {
    Scope::SCOPED.into_iter().find(|scope| scope.word() == word)
}

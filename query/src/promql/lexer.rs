//! Text to tokens, each with its place.
//!
//! What a character begins depends on where it stands: in braces all words are names, in brackets all but a few are errors.

/// Between `[` and `]`.
mod bracket;
/// How far a number or duration reaches.
mod scan;
/// What tokens are.
mod token;

pub(super) use token::{Kind, Token, Word};

use super::quote::{escape, quoted, quoted_char};
use super::tree::{BinaryOp, Span};
use super::{Invalid, TEXT_BYTES_MAX};

/// The tokens of a text. The last is [`Kind::End`], or [`Kind::Error`] at the first place that begins no token.
pub(super) struct Tokens {
    pub list: Vec<Token>,
    /// What is wrong at the last token.
    pub error: Option<Invalid>,
}

pub(super) fn tokens(text: &str) -> Tokens {
    let mut lexer = Lexer { text, at: 0, start: 0, parens: 0, in_braces: false, bracket: None };
    let mut list = Vec::new();
    if text.len() > TEXT_BYTES_MAX {
        let message = format!("the query has {} bytes, the most is {TEXT_BYTES_MAX}", text.len());
        list.push(Token { kind: Kind::Error, span: Span::default() });
        return Tokens { list, error: Some(Invalid::new(Span::default(), message)) };
    }
    loop {
        lexer.skip_blanks();
        let token = lexer.token();
        let (kind, error) = match token {
            Ok(kind) => (kind, None),
            Err(message) => (Kind::Error, Some(Invalid::new(Span::new(lexer.start, text.len()), message))),
        };
        list.push(Token { kind, span: Span::new(lexer.start, lexer.at) });
        if matches!(kind, Kind::End | Kind::Error) {
            return Tokens { list, error };
        }
    }
}

/// Where the lexer stands between `[` and `]`.
#[derive(Default)]
struct Bracket {
    has_number: bool,
    has_colon: bool,
}

struct Lexer<'a> {
    text: &'a str,
    /// The next byte.
    at: usize,
    /// Where the token begins, or where an error is shown.
    start: usize,
    /// How many `(` are open.
    parens: usize,
    in_braces: bool,
    bracket: Option<Bracket>,
}

type Lexed = Result<Kind, String>;

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The next byte; 0 at the end.
    fn peek_byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn take(&mut self, expected: char) -> bool {
        let is_next = self.peek() == Some(expected);
        self.at += if is_next { expected.len_utf8() } else { 0 };
        is_next
    }

    fn take_while(&mut self, is_wanted: impl Fn(u8) -> bool) {
        while is_wanted(self.peek_byte()) && self.at < self.text.len() {
            self.at += 1;
        }
    }

    /// White space and comments. In brackets before the first number there are no comments.
    fn skip_blanks(&mut self) {
        loop {
            self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
            if self.peek_byte() != b'#' || self.is_in_duration() {
                break;
            }
            self.take_while(|byte| !matches!(byte, b'\n' | b'\r'));
        }
        self.start = self.at;
    }

    /// In brackets, before the first number: there little is allowed.
    fn is_in_duration(&self) -> bool {
        self.bracket.as_ref().is_some_and(|bracket| !bracket.has_number)
    }

    fn token(&mut self) -> Lexed {
        if self.in_braces {
            return self.in_braces();
        }
        if self.is_in_duration() {
            return self.in_duration();
        }
        let Some(first) = self.bump() else { return self.end() };
        match first {
            '0'..='9' | '.' if self.is_number(first) => self.number_or_duration(),
            '"' | '\'' | '`' => self.string(first),
            'a'..='z' | 'A'..='Z' | '_' | ':' if self.bracket.is_none() => Ok(self.word()),
            'a'..='z' | 'A'..='Z' | '_' | ':' => self.in_bracket(first),
            '(' | ')' | '{' | '[' | ']' => self.nesting(first),
            '!' => match self.bump() {
                Some('=') => Ok(Kind::Op(BinaryOp::NotEqual)),
                other => Err(format!("unexpected character after '!': {}", shown(other))),
            },
            '=' if self.peek() == Some('~') => Err("unexpected character after '=': '~'".to_owned()),
            _ => self.symbol(first).ok_or_else(|| format!("unexpected character: {}", quoted_char(first))),
        }
    }

    fn end(&self) -> Lexed {
        if self.parens > 0 {
            return Err("unclosed left parenthesis".to_owned());
        }
        if self.bracket.is_some() {
            return Err("unclosed left bracket".to_owned());
        }
        Ok(Kind::End)
    }

    fn is_number(&self, first: char) -> bool {
        first.is_ascii_digit() || self.peek_byte().is_ascii_digit()
    }

    fn symbol(&mut self, first: char) -> Option<Kind> {
        let op = match first {
            ',' => return Some(Kind::Comma),
            '@' => return Some(Kind::At),
            '=' if !self.take('=') => return Some(Kind::Equal),
            '=' => BinaryOp::Equal,
            '<' if self.take('=') => BinaryOp::LessOrEqual,
            '<' if self.take('/') => BinaryOp::TrimUpper,
            '<' => BinaryOp::Less,
            '>' if self.take('=') => BinaryOp::GreaterOrEqual,
            '>' if self.take('/') => BinaryOp::TrimLower,
            '>' => BinaryOp::Greater,
            '+' => BinaryOp::Add,
            '-' => BinaryOp::Sub,
            '*' => BinaryOp::Mul,
            '/' => BinaryOp::Div,
            '%' => BinaryOp::Mod,
            '^' => BinaryOp::Pow,
            _ => return None,
        };
        Some(Kind::Op(op))
    }

    /// Parentheses, braces and brackets. Errors are shown behind a `)`, as Prometheus shows them.
    fn nesting(&mut self, first: char) -> Lexed {
        match first {
            '(' => {
                self.parens += 1;
                Ok(Kind::LeftParen)
            }
            ')' => self.right_paren(),
            '{' => {
                self.in_braces = true;
                Ok(Kind::LeftBrace)
            }
            '[' if self.bracket.is_some() => Err("unexpected left bracket '['".to_owned()),
            '[' => {
                self.bracket = Some(Bracket::default());
                Ok(Kind::LeftBracket)
            }
            _ if self.bracket.is_none() => Err("unexpected right bracket ']'".to_owned()),
            _ => {
                self.bracket = None;
                Ok(Kind::RightBracket)
            }
        }
    }

    fn right_paren(&mut self) -> Lexed {
        let Some(parens) = self.parens.checked_sub(1) else {
            self.start = self.at;
            return Err("unexpected right parenthesis ')'".to_owned());
        };
        self.parens = parens;
        Ok(Kind::RightParen)
    }

    fn in_braces(&mut self) -> Lexed {
        let Some(first) = self.bump() else { return Err("unexpected end of input inside braces".to_owned()) };
        match first {
            'a'..='z' | 'A'..='Z' | '_' => {
                self.take_while(is_alphanumeric);
                Ok(Kind::Identifier)
            }
            ',' => Ok(Kind::Comma),
            '"' | '\'' | '`' => self.string(first),
            '=' => Ok(if self.take('~') { Kind::EqualRegex } else { Kind::Equal }),
            '!' => match self.bump() {
                Some('~') => Ok(Kind::NotEqualRegex),
                Some('=') => Ok(Kind::Op(BinaryOp::NotEqual)),
                other => Err(format!("unexpected character after '!' inside braces: {}", shown(other))),
            },
            '{' => Err("unexpected left brace '{'".to_owned()),
            '}' => {
                self.in_braces = false;
                Ok(Kind::RightBrace)
            }
            c => Err(format!("unexpected character inside braces: {}", quoted_char(c))),
        }
    }

    fn number_or_duration(&mut self) -> Lexed {
        let (length, kind) = scan::number_or_duration(&self.text[self.start..]);
        self.at = self.start + length;
        let Some(kind) = kind else {
            let syntax = quoted(&self.text[self.start..self.at]);
            return Err(format!("bad number or duration syntax: {syntax}"));
        };
        if let Some(bracket) = &mut self.bracket {
            bracket.has_number = true;
        }
        Ok(kind)
    }

    /// A keyword or a name, of which the first letter is taken.
    fn word(&mut self) -> Kind {
        self.take_while(|byte| is_alphanumeric(byte) || byte == b':');
        let word = &self.text[self.start..self.at];
        match token::keyword(word) {
            Some(Kind::Word(Word::Fill | Word::FillLeft | Word::FillRight)) if !self.is_before_paren() => {
                Kind::Identifier
            }
            Some(kind) => kind,
            None if word.contains(':') => Kind::MetricIdentifier,
            None => Kind::Identifier,
        }
    }

    fn is_before_paren(&self) -> bool {
        self.rest().trim_start_matches([' ', '\t', '\n', '\r']).starts_with('(')
    }

    /// A string, of which the opening quote is taken.
    fn string(&mut self, quote: char) -> Lexed {
        let is_raw = quote == '`';
        loop {
            match self.bump() {
                Some('\\') if !is_raw => {
                    let (length, _) = escape(self.rest(), quote)?;
                    self.at += length;
                }
                Some(c) if c == quote => return Ok(Kind::String),
                Some('\u{fffd}') => return Err("invalid UTF-8 rune".to_owned()),
                None if is_raw => return Err("unterminated raw string".to_owned()),
                None => return Err("unterminated quoted string".to_owned()),
                Some('\n') if !is_raw => return Err("unterminated quoted string".to_owned()),
                Some(_) => {}
            }
        }
    }
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A character in a message; Prometheus shows the end of the text as a character that is none.
fn shown(c: Option<char>) -> String {
    c.map_or_else(|| quoted_char('\u{fffd}'), quoted_char)
}

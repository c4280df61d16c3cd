//! What tokens are, and how messages name them.

use crate::promql::quote::quoted;
use crate::promql::tree::{AggregateOp, BinaryOp, Span};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::promql) struct Token {
    pub kind: Kind,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::promql) enum Kind {
    /// A name without a colon.
    Identifier,
    /// A name with a colon.
    MetricIdentifier,
    Number,
    Duration,
    String,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Colon,
    At,
    /// `=`.
    Equal,
    /// `=~`.
    EqualRegex,
    /// `!~`.
    NotEqualRegex,
    Op(BinaryOp),
    Aggregate(AggregateOp),
    Word(Word),
    End,
    Error,
}

/// Words that mean something at their place, and are names elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::promql) enum Word {
    Offset,
    Smoothed,
    Anchored,
    By,
    Without,
    On,
    Ignoring,
    GroupLeft,
    GroupRight,
    Fill,
    FillLeft,
    FillRight,
    Bool,
    Start,
    End,
    Step,
    Range,
}

const WORDS: [(&str, Word); 17] = [
    ("offset", Word::Offset),
    ("smoothed", Word::Smoothed),
    ("anchored", Word::Anchored),
    ("by", Word::By),
    ("without", Word::Without),
    ("on", Word::On),
    ("ignoring", Word::Ignoring),
    ("group_left", Word::GroupLeft),
    ("group_right", Word::GroupRight),
    ("fill", Word::Fill),
    ("fill_left", Word::FillLeft),
    ("fill_right", Word::FillRight),
    ("bool", Word::Bool),
    ("start", Word::Start),
    ("end", Word::End),
    ("step", Word::Step),
    ("range", Word::Range),
];

const OP_WORDS: [BinaryOp; 4] = [BinaryOp::And, BinaryOp::Or, BinaryOp::Unless, BinaryOp::Atan2];

/// What a word is when it is no name, in any case.
pub(super) fn keyword(word: &str) -> Option<Kind> {
    let is_word = |text: &str| text.eq_ignore_ascii_case(word);
    if let Some((_, found)) = WORDS.iter().find(|(text, _)| is_word(text)) {
        return Some(Kind::Word(*found));
    }
    if let Some(op) = OP_WORDS.into_iter().find(|op| is_word(op.text())) {
        return Some(Kind::Op(op));
    }
    if let Some(op) = AggregateOp::ALL.into_iter().find(|op| is_word(op.text())) {
        return Some(Kind::Aggregate(op));
    }
    (is_word("inf") || is_word("nan")).then_some(Kind::Number)
}

/// How many characters of a text are shown.
const SHOWN_MAX: usize = 10;

impl Kind {
    /// How a message names a token with this text.
    pub(in crate::promql) fn describe(self, text: &str) -> String {
        match self {
            Self::End => "end of input".to_owned(),
            Self::Identifier => format!("identifier {}", quoted(text)),
            Self::MetricIdentifier => format!("metric identifier {}", quoted(text)),
            Self::String => format!("string {}", shortened(text)),
            Self::Number => format!("number {}", shortened(text)),
            Self::Duration => format!("duration {}", shortened(text)),
            Self::Op(_) | Self::At | Self::EqualRegex | Self::NotEqualRegex => format!("<op:{text}>"),
            Self::Aggregate(_) => format!("<aggr:{text}>"),
            Self::Word(Word::Start | Word::End | Word::Step | Word::Range) => shortened(text),
            Self::Word(_) => format!("<{text}>"),
            _ => shortened(text),
        }
    }
}

fn shortened(text: &str) -> String {
    if text.len() <= SHOWN_MAX {
        return quoted(text);
    }
    let start: String = text.chars().take(SHOWN_MAX).collect();
    format!("{}...", quoted(&start))
}

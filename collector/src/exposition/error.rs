//! What is wrong with a page, and where.

use std::fmt;

use thiserror::Error;

/// How much of a page an error shows.
const SHOWN_BYTES_MAX: usize = 80;

/// Why a page was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{problem}, {place}{}{start}", if start.is_empty() { "" } else { ": " })]
pub struct PageError {
    pub problem: Problem,
    pub place: Place,
    /// The beginning of the line, or the name of the family.
    pub start: String,
}

impl PageError {
    pub(super) fn new(problem: Problem, place: Place, line: &str) -> Self {
        Self { problem, place, start: shown(line) }
    }
}

/// Where in a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Both from 1; columns are bytes.
    Line { line: usize, column: usize },
    /// The family of a protobuf page, from 1, and where its message begins.
    Family { family: usize, byte: usize },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, column } => write!(f, "line {line}, column {column}"),
            Self::Family { family, byte } => write!(f, "family {family} at byte {byte}"),
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    #[error("not UTF-8")]
    NotUtf8,
    #[error("expected {0}")]
    Expected(&'static str),
    #[error("the name of the metric is there twice")]
    NamedTwice,
    #[error("not a number: {0}")]
    Value(String),
    #[error("not a time: {0}")]
    Time(String),
    #[error("unexpected text behind a sample: {0}")]
    Trailing(String),
    #[error("unknown metric type: {0}")]
    Kind(String),
    #[error("unit {0} is no suffix of its metric")]
    Unit(String),
    #[error("an exemplar where only series named _total or _bucket may have one")]
    ExemplarPlace,
    #[error("neither HELP, TYPE, UNIT nor EOF")]
    Comment,
    #[error("the page does not end with # EOF")]
    NoEnd,
    #[error("there is text behind # EOF")]
    AfterEnd,
    #[error("the message ends early")]
    Short,
    #[error("the message is not of the right form: {0}")]
    Wire(String),
    #[error("the message of a metric has {bytes} bytes, the most is {max}")]
    MetricTooLarge { bytes: usize, max: usize },
    #[error("a metric has no value of its family's type")]
    NoValue,
    #[error("a native histogram has {0}")]
    Histogram(&'static str),
}

/// The beginning of a text, for people.
pub(super) fn shown(text: &str) -> String {
    let end = text.floor_char_boundary(SHOWN_BYTES_MAX);
    let more = if end < text.len() { "..." } else { "" };
    format!("{}{more}", &text[..end])
}

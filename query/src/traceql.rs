//! TraceQL: text in, tree out, and what the tree asks of the tables.
//!
//! ```text
//! text -> lexer -> tokens -> parser -> tree -> check (types) -> plan (DataFusion expressions, columns) -> search
//!                                        \-> print -> text
//! ```
//!
//! Each stage can be called and printed by itself ([`explain`]). The tree holds the whole language; what is not planned yet
//! is refused by [`plan`] with the place where it stands. `docs/traceql.md` says what is supported and what it means.

/// Which types may meet.
pub(crate) mod check;
/// Values of fields, row by row.
pub(crate) mod eval;
/// Text to tokens.
mod lexer;
/// Tokens to tree.
mod parser;
/// Tree to expressions on the columns of `spans`.
pub(crate) mod plan;
/// Tree to text.
mod print;
/// What a query says.
pub(crate) mod tree;

use thiserror::Error;

use crate::error::{Position, QueryError};
use lexer::{Kind, Token};
use tree::Query;

/// The longest text that is read.
pub(crate) const TEXT_BYTES_MAX: usize = 128 * 1024;

/// A text that is not TraceQL, means nothing, or asks for what cannot be answered yet.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub(crate) struct Invalid {
    pub message: String,
    pub position: Position,
}

impl Invalid {
    pub fn new(position: Position, message: impl Into<String>) -> Self {
        Self { message: message.into(), position }
    }

    pub fn not_yet(position: Position, what: &str) -> Self {
        Self::new(position, format!("not supported yet: {what}"))
    }
}

/// Text to a tree that means something.
///
/// # Errors
/// The first place at which the text is wrong, and what would be right there.
pub(crate) fn parse(text: &str) -> Result<Query, Invalid> {
    let tokens = lexer::tokens(text)?;
    let query = parser::parse(&tokens)?;
    check::check(&query)?;
    Ok(query)
}

/// A duration as TraceQL writes it, in nanoseconds.
pub(crate) fn duration_ns(text: &str) -> Option<i64> {
    match lexer::tokens(text).ok()?.as_slice() {
        [Token { kind: Kind::DurationNs(nanos), .. }, _end] => Some(*nanos),
        [Token { kind: Kind::Int(0), .. }, _end] => Some(0),
        _ => None,
    }
}

/// The query as we write it: one line, with no more parentheses than it needs.
///
/// # Errors
/// As [`explain`].
pub fn format(text: &str) -> Result<String, QueryError> {
    let query = parse(text)?;
    match plan::metrics::plan(&query)? {
        None => drop(plan::plan(&query)?),
        Some(metrics) => metrics.parts.iter().try_for_each(|part| plan::plan(&part.spans).map(drop))?,
    }
    Ok(query.to_string())
}

/// Every stage as text, as far as the query gets.
///
/// # Errors
/// The first place at which the text is wrong, or asks for what is not planned yet.
pub fn explain(text: &str) -> Result<String, QueryError> {
    use std::fmt::Write as _;

    let mut shown = String::from("tokens:");
    for token in lexer::tokens(text)? {
        let _ = write!(shown, " {}", token.kind);
    }
    let query = parse(text)?;
    let _ = writeln!(shown, "\nquery: {query}\ntree: {query:?}");
    match plan::metrics::plan(&query)? {
        None => shown += &plan::plan(&query)?.to_string(),
        Some(metrics) => {
            shown += &metrics.to_string();
            for (i, part) in metrics.parts.iter().enumerate() {
                let _ = write!(shown, "\nspans of part {i}: {}\n{}", part.spans, plan::plan(&part.spans)?);
            }
        }
    }
    Ok(shown)
}

#[cfg(test)]
mod tests;

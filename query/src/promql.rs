//! PromQL: text in, series out, with the semantics of Prometheus 3.
//!
//! ```text
//! text -> lexer -> tokens -> parser -> tree -> check (types) -> plan (times, selectors) -> fetch -> evaluate -> series
//!                                        \-> print, pretty -> text                 ^
//!                                                             SeriesSource --------'
//! ```
//!
//! The evaluator is columnar and works on all steps of a range at once. It knows no storage: series come from a
//! [`source::SeriesSource`]. `docs/promql.md` says what is supported and how that is proven.

/// Warnings and infos beside a result.
pub mod annotation;
/// Functions on the values of one series.
pub mod call;
/// Which types may meet.
mod check;
/// Lengths of time as they are written.
pub mod duration;
/// From a text to its answer.
pub mod engine;
/// From a plan to its answer.
mod eval;
/// Every stage of reading as text.
mod explain;
/// What one may call.
pub mod function;
/// Native histograms and their arithmetic.
pub mod histogram;
/// Label sets of series.
pub mod labels;
/// Text to tokens.
mod lexer;
/// Numbers as they are written.
pub mod number;
/// Tokens to tree.
mod parser;
/// From a tree to what is evaluated.
mod plan;
/// Tree to text on several lines.
mod pretty;
/// Tree to text.
mod print;
/// Quantiles of values and of classic histograms.
pub mod quantile;
/// Strings in quotes.
pub mod quote;
/// Samples, and windows over them.
pub mod sample;
/// Where series come from.
pub mod source;
/// Room for those who call themselves.
pub(crate) mod stack;
/// Sums that keep what rounding loses.
mod sum;
/// What an expression says.
pub mod tree;

pub use explain::explain;
pub use pretty::pretty;

use tree::{Expr, Span};

/// The longest text that is read, in bytes.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// What of the language is understood beside what is stable. The default is Prometheus' own: nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParseOptions {
    /// Functions and aggregations that may still change: `info()`, `limitk`, `sort_by_label()`.
    pub experimental_functions: bool,
    /// Arithmetic in ranges, steps and offsets: `x[5m + step()]`.
    pub duration_expressions: bool,
    /// `anchored` and `smoothed`.
    pub extended_range_selectors: bool,
    /// `fill`, `fill_left` and `fill_right`.
    pub fill_modifiers: bool,
}

impl ParseOptions {
    /// Everything.
    pub fn all() -> Self {
        Self {
            experimental_functions: true,
            duration_expressions: true,
            extended_range_selectors: true,
            fill_modifiers: true,
        }
    }
}

/// A text that is not PromQL, or whose types do not fit. Reads `line:column: parse error: message`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{place}: parse error: {message}")]
pub struct ParseError {
    pub message: String,
    /// What is wrong; its start is the place that is shown.
    pub span: Span,
    /// `line:column`, both from 1, of the start.
    pub place: String,
    /// Prometheus reads this, and refuses it when it is evaluated.
    pub is_late: bool,
}

/// Text to a tree whose types fit.
///
/// # Errors
/// The first place at which the text is wrong.
pub fn parse(text: &str, options: &ParseOptions) -> Result<Expr, ParseError> {
    let tree = parser::parse(text, options).and_then(|mut tree| {
        check::check(&mut tree, text)?;
        Ok(tree)
    });
    tree.map_err(|invalid| invalid.in_text(text))
}

/// A selector alone, as parameters like `match[]` have it: a name, matchers in braces, or both. It may match everything; the
/// matcher of the name is the last.
///
/// # Errors
/// The first place at which the text is wrong.
pub fn parse_selector(text: &str) -> Result<Vec<source::Matcher>, ParseError> {
    parser::parse_selector(text).map_err(|invalid| invalid.in_text(text))
}

/// What is wrong, and where; not yet with the line.
#[derive(Debug, Clone, PartialEq)]
struct Invalid {
    message: String,
    span: Span,
    is_late: bool,
}

impl Invalid {
    fn new(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), span, is_late: false }
    }

    /// What Prometheus reads, and refuses when it is evaluated.
    fn late(span: Span, message: impl Into<String>) -> Self {
        Self { is_late: true, ..Self::new(span, message) }
    }

    fn in_text(self, text: &str) -> ParseError {
        let place = match text {
            "" => "unknown position".to_owned(),
            _ => annotation::place(text, self.span.start),
        };
        ParseError { message: self.message, span: self.span, place, is_late: self.is_late }
    }
}

#[cfg(test)]
mod tests;

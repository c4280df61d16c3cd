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
/// What one may call.
pub mod function;
/// Native histograms and their arithmetic.
pub mod histogram;
/// Label sets of series.
pub mod labels;
/// Quantiles of values and of classic histograms.
pub mod quantile;
/// Samples, and windows over them.
pub mod sample;
/// Where series come from.
pub mod source;
/// What an expression says.
pub mod tree;

#[cfg(test)]
mod tests;

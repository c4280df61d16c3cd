//! Queries on small batches of spans, without tables.

/// Columns, bounds and memory.
mod bounds;
/// Questions and answers as text.
mod cases;
/// `compare()`: bounds and originals of columns.
mod comparison;
/// Exemplars of series.
mod exemplars;
/// Every function against a recomputation that knows no batches, cells or numbers of values.
mod naive;
/// The table `operations`.
mod operations;
/// Spans, and what a query says of them.
mod world;

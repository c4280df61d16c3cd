//! Series out of spans: what TraceQL's metrics functions answer.
//!
//! ```text
//! text -> traceql::plan::metrics -> parts -> (batches of spans that matched) -> MetricsAccumulator, merged -> series
//!                                       \-> (rows of `operations`)        -/                                   |
//!                                            answer: calculations, comparisons, topk, bounds  <----------------'
//! ```
//!
//! Nothing here reads tables: spans come as batches with the columns that a part names, already chosen, and go into
//! cells of (series, interval), in whatever order they come.

/// Spans to cells, cells to series.
mod accumulator;
/// What becomes of the series of all parts.
mod answer;
/// What is asked for, and what is found.
mod asked;
/// What is counted of one series in one interval.
mod cell;
/// Every attribute of some spans against that of all others.
mod comparison;
/// Spans that stand for a series.
mod exemplars;
/// Cells by series and interval.
mod grid;
/// Series by the values of their labels.
mod groups;
/// What was counted before.
mod kept;
/// Rows to the values of a label, and to numbers.
mod keys;
/// Buckets of powers of two, and quantiles of them.
mod log2;
/// Answers from the table `operations`.
mod operations;
/// From a text to its answer.
mod run;
/// Intervals of time.
mod steps;
/// Values of labels, each once.
mod values;

use spanloom_store::schema::measures::InvalidRow;
use spanloom_store::value::Value;
use thiserror::Error;

use crate::traceql::eval::MissingColumn;

pub(crate) use accumulator::MetricsAccumulator;
pub(crate) use answer::answer;
pub(crate) use asked::{Evaluation, MetricsAsked, MetricsFound};
pub(crate) use kept::KeptCounts;
pub(crate) use operations::{OperationsPlan, WINDOW_NS, from_operations};
pub(crate) use run::{MetricsQuestion, run};
pub(crate) use steps::{InvalidSteps, Steps};

/// Labels and points of one series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MetricSeries {
    /// In the order in which the query names them.
    pub labels: Vec<(String, Value<'static>)>,
    /// Ascending in time, never NaN.
    pub points: Vec<MetricPoint>,
    pub exemplars: Vec<SpanExemplar>,
}

/// The value of an interval, at its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MetricPoint {
    pub time_ms: i64,
    pub value: f64,
}

/// A span that a series counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SpanExemplar {
    /// Among them `trace:id`.
    pub labels: Vec<(String, Value<'static>)>,
    pub value: f64,
    pub time_ms: i64,
}

/// What one query of series may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Series of an answer: of more, those with the greatest values are shown and the answer says so.
    pub series_max: usize,
    /// The same of `compare()`, which makes some twenty for every attribute.
    pub compared_series_max: usize,
    /// Series times intervals while counting, and points of what is counted: more is an error, because an answer that
    /// leaves out what came last would be another one each time.
    pub cells_max: usize,
    /// Exemplars of all series together.
    pub exemplars_max: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { series_max: 1000, compared_series_max: 20_000, cells_max: 4_000_000, exemplars_max: 100 }
    }
}

/// Why spans could not be counted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum MetricsError {
    #[error(transparent)]
    MissingColumn(#[from] MissingColumn),
    #[error(transparent)]
    InvalidRow(#[from] InvalidRow),
    #[error(
        "the query makes more than {cells_max} points ({series} series in {intervals} intervals): \
         group by less, filter more, or take a longer step"
    )]
    TooManyCells { series: usize, intervals: usize, cells_max: usize },
    /// The table `operations` keeps the names of a service's most frequent operations only; spans have to be asked.
    #[error("the ledger does not know the names of all operations")]
    NameNotKept,
}

#[cfg(test)]
mod tests;

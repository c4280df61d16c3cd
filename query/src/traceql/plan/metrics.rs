//! What a query of series asks: which spans count, what is counted of them, and what becomes of the series.
//!
//! ```text
//! { a } | rate() by (x) > 1 | topk(3)          part 0: spans { a }, rate by x     outcome: topk(3, keep(> 1, part 0))
//! ({ a } | rate()) / ({ } | rate()) * 100      parts 0, 1                         outcome: (part 0 / part 1) * 100
//! ```
//!
//! The spans of a part are a query of their own, without metrics, and planned as a search is. Its columns are read
//! for the spans that it finds.

/// Tree to plan.
mod planner;
/// Plan to text.
mod print;
/// The column that a field stands in.
mod source;

use std::collections::BTreeSet;
use std::sync::Arc;

use spanloom_store::schema::promoted;
use spanloom_store::schema::spans::bucket_column;

pub(crate) use source::{KIND_COLUMN, STATUS_COLUMN, Source};

use super::super::Invalid;
use super::super::eval::Compiled;
use super::super::tree::{Arithmetic, Comparison, Query};

/// Tables that one query may be asked of, one after the other.
const PARTS_MAX: usize = 16;

/// What a query of series has to do.
#[derive(Debug)]
pub(crate) struct MetricsPlan {
    /// Each is asked of the tables by itself.
    pub parts: Vec<Arc<MetricsPart>>,
    /// What becomes of their series.
    pub outcome: Outcome,
    pub exemplars: ExemplarsHint,
}

/// `with(exemplars=…)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExemplarsHint {
    /// As the request says; none if it says nothing.
    Unsaid,
    Off,
    /// As many as the request says, and if it says nothing, as many as there may be.
    On,
    AtMost(usize),
}

/// One metrics function and the spans that it counts.
#[derive(Debug)]
pub(crate) struct MetricsPart {
    /// The stages before the function, without hints.
    pub spans: Query,
    pub function: PlannedFunction,
    /// Nothing of `compare()`; no field twice.
    pub by: Vec<Label>,
}

#[derive(Debug)]
pub(crate) enum PlannedFunction {
    Rate,
    Count,
    Least(Argument),
    Greatest(Argument),
    Sum(Argument),
    Average(Argument),
    Histogram(Argument),
    /// Each from 0 to 1, in the order of the text.
    Quantiles(Argument, Vec<f64>),
    Compare(Selection),
}

/// The number of a span that is counted.
#[derive(Debug)]
pub(crate) struct Argument {
    pub source: Source,
    pub unit: Unit,
}

/// What the numbers of an argument are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// They come out as they are.
    Number,
    /// Whole nanoseconds, which come out in seconds.
    DurationNs,
}

/// What series are told apart by.
#[derive(Debug)]
pub(crate) struct Label {
    /// The field as it is printed.
    pub name: String,
    pub source: Source,
}

/// The spans that `compare()` holds against all others.
#[derive(Debug)]
pub(crate) struct Selection {
    /// `None` is every span.
    pub condition: Option<Compiled>,
    /// The span starts after the first and not after the second.
    pub range_ns: Option<(i64, i64)>,
    /// How many values of an attribute are shown.
    pub values_max: usize,
}

/// What becomes of the series of parts.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// Those of [`MetricsPlan::parts`] at this index.
    Part(usize),
    /// A number that stands in the text; only as one side of a calculation.
    Number(f64),
    /// Points of which a comparison is true.
    Keep { of: Box<Outcome>, op: Comparison, value: f64 },
    /// At each time the series with the highest or the lowest values.
    Rank { of: Box<Outcome>, is_top: bool, count: usize },
    /// `+ - * /`.
    Calculate { op: Arithmetic, left: Box<Outcome>, right: Box<Outcome> },
}

/// The plan of a query of series; `None` of one that asks for spans.
///
/// # Errors
/// The first thing that is not supported, and where it stands.
pub(crate) fn plan(query: &Query) -> Result<Option<MetricsPlan>, Invalid> {
    planner::plan(query)
}

impl ExemplarsHint {
    /// How many exemplars an answer has, of a request that may say a number itself.
    pub fn exemplars_max(self, requested: Option<usize>, bound: usize) -> usize {
        let wanted = match self {
            Self::Off => 0,
            Self::Unsaid => requested.unwrap_or(0),
            Self::On => requested.unwrap_or(bound),
            Self::AtMost(count) => requested.map_or(count, |requested| requested.min(count)),
        };
        wanted.min(bound)
    }
}

impl MetricsPlan {
    /// Whether it has the series of `compare()`, of which there are many.
    pub fn is_comparison(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.function, PlannedFunction::Compare(_)))
    }
}

impl PlannedFunction {
    /// As `__name__` says it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Count => "count_over_time",
            Self::Least(_) => "min_over_time",
            Self::Greatest(_) => "max_over_time",
            Self::Sum(_) => "sum_over_time",
            Self::Average(_) => "avg_over_time",
            Self::Histogram(_) => "histogram_over_time",
            Self::Quantiles(..) => "quantile_over_time",
            Self::Compare(_) => "compare",
        }
    }

    pub const fn argument(&self) -> Option<&Argument> {
        match self {
            Self::Rate | Self::Count | Self::Compare(_) => None,
            Self::Least(argument)
            | Self::Greatest(argument)
            | Self::Sum(argument)
            | Self::Average(argument)
            | Self::Histogram(argument)
            | Self::Quantiles(argument, _) => Some(argument),
        }
    }

    /// Whether its points are seconds.
    pub fn is_in_seconds(&self) -> bool {
        let is_valued = !matches!(self, Self::Histogram(_));
        is_valued && self.argument().is_some_and(|argument| argument.unit == Unit::DurationNs)
    }
}

/// The map of a resource's attributes that have no column.
pub(crate) const RESOURCE_MAP: &str = "resource_attrs";

/// Intrinsics that `compare()` counts like attributes, by their columns.
pub(crate) const COMPARED_TEXTS: [(&str, &str); 2] = [("name", "name"), ("statusMessage", "status_message")];

impl MetricsPart {
    /// The columns that counting reads, computed ones among them.
    pub fn columns(&self, with_exemplars: bool) -> BTreeSet<&'static str> {
        let mut columns = BTreeSet::from(["start_ns"]);
        if with_exemplars {
            columns.extend(["trace_hi", "trace_lo", "span_id"]);
        }
        self.by.iter().for_each(|label| columns.extend(label.source.columns()));
        columns.extend(self.function.argument().into_iter().flat_map(|argument| argument.source.columns()));
        if let PlannedFunction::Compare(selection) = &self.function {
            columns.extend(selection.condition.iter().flat_map(|condition| condition.columns.iter().copied()));
            columns.extend(compared_columns());
        }
        columns
    }

    /// Those of [`Self::columns`] of which only values are counted, so that they may be coded.
    pub fn counted_columns(&self) -> BTreeSet<&'static str> {
        let PlannedFunction::Compare(selection) = &self.function else { return BTreeSet::new() };
        let mut columns: BTreeSet<&str> = compared_columns().collect();
        selection.condition.iter().flat_map(|condition| &condition.columns).for_each(|column| {
            columns.remove(column);
        });
        columns
    }
}

/// Every column with something that `compare()` counts.
fn compared_columns() -> impl Iterator<Item = &'static str> {
    let texts = COMPARED_TEXTS.iter().map(|(_, column)| *column);
    let promoted = promoted::RESOURCE.iter().chain(promoted::SPAN).map(|promoted| promoted.column);
    let maps = (0..promoted::BUCKETS).map(bucket_column);
    texts.chain(promoted).chain(maps).chain(["kind", "status_code", RESOURCE_MAP])
}

#[cfg(test)]
mod tests;

//! The spans of one part of a query, counted batch by batch.

/// Cells to series.
mod finish;
/// Names and order of labels.
pub(super) mod labels;
/// Rows to cells.
mod tally;

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::comparison::{Comparison, SliceCounts};
use super::keys::ints;
use super::{Bounds, MetricSeries, MetricsError, Steps};
use crate::traceql::plan::metrics::{MetricsPart, PlannedFunction};

pub(super) use tally::{Cells, Tally};

/// Counts spans of one part.
#[derive(Debug, Clone)]
pub(crate) struct MetricsAccumulator {
    pub(super) part: Arc<MetricsPart>,
    pub(super) steps: Steps,
    bounds: Bounds,
    pub(super) counted: Counted,
}

#[derive(Debug, Clone)]
pub(super) enum Counted {
    Series(Tally),
    Comparison(Comparison),
}

/// Rows of a batch that are in an interval.
#[derive(Debug, Default)]
pub(super) struct Located {
    pub rows: Vec<u32>,
    /// Of each row.
    pub intervals: Vec<u32>,
}

impl MetricsAccumulator {
    pub fn new(part: Arc<MetricsPart>, steps: Steps, bounds: Bounds) -> Self {
        let counted = match &part.function {
            PlannedFunction::Compare(_) => Counted::Comparison(Comparison::new(steps.count(), bounds.cells_max)),
            _ => Counted::Series(Tally::new(&part, &steps, &bounds)),
        };
        Self { part, steps, bounds, counted }
    }

    /// The columns that a batch must have: of [`MetricsPart::columns`] as this counts.
    pub fn columns(&self) -> std::collections::BTreeSet<&'static str> {
        self.part.columns(self.has_exemplars())
    }

    /// Whether it keeps exemplars.
    pub fn has_exemplars(&self) -> bool {
        matches!(&self.counted, Counted::Series(tally) if tally.has_exemplars())
    }

    /// Counts the rows of a batch that are named; those that start outside of all intervals count for nothing.
    ///
    /// # Errors
    /// A column that the batch lacks, or more series than may be. What was counted before is then of no use.
    pub fn observe(&mut self, batch: &RecordBatch, rows: impl Iterator<Item = usize>) -> Result<(), MetricsError> {
        let located = self.located(batch, rows)?;
        match (&mut self.counted, &self.part.function) {
            (Counted::Series(tally), _) => tally.observe(&self.part, batch, &located),
            (Counted::Comparison(comparison), PlannedFunction::Compare(selection)) => {
                comparison.observe(selection, batch, &located)
            }
            (Counted::Comparison(_), _) => Ok(()),
        }
    }

    fn located(&self, batch: &RecordBatch, rows: impl Iterator<Item = usize>) -> Result<Located, MetricsError> {
        let starts = ints(batch, "start_ns")?.values();
        let mut located = Located::default();
        // Rows that follow each other are mostly in one interval: start (excluded), end and number of the last one.
        let mut last = (0, -1, 0);
        for row in rows {
            let start_ns = starts[row];
            if start_ns <= last.0 || start_ns > last.1 {
                let Some(interval) = self.steps.interval_of(start_ns) else { continue };
                let from_ns = self.steps.interval_start_ns(interval);
                last = (from_ns, from_ns + self.steps.step_ns(), interval as u32);
            }
            located.rows.push(row as u32);
            located.intervals.push(last.2);
        }
        Ok(located)
    }

    /// The series, in the order of their labels; none without a point.
    ///
    /// # Errors
    /// More points than may be.
    pub fn finish(self) -> Result<Vec<MetricSeries>, MetricsError> {
        match (self.counted, &self.part.function) {
            (Counted::Series(tally), _) => finish::series(&self.part, &self.steps, tally, self.bounds.cells_max),
            (Counted::Comparison(comparison), PlannedFunction::Compare(selection)) => {
                comparison.finish(selection.values_max, &self.steps)
            }
            (Counted::Comparison(_), _) => Ok(Vec::new()),
        }
    }

    /// What a comparison counted in each of some runs of intervals, which ascend; nothing of anything else.
    pub(super) fn slices(&self, intervals: &[Range<u32>]) -> Vec<SliceCounts> {
        match &self.counted {
            Counted::Comparison(comparison) => comparison.slices(intervals),
            Counted::Series(_) => Vec::new(),
        }
    }

    /// Adds what a comparison counted in intervals of which the first is `first` here.
    ///
    /// # Errors
    /// More points than may be.
    pub(super) fn add_slice(&mut self, slice: &SliceCounts, first: u32) -> Result<(), MetricsError> {
        match &mut self.counted {
            Counted::Comparison(comparison) => comparison.add(slice, first),
            Counted::Series(_) => Ok(()),
        }
    }

    /// About what it holds in memory.
    pub fn size_bytes(&self) -> usize {
        match &self.counted {
            Counted::Series(tally) => tally.size_bytes(),
            Counted::Comparison(comparison) => comparison.size_bytes(),
        }
    }
}

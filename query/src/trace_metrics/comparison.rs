//! `compare()`: how often each value of each attribute stands in the spans of a selection, and in all others.
//!
//! Counted are the attributes of a span and of its resource, its name, status, status message and kind; a span
//! without an attribute does not count for it. An attribute with a column is counted by its column, so not again by a
//! map that keeps its original.
//!
//! **Bounds.** Attributes like ids have as many values as there are spans. Of each attribute at most [`VALUES_KEPT`]
//! values are kept from one batch to the next, and of more the half that was seen most: values that matter are seen
//! again and again, so what is left out had few spans; from then on a value is taken in when it comes again. Such an attribute has more values than are shown anyway, and
//! says so. Attributes themselves are bounded in the same way. Totals of those that are kept are exact.

/// One attribute's values.
mod attribute;
/// Rows to values.
mod reader;
/// Which rows are counted.
mod rows;
/// Counts to series.
mod shown;
/// Counts of some intervals.
mod slice;

use std::collections::HashMap;

use arrow::array::RecordBatch;
use foldhash::fast::RandomState;

use self::attribute::Attribute;
use self::rows::Rows;
pub(super) use self::slice::SliceCounts;
use super::accumulator::Located;
use super::{MetricSeries, MetricsError, Steps};
use crate::traceql::eval::Bound;
use crate::traceql::plan::metrics::Selection;
use crate::traceql::tree::Scope;

/// Values of an attribute that are kept between batches: twice as many as may be shown, and some.
const VALUES_KEPT: usize = 2048;
/// Attributes that are kept between batches.
const ATTRIBUTES_KEPT: usize = 2048;

/// What was counted so far.
#[derive(Debug, Clone)]
pub(super) struct Comparison {
    intervals: usize,
    cells_max: usize,
    attributes: Vec<Attribute>,
    /// Whether attributes were left out.
    is_pruned: bool,
    /// By scope ([`Scope::Any`] is that of intrinsics) and key.
    known: HashMap<Scope, HashMap<Box<str>, u32, RandomState>, RandomState>,
}

/// Which side a span is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Baseline,
    Selection,
}

impl Comparison {
    pub fn new(intervals: usize, cells_max: usize) -> Self {
        Self { intervals, cells_max, attributes: Vec::new(), is_pruned: false, known: HashMap::default() }
    }

    pub fn observe(
        &mut self,
        selection: &Selection,
        batch: &RecordBatch,
        located: &Located,
    ) -> Result<(), MetricsError> {
        if located.rows.is_empty() {
            return Ok(());
        }
        let sides = sides(selection, batch, located)?;
        reader::read(self, batch, &Rows::new(located, &sides))?;
        self.prune()
    }

    /// The attribute of a key.
    fn attribute(&mut self, scope: Scope, key: &str) -> u32 {
        let known = self.known.entry(scope).or_default();
        if let Some(attribute) = known.get(key) {
            return *attribute;
        }
        let attribute = self.attributes.len() as u32;
        known.insert(key.into(), attribute);
        self.attributes.push(Attribute::new(scope, key));
        attribute
    }

    /// Back to what is kept between batches.
    fn prune(&mut self) -> Result<(), MetricsError> {
        self.attributes.iter_mut().for_each(|attribute| attribute.prune(VALUES_KEPT));
        if self.attributes.len() > ATTRIBUTES_KEPT {
            self.attributes.sort_by_key(|attribute| std::cmp::Reverse(attribute.total.sum()));
            self.attributes.truncate(ATTRIBUTES_KEPT / 2);
            self.is_pruned = true;
            self.known.clear();
            for (i, attribute) in self.attributes.iter().enumerate() {
                self.known.entry(attribute.scope).or_default().insert(attribute.key.clone(), i as u32);
            }
        }
        let cells: usize = self.attributes.iter().map(Attribute::cells).sum();
        if cells > self.cells_max {
            let (intervals, cells_max) = (self.intervals, self.cells_max);
            return Err(MetricsError::TooManyCells { series: cells / intervals, intervals, cells_max });
        }
        Ok(())
    }

    /// # Errors
    /// More points than may be.
    pub fn finish(self, values_max: usize, steps: &Steps) -> Result<Vec<MetricSeries>, MetricsError> {
        shown::series(self.attributes, values_max, steps, self.cells_max)
    }

    pub fn size_bytes(&self) -> usize {
        self.attributes.iter().map(Attribute::size_bytes).sum()
    }
}

fn sides(selection: &Selection, batch: &RecordBatch, located: &Located) -> Result<Vec<Side>, MetricsError> {
    let starts = super::keys::ints(batch, "start_ns")?;
    let condition = selection.condition.as_ref().map(|condition| Bound::to_batch(condition, batch)).transpose()?;
    let is_selected = |row: usize| {
        let start_ns = starts.value(row);
        selection.range_ns.is_none_or(|(from_ns, to_ns)| start_ns > from_ns && start_ns <= to_ns)
            && condition.as_ref().is_none_or(|condition| condition.value(row).is_true())
    };
    let side = |row: &u32| if is_selected(*row as usize) { Side::Selection } else { Side::Baseline };
    Ok(located.rows.iter().map(side).collect())
}

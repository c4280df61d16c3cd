//! What was counted in some intervals, whatever range they were part of: to be kept, and to be added to another comparison.

use std::ops::Range;

use super::Comparison;
use super::attribute::{Attribute, Counts};
use crate::trace_metrics::MetricsError;
use crate::traceql::tree::Scope;

/// The counts of intervals that follow one another; the first one is 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::trace_metrics) struct SliceCounts(Vec<Of>);

/// Of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Of {
    scope: Scope,
    key: Box<str>,
    is_pruned: bool,
    total: Cells,
    values: Vec<(Box<str>, Cells)>,
}

/// Spans of both sides by interval.
type Cells = Box<[(u32, [u64; 2])]>;

impl Comparison {
    /// What was counted in some intervals.
    pub fn slice(&self, intervals: &Range<u32>) -> SliceCounts {
        SliceCounts(self.attributes.iter().filter_map(|attribute| Of::within(attribute, intervals)).collect())
    }

    /// Adds counts of which the first interval is `first` here.
    ///
    /// # Errors
    /// More points than may be.
    pub fn add(&mut self, slice: &SliceCounts, first: u32) -> Result<(), MetricsError> {
        for of in &slice.0 {
            let number = self.attribute(of.scope, &of.key) as usize;
            of.add_to(&mut self.attributes[number], first);
        }
        self.prune()
    }
}

impl Of {
    fn within(attribute: &Attribute, intervals: &Range<u32>) -> Option<Self> {
        let total = cells(&attribute.total, intervals);
        if total.is_empty() {
            return None;
        }
        let values = attribute.values().filter_map(|(value, counts)| {
            let cells = cells(counts, intervals);
            (!cells.is_empty()).then(|| (value.into(), cells))
        });
        let (scope, key, is_pruned) = (attribute.scope, attribute.key.clone(), attribute.is_pruned);
        Some(Self { scope, key, is_pruned, total, values: values.collect() })
    }

    fn add_to(&self, attribute: &mut Attribute, first: u32) {
        attribute.is_pruned |= self.is_pruned;
        for (value, cells) in &self.values {
            attribute.counts_of(value).add_cells(cells, first);
        }
        attribute.total.add_cells(&self.total, first);
    }

    fn bytes(&self) -> usize {
        let values = self.values.iter();
        let values = values.map(|(value, cells)| value.len() + size_of_val(&**cells) + size_of::<(Box<str>, Cells)>());
        size_of::<Self>() + self.key.len() + size_of_val(&*self.total) + values.sum::<usize>()
    }
}

fn cells(counts: &Counts, intervals: &Range<u32>) -> Cells {
    counts.within(intervals).iter().map(|(interval, sides)| (interval - intervals.start, *sides)).collect()
}

impl SliceCounts {
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.0.iter().map(Of::bytes).sum::<usize>()
    }
}

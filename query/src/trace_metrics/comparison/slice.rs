//! What was counted in some intervals, whatever range they were part of: to be kept, and to be added to another comparison.

use std::ops::Range;

use super::Comparison;
use super::attribute::{Attribute, Cell, Counts};
use crate::trace_metrics::MetricsError;
use crate::traceql::tree::Scope;

/// The counts of intervals that follow one another; the first one is 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::trace_metrics) struct SliceCounts {
    attributes: Vec<Of>,
    /// Whether values or attributes were left out that are rare among all that was counted together.
    pub is_pruned: bool,
}

/// Of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Of {
    scope: Scope,
    key: Box<str>,
    is_pruned: bool,
    total: Box<[Cell]>,
    values: Vec<(Box<str>, Box<[Cell]>)>,
}

impl Comparison {
    /// What was counted in each of some slices, which ascend and do not overlap.
    pub fn slices(&self, slices: &[Range<u32>]) -> Vec<SliceCounts> {
        let empty = SliceCounts { attributes: Vec::new(), is_pruned: self.is_pruned };
        let mut counts = vec![empty; slices.len()];
        for attribute in &self.attributes {
            // A slice has the attribute if it has a total of it.
            for (slice, total) in split(&attribute.total, slices) {
                let (scope, key, is_pruned) = (attribute.scope, attribute.key.clone(), attribute.is_pruned);
                let of = Of { scope, key, is_pruned, total, values: Vec::new() };
                counts[slice].attributes.push(of);
                counts[slice].is_pruned |= is_pruned;
            }
            for (value, cells) in attribute.values() {
                for (slice, cells) in split(cells, slices) {
                    let of = counts[slice].attributes.last_mut();
                    of.expect("what has a value has a total").values.push((value.into(), cells));
                }
            }
        }
        counts.iter_mut().flat_map(|slice| &mut slice.attributes).for_each(|of| of.values.shrink_to_fit());
        counts
    }

    /// Adds counts of which the first interval is `first` here.
    ///
    /// # Errors
    /// More points than may be.
    pub fn add(&mut self, slice: &SliceCounts, first: u32) -> Result<(), MetricsError> {
        self.is_pruned |= slice.is_pruned;
        for of in &slice.attributes {
            let number = self.attribute(of.scope, &of.key) as usize;
            of.add_to(&mut self.attributes[number], first);
        }
        self.prune()
    }
}

impl Of {
    fn add_to(&self, attribute: &mut Attribute, first: u32) {
        attribute.is_pruned |= self.is_pruned;
        for (value, cells) in &self.values {
            attribute.counts_of(value).add_cells(cells, first);
        }
        attribute.total.add_cells(&self.total, first);
    }

    fn bytes(&self) -> usize {
        let value = |(value, cells): &(Box<str>, Box<[Cell]>)| {
            value.len() + size_of_val(&**cells) + size_of::<(Box<str>, Box<[Cell]>)>()
        };
        size_of::<Self>() + self.key.len() + size_of_val(&*self.total) + self.values.iter().map(value).sum::<usize>()
    }
}

impl SliceCounts {
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.attributes.iter().map(Of::bytes).sum::<usize>()
    }
}

/// The cells of each slice that has some, by its number, counted from its start.
fn split(counts: &Counts, slices: &[Range<u32>]) -> Vec<(usize, Box<[Cell]>)> {
    let mut split = Vec::new();
    let mut rest = counts.cells();
    while let Some((first, _)) = rest.first() {
        let slice = slices.partition_point(|slice| slice.end <= *first);
        let Some(intervals) = slices.get(slice) else { break };
        rest = &rest[rest.partition_point(|(interval, _)| *interval < intervals.start)..];
        let (cells, later) = rest.split_at(rest.partition_point(|(interval, _)| *interval < intervals.end));
        if !cells.is_empty() {
            split.push((slice, cells.iter().map(|(interval, sides)| (interval - intervals.start, *sides)).collect()));
        }
        rest = later;
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace_metrics::comparison::Side;

    #[test]
    fn cells_come_to_the_slice_that_has_their_interval() {
        let mut counts = Counts::default();
        for interval in [1, 2, 5, 6, 9, 12] {
            counts.add(interval, Side::Selection, u64::from(interval));
        }
        let found: Vec<(usize, Vec<(u32, u64)>)> = split(&counts, &[0..2, 5..7, 7..9, 9..10])
            .into_iter()
            .map(|(slice, cells)| (slice, cells.iter().map(|(interval, sides)| (*interval, sides[1])).collect()))
            .collect();
        assert_eq!(found, [(0, vec![(1, 1)]), (1, vec![(0, 5), (1, 6)]), (3, vec![(0, 9)])]);
        assert!(split(&counts, &[]).is_empty());
        assert!(split(&Counts::default(), &[0..9, 9..12]).is_empty());
    }
}

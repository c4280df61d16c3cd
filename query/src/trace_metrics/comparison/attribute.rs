use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef};
use foldhash::fast::RandomState;

use super::Side;
use super::rows::Rows;
use crate::traceql::tree::Scope;

/// The number of a value that is not kept.
pub(super) const LEFT_OUT: u32 = u32::MAX;
/// Values that are remembered for having been met once.
const MET: usize = 4096;
/// Arrays of values that are remembered: of as many row groups as are mostly read at once.
const CODED_MAX: usize = 4;

/// An attribute, and how often its values were seen.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub scope: Scope,
    pub key: Box<str>,
    /// Spans that have the attribute.
    pub total: Counts,
    numbers: HashMap<Box<str>, u32, RandomState>,
    /// By number.
    counts: Vec<Counts>,
    /// Whether values were left out.
    pub is_pruned: bool,
    /// Once values were left out: marks of those that were met once since then, by their hash, and where.
    met: Vec<(u32, (u32, Side))>,
    text_bytes: usize,
    /// The numbers of the values of some arrays, by place in them, or [`LEFT_OUT`]: batches of a row group share one.
    coded: Vec<(ArrayRef, Vec<u32>)>,
}

/// An interval, and its spans of each side.
pub(super) type Cell = (u32, [u64; 2]);

/// Spans by interval and side.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// Intervals ascend.
    cells: Vec<Cell>,
    /// Where the last span was counted. Rows that follow each other are in one interval or the next, or begin anew.
    last: usize,
}

impl Counts {
    #[inline]
    pub fn add(&mut self, interval: u32, side: Side, spans: u64) {
        match self.cells.get_mut(self.last) {
            Some((last, sides)) if *last == interval => sides[side as usize] += spans,
            _ => self.at(interval)[side as usize] += spans,
        }
    }

    fn at(&mut self, interval: u32) -> &mut [u64; 2] {
        let is_at = |place: usize| self.cells.get(place).is_some_and(|(known, _)| *known == interval);
        self.last = match [self.last + 1, 0].into_iter().find(|place| is_at(*place)) {
            Some(place) => place,
            None => {
                let place = self.cells.partition_point(|(known, _)| *known < interval);
                if !is_at(place) {
                    self.cells.insert(place, (interval, [0; 2]));
                }
                place
            }
        };
        &mut self.cells[self.last].1
    }

    /// Intervals ascend.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Adds counts of which interval 0 is `first` here.
    pub fn add_cells(&mut self, cells: &[Cell], first: u32) {
        for (interval, sides) in cells {
            let known = self.at(first + interval);
            (known[0], known[1]) = (known[0] + sides[0], known[1] + sides[1]);
        }
    }

    /// Spans of both sides.
    pub fn sum(&self) -> u64 {
        self.cells.iter().map(|(_, sides)| sides[0] + sides[1]).sum()
    }

    pub fn of_side(&self, side: Side) -> u64 {
        self.cells.iter().map(|(_, sides)| sides[side as usize]).sum()
    }

    /// A number for each interval.
    pub fn dense(&self, side: Side, intervals: usize) -> Vec<u64> {
        let mut dense = vec![0; intervals];
        self.cells.iter().for_each(|(interval, sides)| dense[*interval as usize] = sides[side as usize]);
        dense
    }
}

impl Attribute {
    pub fn new(scope: Scope, key: &str) -> Self {
        Self {
            scope,
            key: key.into(),
            total: Counts::default(),
            numbers: HashMap::default(),
            counts: Vec::new(),
            is_pruned: false,
            met: Vec::new(),
            text_bytes: 0,
            coded: Vec::new(),
        }
    }

    /// The number of a value, which holds until the next [`Self::prune`]; [`LEFT_OUT`] of one that is not worth a place. `once` is
    /// where it is counted if one span has it, so far.
    #[inline]
    pub fn number(&mut self, value: &str, once: Option<(u32, Side)>) -> u32 {
        if let Some(known) = self.numbers.get(value) {
            return *known;
        }
        let before = match once.filter(|_| self.is_pruned) {
            Some(place) => match self.met(value, place) {
                Some(before) => Some(before),
                None => return LEFT_OUT,
            },
            None => None,
        };
        let number = self.counts.len() as u32;
        self.numbers.insert(value.into(), number);
        let mut counts = Counts::default();
        before.into_iter().for_each(|(interval, side)| counts.add(interval, side, 1));
        self.counts.push(counts);
        self.text_bytes += value.len();
        number
    }

    /// The counts of a value, whatever was left out before.
    pub fn counts_of(&mut self, value: &str) -> &mut Counts {
        let number = self.number(value, None) as usize;
        &mut self.counts[number]
    }

    /// Where a value was met before, if it was, of those that fell into its place the last one.
    fn met(&mut self, value: &str, place: (u32, Side)) -> Option<(u32, Side)> {
        if self.met.is_empty() {
            self.met = vec![(0, (0, Side::Baseline)); MET];
        }
        let hash = self.numbers.hasher().hash_one(value);
        let mark = (hash >> 32) as u32;
        let (known, before) = std::mem::replace(&mut self.met[hash as usize % MET], (mark, place));
        (known == mark).then_some(before)
    }

    /// Counts a span that has the value of a number.
    #[inline]
    pub fn count(&mut self, number: u32, cell: usize, rows: &Rows<'_>) {
        let (interval, side) = rows.place(cell);
        if let Some(counts) = self.counts.get_mut(number as usize) {
            counts.add(interval, side, 1);
        }
        self.total.add(interval, side, 1);
    }

    /// The numbers of the values of an array as far as they are known, in place of which [`LEFT_OUT`] stands.
    pub fn numbers_of(&mut self, values: &ArrayRef) -> Vec<u32> {
        match self.coded.iter().position(|(known, _)| Arc::ptr_eq(known, values)) {
            Some(i) => self.coded.swap_remove(i).1,
            None => vec![LEFT_OUT; values.len()],
        }
    }

    /// Keeps what is known of the values of an array.
    pub fn keep_numbers_of(&mut self, values: &ArrayRef, numbers: Vec<u32>) {
        if self.coded.len() == CODED_MAX {
            self.coded.remove(0);
        }
        self.coded.push((Arc::clone(values), numbers));
    }

    /// Counts spans that have a value, by cell.
    pub fn add(&mut self, value: &str, spans: &[u32], rows: &Rows<'_>) {
        let number = self.number_of_all(value, spans, rows);
        self.add_to(number, spans, rows);
    }

    /// The number of a value that spans of some cells have.
    pub fn number_of_all(&mut self, value: &str, spans: &[u32], rows: &Rows<'_>) -> u32 {
        let all: u64 = spans.iter().copied().map(u64::from).sum();
        let once = if all == 1 { spans.iter().position(|spans| *spans == 1) } else { None };
        self.number(value, once.map(|cell| rows.place(cell)))
    }

    /// Counts spans that have the value of a number, by cell.
    pub fn add_to(&mut self, number: u32, spans: &[u32], rows: &Rows<'_>) {
        for (cell, spans) in spans.iter().enumerate().filter(|(_, spans)| **spans > 0) {
            let (interval, side) = rows.place(cell);
            if let Some(counts) = self.counts.get_mut(number as usize) {
                counts.add(interval, side, u64::from(*spans));
            }
            self.total.add(interval, side, u64::from(*spans));
        }
    }

    pub fn values(&self) -> impl Iterator<Item = (&str, &Counts)> {
        self.numbers.iter().map(|(value, number)| (&**value, &self.counts[*number as usize]))
    }

    /// If it has more values than are kept, leaves the half that was seen most, of equal ones the first in the
    /// alphabet.
    pub fn prune(&mut self, values_kept: usize) {
        if self.counts.len() <= values_kept {
            return;
        }
        let kept = values_kept / 2;
        self.coded.clear();
        let sums: Vec<u64> = self.counts.iter().map(Counts::sum).collect();
        let mut values: Vec<(Box<str>, u32)> = self.numbers.drain().collect();
        let by_sum_and_text = |(a, a_number): &(Box<str>, u32), (b, b_number): &(Box<str>, u32)| {
            sums[*b_number as usize].cmp(&sums[*a_number as usize]).then_with(|| a.cmp(b))
        };
        values.select_nth_unstable_by(kept, by_sum_and_text);
        values.truncate(kept);
        self.is_pruned = true;
        self.text_bytes = values.iter().map(|(value, _)| value.len()).sum();
        let counts = values.iter().map(|(_, number)| std::mem::take(&mut self.counts[*number as usize]));
        self.counts = counts.collect();
        self.numbers.extend(values.into_iter().enumerate().map(|(i, (value, _))| (value, i as u32)));
    }

    pub fn cells(&self) -> usize {
        self.counts.iter().map(|counts| counts.cells.len()).sum::<usize>() + self.total.cells.len()
    }

    pub fn size_bytes(&self) -> usize {
        let cells: usize = self.counts.iter().map(|counts| counts.cells.capacity()).sum();
        cells * size_of::<(u32, [u64; 2])>()
            + self.counts.capacity() * size_of::<Counts>()
            + self.met.capacity() * size_of::<(u32, (u32, Side))>()
            + self.numbers.capacity() * size_of::<(Box<str>, u32)>()
            + self.text_bytes
            + self
                .coded
                .iter()
                .map(|(values, numbers)| size_of_val(&**numbers) + values.get_array_memory_size())
                .sum::<usize>()
            + 2 * self.key.len()
            + size_of::<Self>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace_metrics::accumulator::Located;

    #[test]
    fn what_was_seen_most_is_kept_and_the_total_is_exact() {
        let mut attribute = Attribute::new(Scope::Span, "x");
        let located = Located { rows: vec![0], intervals: vec![0] };
        let rows = Rows::new(&located, &[Side::Baseline]);
        for i in 0..10_u64 {
            attribute.add(&format!("v{i}"), &[i as u32 + 1], &rows);
        }
        attribute.prune(10);
        assert_eq!((attribute.values().count(), attribute.is_pruned), (10, false));
        attribute.prune(8);
        let mut kept: Vec<(&str, u64)> = attribute.values().map(|(value, counts)| (value, counts.sum())).collect();
        kept.sort_unstable();
        assert_eq!(kept, [("v6", 7), ("v7", 8), ("v8", 9), ("v9", 10)]);
        assert!(attribute.is_pruned);
        assert_eq!(attribute.total.sum(), 55);
        // What comes once now is not kept, what comes again is.
        attribute.add("w", &[1], &rows);
        assert_eq!((attribute.values().count(), attribute.total.sum()), (4, 56));
        attribute.add("w", &[1], &rows);
        attribute.add("x", &[2], &rows);
        let mut more: Vec<(&str, u64)> = attribute.values().map(|(value, counts)| (value, counts.sum())).collect();
        more.sort_unstable();
        assert_eq!(more[4..], [("w", 2), ("x", 2)]);
    }

    #[test]
    fn intervals_may_come_in_any_order() {
        let mut counts = Counts::default();
        for interval in [3, 1, 3, 2, 0] {
            counts.add(interval, Side::Selection, 1);
        }
        assert_eq!(counts.dense(Side::Selection, 5), [1, 1, 1, 2, 0]);
        assert_eq!(counts.of_side(Side::Baseline), 0);
    }
}

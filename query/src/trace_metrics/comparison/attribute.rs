use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::Side;
use crate::traceql::tree::Scope;

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
    text_bytes: usize,
}

/// Spans by interval and side.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// Intervals ascend.
    cells: Vec<(u32, [u64; 2])>,
    /// Where the last span was counted. Rows that follow each other are in one interval or the next, or begin anew.
    last: usize,
}

impl Counts {
    #[inline]
    pub fn add(&mut self, interval: u32, side: Side) {
        match self.cells.get_mut(self.last) {
            Some((last, sides)) if *last == interval => sides[side as usize] += 1,
            _ => self.at(interval)[side as usize] += 1,
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
            text_bytes: 0,
        }
    }

    /// The number of a value, which holds until the next [`Self::prune`].
    #[inline]
    pub fn number(&mut self, value: &str) -> u32 {
        if let Some(known) = self.numbers.get(value) {
            return *known;
        }
        let number = self.counts.len() as u32;
        self.numbers.insert(value.into(), number);
        self.counts.push(Counts::default());
        self.text_bytes += value.len();
        number
    }

    /// Counts a span that has the value.
    #[inline]
    pub fn count(&mut self, number: u32, interval: u32, side: Side) {
        self.counts[number as usize].add(interval, side);
        self.total.add(interval, side);
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
            + self.numbers.capacity() * size_of::<(Box<str>, u32)>()
            + self.text_bytes
            + 2 * self.key.len()
            + size_of::<Self>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_most_is_kept_and_the_total_is_exact() {
        let mut attribute = Attribute::new(Scope::Span, "x");
        for i in 0..10_u64 {
            let number = attribute.number(&format!("v{i}"));
            (0..=i).for_each(|_| attribute.count(number, 0, Side::Baseline));
        }
        attribute.prune(10);
        assert_eq!((attribute.values().count(), attribute.is_pruned), (10, false));
        attribute.prune(8);
        let mut kept: Vec<(&str, u64)> = attribute.values().map(|(value, counts)| (value, counts.sum())).collect();
        kept.sort_unstable();
        assert_eq!(kept, [("v6", 7), ("v7", 8), ("v8", 9), ("v9", 10)]);
        assert!(attribute.is_pruned);
        assert_eq!(attribute.total.sum(), 55);
    }

    #[test]
    fn intervals_may_come_in_any_order() {
        let mut counts = Counts::default();
        for interval in [3, 1, 3, 2, 0] {
            counts.add(interval, Side::Selection);
        }
        assert_eq!(counts.dense(Side::Selection, 5), [1, 1, 1, 2, 0]);
        assert_eq!(counts.of_side(Side::Baseline), 0);
    }
}

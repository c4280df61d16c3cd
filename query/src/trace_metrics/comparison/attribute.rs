use std::cmp::Reverse;
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

/// Spans by interval and side; intervals ascend.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Counts(Vec<(u32, [u64; 2])>);

impl Counts {
    #[inline]
    pub fn add(&mut self, interval: u32, side: Side) {
        match self.0.last_mut() {
            Some((last, sides)) if *last == interval => sides[side as usize] += 1,
            _ => self.at(interval)[side as usize] += 1,
        }
    }

    fn at(&mut self, interval: u32) -> &mut [u64; 2] {
        let place = self.0.partition_point(|(known, _)| *known < interval);
        if self.0.get(place).is_none_or(|(known, _)| *known != interval) {
            self.0.insert(place, (interval, [0; 2]));
        }
        &mut self.0[place].1
    }

    /// Spans of both sides.
    pub fn sum(&self) -> u64 {
        self.0.iter().map(|(_, sides)| sides[0] + sides[1]).sum()
    }

    pub fn of_side(&self, side: Side) -> u64 {
        self.0.iter().map(|(_, sides)| sides[side as usize]).sum()
    }

    /// A number for each interval.
    pub fn dense(&self, side: Side, intervals: usize) -> Vec<u64> {
        let mut dense = vec![0; intervals];
        self.0.iter().for_each(|(interval, sides)| dense[*interval as usize] = sides[side as usize]);
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
        let counts = std::mem::take(&mut self.counts);
        let mut values: Vec<(Box<str>, u32)> = std::mem::take(&mut self.numbers).into_iter().collect();
        values.sort_by_cached_key(|(value, number)| (Reverse(counts[*number as usize].sum()), value.clone()));
        values.truncate(values_kept / 2);
        self.is_pruned = true;
        self.text_bytes = values.iter().map(|(value, _)| value.len()).sum();
        self.counts = values.iter().map(|(_, number)| counts[*number as usize].clone()).collect();
        self.numbers = values.into_iter().enumerate().map(|(i, (value, _))| (value, i as u32)).collect();
    }

    pub fn cells(&self) -> usize {
        self.counts.iter().map(|counts| counts.0.len()).sum::<usize>() + self.total.0.len()
    }

    pub fn size_bytes(&self) -> usize {
        let cells: usize = self.counts.iter().map(|counts| counts.0.capacity()).sum();
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

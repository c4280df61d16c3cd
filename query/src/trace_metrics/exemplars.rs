//! Spans that stand for a series, so that somebody who looks at a chart can open a trace.
//!
//! The time range is cut into as many slots as there may be exemplars, or as there are intervals if these are fewer,
//! and each slot keeps some spans, whatever series they are of. Which ones is as good as chance and always the same:
//! those with the lowest hash of their ids. So the choice does not depend on the order in which files are read, and
//! busy series have more of them.

use arrow::array::{Int64Array, RecordBatch};

use super::keys::ints;
use crate::traceql::eval::MissingColumn;

#[derive(Debug, Clone)]
pub(super) struct Exemplars {
    per_slot: usize,
    /// By interval.
    slot_of: Vec<u32>,
    /// Each ascends by hash and has at most `per_slot`.
    slots: Vec<Vec<Chosen>>,
}

/// A span that was chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chosen {
    hash: u64,
    pub trace_hi: i64,
    pub trace_lo: i64,
    pub series: u32,
    pub interval: u32,
    pub time_ns: i64,
    /// The number that was counted of it; NaN if it was counted without one.
    pub value: f64,
}

impl Chosen {
    /// A span of a trace, with an id, where it is counted.
    pub fn new((trace_hi, trace_lo): (i64, i64), span_id: i64, (series, interval): (u32, u32)) -> Self {
        let hash = hash(trace_lo, span_id);
        Self { hash, trace_hi, trace_lo, series, interval, time_ns: 0, value: f64::NAN }
    }

    pub fn at(self, time_ns: i64, value: f64) -> Self {
        Self { time_ns, value, ..self }
    }
}

/// Mixes all bits of both into all bits, as the finalizer of MurmurHash3 does.
fn hash(trace_lo: i64, span_id: i64) -> u64 {
    let mut bits = (trace_lo as u64).rotate_left(32) ^ span_id as u64;
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        bits = (bits ^ (bits >> 33)).wrapping_mul(factor);
    }
    bits ^ (bits >> 33)
}

impl Exemplars {
    /// `None` if there may be none.
    pub fn new(exemplars_max: usize, intervals: usize) -> Option<Self> {
        let slots = exemplars_max.min(intervals);
        if slots == 0 {
            return None;
        }
        let slot_of = (0..intervals).map(|interval| (interval * slots / intervals) as u32).collect();
        Some(Self { per_slot: exemplars_max / slots, slot_of, slots: vec![Vec::new(); slots] })
    }

    #[inline]
    pub fn offer(&mut self, chosen: Chosen) {
        let slot = &mut self.slots[self.slot_of[chosen.interval as usize] as usize];
        if slot.len() < self.per_slot || slot.last().is_some_and(|last| chosen.hash < last.hash) {
            insert(slot, chosen, self.per_slot);
        }
    }

    /// All that were chosen, by time.
    pub fn into_chosen(self) -> Vec<Chosen> {
        let mut chosen: Vec<Chosen> = self.slots.into_iter().flatten().collect();
        chosen.sort_by_key(|one| (one.time_ns, one.hash));
        chosen
    }

    pub fn size_bytes(&self) -> usize {
        self.slot_of.len() * size_of::<u32>() + self.slots.len() * self.per_slot * size_of::<Chosen>()
    }
}

/// A span that came twice is chosen once.
#[cold]
fn insert(slot: &mut Vec<Chosen>, chosen: Chosen, per_slot: usize) {
    let place = slot.partition_point(|one| one.hash < chosen.hash);
    if slot.get(place).is_some_and(|known| known.hash == chosen.hash) {
        return;
    }
    slot.insert(place, chosen);
    slot.truncate(per_slot);
}

/// The columns that exemplars need, bound to a batch.
pub(super) struct Ids<'a> {
    trace_hi: &'a Int64Array,
    trace_lo: &'a Int64Array,
    span_id: &'a Int64Array,
    start_ns: &'a Int64Array,
}

impl<'a> Ids<'a> {
    pub fn of_batch(batch: &'a RecordBatch) -> Result<Self, MissingColumn> {
        Ok(Self {
            trace_hi: ints(batch, "trace_hi")?,
            trace_lo: ints(batch, "trace_lo")?,
            span_id: ints(batch, "span_id")?,
            start_ns: ints(batch, "start_ns")?,
        })
    }

    #[inline]
    pub fn chosen(&self, row: u32, place: (u32, u32), value: f64) -> Chosen {
        let row = row as usize;
        let trace = (self.trace_hi.value(row), self.trace_lo.value(row));
        Chosen::new(trace, self.span_id.value(row), place).at(self.start_ns.value(row), value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(id: i64, interval: u32) -> Chosen {
        Chosen::new((0, id), id, (0, interval)).at(i64::from(interval), 1.0)
    }

    fn chosen_of(exemplars_max: usize, intervals: usize, spans: &[Chosen]) -> Vec<Chosen> {
        let mut exemplars = Exemplars::new(exemplars_max, intervals).unwrap();
        spans.iter().for_each(|span| exemplars.offer(*span));
        exemplars.into_chosen()
    }

    #[test]
    fn no_more_are_chosen_than_there_may_be_and_every_part_of_the_range_has_some() {
        let spans: Vec<Chosen> = (0..100).flat_map(|interval| (0..50).map(move |id| span(id, interval))).collect();
        for exemplars_max in [1, 7, 99, 100, 250] {
            let chosen = chosen_of(exemplars_max, 100, &spans);
            let parts: std::collections::HashSet<usize> =
                chosen.iter().map(|one| one.interval as usize * exemplars_max.min(100) / 100).collect();
            assert!(chosen.len() <= exemplars_max, "{} of {exemplars_max}", chosen.len());
            assert_eq!(parts.len(), exemplars_max.min(100));
        }
        assert!(Exemplars::new(0, 100).is_none());
    }

    #[test]
    fn a_span_that_came_twice_is_chosen_once() {
        assert_eq!(chosen_of(10, 1, &[span(1, 0), span(2, 0), span(1, 0)]).len(), 2);
    }

    proptest! {
        #[test]
        fn the_choice_does_not_depend_on_the_order(
            ids in prop::collection::vec((0..20_i64, 0..4_u32), 0..40),
            cut in 0..40_usize,
        ) {
            let of = |(id, interval): &(i64, u32)| span(id + 100 * i64::from(*interval), *interval);
            let spans: Vec<Chosen> = ids.iter().map(of).collect();
            let (head, tail) = spans.split_at(cut.min(spans.len()));
            let mut exemplars = Exemplars::new(6, 4).unwrap();
            tail.iter().chain(head).for_each(|span| exemplars.offer(*span));
            prop_assert_eq!(exemplars.into_chosen(), chosen_of(6, 4, &spans));
        }
    }
}

//! Forgetting series that have ended.
//!
//! Readers and senders see each series until it is dropped and not afterwards; in between they see some of those that
//! are to go and not others. Making the index anew is not seen at all: the new one has the same series. It is built
//! beside the old one, a piece at a time; the lock for writing is held for a moment per piece of dropped series and
//! once at the end, for what came in meanwhile and to copy the times of all series (some ten nanoseconds each).

use super::label_index::LabelIndex;
use super::{PIECE, SeriesIndex, Slot, State};
use crate::series::id::SeriesId;

impl SeriesIndex {
    /// Drops series that were last received before a time, and families of metrics too; makes the index anew when much
    /// of it is gone. Returns how many series were dropped. One sweep runs at a time.
    ///
    /// A series that [`KnownSeries::is_durable`] vouched for counts as received at the start of the hour then set, so
    /// that labels are still there when its samples are flushed: the cutoff must be at least an hour, and the longest
    /// time between receipt and flush, ago.
    ///
    /// [`KnownSeries::is_durable`]: crate::series::KnownSeries::is_durable
    pub fn sweep(&self, cutoff_ms: i64) -> usize {
        let _one_at_a_time = self.sweeping.lock();
        let old = self.received_before(cutoff_ms);
        let dropped = old.chunks(PIECE).map(|ids| self.drop_old(ids, cutoff_ms)).sum();
        self.families.write().sweep(cutoff_ms);
        if self.state.read().index.is_sparse() {
            self.make_anew();
        }
        dropped
    }

    fn received_before(&self, cutoff_ms: i64) -> Vec<SeriesId> {
        let mut old = Vec::new();
        let mut slot = 0;
        // Slots keep their numbers here: only a sweep makes the index anew.
        loop {
            let state = self.state.read();
            let end = state.index.slots().min(slot + PIECE as Slot);
            if slot == end {
                return old;
            }
            let is_old =
                |slot: &Slot| state.activity(*slot).last_receive_ms() < cutoff_ms && !state.index.is_dropped(*slot);
            old.extend((slot..end).filter(is_old).map(|slot| state.index.id(slot)));
            slot = end;
        }
    }

    /// Looks again under the lock: a series may have been received since.
    fn drop_old(&self, ids: &[SeriesId], cutoff_ms: i64) -> usize {
        let mut state = self.state.write();
        let mut dropped = 0;
        for id in ids {
            let Some(slot) = state.index.slot(*id) else { continue };
            if state.activity(slot).last_receive_ms() < cutoff_ms {
                state.index.remove(*id);
                dropped += 1;
            }
        }
        dropped
    }

    /// Nothing is dropped meanwhile, for that only a sweep does.
    fn make_anew(&self) {
        let mut anew = Anew::default();
        while anew.copy_piece(&self.state.read()) {}
        let mut state = self.state.write();
        let old = anew.take_place_of(&mut state);
        // Millions of blocks are freed after the lock.
        drop(state);
        drop(old);
    }
}

/// An index in the making.
#[derive(Default)]
pub(super) struct Anew {
    index: LabelIndex,
    /// By slot here.
    old_slots: Vec<Slot>,
    /// Old slots below this one are done.
    copied: Slot,
}

impl Anew {
    /// Copies some series; false when there was none left.
    pub(super) fn copy_piece(&mut self, state: &State) -> bool {
        let end = state.index.slots().min(self.copied + PIECE as Slot);
        let is_more = self.copied < end;
        self.index.extend_from(&state.index, self.copied..end, |slot| self.old_slots.push(slot));
        self.copied = end;
        is_more
    }

    /// Copies what came meanwhile, and times and hours of all, and returns what was there before.
    pub(super) fn take_place_of(mut self, state: &mut State) -> State {
        while self.copy_piece(state) {}
        let activities = self.old_slots.iter().map(|slot| state.activity(*slot).copied()).collect();
        std::mem::replace(state, State { index: self.index, activities })
    }
}

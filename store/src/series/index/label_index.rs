//! Which series there are, and which of them have a label.
//!
//! A series has a slot, a small number given in the order in which series come. Its labels are numbers of pairs, four
//! bytes each; each pair has the texts once and the slots of its series, compressed. So a million series of a mesh,
//! with 29 labels of which few are their own, take a few hundred bytes each.
//!
//! Slots of dropped series are not used again: whoever keeps an index for long makes a new one from time to time
//! ([`LabelIndex::extend_from`]), for names and values are kept as long as the index.

use std::collections::HashMap;
use std::ops::Range;

use roaring::RoaringBitmap;

use super::Slot;
use super::dictionary::{Dictionary, NameId, PairId};
use super::hash::FoldState;
use super::memory::{block_bytes, table_bytes};
use super::postings::bitmap_bytes;
use crate::series::id::SeriesId;
use crate::series::labels::Labels;

/// A series and its labels, sorted by name.
#[derive(Debug)]
struct Entry {
    id: SeriesId,
    pairs: Box<[PairId]>,
}

/// What became of a series that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insertion {
    Added(Slot),
    /// It was there before, with the same labels.
    Known(Slot),
    /// Other labels have the same id. They stay.
    Collision(Slot),
}

impl Insertion {
    /// Where the series with this id is.
    pub const fn slot(self) -> Slot {
        match self {
            Self::Added(slot) | Self::Known(slot) | Self::Collision(slot) => slot,
        }
    }
}

/// Series by id and by label. See the module's text.
#[derive(Debug, Default)]
pub struct LabelIndex {
    pub(super) dictionary: Dictionary,
    entries: Vec<Entry>,
    by_id: HashMap<SeriesId, Slot, FoldState>,
    /// Slots without a series.
    pub(super) dropped: RoaringBitmap,
    pair_bytes: usize,
}

impl LabelIndex {
    /// Adds a series unless it is there. A label without a value is no label, as in [`Labels`].
    pub fn insert(&mut self, id: SeriesId, labels: &Labels) -> Insertion {
        if let Some(slot) = self.slot(id) {
            return if self.has_labels(slot, labels) { Insertion::Known(slot) } else { Insertion::Collision(slot) };
        }
        let slot = self.slots();
        let pairs: Box<[PairId]> = labels.iter().map(|label| self.dictionary.push(label, slot)).collect();
        self.pair_bytes += block_bytes(size_of_val(&*pairs));
        self.entries.push(Entry { id, pairs });
        self.by_id.insert(id, slot);
        Insertion::Added(slot)
    }

    /// Takes a series away. Its slot stays empty.
    pub fn remove(&mut self, id: SeriesId) -> Option<Slot> {
        let slot = self.by_id.remove(&id)?;
        self.dropped.insert(slot);
        Some(slot)
    }

    pub fn slot(&self, id: SeriesId) -> Option<Slot> {
        self.by_id.get(&id).copied()
    }

    /// The id of a series; that of a dropped one, too.
    ///
    /// # Panics
    /// When the slot is not one of this index.
    pub fn id(&self, slot: Slot) -> SeriesId {
        self.entries[slot as usize].id
    }

    /// The labels of a series; those of a dropped one, too. They share the index's texts.
    ///
    /// # Panics
    /// When the slot is not one of this index.
    pub fn labels(&self, slot: Slot) -> Labels {
        self.dictionary.labels(self.pairs(slot))
    }

    /// Whether a series has just these labels.
    pub(super) fn has_labels(&self, slot: Slot, labels: &Labels) -> bool {
        self.dictionary.is(self.pairs(slot), labels)
    }

    pub(super) fn pairs(&self, slot: Slot) -> &[PairId] {
        &self.entries[slot as usize].pairs
    }

    /// How many series there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// How many slots there are, with and without a series. The next series has this one.
    pub fn slots(&self) -> Slot {
        // There is no memory for 4 Gi entries of 32 bytes and what they point to.
        Slot::try_from(self.entries.len()).unwrap_or(Slot::MAX)
    }

    pub fn is_dropped(&self, slot: Slot) -> bool {
        self.dropped.contains(slot)
    }

    /// Whether so much of it is gone that a new one is worth its making.
    pub fn is_sparse(&self) -> bool {
        let dropped = self.dropped.len();
        dropped >= SPARSE_MIN && dropped * 4 >= self.entries.len() as u64
    }

    /// Adds the series that `from` has in a range of its slots, with texts shared. `moved` is told the slot that each
    /// had there; here they follow one another.
    pub fn extend_from(&mut self, from: &Self, slots: Range<Slot>, mut moved: impl FnMut(Slot)) {
        for slot in slots.filter(|slot| !from.is_dropped(*slot)) {
            if let Insertion::Added(_) = self.insert(from.id(slot), &from.labels(slot)) {
                moved(slot);
            }
        }
    }

    /// What it takes, by counting; an estimate. It walks all pairs.
    pub fn memory_bytes(&self) -> usize {
        self.dictionary.memory_bytes()
            + self.pair_bytes
            + block_bytes(self.entries.capacity() * size_of::<Entry>())
            + table_bytes(self.by_id.capacity(), size_of::<(SeriesId, Slot)>())
            + bitmap_bytes(&self.dropped)
    }

    /// The pair of a series that has a name.
    pub(super) fn pair_named(&self, slot: Slot, name: NameId) -> Option<PairId> {
        self.pairs(slot).iter().copied().find(|id| self.dictionary.pair(*id).name == name)
    }
}

/// Fewer empty slots than this are not worth the trouble.
const SPARSE_MIN: u64 = 1024;

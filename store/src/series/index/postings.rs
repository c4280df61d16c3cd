//! Which series have a label: a short list while they are few, a compressed bitmap from then on.

use roaring::RoaringBitmap;

use super::Slot;
use super::memory::block_bytes;

/// Most labels of a large index are those of a few series, and a bitmap takes a hundred bytes before it holds anything.
const FEW_MAX: usize = 32;

/// What a container of a bitmap takes beside its contents.
const CONTAINER_BYTES: usize = 40;

#[derive(Debug)]
pub(super) enum Postings {
    /// Ascending.
    Few(Vec<Slot>),
    Many(RoaringBitmap),
}

impl Default for Postings {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Postings {
    /// Adds a series that is newer than all others here.
    pub(super) fn push(&mut self, slot: Slot) {
        match self {
            Self::Few(slots) if slots.len() < FEW_MAX => slots.push(slot),
            Self::Few(slots) => {
                slots.push(slot);
                *self = Self::Many(slots.iter().copied().collect());
            }
            Self::Many(bitmap) => {
                bitmap.insert(slot);
            }
        }
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Few(slots) => slots.len() as u64,
            Self::Many(bitmap) => bitmap.len(),
        }
    }

    /// How many there are that are not among `dropped`.
    pub(super) fn len_without(&self, dropped: &RoaringBitmap) -> u64 {
        match self {
            _ if dropped.is_empty() => self.len(),
            Self::Few(slots) => slots.iter().filter(|slot| !dropped.contains(**slot)).count() as u64,
            Self::Many(bitmap) => bitmap.difference_len(dropped),
        }
    }

    pub(super) fn meets(&self, selected: &RoaringBitmap) -> bool {
        match self {
            Self::Few(slots) => slots.iter().any(|slot| selected.contains(*slot)),
            Self::Many(bitmap) => !bitmap.is_disjoint(selected),
        }
    }

    pub(super) fn bitmap(&self) -> RoaringBitmap {
        match self {
            Self::Few(slots) => slots.iter().copied().collect(),
            Self::Many(bitmap) => bitmap.clone(),
        }
    }

    /// Leaves of `selected` only what is here.
    pub(super) fn keep_in(&self, selected: &mut RoaringBitmap) {
        match self {
            Self::Few(slots) => *selected = slots.iter().copied().filter(|slot| selected.contains(*slot)).collect(),
            Self::Many(bitmap) => *selected &= bitmap,
        }
    }

    /// All series of several postings.
    pub(super) fn union<'a>(all: impl Iterator<Item = &'a Self>) -> RoaringBitmap {
        let mut few: Vec<Slot> = Vec::new();
        let mut union = RoaringBitmap::new();
        for postings in all {
            match postings {
                Self::Few(slots) => few.extend_from_slice(slots),
                Self::Many(bitmap) => union |= bitmap,
            }
        }
        // Sorted first, because adding at the end of a bitmap costs a fraction of adding in its midst.
        few.sort_unstable();
        union |= few.into_iter().collect::<RoaringBitmap>();
        union
    }

    /// What it takes beside its own place; an estimate.
    pub(super) fn memory_bytes(&self) -> usize {
        match self {
            Self::Few(slots) => block_bytes(slots.capacity() * size_of::<Slot>()),
            Self::Many(bitmap) => bitmap_bytes(bitmap),
        }
    }
}

/// What a bitmap takes beside its own place; an estimate.
pub(super) fn bitmap_bytes(bitmap: &RoaringBitmap) -> usize {
    let held = bitmap.statistics();
    let contents = held.n_bytes_array_containers + held.n_bytes_run_containers + held.n_bytes_bitset_containers;
    usize::try_from(contents).unwrap_or(usize::MAX) + held.n_containers as usize * block_bytes(CONTAINER_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postings(slots: impl Iterator<Item = Slot>) -> Postings {
        let mut postings = Postings::default();
        slots.for_each(|slot| postings.push(slot));
        postings
    }

    fn check(count: u32) {
        let held = postings((0..count).map(|slot| slot * 3));
        let expected: RoaringBitmap = (0..count).map(|slot| slot * 3).collect();
        assert_eq!(held.bitmap(), expected);
        assert_eq!(held.len(), u64::from(count));
        assert_eq!(held.len_without(&RoaringBitmap::from_iter([0, 1, 3])), u64::from(count.saturating_sub(2)));
        assert_eq!(held.meets(&RoaringBitmap::from_iter([0, 2])), count > 0);
        assert!(!held.meets(&RoaringBitmap::from_iter([1, 2])));
        let mut selected = RoaringBitmap::from_iter(0..10);
        held.keep_in(&mut selected);
        assert_eq!(selected, expected.into_iter().filter(|slot| *slot < 10).collect());
    }

    #[test]
    fn few_and_many_answer_alike() {
        (0..=FEW_MAX as u32 + 2).chain([10_000]).for_each(check);
    }

    #[test]
    fn a_union_has_all() {
        let union = Postings::union([postings(3..5), postings(0..100), postings(200..201)].iter());
        assert_eq!(union, (0..100).chain([200]).collect());
    }
}

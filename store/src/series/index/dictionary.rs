//! Names, values and pairs of them: each is held once, and a series holds a number for each of its labels.

use std::collections::HashMap;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::Slot;
use super::hash::FoldState;
use super::memory::{block_bytes, table_bytes, text_bytes};
use super::postings::{Postings, bitmap_bytes};
use crate::series::labels::{Label, Labels};

/// The number of a pair of name and value.
pub(super) type PairId = u32;
/// The number of a name.
pub(super) type NameId = u32;

/// A name of labels.
#[derive(Debug)]
pub(super) struct LabelName {
    pub name: Arc<str>,
    pub values: HashMap<Arc<str>, PairId, FoldState>,
    /// The series that have a label of this name. It could be had from the pairs, but not in a moment when they are
    /// many.
    pub present: RoaringBitmap,
}

/// A name, a value and the series that have them.
#[derive(Debug)]
pub(super) struct Pair {
    pub name: NameId,
    pub value: Arc<str>,
    pub postings: Postings,
}

/// All names and pairs. It only grows; a new index is made to be rid of what no series has any more.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    names: Vec<LabelName>,
    by_name: HashMap<Arc<str>, NameId, FoldState>,
    pairs: Vec<Pair>,
    text_bytes: usize,
}

impl Dictionary {
    /// Notes that a series, newer than all before, has a label.
    pub(super) fn push(&mut self, label: &Label, slot: Slot) -> PairId {
        let name = self.name_id(&label.name);
        let id = self.pair_id(name, &label.value);
        self.names[name as usize].present.insert(slot);
        self.pairs[id as usize].postings.push(slot);
        id
    }

    fn name_id(&mut self, name: &Arc<str>) -> NameId {
        if let Some(id) = self.by_name.get(&**name) {
            return *id;
        }
        let id = self.names.len() as NameId;
        let held = LabelName { name: Arc::clone(name), values: HashMap::default(), present: RoaringBitmap::new() };
        self.names.push(held);
        self.by_name.insert(Arc::clone(name), id);
        self.text_bytes += text_bytes(name);
        id
    }

    fn pair_id(&mut self, name: NameId, value: &Arc<str>) -> PairId {
        let values = &mut self.names[name as usize].values;
        if let Some(id) = values.get(&**value) {
            return *id;
        }
        let id = self.pairs.len() as PairId;
        values.insert(Arc::clone(value), id);
        self.pairs.push(Pair { name, value: Arc::clone(value), postings: Postings::default() });
        self.text_bytes += text_bytes(value);
        id
    }

    pub(super) fn find(&self, name: &str) -> Option<(NameId, &LabelName)> {
        let id = *self.by_name.get(name)?;
        Some((id, &self.names[id as usize]))
    }

    pub(super) fn names(&self) -> &[LabelName] {
        &self.names
    }

    pub(super) fn pair(&self, id: PairId) -> &Pair {
        &self.pairs[id as usize]
    }

    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    pub(super) fn name_of(&self, pair: &Pair) -> &Arc<str> {
        &self.names[pair.name as usize].name
    }

    /// The labels of pairs that are sorted by name; they share the texts held here.
    pub(super) fn labels(&self, pairs: &[PairId]) -> Labels {
        Labels::of_sorted(pairs.iter().map(|id| {
            let pair = self.pair(*id);
            Label { name: Arc::clone(self.name_of(pair)), value: Arc::clone(&pair.value) }
        }))
    }

    /// Whether these pairs are those labels.
    pub(super) fn is(&self, pairs: &[PairId], labels: &Labels) -> bool {
        pairs.len() == labels.len()
            && pairs.iter().zip(labels.iter()).all(|(id, label)| {
                let pair = self.pair(*id);
                pair.value == label.value && *self.name_of(pair) == label.name
            })
    }

    /// An estimate.
    pub(super) fn memory_bytes(&self) -> usize {
        let text_entry = size_of::<(Arc<str>, u32)>();
        let names: usize = self
            .names
            .iter()
            .map(|held| table_bytes(held.values.capacity(), text_entry) + bitmap_bytes(&held.present))
            .sum();
        let postings: usize = self.pairs.iter().map(|pair| pair.postings.memory_bytes()).sum();
        self.text_bytes
            + names
            + postings
            + table_bytes(self.by_name.capacity(), text_entry)
            + block_bytes(self.names.capacity() * size_of::<LabelName>())
            + block_bytes(self.pairs.capacity() * size_of::<Pair>())
    }
}

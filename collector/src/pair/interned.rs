//! Values of which equal ones are mostly one object.
//!
//! Traces of one mesh say the same of the same few services again and again. What they say is kept once, and carries its
//! hash: so it takes eight bytes in each trace, and is compared and looked up without a look at its texts.
//!
//! That is a matter of speed and memory only: values that are equal are equal wherever they lie.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{BuildHasher as _, Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::span::Text;

/// Values of one kind that are remembered at most; then all of them are forgotten, so that what never comes again does not
/// stay for ever.
pub(super) const VALUES_MAX: usize = 20_000;
/// What is longer is not remembered: with the above, these bound what may be held.
const TEXTS_BYTES_MAX: usize = 1024;

/// Whether what has these texts may be remembered.
pub(super) fn is_short<'t>(texts: impl IntoIterator<Item = &'t Text>) -> bool {
    texts.into_iter().map(|text| text.len()).sum::<usize>() <= TEXTS_BYTES_MAX
}

/// A value with its hash.
pub struct Interned<T>(Arc<Hashed<T>>);

struct Hashed<T> {
    hash: u64,
    value: T,
}

/// One for all, so that equal values have one hash wherever they were made.
pub fn hash_one(value: impl Hash) -> u64 {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    HASHER.hash_one(value)
}

impl<T: Hash> Interned<T> {
    pub fn new(value: T) -> Self {
        Self::hashed(hash_one(&value), value)
    }

    fn hashed(hash: u64, value: T) -> Self {
        Self(Arc::new(Hashed { hash, value }))
    }
}

impl<T> Interned<T> {
    /// That of its value, by [`hash_one`].
    pub fn hash(&self) -> u64 {
        self.0.hash
    }

    /// What one of those who hold the object holds of it, in bytes; texts are not counted.
    pub fn share_bytes(&self) -> usize {
        size_of::<Hashed<T>>() / holders(Arc::strong_count(&self.0))
    }

    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T: Ord> Interned<T> {
    /// An order that is the same for all values of this process, and mostly found without a look at them.
    pub fn cmp_hashes(&self, other: &Self) -> Ordering {
        if self.is_same(other) {
            return Ordering::Equal;
        }
        self.0.hash.cmp(&other.0.hash).then_with(|| self.cmp(other))
    }
}

impl<T> Clone for Interned<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Interned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Interned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.value.fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Interned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || (self.0.hash == other.0.hash && self.0.value == other.0.value)
    }
}

impl<T: Eq> Eq for Interned<T> {}

impl<T: Ord> PartialOrd for Interned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Ord for Interned<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.is_same(other) { Ordering::Equal } else { self.0.value.cmp(&other.0.value) }
    }
}

impl<T> Hash for Interned<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

/// Finds the one object of a value.
#[derive(Debug)]
pub(super) struct Interner<T>(HashTable<Interned<T>>);

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self(HashTable::new())
    }
}

/// How many traces hold an object of which there are so many references: one is that of whoever remembers it.
fn holders(references: usize) -> usize {
    references.saturating_sub(1).max(1)
}

impl<T: Hash + Eq> Interner<T> {
    /// The one object of a value, or a new one that is not remembered.
    pub fn intern(&mut self, value: T, is_remembered: bool) -> Interned<T> {
        let hash = hash_one(&value);
        if let Some(known) = self.0.find(hash, |known| known.0.hash == hash && known.0.value == value) {
            return known.clone();
        }
        if self.0.len() >= VALUES_MAX {
            self.0.clear();
        }
        let new = Interned::hashed(hash, value);
        if !is_remembered {
            return new;
        }
        self.0.insert_unique(hash, new.clone(), |known| known.0.hash);
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_one_object_until_there_are_too_many() {
        let mut interner = Interner::default();
        let first = interner.intern("web".to_owned(), true);
        assert!(first.is_same(&interner.intern("web".to_owned(), true)));
        assert_ne!(first, interner.intern("cart".to_owned(), true));
        assert!(!interner.intern("mail".to_owned(), false).is_same(&interner.intern("mail".to_owned(), false)));
        for other in 0..VALUES_MAX {
            interner.intern(other.to_string(), true);
        }
        assert!(interner.0.len() <= VALUES_MAX);
        let again = interner.intern("web".to_owned(), true);
        assert!(!first.is_same(&again));
        assert_eq!((first.cmp(&again), first.cmp_hashes(&again)), (Ordering::Equal, Ordering::Equal));
        assert_eq!((&first, first.hash()), (&again, Interned::new("web".to_owned()).hash()));
    }

    #[test]
    fn values_lie_in_their_own_order_and_in_one_of_hashes() {
        let mut values = ["web", "cart", "stock", "mail"].map(Interned::new);
        values.sort();
        assert_eq!(values.each_ref().map(|value| **value), ["cart", "mail", "stock", "web"]);
        values.sort_by(Interned::cmp_hashes);
        assert!(values.is_sorted_by_key(Interned::hash));
    }
}

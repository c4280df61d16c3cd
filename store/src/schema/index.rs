//! Finds numbered things by the hash of what they are called: an open-addressed table of numbers.
//!
//! The things lie in a list of their owner, in the order in which they came. A map of the standard library would do the
//! same; its generic layers cost a microsecond for a look-up where nothing is optimised, and here are ten of them for a span.

use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Entries of the smallest table; a power of two, like all.
const ENTRIES_MIN: usize = 8;

/// Hashes texts, other in each tally, so that nobody outside can choose texts that meet in one place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(u64);

impl Default for Seed {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0_u64))
    }
}

impl Seed {
    /// The hash of a text; equal texts that differ in `salt` have different ones.
    pub fn text(self, text: &[u8], salt: u64) -> u64 {
        xxh3_64_with_seed(text, self.0 ^ salt)
    }

    /// The hash of two numbers, by one multiplication for each.
    pub fn numbers(self, a: u64, b: u64) -> u64 {
        fold(fold(self.0 ^ a) ^ b)
    }
}

/// Multiplies with the fraction of the golden ratio, and folds the product, so that each bit matters to each.
fn fold(number: u64) -> u64 {
    let product = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (product as u64) ^ ((product >> u64::BITS) as u64)
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// A power of two of them, at least half of them vacant; a thing lies at its hash or in the next places.
    entries: Box<[Option<Entry>]>,
    len: u32,
}

/// Eight bytes, so that the table of a thousand values stays near the processor.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The lower half of the hash.
    hash: u32,
    /// The number of the thing and one.
    after: NonZeroU32,
}

impl Index {
    /// The number of the thing with that hash for which `is_it` holds.
    pub fn find(&self, hash: u64, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        if self.entries.is_empty() {
            return None;
        }
        let (hash, mask) = (hash as u32, self.entries.len() - 1);
        let mut at = hash as usize & mask;
        while let Some(entry) = self.entries[at] {
            let number = entry.after.get() as usize - 1;
            if entry.hash == hash && is_it(number) {
                return Some(number);
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// Adds the next thing, which is not there yet; returns its number: how many there were.
    ///
    /// # Panics
    /// At 2³² things, which do not fit into memory.
    pub fn push(&mut self, hash: u64) -> usize {
        if self.len as usize * 2 >= self.entries.len() {
            self.grow();
        }
        let after = NonZeroU32::MIN.checked_add(self.len).expect("2^32 things do not fit into memory");
        place(&mut self.entries, Entry { hash: hash as u32, after });
        self.len = after.get();
        after.get() as usize - 1
    }

    fn grow(&mut self) {
        let mut entries = vec![None; (self.entries.len() * 2).max(ENTRIES_MIN)].into_boxed_slice();
        self.entries.iter().flatten().for_each(|entry| place(&mut entries, *entry));
        self.entries = entries;
    }
}

/// Puts an entry into the first vacant place from where its hash points to. There is a vacant one.
fn place(entries: &mut [Option<Entry>], entry: Entry) {
    let mask = entries.len() - 1;
    let mut at = entry.hash as usize & mask;
    while entries[at].is_some() {
        at = (at + 1) & mask;
    }
    entries[at] = Some(entry);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers are handed out in order, and found again by hash and equality.
    fn check(hashes: impl Iterator<Item = u64> + Clone) {
        let mut index = Index::default();
        for (number, hash) in hashes.clone().enumerate() {
            assert_eq!(index.find(hash, |found| found == number), None);
            assert_eq!(index.push(hash), number);
        }
        for (number, hash) in hashes.enumerate() {
            assert_eq!(index.find(hash, |found| found == number), Some(number));
        }
    }

    #[test]
    fn what_was_pushed_is_found() {
        let seed = Seed::default();
        check((0..5_000).map(move |n| seed.numbers(n, 0)));
        check((0..5_000).map(move |n| seed.text(n.to_string().as_bytes(), 0)));
    }

    #[test]
    fn equal_hashes_and_neighbours_are_told_apart() {
        check(std::iter::repeat_n(7, 100));
        check((0..100).map(|n| u64::MAX - n % 3));
    }

    #[test]
    fn an_empty_index_finds_nothing() {
        assert_eq!(Index::default().find(0, |_| true), None);
    }

    #[test]
    fn equal_texts_and_numbers_of_different_salts_differ() {
        let seed = Seed::default();
        assert_ne!(seed.text(b"1", 0), seed.text(b"1", 1));
        assert_eq!(seed.text(b"1", 1), seed.text(b"1", 1));
        assert_ne!(seed.numbers(1, 0), seed.numbers(1, 1));
    }
}

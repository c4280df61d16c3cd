//! Hashers for keys that are hashes already, and for texts.

use std::hash::{BuildHasher, Hasher, RandomState};

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Odd and without a pattern: the fraction of the golden ratio.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// Makes [`FoldHasher`]s that share a seed, so that nobody outside can choose keys that meet in one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct FoldState {
    seed: u64,
}

impl Default for FoldState {
    fn default() -> Self {
        Self { seed: RandomState::new().hash_one(MIX) }
    }
}

impl BuildHasher for FoldState {
    type Hasher = FoldHasher;

    fn build_hasher(&self) -> FoldHasher {
        FoldHasher { state: self.seed }
    }
}

/// Folds numbers by one multiplication each, and texts by XXH3.
#[derive(Debug)]
pub(super) struct FoldHasher {
    state: u64,
}

impl FoldHasher {
    fn fold(&mut self, number: u64) {
        let product = u128::from(self.state ^ number) * u128::from(MIX);
        self.state = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for FoldHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.state = xxh3_64_with_seed(bytes, self.state);
    }

    /// What ends a text says nothing: keys are single texts.
    fn write_u8(&mut self, _: u8) {}

    fn write_u32(&mut self, number: u32) {
        self.fold(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.fold(number);
    }

    fn write_i64(&mut self, number: i64) {
        self.fold(number.cast_unsigned());
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::series::SeriesId;

    #[test]
    fn neighbours_differ_in_the_low_and_in_the_high_bits() {
        let state = FoldState { seed: 7 };
        let hashes: Vec<u64> = (0..256).map(|labels| state.hash_one(SeriesId { metric: 1, labels })).collect();
        let low: HashSet<u64> = hashes.iter().map(|hash| hash & 0xffff).collect();
        let high: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert!(low.len() > 250, "{}", low.len());
        assert!(high.len() > 64, "{}", high.len());
    }

    #[test]
    fn texts_are_told_apart() {
        let state = FoldState { seed: 7 };
        assert_ne!(state.hash_one("a"), state.hash_one("b"));
        assert_eq!(state.hash_one("a"), state.hash_one(std::sync::Arc::<str>::from("a")));
    }
}

//! Equal keys among the attributes of one thing. OTLP forbids them, and readers of Parquet refuse maps that have them, so
//! the first stays and the others are counted.

use std::borrow::Cow;
use std::collections::HashSet;

/// Finds the second and later of equal keys. Few things have more than a handful of attributes: of those the keys before are
/// looked through, and only if one may be equal. A set serves the others.
#[derive(Default)]
pub(super) struct RepeatedKeys<'a> {
    /// By hashes of six bits: whether a key has it.
    hashes: u64,
    set: Option<HashSet<&'a str>>,
    pub count: usize,
}

impl<'a> RepeatedKeys<'a> {
    const LIST_MAX: usize = 24;

    /// Whether the key at a place of a list stands before it already. Places are asked for in their order.
    pub fn is_repeated<V>(&mut self, list: &'a [(Cow<'_, str>, V)], at: usize) -> bool {
        let (key, before) = (&*list[at].0, &list[..at]);
        let is_repeated = if at < Self::LIST_MAX {
            let hash = 1 << hash(key);
            let is_known = self.hashes & hash != 0;
            self.hashes |= hash;
            is_known && before.iter().any(|(other, _)| other == key)
        } else {
            let set = self.set.get_or_insert_with(|| before.iter().map(|(key, _)| &**key).collect());
            !set.insert(key)
        };
        self.count += usize::from(is_repeated);
        is_repeated
    }
}

/// Six bits of what keys mostly differ in: length and last bytes.
fn hash(key: &str) -> u32 {
    let tail = key.bytes().rev().take(3).fold(key.len() as u32, |sum, byte| sum.wrapping_mul(31) ^ u32::from(byte));
    tail.wrapping_mul(0x9e37_79b9) >> (u32::BITS - u64::BITS.ilog2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_keys_stays_among_few_and_many() {
        for count in [1, 10, 23, 24, 25, 100] {
            let keys: Vec<(Cow<'_, str>, ())> = (0..2 * count).map(|n| ((n % count).to_string().into(), ())).collect();
            let mut repeated = RepeatedKeys::default();
            assert!((0..count).all(|at| !repeated.is_repeated(&keys, at)));
            assert!((count..2 * count).all(|at| repeated.is_repeated(&keys, at)));
            assert_eq!(repeated.count, count);
        }
    }
}

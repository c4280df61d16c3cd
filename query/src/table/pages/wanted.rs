//! Wanted rows, a bit for each, and conditions that leave some.

use arrow::array::{Array as _, BooleanArray};
use arrow::buffer::BooleanBuffer;

/// Of the wanted rows those of which a condition is true.
pub(super) fn narrowed(wanted: &BooleanBuffer, truths: &BooleanArray) -> BooleanBuffer {
    let truths: Vec<u64> = true_rows(truths).bit_chunks().iter_padded().chain([0]).collect();
    let mut next = 0;
    let of_word = |wanted: u64| {
        let (word, shift) = (next / 64, next % 64);
        // Twice, as no number is shifted by all of its bits.
        let these = truths[word] >> shift | truths.get(word + 1).map_or(0, |more| more << 1 << (63 - shift));
        next += wanted.count_ones() as usize;
        deposited(these, wanted)
    };
    let words: Vec<u64> = wanted.bit_chunks().iter_padded().map(of_word).collect();
    BooleanBuffer::new(words.into(), 0, wanted.len())
}

/// Which are true; what is null is not.
pub(super) fn true_rows(truths: &BooleanArray) -> BooleanBuffer {
    match truths.nulls() {
        Some(valid) => truths.values() & valid.inner(),
        None => truths.values().clone(),
    }
}

/// The lowest bits where another number has a bit, in their order.
fn deposited(bits: u64, places: u64) -> u64 {
    let lowest = u64::MAX.checked_shr(64 - places.count_ones()).unwrap_or_default();
    if bits & lowest == lowest {
        return places;
    }
    let (mut bits, mut rest, mut found) = (bits & lowest, places, 0);
    while bits != 0 {
        found |= (rest & rest.wrapping_neg()) * (bits & 1);
        rest &= rest - 1;
        bits >>= 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn wanted_rows_are_left_where_a_condition_is_true(
            rows in prop::collection::vec((any::<bool>(), prop::option::weighted(0.9, any::<bool>())), 0..400),
            all in 0..4,
        ) {
            let wanted: BooleanBuffer = rows.iter().map(|(wanted, _)| *wanted || all == 0).collect();
            let truth = |truth: Option<bool>| truth.map(|truth| truth || all == 1);
            let truths = wanted.set_indices().map(|row| truth(rows[row].1)).collect::<BooleanArray>();
            let left = narrowed(&wanted, &truths);
            prop_assert_eq!(left.len(), rows.len());
            for (row, (_, of_row)) in rows.iter().enumerate() {
                prop_assert_eq!(left.value(row), wanted.value(row) && truth(*of_row) == Some(true), "{}", row);
            }
        }
    }
}

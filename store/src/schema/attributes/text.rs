//! Texts as they are compared and hashed: a short one is a number.

use std::io::Write as _;

use arrow::array::StringViewArray;

use crate::schema::index::Seed;

/// Texts up to here are in their view (Arrow columnar format, "Variable-size Binary View Layout").
const SHORT_BYTES_MAX: usize = 12;
/// A sign and 19 digits.
const DIGITS_MAX: usize = 20;

/// A text in UTF-8, or what stands for one. Equal texts are equal here, but for a number and its digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text<'a> {
    /// As an Arrow view has it: four bytes of length, then the text, then zeros.
    Short(u128),
    Long(&'a [u8]),
    /// The text of its decimal digits.
    Number(i64),
}

impl<'a> Text<'a> {
    pub fn of(text: &'a [u8]) -> Self {
        if text.len() > SHORT_BYTES_MAX {
            return Self::Long(text);
        }
        let mut view = [0; size_of::<u128>()];
        view[0] = text.len() as u8;
        view[4..4 + text.len()].copy_from_slice(text);
        Self::Short(u128::from_le_bytes(view))
    }

    /// The text of a row that is not null.
    pub fn of_row(texts: &'a StringViewArray, row: usize) -> Self {
        let view = texts.views()[row];
        if view as u32 as usize > SHORT_BYTES_MAX { Self::Long(texts.value(row).as_bytes()) } else { Self::Short(view) }
    }

    /// The text's bytes; a number counts as one that is short enough for each bound.
    pub fn is_within(self, bytes_max: usize) -> bool {
        match self {
            Self::Short(view) => view as u32 as usize <= bytes_max,
            Self::Long(text) => text.len() <= bytes_max,
            Self::Number(_) => true,
        }
    }

    /// Equal texts that differ in `salt`, a byte, have different hashes.
    pub fn hash(self, seed: Seed, salt: u8) -> u64 {
        let salt = u64::from(salt);
        match self {
            // The length leaves the second byte vacant.
            Self::Short(view) => seed.numbers((view as u64) ^ (salt << 8), (view >> u64::BITS) as u64),
            Self::Long(text) => seed.text(text, salt),
            Self::Number(number) => seed.numbers(number.cast_unsigned(), !salt),
        }
    }

    /// Calls `read` with the text; there is no allocation.
    ///
    /// # Panics
    /// When the text is not UTF-8, which those of Arrow's string arrays are.
    pub fn read<T>(self, read: impl FnOnce(&str) -> T) -> T {
        let utf8 = |bytes| str::from_utf8(bytes).expect("a string array holds UTF-8");
        match self {
            Self::Short(view) => read(utf8(&view.to_le_bytes()[4..4 + view as u32 as usize])),
            Self::Long(text) => read(utf8(text)),
            Self::Number(number) => {
                let mut digits = [0; DIGITS_MAX];
                let mut rest = &mut digits[..];
                write!(rest, "{number}").expect("an i64 has at most 20 digits");
                let len = DIGITS_MAX - rest.len();
                read(utf8(&digits[..len]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 8] =
        ["", "a", "é", "twelve bytes", "thirteen byte", "thirteen bytE", "twelve bytes and more", "\0"];

    #[test]
    fn a_text_is_read_as_it_was_given() {
        for text in TEXTS {
            assert_eq!(Text::of(text.as_bytes()).read(str::to_owned), text);
        }
        for number in [0, -1, 7, i64::MIN, i64::MAX] {
            assert_eq!(Text::Number(number).read(str::to_owned), number.to_string());
        }
    }

    #[test]
    fn a_text_is_the_same_from_an_array_of_views() {
        let views = StringViewArray::from_iter_values(TEXTS);
        for (row, text) in TEXTS.iter().enumerate() {
            assert_eq!(Text::of_row(&views, row), Text::of(text.as_bytes()));
            assert_eq!(TEXTS.iter().filter(|other| Text::of(other.as_bytes()) == Text::of_row(&views, row)).count(), 1);
        }
    }

    #[test]
    fn texts_numbers_and_salts_are_told_apart_by_their_hashes() {
        let seed = Seed::default();
        let texts = TEXTS.iter().map(|text| Text::of(text.as_bytes())).chain([Text::Number(1), Text::Number(-1)]);
        let mut hashes: Vec<u64> = texts.flat_map(|text| [text.hash(seed, 0), text.hash(seed, 1)]).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 20);
    }

    #[test]
    fn a_bound_holds_for_short_and_long_texts() {
        for text in TEXTS {
            let found = Text::of(text.as_bytes());
            assert!(found.is_within(text.len()) && (text.is_empty() || !found.is_within(text.len() - 1)), "{text}");
        }
    }
}

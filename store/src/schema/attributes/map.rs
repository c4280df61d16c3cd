//! A column of string maps, read entry by entry. Buffers are used as they are: texts stay bytes, which costs no call.

use std::ops::Range;

use arrow::array::{Array as _, AsArray as _, MapArray, StringArray};
use arrow::buffer::NullBuffer;

use crate::coded::{Coded, Places};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Map<'a> {
    places: Places<'a>,
    offsets: &'a [i32],
    nulls: Option<&'a NullBuffer>,
    keys: Texts<'a>,
    values: Texts<'a>,
}

/// Texts one behind the other; what is null has none.
#[derive(Debug, Clone, Copy)]
struct Texts<'a> {
    offsets: &'a [i32],
    bytes: &'a [u8],
    nulls: Option<&'a NullBuffer>,
}

impl<'a> Map<'a> {
    /// `None` if keys or values are not texts.
    pub fn of(Coded { places, values: map }: Coded<'a, MapArray>) -> Option<Self> {
        let keys = Texts::of(map.keys().as_string_opt()?);
        let values = Texts::of(map.values().as_string_opt()?);
        Some(Self { places, offsets: map.value_offsets(), nulls: map.nulls(), keys, values })
    }

    /// Whether no row has an entry.
    pub fn is_empty(&self) -> bool {
        self.offsets.first() == self.offsets.last()
    }

    /// The entries of a row.
    pub fn entries(&self, row: usize) -> Range<usize> {
        let at = self.places.of(row);
        let (start, end) = (self.offsets[at] as usize, self.offsets[at + 1] as usize);
        if start < end && self.nulls.is_none_or(|nulls| nulls.is_valid(at)) { start..end } else { 0..0 }
    }

    pub fn key(&self, entry: usize) -> &'a [u8] {
        self.keys.get(entry)
    }

    pub fn value(&self, entry: usize) -> &'a [u8] {
        self.values.get(entry)
    }

    /// The value under a key of a row.
    pub fn find(&self, row: usize, key: &[u8]) -> Option<&'a [u8]> {
        self.entries(row).find(|entry| self.key(*entry) == key).map(|entry| self.value(entry))
    }

    /// Whether two rows have the same entries in the same order; in doubt they have not.
    pub fn is_same(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.entries(a), self.entries(b));
        a == b || a.len() == b.len() && (a.is_empty() || self.keys.is_same(&a, &b) && self.values.is_same(&a, &b))
    }
}

impl<'a> Texts<'a> {
    fn of(texts: &'a StringArray) -> Self {
        let nulls = texts.nulls().filter(|nulls| nulls.null_count() > 0);
        Self { offsets: texts.value_offsets(), bytes: texts.value_data(), nulls }
    }

    fn get(&self, at: usize) -> &'a [u8] {
        if self.nulls.is_some_and(|nulls| nulls.is_null(at)) { b"" } else { self.bytes_of(at, at + 1) }
    }

    fn bytes_of(&self, start: usize, end: usize) -> &'a [u8] {
        &self.bytes[self.offsets[start] as usize..self.offsets[end] as usize]
    }

    /// Whether the texts of two ranges of one length are the same.
    fn is_same(&self, a: &Range<usize>, b: &Range<usize>) -> bool {
        let ends = |texts: &Range<usize>| (self.offsets[texts.start], &self.offsets[texts.start + 1..=texts.end]);
        let ((start_a, ends_a), (start_b, ends_b)) = (ends(a), ends(b));
        self.nulls.is_none()
            && self.bytes_of(a.start, a.end) == self.bytes_of(b.start, b.end)
            && ends_a.iter().zip(ends_b).all(|(end_a, end_b)| end_a - start_a == end_b - start_b)
    }
}

//! Columns that are built of requests one after the other, and have few different values.
//!
//! A column's dictionary lives on from request to request: most values of the next one are known. Whoever has all its values
//! in the array that the batch before had shares it, so that neighbours are merged by their codes alone. A new array is made
//! once in so many rows that it takes at most [`SHARED_BYTES`] of each; in between a batch gets an array of its own, with the
//! values that it has.
//!
//! Some columns have another value in nearly every row: these are seen to be so, and built without a dictionary.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef};

use super::dictionary::Dictionary;
use super::spread::Spread;
use super::{Codes, Column, SHARED_BYTES, Values};
use crate::schema::columns::{StringColumn, StringMapColumn, emptied};

/// Values that a dictionary has at most, and what they take.
const VALUES_MAX: usize = 4096;
const BYTES_MAX: usize = 128 << 10;
/// Different values by which one can tell that most rows have another.
const WIDE_VALUES_MIN: usize = 256;
/// After so many batches a wide column is tried again.
const WIDE_BATCHES: u32 = 256;

/// A column of texts.
#[derive(Debug, Default)]
pub(crate) struct TextColumn(DictionaryColumn<StringColumn>);

/// A column of maps of texts.
#[derive(Debug, Default)]
pub(crate) struct MapColumn {
    column: DictionaryColumn<StringMapColumn>,
    /// The row that is being built, and its entries: of each key and value the length, then the text.
    row: usize,
    entries: Vec<u8>,
}

/// A builder of values one after the other. In a dictionary they are bytes.
trait Plain: Default {
    /// The value of a row, which comes after all that have one; those in between are null.
    fn set(&mut self, row: usize, value: &[u8]);
    fn is_blank(&self) -> bool;
    fn finish_rows(&mut self, rows: usize) -> ArrayRef;
    /// The values of some numbers; the first of these is 0, which is null.
    fn array(dictionary: &Dictionary, numbers: impl ExactSizeIterator<Item = usize>) -> ArrayRef;
}

/// See the module.
#[derive(Debug, Default)]
struct DictionaryColumn<P> {
    dictionary: Dictionary,
    /// By row: the number of its value.
    codes: Vec<u16>,
    /// The number that was set last, and whether it was new.
    last: usize,
    is_new: bool,
    /// How often the dictionary was forgotten.
    generation: u32,
    /// Rows of the batch that have a value.
    set: usize,
    /// The same of all batches since the dictionary was empty.
    set_before: usize,
    shared: Option<Shared>,
    /// Rows since there was a new array to share.
    rows: usize,
    wide: P,
    /// Batches that are built without the dictionary, the one that is being built included.
    wide_batches: u32,
}

/// The array of all values of the dictionary when it had so many numbers.
#[derive(Debug)]
struct Shared {
    len: usize,
    array: ArrayRef,
}

impl Plain for StringColumn {
    fn set(&mut self, row: usize, value: &[u8]) {
        Self::set(self, row, text(value));
    }

    fn is_blank(&self) -> bool {
        Self::is_blank(self)
    }

    fn finish_rows(&mut self, rows: usize) -> ArrayRef {
        Self::finish_rows(self, rows)
    }

    fn array(dictionary: &Dictionary, numbers: impl ExactSizeIterator<Item = usize>) -> ArrayRef {
        dictionary.array(numbers)
    }
}

impl Plain for StringMapColumn {
    fn set(&mut self, row: usize, mut value: &[u8]) {
        while !value.is_empty() {
            let (key, text) = (next(&mut value), next(&mut value));
            self.entry_of(row, key, text);
        }
    }

    fn is_blank(&self) -> bool {
        Self::is_blank(self)
    }

    fn finish_rows(&mut self, rows: usize) -> ArrayRef {
        Self::finish_rows(self, rows)
    }

    fn array(dictionary: &Dictionary, numbers: impl ExactSizeIterator<Item = usize>) -> ArrayRef {
        let (mut maps, len) = (Self::default(), numbers.len());
        numbers.enumerate().for_each(|(at, number)| Plain::set(&mut maps, at, dictionary.text(number)));
        maps.finish_rows(len)
    }
}

/// The next text of entries.
fn next<'a>(entries: &mut &'a [u8]) -> &'a str {
    let (length, rest) = entries.split_first_chunk().expect("entries are lengths and texts");
    let (value, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
    *entries = rest;
    text(value)
}

fn text(value: &[u8]) -> &str {
    str::from_utf8(value).expect("only texts are set")
}

impl TextColumn {
    /// The text of a row, which comes after all that have one; those in between are null.
    pub fn set(&mut self, row: usize, text: &str) {
        self.0.set(row, text.as_bytes());
    }

    /// The number of the text that was set last, if others have had it before.
    pub fn known(&self) -> Option<u16> {
        let is_known = self.0.wide_batches == 0 && self.0.last > 0 && !self.0.is_new;
        is_known.then_some(self.0.last as u16)
    }

    /// Changes when numbers lose their texts.
    pub fn generation(&self) -> u32 {
        self.0.generation
    }

    /// [`Self::set`] with the number of a text, which must be of this generation.
    pub fn set_known(&mut self, row: usize, number: u16) {
        self.0.set_number(row, usize::from(number));
    }

    /// [`Self::set`], but an empty text is null.
    pub fn set_or_null(&mut self, row: usize, text: &str) {
        if !text.is_empty() {
            self.set(row, text);
        }
    }

    /// Whether there is no row yet, but for those to be null.
    pub fn is_blank(&self) -> bool {
        self.0.is_blank()
    }

    /// The column; values behind the last one that was set are null.
    pub fn finish(&mut self, spread: Spread<'_>) -> Column {
        self.0.finish(spread)
    }

    /// What is remembered from batch to batch.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let shared = self.0.shared.as_ref().map_or(0, |shared| shared.array.get_array_memory_size());
        self.0.dictionary.bytes() + shared
    }
}

impl MapColumn {
    /// Adds an entry to a row; none is added to those before it any more.
    pub fn entry_of(&mut self, row: usize, key: &str, value: &str) {
        if row != self.row {
            self.end_row();
            self.row = row;
        }
        for text in [key, value] {
            // A request is smaller.
            self.entries.extend_from_slice(&(text.len() as u32).to_le_bytes());
            self.entries.extend_from_slice(text.as_bytes());
        }
    }

    fn end_row(&mut self) {
        if !self.entries.is_empty() {
            self.column.set(self.row, &self.entries);
            emptied(&mut self.entries);
        }
    }

    /// Whether there is no entry.
    pub fn is_blank(&self) -> bool {
        self.entries.is_empty() && self.column.is_blank()
    }

    /// The column; a map without entries is null.
    pub fn finish(&mut self, spread: Spread<'_>) -> Column {
        self.end_row();
        self.column.finish(spread)
    }
}

impl<P: Plain> DictionaryColumn<P> {
    fn set(&mut self, row: usize, value: &[u8]) {
        if self.wide_batches > 0 {
            return self.wide.set(row, value);
        }
        let (is_last, len) = (self.last > 0 && self.dictionary.text(self.last) == value, self.dictionary.len());
        match if is_last { Some(self.last) } else { self.number(value) } {
            Some(number) => {
                self.set_number(row, number);
                self.is_new = number == len;
            }
            None => {
                self.widen();
                self.wide.set(row, value);
            }
        }
    }

    fn set_number(&mut self, row: usize, number: usize) {
        self.last = number;
        self.is_new = false;
        self.codes.resize(row, 0);
        // There are far fewer.
        self.codes.push(number as u16);
        self.set += 1;
    }

    fn number(&mut self, value: &[u8]) -> Option<usize> {
        let has_room = self.dictionary.bytes() + value.len() <= BYTES_MAX;
        self.dictionary.number(value, if has_room { VALUES_MAX } else { 0 })
    }

    /// Goes on without the dictionary in this batch.
    fn widen(&mut self) {
        for (row, code) in self.codes.iter().enumerate().filter(|(_, code)| **code > 0) {
            self.wide.set(row, self.dictionary.text(usize::from(*code)));
        }
        self.codes.clear();
        self.forget();
        self.wide_batches = 1;
    }

    fn forget(&mut self) {
        self.dictionary.clear();
        self.generation = self.generation.wrapping_add(1);
        (self.last, self.set, self.set_before, self.rows, self.shared) = (0, 0, 0, 0, None);
    }

    fn is_blank(&self) -> bool {
        self.codes.is_empty() && self.wide.is_blank()
    }

    fn finish(&mut self, spread: Spread<'_>) -> Column {
        if self.wide_batches > 0 {
            self.wide_batches -= 1;
            return spread.column(self.wide.finish_rows(spread.values()));
        }
        self.rows += spread.rows();
        self.set_before += std::mem::take(&mut self.set);
        self.codes.resize(spread.values(), 0);
        let values = self.shared().unwrap_or_else(|| self.own());
        let codes = Codes::new(&spread.codes(&self.codes), values.array.len());
        emptied(&mut self.codes);
        if self.dictionary.len() > WIDE_VALUES_MIN && self.dictionary.len() * 2 > self.set_before {
            self.forget();
            self.wide_batches = WIDE_BATCHES;
        }
        Column::Coded(codes, values)
    }

    /// All values of the dictionary, if that is the array that other batches have, or will have.
    fn shared(&mut self) -> Option<Values> {
        let len = self.dictionary.len();
        let is_known = self.shared.as_ref().is_some_and(|shared| shared.len == len);
        if !is_known {
            if self.rows * SHARED_BYTES < self.dictionary.bytes() {
                return None;
            }
            self.shared = Some(Shared { len, array: P::array(&self.dictionary, 0..len) });
            self.rows = 0;
        }
        let array = Arc::clone(&self.shared.as_ref()?.array);
        Some(if is_known { Values { array, bytes: 0 } } else { Values::own(array) })
    }

    /// The values of this batch, whose codes change to their places.
    fn own(&mut self) -> Values {
        let mut places = vec![0; self.dictionary.len()];
        let mut used = vec![0];
        for code in self.codes.iter_mut().filter(|code| **code > 0) {
            let place = &mut places[usize::from(*code)];
            if *place == 0 {
                *place = used.len() as u16;
                used.push(usize::from(*code));
            }
            *code = *place;
        }
        Values::own(P::array(&self.dictionary, used.into_iter()))
    }
}

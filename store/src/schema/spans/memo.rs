//! Attributes that were met before, by the bytes that they were sent as.
//!
//! Spans of one mesh say the same over and over. An attribute whose bytes are known needs no reading: it is the number of a text
//! in the dictionary of its column. Known are only texts of columns of their own that came at least twice, so that what is
//! unique to a request does not drive out what is not.

use std::cell::Cell;

use crate::coded::Dictionary;

/// Attributes that are remembered at most, and what their bytes take.
const ATTRIBUTES_MAX: usize = 4096;
const BYTES_MAX: usize = 512 << 10;
/// Of one; longer ones are read each time.
const ENCODED_BYTES_MAX: usize = 1024;

/// A promoted attribute of a span, by where its text is.
#[derive(Debug, Clone, Copy)]
pub struct KnownAttribute {
    /// Of the promoted columns of spans.
    pub(super) column: u8,
    /// In the dictionary of the column.
    pub(super) number: u16,
    /// Of the dictionary: a text has its number for a while only.
    pub(super) generation: u32,
}

/// The attributes of a span as they were found on the wire.
#[derive(Debug, Default)]
pub struct Recalled<'a> {
    /// Those that are known, each with the number of the span's other attributes that came before it.
    pub known: Vec<(usize, KnownAttribute)>,
    /// What the others were sent as.
    pub encoded: Vec<&'a [u8]>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Memo {
    encoded: Dictionary,
    /// By number, less one.
    known: Vec<Entry>,
    /// The number that was found last.
    last: Cell<usize>,
}

#[derive(Debug)]
struct Entry {
    attribute: KnownAttribute,
    /// The number that was found after it when it was found before: spans of one place say much in one order, and what
    /// comes next is a guess that needs no hash. 0 is none.
    next: Cell<usize>,
}

impl Memo {
    pub fn find(&self, encoded: &[u8]) -> Option<KnownAttribute> {
        if encoded.len() > ENCODED_BYTES_MAX {
            return None;
        }
        let last = self.entry(self.last.get());
        let guess = last.map_or(0, |last| last.next.get());
        let is_right = guess > 0 && self.encoded.text(guess) == encoded;
        let number = if is_right { guess } else { self.encoded.find(encoded)? };
        if let Some(last) = last {
            last.next.set(number);
        }
        self.last.set(number);
        Some(self.entry(number)?.attribute)
    }

    fn entry(&self, number: usize) -> Option<&Entry> {
        self.known.get(number.checked_sub(1)?)
    }

    pub fn learn(&mut self, encoded: &[u8], attribute: KnownAttribute) {
        if encoded.len() > ENCODED_BYTES_MAX {
            return;
        }
        if self.encoded.len() > ATTRIBUTES_MAX || self.encoded.bytes() + encoded.len() > BYTES_MAX {
            *self = Self::default();
        }
        let Some(number) = self.encoded.number(encoded, usize::MAX) else { return };
        // Its dictionary may have begun anew since it was learned.
        match self.known.get_mut(number - 1) {
            Some(known) => known.attribute = attribute,
            None => self.known.push(Entry { attribute, next: Cell::new(0) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What follows what is a guess, and a wrong one does no harm.
    #[test]
    fn attributes_are_found_in_any_order() {
        let mut memo = Memo::default();
        let attribute = |number| KnownAttribute { column: 1, number, generation: 0 };
        for number in 0..5_u16 {
            memo.learn(&[7, number as u8], attribute(number));
        }
        let find = |number: u16| memo.find(&[7, number as u8]).map(|known| known.number);
        for number in [0, 1, 2, 3, 0, 1, 2, 3, 0, 2, 1, 1, 9, 3, 4, 0, 9, 9, 1, 2] {
            assert_eq!(find(number), (number < 5).then_some(number));
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut memo = Memo::default();
        let known = |number| KnownAttribute { column: 1, number, generation: 0 };
        memo.learn(b"common", known(1));
        memo.learn(&vec![0; 60 << 20], known(2));
        assert_eq!(memo.find(b"common").map(|known| known.number), Some(1));
        assert!(memo.find(&vec![0; 60 << 20]).is_none());
        for n in 0..20_000_u32 {
            let encoded = format!("{n:0>900}");
            memo.learn(encoded.as_bytes(), known(n as u16));
            assert_eq!(memo.find(encoded.as_bytes()).map(|known| known.number), Some(n as u16));
            assert!(memo.encoded.bytes() < 2 * BYTES_MAX && memo.known.len() < memo.encoded.len());
        }
    }
}

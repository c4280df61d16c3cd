//! Attributes that were met before, by the bytes that they were sent as.
//!
//! Spans of one mesh say the same over and over. An attribute whose bytes are known needs no reading: it is the number of a text
//! in the dictionary of its column. Known are only texts of columns of their own that came at least twice, so that what is
//! unique to a request does not drive out what is not.

use crate::coded::Dictionary;

/// Attributes that are remembered at most, and what their bytes take.
const ATTRIBUTES_MAX: usize = 4096;
const BYTES_MAX: usize = 512 << 10;

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
    known: Vec<KnownAttribute>,
}

impl Memo {
    pub fn find(&self, encoded: &[u8]) -> Option<KnownAttribute> {
        let number = self.encoded.find(encoded)?;
        self.known.get(number - 1).copied()
    }

    pub fn learn(&mut self, encoded: &[u8], attribute: KnownAttribute) {
        if self.encoded.len() > ATTRIBUTES_MAX || self.encoded.bytes() + encoded.len() > BYTES_MAX {
            *self = Self::default();
        }
        let Some(number) = self.encoded.number(encoded, usize::MAX) else { return };
        // Its dictionary may have begun anew since it was learned.
        match self.known.get_mut(number - 1) {
            Some(known) => *known = attribute,
            None => self.known.push(attribute),
        }
    }
}

//! Texts by numbers: 0 is none, and each text has the next number when it first comes.

use std::sync::Arc;

use arrow::array::builder::make_view;
use arrow::array::{ArrayRef, MAX_INLINE_VIEW_LEN, StringViewArray};
use arrow::buffer::{BooleanBuffer, Buffer};

use crate::schema::index::{Index, Seed};

/// See the module.
#[derive(Debug)]
pub(crate) struct Dictionary {
    /// One behind the other; that of number 0 is empty.
    texts: Vec<u8>,
    ends: Vec<usize>,
    /// By the hash of a text its number less one.
    index: Index,
    seed: Seed,
}

impl Default for Dictionary {
    fn default() -> Self {
        Self { texts: Vec::new(), ends: vec![0], index: Index::default(), seed: Seed::default() }
    }
}

impl Dictionary {
    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// What all texts take as an array.
    pub fn bytes(&self) -> usize {
        self.len() * size_of::<u128>() + self.texts.len()
    }

    /// Forgets all texts.
    pub fn clear(&mut self) {
        *self = Self { seed: self.seed, ..Self::default() };
    }

    /// The number of a text that is known.
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        self.find_hashed(text, self.seed.text(text, 0))
    }

    fn find_hashed(&self, text: &[u8], hash: u64) -> Option<usize> {
        self.index.find(hash, |before| self.text(before + 1) == text).map(|before| before + 1)
    }

    /// The number of a text; `None` if it is new and there are `max` numbers already.
    pub fn number(&mut self, text: &[u8], max: usize) -> Option<usize> {
        let hash = self.seed.text(text, 0);
        if let Some(known) = self.find_hashed(text, hash) {
            return Some(known);
        }
        if self.len() >= max {
            return None;
        }
        self.texts.extend_from_slice(text);
        self.ends.push(self.texts.len());
        Some(self.index.push(hash) + 1)
    }

    pub fn text(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.texts[start..self.ends[number]]
    }

    /// The texts of some numbers as an array; the first of these must be 0, which becomes null.
    pub fn array(&self, numbers: impl ExactSizeIterator<Item = usize>) -> ArrayRef {
        let len = numbers.len();
        let (mut views, mut long) = (Vec::with_capacity(len), Vec::new());
        for number in numbers {
            let text = self.text(number);
            // A batch has less than 4 GiB of texts.
            views.push(make_view(text, 0, long.len() as u32));
            if text.len() > MAX_INLINE_VIEW_LEN as usize {
                long.extend_from_slice(text);
            }
        }
        long.shrink_to_fit();
        let buffers = if long.is_empty() { Vec::new() } else { vec![Buffer::from(long)] };
        let nulls = BooleanBuffer::collect_bool(len, |at| at > 0).into();
        let array = StringViewArray::try_new(views.into(), buffers, Some(nulls));
        Arc::new(array.expect("the texts were texts when they came"))
    }
}

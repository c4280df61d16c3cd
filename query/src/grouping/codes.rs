//! Numbers for texts, and for rows of texts.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher};
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, StringViewArray, StringViewBuilder};
use arrow::buffer::Buffer;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// A text of so few bytes is in its view, as Arrow's format says; a view of a longer one says where it is.
const INLINE_BYTES_MAX: u32 = 12;
/// The code of null, which is no view.
const NULL: u32 = 0;

/// The texts of a column, by code.
struct Texts {
    /// One after the other.
    text: String,
    /// Where the text of code `n` ends, at `n`; null is empty.
    ends: Vec<usize>,
    /// All codes but null's, by their texts.
    codes: HashTable<u32>,
    /// Codes of views that are texts.
    inline: Views,
    /// Codes of views into `buffers`.
    placed: Views,
    buffers: Vec<Buffer>,
}

type Views = HashMap<u128, u32, BuildHasherDefault<ViewHasher>>;

impl Texts {
    fn new() -> Self {
        Self {
            text: String::new(),
            ends: vec![0],
            codes: HashTable::new(),
            inline: Views::default(),
            placed: Views::default(),
            buffers: Vec::new(),
        }
    }

    /// Writes the codes of all rows.
    fn encode(&mut self, column: &StringViewArray, codes: &mut Vec<u32>) {
        let is_same = |(a, b): (&Buffer, &Buffer)| a.as_ptr() == b.as_ptr() && a.len() == b.len();
        let buffers = column.data_buffers();
        // Buffers are held, so that none of another content can come to lie where one was.
        if buffers.len() != self.buffers.len() || !buffers.iter().zip(&self.buffers).all(is_same) {
            self.placed.clear();
            self.buffers = buffers.to_vec();
        }
        codes.clear();
        codes.reserve(column.len());
        let (mut last, mut last_code) = (None, NULL);
        for (row, view) in column.views().iter().enumerate() {
            if column.is_null(row) {
                codes.push(NULL);
                continue;
            }
            if last != Some(*view) {
                (last, last_code) = (Some(*view), self.code(*view, column, row));
            }
            codes.push(last_code);
        }
    }

    fn code(&mut self, view: u128, column: &StringViewArray, row: usize) -> u32 {
        let is_inline = view as u32 <= INLINE_BYTES_MAX;
        let known = if is_inline { &self.inline } else { &self.placed };
        if let Some(code) = known.get(&view) {
            return *code;
        }
        let code = self.code_of(column.value(row));
        let known = if is_inline { &mut self.inline } else { &mut self.placed };
        known.insert(view, code);
        code
    }

    fn code_of(&mut self, text: &str) -> u32 {
        let hash = |text: &str| FixedState::default().hash_one(text);
        let (all, ends) = (&mut self.text, &mut self.ends);
        if let Some(code) = self.codes.find(hash(text), |code| text_at(all, ends, *code) == text) {
            return *code;
        }
        all.push_str(text);
        ends.push(all.len());
        let code = ends.len() as u32 - 1;
        self.codes.insert_unique(hash(text), code, |code| hash(text_at(all, ends, *code)));
        code
    }

    fn text(&self, code: u32) -> Option<&str> {
        (code != NULL).then(|| text_at(&self.text, &self.ends, code))
    }

    fn bytes(&self) -> usize {
        let entries = self.inline.capacity() + self.placed.capacity();
        let buffers: usize = self.buffers.iter().map(Buffer::capacity).sum();
        self.text.capacity() + self.ends.capacity() * 8 + self.codes.capacity() * 5 + entries * 32 + buffers
    }
}

fn text_at<'t>(text: &'t str, ends: &[usize], code: u32) -> &'t str {
    &text[ends[code as usize - 1]..ends[code as usize]]
}

/// Views differ in their first bytes, their length, or their place.
#[derive(Default)]
struct ViewHasher(u64);

impl Hasher for ViewHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u128(&mut self, view: u128) {
        let folded =
            u128::from(view as u64 ^ 0x9e37_79b9_7f4a_7c15) * u128::from((view >> 64) as u64 ^ 0xd6e8_feb8_6659_fd93);
        self.0 ^= folded as u64 ^ (folded >> 64) as u64;
    }

    fn write_u64(&mut self, number: u64) {
        self.write_u128(u128::from(number));
    }
}

/// Groups of rows that have the same texts in all columns, numbered as they come.
pub(super) struct Groups {
    columns: Vec<Texts>,
    /// The codes of a batch's rows in one column.
    codes: Vec<u32>,
    /// By the number of the group of all columns before and the code of this one. Of the first column there is only the code.
    numbers: Vec<HashMap<u64, u32, BuildHasherDefault<ViewHasher>>>,
    /// Of each column but the last the number before and the code that a number stands for.
    prefixes: Vec<Vec<(u32, u32)>>,
}

impl Groups {
    pub fn new(columns: usize) -> Self {
        Self {
            columns: (0..columns).map(|_| Texts::new()).collect(),
            codes: Vec::new(),
            numbers: (0..columns).map(|_| HashMap::default()).collect(),
            prefixes: vec![Vec::new(); columns],
        }
    }

    pub fn len(&self) -> usize {
        self.prefixes.last().map_or(0, Vec::len)
    }

    /// Memory that is held, as good as it can be told.
    pub fn bytes(&self) -> usize {
        let texts: usize = self.columns.iter().map(Texts::bytes).sum();
        let numbers: usize = self.numbers.iter().map(|numbers| numbers.capacity() * 16).sum();
        let prefixes: usize = self.prefixes.iter().map(|prefixes| prefixes.capacity() * 8).sum();
        texts + numbers + prefixes + self.codes.capacity() * 4
    }

    /// Writes the group of each row; `columns` are as many as it was made for, of the same length.
    pub fn find(&mut self, columns: &[&StringViewArray], groups: &mut Vec<usize>) {
        let rows = columns.first().map_or(0, |column| column.len());
        groups.clear();
        groups.resize(rows, 0);
        for (at, column) in columns.iter().enumerate() {
            self.columns[at].encode(column, &mut self.codes);
            let (numbers, prefixes) = (&mut self.numbers[at], &mut self.prefixes[at]);
            let mut last: Option<(u64, usize)> = None;
            for (group, code) in groups.iter_mut().zip(&self.codes) {
                let key = (*group as u64) << 32 | u64::from(*code);
                *group = match last {
                    Some((known, number)) if known == key => number,
                    _ => {
                        let number = *numbers.entry(key).or_insert_with(|| {
                            prefixes.push((*group as u32, *code));
                            prefixes.len() as u32 - 1
                        });
                        last = Some((key, number as usize));
                        number as usize
                    }
                };
            }
        }
    }

    /// The texts of all groups, column by column; there are no groups then.
    pub fn take(&mut self) -> Vec<ArrayRef> {
        let mut numbers: Vec<u32> = (0..self.len() as u32).collect();
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for (texts, prefixes) in self.columns.iter().zip(&self.prefixes).rev() {
            let mut builder = StringViewBuilder::with_capacity(numbers.len());
            for number in &mut numbers {
                let (before, code) = prefixes[*number as usize];
                builder.append_option(texts.text(code));
                *number = before;
            }
            arrays.push(Arc::new(builder.finish()));
        }
        arrays.reverse();
        *self = Self::new(self.columns.len());
        arrays
    }
}

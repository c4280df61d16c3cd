//! Numbers for texts, and for rows of texts.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, StringViewArray, StringViewBuilder};
use arrow::buffer::Buffer;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// The code of null, which is no view.
const NULL: u32 = 0;

/// What was found last, by some bits of a hash: mostly what is asked for next. A number is not 0.
struct Recent<K> {
    places: Vec<(K, u32)>,
}

impl<K: Copy + Default + PartialEq> Recent<K> {
    const BITS: u32 = 10;

    fn new() -> Self {
        Self { places: vec![(K::default(), 0); 1 << Self::BITS] }
    }

    fn clear(&mut self) {
        self.places.fill((K::default(), 0));
    }

    fn get_or(&mut self, key: K, hash: u64, find: impl FnOnce() -> u32) -> u32 {
        let place = &mut self.places[(hash >> (u64::BITS - Self::BITS)) as usize];
        if place.1 == 0 || place.0 != key {
            *place = (key, find());
        }
        place.1
    }

    fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<(K, u32)>()
    }
}

/// Views differ in their first bytes, their length, or their place.
fn hash_of_view(view: u128) -> u64 {
    let (low, high) = (view as u64 ^ 0x9e37_79b9_7f4a_7c15, (view >> 64) as u64 ^ 0xd6e8_feb8_6659_fd93);
    let product = u128::from(low) * u128::from(high);
    (product as u64 ^ (product >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The texts of a column, by code.
struct Texts {
    /// One after the other.
    text: String,
    /// Where the text of code `n` ends, at `n`; null is empty.
    ends: Vec<usize>,
    /// All codes but null's, by their texts.
    codes: HashTable<u32>,
    /// By views into `buffers`.
    recent: Recent<u128>,
    buffers: Vec<Buffer>,
}

impl Texts {
    fn new() -> Self {
        Self { text: String::new(), ends: vec![0], codes: HashTable::new(), recent: Recent::new(), buffers: Vec::new() }
    }

    /// Writes the codes of all rows.
    fn encode(&mut self, column: &StringViewArray, codes: &mut Vec<u32>) {
        let is_same = |(a, b): (&Buffer, &Buffer)| a.as_ptr() == b.as_ptr() && a.len() == b.len();
        let buffers = column.data_buffers();
        // Buffers are held, so that none of another content can come to lie where one was.
        if buffers.len() != self.buffers.len() || !buffers.iter().zip(&self.buffers).all(is_same) {
            self.recent.clear();
            self.buffers = buffers.to_vec();
        }
        codes.clear();
        codes.reserve(column.len());
        let Self { text, ends, codes: known, recent, .. } = self;
        for (row, view) in column.views().iter().enumerate() {
            let find = || code_of(text, ends, known, column.value(row));
            let is_null = column.nulls().is_some_and(|nulls| nulls.is_null(row));
            codes.push(if is_null { NULL } else { recent.get_or(*view, hash_of_view(*view), find) });
        }
    }

    fn text(&self, code: u32) -> Option<&str> {
        (code != NULL).then(|| text_at(&self.text, &self.ends, code))
    }

    fn bytes(&self) -> usize {
        let buffers: usize = self.buffers.iter().map(Buffer::capacity).sum();
        self.text.capacity() + self.ends.capacity() * 8 + self.codes.capacity() * 5 + self.recent.bytes() + buffers
    }
}

/// The code of a text, a new one if it has none.
fn code_of(all: &mut String, ends: &mut Vec<usize>, codes: &mut HashTable<u32>, text: &str) -> u32 {
    let hash = |text: &str| FixedState::default().hash_one(text);
    if let Some(code) = codes.find(hash(text), |code| text_at(all, ends, *code) == text) {
        return *code;
    }
    all.push_str(text);
    ends.push(all.len());
    let code = ends.len() as u32 - 1;
    codes.insert_unique(hash(text), code, |code| hash(text_at(all, ends, *code)));
    code
}

fn text_at<'t>(text: &'t str, ends: &[usize], code: u32) -> &'t str {
    &text[ends[code as usize - 1]..ends[code as usize]]
}

/// Numbers of what is the same in the first columns, of those and one more.
struct Prefixes {
    /// By the number of the columns before and the code of this one, from 1 on.
    numbers: HashMap<u64, u32, FixedState>,
    recent: Recent<u64>,
    /// What a number stands for.
    stands_for: Vec<(u32, u32)>,
}

impl Prefixes {
    fn new() -> Self {
        Self { numbers: HashMap::default(), recent: Recent::new(), stands_for: Vec::new() }
    }

    fn number(&mut self, before: u32, code: u32) -> u32 {
        let key = u64::from(before) << 32 | u64::from(code);
        let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let Self { numbers, recent, stands_for } = self;
        let find = || {
            *numbers.entry(key).or_insert_with(|| {
                stands_for.push((before, code));
                stands_for.len() as u32
            })
        };
        recent.get_or(key, hash, find) - 1
    }

    fn bytes(&self) -> usize {
        self.numbers.capacity() * 16 + self.recent.bytes() + self.stands_for.capacity() * 8
    }
}

/// Groups of rows that have the same texts in all columns, numbered as they come.
pub(super) struct Groups {
    columns: Vec<(Texts, Prefixes)>,
    /// The codes of a batch's rows in one column.
    codes: Vec<u32>,
    /// Bytes of the texts of all groups, as they are given out.
    text_bytes: usize,
}

impl Groups {
    pub fn new(columns: usize) -> Self {
        Self {
            columns: (0..columns).map(|_| (Texts::new(), Prefixes::new())).collect(),
            codes: Vec::new(),
            text_bytes: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.columns.last().map_or(0, |(_, prefixes)| prefixes.stands_for.len())
    }

    /// Memory that is held, as good as it can be told.
    pub fn bytes(&self) -> usize {
        let columns = self.columns.iter().map(|(texts, prefixes)| texts.bytes() + prefixes.bytes());
        columns.sum::<usize>() + self.codes.capacity() * 4 + self.text_bytes
    }

    /// Writes the group of each row; `columns` are as many as it was made for, of the same length.
    pub fn find(&mut self, columns: &[&StringViewArray], groups: &mut Vec<usize>) {
        let rows = columns.first().map_or(0, |column| column.len());
        groups.clear();
        groups.resize(rows, 0);
        let known = self.len();
        for ((texts, prefixes), column) in self.columns.iter_mut().zip(columns) {
            texts.encode(column, &mut self.codes);
            for (group, code) in groups.iter_mut().zip(&self.codes) {
                *group = prefixes.number(*group as u32, *code) as usize;
            }
        }
        for group in known..self.len() {
            let mut number = group as u32;
            for (texts, prefixes) in self.columns.iter().rev() {
                let (before, code) = prefixes.stands_for[number as usize];
                self.text_bytes += size_of::<u128>() + texts.text(code).map_or(0, str::len);
                number = before;
            }
        }
    }

    /// The texts of all groups, column by column; there are no groups then.
    pub fn take(&mut self) -> Vec<ArrayRef> {
        let mut numbers: Vec<u32> = (0..self.len() as u32).collect();
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for (texts, prefixes) in self.columns.iter().rev() {
            let mut builder = StringViewBuilder::with_capacity(numbers.len());
            for number in &mut numbers {
                let (before, code) = prefixes.stands_for[*number as usize];
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

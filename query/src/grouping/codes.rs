//! Numbers for texts, and for rows of texts.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, DictionaryArray, StringViewArray, StringViewBuilder, UInt32Array,
};
use arrow::buffer::Buffer;
use arrow::datatypes::UInt32Type;
use datafusion::common::{DataFusionError, Result};
use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// The code of null, which is no view.
const NULL: u32 = 0;

/// The code of an entry, or the group of a place, that was not looked for yet.
const UNKNOWN: u32 = u32::MAX;

/// A column of texts, as a scan gives it.
#[derive(Clone, Copy)]
pub(super) enum TextColumn<'a> {
    Views(&'a StringViewArray),
    /// Of the entries of a dictionary; entries may be null.
    Codes(&'a DictionaryArray<UInt32Type>, &'a StringViewArray),
}

impl<'a> TextColumn<'a> {
    /// # Errors
    /// When it is no column of texts.
    pub fn of(column: &'a ArrayRef) -> Result<Self> {
        if let Some(views) = column.as_string_view_opt() {
            return Ok(Self::Views(views));
        }
        let coded = column.as_dictionary_opt::<UInt32Type>();
        let coded = coded.and_then(|coded| Some(Self::Codes(coded, coded.values().as_string_view_opt()?)));
        coded.ok_or_else(|| DataFusionError::Internal(format!("groups by texts that are {}", column.data_type())))
    }

    /// The entry of each row and the entries, if each row has one.
    fn each_coded(self) -> Option<(&'a UInt32Array, &'a ArrayRef)> {
        match self {
            Self::Codes(coded, _) if coded.keys().null_count() == 0 => Some((coded.keys(), coded.values())),
            _ => None,
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Views(views) => views.len(),
            Self::Codes(coded, _) => coded.len(),
        }
    }
}

/// What was found last, by some bits of a hash: mostly what is asked for next. A number is not 0.
struct Recent<K> {
    /// None before anything is found.
    places: Vec<(K, u32)>,
}

impl<K: Copy + Default + PartialEq> Recent<K> {
    const BITS: u32 = 10;

    fn new() -> Self {
        Self { places: Vec::new() }
    }

    fn clear(&mut self) {
        self.places.fill((K::default(), 0));
    }

    fn get_or(&mut self, key: K, hash: u64, find: impl FnOnce() -> u32) -> u32 {
        if self.places.is_empty() {
            self.places.resize(1 << Self::BITS, (K::default(), 0));
        }
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
    /// Of the entries of a dictionary.
    of_entries: Vec<u32>,
    /// That dictionary: it is held, so that no other can come to lie where it is.
    entries: Option<ArrayRef>,
}

impl Texts {
    fn new() -> Self {
        Self {
            text: String::new(),
            ends: vec![0],
            codes: HashTable::new(),
            recent: Recent::new(),
            buffers: Vec::new(),
            of_entries: Vec::new(),
            entries: None,
        }
    }

    /// Writes the codes of all rows.
    fn encode(&mut self, column: TextColumn<'_>, codes: &mut Vec<u32>) {
        self.prepare(column);
        codes.clear();
        codes.reserve(column.len());
        match column {
            TextColumn::Views(views) => codes.extend((0..views.len()).map(|row| self.code_of_view(views, row))),
            TextColumn::Codes(coded, entries) => {
                codes.extend((0..coded.len()).map(|row| self.code_of_entry(coded, entries, row)));
            }
        }
    }

    /// The code of a row.
    fn code(&mut self, column: TextColumn<'_>, row: usize) -> u32 {
        self.prepare(column);
        match column {
            TextColumn::Views(views) => self.code_of_view(views, row),
            TextColumn::Codes(coded, entries) => self.code_of_entry(coded, entries, row),
        }
    }

    /// Forgets what was found of other views or entries.
    fn prepare(&mut self, column: TextColumn<'_>) {
        match column {
            TextColumn::Views(views) => {
                let is_same = |(a, b): (&Buffer, &Buffer)| a.as_ptr() == b.as_ptr() && a.len() == b.len();
                let buffers = views.data_buffers();
                // Buffers are held, so that none of another content can come to lie where one was.
                if buffers.len() != self.buffers.len() || !buffers.iter().zip(&self.buffers).all(is_same) {
                    self.recent.clear();
                    self.buffers = buffers.to_vec();
                }
            }
            TextColumn::Codes(coded, entries) => {
                if !self.entries.as_ref().is_some_and(|held| Arc::ptr_eq(held, coded.values())) {
                    self.of_entries.clear();
                    self.of_entries.resize(entries.len(), UNKNOWN);
                    self.entries = Some(Arc::clone(coded.values()));
                }
            }
        }
    }

    fn code_of_view(&mut self, column: &StringViewArray, row: usize) -> u32 {
        if column.is_null(row) {
            return NULL;
        }
        let Self { text, ends, codes, recent, .. } = self;
        let view = column.views()[row];
        recent.get_or(view, hash_of_view(view), || code_of(text, ends, codes, column.value(row)))
    }

    fn code_of_entry(&mut self, coded: &DictionaryArray<UInt32Type>, entries: &StringViewArray, row: usize) -> u32 {
        let Some(entry) = coded.key(row) else { return NULL };
        let Self { text, ends, codes, of_entries, .. } = self;
        if of_entries[entry] == UNKNOWN {
            let is_null = entries.is_null(entry);
            of_entries[entry] = if is_null { NULL } else { code_of(text, ends, codes, entries.value(entry)) };
        }
        of_entries[entry]
    }

    fn text(&self, code: u32) -> Option<&str> {
        (code != NULL).then(|| text_at(&self.text, &self.ends, code))
    }

    fn bytes(&self) -> usize {
        let buffers: usize = self.buffers.iter().map(Buffer::capacity).sum();
        let entries = self.entries.as_ref().map_or(0, |entries| entries.get_array_memory_size());
        let codes = self.codes.capacity() * 5 + self.of_entries.capacity() * 4;
        self.text.capacity() + self.ends.capacity() * 8 + codes + self.recent.bytes() + buffers + entries
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

/// The groups of entries that come together, in a place for each choice of one entry of each dictionary.
#[derive(Default)]
struct Places {
    /// They are held, so that no others can come to lie where they are.
    dictionaries: Vec<ArrayRef>,
    groups: Vec<u32>,
}

impl Places {
    /// Choices of entries that have places at most, a MiB of them: beyond them a row's group is found column by column.
    const MAX: usize = 256 * 1024;

    /// Writes the place of each row. `false` where there are too many, or where rows are not all codes that some share.
    fn find(&mut self, columns: &[TextColumn<'_>], rows: usize, places: &mut Vec<u32>) -> bool {
        let coded: Option<Vec<_>> = columns.iter().map(|column| column.each_coded()).collect();
        let Some(coded) = coded.filter(|coded| coded.iter().all(|(_, entries)| entries.len() <= rows)) else {
            return false;
        };
        let choices = coded.iter().try_fold(1, |choices: usize, (_, entries)| choices.checked_mul(entries.len()));
        let Some(choices) = choices.filter(|choices| *choices <= Self::MAX) else { return false };
        let is_known = self.dictionaries.len() == coded.len()
            && self.dictionaries.iter().zip(&coded).all(|(held, (_, entries))| Arc::ptr_eq(held, entries));
        if !is_known {
            self.dictionaries = coded.iter().map(|(_, entries)| Arc::clone(entries)).collect();
            self.groups.clear();
            self.groups.resize(choices, UNKNOWN);
        }
        places.clear();
        places.resize(rows, 0);
        for (keys, entries) in coded {
            let entries = entries.len() as u32;
            places.iter_mut().zip(keys.values()).for_each(|(place, entry)| *place = *place * entries + entry);
        }
        true
    }

    fn bytes(&self) -> usize {
        // The dictionaries are counted by who finds the codes of their texts.
        self.groups.capacity() * 4
    }
}

/// Groups of rows that have the same texts in all columns, numbered as they come.
pub(super) struct Groups {
    columns: Vec<(Texts, Prefixes)>,
    places: Places,
    /// The codes of a batch's rows in one column, or their places.
    codes: Vec<u32>,
    /// Bytes of the texts of all groups, as they are given out.
    text_bytes: usize,
}

impl Groups {
    pub fn new(columns: usize) -> Self {
        Self {
            columns: (0..columns).map(|_| (Texts::new(), Prefixes::new())).collect(),
            places: Places::default(),
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
        columns.sum::<usize>() + self.places.bytes() + self.codes.capacity() * 4 + self.text_bytes
    }

    /// Writes the group of each row; `columns` are as many as it was made for, of the same length.
    pub fn find(&mut self, columns: &[TextColumn<'_>], groups: &mut Vec<usize>) {
        let rows = columns.first().map_or(0, |column| column.len());
        groups.clear();
        let known = self.len();
        if self.places.find(columns, rows, &mut self.codes) {
            let Self { columns: all, places, codes, .. } = self;
            groups.extend(codes.iter().enumerate().map(|(row, place)| {
                let group = &mut places.groups[*place as usize];
                if *group == UNKNOWN {
                    let coded = all.iter_mut().zip(columns);
                    *group = coded.fold(0, |before, ((texts, prefixes), column)| {
                        prefixes.number(before, texts.code(*column, row))
                    });
                }
                *group as usize
            }));
        } else {
            groups.resize(rows, 0);
            for ((texts, prefixes), column) in self.columns.iter_mut().zip(columns) {
                texts.encode(*column, &mut self.codes);
                for (group, code) in groups.iter_mut().zip(&self.codes) {
                    *group = prefixes.number(*group as u32, *code) as usize;
                }
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

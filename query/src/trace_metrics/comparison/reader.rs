use std::borrow::Cow;
use std::collections::HashMap;

use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, Int32Array, Int64Array, MapArray, RecordBatch, StringArray,
    StringViewArray,
};
use arrow::datatypes::{DataType, Int32Type, Int64Type, UInt32Type};
use foldhash::fast::RandomState;
use spanloom_store::pages::Coder;
use spanloom_store::schema::promoted;
use spanloom_store::schema::spans::bucket_column;

use super::Comparison;
use super::attribute::{Attribute, LEFT_OUT};
use super::rows::Rows;
use crate::traceql::eval::{MissingColumn, places};
use crate::traceql::plan::metrics::{COMPARED_TEXTS, KIND_COLUMN, RESOURCE_MAP, STATUS_COLUMN};
use crate::traceql::tree::{Kind, Scope, Status};

/// Pairs of a key and a value that are told apart by a table.
const PAIRS_MAX: usize = 1 << 16;
/// Counters of a table by value and cell, for each row of a batch: to look through more takes longer than to count one by one.
const COUNTS_PER_ROW: usize = 4;

/// Counts every value of every row. Columns may be [coded](spanloom_store::pages::coded_type).
///
/// # Errors
/// A column that the batch lacks.
pub(super) fn read(comparison: &mut Comparison, batch: &RecordBatch, rows: &Rows<'_>) -> Result<(), MissingColumn> {
    let mut reader = Reader { comparison, batch, rows };
    for (key, column) in COMPARED_TEXTS {
        reader.column(Scope::Any, key, column, |_| "")?;
    }
    reader.column(Scope::Any, "status", STATUS_COLUMN, Status::name_of)?;
    reader.column(Scope::Any, "kind", KIND_COLUMN, Kind::name_of)?;
    for (scope, list) in [(Scope::Resource, promoted::RESOURCE), (Scope::Span, promoted::SPAN)] {
        list.iter().try_for_each(|promoted| reader.column(scope, promoted.key, promoted.column, |_| ""))?;
    }
    reader.map(Scope::Resource, RESOURCE_MAP)?;
    (0..promoted::BUCKETS).try_for_each(|bucket| reader.map(Scope::Span, bucket_column(bucket)))
}

struct Reader<'a> {
    comparison: &'a mut Comparison,
    batch: &'a RecordBatch,
    rows: &'a Rows<'a>,
}

impl<'a> Reader<'a> {
    /// A column of texts, of integers, or of numbers that stand for words.
    fn column(
        &mut self,
        scope: Scope,
        key: &str,
        column: &'static str,
        word: fn(i32) -> &'static str,
    ) -> Result<(), MissingColumn> {
        let array = self.batch.column_by_name(column).ok_or(MissingColumn(column))?;
        if array.null_count() == array.len() {
            return Ok(());
        }
        let number = self.comparison.attribute(scope, key) as usize;
        let attribute = &mut self.comparison.attributes[number];
        match array.data_type() {
            DataType::Utf8View => texts(attribute, array.as_string_view(), self.rows),
            DataType::Int64 => ints(attribute, array.as_primitive(), self.rows),
            DataType::Int32 => words(attribute, array.as_primitive(), self.rows, word),
            DataType::Dictionary(..) => {
                let coded = array.as_dictionary_opt::<UInt32Type>().ok_or(MissingColumn(column))?;
                let values = coded.values();
                match values.data_type() {
                    DataType::Utf8View => {
                        let texts: &StringViewArray = values.as_string_view();
                        codes(attribute, coded, self.rows, |code| texts.value(code).into());
                    }
                    DataType::Int64 => {
                        let ints = values.as_primitive::<Int64Type>();
                        codes(attribute, coded, self.rows, |code| ints.value(code).to_string().into());
                    }
                    DataType::Int32 => {
                        let ints = values.as_primitive::<Int32Type>();
                        codes(attribute, coded, self.rows, |code| word(ints.value(code)).into());
                    }
                    _ => return Err(MissingColumn(column)),
                }
            }
            _ => return Err(MissingColumn(column)),
        }
        Ok(())
    }

    fn map(&mut self, scope: Scope, column: &'static str) -> Result<(), MissingColumn> {
        let missing = || MissingColumn(column);
        let map = self.batch.column_by_name(column).ok_or_else(missing)?;
        if map.null_count() == map.len() {
            return Ok(());
        }
        let coded = match map.as_map_opt().ok_or_else(missing)?.keys().data_type() {
            DataType::Dictionary(..) => ArrayRef::clone(map),
            _ => Coder::default().coded(map).map_err(|_| missing())?,
        };
        let entries = coded.as_map_opt().and_then(Entries::of).ok_or_else(missing)?;
        self.entries(scope, &entries);
        Ok(())
    }

    fn entries(&mut self, scope: Scope, entries: &Entries<'_>) {
        let cells = self.rows.cells();
        let mut pairs = Pairs::new(entries);
        // Of pairs that are found first; where each entry is another one, as ids are, they are counted one by one.
        let mut counts: Vec<u32> = Vec::new();
        let counts_max = COUNTS_PER_ROW * self.batch.num_rows();
        for (row, cell) in self.rows.each() {
            for entry in entries.of_row(row) {
                let (key, value) = (entries.key_codes[entry], entries.value_codes[entry]);
                let key_of = || self.key(scope, entries.keys.value(key as usize));
                let Some(pair) = pairs.number(key, value, row, key_of) else { continue };
                let end = (pair + 1) * cells;
                if end <= counts_max {
                    counts.resize(counts.len().max(end), 0);
                    counts[pair * cells + cell] += 1;
                } else {
                    let attribute = &mut self.comparison.attributes[pairs.found[pair].attribute as usize];
                    let number = attribute.number(entries.values.value(value as usize), Some(self.rows.place(cell)));
                    attribute.count(number, cell, self.rows);
                }
            }
        }
        for (pair, counts) in pairs.found.iter().zip(counts.chunks(cells)) {
            let attribute = &mut self.comparison.attributes[pair.attribute as usize];
            attribute.add(entries.values.value(pair.value as usize), counts, self.rows);
        }
    }

    fn key(&mut self, scope: Scope, key: &str) -> Key<'a> {
        let promoted = places(scope, key).promoted;
        let column = promoted.and_then(|promoted| self.batch.column_by_name(promoted.column));
        Key { attribute: self.comparison.attribute(scope, key), column }
    }
}

/// The entries of coded maps.
struct Entries<'a> {
    map: &'a MapArray,
    keys: &'a StringArray,
    key_codes: &'a [u32],
    values: &'a StringArray,
    value_codes: &'a [u32],
}

impl<'a> Entries<'a> {
    fn of(map: &'a MapArray) -> Option<Self> {
        let keys = map.keys().as_dictionary_opt::<UInt32Type>()?;
        let values = map.values().as_dictionary_opt::<UInt32Type>()?;
        Some(Self {
            map,
            keys: keys.values().as_string_opt()?,
            key_codes: keys.keys().values(),
            values: values.values().as_string_opt()?,
            value_codes: values.keys().values(),
        })
    }

    fn of_row(&self, row: usize) -> std::ops::Range<usize> {
        if self.map.is_null(row) {
            return 0..0;
        }
        let offsets = self.map.value_offsets();
        offsets[row] as usize..offsets[row + 1] as usize
    }
}

/// A key of a batch.
#[derive(Clone)]
struct Key<'a> {
    attribute: u32,
    /// The column in which it stands as well, of most rows.
    column: Option<&'a ArrayRef>,
}

/// Keys with a value, numbered as they are found.
struct Pairs<'a> {
    found: Vec<Pair>,
    /// By code.
    keys: Vec<Option<Key<'a>>>,
    values: usize,
    /// By both codes: the number, and one.
    table: Vec<u32>,
    /// Where there are too many of them for a table.
    known: HashMap<(u32, u32), u32, RandomState>,
}

struct Pair {
    attribute: u32,
    value: u32,
}

impl<'a> Pairs<'a> {
    fn new(entries: &Entries<'_>) -> Self {
        let (keys, values) = (entries.keys.len(), entries.values.len());
        let table = if keys.saturating_mul(values) > PAIRS_MAX { 0 } else { keys * values };
        Self { found: Vec::new(), keys: vec![None; keys], values, table: vec![0; table], known: HashMap::default() }
    }

    /// `None` if the row has the attribute in a column.
    fn number(&mut self, key: u32, value: u32, row: usize, key_of: impl FnOnce() -> Key<'a>) -> Option<usize> {
        let of_key = self.keys[key as usize].get_or_insert_with(key_of);
        if of_key.column.is_some_and(|column| has_value(column, row)) {
            return None;
        }
        let known = match self.table.is_empty() {
            true => self.known.entry((key, value)).or_default(),
            false => &mut self.table[key as usize * self.values + value as usize],
        };
        if *known == 0 {
            self.found.push(Pair { attribute: of_key.attribute, value });
            *known = self.found.len() as u32;
        }
        Some(*known as usize - 1)
    }
}

/// Whether a row has a value in a column that may be coded.
fn has_value(column: &ArrayRef, row: usize) -> bool {
    match column.as_dictionary_opt::<UInt32Type>() {
        Some(coded) => coded.key(row).is_some_and(|code| coded.values().is_valid(code)),
        None => column.is_valid(row),
    }
}

fn texts(attribute: &mut Attribute, texts: &StringViewArray, rows: &Rows<'_>) {
    let mut last: Option<(u128, u32)> = None;
    for (row, cell) in rows.each().filter(|(row, _)| texts.is_valid(*row)) {
        let view = texts.views()[row];
        let number = match last {
            Some((known, number)) if known == view => number,
            _ => attribute.number(texts.value(row), Some(rows.place(cell))),
        };
        last = (number != LEFT_OUT).then_some((view, number));
        attribute.count(number, cell, rows);
    }
}

fn ints(attribute: &mut Attribute, ints: &Int64Array, rows: &Rows<'_>) {
    let mut last: Option<(i64, u32)> = None;
    for (row, cell) in rows.each().filter(|(row, _)| ints.is_valid(*row)) {
        let int = ints.value(row);
        let number = match last {
            Some((known, number)) if known == int => number,
            _ => attribute.number(&int.to_string(), Some(rows.place(cell))),
        };
        last = (number != LEFT_OUT).then_some((int, number));
        attribute.count(number, cell, rows);
    }
}

fn words(attribute: &mut Attribute, codes: &Int32Array, rows: &Rows<'_>, word: fn(i32) -> &'static str) {
    let mut last: Option<(i32, u32)> = None;
    for (row, cell) in rows.each() {
        let code = codes.value(row);
        let number = match last {
            Some((known, number)) if known == code => number,
            _ => attribute.number(word(code), Some(rows.place(cell))),
        };
        last = (number != LEFT_OUT).then_some((code, number));
        attribute.count(number, cell, rows);
    }
}

/// Counts by code what is then looked up once.
fn codes<'a>(
    attribute: &mut Attribute,
    coded: &'a DictionaryArray<UInt32Type>,
    rows: &Rows<'_>,
    text: impl Fn(usize) -> Cow<'a, str>,
) {
    let (codes, values, cells) = (coded.keys().values(), coded.values(), rows.cells());
    if let [first, rest @ ..] = &**codes
        && rest.iter().all(|code| code == first)
        && coded.keys().null_count() == 0
    {
        if values.is_valid(*first as usize) {
            attribute.add(&text(*first as usize), rows.by_cell(), rows);
        }
        return;
    }
    let has_value = |row: usize| coded.keys().is_valid(row) && values.is_valid(codes[row] as usize);
    let mut numbers = attribute.numbers_of(values);
    if values.len().saturating_mul(cells) <= COUNTS_PER_ROW * codes.len() && coded.keys().null_count() == 0 {
        let mut counts = vec![0; values.len() * cells];
        rows.each().for_each(|(row, cell)| counts[codes[row] as usize * cells + cell] += 1);
        for (code, counts) in counts.chunks(cells).enumerate() {
            if values.is_valid(code) && counts.iter().any(|count| *count > 0) {
                if numbers[code] == LEFT_OUT {
                    numbers[code] = attribute.number_of_all(&text(code), counts, rows);
                }
                attribute.add_to(numbers[code], counts, rows);
            }
        }
    } else {
        for (row, cell) in rows.each().filter(|(row, _)| has_value(*row)) {
            let code = codes[row] as usize;
            if numbers[code] == LEFT_OUT {
                numbers[code] = attribute.number(&text(code), Some(rows.place(cell)));
            }
            attribute.count(numbers[code], cell, rows);
        }
    }
    // Rows with a code of their own each do not share their values with other batches.
    if codes.windows(2).any(|pair| pair[1] != pair[0] + 1) {
        attribute.keep_numbers_of(values, numbers);
    }
}

use std::cell::RefCell;
use std::ops::Range;

use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::errors::ParquetError;

use super::bits::{Hybrid, Numbers, take};
use super::header::PageHeader;
use super::lists::Lists;
use super::{damaged, delta, header, lists};

const DATA_PAGE: i64 = 0;
const DICTIONARY_PAGE: i64 = 2;
const PLAIN: i64 = Encoding::PLAIN as i64;
const PLAIN_DICTIONARY: i64 = Encoding::PLAIN_DICTIONARY as i64;
const RLE_DICTIONARY: i64 = Encoding::RLE_DICTIONARY as i64;
const DELTA_BINARY_PACKED: i64 = Encoding::DELTA_BINARY_PACKED as i64;
/// What one page may become; ours have a mebibyte or little more, unless one text is longer.
const PAGE_BYTES_MAX: i64 = 1 << 30;
/// Entries of the maps of a page, of which ours have some hundred thousand at most, unless one row has more: levels can say that there
/// are any number in few bytes.
const ENTRIES_MAX: usize = 1 << 24;

/// Of so many rows at most one is wanted in a page that is not decoded as a whole.
const SPARSE: usize = 32;
/// In a longer page codes are unpacked even where few are looked at: to find one means to count what has a value before it.
const FEW_OF_MAX: usize = 1 << 16;

/// What a column of numbers or texts is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf {
    pub physical: Type,
    /// The greatest definition level: what a value that is there has.
    pub def_max: u32,
    /// Of a part of a map: the definition level from which on there is an entry.
    pub entry_def: Option<u32>,
}

/// Values by row, or by entry.
#[derive(Debug)]
pub(super) enum Values {
    /// None has a value.
    Null,
    /// Into the dictionary; what its length says has no value.
    Codes(Numbers),
    /// The same, where few are looked at.
    FewCodes(FewCodes),
    Ints {
        values: ScalarBuffer<i64>,
        valid: Option<NullBuffer>,
    },
    Texts(Texts),
}

/// Codes that were not unpacked.
#[derive(Debug)]
pub(super) struct FewCodes {
    /// Of the values that are there.
    codes: Numbers,
    valid: Option<NullBuffer>,
    dictionary_len: usize,
}

impl FewCodes {
    /// All of them, of which there are `len`; what is in no dictionary stays so.
    pub fn each(&self, len: usize) -> Vec<u32> {
        match &self.valid {
            Some(valid) => {
                spread(&self.codes.each(valid.len() - valid.null_count()), valid, self.dictionary_len as u32)
            }
            None => self.codes.each(len).into_owned(),
        }
    }

    /// As [`Values::Codes`] have it.
    pub fn get(&self, i: usize) -> Result<u32, ParquetError> {
        let place = match &self.valid {
            Some(valid) if valid.is_null(i) => return Ok(self.dictionary_len as u32),
            Some(valid) => valid.inner().slice(0, i).count_set_bits(),
            None => i,
        };
        let code = self.codes.get(place);
        if code as usize >= self.dictionary_len {
            return Err(damaged("a code that is not in its dictionary"));
        }
        Ok(code)
    }
}

/// Texts in a page's bytes.
#[derive(Debug)]
pub(super) struct Texts {
    bytes: Bytes,
    /// Where each is; `None` for what has no value.
    places: Vec<Option<(u32, u32)>>,
}

impl Texts {
    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn get(&self, i: usize) -> Result<Option<&str>, ParquetError> {
        let Some((start, end)) = self.places[i] else { return Ok(None) };
        let text = std::str::from_utf8(&self.bytes[start as usize..end as usize]);
        text.map(Some).map_err(|_| damaged("a text that is not UTF-8"))
    }
}

/// A page of values.
#[derive(Debug)]
pub(super) struct Page {
    /// Of the row group.
    pub rows: Range<usize>,
    /// Rows, or entries.
    pub len: usize,
    pub lists: Option<Lists>,
    pub values: Values,
}

impl Page {
    /// What its numbers take in memory.
    pub fn bytes(&self) -> usize {
        match &self.values {
            Values::Ints { values, valid } => {
                values.inner().capacity() + valid.as_ref().map_or(0, |valid| valid.buffer().capacity())
            }
            _ => 0,
        }
    }
}

/// The dictionary of a column.
#[derive(Debug)]
pub(super) enum Dictionary {
    Ints(Vec<i64>),
    Texts(Texts),
}

impl Dictionary {
    pub fn len(&self) -> usize {
        match self {
            Self::Ints(ints) => ints.len(),
            Self::Texts(texts) => texts.len(),
        }
    }
}

/// The dictionary that the bytes begin with.
pub(super) fn dictionary(bytes: &[u8], physical: Type) -> Result<Dictionary, ParquetError> {
    let (header, bytes) = unpacked(bytes)?;
    if header.kind != DICTIONARY_PAGE || ![PLAIN, PLAIN_DICTIONARY].contains(&header.encoding) {
        return Err(damaged("no dictionary where the file says that one is"));
    }
    let count = count(&header)?;
    match physical {
        Type::BYTE_ARRAY => Ok(Dictionary::Texts(texts(bytes, 0, count)?)),
        _ => Ok(Dictionary::Ints(plain_ints(&bytes, physical, count)?)),
    }
}

/// The page that the bytes begin with. `dictionary_len` is the length of the column's dictionary; so many of its rows are `wanted`.
pub(super) fn page(
    bytes: &[u8],
    leaf: Leaf,
    rows: Range<usize>,
    dictionary_len: usize,
    wanted: usize,
) -> Result<Page, ParquetError> {
    let sparse = wanted * SPARSE < rows.len();
    let (header, bytes) = unpacked(bytes)?;
    if header.kind != DATA_PAGE {
        return Err(damaged("no data where the file says that some is"));
    }
    let count = count(&header)?;
    // Before memory is taken for them.
    if leaf.entry_def.map_or(count != rows.len(), |_| count > ENTRIES_MAX) {
        return Err(damaged("another number of values than the file says"));
    }
    let mut rest: &[u8] = &bytes;
    let (lists, valid) = match leaf.entry_def {
        Some(entry_def) => {
            let repeats = repeats(&mut rest, count)?;
            let (lists, valid) = if wanted <= lists::FEW_ROWS_MAX && lists::reads(leaf.def_max) {
                let defs = level_runs(&mut rest, leaf.def_max)?;
                lists::few(&repeats, defs, (entry_def, leaf.def_max), count)?
            } else {
                let (lists, defs) = lists::each(&repeats, levels(&mut rest, leaf.def_max, count)?, entry_def, count)?;
                let valid = valid(&defs, leaf.def_max, lists.entries());
                (lists, valid)
            };
            (Some(lists), valid)
        }
        None => (None, valid_rows(&mut rest, leaf.def_max, count)?),
    };
    if lists.as_ref().is_some_and(|lists| lists.rows() != rows.len()) {
        return Err(damaged("another number of rows than the file says"));
    }
    let len = lists.as_ref().map_or(count, Lists::entries);
    let present = valid.as_ref().map_or(len, |valid| len - valid.null_count());
    if present == 0 {
        return Ok(Page { rows, len, lists, values: Values::Null });
    }
    let values = match (header.encoding, leaf.physical) {
        (PLAIN_DICTIONARY | RLE_DICTIONARY, _) if sparse && len <= FEW_OF_MAX => {
            let start = bytes.len() - rest.len();
            Values::FewCodes(FewCodes { codes: sparse_codes(&bytes.slice(start..), present)?, valid, dictionary_len })
        }
        (PLAIN_DICTIONARY | RLE_DICTIONARY, _) => Values::Codes(codes(rest, present, valid.as_ref(), dictionary_len)?),
        (PLAIN, Type::BYTE_ARRAY) => {
            let start = bytes.len() - rest.len();
            let mut texts = texts(bytes, start, present)?;
            if let Some(valid) = valid {
                let mut places = vec![None; len];
                valid.valid_indices().zip(texts.places).for_each(|(at, place)| places[at] = place);
                texts.places = places;
            }
            Values::Texts(texts)
        }
        (PLAIN, Type::INT64) if valid.is_none() => {
            let start = bytes.len() - rest.len();
            Values::Ints { values: words(&bytes.slice(start..), len)?, valid: None }
        }
        (PLAIN, physical) => ints(plain_ints(rest, physical, present)?, valid, len),
        (DELTA_BINARY_PACKED, Type::INT32 | Type::INT64) => ints(delta_ints(rest, leaf.physical, present)?, valid, len),
        _ => return Err(damaged("an encoding that Spanloom does not write")),
    };
    Ok(Page { rows, len, lists, values })
}

fn count(header: &PageHeader) -> Result<usize, ParquetError> {
    usize::try_from(header.values).map_err(|_| damaged("a number of values below zero"))
}

/// A page's header and its bytes, decompressed.
fn unpacked(bytes: &[u8]) -> Result<(PageHeader, Bytes), ParquetError> {
    thread_local! {
        static ZSTD: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
    }
    let header = header::read(bytes)?;
    let length = usize::try_from(header.compressed_bytes).map_err(|_| damaged("a size below zero"))?;
    let packed = bytes.get(header.header_bytes..).and_then(|bytes| bytes.get(..length));
    let packed = packed.ok_or_else(|| damaged("it is longer than the file says"))?;
    if !(0..=PAGE_BYTES_MAX).contains(&header.uncompressed_bytes) {
        return Err(damaged("a size that no page has"));
    }
    let size = header.uncompressed_bytes as usize;
    let unpacked = if size == 0 {
        Vec::new()
    } else {
        ZSTD.with_borrow_mut(|zstd| match zstd {
            Some(zstd) => zstd.decompress(packed, size),
            None => zstd.insert(zstd::bulk::Decompressor::new()?).decompress(packed, size),
        })?
    };
    if unpacked.len() != size {
        return Err(damaged("another size than its header says"));
    }
    Ok((header, Bytes::from(unpacked)))
}

/// Levels of version 1: their length in four bytes, then runs.
fn level_runs<'a>(bytes: &mut &'a [u8], max: u32) -> Result<Hybrid<'a>, ParquetError> {
    let length = take(bytes, 4)?;
    let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]);
    Hybrid::new(take(bytes, length as usize)?, u32::BITS - max.leading_zeros())
}

fn levels(bytes: &mut &[u8], max: u32, count: usize) -> Result<Numbers, ParquetError> {
    if max == 0 {
        return Ok(Numbers::Same(0));
    }
    let runs = level_runs(bytes, max)?;
    if count == 0 { Ok(Numbers::Same(0)) } else { runs.numbers(count) }
}

/// Which rows have a value; `None` if all have.
fn valid_rows(bytes: &mut &[u8], def_max: u32, count: usize) -> Result<Option<NullBuffer>, ParquetError> {
    if def_max != 1 {
        return Ok(valid(&levels(bytes, def_max, count)?, def_max, count));
    }
    let valid = NullBuffer::new(level_runs(bytes, def_max)?.bits(count)?);
    Ok((valid.null_count() > 0).then_some(valid))
}

/// Which levels go on with the row of the one before.
fn repeats(bytes: &mut &[u8], count: usize) -> Result<BooleanBuffer, ParquetError> {
    let runs = level_runs(bytes, 1)?;
    if count == 0 { Ok(BooleanBuffer::new_unset(0)) } else { runs.bits(count) }
}

/// Which values are there; `None` if all are.
fn valid(defs: &Numbers, def_max: u32, len: usize) -> Option<NullBuffer> {
    if let Numbers::Same(def) = defs {
        return (*def != def_max).then(|| NullBuffer::new_null(len));
    }
    let defs = defs.each(len);
    let valid = NullBuffer::new(BooleanBuffer::collect_bool(len, |i| defs[i] == def_max));
    (valid.null_count() > 0).then_some(valid)
}

fn codes(
    mut bytes: &[u8],
    present: usize,
    valid: Option<&NullBuffer>,
    dictionary_len: usize,
) -> Result<Numbers, ParquetError> {
    let width = take(&mut bytes, 1)?[0];
    let numbers = Hybrid::new(bytes, u32::from(width))?.numbers(present)?;
    if numbers.greatest() as usize >= dictionary_len {
        return Err(damaged("a code that is not in its dictionary"));
    }
    let Some(valid) = valid else { return Ok(numbers) };
    Ok(Numbers::Each(spread(&numbers.each(present), valid, dictionary_len as u32).into()))
}

/// Codes of what has a value, and another one for what has none.
fn spread(mut codes: &[u32], valid: &NullBuffer, null: u32) -> Vec<u32> {
    let mut spread = vec![null; valid.len()];
    for (start, end) in valid.inner().set_slices() {
        let (these, rest) = codes.split_at(end - start);
        spread[start..end].copy_from_slice(these);
        codes = rest;
    }
    spread
}

/// Codes of which few are looked at.
fn sparse_codes(bytes: &Bytes, count: usize) -> Result<Numbers, ParquetError> {
    let width = *bytes.first().ok_or_else(|| damaged("it ends early"))?;
    Hybrid::new(&bytes[1..], u32::from(width))?.runs(&bytes.slice(1..), count)
}

fn ints(present: Vec<i64>, valid: Option<NullBuffer>, len: usize) -> Values {
    let Some(valid) = valid else { return Values::Ints { values: present.into(), valid: None } };
    let mut values = vec![0; len];
    valid.valid_indices().zip(present).for_each(|(at, value)| values[at] = value);
    Values::Ints { values: values.into(), valid: Some(valid) }
}

fn delta_ints(bytes: &[u8], physical: Type, count: usize) -> Result<Vec<i64>, ParquetError> {
    let mut values = delta::ints(bytes, count)?;
    if values.len() != count {
        return Err(damaged("fewer numbers than its header says"));
    }
    if physical == Type::INT32 {
        values.iter_mut().for_each(|value| *value = i64::from(*value as i32));
    }
    Ok(values)
}

/// Numbers of 64 bits, where they lie if memory can be read so.
fn words(bytes: &Bytes, count: usize) -> Result<ScalarBuffer<i64>, ParquetError> {
    let in_place = count.checked_mul(8).is_some_and(|length| length <= bytes.len());
    if in_place && cfg!(target_endian = "little") && bytes.as_ptr().cast::<i64>().is_aligned() {
        return Ok(ScalarBuffer::new(Buffer::from(bytes.clone()), 0, count));
    }
    Ok(plain_ints(bytes, Type::INT64, count)?.into())
}

fn plain_ints(bytes: &[u8], physical: Type, count: usize) -> Result<Vec<i64>, ParquetError> {
    let width = match physical {
        Type::INT64 => 8,
        Type::INT32 => 4,
        _ => return Err(damaged("numbers of a type that Spanloom does not write")),
    };
    let bytes = count.checked_mul(width).and_then(|length| bytes.get(..length));
    let bytes = bytes.ok_or_else(|| damaged("it ends early"))?;
    Ok(if width == 8 {
        bytes.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect()
    } else {
        bytes.as_chunks().0.iter().map(|bytes| i64::from(i32::from_le_bytes(*bytes))).collect()
    })
}

/// `count` texts from `start` on, each after its length in four bytes.
fn texts(bytes: Bytes, start: usize, count: usize) -> Result<Texts, ParquetError> {
    let mut places = Vec::with_capacity(count.min(bytes.len()));
    let mut at = start;
    for _ in 0..count {
        let length = bytes.get(at..).and_then(|rest| rest.first_chunk());
        let length = u32::from_le_bytes(*length.ok_or_else(|| damaged("it ends early"))?) as usize;
        let end = (at + 4).saturating_add(length);
        if end > bytes.len() {
            return Err(damaged("a text that ends after it"));
        }
        places.push(Some(((at + 4) as u32, end as u32)));
        at = end;
    }
    Ok(Texts { bytes, places })
}

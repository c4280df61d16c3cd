use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayBuilder as _, ArrayRef, BooleanArray, BooleanBufferBuilder, DictionaryArray, Int32Array,
    Int64Array, MapArray, StringViewBuilder, StructArray, UInt32Array, new_null_array,
};
use arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::{cast, concat, take};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use parquet::errors::ParquetError;

use super::bits::Numbers;
use super::coded::Coder;
use super::decode::{Dictionary, Page, Values};
use super::lists::Lists;

/// A column of numbers or texts, or of keys or values of maps, of those pages of a row group that are wanted.
#[derive(Debug)]
pub struct Column {
    data_type: DataType,
    /// Rows of the row group.
    rows: usize,
    /// The different values, and at the end one that is null.
    distinct: ArrayRef,
    pages: Vec<Arc<Page>>,
}

impl Column {
    /// `data_type` is `Int64`, `Int32`, `Utf8View` or `Utf8`.
    pub(super) fn new(
        data_type: DataType,
        rows: usize,
        dictionary: Option<&Dictionary>,
        pages: Vec<Arc<Page>>,
    ) -> Result<Self, ParquetError> {
        let distinct = match dictionary {
            None => new_null_array(&data_type, 1),
            Some(Dictionary::Ints(ints)) => {
                let values: Vec<i64> = ints.iter().copied().chain([0]).collect();
                let valid = NullBuffer::new(BooleanBuffer::collect_bool(ints.len() + 1, |i| i < ints.len()));
                numbers(&data_type, values.into(), Some(valid))
            }
            Some(Dictionary::Texts(found)) => {
                texts(&data_type, (0..found.len()).map(|i| found.get(i)).chain([Ok(None)]))?
            }
        };
        Ok(Self { data_type, rows, distinct, pages })
    }

    /// The different values that its dictionary has.
    pub(super) fn distinct(&self) -> ArrayRef {
        self.distinct.slice(0, self.distinct.len() - 1)
    }

    /// The rows for which a condition on the column alone is true, of the pages that are there. `of` says which of some values fulfil
    /// it; it is asked once of the dictionary and once of each page that has none.
    ///
    /// # Errors
    /// Those of `of`, and what is wrong with the page.
    pub fn truths<E: From<ParquetError>>(
        &self,
        mut of: impl FnMut(&ArrayRef) -> Result<BooleanArray, E>,
    ) -> Result<BooleanBuffer, E> {
        let mut by_code: Option<Vec<bool>> = None;
        let mut truths = BooleanBufferBuilder::new(self.rows);
        for page in &self.pages {
            truths.append_n(page.rows.start - truths.len(), false);
            self.add_truths(page, &mut by_code, &mut of, &mut truths)?;
        }
        truths.append_n(self.rows - truths.len(), false);
        Ok(truths.finish())
    }

    /// Adds a truth for each value of a page. `by_code` is made when it is first needed.
    fn add_truths<E: From<ParquetError>>(
        &self,
        page: &Page,
        by_code: &mut Option<Vec<bool>>,
        of: &mut impl FnMut(&ArrayRef) -> Result<BooleanArray, E>,
        truths: &mut BooleanBufferBuilder,
    ) -> Result<(), E> {
        if matches!(page.values, Values::Null | Values::Codes(_) | Values::FewCodes(_)) && by_code.is_none() {
            let table = of(&self.distinct)?;
            *by_code = Some((0..table.len()).map(|i| table.is_valid(i) && table.value(i)).collect());
        }
        let table = by_code.as_deref().unwrap_or_default();
        match &page.values {
            Values::Null => truths.append_n(page.len, table.last().copied().unwrap_or_default()),
            Values::Codes(Numbers::Same(code)) => {
                truths.append_n(page.len, table.get(*code as usize).copied().ok_or_else(unknown_code)?)
            }
            Values::Codes(codes) => {
                let codes = codes.each(page.len);
                truths.append_buffer(&BooleanBuffer::collect_bool(codes.len(), |i| table[codes[i] as usize]));
            }
            Values::FewCodes(codes) => {
                for code in codes.each(page.len) {
                    truths.append(table.get(code as usize).copied().ok_or_else(unknown_code)?);
                }
            }
            Values::Ints { values, valid } => {
                let found = of(&numbers(&self.data_type, values.clone(), valid.clone()))?;
                truths.append_buffer(&true_values(&found));
            }
            Values::Texts(found) => {
                let values = texts(&self.data_type, (0..page.len).map(|i| found.get(i)))?;
                truths.append_buffer(&true_values(&of(&values)?));
            }
        }
        Ok(())
    }

    /// The rows whose maps have an entry of which both are true, of the pages that are there of both. `keys` and `values` are the two
    /// columns of one map; which of some keys and of some values are meant is asked as for [`Self::truths`].
    ///
    /// # Errors
    /// Those of what is asked, and what is wrong with a page.
    pub fn rows_with_entry<E: From<ParquetError>>(
        keys: &Self,
        values: &Self,
        mut is_key: impl FnMut(&ArrayRef) -> Result<BooleanArray, E>,
        mut is_value: impl FnMut(&ArrayRef) -> Result<BooleanArray, E>,
    ) -> Result<BooleanBuffer, E> {
        let (mut keys_by_code, mut values_by_code) = (None, None);
        let mut rows = BooleanBufferBuilder::new(keys.rows);
        let mut of_values = values.pages.iter();
        let mut at_values: Option<(&Page, Cow<'_, [u32]>, BooleanBuffer)> = None;
        for page in &keys.pages {
            rows.append_n(page.rows.end - rows.len(), false);
            let offsets = lists_of(page)?.offsets();
            let mut found = BooleanBufferBuilder::new(page.len);
            keys.add_truths(page, &mut keys_by_code, &mut is_key, &mut found)?;
            let mut row = 0;
            let found = found.finish();
            for entry in found.set_indices() {
                row += offsets[row + 1..].partition_point(|end| *end as usize <= entry);
                let place = entry - offsets[row] as usize;
                let row_of_group = page.rows.start + row;
                while at_values.as_ref().is_none_or(|(page, ..)| page.rows.end <= row_of_group) {
                    let Some(next) = of_values.next() else { return Ok(padded(rows, keys.rows)) };
                    let mut truths = BooleanBufferBuilder::new(next.len);
                    values.add_truths(next, &mut values_by_code, &mut is_value, &mut truths)?;
                    at_values = Some((next, lists_of(next)?.offsets(), truths.finish()));
                }
                let Some((page, offsets, truths)) = &at_values else { continue };
                // Rows of pages that are missing are not wanted.
                let Some(row) = row_of_group.checked_sub(page.rows.start) else { continue };
                let entry = offsets[row] as usize + place;
                if entry >= offsets[row + 1] as usize {
                    return Err(super::damaged("a map with more keys than values").into());
                }
                if truths.value(entry) {
                    rows.set_bit(row_of_group, true);
                }
            }
        }
        Ok(padded(rows, keys.rows))
    }

    /// True if no row of the pages that are there has a value, or a map.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        let has_map = |page: &Page| page.lists.as_ref().is_some_and(Lists::has_any_map);
        self.pages.iter().all(|page| matches!(page.values, Values::Null) && !has_map(page))
    }

    /// The values of the wanted rows among `rows`, all of which are of pages that are there.
    ///
    /// # Errors
    /// What is wrong with the page.
    pub fn take(&self, wanted: &BooleanBuffer, rows: &Range<usize>) -> Result<ArrayRef, ParquetError> {
        match self.whole(wanted, rows) {
            Some((Values::Codes(Numbers::Each(codes)), of_page)) => {
                self.of_codes(UInt32Array::new(codes.slice(of_page.start, of_page.len()), None))
            }
            Some((Values::Ints { values, valid }, of_page)) => {
                let valid = valid.as_ref().map(|valid| valid.slice(of_page.start, of_page.len()));
                let values = values.slice(of_page.start, of_page.len());
                Ok(numbers(&self.data_type, values, valid.filter(|valid| valid.null_count() > 0)))
            }
            _ => self.taken(wanted, rows)?.finish(),
        }
    }

    /// The same values as [`coded_type`](super::coded_type): what stands in a dictionary is not made once a row.
    ///
    /// # Errors
    /// What is wrong with the page.
    pub fn take_codes(&self, wanted: &BooleanBuffer, rows: &Range<usize>) -> Result<ArrayRef, ParquetError> {
        match self.whole(wanted, rows) {
            Some((Values::Codes(Numbers::Each(codes)), of_page)) => {
                coded(codes.slice(of_page.start, of_page.len()), &self.distinct)
            }
            _ => self.taken(wanted, rows)?.finish_coded(),
        }
    }

    /// The values of a page and where in it the rows are, if they are of one page, and all of them are wanted.
    fn whole(&self, wanted: &BooleanBuffer, rows: &Range<usize>) -> Option<(&Values, Range<usize>)> {
        let mut pages = self.pages_of(rows);
        let (Some((page, of_page)), None) = (pages.next(), pages.next()) else { return None };
        let is_whole =
            of_page.len() == rows.len() && wanted.slice(rows.start, rows.len()).count_set_bits() == rows.len();
        is_whole.then_some((&page.values, of_page))
    }

    /// The values of codes.
    fn of_codes(&self, codes: UInt32Array) -> Result<ArrayRef, ParquetError> {
        let values = self.distinct.len() - 1;
        // An entry that is null would cost a bit for each row that says which has a value.
        let has_null = codes.values().iter().copied().max().is_none_or(|greatest| greatest as usize >= values);
        let distinct = if has_null { &self.distinct } else { &self.distinct.slice(0, values) };
        take(distinct, &codes, None).map_err(unmade)
    }

    /// Where each of the pages that are there ends, in rows: codes of whole pages are taken as they are.
    pub fn page_ends(&self) -> impl Iterator<Item = usize> {
        self.pages.iter().map(|page| page.rows.end)
    }

    fn taken(&self, wanted: &BooleanBuffer, rows: &Range<usize>) -> Result<Taken<'_>, ParquetError> {
        let mut taken = Taken::new(self);
        for (page, rows) in self.pages_of(rows) {
            for (start, end) in wanted.slice(page.rows.start + rows.start, rows.len()).set_slices() {
                taken.extend(page, rows.start + start, rows.start + end)?;
            }
        }
        Ok(taken)
    }

    /// The pages that have some of the rows, and which of their own rows these are.
    fn pages_of(&self, rows: &Range<usize>) -> impl Iterator<Item = (&Page, Range<usize>)> {
        let (start, end) = (rows.start, rows.end);
        self.pages.iter().filter_map(move |page| {
            let (first, last) = (page.rows.start.max(start), page.rows.end.min(end));
            (first < last).then(|| (&**page, first - page.rows.start..last - page.rows.start))
        })
    }

    /// The maps of the wanted rows among `rows`, all of which are of pages that are there. `keys` and `values` are the two columns of
    /// one map of this type, which may be [coded](super::coded_type).
    ///
    /// # Errors
    /// What is wrong with a page.
    pub fn take_maps(
        keys: &Self,
        values: &Self,
        wanted: &BooleanBuffer,
        rows: &Range<usize>,
        map: &DataType,
    ) -> Result<ArrayRef, ParquetError> {
        let DataType::Map(field, _) = map else {
            return Err(ParquetError::General(format!("{map} is no map")));
        };
        let DataType::Struct(fields) = field.data_type() else {
            return Err(ParquetError::General(format!("{map} has no entries")));
        };
        let (taken_keys, offsets, valid) = keys.take_entries(wanted, rows)?;
        let (taken_values, value_offsets, _) = values.take_entries(wanted, rows)?;
        if offsets != value_offsets {
            return Err(super::damaged("a map with more keys than values"));
        }
        let is_coded = fields.iter().any(|field| matches!(field.data_type(), DataType::Dictionary(..)));
        let (key_array, value_array) = match is_coded {
            true => (taken_keys.finish_coded()?, taken_values.finish_coded()?),
            false => (taken_keys.finish()?, taken_values.finish()?),
        };
        let offsets = OffsetBuffer::new(offsets.into());
        StructArray::try_new(fields.clone(), vec![key_array, value_array], None)
            .and_then(|entries| MapArray::try_new(Arc::clone(field), offsets, entries, valid, false))
            .map(|maps| Arc::new(maps) as ArrayRef)
            .map_err(unmade)
    }

    fn take_entries(
        &self,
        wanted: &BooleanBuffer,
        rows: &Range<usize>,
    ) -> Result<(Taken<'_>, Vec<i32>, Option<NullBuffer>), ParquetError> {
        let mut taken = Taken::new(self);
        let (mut offsets, mut valid) = (vec![0], BooleanBufferBuilder::new(0));
        let mut entries = 0;
        for (page, rows) in self.pages_of(rows) {
            let lists = lists_of(page)?;
            for (start, end) in wanted.slice(page.rows.start + rows.start, rows.len()).set_slices() {
                let (start, end) = (rows.start + start, rows.start + end);
                let all = lists.of_rows(&(start..end));
                lists.append_to(&(start..end), entries - all.start as i32, &mut offsets, &mut valid);
                entries += all.len() as i32;
                taken.extend(page, all.start, all.end)?;
            }
        }
        let valid = NullBuffer::new(valid.finish());
        Ok((taken, offsets, (valid.null_count() > 0).then_some(valid)))
    }
}

/// Values that are put together.
struct Taken<'a> {
    column: &'a Column,
    /// What is finished: of columns in which some pages have no dictionary.
    pieces: Vec<ArrayRef>,
    codes: Vec<u32>,
    ints: Vec<i64>,
    valid: BooleanBufferBuilder,
    texts: StringViewBuilder,
}

impl<'a> Taken<'a> {
    fn new(column: &'a Column) -> Self {
        Self {
            column,
            pieces: Vec::new(),
            codes: Vec::new(),
            ints: Vec::new(),
            valid: BooleanBufferBuilder::new(0),
            texts: StringViewBuilder::new(),
        }
    }

    /// Adds values of a page, by their places in it.
    fn extend(&mut self, page: &Page, start: usize, end: usize) -> Result<(), ParquetError> {
        match &page.values {
            Values::Null | Values::Codes(_) | Values::FewCodes(_) => self.finish_plain()?,
            Values::Ints { .. } | Values::Texts(_) => self.finish_codes()?,
        }
        match &page.values {
            Values::Null => {
                let null = (self.column.distinct.len() - 1) as u32;
                self.codes.resize(self.codes.len() + end - start, null);
            }
            Values::Codes(Numbers::Same(code)) if *code as usize + 1 >= self.column.distinct.len() => {
                return Err(unknown_code());
            }
            Values::Codes(Numbers::Same(code)) => self.codes.resize(self.codes.len() + end - start, *code),
            Values::Codes(Numbers::Each(codes)) => self.codes.extend_from_slice(&codes[start..end]),
            Values::Codes(codes @ Numbers::Runs(_)) => self.codes.extend((start..end).map(|i| codes.get(i))),
            Values::FewCodes(codes) => {
                for i in start..end {
                    self.codes.push(codes.get(i)?);
                }
            }
            Values::Ints { values, valid } => {
                self.ints.extend_from_slice(&values[start..end]);
                match valid {
                    Some(valid) => self.valid.append_buffer(&valid.inner().slice(start, end - start)),
                    None => self.valid.append_n(end - start, true),
                }
            }
            Values::Texts(texts) => {
                for i in start..end {
                    self.texts.append_option(texts.get(i)?);
                }
            }
        }
        Ok(())
    }

    fn finish_codes(&mut self) -> Result<(), ParquetError> {
        if !self.codes.is_empty() {
            let codes = UInt32Array::from(std::mem::take(&mut self.codes));
            self.pieces.push(self.column.of_codes(codes)?);
        }
        Ok(())
    }

    fn finish_plain(&mut self) -> Result<(), ParquetError> {
        if !self.ints.is_empty() {
            let valid = NullBuffer::new(self.valid.finish());
            let ints = std::mem::take(&mut self.ints);
            self.pieces.push(numbers(&self.column.data_type, ints.into(), (valid.null_count() > 0).then_some(valid)));
        }
        let texts: ArrayRef = Arc::new(self.texts.finish());
        if !texts.is_empty() {
            self.pieces.push(of_type(texts, &self.column.data_type)?);
        }
        Ok(())
    }

    fn finish_coded(mut self) -> Result<ArrayRef, ParquetError> {
        if self.pieces.is_empty() && self.ints.is_empty() && self.texts.is_empty() {
            return coded(std::mem::take(&mut self.codes).into(), &self.column.distinct);
        }
        Ok(Coder::default().each(&self.finish()?))
    }

    fn finish(mut self) -> Result<ArrayRef, ParquetError> {
        self.finish_codes()?;
        self.finish_plain()?;
        match self.pieces.as_slice() {
            [] => Ok(new_null_array(&self.column.data_type, 0)),
            [one] => Ok(Arc::clone(one)),
            several => {
                let several: Vec<_> = several.iter().map(AsRef::as_ref).collect();
                concat(&several).map_err(unmade)
            }
        }
    }
}

fn lists_of(page: &Page) -> Result<&Lists, ParquetError> {
    page.lists.as_ref().ok_or_else(|| super::damaged("a map without levels"))
}

fn padded(mut rows: BooleanBufferBuilder, len: usize) -> BooleanBuffer {
    rows.append_n(len - rows.len(), false);
    rows.finish()
}

fn coded(codes: ScalarBuffer<u32>, values: &ArrayRef) -> Result<ArrayRef, ParquetError> {
    let coded = DictionaryArray::try_new(UInt32Array::new(codes, None), Arc::clone(values));
    coded.map(|coded| Arc::new(coded) as ArrayRef).map_err(unmade)
}

/// An array that cannot be made of what pages say.
fn unmade(error: ArrowError) -> ParquetError {
    ParquetError::ArrowError(error.to_string())
}

fn unknown_code() -> ParquetError {
    super::damaged("a code that is not in its dictionary")
}

fn numbers(data_type: &DataType, values: ScalarBuffer<i64>, valid: Option<NullBuffer>) -> ArrayRef {
    match data_type {
        DataType::Int32 => {
            let values: Vec<i32> = values.iter().map(|value| *value as i32).collect();
            Arc::new(Int32Array::new(values.into(), valid))
        }
        _ => Arc::new(Int64Array::new(values, valid)),
    }
}

fn texts<'a>(
    data_type: &DataType,
    texts: impl Iterator<Item = Result<Option<&'a str>, ParquetError>>,
) -> Result<ArrayRef, ParquetError> {
    let mut builder = StringViewBuilder::new();
    for text in texts {
        builder.append_option(text?);
    }
    of_type(Arc::new(builder.finish()), data_type)
}

/// Texts as one of the two types that columns have in memory.
fn of_type(texts: ArrayRef, data_type: &DataType) -> Result<ArrayRef, ParquetError> {
    if texts.data_type() == data_type {
        return Ok(texts);
    }
    cast(&texts, data_type).map_err(unmade)
}

/// The values that are there and true.
fn true_values(truths: &BooleanArray) -> BooleanBuffer {
    match truths.nulls() {
        Some(valid) => truths.values() & valid.inner(),
        None => truths.values().clone(),
    }
}

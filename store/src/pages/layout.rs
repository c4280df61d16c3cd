use std::ops::Range;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::DataType;
use bytes::Bytes;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::basic::{Encoding, Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::PageLocation;
use parquet::schema::types::ColumnDescriptor;

use super::cache::FilePages;
use super::column::Column;
use super::damaged;
use super::decode::{self, Leaf, Page};

/// A row group of a file.
#[derive(Debug, Clone)]
pub struct Layout {
    metadata: Arc<ParquetMetaData>,
    group: usize,
    kept: Option<FilePages>,
}

/// What a file says of the numbers of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageBounds {
    /// The least and the greatest; `None` if no row has one.
    pub range: Option<(i64, i64)>,
    /// False if every row has one.
    pub may_lack: bool,
}

/// A column of numbers or texts in a file, or one of the two of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its number among all such columns of the file.
    leaf: usize,
    data_type: DataType,
    encoded: Leaf,
}

impl Layout {
    /// A row group of a file whose metadata has offsets of pages.
    #[must_use]
    pub fn new(metadata: Arc<ParquetMetaData>, group: usize) -> Self {
        Self { metadata, group, kept: None }
    }

    /// The same, of whose file pages are kept.
    #[must_use]
    pub fn keeping(self, kept: FilePages) -> Self {
        Self { kept: Some(kept), ..self }
    }

    #[must_use]
    pub fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }

    /// Its number in the file.
    #[must_use]
    pub fn group(&self) -> usize {
        self.group
    }

    #[must_use]
    pub fn rows(&self) -> usize {
        usize::try_from(self.metadata.row_group(self.group).num_rows()).unwrap_or_default()
    }

    /// The rows of each page of a column, in their order.
    ///
    /// # Errors
    /// When the file does not say where its pages are.
    pub fn page_rows(&self, place: &Place) -> Result<Vec<Range<usize>>, ParquetError> {
        let starts: Vec<usize> = self.pages(place)?.iter().map(|page| page.first_row_index as usize).collect();
        let ends = starts.iter().skip(1).copied().chain([self.rows()]);
        let rows: Vec<Range<usize>> = starts.iter().zip(ends).map(|(start, end)| *start..end).collect();
        if rows.iter().any(|rows| rows.start > rows.end || rows.end > self.rows()) {
            return Err(damaged("rows that are not in order"));
        }
        Ok(rows)
    }

    /// Bounds of each page of a column of numbers of 64 bits, in their order; `None` if the file does not say them.
    #[must_use]
    pub fn bounds(&self, place: &Place) -> Option<Vec<PageBounds>> {
        let ColumnIndexMetaData::INT64(index) = self.metadata.column_index()?.get(self.group)?.get(place.leaf)? else {
            return None;
        };
        let bounds = |page| PageBounds {
            range: index.min_value(page).copied().zip(index.max_value(page).copied()),
            may_lack: index.null_count(page) != Some(0),
        };
        let pages = self.pages(place).ok()?.len();
        (index.num_pages() == pages as u64).then(|| (0..pages).map(bounds).collect())
    }

    /// Where the bloom filter of a column is, if it has one.
    #[must_use]
    pub fn bloom_filter(&self, place: &Place) -> Option<Range<u64>> {
        let chunk = self.metadata.row_group(self.group).column(place.leaf);
        let start = u64::try_from(chunk.bloom_filter_offset()?).ok()?;
        Some(start..start.checked_add(u64::try_from(chunk.bloom_filter_length()?).ok()?)?)
    }

    fn pages(&self, place: &Place) -> Result<&[PageLocation], ParquetError> {
        let index = self.metadata.offset_index().and_then(|groups| groups.get(self.group)?.get(place.leaf));
        let index = index.ok_or_else(|| damaged("a file that does not say where its pages are"))?;
        Ok(index.page_locations())
    }

    /// What is kept of pages of a column.
    fn kept(&self, place: &Place) -> Option<&FilePages> {
        self.kept.as_ref().filter(|_| FilePages::keeps(place.encoded))
    }

    /// Those pages of a column that some rows need.
    fn needed(&self, place: &Place, wanted: &BooleanBuffer) -> Result<Needed, ParquetError> {
        let chunk = self.metadata.row_group(self.group).column(place.leaf);
        let (start, _) = chunk.byte_range();
        let pages = self.pages(place)?;
        let mut needed = Needed { dictionary: None, pages: Vec::new() };
        for (page, rows) in pages.iter().zip(self.page_rows(place)?) {
            if wanted.slice(rows.start, rows.len()).has_true() {
                let offset = u64::try_from(page.offset).map_err(|_| damaged("a page before its file"))?;
                let length = u64::try_from(page.compressed_page_size).map_err(|_| damaged("a size below zero"))?;
                let kept = self.kept(place).and_then(|kept| kept.get(offset));
                needed.pages.push(NeededPage { rows, bytes: offset..offset + length, kept });
            }
        }
        let first = pages.first().and_then(|page| u64::try_from(page.offset).ok());
        let is_read = needed.pages.iter().any(|page| page.kept.is_none());
        if let Some(first) = first.filter(|first| *first > start && is_read) {
            needed.dictionary = Some(start..first);
        }
        Ok(needed)
    }
}

/// What of a column is needed.
struct Needed {
    /// `None` if no page is read that may need it.
    dictionary: Option<Range<u64>>,
    pages: Vec<NeededPage>,
}

struct NeededPage {
    rows: Range<usize>,
    /// Where it is in the file.
    bytes: Range<u64>,
    kept: Option<Arc<Page>>,
}

impl Needed {
    /// What has to be fetched.
    fn fetched(&self) -> impl Iterator<Item = &Range<u64>> {
        let pages = self.pages.iter().filter(|page| page.kept.is_none()).map(|page| &page.bytes);
        self.dictionary.iter().chain(pages)
    }
}

impl Place {
    /// Where a column of a table is in a file: one of numbers or texts. `None` if the file does not have it, or as something else.
    #[must_use]
    pub fn of_column(metadata: &ParquetMetaData, name: &str, data_type: &DataType) -> Option<Self> {
        let place = Self::find(metadata, &[name], data_type)?;
        place.encoded.entry_def.is_none().then_some(place)
    }

    /// Where the keys and the values of a column of maps from texts to texts are.
    #[must_use]
    pub fn of_map(metadata: &ParquetMetaData, name: &str) -> Option<(Self, Self)> {
        let part = |part| Self::find(metadata, &[name, "key_value", part], &DataType::Utf8);
        Some((part("key")?, part("value")?))
    }

    /// Where a part of the elements of a column of lists of structs is: that part tells which rows have a list.
    #[must_use]
    pub fn of_list(metadata: &ParquetMetaData, name: &str, part: &str, data_type: &DataType) -> Option<Self> {
        Self::find(metadata, &[name, "list", "element", part], data_type)
    }

    fn find(metadata: &ParquetMetaData, path: &[&str], data_type: &DataType) -> Option<Self> {
        let schema = metadata.file_metadata().schema_descr();
        let leaf = schema.columns().iter().position(|column| column.path().parts() == path)?;
        let column = schema.column(leaf);
        let is_right = matches!(
            (column.physical_type(), data_type),
            (Type::INT64, DataType::Int64)
                | (Type::INT32, DataType::Int32)
                | (Type::BYTE_ARRAY, DataType::Utf8View | DataType::Utf8)
        );
        let encoded = encoded(&column)?;
        is_right.then(|| Self { leaf, data_type: data_type.clone(), encoded })
    }
}

fn encoded(column: &ColumnDescriptor) -> Option<Leaf> {
    let def_max = u32::try_from(column.max_def_level()).ok()?;
    let entry_def = match column.max_rep_level() {
        0 => None,
        // An optional map has level 1 when it is there; its keys are never null.
        1 => Some(u32::try_from(column.repeated_ancestor_def_level()).ok()?),
        _ => return None,
    };
    Some(Leaf { physical: column.physical_type(), def_max, entry_def })
}

/// Reads those pages of some columns of a row group that have a wanted row. `wanted` has a bit for each row.
///
/// # Errors
/// When the file cannot be read, or is not what was written.
pub async fn read(
    reader: &mut dyn AsyncFileReader,
    layout: &Layout,
    places: &[Place],
    wanted: &BooleanBuffer,
) -> Result<Vec<Column>, ParquetError> {
    let needed = places.iter().map(|place| layout.needed(place, wanted)).collect::<Result<Vec<_>, _>>()?;
    let runs = runs(&needed);
    let bytes = if runs.is_empty() { Vec::new() } else { reader.get_byte_ranges(runs.clone()).await? };
    let fetched = Fetched { runs, bytes };
    let columns = places.iter().zip(needed).map(|(place, needed)| {
        let dictionary =
            needed.dictionary.map(|range| decode::dictionary(&fetched.get(&range)?, place.encoded.physical));
        let dictionary = dictionary.transpose()?;
        let dictionary_len = dictionary.as_ref().map_or(0, decode::Dictionary::len);
        let pages = needed.pages.into_iter().map(|NeededPage { rows, bytes, kept }| {
            if let Some(kept) = kept {
                return Ok(kept);
            }
            let wanted = wanted.slice(rows.start, rows.len()).count_set_bits();
            let page = Arc::new(decode::page(&fetched.get(&bytes)?, place.encoded, rows, dictionary_len, wanted)?);
            if let Some(kept) = layout.kept(place) {
                kept.put(bytes.start, &page);
            }
            Ok(page)
        });
        let pages = pages.collect::<Result<Vec<Arc<Page>>, ParquetError>>()?;
        Column::new(place.data_type.clone(), layout.rows(), dictionary.as_ref(), pages)
    });
    columns.collect()
}

/// All different values of a column of a row group, out of its dictionary; `None` unless the file says that every page has codes
/// into that.
///
/// # Errors
/// As [`read`].
pub async fn dictionary(
    reader: &mut dyn AsyncFileReader,
    layout: &Layout,
    place: &Place,
) -> Result<Option<ArrayRef>, ParquetError> {
    let chunk = layout.metadata.row_group(layout.group).column(place.leaf);
    let is_coded = chunk.page_encoding_stats_mask().is_some_and(|encodings| {
        encodings.is_only(Encoding::PLAIN_DICTIONARY) || encodings.is_only(Encoding::RLE_DICTIONARY)
    });
    let first = layout.pages(place)?.first().and_then(|page| u64::try_from(page.offset).ok());
    let (start, _) = chunk.byte_range();
    let Some(end) = first.filter(|first| is_coded && *first > start) else { return Ok(None) };
    let bytes = reader.get_bytes(start..end).await?;
    let dictionary = decode::dictionary(&bytes, place.encoded.physical)?;
    let column = Column::new(place.data_type.clone(), layout.rows(), Some(&dictionary), Vec::new())?;
    Ok(Some(column.distinct()))
}

/// What is needed, neighbours as one, in the file's order.
fn runs(needed: &[Needed]) -> Vec<Range<u64>> {
    let mut all: Vec<Range<u64>> = needed.iter().flat_map(Needed::fetched).cloned().collect();
    all.sort_unstable_by_key(|range| (range.start, range.end));
    let mut runs: Vec<Range<u64>> = Vec::new();
    for range in all {
        match runs.last_mut().filter(|run| run.end >= range.start) {
            Some(run) => run.end = run.end.max(range.end),
            None => runs.push(range),
        }
    }
    runs
}

/// Bytes of a file by where they are.
struct Fetched {
    runs: Vec<Range<u64>>,
    bytes: Vec<Bytes>,
}

impl Fetched {
    fn get(&self, range: &Range<u64>) -> Result<Bytes, ParquetError> {
        let run = self.runs.partition_point(|run| run.start <= range.start).checked_sub(1);
        let bytes = run.and_then(|run| Some((self.runs.get(run)?, self.bytes.get(run)?)));
        let (run, bytes) = bytes.ok_or_else(|| damaged("bytes that were not fetched"))?;
        let (start, end) = ((range.start - run.start) as usize, (range.end - run.start) as usize);
        if end > bytes.len() {
            return Err(damaged("a page that ends after its file"));
        }
        Ok(bytes.slice(start..end))
    }
}

//! Column chunks out of codes: a dictionary page, and pages of numbers in it. The Parquet library makes such out of values, each of which
//! it hashes again in every row.

use std::io;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter as _};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, OffsetIndexBuilder, PageEncodingStats};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::few::{Few, Leaf, MapRows, NULL, Plain};
use super::hybrid;
use crate::coded::AllCodes;

/// Entries of maps after which a page ends with its row.
const PAGE_LEVELS_MAX: usize = 1 << 18;
/// Of an entry of a map that is not its first: it belongs to the row of the one before.
const SAME_ROW: u8 = 1;

/// An encoded leaf of a row group.
#[derive(Debug)]
pub(super) struct Chunk {
    pub bytes: Bytes,
    pub close: ColumnCloseResult,
}

/// Makes chunks, with memory that it keeps from one to the next.
pub(super) struct ChunkEncoder {
    zstd: zstd::bulk::Compressor<'static>,
    level: ZstdLevel,
    page_rows_max: usize,
    page: PageValues,
    body: Vec<u8>,
}

/// What is in a page: levels of definition, in maps as many of repetition, and the numbers of values.
#[derive(Debug, Default)]
struct PageValues {
    repetition: Vec<u8>,
    definition: Vec<u8>,
    numbers: Vec<u32>,
}

/// The dictionary of a chunk: those values that its rows have, in the order in which they come.
#[derive(Debug)]
struct Used {
    /// By number of a value its place in the dictionary, or [`NULL`].
    places: Vec<u32>,
    numbers: Vec<u32>,
}

impl Used {
    fn of(plain: &Plain) -> Self {
        Self { places: vec![NULL; plain.len()], numbers: Vec::new() }
    }

    fn place(&mut self, number: u32) -> u32 {
        let place = &mut self.places[number as usize];
        if *place == NULL {
            *place = self.numbers.len() as u32;
            self.numbers.push(number);
        }
        *place
    }
}

impl PageValues {
    fn clear(&mut self) {
        self.repetition.clear();
        self.definition.clear();
        self.numbers.clear();
    }
}

impl ChunkEncoder {
    /// Pages have at most so many rows.
    ///
    /// # Errors
    /// When there is no memory for the compressor.
    pub fn new(level: ZstdLevel, page_rows_max: usize) -> io::Result<Self> {
        let zstd = zstd::bulk::Compressor::new(level.compression_level())?;
        Ok(Self { zstd, level, page_rows_max, page: PageValues::default(), body: Vec::new() })
    }

    /// The chunks of a column's leaves, for rows that are named by their places among `codes`.
    ///
    /// # Errors
    /// When a page is too large for Parquet, or a row has no value of a column in which each must have one.
    pub fn column(
        &mut self,
        few: &Few,
        codes: AllCodes<'_>,
        rows: &[u32],
        leaves: &[ColumnDescPtr],
    ) -> Result<Vec<Chunk>, ParquetError> {
        match (few, leaves) {
            (Few::Flat(leaf), [descr]) => Ok(vec![self.flat(leaf, codes, rows, descr)?]),
            (Few::Map { rows: maps, keys, values }, [key, value]) => {
                // What a map with entries has, which is also what its keys have.
                let present = key.max_def_level();
                Ok(vec![
                    self.entries(maps, keys, codes, rows, key, present)?,
                    self.entries(maps, values, codes, rows, value, present)?,
                ])
            }
            _ => Err(ParquetError::General(format!("a column of {} leaves", leaves.len()))),
        }
    }

    fn flat(
        &mut self,
        leaf: &Leaf,
        codes: AllCodes<'_>,
        rows: &[u32],
        descr: &ColumnDescPtr,
    ) -> Result<Chunk, ParquetError> {
        let mut pages = Pages::new(descr);
        let mut used = Used::of(&leaf.plain);
        // By code the place of its value in the dictionary, once it came.
        let mut places: Vec<Option<u32>> = vec![None; leaf.numbers.len()];
        let mut place = |code: usize, used: &mut Used| {
            *places[code].get_or_insert_with(|| match leaf.numbers[code] {
                NULL => NULL,
                number => used.place(number),
            })
        };
        for rows in rows.chunks(self.page_rows_max) {
            self.page.clear();
            let PageValues { definition, numbers, .. } = &mut self.page;
            if codes.is_zero() {
                let place = place(0, &mut used);
                definition.resize(rows.len(), u8::from(place != NULL));
                numbers.resize(if place == NULL { 0 } else { rows.len() }, place);
            } else {
                definition.reserve(rows.len());
                numbers.resize(rows.len(), NULL);
                let mut count = 0;
                // Whether a row has a value is hard to foresee, so nothing depends on it but where the next one goes.
                codes.each(rows, |code| {
                    let place = place(code, &mut used);
                    numbers[count] = place;
                    count += usize::from(place != NULL);
                    definition.push(u8::from(place != NULL));
                });
                numbers.truncate(count);
            }
            if descr.max_def_level() == 0 && self.page.numbers.len() < rows.len() {
                return Err(missing(descr));
            }
            pages.pages.push(self.data_page(rows.len(), used.numbers.len(), descr)?);
        }
        self.finish(pages, &leaf.plain, &used)
    }

    /// One leaf of maps.
    fn entries(
        &mut self,
        maps: &MapRows,
        leaf: &Leaf,
        codes: AllCodes<'_>,
        rows: &[u32],
        descr: &ColumnDescPtr,
        present: i16,
    ) -> Result<Chunk, ParquetError> {
        let mut pages = Pages::new(descr);
        let mut used = Used::of(&leaf.plain);
        let mut laid = LaidOut::new(maps, leaf, levels(descr, present)?);
        let mut rest = rows;
        while !rest.is_empty() {
            self.page.clear();
            let mut count = 0;
            while count < rest.len().min(self.page_rows_max) && self.page.definition.len() < PAGE_LEVELS_MAX {
                laid.append(codes.of(rest[count]), &mut used, &mut self.page);
                count += 1;
            }
            pages.pages.push(self.data_page(count, used.numbers.len(), descr)?);
            rest = &rest[count..];
        }
        if laid.has_null && descr.max_def_level() == present {
            return Err(missing(descr));
        }
        self.finish(pages, &leaf.plain, &used)
    }

    /// Encodes what `self.page` has, its numbers being below `values`.
    fn data_page(&mut self, rows: usize, values: usize, descr: &ColumnDescPtr) -> Result<DataPage, ParquetError> {
        let body = &mut self.body;
        body.clear();
        let mut with_length = |levels: &[u8], max: i16| {
            if max > 0 {
                let start = body.len();
                body.extend_from_slice(&[0; size_of::<u32>()]);
                hybrid::encode(levels, hybrid::width(u32::from(max.unsigned_abs())), body);
                // A page has fewer bytes than its levels take in memory.
                let length = (body.len() - start - size_of::<u32>()) as u32;
                body[start..start + size_of::<u32>()].copy_from_slice(&length.to_le_bytes());
            }
        };
        with_length(&self.page.repetition, descr.max_rep_level());
        with_length(&self.page.definition, descr.max_def_level());
        let width = hybrid::width(values.saturating_sub(1) as u32);
        body.push(width as u8);
        hybrid::encode(&self.page.numbers, width, body);
        let levels = i32::try_from(self.page.definition.len()).map_err(|_| too_large())?;
        Ok(DataPage { rows, levels, uncompressed: body.len(), compressed: self.zstd.compress(&self.body)? })
    }

    fn finish(&mut self, pages: Pages<'_>, plain: &Plain, used: &Used) -> Result<Chunk, ParquetError> {
        self.body.clear();
        used.numbers.iter().for_each(|number| self.body.extend_from_slice(plain.value(*number)));
        let dictionary = Page::DictionaryPage {
            buf: self.zstd.compress(&self.body)?.into(),
            num_values: used.numbers.len() as u32,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        pages.finish(CompressedPage::new(dictionary, self.body.len()), self.level)
    }
}

/// The levels of definition of a leaf of maps.
#[derive(Debug, Clone, Copy)]
struct Levels {
    /// Of a value.
    value: u8,
    /// Of an entry without one.
    null: u8,
    /// Of a map without entries.
    empty: u8,
    /// Of no map.
    none: u8,
}

fn levels(descr: &ColumnDescPtr, present: i16) -> Result<Levels, ParquetError> {
    let level = |level: i16| u8::try_from(level).map_err(|_| ParquetError::General(format!("level {level}")));
    Ok(Levels {
        value: level(descr.max_def_level())?,
        null: level(present)?,
        empty: level(present - 1)?,
        // In our tables each column of maps may have rows without one.
        none: level((present - 2).max(0))?,
    })
}

/// Maps as a page has them, each made when it is first met, and copied from then on.
struct LaidOut<'a> {
    maps: &'a MapRows,
    leaf: &'a Leaf,
    levels: Levels,
    /// By code where its part of `made` is.
    known: Vec<Option<Part>>,
    made: PageValues,
    /// Whether an entry has no value.
    has_null: bool,
}

/// Starts and lengths of levels and numbers.
#[derive(Debug, Clone, Copy)]
struct Part {
    levels: (usize, usize),
    numbers: (usize, usize),
}

impl<'a> LaidOut<'a> {
    fn new(maps: &'a MapRows, leaf: &'a Leaf, levels: Levels) -> Self {
        Self { maps, leaf, levels, known: vec![None; maps.len()], made: PageValues::default(), has_null: false }
    }

    fn append(&mut self, code: usize, used: &mut Used, page: &mut PageValues) {
        let part = self.known[code].unwrap_or_else(|| self.make(code, used));
        self.known[code] = Some(part);
        let (start, len) = part.levels;
        page.repetition.extend_from_slice(&self.made.repetition[start..start + len]);
        page.definition.extend_from_slice(&self.made.definition[start..start + len]);
        let (start, len) = part.numbers;
        page.numbers.extend_from_slice(&self.made.numbers[start..start + len]);
    }

    fn make(&mut self, code: usize, used: &mut Used) -> Part {
        let made = &mut self.made;
        let (levels, numbers) = (made.definition.len(), made.numbers.len());
        let entries = self.maps.entries(code);
        for (at, entry) in entries.clone().unwrap_or_default().enumerate() {
            let number = self.leaf.numbers[entry];
            self.has_null |= number == NULL;
            made.repetition.push(if at == 0 { 0 } else { SAME_ROW });
            made.definition.push(if number == NULL { self.levels.null } else { self.levels.value });
            if number != NULL {
                made.numbers.push(used.place(number));
            }
        }
        if levels == made.definition.len() {
            made.repetition.push(0);
            made.definition.push(if entries.is_some() { self.levels.empty } else { self.levels.none });
        }
        Part { levels: (levels, made.definition.len() - levels), numbers: (numbers, made.numbers.len() - numbers) }
    }
}

/// An encoded page that is not in its place yet: the dictionary, which is known at the end, comes first.
struct DataPage {
    rows: usize,
    levels: i32,
    uncompressed: usize,
    compressed: Vec<u8>,
}

/// The pages of a chunk.
struct Pages<'a> {
    descr: &'a ColumnDescPtr,
    pages: Vec<DataPage>,
}

impl<'a> Pages<'a> {
    fn new(descr: &'a ColumnDescPtr) -> Self {
        Self { descr, pages: Vec::new() }
    }

    fn finish(self, dictionary: CompressedPage, level: ZstdLevel) -> Result<Chunk, ParquetError> {
        let mut sink = TrackedWrite::new(Vec::new());
        let mut writer = SerializedPageWriter::new(&mut sink);
        let (mut index, mut uncompressed, mut levels, mut rows) = (OffsetIndexBuilder::new(), 0, 0, 0);
        let count = i32::try_from(self.pages.len()).map_err(|_| too_large())?;
        let first = writer.write_page(dictionary)?;
        uncompressed += first.uncompressed_size;
        for page in self.pages {
            (levels, rows) = (levels + i64::from(page.levels), rows + page.rows);
            let data = Page::DataPage {
                buf: page.compressed.into(),
                num_values: page.levels.unsigned_abs(),
                encoding: Encoding::RLE_DICTIONARY,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            };
            let written = writer.write_page(CompressedPage::new(data, page.uncompressed))?;
            uncompressed += written.uncompressed_size;
            let size = i32::try_from(written.compressed_size).map_err(|_| too_large())?;
            index.append_offset_and_size(written.offset as i64, size);
            index.append_row_count(page.rows as i64);
        }
        writer.close()?;
        let bytes = sink.into_inner()?;
        let stats = |page_type, encoding, count| PageEncodingStats { page_type, encoding, count };
        let metadata = ColumnChunkMetaData::builder(std::sync::Arc::clone(self.descr))
            .set_compression(Compression::ZSTD(level))
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY])
            .set_page_encoding_stats(vec![
                stats(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1),
                stats(PageType::DATA_PAGE, Encoding::RLE_DICTIONARY, count),
            ])
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(uncompressed as i64)
            .set_num_values(levels)
            .set_dictionary_page_offset(Some(first.offset as i64))
            .set_data_page_offset((first.offset + first.bytes_written) as i64)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: rows as u64,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: Some(index.build()),
        };
        Ok(Chunk { bytes: bytes.into(), close })
    }
}

fn missing(descr: &ColumnDescPtr) -> ParquetError {
    ParquetError::General(format!("column {} must have a value in each row", descr.path()))
}

fn too_large() -> ParquetError {
    ParquetError::General("a column chunk is too large for Parquet".to_owned())
}

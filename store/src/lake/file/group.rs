//! Files out of coded rows: columns of few values become pages from their codes, all others go through the Parquet library.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, ColumnPath};

use super::chunk::ChunkEncoder;
use super::few::Few;
use super::{EncodeError, EncodedFile, FLUSHED_ZSTD_LEVEL, ROW_GROUP_ROWS_MAX, RowRef};
use super::{encoded, level, options, widen_ranges, writer_properties};
use crate::coded::Interleaver;
use crate::lake::snapshot::ColumnRange;
use crate::schema::Table;

/// The columns of all rows of a flush, prepared for the files that it makes.
pub(super) struct CodedColumns<'a> {
    interleaver: Interleaver<'a>,
    /// By column; `None` of those that go through the Parquet library.
    few: Vec<Option<Few>>,
    page_rows_max: usize,
}

/// A row group is written from codes if the flush has at most so many values in the column, plus four for each of the group's rows: the
/// tables for more cost a few late rows more than the library does.
const VALUES_MIN: usize = 1 << 12;

impl<'a> CodedColumns<'a> {
    pub fn new(table: Table, interleaver: Interleaver<'a>) -> Self {
        let schema = interleaver.schema();
        let properties = writer_properties(table, level(FLUSHED_ZSTD_LEVEL));
        let few = |column: usize| {
            let (_, values) = interleaver.coded(column)?;
            if is_dictionary_alone(&properties, schema.field(column).name()) { Few::of(values) } else { None }
        };
        let few = (0..schema.fields().len()).map(few).collect();
        Self { interleaver, few, page_rows_max: properties.data_page_row_count_limit() }
    }

    /// The few values of a column, if so many rows are to be written from their codes.
    pub(super) fn few(&self, column: usize, rows: usize) -> Option<&Few> {
        self.few[column].as_ref().filter(|few| few.len() <= VALUES_MIN + 4 * rows)
    }

    /// How many values the column has that has most of them.
    #[cfg(test)]
    pub fn values_max(&self) -> usize {
        self.few.iter().flatten().map(Few::len).max().unwrap_or_default()
    }

    /// How many can be written from codes.
    #[cfg(test)]
    pub fn coded(&self) -> usize {
        self.few.iter().flatten().count()
    }
}

/// Whether a column is written without what only the Parquet library makes: bounds of pages, filters, other encodings.
fn is_dictionary_alone(properties: &WriterProperties, name: &str) -> bool {
    let path = ColumnPath::from(name);
    properties.dictionary_enabled(&path)
        && properties.statistics_enabled(&path) == EnabledStatistics::None
        && properties.bloom_filter_properties(&path).is_none()
}

/// Encodes rows that are in the table's order. Besides what is encoded it holds one row group.
pub(super) struct CodedFileEncoder<'a> {
    table: Table,
    columns: &'a CodedColumns<'a>,
    schema: SchemaRef,
    writer: SerializedFileWriter<Vec<u8>>,
    library: ArrowRowGroupWriterFactory,
    chunks: ChunkEncoder,
    /// By column its leaves.
    leaves: Vec<Vec<ColumnDescPtr>>,
    rows: u64,
    ranges: BTreeMap<String, ColumnRange>,
}

impl<'a> CodedFileEncoder<'a> {
    pub fn new(table: Table, columns: &'a CodedColumns<'a>) -> Result<Self, EncodeError> {
        let (schema, zstd) = (columns.interleaver.schema(), level(FLUSHED_ZSTD_LEVEL));
        let writer = ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(&schema), options(table, zstd))?;
        let (writer, library) = writer.into_serialized_writer()?;
        let mut leaves = vec![Vec::new(); schema.fields().len()];
        let descr = writer.schema_descr();
        for (leaf, column) in descr.columns().iter().enumerate() {
            leaves[descr.get_column_root_idx(leaf)].push(Arc::clone(column));
        }
        let chunks = ChunkEncoder::new(zstd, columns.page_rows_max)?;
        Ok(Self { table, columns, schema, writer, library, chunks, leaves, rows: 0, ranges: BTreeMap::new() })
    }

    pub fn write(&mut self, rows: &[RowRef]) -> Result<(), EncodeError> {
        rows.chunks(ROW_GROUP_ROWS_MAX).try_for_each(|rows| self.write_group(rows))
    }

    fn write_group(&mut self, rows: &[RowRef]) -> Result<(), EncodeError> {
        let interleaver = &self.columns.interleaver;
        let places = interleaver.places(rows);
        let mut others = self.others(rows, &places)?.into_iter();
        let mut group = self.writer.next_row_group()?;
        for (column, leaves) in self.leaves.iter().enumerate() {
            if let (Some(few), Some((codes, _))) = (self.columns.few(column, rows.len()), interleaver.coded(column)) {
                for chunk in self.chunks.column(few, codes, &places, leaves)? {
                    group.append_column(&chunk.bytes, chunk.close)?;
                }
            } else {
                others.by_ref().take(leaves.len()).try_for_each(|chunk| chunk.append_to_row_group(&mut group))?;
            }
        }
        group.close()?;
        self.rows += rows.len() as u64;
        Ok(())
    }

    /// The chunks of those columns that go through the Parquet library, in their order.
    fn others(&mut self, rows: &[RowRef], places: &[u32]) -> Result<Vec<ArrowColumnChunk>, EncodeError> {
        let columns = self.columns;
        let writers = self.library.create_column_writers(self.writer.flushed_row_groups().len())?;
        // By leaf of all columns; only those of the others are used.
        let mut writers = writers.into_iter();
        let (mut used, mut others) = (Vec::new(), Vec::new());
        for (column, leaves) in self.leaves.iter().enumerate() {
            let of_column = writers.by_ref().take(leaves.len());
            if columns.few(column, rows.len()).is_none() {
                others.push(column);
                used.extend(of_column);
            } else {
                of_column.for_each(drop);
            }
        }
        let at_once = columns.interleaver.rows_at_once(&others);
        for (rows, places) in rows.chunks(at_once).zip(places.chunks(at_once)) {
            let arrays = columns.interleaver.rows(&others, rows, places)?;
            widen_ranges(self.table, &arrays, &mut self.ranges);
            let mut writers = used.iter_mut();
            for (column, array) in others.iter().zip(arrays.columns()) {
                for (leaf, writer) in compute_leaves(self.schema.field(*column), array)?.iter().zip(writers.by_ref()) {
                    writer.write(leaf)?;
                }
            }
        }
        Ok(used.into_iter().map(|writer| writer.close()).collect::<Result<_, ParquetError>>()?)
    }

    pub fn finish(self, hour: String, from_ns: i64) -> Result<EncodedFile, EncodeError> {
        Ok(encoded(self.writer.into_inner()?, hour, from_ns, self.rows, self.ranges))
    }
}

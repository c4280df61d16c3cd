//! Rows of many files, each in the table's order, as rows of few files in that order.
//!
//! One batch of each file is held, and what is encoded of the new file.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fs::File;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch};
use arrow::compute::{filter_record_batch, interleave_record_batch};
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;
use arrow::row::{OwnedRow, RowConverter, Rows, SortField};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use thiserror::Error;

use super::plan::Job;
use crate::lake::action::Lineage;
use crate::lake::file::{EncodeError, EncodedFile, FileEncoder};
use crate::lake::{FileWindows, FrameRange};
use crate::schema::{Sort, Table};
use crate::time::{bucket_start_ns, hour_start_ns};

const ZSTD_LEVEL: i32 = 3;
/// Rows of a file that are in memory.
const BATCH_ROWS: usize = 2048;
/// Rows that are encoded at once.
const CHUNK_ROWS: usize = 8192;

/// Why files cannot be merged.
#[derive(Debug, Error)]
pub enum MergeError {
    #[error("{name} {problem}")]
    Damaged { name: String, problem: String },
    #[error("failed to open {name}")]
    Open { name: String, source: std::io::Error },
    #[error("failed to decode a file")]
    Parquet(#[from] ParquetError),
    #[error("failed to merge rows")]
    Arrow(#[from] ArrowError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// A file that is made of others and not stored yet.
pub(super) struct Merged {
    pub file: EncodedFile,
    pub lineage: Lineage,
}

/// Merges the files of a job, which are open, into files of about `bytes_max` at most. Rows that are equal in order come in the order of
/// their files.
pub(super) fn merge(table: Table, job: &Job, opened: Vec<File>, bytes_max: u64) -> Result<Vec<Merged>, MergeError> {
    let files = opened.into_iter().zip(&job.superseded);
    let sources = files.map(|(opened, superseded)| Source::open(table, opened, superseded));
    let mut rows = MergedRows::new(table, sources.collect::<Result<_, _>>()?)?;
    let mut writer = Writer { table, job, bytes_max, encoder: None, files: Vec::new() };
    while let Some(chunk) = rows.next_chunk()? {
        writer.write(&chunk)?;
    }
    writer.finish()
}

/// Rows of one file that count, in order.
struct Source {
    reader: ParquetRecordBatchReader,
    superseded: Vec<i64>,
}

impl Source {
    fn open(table: Table, opened: File, superseded: &[i64]) -> Result<Self, MergeError> {
        let options = ArrowReaderOptions::new().with_schema(table.file_schema());
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(opened, options)?;
        let reader = builder.with_batch_size(BATCH_ROWS).build()?;
        Ok(Self { reader, superseded: superseded.to_vec() })
    }

    /// The next batch that has rows.
    fn next(&mut self) -> Result<Option<RecordBatch>, MergeError> {
        for batch in &mut self.reader {
            let batch = counting(batch?, &self.superseded)?;
            if batch.num_rows() > 0 {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }
}

/// Leaves out rows of windows.
fn counting(batch: RecordBatch, superseded: &[i64]) -> Result<RecordBatch, ArrowError> {
    let windows = batch.column_by_name("window_ns").and_then(|column| column.as_primitive_opt::<Int64Type>());
    let Some(windows) = windows.filter(|_| !superseded.is_empty()) else { return Ok(batch) };
    let counts: BooleanArray = windows.values().iter().map(|window| Some(!superseded.contains(window))).collect();
    filter_record_batch(&batch, &counts)
}

/// By what rows of a table are ordered.
struct Order {
    sort: Sort,
    converter: RowConverter,
}

impl Order {
    fn of(table: Table) -> Result<Self, ArrowError> {
        let sort = table.sort();
        let empty = RecordBatch::new_empty(table.file_schema());
        let fields = key_columns(sort, &empty)?.into_iter().map(|column| SortField::new(column.data_type().clone()));
        let converter = RowConverter::new(fields.collect())?;
        Ok(Self { sort, converter })
    }

    fn keys(&self, batch: &RecordBatch) -> Result<Rows, ArrowError> {
        self.converter.convert_columns(&key_columns(self.sort, batch)?)
    }
}

/// As `crate::lake::file` sorts.
fn key_columns(sort: Sort, batch: &RecordBatch) -> Result<Vec<ArrayRef>, ArrowError> {
    let column = |name: &&str| Ok(Arc::clone(batch.column(batch.schema().index_of(name)?)));
    let columns = |names: &[&str]| names.iter().map(column).collect::<Result<Vec<ArrayRef>, ArrowError>>();
    match sort {
        Sort::BucketServiceStart => {
            let mut keys = columns(&["service_name", "start_ns"])?;
            let starts = keys[1].as_primitive::<Int64Type>().values();
            let buckets: Int64Array = starts.iter().map(|start_ns| bucket_start_ns(*start_ns)).collect();
            keys.insert(0, Arc::new(buckets));
            Ok(keys)
        }
        Sort::TraceId => columns(&["trace_hi", "trace_lo"]),
        Sort::Series => columns(&["metric_id", "labels_id", "time_ns"]),
        Sort::Columns(names) => columns(names),
    }
}

/// A file's rows that are in memory.
struct Cursor {
    source: Source,
    /// Place of its batch in [`MergedRows::batches`].
    batch: usize,
    keys: Rows,
    row: usize,
}

/// The next row of a file; what is less comes first, of equals that of the earlier file.
#[derive(PartialEq, Eq)]
struct Next {
    key: OwnedRow,
    file: usize,
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key).then(self.file.cmp(&other.file))
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

struct MergedRows {
    order: Order,
    cursors: Vec<Cursor>,
    heap: BinaryHeap<Reverse<Next>>,
    /// Batches of which rows are in the chunk that is made.
    batches: Vec<RecordBatch>,
}

impl MergedRows {
    fn new(table: Table, sources: Vec<Source>) -> Result<Self, MergeError> {
        let order = Order::of(table)?;
        let mut rows = Self { order, cursors: Vec::new(), heap: BinaryHeap::new(), batches: Vec::new() };
        for mut source in sources {
            let Some(batch) = source.next()? else { continue };
            let keys = rows.order.keys(&batch)?;
            rows.batches.push(batch);
            rows.cursors.push(Cursor { source, batch: rows.batches.len() - 1, keys, row: 0 });
            rows.wait(rows.cursors.len() - 1);
        }
        Ok(rows)
    }

    /// Puts the next row of a file among those that wait.
    fn wait(&mut self, file: usize) {
        let cursor = &self.cursors[file];
        self.heap.push(Reverse(Next { key: cursor.keys.row(cursor.row).owned(), file }));
    }

    /// The next rows; none after the last.
    fn next_chunk(&mut self) -> Result<Option<RecordBatch>, MergeError> {
        let mut chunk: Vec<(usize, usize)> = Vec::with_capacity(CHUNK_ROWS);
        while chunk.len() < CHUNK_ROWS {
            let Some(Reverse(Next { file, .. })) = self.heap.pop() else { break };
            self.take_run(file, &mut chunk)?;
        }
        if chunk.is_empty() {
            return Ok(None);
        }
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        let merged = interleave_record_batch(&batches, &chunk)?;
        self.forget_batches();
        Ok(Some(merged))
    }

    /// Takes the rows of a file that come before those of all others.
    fn take_run(&mut self, file: usize, chunk: &mut Vec<(usize, usize)>) -> Result<(), MergeError> {
        loop {
            let cursor = &mut self.cursors[file];
            chunk.push((cursor.batch, cursor.row));
            cursor.row += 1;
            if cursor.row == cursor.keys.num_rows() && !self.read_on(file)? {
                return Ok(());
            }
            let cursor = &self.cursors[file];
            let key = cursor.keys.row(cursor.row);
            let is_first = self
                .heap
                .peek()
                .is_none_or(|Reverse(other)| key.cmp(&other.key.row()).then(file.cmp(&other.file)) == Ordering::Less);
            if !is_first || chunk.len() >= CHUNK_ROWS {
                self.wait(file);
                return Ok(());
            }
        }
    }

    /// The next batch of a file; false after the last.
    fn read_on(&mut self, file: usize) -> Result<bool, MergeError> {
        let Some(batch) = self.cursors[file].source.next()? else { return Ok(false) };
        let cursor = &mut self.cursors[file];
        cursor.keys = self.order.keys(&batch)?;
        cursor.row = 0;
        cursor.batch = self.batches.len();
        self.batches.push(batch);
        Ok(true)
    }

    /// Keeps only the batches that cursors stand in.
    fn forget_batches(&mut self) {
        let waiting: Vec<usize> = self.heap.iter().map(|Reverse(next)| next.file).collect();
        let mut kept = Vec::with_capacity(waiting.len());
        for file in waiting {
            let cursor = &mut self.cursors[file];
            kept.push(self.batches[cursor.batch].clone());
            cursor.batch = kept.len() - 1;
        }
        self.batches = kept;
    }
}

/// Cuts rows into files.
struct Writer<'a> {
    table: Table,
    job: &'a Job,
    bytes_max: u64,
    encoder: Option<FileEncoder>,
    files: Vec<EncodedFile>,
}

impl Writer<'_> {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), MergeError> {
        let mut encoder = match self.encoder.take() {
            Some(encoder) => encoder,
            None => FileEncoder::new(self.table, rows.schema(), ZSTD_LEVEL)?,
        };
        encoder.write(rows)?;
        // Windows are told by the file that has them, so that theirs are not cut.
        if encoder.encoded_bytes() as u64 >= self.bytes_max && self.table.window_length_ns().is_none() {
            self.end(encoder)
        } else {
            self.encoder = Some(encoder);
            Ok(())
        }
    }

    fn end(&mut self, encoder: FileEncoder) -> Result<(), MergeError> {
        let hour_ns = hour_start_ns(&self.job.hour).unwrap_or_default();
        self.files.push(encoder.finish(self.job.hour.clone(), hour_ns)?);
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Merged>, MergeError> {
        let windows = windows_of(self.job);
        if self.encoder.is_none() && self.files.is_empty() && windows.is_some() {
            // Windows in which nothing is left are still told of.
            self.encoder = Some(FileEncoder::new(self.table, self.table.file_schema(), ZSTD_LEVEL)?);
        }
        if let Some(encoder) = self.encoder.take() {
            self.end(encoder)?;
        }
        let ingested_ns = self.job.files.iter().map(|file| file.ingested_ns).max().unwrap_or_default();
        let lineage = Lineage { level: self.job.level, frames: frames_of(self.job), windows, ingested_ns };
        Ok(self.files.into_iter().map(|file| Merged { file, lineage: lineage.clone() }).collect())
    }
}

/// All frames of the files; these are of one log.
fn frames_of(job: &Job) -> Option<FrameRange> {
    let ranges = job.files.iter().filter_map(|file| file.frames.clone());
    ranges.reduce(|a, b| FrameRange { wal: a.wal, first: a.first.min(b.first), last: a.last.max(b.last) })
}

/// The windows that count; the files are of one writer.
fn windows_of(job: &Job) -> Option<FileWindows> {
    let writer = job.files.iter().find_map(|file| Some(Arc::clone(&file.windows.as_ref()?.writer)))?;
    let mut marks = Vec::new();
    for (file, superseded) in job.files.iter().zip(&job.superseded) {
        let held = file.windows.iter().flat_map(|windows| &windows.marks);
        marks.extend(held.filter(|mark| !superseded.contains(&mark.window_ns)).copied());
    }
    marks.sort_unstable();
    (!marks.is_empty()).then_some(FileWindows { writer, marks })
}

#[cfg(test)]
mod tests;

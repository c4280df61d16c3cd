//! Rows to sorted Parquet files.
//!
//! A flush's rows of a table are split into one file per (hour, 5-minute bucket) of event time; rows that are older than
//! the bucket before the flush's share one file per hour, so that late data does not shatter the table.

/// Column chunks out of codes.
mod chunk;
/// Columns of few values.
mod few;
/// Files out of coded rows.
mod group;
/// Runs and packed bits.
mod hybrid;

use std::collections::BTreeMap;

use arrow::array::{Array as _, ArrayRef, AsArray, Int64Array, RecordBatch, StringViewArray};
use arrow::compute;
use arrow::datatypes::{Int32Type, Int64Type, SchemaRef};
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use thiserror::Error;

#[cfg(test)]
pub(crate) use self::hybrid::encode as encode_hybrid;

use self::group::{CodedColumns, CodedFileEncoder};
use super::snapshot::{ColumnRange, StatValue};
use crate::coded::{Coded, CodedBatch, Interleaver};
use crate::schema::{Sort, Table};
use crate::time::{BUCKET_NS, HOUR_NS, bucket_start_ns, hour_text};

const ROW_GROUP_ROWS_MAX: usize = 128 * 1024;
/// Some 17 series of an hour: half of this takes an eighth more bytes.
const SAMPLES_PAGE_ROWS_MAX: usize = 4096;
const SERIES_PAGE_ROWS_MAX: usize = 1024;
/// Some windows of a mesh of fifty services: who asks for the last minute of an hour decodes few of its lists.
const WINDOWS_PAGE_ROWS_MAX: usize = 1024;
const FLUSHED_ZSTD_LEVEL: i32 = 1;
/// Text bounds longer than this are left out of the log.
const STATISTICS_TEXT_BYTES_MAX: usize = 128;
/// Of looked-up ids that a row group does not have, the part that its bloom filter lets through.
const BLOOM_FALSE_POSITIVES: f64 = 0.01;
/// Ids by which people look for one trace or request.
const BLOOM_COLUMNS: [&str; 2] = ["trace_lo", "guid_x_request_id"];
/// How long ago, in buckets, a row's time may lie to get into a file of its own bucket.
const FRESH_BUCKETS: i64 = 2;

/// A failure to make a file out of rows.
#[derive(Debug, Error)]
pub enum EncodeError {
    #[error("failed to sort rows")]
    Arrow(#[from] ArrowError),
    #[error("failed to encode rows as Parquet")]
    Parquet(#[from] ParquetError),
    #[error("failed to compress")]
    Compress(#[from] std::io::Error),
    #[error("failed to read spans")]
    Spans(#[from] crate::schema::spans::UnreadableRow),
}

/// A file that is encoded and not stored yet.
#[derive(Debug)]
pub struct EncodedFile {
    pub hour: String,
    /// Start of its 5-minute bucket, or of its hour if it holds older rows.
    pub from_ns: i64,
    pub rows: u64,
    pub crc32: u32,
    pub ranges: BTreeMap<String, ColumnRange>,
    pub bytes: Vec<u8>,
}

/// A row as (batch, row in it).
type RowRef = (usize, usize);

/// Sorts and encodes the rows of a table. Besides the input and the output it holds the codes of all rows, their different
/// values once more, and some thousand rows as arrays.
pub fn encode(table: Table, batches: &[CodedBatch], now_ns: i64) -> Result<Vec<EncodedFile>, EncodeError> {
    if batches.is_empty() {
        return Ok(Vec::new());
    }
    let columns = columns(table, batches)?;
    split(batches, table.time_column(), now_ns)
        .into_iter()
        .map(|((hour_ns, from_ns), rows)| encode_file(table, batches, &columns, hour_ns, from_ns, rows))
        .collect()
}

/// Of all columns but the one of the partition, which is in the path and the log and not in the file (Delta protocol,
/// "Partition Values").
fn columns(table: Table, batches: &[CodedBatch]) -> Result<CodedColumns<'_>, EncodeError> {
    let fields = batches.first().map_or_else(Default::default, |batch| batch.schema().fields().clone());
    let columns: Vec<usize> = (0..fields.len()).filter(|at| fields[*at].name() != "hour").collect();
    Ok(CodedColumns::new(table, Interleaver::new(batches, &columns)?))
}

/// Sorts and encodes the rows of one window. A window that has become empty makes a file without rows, which says so.
pub fn encode_window(table: Table, rows: RecordBatch, window_ns: i64) -> Result<EncodedFile, EncodeError> {
    let hour_ns = window_ns.div_euclid(HOUR_NS) * HOUR_NS;
    let all = (0..rows.num_rows()).map(|row| (0, row)).collect();
    let batches = [rows.into()];
    let mut file = encode_file(table, &batches, &columns(table, &batches)?, hour_ns, window_ns, all)?;
    // Also of a file without rows: some readers take bounds that are not there for something else.
    let start = Some(StatValue::Int(window_ns));
    let range = ColumnRange { min: start.clone(), max: start, null_count: Some(0) };
    file.ranges.insert("window_ns".to_owned(), range);
    Ok(file)
}

/// Rows by (start of hour, start of bucket or hour).
fn split(batches: &[CodedBatch], time_column: &str, now_ns: i64) -> BTreeMap<(i64, i64), Vec<RowRef>> {
    let fresh_from_ns = bucket_start_ns(now_ns) - (FRESH_BUCKETS - 1) * BUCKET_NS;
    let mut files: BTreeMap<(i64, i64), Vec<RowRef>> = BTreeMap::new();
    for (batch, rows) in batches.iter().enumerate() {
        let starts = ints(rows, time_column);
        for row in 0..rows.num_rows() {
            let start_ns = starts.value(row);
            let hour_ns = start_ns.div_euclid(HOUR_NS) * HOUR_NS;
            let bucket_ns = bucket_start_ns(start_ns);
            let from_ns = if bucket_ns >= fresh_from_ns { bucket_ns } else { hour_ns };
            files.entry((hour_ns, from_ns)).or_default().push((batch, row));
        }
    }
    files
}

fn encode_file(
    table: Table,
    batches: &[CodedBatch],
    columns: &CodedColumns<'_>,
    hour_ns: i64,
    from_ns: i64,
    mut rows: Vec<RowRef>,
) -> Result<EncodedFile, EncodeError> {
    sort(table, batches, &mut rows)?;
    let mut encoder = CodedFileEncoder::new(table, columns)?;
    encoder.write(&rows)?;
    encoder.finish(hour_text(hour_ns), from_ns)
}

/// Encodes rows that are in the table's order. Besides what is encoded it holds one row group.
pub(crate) struct FileEncoder {
    table: Table,
    writer: ArrowWriter<Vec<u8>>,
    rows: u64,
    ranges: BTreeMap<String, ColumnRange>,
}

impl FileEncoder {
    /// `schema` is the table's without `hour`.
    pub fn new(table: Table, schema: SchemaRef, zstd_level: i32) -> Result<Self, EncodeError> {
        let writer = ArrowWriter::try_new_with_options(Vec::new(), schema, options(table, level(zstd_level)))?;
        Ok(Self { table, writer, rows: 0, ranges: BTreeMap::new() })
    }

    pub fn write(&mut self, rows: &RecordBatch) -> Result<(), EncodeError> {
        widen_ranges(self.table, rows, &mut self.ranges);
        self.rows += rows.num_rows() as u64;
        Ok(self.writer.write(rows)?)
    }

    /// Bytes of row groups that are encoded.
    pub fn encoded_bytes(&self) -> usize {
        self.writer.bytes_written()
    }

    pub fn finish(self, hour: String, from_ns: i64) -> Result<EncodedFile, EncodeError> {
        Ok(encoded(self.writer.into_inner()?, hour, from_ns, self.rows, self.ranges))
    }
}

fn encoded(
    bytes: Vec<u8>,
    hour: String,
    from_ns: i64,
    rows: u64,
    ranges: BTreeMap<String, ColumnRange>,
) -> EncodedFile {
    EncodedFile { hour, from_ns, rows, crc32: crc32fast::hash(&bytes), ranges, bytes }
}

fn level(zstd_level: i32) -> ZstdLevel {
    ZstdLevel::try_new(zstd_level).expect("zstd has levels 1 and 3")
}

/// Our in-memory types stay ours: a reader that was told of string views would have to know them.
fn options(table: Table, level: ZstdLevel) -> ArrowWriterOptions {
    ArrowWriterOptions::new().with_properties(writer_properties(table, level)).with_skip_arrow_metadata(true)
}

fn sort(table: Table, batches: &[CodedBatch], rows: &mut [RowRef]) -> Result<(), ArrowError> {
    let columns =
        |name: &str| -> Vec<Coded<'_, Int64Array>> { batches.iter().map(|batch| ints(batch, name)).collect() };
    match table.sort() {
        Sort::BucketServiceStart => by_bucket_service_start(batches, &columns("start_ns"), rows),
        Sort::TraceId => {
            let (hi, lo) = (columns("trace_hi"), columns("trace_lo"));
            rows.sort_by_key(|(batch, row)| (hi[*batch].value(*row), lo[*batch].value(*row)));
        }
        Sort::Series => {
            let (metrics, labels, times) = (columns("metric_id"), columns("labels_id"), columns("time_ns"));
            let key =
                |(batch, row): RowRef| (metrics[batch].value(row), labels[batch].value(row), times[batch].value(row));
            // Stable: of equal times the sample that came first stays first. And hot runs are sorted, which it makes use of.
            rows.sort_by_key(|row| key(*row));
        }
        Sort::Columns(names) => sort_by_columns(names, batches, rows)?,
    }
    Ok(())
}

/// Keys are made once for each row: services are compared by their place among all services.
fn by_bucket_service_start(batches: &[CodedBatch], starts: &[Coded<'_, Int64Array>], rows: &mut [RowRef]) {
    let services: Vec<Option<Coded<'_, StringViewArray>>> =
        batches.iter().map(|batch| batch.coded("service_name").and_then(Coded::typed)).collect();
    let service = |(batch, row): RowRef| services[batch].and_then(|services| services.text(row));
    let mut places = BTreeMap::new();
    let mut last = None;
    for service in rows.iter().map(|row| service(*row)) {
        // Rows of one request come together.
        if last != Some(service) {
            places.insert(service, 0);
            last = Some(service);
        }
    }
    places.values_mut().enumerate().for_each(|(place, known)| *known = place);
    let mut last = (None, places.get(&None).copied().unwrap_or(0));
    let mut place = |row: RowRef| {
        let service = service(row);
        if last.0 != service {
            last = (service, places[&service]);
        }
        last.1
    };
    rows.sort_by_cached_key(|row| {
        let start_ns = starts[row.0].value(row.1);
        (bucket_start_ns(start_ns), place(*row), start_ns)
    });
}

fn sort_by_columns(names: &[&str], batches: &[CodedBatch], rows: &mut [RowRef]) -> Result<(), ArrowError> {
    let Some(first) = batches.first() else { return Ok(()) };
    let columns = |batch: &CodedBatch| -> Result<Vec<ArrayRef>, ArrowError> {
        let places: Vec<usize> = names.iter().map(|name| batch.schema().index_of(name)).collect::<Result<_, _>>()?;
        Ok(batch.project(&places, 0..batch.num_rows())?.columns().to_vec())
    };
    let fields = columns(first)?.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let converter = RowConverter::new(fields)?;
    let keys =
        batches.iter().map(|batch| converter.convert_columns(&columns(batch)?)).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by(|a, b| keys[a.0].row(a.1).cmp(&keys[b.0].row(b.1)));
    Ok(())
}

/// Why each setting: `docs/formats.md`, measured in the storage lab.
fn writer_properties(table: Table, level: ZstdLevel) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS_MAX))
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_created_by(format!("spanloom {}", env!("CARGO_PKG_VERSION")));
    for id in ["trace_hi", "trace_lo", "span_id", "parent_span_id"] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(id), false);
    }
    for time in ["time_ns", "start_ns", "end_ns", "duration_ns", "root_start_ns"] {
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(time), false)
            .set_column_encoding(ColumnPath::from(time), Encoding::DELTA_BINARY_PACKED);
    }
    for wide in ["url_full", "http_url", "url_path", "guid_x_request_id"] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(wide), false);
    }
    if table == Table::Samples {
        // Counters go up by little: their upper bytes are alike, and beside each other they compress.
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from("value"), false)
            .set_column_encoding(ColumnPath::from("value"), Encoding::BYTE_STREAM_SPLIT);
    }
    // Who asks for a few series or windows reads few pages.
    match table {
        Table::Samples => properties = properties.set_data_page_row_count_limit(SAMPLES_PAGE_ROWS_MAX),
        Table::Series => properties = properties.set_data_page_row_count_limit(SERIES_PAGE_ROWS_MAX),
        _ if table.window_length_ns().is_some() => {
            properties = properties.set_data_page_row_count_limit(WINDOWS_PAGE_ROWS_MAX);
        }
        _ => {}
    }
    for pruned in table.statistics_columns().iter().chain(&["trace_hi", "trace_lo"]) {
        properties = with_page_statistics(properties, pruned);
    }
    // A filter is folded to what is there, so that a small file has a small one.
    for sought in BLOOM_COLUMNS {
        properties = properties.set_column_bloom_filter_fpp(ColumnPath::from(sought), BLOOM_FALSE_POSITIVES);
    }
    properties.build()
}

fn with_page_statistics(properties: WriterPropertiesBuilder, column: &str) -> WriterPropertiesBuilder {
    properties.set_column_statistics_enabled(ColumnPath::from(column), EnabledStatistics::Page)
}

fn widen_ranges(table: Table, rows: &RecordBatch, ranges: &mut BTreeMap<String, ColumnRange>) {
    for name in table.statistics_columns() {
        let range = range(rows, name);
        match ranges.get_mut(*name) {
            Some(known) => known.widen(range),
            None => {
                ranges.insert((*name).to_owned(), range);
            }
        }
    }
}

fn range(rows: &RecordBatch, name: &str) -> ColumnRange {
    let Some(column) = rows.column_by_name(name) else { return ColumnRange::default() };
    let (min, max) = if let Some(ints) = column.as_primitive_opt::<Int64Type>() {
        (compute::min(ints).map(StatValue::Int), compute::max(ints).map(StatValue::Int))
    } else if let Some(ints) = column.as_primitive_opt::<Int32Type>() {
        let value = |i: i32| StatValue::Int(i64::from(i));
        (compute::min(ints).map(value), compute::max(ints).map(value))
    } else if let Some(texts) = column.as_string_view_opt() {
        (compute::min_string_view(texts).and_then(text_bound), compute::max_string_view(texts).and_then(text_bound))
    } else {
        (None, None)
    };
    ColumnRange { min, max, null_count: Some(column.null_count() as u64) }
}

fn text_bound(text: &str) -> Option<StatValue> {
    (text.len() <= STATISTICS_TEXT_BYTES_MAX).then(|| StatValue::String(text.to_owned()))
}

fn ints<'a>(rows: &'a CodedBatch, name: &str) -> Coded<'a, Int64Array> {
    rows.coded(name).and_then(Coded::typed).expect("every table has its time and id columns")
}

/// The rows as the table wants them: `traces` has one row per trace and flush; those of `attributes` are made of spans.
///
/// # Errors
/// When spans are not ours.
pub fn prepare(table: Table, batches: Vec<CodedBatch>) -> Result<Vec<CodedBatch>, EncodeError> {
    Ok(match table {
        Table::Traces => {
            let batches: Vec<RecordBatch> = batches.iter().map(CodedBatch::to_batch).collect();
            vec![crate::schema::traces::merge(&batches).into()]
        }
        Table::Attributes => vec![crate::schema::attributes::from_spans(&batches)?.into()],
        _ => batches,
    })
}

#[cfg(test)]
mod tests;

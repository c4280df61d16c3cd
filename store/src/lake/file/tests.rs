//! No row is lost on the way into files, each is where readers look for it, and what the log says of a file is true.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression as FileCompression;
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::ReaderProperties;
use parquet::file::reader::FileReader as _;
use parquet::file::serialized_reader::{ReadOptionsBuilder, SerializedFileReader};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::ids::{SpanId, TraceId};
use crate::schema::spans::{Quirks, Resource, Scope, Span, SpansBuilder};
use crate::schema::traces;
use crate::value::Value;

/// 2026-01-01T00:02:00Z: two minutes into a bucket.
const NOW_NS: i64 = 1_767_225_720_000_000_000;

/// A row as these tests see it: id, start, service.
type Row = (i64, i64, Option<String>);

fn spans(rows: &[Row]) -> CodedBatch {
    let mut builder = SpansBuilder::new();
    for (id, start_ns, service) in rows {
        let service = service.as_ref().map(|name| (Cow::from("service.name"), Value::String(name.into())));
        let resource = Resource { attributes: service.into_iter().collect(), ..Resource::default() };
        builder.append(&resource, &Scope::default(), &span(*id, *start_ns));
    }
    builder.finish_coded()
}

fn plain<'a>(batch: &'a RecordBatch, name: &str) -> &'a Int64Array {
    batch.column_by_name(name).unwrap().as_primitive()
}

fn span(id: i64, start_ns: i64) -> Span<'static> {
    Span {
        trace_id: TraceId::from_halves(0, id),
        span_id: SpanId::from_int(id),
        parent_span_id: None,
        trace_state: "".into(),
        flags: 1,
        name: "GET /".into(),
        kind: 2,
        start_ns,
        end_ns: start_ns + 1_000,
        attributes: vec![("k".into(), Value::Int(id))],
        dropped_attributes_count: 0,
        events: Vec::new(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        status_code: 0,
        status_message: "".into(),
        quirks: Quirks::default(),
    }
}

/// The rows of a file in their order.
fn rows_of(file: &EncodedFile) -> Vec<Row> {
    let options = ArrowReaderOptions::new().with_schema(Table::Spans.file_schema());
    let bytes = Bytes::from(file.bytes.clone());
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options).unwrap().build().unwrap();
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.unwrap();
        assert!(batch.column_by_name("hour").is_none(), "the partition column is not in the file");
        let (ids, starts) = (plain(&batch, "span_id"), plain(&batch, "start_ns"));
        let services = batch.column_by_name("service_name").unwrap().as_string_view();
        rows.extend((0..batch.num_rows()).map(|row| {
            (ids.value(row), starts.value(row), services.is_valid(row).then(|| services.value(row).to_owned()))
        }));
    }
    rows
}

fn row() -> impl Strategy<Value = Row> {
    let service = prop::sample::select(vec![None, Some("a"), Some("b"), Some("c")]);
    // The last buckets, the last hours, any time, and the future.
    let start = prop_oneof![
        NOW_NS - 3 * BUCKET_NS..NOW_NS + BUCKET_NS,
        NOW_NS - 3 * HOUR_NS..NOW_NS + HOUR_NS,
        -HOUR_NS..i64::MAX / 2
    ];
    (1..i64::MAX, start, service).prop_map(|(id, start, service)| (id, start, service.map(str::to_owned)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_row_is_in_one_file_where_readers_look_for_it(requests in vec(vec(row(), 0..12), 1..4)) {
        let batches: Vec<CodedBatch> = requests.iter().map(|rows| spans(rows)).collect();
        let files = encode(Table::Spans, &batches, NOW_NS).unwrap();
        let mut found: Vec<Row> = files.iter().flat_map(rows_of).collect();
        let mut sent = requests.concat();
        found.sort();
        sent.sort();
        prop_assert_eq!(found, sent);
        let places: BTreeSet<(&str, i64)> = files.iter().map(|file| (file.hour.as_str(), file.from_ns)).collect();
        prop_assert_eq!(places.len(), files.len(), "two files of one place");
        for file in &files {
            check_file(file)?;
        }
    }
}

/// A row's number among few, its attributes, and how often it stands there.
type Coded = (u8, Vec<(u8, u8)>, usize);

/// Rows whose columns are of every kind: of one value, few, many; maps that are the same, different, or not there.
fn coded_spans(rows: &[Coded], builder: &mut SpansBuilder) -> CodedBatch {
    let mut id = 0;
    for (few, attributes, times) in rows {
        let attributes: Vec<_> = attributes
            .iter()
            .map(|(key, value)| {
                let value = if value % 2 == 0 {
                    Value::Int(i64::from(*value))
                } else {
                    Value::String("ä".repeat(*value as usize).into())
                };
                (Cow::from(["http.request.method", "server.port", "own", "other"][usize::from(*key % 4)]), value)
            })
            .collect();
        let named = |name: &'static str| (Cow::from(name), Value::String(few.to_string().into()));
        let own = attributes.iter().take(usize::from(*few % 3)).cloned();
        let resource = Resource { attributes: own.chain([named("service.name")]).collect(), ..Resource::default() };
        for _ in 0..*times {
            id += 1;
            let span = Span { attributes: attributes.clone(), kind: i32::from(few % 3), ..span(id, NOW_NS + id % 7) };
            builder.append(&resource, &Scope::default(), &span);
        }
    }
    builder.finish_coded()
}

/// The same rows in the same order, all columns of which the Parquet library writes.
fn by_library(batches: &[CodedBatch]) -> Vec<EncodedFile> {
    let plain: Vec<CodedBatch> = batches.iter().map(|batch| batch.to_batch().into()).collect();
    encode(Table::Spans, &plain, NOW_NS).unwrap()
}

fn all_rows(file: &EncodedFile) -> Vec<RecordBatch> {
    let bytes = Bytes::from(file.bytes.clone());
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options).unwrap();
    reader.with_batch_size(5_000).build().unwrap().map(Result::unwrap).collect()
}

fn columns_of(batches: &[CodedBatch]) -> CodedColumns<'_> {
    super::columns(Table::Spans, batches).unwrap()
}

/// Returns how many columns are written from codes.
fn check_coded(batches: &[CodedBatch]) -> usize {
    let (files, expected) = (encode(Table::Spans, batches, NOW_NS).unwrap(), by_library(batches));
    assert_eq!(files.len(), expected.len());
    for (file, expected) in files.iter().zip(&expected) {
        assert_eq!(all_rows(file), all_rows(expected));
        assert_eq!((file.rows, &file.ranges), (expected.rows, &expected.ranges));
        // What readers prune by: pages that lie where their column says that they do.
        let (own, library) = (metadata(file), metadata(expected));
        for (group, columns) in own.row_groups().iter().enumerate() {
            for (at, column) in columns.columns().iter().enumerate() {
                let theirs = library.row_group(group).column(at);
                assert_eq!(column.num_values(), theirs.num_values(), "{}", column.column_path());
                assert_eq!(column.statistics(), theirs.statistics(), "{}", column.column_path());
                if column.column_descr().max_rep_level() == 0 && column.num_values() < 1 << 15 {
                    let starts = |file: &ParquetMetaData| -> Vec<i64> {
                        let pages = file.offset_index().unwrap()[group][at].page_locations();
                        pages.iter().map(|page| page.first_row_index).collect()
                    };
                    assert_eq!(starts(&own), starts(&library), "{}", column.column_path());
                }
                let first = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
                let pages = own.offset_index().unwrap()[group][at].page_locations();
                let of_pages: i64 = pages.iter().map(|page| i64::from(page.compressed_page_size)).sum();
                assert_eq!(pages[0].offset, column.data_page_offset());
                assert_eq!(pages[0].offset + of_pages, first + column.compressed_size());
            }
        }
    }
    columns_of(batches).coded()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn pages_of_codes_say_what_the_library_writes(
        requests in vec(vec((any::<u8>(), vec((any::<u8>(), 0..9_u8), 0..4), 1..60_usize), 1..8), 1..4)
    ) {
        let mut builder = SpansBuilder::new();
        let batches: Vec<CodedBatch> = requests.iter().map(|rows| coded_spans(rows, &mut builder)).collect();
        prop_assert!(check_coded(&batches) > 20);
    }
}

#[test]
fn pages_and_groups_of_codes_are_as_many_as_rows_want() {
    let mut builder = SpansBuilder::new();
    let rows: Vec<Coded> = (0..200).map(|n| (n as u8, vec![(n as u8, (n % 9) as u8), (3, 5)], 700)).collect();
    let batches = [coded_spans(&rows, &mut builder)];
    assert!(check_coded(&batches) > 40);
    let metadata = metadata(&encode(Table::Spans, &batches, NOW_NS).unwrap()[0]);
    let groups: Vec<i64> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(groups, [ROW_GROUP_ROWS_MAX as i64, 140_000 - ROW_GROUP_ROWS_MAX as i64]);
    // The library looks less often whether a page is long enough.
    let coded = columns_of(&batches);
    let schema = metadata.file_metadata().schema_descr();
    let from_codes = |leaf: &usize| coded.few(schema.get_column_root_idx(*leaf), ROW_GROUP_ROWS_MAX).is_some();
    for leaf in (0..schema.num_columns()).filter(from_codes) {
        let pages = metadata.offset_index().unwrap()[0][leaf].page_locations();
        let ends = pages.iter().map(|page| page.first_row_index).skip(1).chain([ROW_GROUP_ROWS_MAX as i64]);
        let ends: Vec<i64> = ends.collect();
        assert!(ends.len() >= 7 && ends[0] <= 20_000, "{}: {ends:?}", schema.column(leaf).path());
        assert!(ends.windows(2).all(|pair| pair[1] - pair[0] <= 20_000), "{}: {ends:?}", schema.column(leaf).path());
    }
}

#[test]
fn codes_of_more_than_two_bytes_are_written_as_others() {
    // Of few texts each, so that they are coded.
    let requests = (0..28).map(|request| {
        let mut builder = SpansBuilder::new();
        for id in 0..2_400 * 3 {
            let name = (request * 2_400 + id / 3).to_string();
            builder.append(
                &Resource::default(),
                &Scope::default(),
                &Span { name: name.into(), ..span(id + 1, NOW_NS) },
            );
        }
        builder.finish_coded()
    });
    // And a few that are late: their file is small, and its table of names would not be.
    let late = spans(&[(1, NOW_NS - 2 * HOUR_NS, None), (2, NOW_NS - 2 * HOUR_NS, Some("late".to_owned()))]);
    let batches: Vec<CodedBatch> = requests.chain([late]).collect();
    check_coded(&batches);
    let columns = columns_of(&batches);
    assert!(columns.values_max() > 1 << u16::BITS, "{}", columns.values_max());
    let name = Table::Spans.file_schema().index_of("name").unwrap();
    assert!(columns.few(name, ROW_GROUP_ROWS_MAX).is_some() && columns.few(name, 2).is_none());
}

/// A page of a few rows may have any number of entries; readers refuse one with too many.
#[test]
fn pages_of_large_maps_have_few_rows() {
    let attributes = (0..1_000).map(|key| (format!("k{key}").into(), Value::Int(key % 7))).collect();
    let resource = Resource { attributes, ..Resource::default() };
    let mut builder = SpansBuilder::new();
    for id in 1..=2_400 {
        builder.append(&resource, &Scope::default(), &span(id, NOW_NS));
    }
    let batches = [builder.finish_coded()];
    check_coded(&batches);
    let file = encode(Table::Spans, &batches, NOW_NS).unwrap().remove(0);
    let metadata = metadata(&file);
    let most = columns(&metadata)
        .zip(&metadata.offset_index().unwrap()[0])
        .map(|((_, column), pages)| column.num_values() as usize / pages.page_locations().len());
    assert!(most.max().unwrap() < 1 << 18);
    assert!(columns(&metadata).any(|(_, column)| column.num_values() > 1 << 18));
}

#[test]
fn a_column_that_must_have_values_is_not_written_without_one() {
    let batch = spans(&[(1, NOW_NS, None)]);
    let schema = batch.schema();
    let at = schema.index_of("kind").unwrap();
    let mut columns = batch.columns().to_vec();
    columns[at] = crate::coded::Column::blank(schema.field(at).data_type());
    let batch = CodedBatch::new(Arc::clone(schema), 1, columns);
    let refused = encode(Table::Spans, &[batch], NOW_NS).unwrap_err();
    assert!(matches!(refused, EncodeError::Parquet(_)), "{refused:?}");
}

/// Of values that are too large for a dictionary the library makes plain pages.
#[test]
fn values_that_make_a_large_dictionary_go_through_the_library() {
    let rows: Vec<Row> = (1..=700).map(|id| (id, NOW_NS, Some(format!("{id:02000}")))).collect();
    let mut builder = SpansBuilder::new();
    let batches: Vec<CodedBatch> = rows
        .chunks(40)
        .map(|rows| {
            for (id, start_ns, text) in rows {
                let span = Span { name: text.clone().unwrap_or_default().into(), ..span(*id, *start_ns) };
                builder.append(&Resource::default(), &Scope::default(), &span);
                builder.append(&Resource::default(), &Scope::default(), &span);
            }
            builder.finish_coded()
        })
        .collect();
    check_coded(&batches);
}

fn check_file(file: &EncodedFile) -> Result<(), TestCaseError> {
    let rows = rows_of(file);
    prop_assert_eq!(file.rows, rows.len() as u64);
    prop_assert_eq!(file.crc32, crc32fast::hash(&file.bytes));
    let is_fresh = file.from_ns >= bucket_start_ns(NOW_NS) - BUCKET_NS;
    for (_, start_ns, _) in &rows {
        prop_assert_eq!(&hour_text(*start_ns), &file.hour);
        prop_assert_eq!(is_fresh, bucket_start_ns(*start_ns) >= bucket_start_ns(NOW_NS) - BUCKET_NS);
        let place = if is_fresh { bucket_start_ns(*start_ns) } else { start_ns.div_euclid(HOUR_NS) * HOUR_NS };
        prop_assert_eq!(place, file.from_ns);
    }
    let keys: Vec<_> =
        rows.iter().map(|(_, start, service)| (bucket_start_ns(*start), service.clone(), *start)).collect();
    prop_assert!(keys.is_sorted(), "{:?}", keys);
    check_range(file, "start_ns", rows.iter().map(|row| Some(StatValue::Int(row.1))))?;
    check_range(file, "service_name", rows.iter().map(|row| row.2.clone().map(StatValue::String)))
}

/// The log's bounds of a column are its own.
fn check_range(
    file: &EncodedFile,
    column: &str,
    values: impl Iterator<Item = Option<StatValue>>,
) -> Result<(), TestCaseError> {
    let (mut nulls, mut min, mut max) = (0, None, None);
    for value in values {
        let Some(value) = value else {
            nulls += 1;
            continue;
        };
        min = Some(min.filter(|min| *min <= value).unwrap_or_else(|| value.clone()));
        max = Some(max.filter(|max| *max >= value).unwrap_or(value));
    }
    prop_assert_eq!(&file.ranges[column], &ColumnRange { min, max, null_count: Some(nulls) }, "{}", column);
    Ok(())
}

#[test]
fn a_long_text_is_no_bound() {
    let long = "x".repeat(STATISTICS_TEXT_BYTES_MAX + 1);
    let rows = [(1, NOW_NS, Some("a".to_owned())), (2, NOW_NS, Some(long))];
    let files = encode(Table::Spans, &[spans(&rows)], NOW_NS).unwrap();
    let range = &files[0].ranges["service_name"];
    assert_eq!((&range.min, &range.max), (&Some(StatValue::String("a".to_owned())), &None));
}

#[test]
fn a_bound_that_one_part_lacks_is_not_known() {
    let int =
        |min, max| ColumnRange { min: Some(StatValue::Int(min)), max: Some(StatValue::Int(max)), null_count: Some(1) };
    let mut range = int(5, 9);
    range.widen(int(1, 7));
    assert_eq!(range, ColumnRange { null_count: Some(2), ..int(1, 9) });
    range.widen(ColumnRange { max: Some(StatValue::Int(3)), ..ColumnRange::default() });
    assert_eq!(range, ColumnRange { min: None, max: Some(StatValue::Int(9)), null_count: None });
}

fn metadata(file: &EncodedFile) -> ParquetMetaData {
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
    reader.parse_and_finish(&Bytes::from(file.bytes.clone())).unwrap()
}

/// Top-level columns and how they are written.
fn columns(metadata: &ParquetMetaData) -> impl Iterator<Item = (String, &ColumnChunkMetaData)> {
    metadata.row_group(0).columns().iter().map(|column| (column.column_path().string(), column))
}

#[test]
fn columns_are_written_as_the_format_says() {
    let rows: Vec<Row> = (1..2000).map(|id| (id, NOW_NS + id, Some("a".to_owned()))).collect();
    let files = encode(Table::Spans, &[spans(&rows)], NOW_NS).unwrap();
    let metadata = metadata(&files[0]);
    let (ids, times) = (["trace_hi", "trace_lo", "span_id", "parent_span_id"], ["start_ns", "duration_ns"]);
    let unique = ["url_full", "http_url", "url_path", "guid_x_request_id"];
    for (name, column) in columns(&metadata) {
        let name = name.as_str();
        assert!(matches!(column.compression(), FileCompression::ZSTD(_)), "{name}");
        let is_plain = ids.contains(&name) || times.contains(&name) || unique.contains(&name);
        assert_eq!(column.dictionary_page_offset().is_none(), is_plain, "{name} with a dictionary");
        let is_delta = column.encodings().any(|encoding| encoding == Encoding::DELTA_BINARY_PACKED);
        assert_eq!(is_delta, times.contains(&name), "{name} in deltas");
        let is_pruned = Table::Spans.statistics_columns().contains(&name) || ["trace_hi", "trace_lo"].contains(&name);
        assert_eq!(column.statistics().is_some(), is_pruned, "{name} with statistics");
        assert_eq!(column.column_index_offset().is_some(), is_pruned, "{name} with a page index");
        assert!(column.offset_index_offset().is_some(), "{name} without page offsets");
        assert_eq!(column.bloom_filter_offset().is_some(), BLOOM_COLUMNS.contains(&name), "{name} with a bloom filter");
    }
}

#[test]
fn other_readers_are_not_told_of_our_types_in_memory() {
    let file = encode(Table::Spans, &[spans(&[(1, NOW_NS, None)])], NOW_NS).unwrap().remove(0);
    assert!(metadata(&file).file_metadata().key_value_metadata().is_none_or(Vec::is_empty));
}

#[test]
fn the_bloom_filter_has_every_trace_and_few_others_and_is_as_small_as_the_file() {
    for (count, bytes_max) in [(10, 256), (2000, 16 * 1024)] {
        let rows: Vec<Row> = (1..=count).map(|id| (id * 7919, NOW_NS + id, None)).collect();
        let file = encode(Table::Spans, &[spans(&rows)], NOW_NS).unwrap().remove(0);
        let properties = ReaderProperties::builder().set_read_bloom_filter(true).build();
        let options = ReadOptionsBuilder::new().with_reader_properties(properties).build();
        let reader = SerializedFileReader::new_with_options(Bytes::from(file.bytes.clone()), options).unwrap();
        let group = reader.get_row_group(0).unwrap();
        let at = columns(&metadata(&file)).position(|(name, _)| name == "trace_lo").unwrap();
        let filter = group.get_column_bloom_filter(at).unwrap();
        assert!(rows.iter().all(|(id, _, _)| filter.check(id)));
        let strangers = (1..10_000_i64).filter(|n| filter.check(&(-n * 104_729))).count();
        assert!(strangers < 300, "{strangers} of 10000 strangers pass");
        let length = group.metadata().column(at).bloom_filter_length().unwrap();
        assert!(length < bytes_max, "{length} bytes for {count} traces");
    }
}

#[test]
fn row_groups_have_a_bound() {
    let rows: Vec<Row> = (1..=1024).map(|id| (id, NOW_NS, Some("a".to_owned()))).collect();
    let batch = traces::from_spans(&spans(&rows));
    let batches = vec![batch; ROW_GROUP_ROWS_MAX / 1024 + 1];
    let files = encode(Table::Traces, &batches, NOW_NS).unwrap();
    assert_eq!(files.len(), 1);
    let metadata = metadata(&files[0]);
    let groups: Vec<i64> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(groups, [ROW_GROUP_ROWS_MAX as i64, 1024]);
}

#[test]
fn traces_of_one_flush_are_merged_and_sorted_by_id() {
    let request = |ids: [i64; 2]| traces::from_spans(&spans(&ids.map(|id| (id, NOW_NS, None))));
    let rows = prepare(Table::Traces, vec![request([5, 1]), request([3, 5])]).unwrap();
    let files = encode(Table::Traces, &rows, NOW_NS).unwrap();
    let bytes = Bytes::from(files[0].bytes.clone());
    let batch = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap().next().unwrap().unwrap();
    assert_eq!(plain(&batch, "trace_lo").values(), &[1, 3, 5]);
    assert_eq!(plain(&batch, "span_count").values(), &[1, 1, 2]);
}

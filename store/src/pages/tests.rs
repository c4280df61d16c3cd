//! Pages say what the Parquet library reads of the same file, whatever rows are asked for, and damaged ones do no harm.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{concat, concat_batches, filter};
use arrow::datatypes::{DataType, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::basic::Type;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use proptest::prelude::*;

use super::{Column, Layout, PageCache, Place, coded_type, dictionary, read};
use crate::ids::{SpanId, TraceId};
use crate::lake::file::encode;
use crate::schema::Table;
use crate::schema::spans::{Quirks, Resource, Scope, Span, SpansBuilder};
use crate::value::Value;

const NOW_NS: i64 = 1_767_225_720_000_000_000;

/// A file in memory.
struct InMemory(Bytes);

impl AsyncFileReader for InMemory {
    fn get_bytes(&mut self, range: std::ops::Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        let bytes = self.0.slice(range.start as usize..range.end as usize);
        std::future::ready(Ok(bytes)).boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        std::future::ready(Ok(metadata(&self.0))).boxed()
    }
}

fn metadata(file: &Bytes) -> Arc<ParquetMetaData> {
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
    Arc::new(reader.parse_and_finish(file).unwrap())
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn text(&mut self, prefix: &str, of: u64) -> String {
        format!("{prefix} {}", self.next(of))
    }
}

/// A file of spans: few services, all kinds of attributes, and `names` names, of which many do not fit into a dictionary.
fn file(spans: usize, names: u64, seed: u64) -> Bytes {
    let mut numbers = Numbers(seed);
    let mut builder = SpansBuilder::new();
    for id in 1..=spans as i64 {
        let mut attributes = Vec::new();
        for (key, values) in [("http.status_code", 5), ("k1", 3), ("thread.id", 1000), ("http.url", 1 << 30), ("é", 2)]
        {
            match numbers.next(3) {
                0 => attributes.push((key.into(), Value::Int(numbers.next(values) as i64))),
                1 => attributes.push((key.into(), Value::String(numbers.text("value", values).into()))),
                _ => {}
            }
        }
        let mut resource = Resource::default();
        if numbers.next(9) > 0 {
            resource.attributes.push(("service.name".into(), Value::String(numbers.text("service", 7).into())));
            resource.attributes.push(("zone".into(), Value::String(numbers.text("zone", 2).into())));
        }
        let start_ns = NOW_NS + numbers.next(60_000_000_000) as i64;
        let span = Span {
            trace_id: TraceId::from_halves(numbers.next(3) as i64, id / 9),
            span_id: SpanId::from_int(id),
            parent_span_id: (numbers.next(4) > 0).then(|| SpanId::from_int(id - 1)),
            trace_state: "".into(),
            flags: numbers.next(2) as u32,
            name: format!("{:0>90}", numbers.next(names)).into(),
            kind: numbers.next(6) as i32,
            start_ns,
            end_ns: start_ns + numbers.next(1 << 40) as i64 - 5,
            attributes,
            dropped_attributes_count: 0,
            events: Vec::new(),
            dropped_events_count: 0,
            links: Vec::new(),
            dropped_links_count: 0,
            status_code: numbers.next(3) as i32,
            status_message: "".into(),
            quirks: Quirks::default(),
        };
        builder.append(&resource, &Scope::default(), &span);
    }
    Bytes::from(encode(Table::Spans, &[builder.finish_coded()], NOW_NS).unwrap().remove(0).bytes)
}

/// What the Parquet library reads.
fn by_library(file: &Bytes) -> RecordBatch {
    let options = ArrowReaderOptions::new().with_schema(Table::Spans.file_schema());
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file.clone(), options).unwrap();
    let schema = Arc::clone(reader.schema());
    let batches: Vec<RecordBatch> = reader.build().unwrap().collect::<std::result::Result<_, _>>().unwrap();
    concat_batches(&schema, &batches).unwrap()
}

/// Some rows of a column; `None` for types that pages are not read of.
async fn by_pages(
    file: &Bytes,
    group: usize,
    name: &str,
    data_type: &DataType,
    wanted: &BooleanBuffer,
) -> Result<Option<ArrayRef>> {
    let metadata = metadata(file);
    let layout = Layout::new(Arc::clone(&metadata), group);
    let mut reader = InMemory(file.clone());
    if let DataType::Map(..) = data_type {
        let (keys, values) = Place::of_map(&metadata, name).unwrap();
        let columns = read(&mut reader, &layout, &[keys, values], wanted).await?;
        let taken = parts(wanted).map(|rows| Column::take_maps(&columns[0], &columns[1], wanted, &rows, data_type));
        return Ok(Some(concat_all(&taken.collect::<Result<Vec<_>>>()?)));
    }
    let plain = if let DataType::Dictionary(_, plain) = data_type { plain } else { data_type };
    let Some(place) = Place::of_column(&metadata, name, plain) else { return Ok(None) };
    let columns = read(&mut reader, &layout, &[place], wanted).await?;
    let taken = parts(wanted).map(|rows| match plain == data_type {
        true => columns[0].take(wanted, &rows),
        false => columns[0].take_codes(wanted, &rows),
    });
    Ok(Some(concat_all(&taken.collect::<Result<Vec<_>>>()?)))
}

/// Rows as they are printed, of which codes do not show.
fn texts(array: &ArrayRef) -> Vec<String> {
    let options = FormatOptions::new().with_null("null");
    let format = ArrayFormatter::try_new(array, &options).unwrap();
    (0..array.len()).map(|row| format.value(row).to_string()).collect()
}

/// Rows as they are taken: a part of a page, the rest of it and others.
fn parts(wanted: &BooleanBuffer) -> impl Iterator<Item = std::ops::Range<usize>> {
    let rows = wanted.len();
    [0..rows.min(7000), rows.min(7000)..rows].into_iter()
}

fn concat_all(parts: &[ArrayRef]) -> ArrayRef {
    concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>()).unwrap()
}

/// Every row, some by chance, few in a row, one, none.
fn selections(rows: usize) -> Vec<BooleanBuffer> {
    let mut numbers = Numbers(rows as u64);
    let sparse: Vec<bool> = (0..rows).map(|_| numbers.next(500) == 0).collect();
    let half: Vec<bool> = (0..rows).map(|_| numbers.next(2) == 0).collect();
    vec![
        BooleanBuffer::new_set(rows),
        BooleanBuffer::from(sparse),
        BooleanBuffer::from(half),
        BooleanBuffer::collect_bool(rows, |row| (rows / 2..rows / 2 + 700).contains(&row)),
        BooleanBuffer::collect_bool(rows, |row| row + 1 == rows),
        BooleanBuffer::new_unset(rows),
    ]
}

async fn check(file: &Bytes) -> usize {
    let (expected, metadata) = (by_library(file), metadata(file));
    let mut compared = 0;
    let mut first = 0;
    for group in 0..metadata.num_row_groups() {
        let rows = metadata.row_group(group).num_rows() as usize;
        for field in expected.schema().fields() {
            let column = expected.column_by_name(field.name()).unwrap().slice(first, rows);
            for wanted in selections(rows) {
                let found = by_pages(file, group, field.name(), field.data_type(), &wanted).await.unwrap();
                let Some(found) = found else { continue };
                let expected = filter(&column, &BooleanArray::new(wanted.clone(), None)).unwrap();
                assert_eq!(found.to_data(), expected.to_data(), "{field}");
                let coded = coded_type(field.data_type());
                let coded = by_pages(file, group, field.name(), &coded, &wanted).await.unwrap().unwrap();
                assert_eq!(texts(&coded), texts(&expected), "{field}, coded");
                compared += 1;
            }
        }
        first += rows;
    }
    compared
}

#[tokio::test]
async fn all_columns_of_some_rows_are_what_the_library_reads() {
    // Names in a dictionary, over several pages; names that overflow it; few rows; more than one row group.
    for (spans, names) in [(45_000, 100), (45_000, 1 << 30), (3, 2), (140_000, 5)] {
        let compared = check(&file(spans, names, 7)).await;
        assert!(compared > 60 * 6, "{compared} columns of {spans} spans");
    }
}

#[tokio::test]
async fn truths_are_those_of_the_rows() {
    let file = file(45_000, 1 << 30, 3);
    let (expected, metadata) = (by_library(&file), metadata(&file));
    let layout = Layout::new(Arc::clone(&metadata), 0);
    let wanted = BooleanBuffer::new_set(layout.rows());
    let mut asked = 0;
    // By dictionary, in part by dictionary, with nulls, without a dictionary, in deltas.
    for (name, is_wanted) in [
        ("service_name", "service 3"),
        ("name", "000000000000000000000000000000000000000000000000000000000000000000000000000000000004711"),
        ("http_url", "value 4711"),
    ] {
        let place = Place::of_column(&metadata, name, &DataType::Utf8View).unwrap();
        let columns = read(&mut InMemory(file.clone()), &layout, &[place], &wanted).await.unwrap();
        let is = |texts: &ArrayRef| {
            asked += 1;
            Ok::<_, ParquetError>(
                texts.as_string_view().iter().map(|text| text.map(|text| text >= is_wanted)).collect(),
            )
        };
        let truths = columns[0].truths(is).unwrap();
        let texts = expected.column_by_name(name).unwrap().as_string_view();
        let expected = BooleanBuffer::collect_bool(45_000, |row| texts.is_valid(row) && texts.value(row) >= is_wanted);
        assert_eq!(truths, expected, "{name}");
        assert!((1..45_000).contains(&truths.count_set_bits()), "{name}");
    }
    assert!(asked < 30, "asked {asked} times");
    for name in ["http_status_code", "parent_span_id", "start_ns"] {
        let place = Place::of_column(&metadata, name, &DataType::Int64).unwrap();
        let columns = read(&mut InMemory(file.clone()), &layout, &[place], &wanted).await.unwrap();
        let is_even = |ints: &ArrayRef| {
            let ints = ints.as_primitive::<Int64Type>();
            Ok::<_, ParquetError>(ints.iter().map(|int| int.map(|int| int % 2 == 0)).collect())
        };
        let ints = expected.column_by_name(name).unwrap().as_primitive::<Int64Type>();
        let expected = BooleanBuffer::collect_bool(45_000, |row| ints.is_valid(row) && ints.value(row) % 2 == 0);
        assert_eq!(columns[0].truths(is_even).unwrap(), expected, "{name}");
        let is_null = |ints: &ArrayRef| {
            Ok::<_, ParquetError>(BooleanArray::from_iter((0..ints.len()).map(|i| Some(ints.is_null(i)))))
        };
        let expected = BooleanBuffer::collect_bool(45_000, |row| ints.is_null(row));
        assert_eq!(columns[0].truths(is_null).unwrap(), expected, "{name}");
    }
}

/// Whatever was read before, and of whichever rows.
#[tokio::test]
async fn pages_that_are_kept_are_not_read_again() {
    let whole = file(45_000, 100, 5);
    let metadata = metadata(&whole);
    let cache = PageCache::new(64 << 20);
    let layout = |path| Layout::new(Arc::clone(&metadata), 0).keeping(cache.of_file(path));
    let rows = layout("a").rows();
    // In deltas, plain, with nulls; what stands in a dictionary is read again.
    let names = ["start_ns", "trace_lo", "parent_span_id", "http_status_code"];
    let places = names.map(|name| Place::of_column(&metadata, name, &DataType::Int64).unwrap());
    let all = BooleanBuffer::new_set(rows);
    let taken = |columns: &[Column], wanted: &BooleanBuffer| {
        columns.iter().map(|column| column.take(wanted, &(0..rows)).unwrap()).collect::<Vec<_>>()
    };
    let columns = read(&mut InMemory(whole.clone()), &layout("a"), &places, &selections(rows)[3]).await.unwrap();
    let middle = taken(&columns, &selections(rows)[3]);
    let columns = read(&mut InMemory(whole.clone()), &layout("a"), &places, &all).await.unwrap();
    let expected = taken(&columns, &all);
    assert!(cache.0.iter().count() >= 9, "{} pages are kept", cache.0.iter().count());

    // Reading would be a panic.
    let mut nothing = InMemory(Bytes::new());
    let columns = read(&mut nothing, &layout("a"), &places[..2], &all).await.unwrap();
    assert_eq!(taken(&columns, &all), expected[..2]);
    let columns = read(&mut nothing, &layout("a"), &places[..2], &selections(rows)[3]).await.unwrap();
    assert_eq!(taken(&columns, &selections(rows)[3]), middle[..2]);
    for path in ["a", "b"] {
        let columns = read(&mut InMemory(whole.clone()), &layout(path), &places, &all).await.unwrap();
        assert_eq!(taken(&columns, &all), expected, "{path}");
    }
    let is_even = |ints: &ArrayRef| {
        let ints = ints.as_primitive::<Int64Type>();
        Ok::<_, ParquetError>(ints.iter().map(|int| int.map(|int| int % 2 == 0)).collect())
    };
    let columns = read(&mut InMemory(whole), &layout("a"), &places, &all).await.unwrap();
    for (column, expected) in columns.iter().zip(&expected) {
        let ints = expected.as_primitive::<Int64Type>();
        let expected = BooleanBuffer::collect_bool(rows, |row| ints.is_valid(row) && ints.value(row) % 2 == 0);
        assert_eq!(column.truths(is_even).unwrap(), expected);
    }
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let whole = file(45_000, 100, 5);
    let metadata = metadata(&whole);
    let place = Place::of_column(&metadata, "trace_lo", &DataType::Int64).unwrap();
    for (bytes_max, is_any) in [(0, false), (400_000, true)] {
        let cache = PageCache::new(bytes_max);
        let layout = Layout::new(Arc::clone(&metadata), 0).keeping(cache.of_file("a"));
        let wanted = BooleanBuffer::new_set(layout.rows());
        for _ in 0..3 {
            read(&mut InMemory(whole.clone()), &layout, std::slice::from_ref(&place), &wanted).await.unwrap();
            cache.tend();
        }
        assert!(cache.bytes() <= bytes_max, "{} of {bytes_max} bytes", cache.bytes());
        assert_eq!(cache.bytes() > 0, is_any);
    }
}

#[test]
fn a_page_that_says_to_have_any_number_of_values_takes_no_memory_for_them() {
    // `PageHeader`: a data page of no bytes compressed to none, with 2^40 values, plain.
    let values = [0x80, 0x80, 0x80, 0x80, 0x80, 0x40];
    let header = [&[0x15, 0, 0x15, 0, 0x15, 0, 0x2c, 0x15][..], &values, &[0x15, 0, 0x15, 6, 0x15, 6, 0, 0]].concat();
    assert_eq!(super::header::read(&header).unwrap().values, 1 << 40);
    for entry_def in [None, Some(2)] {
        let leaf = super::decode::Leaf { physical: Type::INT64, def_max: 3, entry_def };
        let error = super::decode::page(&header, leaf, 0..300, 0, 300).unwrap_err();
        assert!(error.to_string().contains("another number of values"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_damage_is_an_error_or_another_value(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        seed in 0..4_u64,
        few in prop::collection::btree_set(0..300_usize, 1..16),
    ) {
        let whole = file(300, 20, seed);
        let known = metadata(&whole);
        let mut bytes = whole.to_vec();
        // Where pages are: what is behind them is read by the library.
        let columns = known.row_group(0).columns().iter();
        let end = columns.map(|column| column.byte_range()).map(|(start, length)| start + length).max().unwrap();
        let at = at.index(end as usize);
        bytes[at] = byte;
        let damaged = Bytes::from(bytes);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            // Few rows are looked up in another way.
            for wanted in [BooleanBuffer::new_set(300), BooleanBuffer::collect_bool(300, |row| few.contains(&row))] {
                for field in Table::Spans.file_schema().fields() {
                    let _ = by_pages(&damaged, 0, field.name(), field.data_type(), &wanted).await;
                }
            }
        });
    }

    #[test]
    fn any_bytes_are_no_page_or_one(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0..3000_usize, width in 0..40_u32) {
        let _ = super::delta::ints(&bytes, count);
        let hybrid = || super::bits::Hybrid::new(&bytes, width);
        let _ = hybrid().and_then(|hybrid| hybrid.numbers(count));
        let _ = super::bits::Hybrid::new(&bytes, width % 3).and_then(|hybrid| hybrid.two_bits(count));
        let _ = super::header::read(&bytes);
    }
}

/// Rows whose maps have an entry, in any selection of rows, and what dictionaries say of all.
#[test]
fn rows_with_an_entry_are_those_whose_maps_have_it() {
    let file = file(30_000, 50, 7);
    let all = by_library(&file);
    let metadata = metadata(&file);
    let mut numbers = Numbers(3);
    let mut has_some = 0;
    for (map, key, value) in [
        ("attrs_1", "k1", "value 1"),
        ("attrs_1", "k1", "2"),
        ("attrs_6", "thread.id", "value 77"),
        ("attrs_6", "thread.id", "no such value"),
        ("attrs_6", "k1", "value 1"),
        ("resource_attrs", "zone", "zone 1"),
    ] {
        let (keys, values) = Place::of_map(&metadata, map).unwrap();
        let maps = all.column_by_name(map).unwrap().as_map();
        let has = |row: usize| crate::schema::columns::map_entries(maps, row).any(|entry| entry == (key, value));
        let mut start = 0;
        for group in 0..metadata.num_row_groups() {
            let layout = Layout::new(Arc::clone(&metadata), group);
            let mut reader = InMemory(file.clone());
            for share in [1, 2, 5_000] {
                let wanted = BooleanBuffer::collect_bool(layout.rows(), |_| numbers.next(share) == 0);
                let places = [keys.clone(), values.clone()];
                let columns = read(&mut reader, &layout, &places, &wanted).now_or_never().unwrap().unwrap();
                let is = |texts: &ArrayRef, wanted: &str| -> Result<BooleanArray> {
                    Ok(texts.as_string::<i32>().iter().map(|text| Some(text == Some(wanted))).collect())
                };
                let found =
                    Column::rows_with_entry(&columns[0], &columns[1], |keys| is(keys, key), |values| is(values, value))
                        .unwrap();
                for row in wanted.set_indices() {
                    assert_eq!(found.value(row), has(start + row), "{map} {key} {value}, row {row} of group {group}");
                }
                has_some += wanted.set_indices().filter(|row| found.value(*row)).count();
            }
            for place in [&keys, &values] {
                let known = dictionary(&mut reader, &layout, place).now_or_never().unwrap().unwrap();
                let Some(known) = known else { continue };
                let known: std::collections::HashSet<_> = known.as_string::<i32>().iter().flatten().collect();
                let entries =
                    (start..start + layout.rows()).flat_map(|row| crate::schema::columns::map_entries(maps, row));
                let of_file: std::collections::HashSet<_> =
                    entries.map(|(key, value)| if *place == keys { key } else { value }).collect();
                assert_eq!(known, of_file, "{map}");
            }
            start += layout.rows();
        }
    }
    assert!(has_some > 1000, "{has_some}");
}

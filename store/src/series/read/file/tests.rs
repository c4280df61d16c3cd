use std::collections::BTreeMap;

use arrow::array::{Array as _, ArrayRef, AsArray as _, Float64Array, Int64Array};
use arrow::datatypes::{Float64Type, Int64Type};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use proptest::prelude::*;

use super::*;

/// Rows of (metric, labels); the value of a row is its place.
fn encoded(rows: &[(i64, i64)], group_rows: usize, page_rows: usize) -> Vec<u8> {
    let ints = |of: &dyn Fn(usize) -> i64| Arc::new((0..rows.len()).map(of).collect::<Int64Array>()) as ArrayRef;
    let columns: Vec<ArrayRef> = vec![
        ints(&|row| rows[row].0),
        ints(&|row| rows[row].1),
        ints(&|row| row as i64),
        Arc::new((0..rows.len()).map(|row| (rows[row].1 == 2).then_some(5)).collect::<Int64Array>()),
        Arc::new((0..rows.len()).map(|row| row as f64).collect::<Float64Array>()),
    ];
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group_rows))
        .set_data_page_row_count_limit(page_rows)
        .set_write_batch_size(1)
        .set_statistics_enabled(EnabledStatistics::Page)
        .build();
    let schema = Table::Samples.file_schema();
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties)).unwrap();
    writer.write(&RecordBatch::try_new(schema, columns).unwrap()).unwrap();
    writer.into_inner().unwrap()
}

async fn stored(bytes: Vec<u8>) -> (Arc<dyn ObjectStore>, LakeFile) {
    let (objects, path) = (InMemory::new(), Path::from("hour=2026-01-01-00/file.parquet"));
    let file = LakeFile {
        path: path.clone(),
        relative_path: path.to_string(),
        hour: "2026-01-01-00".to_owned(),
        size: bytes.len() as u64,
        rows: 0,
        crc32: None,
        ingested_ns: 0,
        ranges: BTreeMap::new(),
        frames: None,
        windows: None,
        level: 0,
    };
    objects.put(&path, PutPayload::from(bytes)).await.unwrap();
    (Arc::new(objects), file)
}

/// (place of the series, row) of what is read.
fn told(batches: &[FileBatch]) -> Vec<(usize, usize)> {
    let mut told = Vec::new();
    for FileBatch { series, rows } in batches {
        let values = rows.column_by_name("value").unwrap().as_primitive::<Float64Type>().values();
        let times = rows.column_by_name("time_ns").unwrap().as_primitive::<Int64Type>().values();
        assert!(values.iter().zip(times).all(|(value, time_ns)| *value as i64 == *time_ns));
        assert_eq!(series.iter().map(|series| series.rows.len()).sum::<usize>(), rows.num_rows(), "only theirs");
        told.extend(series.iter().flat_map(|s| s.rows.clone().map(|row| (s.series, values[row] as usize))));
    }
    told
}

proptest! {
    #[test]
    fn series_are_read_whole_and_alone(
        mut rows in prop::collection::vec((0..4_i64, 0..4_i64), 1..80),
        group_rows in 1..20_usize,
        page_rows in 1..9_usize,
        questions in prop::collection::vec(prop::collection::btree_set((0..5_i64, 0..5_i64), 0..25), 1..4),
    ) {
        rows.sort_unstable();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (objects, file) = runtime.block_on(stored(encoded(&rows, group_rows, page_rows)));
        let known = KnownFiles::default();
        let of_file = FileRows { objects, known: &known, table: Table::Samples, file: &file };
        for wanted in questions {
            let ids: Vec<SeriesId> =
                wanted.iter().map(|(metric, labels)| SeriesId { metric: *metric, labels: *labels }).collect();
            let batches = runtime.block_on(of_file.of_series(&ids)).unwrap();
            let place = |(metric, labels): &(i64, i64)| {
                ids.binary_search(&SeriesId { metric: *metric, labels: *labels }).ok()
            };
            let naive = rows.iter().enumerate().filter_map(|(row, id)| Some((place(id)?, row)));
            prop_assert_eq!(told(&batches), naive.collect::<Vec<_>>());
            let starts = batches.iter().filter_map(|batch| batch.rows.column_by_name("start_ns"));
            let starts: usize = starts.map(|starts| starts.len() - starts.null_count()).sum();
            let started = rows.iter().filter(|id| id.1 == 2 && place(id).is_some()).count();
            prop_assert_eq!(starts, started);
        }
        let all = runtime.block_on(of_file.places(None)).unwrap();
        let rows_of_all = all.ids.iter().zip(&all.rows).flat_map(|(id, rows)| rows.clone().map(move |_| (id.metric, id.labels)));
        prop_assert_eq!(rows_of_all.collect::<Vec<_>>(), rows);
    }
}

//! Rows of files, in order.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;
use crate::lake::LakeFile;
use crate::lake::file::{encode, prepare};
use crate::schema::spans::{Resource, Scope, Span, SpansBuilder};
use crate::time::HOUR_NS;
use crate::value::Value;
use crate::{SpanId, TraceId};

const START_NS: i64 = 1_767_225_600_000_000_000;

/// Service, start in the hour, id.
type Picked = (u8, i64, i64);

fn rows(picked: &[Picked]) -> RecordBatch {
    let mut builder = SpansBuilder::new();
    for (service, start_ns, id) in picked {
        let name = (*service > 0).then(|| ("service.name".into(), Value::String(format!("s{service}").into())));
        let resource = Resource { attributes: name.into_iter().collect(), ..Resource::default() };
        let span = Span {
            trace_id: TraceId::from_halves(0, *id),
            span_id: SpanId::from_int(*id),
            parent_span_id: None,
            trace_state: "".into(),
            flags: 0,
            name: "x".into(),
            kind: 1,
            start_ns: START_NS + start_ns,
            end_ns: START_NS + start_ns,
            attributes: vec![("n".into(), Value::Int(*id))],
            dropped_attributes_count: 0,
            events: Vec::new(),
            dropped_events_count: 0,
            links: Vec::new(),
            dropped_links_count: 0,
            status_code: 0,
            status_message: "".into(),
            quirks: crate::schema::spans::Quirks::default(),
        };
        builder.append(&resource, &Scope::default(), &span);
    }
    builder.finish()
}

/// Each a file, open.
fn job(files: &[Vec<Picked>]) -> (Job, Vec<File>) {
    let (mut stored, mut opened) = (Vec::new(), Vec::new());
    for (number, picked) in files.iter().enumerate() {
        // So late that all rows share a file.
        let batches = prepare(Table::Spans, vec![rows(picked).into()]).unwrap();
        let [file] = encode(Table::Spans, &batches, START_NS + 9 * HOUR_NS).unwrap().try_into().unwrap();
        let mut local = tempfile::tempfile().unwrap();
        local.write_all(&file.bytes).unwrap();
        opened.push(local);
        stored.push(Arc::new(LakeFile {
            path: object_store::path::Path::from(number.to_string()),
            relative_path: number.to_string(),
            hour: file.hour.clone(),
            size: file.bytes.len() as u64,
            rows: file.rows,
            crc32: Some(file.crc32),
            ingested_ns: number as i64,
            ranges: file.ranges,
            frames: Some(FrameRange { wal: "w".into(), first: number as u64 + 1, last: number as u64 + 1 }),
            windows: None,
            level: 0,
        }));
    }
    let superseded = vec![Vec::new(); stored.len()];
    (Job { hour: "2026-01-01-00".to_owned(), files: stored, superseded, level: 2 }, opened)
}

fn read(file: &EncodedFile) -> Vec<Picked> {
    let bytes = bytes::Bytes::from(file.bytes.clone());
    let options = ArrowReaderOptions::new().with_schema(Table::Spans.file_schema());
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options).unwrap().build().unwrap();
    let mut picked = Vec::new();
    for batch in reader.map(Result::unwrap) {
        let ints = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
        let (starts, ids) = (ints("start_ns"), ints("span_id"));
        let services = batch.column_by_name("service_name").unwrap().as_string_view();
        for row in 0..batch.num_rows() {
            let service = if services.is_null(row) { 0 } else { services.value(row)[1..].parse().unwrap() };
            picked.push((service, starts.value(row) - START_NS, ids.value(row)));
        }
    }
    picked
}

fn in_order(picked: &[Picked]) -> Vec<Picked> {
    let mut sorted = picked.to_vec();
    // Stable: of equal ones that of the earlier file comes first.
    sorted.sort_by_key(|(service, start_ns, _)| (bucket_start_ns(START_NS + start_ns), *service, *start_ns));
    sorted
}

fn files() -> impl Strategy<Value = Vec<Vec<Picked>>> {
    let span = (0..4_u8, 0..12_i64, 1..1000_i64);
    let span = span.prop_map(|(service, twelfth, id)| (service, twelfth * (HOUR_NS / 13), id));
    prop::collection::vec(prop::collection::vec(span, 1..40), 1..6)
}

proptest! {
    #[test]
    fn merged_rows_are_those_of_all_files_in_order(files in files()) {
        let (job, opened) = job(&files);
        let merged = merge(Table::Spans, &job, opened, u64::MAX).unwrap();
        prop_assert_eq!(merged.len(), 1);
        // Each file's own rows are in order already, equal ones as they came.
        let sorted: Vec<Picked> = files.iter().flat_map(|picked| in_order(picked)).collect();
        prop_assert_eq!(read(&merged[0].file), in_order(&sorted));
        let lineage = &merged[0].lineage;
        prop_assert_eq!(lineage.ingested_ns, files.len() as i64 - 1);
        prop_assert_eq!(lineage.frames.as_ref().map(|f| (f.first, f.last)), Some((1, files.len() as u64)));
    }
}

#[test]
fn many_rows_are_cut_into_files_that_follow_each_other() {
    let picked =
        |file: i64| -> Vec<Picked> { (0..70_000).map(|i| (1, (i * 2 + file) * 10_000, i * 2 + file + 1)).collect() };
    let files = vec![picked(0), picked(1)];
    let (job, opened) = job(&files);
    let merged = merge(Table::Spans, &job, opened, 1).unwrap();
    assert!(merged.len() > 1, "{}", merged.len());
    let all: Vec<Picked> = merged.iter().flat_map(|merged| read(&merged.file)).collect();
    assert_eq!(all, in_order(&files.concat()));
    let bound = |merged: &Merged, pick: fn(&crate::lake::ColumnRange) -> Option<crate::lake::StatValue>| {
        pick(&merged.file.ranges["start_ns"])
    };
    for pair in merged.windows(2) {
        let (last, first) = (bound(&pair[0], |range| range.max.clone()), bound(&pair[1], |range| range.min.clone()));
        assert!(last < first, "{last:?} {first:?}");
    }
}

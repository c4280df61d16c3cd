//! Files as a Delta log names them: the add action of ours, and what any add action says.

use std::collections::{BTreeMap, HashMap};

use deltalake_core::kernel::{Add, LogicalFileView};
use object_store::path::Path;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::file::EncodedFile;
use super::snapshot::{ColumnRange, LakeFile, StatValue};
use super::table::WalRange;
use crate::time::minute_text;

/// The partition column.
pub(super) const PARTITION: &str = "hour";
const TAG_CRC32: &str = "spanloom.crc32";
const TAG_FRAMES: &str = "spanloom.frames";
const TAG_WAL: &str = "spanloom.wal";
const TAG_INGESTED_NS: &str = "spanloom.ingestedNs";

/// The action that adds a file to its table, under a name that no other file has.
pub(super) fn add(file: &EncodedFile, wal: &WalRange, ingested_ns: i64) -> Add {
    let (hour, minute, unique) = (&file.hour, minute_text(file.from_ns), Uuid::new_v4());
    let tags = [
        (TAG_CRC32, format!("{:08x}", file.crc32)),
        (TAG_FRAMES, format!("{}-{}", wal.first, wal.last)),
        (TAG_WAL, wal.app_id.clone()),
        (TAG_INGESTED_NS, ingested_ns.to_string()),
    ];
    Add {
        path: format!("{PARTITION}={hour}/{minute}-{:020}-{}.parquet", wal.last, unique.simple()),
        partition_values: HashMap::from([(PARTITION.to_owned(), Some(hour.clone()))]),
        size: file.bytes.len() as i64,
        modification_time: ingested_ns / 1_000_000,
        data_change: true,
        stats: Some(stats_json(file)),
        tags: Some(tags.into_iter().map(|(name, value)| (name.to_owned(), Some(value))).collect()),
        ..Add::default()
    }
}

/// Delta protocol, "Per-file Statistics".
fn stats_json(file: &EncodedFile) -> String {
    let bounds = |pick: fn(&ColumnRange) -> Option<&StatValue>| -> Map<String, Json> {
        let known = file.ranges.iter().filter_map(|(column, range)| Some((column, pick(range)?)));
        known.map(|(column, bound)| (column.clone(), stat_json(bound))).collect()
    };
    let nulls = file.ranges.iter().filter_map(|(column, range)| Some((column.clone(), json!(range.null_count?))));
    json!({
        "numRecords": file.rows,
        "minValues": bounds(|range| range.min.as_ref()),
        "maxValues": bounds(|range| range.max.as_ref()),
        "nullCount": nulls.collect::<Map<String, Json>>(),
    })
    .to_string()
}

fn stat_json(value: &StatValue) -> Json {
    match value {
        StatValue::Int(int) => json!(int),
        StatValue::String(text) => json!(text),
    }
}

/// What the log says of a file, whoever added it.
pub(super) fn lake_file(root: &Path, view: &LogicalFileView) -> LakeFile {
    #[expect(deprecated, reason = "nothing else gives the tags of a file")]
    let add = view.add_action();
    let tags = add.tags.unwrap_or_default();
    let tag = |name: &str| tags.get(name).cloned().flatten();
    let stats: Json = add.stats.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let relative_path = view.path().into_owned();
    LakeFile {
        path: join(root, &relative_path),
        hour: add.partition_values.get(PARTITION).cloned().flatten().unwrap_or_default(),
        size: u64::try_from(add.size).unwrap_or_default(),
        rows: stats["numRecords"].as_u64().unwrap_or_default(),
        crc32: tag(TAG_CRC32).and_then(|text| u32::from_str_radix(&text, 16).ok()),
        ingested_ns: tag(TAG_INGESTED_NS)
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| add.modification_time.saturating_mul(1_000_000)),
        ranges: ranges(&stats),
        relative_path,
    }
}

fn ranges(stats: &Json) -> BTreeMap<String, ColumnRange> {
    let mut ranges: BTreeMap<String, ColumnRange> = BTreeMap::new();
    let entries = |key: &str| stats[key].as_object().cloned().unwrap_or_default();
    for (column, nulls) in entries("nullCount") {
        ranges.entry(column).or_default().null_count = nulls.as_u64();
    }
    for (column, min) in entries("minValues") {
        ranges.entry(column).or_default().min = stat_value(&min);
    }
    for (column, max) in entries("maxValues") {
        ranges.entry(column).or_default().max = stat_value(&max);
    }
    ranges
}

fn stat_value(json: &Json) -> Option<StatValue> {
    match json {
        Json::Number(number) => number.as_i64().map(StatValue::Int),
        Json::String(text) => Some(StatValue::String(text.clone())),
        _ => None,
    }
}

/// A path in the table as one of the object store.
pub(super) fn join(root: &Path, relative: &str) -> Path {
    relative.split('/').fold(root.clone(), |path, part| path.join(part))
}

//! Files as a Delta log names them: the add action of ours, and what any add action says.

use std::collections::{BTreeMap, HashMap};

use deltalake_core::kernel::{Add, LogicalFileView};
use object_store::path::Path;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::file::EncodedFile;
use super::snapshot::{ColumnRange, FrameRange, LakeFile, StatValue};
use super::table::WalRange;
use super::window::{FileWindows, WindowMark};
use crate::time::{minute_text, second_text};

/// The partition column.
pub(super) const PARTITION: &str = "hour";
const TAG_CRC32: &str = "spanloom.crc32";
const TAG_FRAMES: &str = "spanloom.frames";
const TAG_WAL: &str = "spanloom.wal";
const TAG_INGESTED_NS: &str = "spanloom.ingestedNs";
const TAG_WINDOWS: &str = "spanloom.windows";
const TAG_WRITER: &str = "spanloom.writer";
const TAG_LEVEL: &str = "spanloom.level";

/// The action that adds a file of a flush to its table.
pub(super) fn add(file: &EncodedFile, wal: &WalRange, ingested_ns: i64) -> Add {
    let name = format!("{}-{:020}", minute_text(file.from_ns), wal.last);
    let frames = format!("{}-{}", wal.first, wal.last);
    add_named(file, &name, [(TAG_FRAMES, frames), (TAG_WAL, wal.app_id.clone())], ingested_ns)
}

/// The action that adds a file of one window to its table.
pub(super) fn add_window(file: &EncodedFile, writer: &str, mark: WindowMark, ingested_ns: i64) -> Add {
    let name = format!("{}-{:06}", second_text(mark.window_ns), mark.revision);
    let windows = FileWindows { writer: writer.into(), marks: vec![mark] };
    add_named(file, &name, [(TAG_WRITER, writer.to_owned()), (TAG_WINDOWS, windows.to_tag())], ingested_ns)
}

/// What a compacted file has of those that it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lineage {
    /// How often its rows were put together, at most.
    pub level: u8,
    pub frames: Option<FrameRange>,
    pub windows: Option<FileWindows>,
    /// When its newest row came in.
    pub ingested_ns: i64,
}

/// The action that adds a file that was made of others. It has no new rows, and says so.
pub(super) fn add_compacted(file: &EncodedFile, lineage: &Lineage) -> Add {
    let Lineage { level, frames, windows, ingested_ns } = lineage;
    let name = format!("{}-level{level}", minute_text(file.from_ns));
    let mut tags = vec![(TAG_LEVEL, level.to_string())];
    if let Some(FrameRange { wal, first, last }) = frames {
        tags.extend([(TAG_FRAMES, format!("{first}-{last}")), (TAG_WAL, wal.to_string())]);
    }
    if let Some(windows) = windows {
        tags.extend([(TAG_WRITER, windows.writer.to_string()), (TAG_WINDOWS, windows.to_tag())]);
    }
    Add { data_change: false, ..add_named(file, &name, tags, *ingested_ns) }
}

/// No other file has the name: a part of it is random.
fn add_named<'t>(
    file: &EncodedFile,
    name: &str,
    origin: impl IntoIterator<Item = (&'t str, String)>,
    ingested_ns: i64,
) -> Add {
    let (hour, unique) = (&file.hour, Uuid::new_v4());
    let tags = [(TAG_CRC32, format!("{:08x}", file.crc32)), (TAG_INGESTED_NS, ingested_ns.to_string())];
    Add {
        path: format!("{PARTITION}={hour}/{name}-{}.parquet", unique.simple()),
        partition_values: HashMap::from([(PARTITION.to_owned(), Some(hour.clone()))]),
        size: file.bytes.len() as i64,
        modification_time: ingested_ns / 1_000_000,
        data_change: true,
        stats: Some(stats_json(file)),
        tags: Some(tags.into_iter().chain(origin).map(|(tag, text)| (tag.to_owned(), Some(text))).collect()),
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
        frames: tag(TAG_WAL).zip(tag(TAG_FRAMES)).and_then(|(wal, frames)| frame_range(&wal, &frames)),
        level: tag(TAG_LEVEL).and_then(|text| text.parse().ok()).unwrap_or_default(),
        windows: tag(TAG_WRITER).zip(tag(TAG_WINDOWS)).and_then(|(w, marks)| FileWindows::from_tags(&w, &marks).ok()),
        relative_path,
    }
}

fn frame_range(wal: &str, frames: &str) -> Option<FrameRange> {
    let (first, last) = frames.split_once('-')?;
    Some(FrameRange { wal: wal.into(), first: first.parse().ok()?, last: last.parse().ok()? })
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

//! The live files of a table, as one version of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema};
use object_store::path::Path;

use super::window::{FileWindows, WindowMark, Windows};
use crate::schema::Table;

/// A Parquet file of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct LakeFile {
    /// Where it lies in [`crate::Store::object_store`].
    pub path: Path,
    /// Its path in the table, as the Delta log has it.
    pub relative_path: String,
    /// The partition: the UTC hour of its rows.
    pub hour: String,
    pub size: u64,
    pub rows: u64,
    /// CRC-32 of the whole file; `None` if another writer added it.
    pub crc32: Option<u32>,
    /// When its newest row came in; retention counts from here, so imported old data stays.
    pub ingested_ns: i64,
    /// Minimum, maximum and null count of [`Table::statistics_columns`].
    pub ranges: BTreeMap<String, ColumnRange>,
    /// The frames whose rows it holds, if a flush wrote it.
    pub frames: Option<FrameRange>,
    /// The windows that it holds, if it is of a table of windows.
    pub windows: Option<FileWindows>,
    /// How often its rows were put together with those of other files: 0 as they were first written.
    pub level: u8,
}

impl LakeFile {
    /// The least and the greatest number of a column, as far as the log says them.
    #[must_use]
    pub fn int_bounds(&self, column: &str) -> (Option<i64>, Option<i64>) {
        let int = |bound: &Option<StatValue>| match bound {
            Some(StatValue::Int(bound)) => Some(*bound),
            _ => None,
        };
        self.ranges.get(column).map_or((None, None), |range| (int(&range.min), int(&range.max)))
    }
}

/// A range of frames of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameRange {
    /// `<wal uuid>/<shard>`: [`crate::Store::writer`] of the process that flushed it.
    pub wal: Arc<str>,
    pub first: u64,
    pub last: u64,
}

/// What the log says of a column in one file; a `None` bound says nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnRange {
    pub min: Option<StatValue>,
    pub max: Option<StatValue>,
    pub null_count: Option<u64>,
}

impl ColumnRange {
    /// The range of both; a bound that one of them lacks is not known, which prunes less and is never wrong.
    pub(crate) fn widen(&mut self, other: Self) {
        self.min = narrower(self.min.take(), other.min, |a, b| a <= b);
        self.max = narrower(self.max.take(), other.max, |a, b| a >= b);
        self.null_count = self.null_count.zip(other.null_count).map(|(a, b)| a + b);
    }
}

fn narrower(
    a: Option<StatValue>,
    b: Option<StatValue>,
    prefers: fn(&StatValue, &StatValue) -> bool,
) -> Option<StatValue> {
    let (a, b) = (a?, b?);
    Some(if prefers(&a, &b) { a } else { b })
}

/// A bound of a column.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum StatValue {
    Int(i64),
    String(String),
}

/// One version of a table: its files, and their statistics as one batch with a row per file in the same order.
#[derive(Debug, Clone)]
pub struct LakeSnapshot {
    /// The Delta version; -1 while the table does not exist.
    pub version: i64,
    /// The files to read. Of a file with several windows some rows may not count: [`Self::superseded_windows`].
    pub files: Vec<Arc<LakeFile>>,
    /// Files that the table still has and in which nothing counts any more.
    pub superseded: Vec<Arc<LakeFile>>,
    /// Columns `hour`, `row_count` and, of each of [`Table::statistics_columns`], `<column>.min`, `<column>.max` (of the
    /// column's type, null where not known) and `<column>.null_count`.
    pub statistics: RecordBatch,
    windows: Windows,
    /// See [`Self::superseded_windows`]: of the files to read of which some rows do not count.
    superseded_windows: HashMap<Path, Vec<i64>>,
}

impl LakeSnapshot {
    pub(crate) fn new(table: Table, version: i64, files: Vec<Arc<LakeFile>>) -> Self {
        let windows = Windows::of(&files);
        let (superseded, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| windows.supersede(file));
        let statistics = statistics(table, &files);
        let superseded_windows = files.iter().map(|file| (file.path.clone(), windows.superseded_in(file)));
        let superseded_windows = superseded_windows.filter(|(_, windows)| !windows.is_empty()).collect();
        Self { version, files, superseded, statistics, windows, superseded_windows }
    }

    pub(crate) fn empty(table: Table) -> Self {
        Self::new(table, -1, Vec::new())
    }

    /// The state of a window that counts, of those that one writer wrote.
    pub fn window(&self, writer: &str, window_ns: i64) -> Option<WindowMark> {
        self.windows.get(writer, window_ns)
    }

    /// The states that count of all windows of a writer, oldest window first.
    pub fn windows(&self, writer: &str) -> impl Iterator<Item = WindowMark> {
        self.windows.of_writer(writer)
    }

    /// The windows whose rows in `file` do not count: a reader leaves out the rows whose `window_ns` is one of them. Never
    /// any in a file of one window.
    pub fn superseded_windows(&self, file: &LakeFile) -> Vec<i64> {
        self.windows.superseded_in(file)
    }

    /// The same of one of [`Self::files`], without a look at each of its windows.
    pub(crate) fn superseded_windows_to_read(&self, file: &LakeFile) -> &[i64] {
        self.superseded_windows.get(&file.path).map_or(&[], Vec::as_slice)
    }

    /// The files that hold rows of a log's frames after `frame`, in the order of their frames; some of their rows may be of
    /// earlier ones.
    pub fn files_after(&self, wal: &str, frame: u64) -> Vec<Arc<LakeFile>> {
        let of_wal =
            |file: &LakeFile| file.frames.as_ref().filter(|frames| &*frames.wal == wal).map(|frames| frames.last);
        let mut files: Vec<_> =
            self.files.iter().filter(|file| of_wal(file).is_some_and(|last| last > frame)).collect();
        files.sort_by_key(|file| of_wal(file));
        files.into_iter().cloned().collect()
    }

    /// Every file of the table, read or not.
    pub(crate) fn all_files(&self) -> impl Iterator<Item = &Arc<LakeFile>> {
        self.files.iter().chain(&self.superseded)
    }

    /// Bytes of the files to read.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

fn statistics(table: Table, files: &[Arc<LakeFile>]) -> RecordBatch {
    let hours: StringViewArray = files.iter().map(|file| Some(file.hour.as_str())).collect();
    let rows: Int64Array = files.iter().map(|file| Some(file.rows as i64)).collect();
    let mut fields =
        vec![Field::new("hour", DataType::Utf8View, false), Field::new("row_count", DataType::Int64, false)];
    let mut columns: Vec<ArrayRef> = vec![Arc::new(hours), Arc::new(rows)];
    let schema = table.schema();
    for name in table.statistics_columns() {
        let data_type = schema.field_with_name(name).map_or(DataType::Int64, |field| field.data_type().clone());
        let of = |file: &Arc<LakeFile>| file.ranges.get(*name).cloned().unwrap_or_default();
        let bounds =
            [("min", files.iter().map(|f| of(f).min).collect()), ("max", files.iter().map(|f| of(f).max).collect())];
        for (suffix, values) in bounds {
            fields.push(Field::new(format!("{name}.{suffix}"), data_type.clone(), true));
            columns.push(bound_column(&data_type, values));
        }
        let nulls: Int64Array = files.iter().map(|file| of(file).null_count.map(|n| n as i64)).collect();
        fields.push(Field::new(format!("{name}.null_count"), DataType::Int64, true));
        columns.push(Arc::new(nulls));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("a row per file in every column")
}

fn bound_column(data_type: &DataType, values: Vec<Option<StatValue>>) -> ArrayRef {
    let int = |value: &Option<StatValue>| match value {
        Some(StatValue::Int(i)) => Some(*i),
        _ => None,
    };
    match data_type {
        DataType::Int32 => {
            Arc::new(values.iter().map(|v| int(v).and_then(|i| i32::try_from(i).ok())).collect::<Int32Array>())
        }
        DataType::Utf8View => Arc::new(
            values
                .iter()
                .map(|v| match v {
                    Some(StatValue::String(s)) => Some(s.as_str()),
                    _ => None,
                })
                .collect::<StringViewArray>(),
        ),
        _ => Arc::new(values.iter().map(int).collect::<Int64Array>()),
    }
}

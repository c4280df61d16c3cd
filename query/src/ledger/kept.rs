//! Rows of closed windows of edges, kept as they were read.
//!
//! A graph of an hour is some thirty windows, of which nearly all were in the graph before it, too. To read a row from columns
//! costs more than to add it up.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use moka::sync::Cache;
use spanloom_store::schema::edges::EdgeRow;
use spanloom_store::time::{HOUR_NS, hour_start_ns};
use spanloom_store::{LakeFile, TableView};

use super::{Source, WindowRange};

/// Windows for which nobody asks are given up after this time.
const IDLE_MAX: Duration = Duration::from_mins(15);
/// What an entry takes beside its rows, about.
const ENTRY_BYTES: usize = 256;
/// Of a source with room for more windows none are kept: it is asked for by who wants a long time in small steps, and that would fill the room.
const WINDOWS_MAX: i64 = 256;
/// What a row points to beside its buckets, about: most texts are those of other rows.
const ROW_POINTS_TO_BYTES: usize = 64;
const BUCKET_BYTES: usize = 16;

/// See the module. Written windows never change, so that nothing in it becomes wrong.
pub(crate) struct KeptEdges {
    windows: Cache<Key, Arc<[EdgeRow]>>,
    bytes_max: u64,
}

/// A window as it was written: of which table, and of each writer the state that counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Where the table's files are: of which tenant it is.
    table: Arc<str>,
    window_ns: i64,
    /// The revision and the last frame: retention forgets, and then revisions begin anew.
    states: Vec<(Arc<str>, (i64, u64))>,
}

/// A window, by where its rows are.
pub(super) enum Window<'v> {
    /// In files alone: they may be kept.
    Closed(Key),
    /// In memory alone.
    Open(&'v RecordBatch),
    /// In both.
    Mixed,
}

impl fmt::Debug for KeptEdges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptEdges").field("bytes", &self.windows.weighted_size()).finish()
    }
}

impl KeptEdges {
    /// At most `bytes_max` are kept; of 0 none.
    pub fn new(bytes_max: u64) -> Self {
        let weight = |key: &Key, rows: &Arc<[EdgeRow]>| {
            let bytes = ENTRY_BYTES + key.table.len() + rows.iter().map(row_bytes).sum::<usize>();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let windows = Cache::builder().max_capacity(bytes_max).weigher(weight).time_to_idle(IDLE_MAX).build();
        Self { windows, bytes_max }
    }

    /// Gives up what has been idle for too long, and returns how many bytes are kept.
    pub fn tend(&self) -> u64 {
        self.windows.run_pending_tasks();
        self.windows.weighted_size()
    }

    /// Whether any are kept.
    pub fn is_on(&self) -> bool {
        self.bytes_max > 0
    }

    /// Whether it has room for so many bytes of rows.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        bytes as u64 <= self.bytes_max
    }

    pub(super) fn get(&self, key: &Key) -> Option<Arc<[EdgeRow]>> {
        self.windows.get(key)
    }

    pub(super) fn put(&self, key: Key, rows: Vec<EdgeRow>) {
        self.windows.insert(key, rows.into());
    }

    /// The windows of a source that have rows; `None` if none are to be kept.
    pub(super) fn windows<'v>(&self, view: &'v TableView, source: &Source) -> Option<BTreeMap<i64, Window<'v>>> {
        let mut windows: BTreeMap<i64, Key> = BTreeMap::new();
        let length_ns = source.table.window_length_ns()?;
        let count: i64 = source.runs.iter().map(|run| run.length_ns() / length_ns).sum();
        if !self.is_on() || count > WINDOWS_MAX {
            return None;
        }
        for file in view.files().filter(|file| may_have(file, source)) {
            // Nobody knows which windows it has.
            let held = file.windows.as_ref()?;
            let mut table = None;
            for mark in held.marks.iter().filter(|mark| source.has(mark.window_ns)) {
                let table = table.get_or_insert_with(|| table_of(file));
                let new = || Key { table: Arc::clone(table), window_ns: mark.window_ns, states: Vec::new() };
                let key = windows.entry(mark.window_ns).or_insert_with(new);
                let state = (mark.revision, mark.last_frame);
                match key.states.binary_search_by(|(writer, _)| writer.cmp(&held.writer)) {
                    Ok(known) => key.states[known].1 = key.states[known].1.max(state),
                    Err(place) => key.states.insert(place, (Arc::clone(&held.writer), state)),
                }
            }
        }
        let mut windows: BTreeMap<i64, Window<'v>> =
            windows.into_iter().map(|(window_ns, key)| (window_ns, Window::Closed(key))).collect();
        for (window_ns, rows) in view.open_windows().filter(|(window_ns, _)| source.has(*window_ns)) {
            windows.entry(window_ns).and_modify(|window| *window = Window::Mixed).or_insert(Window::Open(rows));
        }
        Some(windows)
    }
}

/// Whether a file may have windows of a source: all of its are of one hour. Its bounds are those of its rows, and do not tell of windows
/// in which nothing is left.
fn may_have(file: &LakeFile, source: &Source) -> bool {
    let hour_ns = hour_start_ns(&file.hour);
    hour_ns.is_none_or(|start_ns| {
        let hour = WindowRange { start_ns, end_ns: start_ns.saturating_add(HOUR_NS) };
        source.runs.iter().any(|run| run.overlaps(hour))
    })
}

fn table_of(file: &LakeFile) -> Arc<str> {
    let path = file.path.as_ref();
    path.strip_suffix(&file.relative_path).unwrap_or(path).into()
}

/// What a row takes.
pub(super) fn row_bytes(row: &EdgeRow) -> usize {
    let values = &row.values;
    let pointed = values.latency.buckets().len() * BUCKET_BYTES
        + (values.response_flags.iter().len() + values.principals.iter().len()) * ROW_POINTS_TO_BYTES;
    size_of::<EdgeRow>() + ROW_POINTS_TO_BYTES + pointed
}

//! What was read of the ledger and is kept: rows of edges, as they were and added up, and who was who.
//!
//! A graph of an hour is some thirty windows, and many more of ten seconds where longer ones are not written yet; nearly all of them were in
//! the graph before it, too. To read a row from columns costs more than to add it up, and neighbouring windows have nearly the same rows.

use std::collections::BTreeMap;
use std::fmt;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch};
use moka::sync::Cache;
use spanloom_store::identity::Directory;
use spanloom_store::schema::edges::{EdgeRow, EdgeValues};
use spanloom_store::time::{HOUR_NS, hour_start_ns};
use spanloom_store::{LakeFile, Table, TenantId, TenantView};

use super::{Source, WindowRange};

/// What nobody asks for is given up after this time.
const IDLE_MAX: Duration = Duration::from_mins(15);
/// What an entry takes beside its rows, about.
const ENTRY_BYTES: usize = 256;
/// Of a source with more windows none are kept: it is asked for by who wants a long time in small steps, and that would fill the room.
const WINDOWS_MAX: usize = 512;
/// What a row points to beside its buckets, about: most texts are those of other rows.
const ROW_POINTS_TO_BYTES: usize = 64;
const BUCKET_BYTES: usize = 16;

/// See the module. What is kept is of a state, and is nobody's once its windows say something else.
pub(crate) struct KeptLedger {
    made: Cache<Key, Kept>,
    bytes_max: u64,
}

/// What it was made of: one window, or a run of them. One state is kept of each, the last one that was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub tenant: TenantId,
    pub table: Table,
    pub range: WindowRange,
}

#[derive(Clone)]
struct Kept {
    /// Of the windows that have rows, in their order.
    states: Arc<[State]>,
    made: Made,
    bytes: u32,
}

#[derive(Clone)]
enum Made {
    Edges(Arc<[EdgeRow]>),
    Names(Arc<Directory>),
}

/// What tells windows and their states apart: with equal ones of a table come the same rows.
#[derive(Debug, Clone)]
pub(super) struct State {
    window_ns: i64,
    /// Of each writer the state that counts: the revision, and the last frame, because retention forgets, and then revisions begin anew.
    written: Vec<(Arc<str>, (i64, u64))>,
    /// A column of the rows that are open. While it is held here no other one can be where it is.
    open: Option<ArrayRef>,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        let is_same = match (&self.open, &other.open) {
            (Some(open), Some(other)) => ptr::addr_eq(Arc::as_ptr(open), Arc::as_ptr(other)),
            (open, other) => open.is_none() && other.is_none(),
        };
        is_same && self.window_ns == other.window_ns && self.written == other.written
    }
}

/// A window that has rows.
pub(super) struct Window<'v> {
    pub state: State,
    open: Option<&'v RecordBatch>,
}

impl<'v> Window<'v> {
    fn new(window_ns: i64) -> Self {
        Self { state: State { window_ns, written: Vec::new(), open: None }, open: None }
    }

    /// Its rows, if all of them are in memory.
    pub fn in_memory(&self) -> Option<&'v RecordBatch> {
        self.open.filter(|_| self.state.written.is_empty())
    }
}

impl fmt::Debug for KeptLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptLedger").field("bytes", &self.made.weighted_size()).finish()
    }
}

impl KeptLedger {
    /// At most `bytes_max` are kept; of 0 none.
    pub fn new(bytes_max: u64) -> Self {
        let weight = |_: &Key, kept: &Kept| kept.bytes;
        let made = Cache::builder().max_capacity(bytes_max).weigher(weight).time_to_idle(IDLE_MAX).build();
        Self { made, bytes_max }
    }

    /// Gives up what has been idle for too long, and returns how many bytes are kept.
    pub fn tend(&self) -> u64 {
        self.made.run_pending_tasks();
        self.made.weighted_size()
    }

    /// Whether anything is kept.
    pub fn is_on(&self) -> bool {
        self.bytes_max > 0
    }

    /// Whether it has room for so many bytes.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        bytes as u64 <= self.bytes_max
    }

    /// The rows of windows in these states, as they are or added up.
    pub(super) fn edges(&self, key: &Key, states: &[State]) -> Option<Arc<[EdgeRow]>> {
        match self.get(key, states)? {
            Made::Edges(rows) => Some(rows),
            Made::Names(_) => None,
        }
    }

    /// Who was who in windows in these states.
    pub(super) fn names(&self, key: &Key, states: &[State]) -> Option<Arc<Directory>> {
        match self.get(key, states)? {
            Made::Names(directory) => Some(directory),
            Made::Edges(_) => None,
        }
    }

    pub(super) fn put_edges(&self, key: Key, states: &[State], rows: Vec<EdgeRow>) {
        let bytes = rows.iter().map(row_bytes).sum();
        self.put(key, states, Made::Edges(rows.into()), bytes);
    }

    pub(super) fn put_names(&self, key: Key, states: &[State], directory: Arc<Directory>, bytes: usize) {
        self.put(key, states, Made::Names(directory), bytes);
    }

    fn get(&self, key: &Key, states: &[State]) -> Option<Made> {
        self.made.get(key).filter(|kept| *kept.states == *states).map(|kept| kept.made)
    }

    fn put(&self, key: Key, states: &[State], made: Made, bytes: usize) {
        let bytes = u32::try_from(bytes + states.len().max(1) * ENTRY_BYTES).unwrap_or(u32::MAX);
        self.made.insert(key, Kept { states: states.into(), made, bytes });
    }

    /// The windows of a source that have rows; `None` if nothing is to be kept of them.
    pub(super) fn windows<'v>(&self, view: &'v TenantView, source: &Source) -> Option<BTreeMap<i64, Window<'v>>> {
        let view = view.table(source.table);
        let mut windows: BTreeMap<i64, Window<'v>> = BTreeMap::new();
        for file in view.files().filter(|file| may_have(file, source)) {
            // Nobody knows which windows it has.
            let held = file.windows.as_ref()?;
            if !self.is_on() || windows.len() > WINDOWS_MAX {
                return None;
            }
            for mark in held.marks.iter().filter(|mark| source.has(mark.window_ns)) {
                let window = windows.entry(mark.window_ns).or_insert_with(|| Window::new(mark.window_ns));
                let written = &mut window.state.written;
                let state = (mark.revision, mark.last_frame);
                match written.binary_search_by(|(writer, _)| writer.cmp(&held.writer)) {
                    Ok(known) => written[known].1 = written[known].1.max(state),
                    Err(place) => written.insert(place, (Arc::clone(&held.writer), state)),
                }
            }
        }
        for (window_ns, rows) in view.open_windows().filter(|(window_ns, _)| source.has(*window_ns)) {
            let window = windows.entry(window_ns).or_insert_with(|| Window::new(window_ns));
            window.state.open = rows.columns().first().cloned();
            window.open = Some(rows);
        }
        (self.is_on() && windows.len() <= WINDOWS_MAX).then_some(windows)
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

/// What a row takes.
pub(super) fn row_bytes(row: &EdgeRow) -> usize {
    size_of::<EdgeRow>() + ROW_POINTS_TO_BYTES + values_bytes(&row.values)
}

/// What the values of a row point to.
pub(super) fn values_bytes(values: &EdgeValues) -> usize {
    values.latency.buckets().len() * BUCKET_BYTES
        + (values.response_flags.iter().len() + values.principals.iter().len()) * ROW_POINTS_TO_BYTES
}

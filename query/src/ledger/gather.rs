//! Rows on their way to be kept: as far as there is room, and not before all of them were read.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use datafusion::execution::memory_pool::MemoryReservation;
use foldhash::fast::RandomState;
use spanloom_store::Table;
use spanloom_store::schema::edges::{EdgeKey, EdgeRow, EdgeValues};

use super::WindowRange;
use super::kept::{BUCKET_BYTES, Key, State, row_bytes};
use crate::error::QueryError;
use crate::session::Session;

/// Room for rows, of the query and of what is kept. Without room a query goes on, and keeps nothing.
struct Room<'s> {
    session: &'s Session,
    memory: MemoryReservation,
    is_full: bool,
}

impl<'s> Room<'s> {
    fn new(session: &'s Session) -> Self {
        Self { session, memory: session.reserve("rows to be kept"), is_full: false }
    }

    /// Whether there was room for so much, and always before.
    fn take(&mut self, bytes: usize) -> bool {
        let has_room = |bytes: usize| self.session.kept_ledger().has_room(self.memory.size() + bytes);
        self.is_full |= !has_room(bytes) || self.memory.try_grow(bytes).is_err();
        !self.is_full
    }

    fn keep(&self, table: Table, length_ns: i64, start_ns: i64, states: &[State], rows: Vec<EdgeRow>) {
        let key = key(self.session, table, start_ns, length_ns);
        self.session.kept_ledger().put_edges(key, states, rows);
    }
}

/// What rows are kept of.
pub(super) fn key(session: &Session, table: Table, start_ns: i64, length_ns: i64) -> Key {
    let range = WindowRange { start_ns, end_ns: start_ns.saturating_add(length_ns) };
    Key { tenant: session.view.tenant().clone(), table, range }
}

/// Rows by window.
pub(super) struct Gathered<'s> {
    room: Room<'s>,
    rows: BTreeMap<i64, Vec<EdgeRow>>,
}

impl<'s> Gathered<'s> {
    pub fn new(session: &'s Session) -> Self {
        Self { room: Room::new(session), rows: BTreeMap::new() }
    }

    pub fn push(&mut self, row: EdgeRow) {
        if self.room.take(row_bytes(&row)) {
            self.rows.entry(row.key.window_ns).or_default().push(row);
        } else {
            self.rows.clear();
            self.room.memory.free();
        }
    }

    /// Keeps the rows of these windows, all of which were pushed.
    pub fn keep(mut self, table: Table, windows: &BTreeMap<i64, State>) {
        let length_ns = table.window_length_ns().unwrap_or(1);
        for (start_ns, state) in windows.iter().filter(|_| !self.room.is_full) {
            let rows = self.rows.remove(start_ns).unwrap_or_default();
            self.room.keep(table, length_ns, *start_ns, std::slice::from_ref(state), rows);
        }
    }
}

/// Rows added up over runs of windows.
pub(super) struct Sums<'s> {
    room: Room<'s>,
    /// Their windows are the runs.
    rows: HashMap<EdgeKey, EdgeValues, RandomState>,
}

impl<'s> Sums<'s> {
    pub fn new(session: &'s Session) -> Self {
        Self { room: Room::new(session), rows: HashMap::default() }
    }

    /// Adds a row to the run that begins at `start_ns`. Returns whether there was room for it; else it is not in the sums.
    pub fn add(&mut self, start_ns: i64, row: &EdgeRow) -> bool {
        if self.room.is_full {
            return false;
        }
        match self.rows.entry(EdgeKey { window_ns: start_ns, ..row.key.clone() }) {
            Entry::Occupied(mut known) => {
                let before = known.get().latency.buckets().len();
                known.get_mut().merge(&row.values);
                let grown = known.get().latency.buckets().len().saturating_sub(before);
                self.room.take(grown * BUCKET_BYTES);
                true
            }
            Entry::Vacant(unknown) => {
                let has_room = self.room.take(row_bytes(row));
                if has_room {
                    unknown.insert(row.values.clone());
                }
                has_room
            }
        }
    }

    /// Hands on the sums, and keeps those of these runs, of which all rows were added.
    ///
    /// # Errors
    /// What `each` fails with.
    pub fn finish(
        self,
        table: Table,
        length_ns: i64,
        runs: &BTreeMap<i64, Vec<State>>,
        each: impl FnMut(&EdgeRow) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let mut rows: BTreeMap<i64, Vec<EdgeRow>> = BTreeMap::new();
        for (key, values) in self.rows {
            rows.entry(key.window_ns).or_default().push(EdgeRow { key, values });
        }
        rows.values().flatten().try_for_each(each)?;
        for (start_ns, states) in runs.iter().filter(|_| !self.room.is_full) {
            self.room.keep(table, length_ns, *start_ns, states, rows.remove(start_ns).unwrap_or_default());
        }
        Ok(())
    }
}

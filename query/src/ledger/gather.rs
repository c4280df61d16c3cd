//! Rows on their way to be kept: as far as there is room, and not before all of them were read.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use datafusion::execution::memory_pool::MemoryReservation;
use foldhash::fast::RandomState;
use spanloom_store::Table;
use spanloom_store::schema::edges::{EdgeKey, EdgeRow, EdgeValues};

use super::WindowRange;
use super::kept::{Key, State, row_bytes, values_bytes};
use crate::error::QueryError;
use crate::session::Session;

/// Takes rows.
pub(crate) trait Each: FnMut(&EdgeRow) -> Result<(), QueryError> {}

impl<F: FnMut(&EdgeRow) -> Result<(), QueryError>> Each for F {}

/// The part of a query's memory that rows to be kept take at most: what it is asked for needs room, too.
const MEMORY_SHARE: usize = 4;

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
        let wanted = self.memory.size() + bytes;
        let may_be = wanted <= self.session.memory_bytes_max() / MEMORY_SHARE;
        self.is_full |= !may_be || !self.session.kept_ledger().has_room(wanted) || self.memory.try_grow(bytes).is_err();
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

    /// Adds a row to the run that begins at `start_ns`. When there is no room all sums are handed on, and from then on each row as it comes.
    ///
    /// # Errors
    /// What `each` fails with.
    pub fn add(&mut self, start_ns: i64, row: &EdgeRow, each: &mut impl Each) -> Result<(), QueryError> {
        if self.has_added(start_ns, row) {
            return Ok(());
        }
        self.room.memory.free();
        self.rows.drain().try_for_each(|(key, values)| each(&EdgeRow { key, values }))?;
        each(row)
    }

    fn has_added(&mut self, start_ns: i64, row: &EdgeRow) -> bool {
        if self.room.is_full {
            return false;
        }
        match self.rows.entry(EdgeKey { window_ns: start_ns, ..row.key.clone() }) {
            Entry::Occupied(mut known) => {
                let before = values_bytes(known.get());
                known.get_mut().merge(&row.values);
                self.room.take(values_bytes(known.get()).saturating_sub(before));
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
    pub async fn finish(
        mut self,
        table: Table,
        length_ns: i64,
        runs: &BTreeMap<i64, Vec<State>>,
        each: &mut impl Each,
    ) -> Result<(), QueryError> {
        let mut rows: BTreeMap<i64, Vec<EdgeRow>> = BTreeMap::new();
        for (key, values) in self.rows.drain() {
            rows.entry(key.window_ns).or_default().push(EdgeRow { key, values });
        }
        // From here on they are those that are kept, whose room is not the query's.
        self.room.memory.free();
        for (start_ns, states) in runs {
            let rows = rows.remove(start_ns).unwrap_or_default();
            rows.iter().try_for_each(&mut *each)?;
            if !self.room.is_full {
                self.room.keep(table, length_ns, *start_ns, states, rows);
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

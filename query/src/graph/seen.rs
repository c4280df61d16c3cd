//! Calls between places: the rows of a range, names joined, added up by who saw them.

use std::collections::HashMap;

use datafusion::execution::memory_pool::MemoryReservation;
use spanloom_store::Table;
use spanloom_store::schema::edges::{EdgeRow, EdgeValues};

use crate::error::QueryError;
use crate::ledger::{Between, Calls, Group, Grouping, Places, Source, Views, WindowRange, directory, edges, sources};
use crate::session::Session;

/// The end of a range that is looked at by itself: what broke just now is little of a long range.
const RECENT_NS: i64 = 60_000_000_000;

/// All calls of a range.
pub(super) struct Seen {
    /// By [`crate::ledger::Place::index`].
    pub groups: Vec<Group>,
    pub calls: HashMap<Between, Views>,
    /// Those of the last minute: requests and how they ended.
    pub recent: HashMap<Between, Views>,
}

/// Reads a range; the reservation is for what is seen.
pub(super) async fn seen(
    session: &Session,
    range: WindowRange,
    by: Grouping,
) -> Result<(Seen, MemoryReservation), QueryError> {
    let (directory, _names) = directory(session, range).await?;
    let mut places = Places::new(&directory, by, session.reserve("nodes"));
    let mut calls = Calls::new(session.reserve("graph"));
    let mut recent = Calls::new(session.reserve("recent"));
    let last = range.end(RECENT_NS);
    for source in sources(&session.view, range, None) {
        // Longer windows do not tell when in them something was.
        let is_fine = source.table == Table::Edges;
        let add = |row: EdgeRow| {
            let between = Between::of(&row, &mut places)?;
            calls.add(between, &row)?;
            if is_fine && last.contains(row.key.window_ns) {
                recent.add(between, &outcomes_of(row))?;
            }
            Ok(())
        };
        edges(session, std::slice::from_ref(&source), add).await?;
        if !is_fine && let Some(hidden) = source.part(last) {
            let add = |row: EdgeRow| Ok(recent.add(Between::of(&row, &mut places)?, &outcomes_of(row))?);
            edges(session, &[Source { table: Table::Edges, ..hidden }], add).await?;
        }
    }
    let Calls { views: calls, memory } = calls;
    let (groups, of_nodes) = places.into_groups();
    memory.try_grow(of_nodes.size() + recent.memory.size())?;
    Ok((Seen { groups, calls, recent: recent.views }, memory))
}

/// What of a row tells how calls ended.
fn outcomes_of(EdgeRow { key, values }: EdgeRow) -> EdgeRow {
    let EdgeValues { requests, observed, outcomes, .. } = values;
    EdgeRow { key, values: EdgeValues { requests, observed, outcomes, ..EdgeValues::default() } }
}

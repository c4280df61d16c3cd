//! Calls between places: the rows of a range, names joined, added up by who saw them.

use std::collections::HashMap;

use datafusion::execution::memory_pool::MemoryReservation;
use spanloom_store::schema::edges::EdgeRow;

use crate::error::QueryError;
use crate::ledger::{Between, Calls, Group, Grouping, Places, Views, WindowRange, directory, edges, sources};
use crate::session::Session;

/// All calls of a range.
pub(super) struct Seen {
    /// By [`crate::ledger::Place::index`].
    pub groups: Vec<Group>,
    pub calls: HashMap<Between, Views>,
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
    let add = |row: EdgeRow| {
        let between = Between::of(&row, &mut places)?;
        Ok(calls.add(between, &row)?)
    };
    edges(session, &sources(&session.view, range, None), add).await?;
    let Calls { views: calls, memory } = calls;
    let (groups, of_nodes) = places.into_groups();
    memory.try_grow(of_nodes.size())?;
    Ok((Seen { groups, calls }, memory))
}

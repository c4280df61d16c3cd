//! Calls between places: the rows of a range, names joined, added up by who saw them.

use datafusion::execution::memory_pool::MemoryReservation;
use spanloom_store::Table;
use spanloom_store::schema::edges::{EdgeRow, EdgeValues};

use super::Question;
use crate::error::QueryError;
use crate::ledger::{
    ALL_BUT_NUMBERS, Between, Calls, Group, NOTHING, Places, Source, ViewsBy, directory, edge_sums, edges, sources,
};
use crate::session::Session;

/// All calls of a range.
pub(super) struct Seen {
    /// By [`crate::ledger::Place::index`].
    pub groups: Vec<Group>,
    pub calls: ViewsBy<Between>,
    /// Those of the last minute: requests and how they ended. Nobody needs them once the graph is drawn.
    pub recent: Calls<Between>,
}

/// Reads a range; the reservation is for what is seen, but for what is recent.
pub(super) async fn seen(session: &Session, question: &Question) -> Result<(Seen, MemoryReservation), QueryError> {
    let Question { range, recent: last, by, .. } = *question;
    let (directory, _names) = directory(session, range).await?;
    let mut places = Places::new(&directory, by, session.reserve("nodes"));
    let mut calls = Calls::new(session.reserve("graph"));
    let mut recent = Calls::new(session.reserve("recent"));
    let add = |row: &EdgeRow| Ok(calls.add(Between::of(&row.key, &mut places)?, row)?);
    edge_sums(session, &sources(&session.view, range, None), add).await?;
    // Longer windows do not tell when in them something was.
    let last = Source { table: Table::Edges, runs: vec![last] };
    let add = |row: &EdgeRow| {
        let between = Between::of(&row.key, &mut places)?;
        Ok(recent.add_values(between, &row.key, &outcomes_of(&row.values))?)
    };
    // Only whole rows are kept.
    let left_out = if session.kept_ledger().is_on() { NOTHING } else { ALL_BUT_NUMBERS };
    edges(session, &[last], left_out, add).await?;
    let Calls { views: calls, memory } = calls;
    let (groups, of_nodes) = places.into_groups();
    memory.try_grow(of_nodes.size())?;
    Ok((Seen { groups, calls, recent }, memory))
}

/// What of a row tells how calls ended.
fn outcomes_of(values: &EdgeValues) -> EdgeValues {
    let EdgeValues { requests, observed, outcomes, .. } = *values;
    EdgeValues { requests, observed, outcomes, ..EdgeValues::default() }
}

//! Calls between places: the rows of a range, names joined, added up by who saw them.

use std::collections::HashMap;

use datafusion::execution::memory_pool::MemoryReservation;
use spanloom_store::ledger::{Protocol, Reason};
use spanloom_store::schema::edges::{EdgeRow, EdgeValues};

use crate::error::QueryError;
use crate::ledger::{Group, Grouping, Place, Places, View, Views, WindowRange, directory, edges, sources};
use crate::session::Session;

/// What an entry of a map takes besides its contents.
const ENTRY_BYTES: usize = 2 * size_of::<(Between, View, EdgeValues)>();
const BUCKET_BYTES: usize = 32;
const FLAG_BYTES: usize = 64;
const PRINCIPAL_BYTES: usize = 128;

/// Between whom calls were; a side is missing where the reason says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Between {
    pub source: Option<Place>,
    pub target: Option<Place>,
    pub protocol: Protocol,
    pub reason: Option<Reason>,
}

/// All calls of a range.
pub(super) struct Seen {
    /// By [`Place::index`].
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
    let mut places = Places::new(&directory, by);
    let mut calls: HashMap<Between, Views> = HashMap::new();
    let memory = session.reserve("graph");
    let add = |row: EdgeRow| {
        let before = places.bytes();
        let between = between(&mut places, &row);
        let view = View { evidence: row.key.evidence, observer: row.key.observer };
        let known = calls.entry(between).or_default();
        let was = known.iter().len();
        let values = known.entry(view);
        let had = heap_bytes(values);
        values.merge(&row.values);
        let grown = heap_bytes(values).saturating_sub(had) + places.bytes() - before;
        memory.try_grow(grown + (known.iter().len() - was) * ENTRY_BYTES)?;
        Ok(())
    };
    edges(session, &sources(&session.view, range, None), add).await?;
    Ok((Seen { groups: places.into_groups(), calls }, memory))
}

/// The places of a row.
pub(crate) fn between(places: &mut Places<'_>, row: &EdgeRow) -> Between {
    let key = &row.key;
    let has_source = matches!(key.reason, None | Some(Reason::NoTarget));
    let has_target = key.reason != Some(Reason::NoTarget);
    Between {
        source: has_source.then(|| places.place(&key.source)),
        target: has_target.then(|| places.place(&key.target)),
        protocol: key.protocol,
        reason: key.reason,
    }
}

/// What the values point to.
pub(crate) fn heap_bytes(values: &EdgeValues) -> usize {
    values.latency.buckets().len() * BUCKET_BYTES
        + values.response_flags.iter().len() * FLAG_BYTES
        + values.principals.iter().len() * PRINCIPAL_BYTES
}

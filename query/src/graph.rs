//! The service graph: no picture of spans, but a query on the ledger.
//!
//! ```text
//! rows -> calls between places, by view ([`seen`]) -> numbers of nodes and edges ([`draw`]) -> entries, circles ([`shape`])
//!      -> what was asked for of it ([`scope`])
//! ```
//!
//! The whole graph is made before anything is left out, because what a node is (an entry, a gateway, idle) depends on edges
//! that may not be shown. Everything in an answer has a fixed order, so that equal ledgers give equal answers.

/// What an answer looks like.
mod answer;
/// Calls to nodes and edges.
mod draw;
/// Names like one that is not there.
mod near;
/// A part of a graph.
mod scope;
/// Calls between places, out of the ledger.
mod seen;
/// Ways through a graph.
mod shape;
/// What a node's calls add up to.
mod tally;

use datafusion::execution::memory_pool::MemoryReservation;

use crate::config::HealthConfig;
use crate::error::QueryError;
use crate::ledger::{Grouping, WindowRange};
use crate::session::Session;

pub(crate) use answer::{EdgeItem, ExemplarItem, Graph, Health, NodeItem, ProtocolWord, part_of, percentile_ms, rate};
#[cfg(test)]
pub(crate) use answer::{EvidenceWord, ObserverWord};
pub(crate) use draw::edge_id;
pub(crate) use scope::{DEPTH_MAX, Scope, unknown_node};

/// The end of a range that is looked at by itself: what broke just now is little of a long range.
const RECENT_NS: i64 = 60_000_000_000;

/// Which graph.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Question {
    /// Names the picture that is asked; the answer's `rev`.
    pub rev: String,
    pub range: WindowRange,
    /// The last minute of what is known of it; see [`Question::recent`].
    pub recent: WindowRange,
    pub by: Grouping,
    pub health: HealthConfig,
}

impl Question {
    /// The last minute of a range as far as it is past: what is to come has no errors.
    pub fn recent(range: WindowRange, now_ns: i64) -> WindowRange {
        range.until(now_ns).end(RECENT_NS)
    }
}

/// A graph and the room that it takes in the memory of all queries, to be kept together.
pub(crate) struct HeldGraph {
    pub graph: Graph,
    pub memory: MemoryReservation,
}

/// The whole graph of a range.
///
/// # Errors
/// `Memory` when it is larger than a query may be, and what reading fails with.
pub(crate) async fn graph(session: &Session, question: &Question) -> Result<HeldGraph, QueryError> {
    let (seen, memory) = seen::seen(session, question).await?;
    // The answer and its JSON take about as much as what they are made of.
    memory.try_grow(memory.size())?;
    Ok(HeldGraph { graph: draw::draw(question, seen), memory })
}

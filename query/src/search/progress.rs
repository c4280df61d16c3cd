//! What a search has found so far, for who does not want to wait for its end.

use tokio::sync::mpsc::UnboundedSender;

use super::{FoundTrace, Inspected};

/// Takes what is found. Nobody waits for who listens: a query's turn must not be held by a slow client, and what is sent
/// is little more than the answer.
pub(crate) type Listener = UnboundedSender<Progress>;

/// A step of a search.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    /// Found since the step before, and among the newest `limit` of all found until now. The newest `limit` of all steps'
    /// traces, by start and then by id, are the answer.
    pub traces: Vec<FoundTrace>,
    /// Traces that start here or later are found.
    pub searched_from_ns: i64,
    /// How far back the search goes if nothing ends it before.
    pub range_start_ns: i64,
    pub inspected: Inspected,
}

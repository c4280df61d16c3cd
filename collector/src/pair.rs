//! Identity and pairing: from the spans of one trace to what the ledger counts.
//!
//! `observations` is a pure function of the trace's stored spans. It does not depend on their order, on how often each
//! was sent, or on which request or flush brought it; so the pass that follows the stream and the pass that closes a
//! window give the same rows, and a window can be made again at any time. The rules are those of the design, "Requests from
//! spans", (a) to (o); each is named where it is kept.
//!
//! ```text
//! fold (k) -> trace: tree, identities, directions (b) -> calls: callers, entries, hops (c, l, o) -> queues (m)
//!     -> requests: units and CLIENTs with their targets (c, e) -> rows: per request, target, observer (d, f, g, h, i)
//! ```
//!
//! **What a row says of its sides is what its own trace says**: raw names, never joined or cut. Within the trace the sides
//! are compared by the same rules that readers apply over the whole directory ([`spanloom_store::identity`]), so that an
//! app span of `web` and its proxy's span of `web.shop` are one side here and there.
//!
//! **Bounds.** Every stage is a loop over the spans, in the order of the tree, with tables indexed by span; nothing
//! recurses, so that ten thousand spans below each other are as good as ten thousand beside each other. How many spans a
//! trace may have is decided by who collects them.

/// Hosts as names of their targets.
mod aliases;
/// Who calls whom.
mod calls;
/// Names of Envoy clusters.
mod cluster;
/// Which way a proxy's span goes.
mod direction;
/// Spans that came twice.
mod fold;
/// What callers say of the other side.
mod hints;
/// Host names.
mod host;
/// Who the spans of a trace are.
mod identities;
/// What traces have in common.
mod interned;
/// What a trace says of names.
mod names;
/// What pairing says about a trace.
mod observation;
/// Spans as operations.
mod operations;
/// How a call ended.
mod outcome;
/// Pod names.
mod pod;
/// What a request spoke.
mod protocol;
/// Where producers and consumers meet.
mod queues;
/// Which calls are one request.
mod requests;
/// Requests to rows.
mod rows;
/// How many spans a sampled one stands for.
mod sampling;
/// What a row says of a side.
mod side;
/// What pairing reads of a span.
mod span;
/// Where the time of a request went.
mod split;
/// Whom a call reached.
mod target;
/// A trace made ready.
mod trace;
/// Parents and children.
mod tree;
/// Sampling weights of a trace.
mod weights;

pub use cluster::Cluster;
pub use interned::{Interned, hash_one};
pub use observation::{
    LatencySplit, OPERATION_WINDOW_NS, Observation, Observations, Operation, OperationName, Statement, Unpaired,
    WINDOW_NS,
};
pub use span::{Facts, Kind, Link, Node, NodeKind, Origin, Peer, Protocols, Proxy, SourcePeer, Span, SpanReader, Text};

use calls::Calls;
use queues::Queues;
use requests::Requests;
use target::Calling;
use trace::Trace;

/// What the spans of one trace add to the ledger.
///
/// A call of which no span of the target came is drawn by what its source says of the target, and a SERVER whose parent is
/// not stored counts without a source; but both may still come. So such a unit is left out (and counted in
/// [`Observations::waiting`]) unless it ended before `settled_before_ns`. While the stream flows that is the time
/// `pairing_wait` ago; when a window is closed it is `i64::MAX`: then everything has waited long enough.
pub fn observations(spans: &[Span], settled_before_ns: i64) -> Observations {
    debug_assert!(spans.iter().all(|span| span.trace_id == spans[0].trace_id), "the spans are of one trace");
    let folded = fold::fold(spans);
    let mut trace = Trace::of(&folded);
    let mut statements = std::mem::take(&mut trace.statements);
    let calls = Calls::of(&trace);
    let queues = Queues::of(&trace, &calls);
    let calling = Calling { trace: &trace, calls: &calls, queues: &queues };
    let requests = Requests::of(&calling);
    aliases::note(&mut statements, &calling, &requests);
    let mut found = rows::Writer::new(calling, &requests, settled_before_ns).write();
    found.rows.sort_unstable();
    found.rows.shrink_to_fit();
    found.operations = operations::operations(&trace);
    found.statements = statements.into_rows();
    if folded.fragments > 0 {
        found.unpaired.insert(Unpaired::Fragment, folded.fragments);
    }
    found
}

#[cfg(test)]
pub(crate) mod tests;

//! Identity and pairing: from the spans of one trace to what the ledger counts.
//!
//! [`observations`] is a pure function of the trace's stored spans. It does not depend on their order, on how often each
//! was sent, or on which request or flush brought it; so the pass that follows the stream and the pass that closes a
//! window give the same rows, and a window can be made again at any time. The rules are those of the design, "Requests from
//! spans", (a) to (o); each is named where it is kept.
//!
//! ```text
//! fold (k) -> tree: parents and children -> names: identities (of this trace) -> direction (b) -> units (c, o)
//!     -> targets (d, e) -> rows: one per unit, target and observer (f, h); nodes without a source (g, i); queues (m)
//! ```
//!
//! **What a row says of its sides is what its own trace says**: raw names, never joined or cut. Within the trace the sides
//! are compared by the same rules that readers apply over the whole directory ([`spanloom_store::identity`]), so that an
//! app span of `web` and its proxy's span of `web.shop` are one side here and there.
//!
//! **Bounds.** Every stage is a loop over the spans, in the order of the tree, with tables indexed by span; nothing
//! recurses, so that ten thousand spans below each other are as good as ten thousand beside each other. How many spans a
//! trace may have is decided by who collects them.

/// Host names.
mod host;
/// What pairing says about a trace.
mod observation;
/// How a call ended.
mod outcome;
/// How many spans a sampled one stands for.
mod sampling;
/// What pairing reads of a span.
mod span;

pub use observation::{LatencySplit, Observation, Observations, Operation, Unpaired};
pub use span::{Kind, Link, Node, NodeKind, Origin, Peer, Protocols, Proxy, Span, SourcePeer, Text};

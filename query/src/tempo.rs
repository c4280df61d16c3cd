//! Tempo's API: its messages, and what its two faces share.
//!
//! ```text
//! HTTP  parameters -> http/tempo*  \                                              / JSON, protobuf
//!                                    -> asked -> Query -> found -> message::* ->
//! gRPC  messages   -> tempo/grpc   /                                              \ frames, as they are found
//! ```
//!
//! Clients of Tempo decode JSON strictly, and read submessages without asking whether they are there. So [`message`] has the
//! fields that Tempo's messages had in 2025 and no others, and both faces send the same ones.

/// `tempopb.StreamingQuerier`.
pub(crate) mod grpc;
/// What is sent and received.
pub(crate) mod message;
/// TraceQL metrics.
pub(crate) mod metrics;
/// Traces that are too large to be sent whole.
pub(crate) mod part;
/// Lists in pieces that fit into a message.
mod pieces;
/// A query that tells what it finds on its way.
mod pursuit;
/// Traces by TraceQL or tags.
pub(crate) mod search;
/// Names and values of attributes.
pub(crate) mod tags;

use crate::error::QueryError;

/// The name of a resource that came without any attribute: clients drop one that has none, together with its spans.
pub(crate) const UNNAMED: &str = "unnamed";

/// An error as Tempo's clients show it.
pub(crate) fn text_of(error: &QueryError) -> String {
    match error {
        QueryError::TraceQl { message, position } => {
            format!("invalid TraceQL query: parse error at line {}, col {}: {message}", position.line, position.column)
        }
        error => error.to_string(),
    }
}

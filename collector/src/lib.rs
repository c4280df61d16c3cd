//! Bytes in, durable rows out.

/// The words of service meshes.
mod mesh;
/// From the spans of a trace to what the ledger counts.
pub mod pair;

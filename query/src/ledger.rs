//! Reading the ledger: which rows of which table, whose names, whose numbers.
//!
//! ```text
//! range -> sources (which windows of which table) -> rows, one by one -> places (sides to nodes) -> views of each edge -> choice
//! ```
//!
//! The tables keep what was seen as it was seen. Everything that needs a decision is decided here, when it is read, and
//! so can be decided otherwise tomorrow: who a side is, and which of several views of one call counts.

/// Rows added up.
mod calls;
/// Whose numbers count.
mod choice;
/// Rows on their way to be kept.
mod gather;
/// Rows and names that are kept.
mod kept;
/// Sides to nodes.
mod places;
/// Time in whole windows.
mod range;
/// The rows of sources.
mod read;
/// Which table has which part of a range.
mod sources;

pub(crate) use calls::{Between, Calls, ViewsBy};
pub(crate) use choice::{View, Views};
pub(crate) use kept::KeptLedger;
pub(crate) use places::{Group, Grouping, Kind, Place, Places, named_id, service_id};
pub(crate) use range::WindowRange;
pub(crate) use read::{
    ALL_BUT_NUMBERS, DETAILS, DURATIONS, LeftOut, NOTHING, directory, edge_sums, edges, operation_batches, operations,
};
pub(crate) use sources::{Source, sources};

/// Length of the windows of `edges`, to which every range is widened.
pub(crate) const WINDOW_NS: i64 = 10_000_000_000;

//! The critical path of a trace: which parts of which spans made its root last as long as it did.
//!
//! A span is over when its own work is done and whoever it waited for is. So the path is found backwards, from the root's
//! end: of the children that had ended by then, the last one to end is what the span waited for; between that end and
//! where we stand the span worked itself; the child explains the time back to its own start, by its children in the same
//! way; and from its start on the question is asked of the parent again. A child that was still running where we stand
//! held nobody up, and is not on the path.
//!
//! What we are told is not always so: clocks of two machines differ, parents do not come, spans name each other as
//! parents in a circle, work goes on after who began it has ended. What is made of these is decided before the walk, in
//! one place each ([`super::assembled`]).

mod answer;
/// Back from the root's end.
mod walk;

use spanloom_store::TraceId;

use super::assembled::Assembled;

pub(crate) use answer::{CriticalPath, RootReason};
pub(super) use walk::{Segment, walk};

/// What is said of a trace's critical path.
pub(super) fn path(id: TraceId, trace: &Assembled<'_>) -> CriticalPath {
    answer::answer(id, trace)
}

#[cfg(test)]
mod tests;

//! What an answer looks like.

use serde::Serialize;
use utoipa::ToSchema;

use crate::trace::analysis::Work;
use crate::trace::critical::RootReason;
use crate::trace::item::{OperationRef, SpanRef};

/// Two traces beside each other, and where the difference of their durations comes from.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TraceComparison {
    pub left: TraceHead,
    pub right: TraceHead,
    /// Duration of the left root less that of the right one: more than 0 where the left trace is slower.
    pub difference_ns: i64,
    /// Where the difference comes from, the largest share of it (by its absolute value) first; at most 100 operations. With
    /// `other_contributions` they add up to `difference_ns` exactly.
    pub contributions: Vec<Contribution>,
    /// The operations beyond these, added up.
    pub other_contributions: OtherContributions,
    /// Both traces as one tree: spans with the same way of operations from the top are one node. In the order of rows of
    /// the tree: parents before their children, the child with most time first. At most 5,000, those with most time.
    pub nodes: Vec<ComparedNode>,
    /// All nodes, those that are not in `nodes` included.
    pub node_count: usize,
    /// Of all nodes those with spans of the left trace only.
    pub only_left_count: usize,
    /// Of all nodes those with spans of the right trace only.
    pub only_right_count: usize,
}

/// What there is to know of one of the traces.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TraceHead {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The span whose time is explained.
    pub root: SpanRef,
    pub root_reason: RootReason,
    /// Start of the root in decimal digits: JSON numbers would lose the last ones.
    pub start_time_unix_nano: String,
    /// Duration of the root.
    pub duration_ns: i64,
    /// Resends are folded.
    pub span_count: usize,
    /// Spans whose status is an error.
    pub error_count: usize,
    pub service_count: usize,
    /// Levels of the deepest tree: 1 for a span alone.
    pub depth: usize,
}

/// What an operation adds to the difference of the durations.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Contribution {
    pub operation: OperationRef,
    /// Its time on the critical path of the left trace.
    pub left_critical_ns: i64,
    /// Its time on the critical path of the right trace.
    pub right_critical_ns: i64,
    /// Left less right.
    pub difference_ns: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OtherContributions {
    pub operation_count: usize,
    pub left_critical_ns: i64,
    pub right_critical_ns: i64,
    /// Left less right.
    pub difference_ns: i64,
}

/// Spans of both traces with the same way of operations from the top.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ComparedNode {
    pub operation: OperationRef,
    /// The place of its parent in `nodes`; null at the top.
    #[schema(required)]
    pub parent: Option<usize>,
    /// 0 at the top.
    pub depth: usize,
    /// Its spans of the left trace; null where it is in the right one only.
    #[schema(required)]
    pub left: Option<Work>,
    /// Its spans of the right trace; null where it is in the left one only.
    #[schema(required)]
    pub right: Option<Work>,
    /// Nodes below it, at all depths, that are not in `nodes`.
    pub cut_count: usize,
}

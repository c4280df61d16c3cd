//! What an answer looks like.

use serde::Serialize;
use spanloom_store::SpanId;
use utoipa::ToSchema;

use crate::trace::critical::RootReason;
use crate::trace::item::{OperationRef, SpanRef, as_text};

/// What there is to know of a trace as a whole. Lists are bounded; the counts beside them are of all.
///
/// Resends are folded before anything is counted. Times are by the clock of the top of each tree: a span whose clock
/// differs was moved, as it is for the critical path.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TraceAnalysis {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The earliest start of a span in decimal digits: JSON numbers would lose the last ones.
    pub start_time_unix_nano: String,
    /// From the earliest start of a span to the latest end, as the senders' clocks say.
    pub duration_ns: i64,
    pub span_count: usize,
    /// Spans whose status is an error.
    pub error_count: usize,
    /// Levels of the deepest tree: 1 for a span alone.
    pub depth: usize,
    /// The span whose time the critical path explains.
    pub root: TreeTop,
    /// Duration of the root: what the critical path's times add up to.
    pub root_duration_ns: i64,
    /// The tops of all trees, the root first, then the largest; at most 100.
    pub tops: Vec<TreeTop>,
    /// All of them; 1 for a trace that is whole.
    pub top_count: usize,
    pub orphans: Orphans,
    pub duplicates: Duplicates,
    /// Calls whose two sides contradict each other; the pair with most of these first, at most 100. Empty where clocks agree.
    pub clock_skew: Vec<ClockSkew>,
    /// The most self time first; at most 1,000.
    pub services: Vec<ServiceWork>,
    pub service_count: usize,
    /// The most self time first; at most 1,000.
    pub operations: Vec<OperationWork>,
    pub operation_count: usize,
    /// The spans with the most children, the most first; at most 10.
    pub fan_out: Vec<FanOut>,
    /// Calls that one span makes again and again, 5 times or more (a query per row, "N+1"); the most time first, at most 100.
    pub repeated_calls: Vec<RepeatedCall>,
    pub repeated_call_count: usize,
}

/// The top of a tree of spans.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TreeTop {
    pub span: SpanRef,
    pub reason: RootReason,
    /// From the start of the trace.
    pub start_offset_ns: i64,
    pub duration_ns: i64,
    /// Spans of its tree, itself included.
    pub span_count: usize,
}

/// Spans whose parent did not come.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Orphans {
    pub count: usize,
    /// Different parents that did not come: at least so many spans are missing.
    pub missing_parent_count: usize,
    /// The first by start; at most 100.
    pub spans: Vec<Orphan>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Orphan {
    pub span: SpanRef,
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "00f067aa0ba902b7")]
    pub missing_parent_id: SpanId,
    /// From the start of the trace.
    pub start_offset_ns: i64,
    pub duration_ns: i64,
    /// Spans of its tree, itself included.
    pub span_count: usize,
}

/// What came more than once.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Duplicates {
    /// Copies of spans that were sent again and are not counted.
    pub resent_count: usize,
    /// Span ids of exactly one CLIENT and one SERVER span: the two halves of a call, as Zipkin's libraries send them.
    pub half_pair_count: usize,
    /// Span ids that several spans have otherwise.
    pub shared_id_count: usize,
    /// Those of `shared_id_count`, the most spans first; at most 100.
    pub shared_ids: Vec<SharedId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SharedId {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "00f067aa0ba902b7")]
    pub span_id: SpanId,
    pub span_count: usize,
}

/// Calls of one service to another whose spans contradict each other: nothing begins before its cause, and what was
/// waited for does not end after who waited for it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ClockSkew {
    /// The service of the parents; null for spans without `service.name`.
    #[schema(required)]
    pub source: Option<String>,
    /// The service of the children.
    #[schema(required)]
    pub target: Option<String>,
    /// Calls of this pair in the trace.
    pub call_count: usize,
    /// Those that contradict each other.
    pub skewed_count: usize,
    /// How far the target's clock is ahead of the source's, in the middle of these calls; less than 0 where it is behind. Where
    /// the source waited it is taken that the way there took as long as the way back; else it is no less than this.
    pub median_shift_ns: i64,
    pub direction: SkewDirection,
}

/// Which clock is ahead, by the median.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SkewDirection {
    /// The target's clock is ahead of the source's.
    TargetAhead,
    /// The target's clock is behind the source's.
    TargetBehind,
}

/// How much spans worked. Times of several spans are added up, so that they may be more than the trace's duration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Work {
    pub span_count: usize,
    /// Spans whose status is an error.
    pub error_count: usize,
    /// Durations of the spans.
    pub total_ns: i64,
    /// What of these no child of the span explains: the time in which none of its children ran.
    pub self_ns: i64,
    /// What of the root's duration was spent in these spans themselves: their part of the critical path.
    pub critical_ns: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ServiceWork {
    /// Null for spans without `service.name`.
    #[schema(required)]
    pub service: Option<String>,
    pub work: Work,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct OperationWork {
    pub operation: OperationRef,
    pub work: Work,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct FanOut {
    pub span: SpanRef,
    pub child_count: usize,
}

/// Children of one span that do the same.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RepeatedCall {
    /// Who calls.
    pub parent: SpanRef,
    /// What is called.
    pub operation: OperationRef,
    pub call_count: usize,
    pub error_count: usize,
    /// Durations of the calls, added up.
    pub total_ns: i64,
    /// The time in which at least one of them ran.
    pub busy_ns: i64,
    pub order: CallOrder,
}

/// How calls lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallOrder {
    /// One after another: no more than a hundredth of their time overlaps.
    Sequential,
    /// Some at the same time.
    Overlapping,
}

//! What an answer looks like.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;
use spanloom_store::{SpanId, TraceId};
use utoipa::ToSchema;

use super::walk::Segment;
use crate::trace::assembled::Assembled;
use crate::trace::item::as_text;
use crate::trace::parents::Reason;
use crate::trace::span::Span;
use crate::trace::tree::Top;

/// Other roots that are named.
const OTHER_ROOTS_MAX: usize = 100;

/// Which parts of which spans made a trace's root last as long as it did.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CriticalPath {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The span whose time is explained: of those without a parent the longest; of those whose parent did not come where
    /// there is none.
    pub root: RootItem,
    /// Start of the root in decimal digits: JSON numbers would lose the last ones.
    pub start_time_unix_nano: String,
    /// Duration of the root.
    pub duration_ns: i64,
    /// In order of time, from the root's start to its end without gaps: their durations add up to the root's.
    pub segments: Vec<SegmentItem>,
    /// The time of the segments by service, the most first.
    pub self_time_by_service: Vec<ServiceTime>,
    /// Spans that could not be on the path: those below other roots, those that nobody waited for (CONSUMER, or ended
    /// after their parent), and what is below these.
    pub left_out: usize,
    /// The roots of other trees, the largest first; at most 100.
    pub other_roots: Vec<RootItem>,
    /// All of them.
    pub other_root_count: usize,
}

/// A time that a span spent itself, waiting for none of its children.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SegmentItem {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "00f067aa0ba902b7")]
    pub span_id: SpanId,
    /// OTLP `SpanKind` of the span. Tells the two halves of a shared span id (Zipkin) from each other.
    pub kind: i32,
    /// Time from the root's start, by the root's clock: a span whose clock differs was moved.
    pub start_offset_ns: i64,
    pub duration_ns: i64,
}

/// What a service adds to the duration.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ServiceTime {
    /// Null for spans without `service.name`.
    #[schema(required)]
    pub service: Option<String>,
    pub duration_ns: i64,
    /// Of the root's duration, more than 0, at most 1.
    pub share: f64,
}

/// The top of a tree of spans.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RootItem {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "00f067aa0ba902b7")]
    pub span_id: SpanId,
    pub reason: RootReason,
    /// Spans of its tree, itself included.
    pub span_count: usize,
}

/// Why a span is at the top of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RootReason {
    /// It has no parent.
    NoParent,
    /// Its parent is not stored.
    ParentMissing,
    /// Spans name each other as parents in a circle, and it is the earliest of them.
    Circle,
}

impl From<Reason> for RootReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::NoParent => Self::NoParent,
            Reason::ParentMissing => Self::ParentMissing,
            Reason::Circle => Self::Circle,
        }
    }
}

/// Puts together what is known of a path.
pub(super) fn answer(id: TraceId, trace: &Assembled<'_>) -> CriticalPath {
    let Assembled { spans, tree, places, root, segments, .. } = trace;
    let time = spans[root.span].time;
    let below_root = tree.with_all_below(root.span);
    let waited_for = below_root.iter().filter(|span| places[**span].window.is_some()).count();
    let item =
        |top: &Top, span_count: usize| RootItem { span_id: spans[top.span].id, reason: top.reason.into(), span_count };
    let others = tree.tops.iter().filter(|top| *top != root);
    let mut other_roots: Vec<RootItem> = others.map(|top| item(top, tree.with_all_below(top.span).len())).collect();
    // A stable sort: among equals the earlier stays first.
    other_roots.sort_by_key(|root| Reverse(root.span_count));
    let other_root_count = other_roots.len();
    other_roots.truncate(OTHER_ROOTS_MAX);
    CriticalPath {
        trace_id: id.to_string(),
        root: item(root, below_root.len()),
        start_time_unix_nano: time.start_ns.to_string(),
        duration_ns: time.length_ns(),
        self_time_by_service: by_service(spans, segments, time.length_ns()),
        segments: segments.iter().map(|segment| segment_item(spans, *segment, time.start_ns)).collect(),
        left_out: spans.len() - waited_for,
        other_roots,
        other_root_count,
    }
}

fn segment_item(spans: &[Span<'_>], segment: Segment, root_start_ns: i64) -> SegmentItem {
    let Segment { span, time } = segment;
    SegmentItem {
        span_id: spans[span].id,
        kind: spans[span].kind,
        start_offset_ns: time.start_ns.saturating_sub(root_start_ns),
        duration_ns: time.length_ns(),
    }
}

/// Without segments there are none, so nothing is divided by zero.
fn by_service(spans: &[Span<'_>], segments: &[Segment], whole_ns: i64) -> Vec<ServiceTime> {
    let mut times: BTreeMap<Option<&str>, i64> = BTreeMap::new();
    for segment in segments {
        *times.entry(spans[segment.span].service).or_default() += segment.time.length_ns();
    }
    let item = |(service, duration_ns): (Option<&str>, i64)| ServiceTime {
        service: service.map(str::to_owned),
        duration_ns,
        share: duration_ns as f64 / whole_ns as f64,
    };
    let mut items: Vec<ServiceTime> = times.into_iter().map(item).collect();
    items.sort_by_key(|item| Reverse(item.duration_ns));
    items
}

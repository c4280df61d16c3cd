//! A span as far as the path needs it, out of the rows of the table.

use std::cmp::Reverse;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use spanloom_store::SpanId;

/// The columns that are read, in this order.
pub(super) const COLUMNS: [&str; 6] = ["span_id", "parent_span_id", "kind", "start_ns", "duration_ns", "service_name"];

/// From when to when, `start_ns <= end_ns`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub start_ns: i64,
    pub end_ns: i64,
}

impl Interval {
    pub fn length_ns(self) -> i64 {
        self.end_ns.saturating_sub(self.start_ns)
    }

    pub fn moved(self, by_ns: i64) -> Self {
        Self { start_ns: self.start_ns.saturating_add(by_ns), end_ns: self.end_ns.saturating_add(by_ns) }
    }

    /// What lies in both; none when they do not even touch.
    pub fn cut(self, other: Self) -> Option<Self> {
        let both = Self { start_ns: self.start_ns.max(other.start_ns), end_ns: self.end_ns.min(other.end_ns) };
        (both.start_ns <= both.end_ns).then_some(both)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span<'a> {
    pub id: SpanId,
    pub parent: Option<SpanId>,
    /// OTLP `SpanKind`.
    pub kind: i32,
    pub service: Option<&'a str>,
    /// As the sender's clock says; a span that ended before it started lasted no time.
    pub time: Interval,
}

impl<'a> Span<'a> {
    /// What makes two rows of a trace one span, and the order of spans: by start.
    fn identity(&self) -> (i64, SpanId, i32, Option<&'a str>) {
        (self.time.start_ns, self.id, self.kind, self.service)
    }
}

/// The spans of batches with [`COLUMNS`].
pub(super) fn read(batches: &[RecordBatch]) -> Vec<Span<'_>> {
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| read_row(batch, row))).collect()
}

fn read_row(batch: &RecordBatch, row: usize) -> Span<'_> {
    let int = |i: usize| batch.column(i).as_primitive::<Int64Type>().value(row);
    let has = |i: usize| batch.column(i).is_valid(row);
    let start_ns = int(3);
    Span {
        id: SpanId::from_int(int(0)),
        parent: has(1).then(|| SpanId::from_int(int(1))),
        kind: batch.column(2).as_primitive::<Int32Type>().value(row),
        service: has(5).then(|| batch.column(5).as_string_view().value(row)),
        time: Interval { start_ns, end_ns: start_ns.saturating_add(int(4).max(0)) },
    }
}

/// Spans in the order of their start, each once. Of rows that are one span the one that ended last stays, as in the trace
/// itself ([`crate::otlp::trace`]), so that both speak of the same.
pub(super) fn fold_resends(mut spans: Vec<Span<'_>>) -> Vec<Span<'_>> {
    spans.sort_unstable_by_key(|span| (span.identity(), Reverse(span.time.end_ns), span.parent));
    spans.dedup_by_key(|span| span.identity());
    spans
}

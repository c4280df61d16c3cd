//! A span as far as the analysis of traces needs it, out of the rows of the table.

use std::cmp::Reverse;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use spanloom_store::SpanId;

/// The columns that are read, in this order.
pub(super) const COLUMNS: [&str; 8] =
    ["span_id", "parent_span_id", "kind", "start_ns", "duration_ns", "service_name", "name", "status_code"];
/// The two halves of a trace id; read after [`COLUMNS`] where spans are of several traces.
pub(super) const TRACE_COLUMNS: [&str; 2] = ["trace_hi", "trace_lo"];
/// OTLP `STATUS_CODE_ERROR`.
const STATUS_ERROR: i32 = 2;

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

/// The time in which at least one of some intervals ran; what several of them share counts once.
pub(super) fn covered_ns(mut intervals: Vec<Interval>) -> i64 {
    intervals.sort_unstable_by_key(|interval| interval.start_ns);
    let mut covered_ns: i64 = 0;
    let mut covered_until_ns = i64::MIN;
    for Interval { start_ns, end_ns } in intervals {
        let from_ns = start_ns.max(covered_until_ns);
        covered_ns = covered_ns.saturating_add(end_ns.saturating_sub(from_ns).max(0));
        covered_until_ns = covered_until_ns.max(end_ns);
    }
    covered_ns
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span<'a> {
    pub id: SpanId,
    pub parent: Option<SpanId>,
    /// OTLP `SpanKind`.
    pub kind: i32,
    pub service: Option<&'a str>,
    pub name: Option<&'a str>,
    /// Its status is an error.
    pub is_error: bool,
    /// As the sender's clock says; a span that ended before it started lasted no time.
    pub time: Interval,
}

impl<'a> Span<'a> {
    /// What makes two rows of a trace one span, and the order of spans: by start.
    fn identity(&self) -> (i64, SpanId, i32, Option<&'a str>) {
        (self.time.start_ns, self.id, self.kind, self.service)
    }

    /// By start, and the row that stays before its copies.
    fn order(&self) -> impl Ord + use<'a> {
        (self.identity(), Reverse(self.time.end_ns), self.parent, self.name, self.is_error)
    }
}

/// The spans of batches whose first columns are [`COLUMNS`], in the order of the rows.
pub(super) fn read(batches: &[RecordBatch]) -> Vec<Span<'_>> {
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| read_row(batch, row))).collect()
}

fn read_row(batch: &RecordBatch, row: usize) -> Span<'_> {
    let int = |i: usize| batch.column(i).as_primitive::<Int64Type>().value(row);
    let small_int = |i: usize| batch.column(i).as_primitive::<Int32Type>().value(row);
    let has = |i: usize| batch.column(i).is_valid(row);
    let text = |i: usize| has(i).then(|| batch.column(i).as_string_view().value(row));
    let start_ns = int(3);
    Span {
        id: SpanId::from_int(int(0)),
        parent: has(1).then(|| SpanId::from_int(int(1))),
        kind: small_int(2),
        service: text(5),
        name: text(6),
        is_error: small_int(7) == STATUS_ERROR,
        time: Interval { start_ns, end_ns: start_ns.saturating_add(int(4).max(0)) },
    }
}

/// Spans in the order of their start, each once. Of rows that are one span the one that ended last stays, as in the trace
/// itself ([`crate::otlp::trace`]), so that both speak of the same.
pub(super) fn fold_resends(mut spans: Vec<Span<'_>>) -> Vec<Span<'_>> {
    spans.sort_unstable_by_key(Span::order);
    spans.dedup_by_key(|span| span.identity());
    spans
}

/// [`fold_resends`] of spans with numbers of their rows.
pub(super) fn fold_numbered(mut spans: Vec<(Span<'_>, u32)>) -> (Vec<Span<'_>>, Vec<u32>) {
    spans.sort_unstable_by_key(|(span, row)| (span.order(), *row));
    spans.dedup_by_key(|(span, _)| span.identity());
    spans.into_iter().unzip()
}

//! Spans in, path out.

mod clocks;
mod path;
mod properties;
mod size;
mod trees;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use spanloom_store::{SpanId, TraceId};

use super::span::Interval;
use super::*;

/// A span out of a line: id, parent or `-`, start, end, service or `-`, and its kind if it matters.
fn span(line: &str) -> Span<'_> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |i: usize| words[i].parse::<i64>().unwrap_or_else(|e| panic!("{line}: {e}"));
    let kind = match words.get(5) {
        None => SpanKind::Internal,
        Some(kind) => SpanKind::from_str_name(&format!("SPAN_KIND_{kind}")).unwrap(),
    };
    Span {
        id: SpanId::from_int(number(0)),
        parent: (words[1] != "-").then(|| SpanId::from_int(number(1))),
        kind: kind as i32,
        service: (words[4] != "-").then_some(words[4]),
        time: Interval { start_ns: number(2), end_ns: number(3) },
    }
}

fn answer(lines: &[&str]) -> CriticalPath {
    path_of(lines.iter().map(|line| span(line)).collect())
}

fn path_of(spans: Vec<Span<'_>>) -> CriticalPath {
    path(TraceId::from_halves(0, 1), spans).unwrap()
}

/// The segments as `span start..end`.
fn shown(path: &CriticalPath) -> Vec<String> {
    let text = |segment: &answer::SegmentItem| {
        let (id, start) = (segment.span_id.as_int(), segment.start_offset_ns);
        format!("{id} {start}..{}", start + segment.duration_ns)
    };
    path.segments.iter().map(text).collect()
}

/// The path of spans, and how many were left out of it.
#[track_caller]
fn check(lines: &[&str], expected: &[&str], left_out: usize) {
    let path = answer(lines);
    assert_eq!((shown(&path), path.left_out), (expected.iter().map(|&text| text.to_owned()).collect(), left_out));
}

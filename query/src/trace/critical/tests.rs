//! Spans in, path out.

mod clocks;
mod corpus;
mod path;
mod properties;
mod size;
mod trees;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use spanloom_store::{SpanId, TraceId};

use super::*;
use crate::trace::lines::span;
use crate::trace::span::{self, Interval, Span};

fn answer(lines: &[&str]) -> CriticalPath {
    path_of(lines.iter().map(|line| span(line)).collect())
}

fn path_of(spans: Vec<Span<'_>>) -> CriticalPath {
    path(TraceId::from_halves(0, 1), &Assembled::new(spans).unwrap())
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

//! Spans out of text, for tests.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use spanloom_store::SpanId;

use super::assembled::Assembled;
use super::span::{Interval, Span};

/// A span out of a line: id, parent or `-`, start, end, service or `-`; then in any order, if it matters, its kind, `error`,
/// and a name.
pub(super) fn span(line: &str) -> Span<'_> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |i: usize| words[i].parse::<i64>().unwrap_or_else(|e| panic!("{line}: {e}"));
    let mut span = Span {
        id: SpanId::from_int(number(0)),
        parent: (words[1] != "-").then(|| SpanId::from_int(number(1))),
        kind: SpanKind::Internal as i32,
        service: (words[4] != "-").then_some(words[4]),
        name: None,
        is_error: false,
        time: Interval { start_ns: number(2), end_ns: number(3) },
    };
    for word in &words[5..] {
        match SpanKind::from_str_name(&format!("SPAN_KIND_{word}")) {
            Some(kind) => span.kind = kind as i32,
            None if *word == "error" => span.is_error = true,
            None => span.name = Some(word),
        }
    }
    span
}

pub(super) fn assembled<'a>(lines: &[&'a str]) -> Assembled<'a> {
    Assembled::new(lines.iter().map(|line| span(line)).collect()).unwrap()
}

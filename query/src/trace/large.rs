//! A hundred thousand spans in the shapes that are worst for somebody, for tests: a step that took a time in proportion to
//! the square of them would not come to an end, and one that recursed would overflow the stack.

use std::panic;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use spanloom_store::SpanId;

use super::span::{Interval, Span};

pub(super) const SPANS: i64 = 100_000;
/// Of a thread that the tests run in; much less than a recursion so deep would take.
const STACK_BYTES: usize = 256 * 1024;

/// Spans by id, parent, start and end.
pub(super) fn many(make: impl Fn(i64) -> (i64, Option<i64>, i64, i64)) -> Vec<Span<'static>> {
    let span = |i: i64| {
        let (id, parent, start_ns, end_ns) = make(i);
        Span {
            id: SpanId::from_int(id),
            parent: parent.map(SpanId::from_int),
            kind: SpanKind::Internal as i32,
            service: Some("web"),
            name: None,
            is_error: false,
            time: Interval { start_ns, end_ns },
        }
    };
    (0..SPANS).map(span).collect()
}

/// Each the parent of the next.
pub(super) fn chain() -> Vec<Span<'static>> {
    many(|i| (i + 1, (i > 0).then_some(i), i, 3 * SPANS - i))
}

/// One span with all others as its children, one after another.
pub(super) fn star() -> Vec<Span<'static>> {
    many(|i| match i {
        0 => (1, None, 0, 10 * SPANS),
        _ => (i + 1, Some(1), 10 * i, 10 * i + 5),
    })
}

/// One span with all others as its children at the same time.
pub(super) fn heap() -> Vec<Span<'static>> {
    many(|i| (i + 1, (i > 0).then_some(1), 0, 10))
}

/// Each the parent of the next, and the last that of the first.
pub(super) fn circle() -> Vec<Span<'static>> {
    many(|i| (i + 1, Some((i + SPANS - 1) % SPANS + 1), i, 3 * SPANS - i))
}

/// All with one id.
pub(super) fn one_id() -> Vec<Span<'static>> {
    many(|i| (1, (i > 0).then_some(1), i, 10 * SPANS))
}

/// None with a parent.
pub(super) fn roots() -> Vec<Span<'static>> {
    many(|i| (i + 1, None, i, i + 10))
}

pub(super) fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).unwrap();
    thread.join().unwrap_or_else(|payload| panic::resume_unwind(payload))
}

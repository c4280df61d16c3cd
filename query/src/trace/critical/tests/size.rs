//! A hundred thousand spans in the shapes that are worst for somebody: a step that took a time in proportion to the
//! square of them would not come to an end here, and one that recursed would overflow the stack.

use std::panic;

use super::*;

const SPANS: i64 = 100_000;
/// Of a thread that the tests run in; much less than a recursion so deep would take.
const STACK_BYTES: usize = 256 * 1024;

fn many(make: impl Fn(i64) -> (i64, Option<i64>, i64, i64)) -> Vec<Span<'static>> {
    let span = |i: i64| {
        let (id, parent, start_ns, end_ns) = make(i);
        Span {
            id: SpanId::from_int(id),
            parent: parent.map(SpanId::from_int),
            kind: SpanKind::Internal as i32,
            service: Some("web"),
            time: Interval { start_ns, end_ns },
        }
    };
    (0..SPANS).map(span).collect()
}

#[track_caller]
fn path_on_a_small_stack(spans: Vec<Span<'static>>) -> CriticalPath {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || path_of(spans)).unwrap();
    thread.join().unwrap_or_else(|payload| panic::resume_unwind(payload))
}

#[test]
fn a_chain() {
    let parent = |i: i64| (i > 0).then_some(i);
    let path = path_on_a_small_stack(many(|i| (i + 1, parent(i), i, 3 * SPANS - i)));
    assert_eq!((path.segments.len(), path.left_out), (2 * SPANS as usize - 1, 0));
}

#[test]
fn one_span_with_all_as_its_children() {
    let path = path_on_a_small_stack(many(|i| match i {
        0 => (1, None, 0, 10 * SPANS),
        _ => (i + 1, Some(1), 10 * i, 10 * i + 5),
    }));
    assert_eq!((path.segments.len(), path.left_out), (2 * SPANS as usize - 1, 0));
}

#[test]
fn all_children_at_the_same_time() {
    let path = path_on_a_small_stack(many(|i| (i + 1, (i > 0).then_some(1), 0, 10)));
    assert_eq!((shown(&path), path.left_out), (vec!["2 0..10".to_owned()], 0));
}

#[test]
fn one_circle() {
    let path = path_on_a_small_stack(many(|i| (i + 1, Some((i + SPANS - 1) % SPANS + 1), i, 3 * SPANS - i)));
    assert_eq!((path.segments.len(), path.root.span_id.as_int()), (2 * SPANS as usize - 1, 1));
}

#[test]
fn all_with_one_id() {
    let path = path_on_a_small_stack(many(|i| (1, (i > 0).then_some(1), i, 10 * SPANS)));
    assert_eq!((path.left_out, path.duration_ns), (0, 10 * SPANS));
}

#[test]
fn all_roots() {
    let path = path_on_a_small_stack(many(|i| (i + 1, None, i, i + 10)));
    assert_eq!((path.other_root_count, path.left_out), (SPANS as usize - 1, SPANS as usize - 1));
}

//! A hundred thousand spans.

use super::*;
use crate::trace::large::{self, SPANS, on_small_stack};

#[track_caller]
fn path_on_a_small_stack(spans: fn() -> Vec<Span<'static>>) -> CriticalPath {
    on_small_stack(move || path_of(spans()))
}

#[test]
fn a_chain() {
    let path = path_on_a_small_stack(large::chain);
    assert_eq!((path.segments.len(), path.left_out), (2 * SPANS as usize - 1, 0));
}

#[test]
fn one_span_with_all_as_its_children() {
    let path = path_on_a_small_stack(large::star);
    assert_eq!((path.segments.len(), path.left_out), (2 * SPANS as usize - 1, 0));
}

#[test]
fn all_children_at_the_same_time() {
    let path = path_on_a_small_stack(large::heap);
    assert_eq!((shown(&path), path.left_out), (vec!["2 0..10".to_owned()], 0));
}

#[test]
fn one_circle() {
    let path = path_on_a_small_stack(large::circle);
    assert_eq!((path.segments.len(), path.root.span_id.as_int()), (2 * SPANS as usize - 1, 1));
}

#[test]
fn all_with_one_id() {
    let path = path_on_a_small_stack(large::one_id);
    assert_eq!((path.left_out, path.duration_ns), (0, 10 * SPANS));
}

#[test]
fn all_roots() {
    let path = path_on_a_small_stack(large::roots);
    assert_eq!((path.other_root_count, path.left_out), (SPANS as usize - 1, SPANS as usize - 1));
}

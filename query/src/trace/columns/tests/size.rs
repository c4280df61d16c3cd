//! A hundred thousand spans in the shapes that are worst for somebody.

use super::*;
use crate::trace::large::{self, SPANS, on_small_stack};

#[track_caller]
fn check(spans: fn() -> Vec<Span<'static>>, shown: usize, depth: usize) {
    let answer = on_small_stack(move || answer(&spans(), Wanted::default(), ROWS_MAX));
    assert_eq!((answer.rows.parent.len(), answer.depth), (shown, depth));
}

#[test]
fn a_chain() {
    check(large::chain, ROWS_MAX, SPANS as usize);
}

#[test]
fn a_circle() {
    check(large::circle, ROWS_MAX, SPANS as usize);
}

#[test]
fn a_star() {
    check(large::star, ROWS_MAX, 2);
}

#[test]
fn a_heap() {
    check(large::heap, ROWS_MAX, 2);
}

#[test]
fn roots() {
    check(large::roots, ROWS_MAX, 1);
}

#[test]
fn spans_of_one_id() {
    check(large::one_id, ROWS_MAX, 2);
}

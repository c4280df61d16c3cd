//! A hundred thousand spans.

use super::*;
use crate::trace::large::{self, SPANS, on_small_stack};

const COUNT: usize = SPANS as usize;

#[track_caller]
fn compared_on_a_small_stack(left: fn() -> Vec<Span<'static>>, right: fn() -> Vec<Span<'static>>) -> TraceComparison {
    on_small_stack(move || answer_of(left(), right()))
}

#[test]
fn chains_are_cut_where_the_bound_is() {
    let answer = compared_on_a_small_stack(large::chain, large::circle);
    assert_eq!((answer.nodes.len(), answer.node_count), (5000, COUNT));
    assert_eq!((answer.nodes[0].cut_count, answer.nodes[4999].cut_count), (COUNT - 5000, COUNT - 5000));
}

#[test]
fn many_of_one_operation_are_one_node() {
    let answer = compared_on_a_small_stack(large::star, large::heap);
    assert_eq!((answer.nodes.len(), answer.nodes[1].left.unwrap().span_count), (2, COUNT - 1));
    assert_eq!(answer.difference_ns, 10 * SPANS - 10);
}

#[test]
fn many_roots_and_many_of_one_id() {
    let answer = compared_on_a_small_stack(large::roots, large::one_id);
    assert_eq!((answer.left.span_count, answer.right.span_count), (COUNT, COUNT));
    assert_eq!(answer.nodes[0].left.unwrap().span_count, COUNT);
}

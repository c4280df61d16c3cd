//! A hundred thousand spans.

use super::*;
use crate::trace::large::{self, SPANS, on_small_stack};

const COUNT: usize = SPANS as usize;

#[track_caller]
fn analysis_on_a_small_stack(spans: fn() -> Vec<Span<'static>>) -> TraceAnalysis {
    on_small_stack(move || analysis_of(spans()))
}

#[test]
fn a_chain() {
    let answer = analysis_on_a_small_stack(large::chain);
    assert_eq!((answer.depth, answer.services[0].work.self_ns), (COUNT, answer.root_duration_ns));
}

#[test]
fn one_span_with_all_as_its_children() {
    let answer = analysis_on_a_small_stack(large::star);
    assert_eq!((answer.depth, answer.fan_out[0].child_count), (2, COUNT - 1));
    assert_eq!((answer.repeated_call_count, answer.repeated_calls[0].call_count), (1, COUNT - 1));
}

#[test]
fn all_children_at_the_same_time() {
    let answer = analysis_on_a_small_stack(large::heap);
    assert_eq!((answer.services[0].work.self_ns, answer.repeated_calls[0].busy_ns), (10 * (SPANS - 1), 10));
}

#[test]
fn one_circle() {
    let answer = analysis_on_a_small_stack(large::circle);
    assert_eq!((answer.depth, answer.top_count), (COUNT, 1));
}

#[test]
fn all_with_one_id() {
    let answer = analysis_on_a_small_stack(large::one_id);
    assert_eq!((answer.span_count, answer.duplicates.shared_ids[0].span_count), (COUNT, COUNT));
}

#[test]
fn all_roots() {
    let answer = analysis_on_a_small_stack(large::roots);
    assert_eq!((answer.depth, answer.top_count, answer.tops.len()), (1, COUNT, 100));
}

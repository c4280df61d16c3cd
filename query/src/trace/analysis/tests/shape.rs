//! Trees, orphans, duplicates, fan-out.

use super::super::answer::TreeTop;
use super::{answer, id};
use crate::trace::critical::RootReason;

fn top(top: &TreeTop) -> (i64, RootReason, i64, i64, usize) {
    (id(&top.span), top.reason, top.start_offset_ns, top.duration_ns, top.span_count)
}

#[test]
fn the_trace_is_from_the_first_start_to_the_last_end() {
    let answer = answer(&["1 - 50 150 web", "2 1 20 60 cart", "3 1 140 400 mail CONSUMER"]);
    assert_eq!((answer.start_time_unix_nano.as_str(), answer.duration_ns), ("20", 380));
    assert_eq!((answer.root_duration_ns, answer.span_count), (100, 3));
    assert_eq!(top(&answer.root), (1, RootReason::NoParent, 30, 100, 3));
}

#[test]
fn depth_is_that_of_the_deepest_tree() {
    assert_eq!(answer(&["1 - 0 9 a"]).depth, 1);
    assert_eq!(answer(&["1 - 0 9 a", "2 1 0 9 a", "3 1 0 9 a"]).depth, 2);
    assert_eq!(answer(&["1 - 0 9 a", "2 99 0 9 a", "3 2 0 9 a", "4 3 0 9 a"]).depth, 3);
    assert_eq!(answer(&["1 1 0 9 a"]).depth, 1);
}

#[test]
fn the_root_is_the_first_top_and_then_the_largest_tree() {
    let answer = answer(&["1 - 0 90 a", "2 - 0 10 a", "3 99 0 5 b", "4 3 0 5 b", "5 6 0 1 c", "6 5 0 1 c"]);
    let tops: Vec<_> = answer.tops.iter().map(top).collect();
    let expected = [
        (1, RootReason::NoParent, 0, 90, 1),
        (3, RootReason::ParentMissing, 0, 5, 2),
        (5, RootReason::Circle, 0, 1, 2),
        (2, RootReason::NoParent, 0, 10, 1),
    ];
    assert_eq!((tops.as_slice(), answer.top_count), (expected.as_slice(), 4));
}

#[test]
fn orphans_name_the_parent_that_did_not_come() {
    let answer = answer(&["1 - 0 90 a", "2 99 30 40 b", "3 2 30 35 b", "4 99 10 20 b", "5 98 15 20 c"]);
    let orphans = &answer.orphans;
    assert_eq!((orphans.count, orphans.missing_parent_count), (3, 2));
    let spans: Vec<_> = orphans
        .spans
        .iter()
        .map(|orphan| (id(&orphan.span), orphan.missing_parent_id.as_int(), orphan.start_offset_ns, orphan.span_count))
        .collect();
    assert_eq!(spans, [(4, 99, 10, 1), (5, 98, 15, 1), (2, 99, 30, 2)], "by start");
}

#[test]
fn a_hundred_orphans_are_named_and_all_are_counted() {
    let lines: Vec<String> = (1..=250).map(|i| format!("{i} {} {i} 1000 web", i + 1000)).collect();
    let answer = answer(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((answer.orphans.spans.len(), answer.orphans.count), (100, 250));
    assert_eq!((answer.tops.len(), answer.top_count), (100, 250));
}

#[test]
fn resends_are_folded_and_counted() {
    let answer = answer(&["1 - 0 90 a", "2 1 0 10 b", "2 1 0 10 b", "2 1 0 12 b", "1 - 0 90 a"]);
    assert_eq!((answer.span_count, answer.duplicates.resent_count), (2, 3));
    assert_eq!((answer.duplicates.half_pair_count, answer.duplicates.shared_id_count), (0, 0));
}

#[test]
fn halves_of_a_call_are_no_wrong_ids() {
    let answer = answer(&["1 - 0 90 a", "2 1 10 80 a CLIENT", "2 1 20 70 b SERVER", "3 2 30 40 b"]);
    assert_eq!((answer.duplicates.half_pair_count, answer.duplicates.shared_id_count), (1, 0));
    assert_eq!(answer.depth, 4);
}

#[test]
fn ids_that_spans_should_not_share_are_named() {
    let answer = answer(&[
        "1 - 0 90 a",
        "2 1 0 10 a",
        "2 1 20 30 a",
        "3 1 0 9 a CLIENT",
        "3 1 0 9 b SERVER",
        "3 1 1 9 c SERVER",
        "4 1 0 9 b CLIENT",
        "4 1 0 9 c CLIENT",
    ]);
    let shared: Vec<_> = answer.duplicates.shared_ids.iter().map(|it| (it.span_id.as_int(), it.span_count)).collect();
    assert_eq!((shared.as_slice(), answer.duplicates.shared_id_count), ([(3, 3), (2, 2), (4, 2)].as_slice(), 3));
    assert_eq!((answer.duplicates.half_pair_count, answer.duplicates.resent_count), (0, 0));
}

#[test]
fn fan_out_names_those_with_most_children() {
    let answer = answer(&["1 - 0 90 a", "2 1 0 10 a", "3 2 0 10 a", "4 2 0 10 a", "5 1 0 10 a", "6 1 0 10 a"]);
    let fan_out: Vec<_> = answer.fan_out.iter().map(|item| (id(&item.span), item.child_count)).collect();
    assert_eq!(fan_out, [(1, 3), (2, 2)]);
}

#[test]
fn a_span_is_named_with_all_that_tells_it_apart() {
    let root = answer(&["1 - 0 90 - SERVER", "2 1 0 1 x"]).root.span;
    assert_eq!((root.kind, root.service, root.name.as_str()), (2, None, ""));
}

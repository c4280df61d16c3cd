//! Roots, missing parents, circles, shared ids, resends.

use super::answer::{RootItem, RootReason};
use super::{answer, check, shown};

fn root(item: &RootItem) -> (i64, RootReason, usize) {
    (item.span_id.as_int(), item.reason, item.span_count)
}

#[test]
fn of_several_roots_the_longest_is_explained_and_the_others_are_named() {
    let path = answer(&["1 - 0 50 web", "2 - 10 100 web", "3 2 20 90 cart", "4 - 0 10 web", "5 1 10 20 cart"]);
    assert_eq!(shown(&path), ["2 0..10", "3 10..80", "2 80..90"]);
    assert_eq!((path.start_time_unix_nano.as_str(), path.duration_ns, path.left_out), ("10", 90, 3));
    assert_eq!(root(&path.root), (2, RootReason::NoParent, 2));
    let others: Vec<_> = path.other_roots.iter().map(root).collect();
    assert_eq!(others, [(1, RootReason::NoParent, 2), (4, RootReason::NoParent, 1)], "the largest first");
    assert_eq!(path.other_root_count, 2);
}

#[test]
fn among_equal_roots_the_first_is_explained() {
    assert_eq!(answer(&["2 - 0 50 web", "1 - 0 50 web", "3 - 9 59 web"]).root.span_id.as_int(), 1);
}

#[test]
fn a_span_whose_parent_did_not_come_is_no_match_for_a_root() {
    let path = answer(&["1 - 0 50 web", "2 99 0 500 cart", "3 2 0 400 db"]);
    assert_eq!((shown(&path), path.left_out), (vec!["1 0..50".to_owned()], 2));
    assert_eq!(path.other_roots.iter().map(root).collect::<Vec<_>>(), [(2, RootReason::ParentMissing, 2)]);
}

#[test]
fn without_a_root_the_longest_of_those_whose_parent_did_not_come_is_explained() {
    let path = answer(&["1 99 0 50 web", "2 98 0 70 cart", "3 2 10 70 db", "4 5 0 900 a", "5 4 0 900 a"]);
    assert_eq!(shown(&path), ["2 0..10", "3 10..70"]);
    assert_eq!(root(&path.root), (2, RootReason::ParentMissing, 2));
    let others: Vec<_> = path.other_roots.iter().map(root).collect();
    assert_eq!(others, [(4, RootReason::Circle, 2), (1, RootReason::ParentMissing, 1)]);
}

#[test]
fn a_circle_is_cut_above_its_earliest_span() {
    let path = answer(&["1 3 20 90 a", "2 1 10 100 a", "3 2 15 95 a", "4 3 30 40 a"]);
    assert_eq!(root(&path.root), (2, RootReason::Circle, 4));
    assert_eq!(shown(&path), ["2 0..5", "3 5..10", "1 10..80", "3 80..85", "2 85..90"]);
}

#[test]
fn a_span_that_is_its_own_parent_is_a_root() {
    let path = answer(&["1 1 0 50 web", "2 1 10 20 web"]);
    assert_eq!(root(&path.root), (1, RootReason::Circle, 2));
    assert_eq!(shown(&path), ["1 0..10", "2 10..20", "1 20..50"]);
}

#[test]
fn of_two_halves_the_server_is_below_the_client_and_others_below_their_own_service() {
    let path = answer(&[
        "1 - 0 100 front",
        "2 1 10 90 front CLIENT",
        "2 1 20 80 back SERVER",
        "3 2 30 70 back",
        "4 2 12 15 front",
        "5 2 71 75 db",
    ]);
    let kinds: Vec<_> = path.segments.iter().map(|item| (item.span_id.as_int(), item.kind, item.duration_ns)).collect();
    let client = [(2, 3, 2), (4, 1, 3), (2, 3, 5)];
    let server = [(2, 2, 10), (3, 1, 40), (2, 2, 1), (5, 1, 4), (2, 2, 5)];
    assert_eq!(kinds, [&[(1, 1, 10)], &client[..], &server[..], &[(2, 3, 10), (1, 1, 10)]].concat());
}

#[test]
fn a_resend_is_no_second_span_and_the_copy_that_ended_last_counts() {
    check(
        &["1 - 0 100 web", "2 1 10 50 cart", "1 - 0 100 web", "2 1 10 60 cart"],
        &["1 0..10", "2 10..60", "1 60..100"],
        0,
    );
}

#[test]
fn a_hundred_other_roots_are_named_and_all_are_counted() {
    let lines: Vec<String> = (1..=250).map(|id| format!("{id} - {id} {} web", 2 * id)).collect();
    let path = answer(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((path.root.span_id.as_int(), path.other_roots.len()), (250, 100));
    assert_eq!((path.other_root_count, path.left_out), (249, 249));
}

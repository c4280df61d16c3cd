//! Heads, and where the difference comes from.

use super::super::answer::Contribution;
use super::{TraceComparison, answer};
use crate::trace::critical::RootReason;

fn shown(answer: &TraceComparison) -> Vec<String> {
    let text = |item: &Contribution| {
        let of = &item.operation;
        let name = format!("{} {}", of.service.as_deref().unwrap_or("-"), of.name);
        format!("{name}: {} - {} = {}", item.left_critical_ns, item.right_critical_ns, item.difference_ns)
    };
    answer.contributions.iter().map(text).collect()
}

#[track_caller]
fn check(left: &[&str], right: &[&str], expected: &[&str], difference_ns: i64) {
    let answer = answer(left, right);
    assert_eq!(
        (shown(&answer), answer.difference_ns),
        (expected.iter().map(|&text| text.to_owned()).collect(), difference_ns)
    );
}

#[test]
fn a_slower_call_is_what_the_difference_comes_from() {
    check(
        &["1 - 0 100 web GET", "2 1 10 90 db SELECT"],
        &["1 - 0 40 web GET", "2 1 10 30 db SELECT"],
        &["db SELECT: 80 - 20 = 60", "web GET: 20 - 20 = 0"],
        60,
    );
}

#[test]
fn what_got_faster_counts_against_it() {
    check(
        &["1 - 0 100 web", "2 1 0 90 db"],
        &["1 - 0 100 web", "2 1 0 50 db"],
        &["db : 90 - 50 = 40", "web : 10 - 50 = -40"],
        0,
    );
}

#[test]
fn the_faster_left_has_a_difference_below_zero() {
    check(&["1 - 0 40 web"], &["1 - 0 100 web", "2 1 0 30 db"], &["web : 40 - 70 = -30", "db : 0 - 30 = -30"], -60);
}

#[test]
fn what_nobody_waited_for_adds_nothing() {
    check(
        &["1 - 0 100 web", "2 1 0 900 mail CONSUMER"],
        &["1 - 0 100 web", "2 1 0 9 mail CONSUMER"],
        &["web : 100 - 100 = 0"],
        0,
    );
}

#[test]
fn roots_of_no_length_have_nothing_to_explain() {
    check(&["1 - 5 5 web"], &["1 - 7 7 web"], &[], 0);
    check(&["1 - 5 5 web"], &["1 - 7 9 web"], &["web : 0 - 2 = -2"], -2);
}

#[test]
fn a_hundred_operations_are_listed_and_the_rest_is_one_sum() {
    let line = |i: i64| format!("{} 1 {} {} s{i}", i + 2, i * i, (i + 1) * (i + 1));
    let left: Vec<String> = std::iter::once("1 - 0 90000 web".to_owned()).chain((0..300).map(line)).collect();
    let left: Vec<&str> = left.iter().map(String::as_str).collect();
    let answer = answer(&left, &["1 - 0 10 web"]);
    let others = answer.other_contributions;
    assert_eq!((answer.contributions.len(), others.operation_count), (100, 201));
    assert_eq!((others.left_critical_ns, others.right_critical_ns, others.difference_ns), (200 * 200, 10, 39_990));
    let listed: i64 = answer.contributions.iter().map(|item| item.difference_ns).sum();
    assert_eq!(listed + others.difference_ns, answer.difference_ns);
}

#[test]
fn heads_say_what_the_traces_are() {
    let answer = answer(
        &["1 - 50 150 web GET SERVER", "2 1 60 90 db error", "2 1 60 90 db error", "3 2 60 61 disk"],
        &["7 99 10 30 - PUT"],
    );
    let (left, right) = (&answer.left, &answer.right);
    assert_eq!(
        (left.trace_id.as_str(), right.trace_id.as_str()),
        ("00000000000000000000000000000001", "00000000000000000000000000000002",)
    );
    assert_eq!((left.root.span_id.as_int(), left.root.name.as_str(), left.root.kind), (1, "GET", 2));
    assert_eq!(
        (left.start_time_unix_nano.as_str(), left.duration_ns, left.root_reason),
        ("50", 100, RootReason::NoParent)
    );
    assert_eq!((left.span_count, left.error_count, left.service_count, left.depth), (3, 1, 3, 3));
    assert_eq!((right.duration_ns, right.root_reason, right.depth), (20, RootReason::ParentMissing, 1));
}

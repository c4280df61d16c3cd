//! What is called again and again.

use super::super::answer::{CallOrder, RepeatedCall};
use super::{answer, id, name};

/// A root of 1000 ns and spans below it.
fn below_root(lines: &[String]) -> Vec<RepeatedCall> {
    let lines: Vec<&str> = std::iter::once("1 - 0 1000 web").chain(lines.iter().map(String::as_str)).collect();
    let answer = answer(&lines);
    assert_eq!(answer.repeated_calls.len(), answer.repeated_call_count);
    answer.repeated_calls
}

/// Repeated calls as `parent > service name: count, errors, total, busy, order`.
#[track_caller]
fn check(lines: &[String], expected: &[&str]) {
    let shown = |call: &RepeatedCall| {
        let RepeatedCall { call_count, error_count, total_ns, busy_ns, .. } = call;
        let order = if call.order == CallOrder::Sequential { "sequential" } else { "overlapping" };
        let of = format!("{} {}", name(&call.operation.service), call.operation.name);
        format!(
            "{} > {of}: {call_count} calls {error_count} errors, {total_ns} total {busy_ns} busy, {order}",
            id(&call.parent)
        )
    };
    assert_eq!(below_root(lines).iter().map(shown).collect::<Vec<_>>(), expected);
}

/// Calls of 10 ns, each so long after the one before.
fn calls(count: i64, every_ns: i64, what: &str) -> Vec<String> {
    (0..count).map(|i| format!("{} 1 {} {} {what}", 10 + i, i * every_ns, i * every_ns + 10)).collect()
}

#[test]
fn five_are_many_and_four_are_not() {
    check(&calls(4, 20, "db SELECT"), &[]);
    check(&calls(5, 20, "db SELECT"), &["1 > db SELECT: 5 calls 0 errors, 50 total 50 busy, sequential"]);
}

#[test]
fn calls_at_the_same_time_overlap() {
    check(&calls(10, 0, "db SELECT"), &["1 > db SELECT: 10 calls 0 errors, 100 total 10 busy, overlapping"]);
    check(&calls(10, 5, "db SELECT"), &["1 > db SELECT: 10 calls 0 errors, 100 total 55 busy, overlapping"]);
}

#[test]
fn calls_that_touch_are_sequential() {
    check(&calls(10, 10, "db SELECT"), &["1 > db SELECT: 10 calls 0 errors, 100 total 100 busy, sequential"]);
}

#[test]
fn a_hundredth_may_overlap() {
    let calls =
        |by_ns: i64| (0..5).map(move |i| format!("{} 1 {} {} db", 10 + i, i * (100 - by_ns), i * (100 - by_ns) + 100));
    check(&calls(1).collect::<Vec<_>>(), &["1 > db : 5 calls 0 errors, 500 total 496 busy, sequential"]);
    check(&calls(2).collect::<Vec<_>>(), &["1 > db : 5 calls 0 errors, 500 total 492 busy, overlapping"]);
}

#[test]
fn errors_among_them_are_counted() {
    let mut lines = calls(5, 20, "db SELECT");
    lines[1].push_str(" error");
    check(&lines, &["1 > db SELECT: 5 calls 1 errors, 50 total 50 busy, sequential"]);
}

#[test]
fn other_names_services_and_parents_are_other_calls() {
    let mut lines = calls(4, 20, "db SELECT");
    lines.extend(["20 1 200 210 db INSERT", "21 1 210 220 cache SELECT", "22 10 0 5 db SELECT"].map(str::to_owned));
    lines.push("23 1 220 230 db SELECT CLIENT".to_owned());
    check(&lines, &[]);
}

#[test]
fn those_that_take_most_time_come_first() {
    let mut lines = calls(6, 20, "db SELECT");
    lines.extend((0..5).map(|i| format!("{} 10 {i} {} disk read", 30 + i, i + 1)));
    lines.extend((0..5).map(|i| format!("{} 1 {} {} auth check", 40 + i, 500 + 50 * i, 550 + 50 * i)));
    check(
        &lines,
        &[
            "1 > auth check: 5 calls 0 errors, 250 total 250 busy, sequential",
            "1 > db SELECT: 6 calls 0 errors, 60 total 60 busy, sequential",
            "10 > disk read: 5 calls 0 errors, 5 total 5 busy, sequential",
        ],
    );
}

#[test]
fn a_hundred_are_listed_and_all_are_counted() {
    let lines: Vec<String> = (0..600).map(|i| format!("{} 1 0 {} db q{}", 10 + i, i + 1, i % 120)).collect();
    let lines: Vec<&str> = std::iter::once("1 - 0 1000 web").chain(lines.iter().map(String::as_str)).collect();
    let answer = answer(&lines);
    assert_eq!((answer.repeated_calls.len(), answer.repeated_call_count), (100, 120));
}

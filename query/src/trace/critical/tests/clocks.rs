//! Children that stick out of their parents: who waited, and whose clock is wrong.

use super::check;

#[test]
fn a_child_that_outlives_its_parent_was_not_waited_for() {
    check(&["1 - 0 100 web", "2 1 20 150 web", "3 2 30 90 web"], &["1 0..100"], 2);
    check(&["1 - 0 100 web", "2 1 20 150 mail"], &["1 0..100"], 1);
    check(&["1 - 0 100 web", "2 1 120 150 mail", "3 1 10 40 cart"], &["1 0..10", "3 10..40", "1 40..100"], 1);
}

#[test]
fn what_a_consumer_does_is_not_waited_for() {
    check(
        &["1 - 0 100 web", "2 1 10 20 web PRODUCER", "3 2 12 18 mail CONSUMER"],
        &["1 0..10", "2 10..20", "1 20..100"],
        1,
    );
    check(&["1 - 0 100 web", "2 1 10 90 mail CONSUMER", "3 2 20 80 db"], &["1 0..100"], 2);
}

#[test]
fn a_consumer_may_be_the_root() {
    check(&["1 - 0 100 mail CONSUMER", "2 1 20 80 db"], &["1 0..20", "2 20..80", "1 80..100"], 0);
}

/// A parent, and a child that ends so much after it.
#[track_caller]
fn check_slack(parent_ns: i64, allowed_ns: i64) {
    let parent = format!("1 - 0 {parent_ns} web");
    let (path, half_ns) = (format!("1 0..{parent_ns}"), parent_ns / 2);
    let child = |by_ns: i64| format!("2 1 {half_ns} {} web", parent_ns + by_ns);
    let cut = [format!("1 0..{half_ns}"), format!("2 {half_ns}..{parent_ns}")];
    check(&[&parent, &child(allowed_ns)], &[&cut[0], &cut[1]], 0);
    check(&[&parent, &child(allowed_ns + 1)], &[&path], 1);
}

#[test]
fn what_sticks_out_by_a_little_is_cut_off() {
    check_slack(1000, 100);
    check_slack(10_000_000, 1_000_000);
    check_slack(50_000_000, 1_000_000);
    check_slack(1_000_000_000, 10_000_000);
    check(&["1 - 0 1000 web", "2 1 -100 500 web", "3 1 500 1000 web"], &["2 0..500", "3 500..1000"], 0);
    check(&["1 - 0 1000 web", "2 1 -101 399 web", "3 1 500 1000 web"], &["2 0..500", "3 500..1000"], 0);
    check(&["1 - 0 1000 web", "2 1 -101 400 web", "3 1 500 1000 web"], &["1 0..500", "3 500..1000"], 0);
}

#[test]
fn a_child_that_starts_before_its_parent_is_moved_with_all_below_it() {
    let spans = ["1 - 1000 1100 web", "2 1 500 560 cart", "3 2 510 540 db"];
    check(&spans, &["2 0..10", "3 10..40", "2 40..60", "1 60..100"], 0);
}

#[test]
fn a_server_that_ends_after_its_client_is_moved_back_until_it_fits() {
    let spans = ["1 - 0 100 web CLIENT", "2 1 550 610 cart SERVER", "3 2 560 600 cart"];
    check(&spans, &["1 0..40", "2 40..50", "3 50..90", "2 90..100"], 0);
}

#[test]
fn a_server_of_the_clients_own_service_has_another_clock_too() {
    check(&["1 - 0 100 web CLIENT", "2 1 550 610 web SERVER"], &["1 0..40", "2 40..100"], 0);
    check(&["1 - 0 100 web CLIENT", "2 1 550 610 web INTERNAL"], &["1 0..100"], 1);
}

#[test]
fn a_server_that_went_on_after_its_client_gave_up_is_cut_off() {
    let spans = ["1 - 0 100 web CLIENT", "2 1 10 400 cart SERVER", "3 2 30 390 cart", "4 2 391 399 cart"];
    check(&spans, &["1 0..10", "2 10..30", "3 30..100"], 1);
}

#[test]
fn a_server_too_long_for_its_client_is_moved_only_if_it_starts_outside_of_it() {
    check(&["1 - 0 100 web CLIENT", "2 1 100 300 cart SERVER"], &["1 0..100"], 0);
    check(&["1 - 0 100 web CLIENT", "2 1 101 301 cart SERVER"], &["2 0..100"], 0);
    check(&["1 - 0 100 web CLIENT", "2 1 -11 189 cart SERVER"], &["2 0..100"], 0);
}

#[test]
fn where_kinds_are_not_known_a_call_that_goes_on_is_cut_off() {
    check(&["1 - 0 100 web UNSPECIFIED", "2 1 20 150 cart"], &["1 0..20", "2 20..100"], 0);
    check(&["1 - 0 100 web UNSPECIFIED", "2 1 20 150 web"], &["1 0..100"], 1);
    check(&["1 - 0 100 web UNSPECIFIED", "2 1 20 150 cart CONSUMER"], &["1 0..100"], 1);
    check(&["1 - 0 100 web UNSPECIFIED", "2 1 120 150 cart"], &["1 0..100"], 1);
}

#[test]
fn a_child_that_was_moved_does_not_hide_the_one_before_it() {
    let spans =
        ["1 - 0 100 web", "2 1 10 50 a CLIENT", "3 2 -5 30 b SERVER", "4 1 50 90 a CLIENT", "5 4 70 105 b SERVER"];
    check(&spans, &["1 0..10", "3 10..45", "2 45..50", "4 50..55", "5 55..90", "1 90..100"], 0);
}

#[test]
fn a_right_clock_below_a_wrong_one_is_moved_back() {
    let spans = ["1 - 1000 1100 a CLIENT", "2 1 0 80 b SERVER", "3 2 10 70 b CLIENT", "4 3 1020 1060 a SERVER"];
    check(&spans, &["2 0..10", "3 10..30", "4 30..70", "2 70..80", "1 80..100"], 0);
}

#[test]
fn times_at_the_ends_of_what_can_be_said_are_not_too_much() {
    let (min, max) = (i64::MIN, i64::MAX);
    let lines = [
        format!("1 - {} {max} web CLIENT", max - 100),
        format!("2 1 {min} {} cart SERVER", min + 60),
        format!("3 2 {max} {max} db"),
        format!("4 2 0 {max} db"),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(super::answer(&lines).duration_ns, 100);
}

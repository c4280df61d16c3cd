//! Whose clocks contradict each other.

use super::super::answer::{ClockSkew, SkewDirection};
use super::{answer, name};

/// Pairs of services as `source > target: skewed of all, shift`.
#[track_caller]
fn check(lines: &[&str], expected: &[&str]) {
    let shown = |skew: &ClockSkew| {
        assert_eq!(skew.direction == SkewDirection::TargetAhead, skew.median_shift_ns > 0);
        let ClockSkew { skewed_count, call_count, median_shift_ns, .. } = skew;
        format!("{} > {}: {skewed_count} of {call_count}, {median_shift_ns}", name(&skew.source), name(&skew.target))
    };
    assert_eq!(answer(lines).clock_skew.iter().map(shown).collect::<Vec<_>>(), expected);
}

#[test]
fn clocks_that_agree_are_not_told_of() {
    check(&["1 - 0 100 web CLIENT", "2 1 10 90 cart SERVER", "3 2 10 90 cart"], &[]);
}

#[test]
fn what_sticks_out_by_a_little_is_no_contradiction() {
    check(&["1 - 0 1000 web CLIENT", "2 1 -100 1000 cart SERVER"], &[]);
    check(&["1 - 0 1000 web CLIENT", "2 1 0 1100 cart SERVER"], &[]);
}

#[test]
fn the_middle_of_a_call_is_the_middle_for_both() {
    check(&["1 - 0 100 web CLIENT", "2 1 1010 1070 cart SERVER"], &["web > cart: 1 of 1, 990"]);
    check(&["1 - 0 100 web CLIENT", "2 1 -1000 -940 cart SERVER"], &["web > cart: 1 of 1, -1020"]);
}

#[test]
fn the_median_is_of_those_that_contradict_each_other() {
    let lines = [
        "1 - 0 1000 web",
        "2 1 0 100 web CLIENT",
        "3 2 510 590 cart SERVER",
        "4 1 200 300 web CLIENT",
        "5 4 210 290 cart SERVER",
        "6 1 400 500 web CLIENT",
        "7 6 1000 1080 cart SERVER",
        "8 1 600 700 web CLIENT",
        "9 8 9010 9090 cart SERVER",
    ];
    check(&lines, &["web > cart: 3 of 4, 590"]);
}

#[test]
fn pairs_with_most_contradictions_come_first() {
    let lines = [
        "1 - 0 100 web CLIENT",
        "2 1 -500 -440 auth SERVER",
        "3 1 500 560 cart SERVER",
        "4 1 600 660 cart SERVER",
        "5 3 500 510 db SERVER",
    ];
    check(&lines, &["web > cart: 2 of 2, 480", "web > auth: 1 of 1, -520"]);
}

#[test]
fn spans_of_one_process_have_one_clock() {
    check(&["1 - 0 100 web CLIENT", "2 1 500 560 web"], &[]);
    check(&["1 - 0 100 web CLIENT", "2 1 500 560 web SERVER"], &["web > web: 1 of 1, 480"]);
}

#[test]
fn who_was_not_waited_for_may_end_later_but_not_begin_earlier() {
    check(&["1 - 0 100 web", "2 1 500 560 mail"], &[]);
    check(&["1 - 0 100 web PRODUCER", "2 1 500 560 mail CONSUMER"], &[]);
    check(&["1 - 0 100 web PRODUCER", "2 1 -40 560 mail CONSUMER"], &["web > mail: 1 of 1, -40"]);
}

#[test]
fn who_gave_up_waiting_has_no_wrong_clock() {
    check(&["1 - 0 100 web CLIENT", "2 1 10 400 cart SERVER"], &[]);
}

#[test]
fn a_call_too_long_for_its_client_and_outside_of_it_tells_the_least() {
    check(&["1 - 0 100 web CLIENT", "2 1 -400 0 cart SERVER"], &["web > cart: 1 of 1, -400"]);
    check(&["1 - 0 100 web CLIENT", "2 1 150 550 cart SERVER"], &["web > cart: 1 of 1, 150"]);
}

#[test]
fn a_wrong_clock_is_told_of_once_however_many_spans_are_below() {
    let lines = ["1 - 0 100 web CLIENT", "2 1 500 560 cart SERVER", "3 2 510 550 cart CLIENT", "4 3 515 545 db SERVER"];
    check(&lines, &["web > cart: 1 of 1, 480"]);
}

#[test]
fn times_at_the_ends_of_what_can_be_said_are_not_too_much() {
    let (min, max) = (i64::MIN, i64::MAX);
    let lines = [format!("1 - {} {max} web CLIENT", max - 100), format!("2 1 {min} {} cart SERVER", min + 60)];
    let answer = answer(&[&lines[0], &lines[1]]);
    assert_eq!((answer.clock_skew.len(), answer.clock_skew[0].direction), (1, SkewDirection::TargetBehind));
}

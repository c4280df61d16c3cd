//! Who worked how long.

use super::super::answer::Work;
use super::{answer, name};

fn shown(work: &Work) -> String {
    let Work { span_count, error_count, total_ns, self_ns, critical_ns } = work;
    format!("{span_count} spans {error_count} errors, {total_ns} total {self_ns} self {critical_ns} critical")
}

/// The work of services.
#[track_caller]
fn check(lines: &[&str], expected: &[&str]) {
    let shown = |item: &super::super::answer::ServiceWork| format!("{}: {}", name(&item.service), shown(&item.work));
    assert_eq!(answer(lines).services.iter().map(shown).collect::<Vec<_>>(), expected);
}

#[test]
fn a_span_alone_worked_all_its_time() {
    check(&["1 - 100 200 web"], &["web: 1 spans 0 errors, 100 total 100 self 100 critical"]);
}

#[test]
fn the_time_of_children_is_not_that_of_their_parent() {
    check(
        &["1 - 0 100 web", "2 1 10 40 cart", "3 2 20 30 -"],
        &[
            "web: 1 spans 0 errors, 100 total 70 self 70 critical",
            "cart: 1 spans 0 errors, 30 total 20 self 20 critical",
            "-: 1 spans 0 errors, 10 total 10 self 10 critical",
        ],
    );
}

#[test]
fn children_at_the_same_time_are_taken_away_once() {
    check(
        &["1 - 0 100 web", "2 1 10 60 cart", "3 1 40 90 cart"],
        &[
            "cart: 2 spans 0 errors, 100 total 100 self 50 critical",
            "web: 1 spans 0 errors, 100 total 20 self 50 critical",
        ],
    );
}

#[test]
fn children_count_as_far_as_they_lie_within_their_parent_whether_it_waited_or_not() {
    check(
        &["1 - 0 100 web", "2 1 60 500 mail CONSUMER", "3 1 300 400 mail CONSUMER"],
        &[
            "mail: 2 spans 0 errors, 540 total 540 self 0 critical",
            "web: 1 spans 0 errors, 100 total 60 self 100 critical",
        ],
    );
}

#[test]
fn a_child_with_a_wrong_clock_is_taken_away_where_it_was() {
    check(
        &["1 - 0 100 web CLIENT", "2 1 7000 7060 cart SERVER"],
        &[
            "cart: 1 spans 0 errors, 60 total 60 self 60 critical",
            "web: 1 spans 0 errors, 100 total 40 self 40 critical",
        ],
    );
}

#[test]
fn spans_of_all_trees_work_and_one_is_on_the_path() {
    check(
        &["1 - 0 100 web", "2 99 0 300 cart", "3 2 0 100 db"],
        &[
            "cart: 1 spans 0 errors, 300 total 200 self 0 critical",
            "db: 1 spans 0 errors, 100 total 100 self 0 critical",
            "web: 1 spans 0 errors, 100 total 100 self 100 critical",
        ],
    );
}

#[test]
fn errors_are_counted_by_service() {
    let lines = ["1 - 0 100 web error", "2 1 0 10 cart error", "3 1 10 20 cart", "4 1 20 25 cart error"];
    check(
        &lines,
        &[
            "web: 1 spans 1 errors, 100 total 75 self 75 critical",
            "cart: 3 spans 2 errors, 25 total 25 self 25 critical",
        ],
    );
    assert_eq!(answer(&lines).error_count, 3);
}

#[test]
fn spans_of_one_operation_have_service_name_and_kind_in_common() {
    let answer = answer(&[
        "1 - 0 100 web GET",
        "2 1 0 30 web GET CLIENT",
        "3 1 30 50 web GET CLIENT",
        "4 1 50 60 db GET CLIENT",
        "5 1 60 65 web PUT CLIENT",
        "6 1 70 71 web CLIENT",
    ]);
    let shown = |item: &super::super::answer::OperationWork| {
        let of = &item.operation;
        format!("{} {:?} {}: {} {}", name(&of.service), of.name, of.kind, item.work.span_count, item.work.self_ns)
    };
    let shown: Vec<String> = answer.operations.iter().map(shown).collect();
    let expected = [
        r#"web "GET" 3: 2 50"#,
        r#"web "GET" 1: 1 34"#,
        r#"db "GET" 3: 1 10"#,
        r#"web "PUT" 3: 1 5"#,
        r#"web "" 3: 1 1"#,
    ];
    assert_eq!(
        (shown.as_slice(), answer.operation_count, answer.service_count),
        (expected.map(str::to_owned).as_slice(), 5, 2)
    );
}

#[test]
fn a_thousand_services_and_operations_are_listed_and_all_are_counted() {
    let lines: Vec<String> = (1..=1200).map(|i| format!("{i} - 0 {i} s{i} n{i}")).collect();
    let answer = answer(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((answer.services.len(), answer.service_count), (1000, 1200));
    assert_eq!((answer.operations.len(), answer.operation_count), (1000, 1200));
    assert_eq!(answer.services[0].service.as_deref(), Some("s1200"));
}

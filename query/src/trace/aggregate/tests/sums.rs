//! Times by service and operation.

use super::*;

#[track_caller]
fn check(traces: &[&[&str]], duration: &str, services: &[&str]) {
    let answer = answer(traces);
    let service = |item: &ServicePathTime| format!("{}: {}", item.service.as_deref().unwrap_or("-"), shown(&item.time));
    assert_eq!(shown(&answer.duration), duration);
    assert_eq!(answer.services.iter().map(service).collect::<Vec<_>>(), services);
}

#[test]
fn without_traces_there_is_nothing() {
    check(&[], "0 0 0.000 0 0 0 0", &[]);
}

#[test]
fn one_trace_is_its_own_path() {
    check(
        &[&["1 - 0 100 web", "2 1 10 40 cart", "3 1 50 60 cart"]],
        "1 100 1.000 100 100 100 100",
        &["web: 1 60 0.600 60 60 60 60", "cart: 1 40 0.400 40 40 40 40"],
    );
}

#[test]
fn shares_are_of_all_roots_and_the_rest_of_the_traces_that_have_any() {
    check(
        &[&["1 - 0 100 web", "2 1 0 80 db"], &["1 - 0 50 web"], &["1 - 0 50 web", "2 1 0 40 db"]],
        "3 200 1.000 66 50 100 100",
        &["db: 2 120 0.600 60 40 80 80", "web: 3 80 0.400 26 20 50 50"],
    );
}

#[test]
fn quantiles_are_times_that_there_were() {
    let lines: Vec<String> = (1..=40).map(|ns| format!("1 - 0 {ns} web")).collect();
    let traces: Vec<[&str; 1]> = lines.iter().map(|line| [line.as_str()]).collect();
    let traces: Vec<&[&str]> = traces.iter().map(|lines| lines.as_slice()).collect();
    check(&traces, "40 820 1.000 20 20 38 40", &["web: 40 820 1.000 20 20 38 40"]);
}

#[test]
fn operations_are_told_apart_by_service_name_and_kind() {
    let answer = answer(&[&["1 - 0 100 web GET", "2 1 0 30 web GET CLIENT", "3 2 0 10 db GET", "4 1 30 35 web PUT"]]);
    let shown = |item: &OperationPathTime| {
        let of = &item.operation;
        format!("{} {} {}: {}", of.service.as_deref().unwrap_or("-"), of.name, of.kind, item.time.total_ns)
    };
    let shown: Vec<String> = answer.operations.iter().map(shown).collect();
    assert_eq!(shown, ["web GET 1: 65", "web GET 3: 20", "db GET 1: 10", "web PUT 1: 5"]);
    assert_eq!((answer.operation_count, answer.service_count), (4, 2));
}

#[test]
fn a_root_without_length_is_left_out() {
    let answer = answer(&[&["1 - 5 5 web"], &["1 - 0 10 web"]]);
    assert_eq!((answer.trace_count, answer.left_out.without_length), (1, 1));
    assert_eq!(shown(&answer.duration), "1 10 1.000 10 10 10 10");
}

#[test]
fn traces_without_a_root_are_counted() {
    let answer = answer(&[&["1 99 0 10 web"], &["1 - 0 10 web"], &["1 1 0 10 web"]]);
    assert_eq!((answer.trace_count, answer.rootless_count), (3, 2));
}

#[test]
fn what_is_not_listed_is_one_sum() {
    let lines: Vec<String> = (0..700).map(|i| format!("{} 1 {} {} s{i}", i + 2, i * 10, i * 10 + 1 + i % 2)).collect();
    let lines: Vec<&str> = std::iter::once("1 - 0 7000 web").chain(lines.iter().map(String::as_str)).collect();
    let answer = answer(&[&lines]);
    assert_eq!((answer.services.len(), answer.service_count), (500, 701));
    assert_eq!((answer.other_services.total_ns, answer.other_operations.total_ns), (201, 201));
    let listed: i64 = answer.operations.iter().map(|item| item.time.total_ns).sum();
    assert_eq!(listed + answer.other_operations.total_ns, 7000);
}

#[test]
fn beyond_the_bound_nothing_is_told_apart_but_all_is_counted() {
    let names: Vec<String> = (0..2500).map(|i| format!("1 - 0 10 s{i}")).collect();
    let traces: Vec<[&str; 1]> = names.iter().map(|line| [line.as_str()]).collect();
    let traces: Vec<&[&str]> = traces.iter().map(|lines| lines.as_slice()).collect();
    let answer = answer(&traces);
    assert_eq!((answer.service_count, answer.operation_count, answer.path_count), (1000, 2000, 1000));
    assert_eq!((answer.other_services.total_ns, answer.other_operations.total_ns), (20_000, 20_000));
    assert!((answer.other_services.share - 0.8).abs() < 1e-9);
}

#[test]
fn sums_that_cannot_be_said_are_the_most_that_can() {
    let line = format!("1 - 0 {} web", i64::MAX);
    let answer = answer(&[&[&line], &[&line]]);
    assert_eq!((answer.duration.total_ns, answer.duration.mean_ns), (i64::MAX, i64::MAX));
    assert!((answer.services[0].time.share - 1.0).abs() < 1e-9);
}

#[test]
fn what_is_held_grows_with_what_is_told_apart() {
    let mut all = AggregateCriticalPath::new();
    let empty = all.held_bytes();
    let trace = assembled(&["1 - 0 10 web GET"]);
    all.observe(TraceId::from_halves(0, 1), &trace);
    let first = all.held_bytes() - empty;
    all.observe(TraceId::from_halves(0, 2), &trace);
    let second = all.held_bytes() - empty - first;
    assert!(first > second && second > 0, "{first} {second}");
}

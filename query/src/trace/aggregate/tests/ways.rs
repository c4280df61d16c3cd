//! The ways that paths take through services.

use super::super::answer::FrequentPath;
use super::*;

/// Ways as `services: traces, mean, slowest trace and its time`.
#[track_caller]
fn check(traces: &[&[&str]], expected: &[&str]) {
    let text = |path: &FrequentPath| {
        let services: Vec<&str> = path.services.iter().map(|service| service.as_deref().unwrap_or("-")).collect();
        let number = u128::from_str_radix(&path.slowest_trace_id, 16).unwrap();
        format!("{}: {} {} {number} {}", services.join(" > "), path.trace_count, path.mean_ns, path.slowest_ns)
    };
    assert_eq!(answer(traces).paths.iter().map(text).collect::<Vec<_>>(), expected);
}

#[test]
fn services_are_in_the_order_in_which_the_path_comes_to_them() {
    check(
        &[&["1 - 0 100 web", "2 1 10 40 cart", "3 2 20 30 db", "4 1 50 60 pay"]],
        &["web > cart > db > pay: 1 100 1 100"],
    );
}

#[test]
fn each_is_named_once_and_the_root_first() {
    check(&[&["1 - 0 100 web", "2 1 0 40 cart", "3 1 50 60 cart"]], &["web > cart: 1 100 1 100"]);
}

#[test]
fn what_is_not_on_the_path_is_not_on_the_way() {
    check(&[&["1 - 0 100 web", "2 1 10 60 cart", "3 1 10 90 -"]], &["web > -: 1 100 1 100"]);
}

#[test]
fn the_most_frequent_come_first() {
    check(
        &[
            &["1 - 0 900 web"],
            &["1 - 0 10 web", "2 1 0 5 db"],
            &["1 - 0 30 web", "2 1 1 5 db"],
            &["1 - 0 20 web", "2 1 2 5 db"],
        ],
        &["web > db: 3 20 3 30", "web: 1 900 1 900"],
    );
}

#[test]
fn of_a_long_way_the_beginning_is_named() {
    let lines: Vec<String> = (0..40).map(|i| format!("{} 1 {} {} s{i}", i + 2, i * 10, i * 10 + 5)).collect();
    let lines: Vec<&str> = std::iter::once("1 - 0 400 web").chain(lines.iter().map(String::as_str)).collect();
    let path = &answer(&[&lines]).paths[0];
    assert_eq!((path.services.len(), path.more_services), (32, 9));
    assert_eq!(path.services[31].as_deref(), Some("s30"));
}

#[test]
fn twenty_ways_are_listed_and_all_are_counted() {
    let names: Vec<String> = (0..30).map(|i| format!("1 - 0 10 s{i:02}")).collect();
    let traces: Vec<[&str; 1]> = names.iter().map(|line| [line.as_str()]).collect();
    let traces: Vec<&[&str]> = traces.iter().map(|lines| lines.as_slice()).collect();
    let answer = answer(&traces);
    assert_eq!((answer.paths.len(), answer.path_count), (20, 30));
    assert_eq!(answer.paths[0].services, [Some("s00".to_owned())], "by name where all else is equal");
}

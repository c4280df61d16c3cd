//! The walk, where clocks and parents are as they should be.

use super::{answer, check};

#[test]
fn a_span_alone_is_its_own_path() {
    check(&["1 - 100 200 web"], &["1 0..100"], 0);
}

#[test]
fn sequential_children_are_all_on_it_and_gaps_are_the_parents_own() {
    let spans = ["1 - 0 100 web", "2 1 10 40 cart", "3 1 50 90 pay"];
    check(&spans, &["1 0..10", "2 10..40", "1 40..50", "3 50..90", "1 90..100"], 0);
}

#[test]
fn of_parallel_children_the_last_to_end_is_on_it() {
    check(&["1 - 0 100 web", "2 1 10 60 cart", "3 1 10 90 pay"], &["1 0..10", "3 10..90", "1 90..100"], 0);
}

#[test]
fn a_child_that_was_still_running_when_the_next_began_held_nobody_up() {
    check(&["1 - 0 100 web", "2 1 0 60 cart", "3 1 50 100 pay"], &["1 0..50", "3 50..100"], 0);
}

#[test]
fn a_child_that_ended_as_the_next_began_is_on_it() {
    check(&["1 - 0 100 web", "2 1 0 50 cart", "3 1 50 100 pay"], &["2 0..50", "3 50..100"], 0);
}

#[test]
fn of_children_that_end_together_the_longest_is_on_it() {
    check(&["1 - 0 100 web", "2 1 50 100 cart", "3 1 0 100 pay"], &["3 0..100"], 0);
    check(&["1 - 0 100 web", "2 1 0 100 cart", "3 1 50 100 pay"], &["2 0..100"], 0);
}

#[test]
fn nested_children_explain_the_time_of_their_parents() {
    let spans = ["1 - 0 100 web", "2 1 10 90 cart", "3 2 20 80 db", "4 3 30 70 disk", "5 1 0 8 auth"];
    let path = ["5 0..8", "1 8..10", "2 10..20", "3 20..30", "4 30..70", "3 70..80", "2 80..90", "1 90..100"];
    check(&spans, &path, 0);
}

#[test]
fn children_of_a_span_off_it_are_off_it() {
    check(&["1 - 0 100 web", "2 1 0 60 cart", "3 2 0 60 db", "4 1 0 100 pay"], &["4 0..100"], 0);
}

#[test]
fn spans_of_no_length_take_no_time() {
    check(&["1 - 0 100 web", "2 1 40 40 cart", "3 1 100 100 cart", "4 1 0 0 cart"], &["1 0..100"], 0);
    check(&["1 - 50 50 web", "2 1 50 50 cart"], &[], 0);
}

#[test]
fn a_root_of_no_length_has_an_answer() {
    let path = answer(&["1 - 50 50 web"]);
    assert_eq!((path.start_time_unix_nano.as_str(), path.duration_ns), ("50", 0));
    assert_eq!((path.segments, path.self_time_by_service), (Vec::new(), Vec::new()));
}

#[test]
fn times_of_services_are_of_what_is_on_it() {
    let path = answer(&["1 - 0 100 web", "2 1 0 70 cart", "3 2 20 50 web", "4 1 70 80 -", "5 1 0 60 ads"]);
    let services: Vec<_> =
        path.self_time_by_service.iter().map(|item| (item.service.as_deref(), item.duration_ns, item.share)).collect();
    assert_eq!(services, [(Some("web"), 50, 0.5), (Some("cart"), 40, 0.4), (None, 10, 0.1)]);
}

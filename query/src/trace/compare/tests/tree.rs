//! Both traces as one tree.

use super::{answer, shown};

#[track_caller]
fn check(left: &[&str], right: &[&str], expected: &[&str]) {
    assert_eq!(shown(&answer(left, right).nodes), expected);
}

#[test]
fn spans_with_the_same_way_from_the_top_are_one_node() {
    check(
        &["1 - 0 100 web GET", "2 1 10 60 cart get", "3 2 20 30 db SELECT"],
        &["9 - 500 580 web GET", "8 9 510 560 cart get", "7 8 520 550 db SELECT"],
        &[
            "web GET: 1 100 50 50 | 1 80 30 30",
            ". cart get: 1 50 40 40 | 1 50 20 20",
            ". . db SELECT: 1 10 10 10 | 1 30 30 30",
        ],
    );
}

#[test]
fn siblings_that_do_the_same_are_one_node_and_so_are_their_children() {
    check(
        &["1 - 0 100 web", "2 1 0 20 db", "3 1 20 50 db", "4 2 5 10 disk", "5 3 20 22 disk"],
        &["1 - 0 100 web", "2 1 0 10 db"],
        &["web : 1 100 50 50 | 1 100 90 90", ". db : 2 50 43 43 | 1 10 10 10", ". . disk : 2 7 7 7 | none"],
    );
}

#[test]
fn what_is_on_one_side_only_is_said() {
    let answer = answer(&["1 - 0 100 web", "2 1 0 60 cart", "3 2 0 10 db"], &["1 - 0 50 web", "2 1 0 20 pay"]);
    let expected = [
        "web : 1 100 40 40 | 1 50 30 30",
        ". cart : 1 60 50 50 | none",
        ". . db : 1 10 10 10 | none",
        ". pay : none | 1 20 20 20",
    ];
    assert_eq!(shown(&answer.nodes), expected);
    assert_eq!((answer.node_count, answer.only_left_count, answer.only_right_count), (4, 2, 1));
}

#[test]
fn the_kind_makes_another_operation_and_another_way_another_node() {
    check(
        &["1 - 0 100 web", "2 1 0 60 cart CLIENT", "3 1 60 90 db", "4 2 0 10 db"],
        &["1 - 0 100 web", "2 1 0 60 cart SERVER"],
        &[
            "web : 1 100 10 10 | 1 100 40 40",
            ". cart : none | 1 60 60 60",
            ". cart : 1 60 50 50 | none",
            ". . db : 1 10 10 10 | none",
            ". db : 1 30 30 30 | none",
        ],
    );
}

#[test]
fn traces_with_nothing_in_common_have_two_tops() {
    let answer = answer(&["1 - 0 100 web"], &["1 - 0 40 cart"]);
    assert_eq!(shown(&answer.nodes), ["web : 1 100 100 100 | none", "cart : none | 1 40 40 40"]);
    assert!(answer.nodes.iter().all(|node| node.parent.is_none()));
}

#[test]
fn all_trees_of_a_trace_are_in_it() {
    check(
        &["1 - 0 100 web", "2 99 0 10 db", "3 98 10 30 db"],
        &["1 - 0 100 web"],
        &["web : 1 100 100 100 | 1 100 100 100", "db : 2 30 30 0 | none"],
    );
}

#[test]
fn halves_with_one_id_are_two_nodes() {
    check(
        &["1 - 0 100 a CLIENT", "1 - 10 90 b SERVER"],
        &["1 - 0 100 a CLIENT", "1 - 20 80 b SERVER"],
        &["a : 1 100 20 20 | 1 100 40 40", ". b : 1 80 80 80 | 1 60 60 60"],
    );
}

#[test]
fn parents_are_places_in_the_list() {
    let nodes =
        answer(&["1 - 0 100 a", "2 1 0 60 b", "3 2 0 10 c", "4 1 60 90 d", "5 4 60 70 e"], &["1 - 0 1 a"]).nodes;
    let parents: Vec<Option<usize>> = nodes.iter().map(|node| node.parent).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(0), Some(3)]);
}

#[test]
fn what_is_cut_is_what_took_least_and_counted_where_it_was() {
    let spans = |count: i64| {
        let child = |i: i64| format!("{} 1 0 {} s{i}", i + 2, i + 1);
        std::iter::once("1 - 0 100000 web".to_owned()).chain((0..count).map(child)).collect::<Vec<_>>()
    };
    let (left, right) = (spans(6000), spans(10));
    let text = |lines: &'_ [String]| lines.iter().map(|line| line.clone().leak() as &str).collect::<Vec<_>>();
    let answer = answer(&text(&left), &text(&right));
    assert_eq!((answer.nodes.len(), answer.node_count), (5000, 6001));
    assert_eq!(answer.nodes[0].cut_count, 1001);
    assert_eq!(answer.nodes[1].operation.service.as_deref(), Some("s5999"));
    assert!(answer.nodes[1..].iter().all(|node| node.left.unwrap().total_ns > 1001));
}

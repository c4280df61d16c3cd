//! Spans in, rows out.

mod cuts;
mod size;
mod texts;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use spanloom_store::TraceId;

use super::gathered::{Gathered, Operation, Row, Service, flag};
use super::*;
use crate::trace::lines::span;
use crate::trace::random::nonsense;

/// What a reader would have gathered of spans.
fn gathered(spans: &[Span<'_>]) -> Gathered {
    let mut gathered = Gathered::default();
    for span in spans {
        let name = span.service.map(|name| gathered.texts.number(name.into()));
        let service = gathered.services.number(Service { name, namespace: None });
        let name = gathered.texts.number(span.name.unwrap_or_default().into());
        let operation = gathered.operations.number(Operation { service, name, kind: span.kind });
        gathered.rows.push(Row {
            id: span.id,
            parent: span.parent,
            start_ns: span.time.start_ns,
            duration_ns: span.time.length_ns(),
            operation,
            flags: if span.is_error { flag::STATUS_ERROR } else { 0 },
            is_found: false,
        });
    }
    gathered
}

fn some_id() -> TraceId {
    TraceId::from_halves(0, 1)
}

fn answer(spans: &[Span<'_>], wanted: Wanted, rows_max: usize) -> SpanColumns {
    columns_of(some_id(), &gathered(spans), wanted, rows_max).unwrap()
}

fn spans_of<'a>(lines: &[&'a str]) -> Vec<Span<'a>> {
    lines.iter().map(|line| span(line)).collect()
}

/// The ids of an answer as numbers.
fn ids(answer: &SpanColumns) -> Vec<u64> {
    let digits = answer.rows.id.as_bytes().chunks(16);
    digits.map(|id| u64::from_str_radix(std::str::from_utf8(id).unwrap(), 16).unwrap()).collect()
}

fn under(id: i64) -> Wanted {
    Wanted { under: Some(Under { id: SpanId::from_int(id), kind: None }), ..Wanted::default() }
}

const SHOP: [&str; 6] = [
    "1 - 100 200 web SERVER get",
    "2 1 110 150 web CLIENT ask",
    "3 2 120 140 cart SERVER get error",
    "4 1 160 190 web",
    "5 2 112 113 web",
    "6 77 90 95 -",
];

#[test]
fn rows_are_in_the_order_of_the_tree() {
    let answer = answer(&spans_of(&SHOP), Wanted::default(), ROWS_MAX);
    assert_eq!(ids(&answer), [6, 1, 2, 5, 3, 4]);
    assert_eq!(answer.rows.parent, [-1, -1, 1, 2, 2, 1]);
    assert_eq!(answer.rows.start_ns, [0, 10, 20, 22, 30, 70]);
    assert_eq!(answer.rows.duration_ns, [5, 100, 40, 1, 20, 30]);
    assert_eq!(answer.rows.flags, [0, 0, 0, 0, 2, 0]);
    assert_eq!((answer.span_count, answer.error_count, answer.depth, answer.duration_ns), (6, 1, 3, 110));
    assert_eq!(answer.cut, []);
}

#[test]
fn operations_and_services_are_numbered_as_they_are_used() {
    let answer = serde_json::to_value(answer(&spans_of(&SHOP), Wanted::default(), ROWS_MAX)).unwrap();
    let service = |name: Json| json!({ "name": name, "namespace": null });
    assert_eq!(answer["services"], json!([service(Json::Null), service(json!("web")), service(json!("cart"))]));
    assert_eq!(answer["rows"]["operation"], json!([0, 1, 2, 3, 4, 3]));
    assert_eq!(
        answer["operations"],
        json!({ "service": [0, 1, 1, 1, 2], "name": ["", "get", "ask", "", "get"], "kind": [1, 2, 3, 1, 2] })
    );
}

#[test]
fn tops_say_why_they_are() {
    let lines = ["1 - 0 9 a", "2 77 1 2 a", "3 4 2 3 a", "4 3 3 4 a"];
    let answer = serde_json::to_value(answer(&spans_of(&lines), Wanted::default(), ROWS_MAX)).unwrap();
    assert_eq!(
        answer["tops"],
        json!([
            { "row": 0, "reason": "no_parent", "parent_span_id": null },
            { "row": 1, "reason": "parent_missing", "parent_span_id": "000000000000004d" },
            { "row": 2, "reason": "circle", "parent_span_id": "0000000000000004" },
        ])
    );
}

#[test]
fn resends_are_folded() {
    let lines = ["1 - 0 9 a", "2 1 1 5 a", "2 1 1 7 a", "2 1 1 6 a"];
    let answer = answer(&spans_of(&lines), Wanted::default(), ROWS_MAX);
    assert_eq!((ids(&answer), answer.rows.duration_ns), (vec![1, 2], vec![9, 6]));
}

#[test]
fn a_part_has_a_span_at_its_top() {
    let answer = answer(&spans_of(&SHOP), under(2), ROWS_MAX);
    assert_eq!((ids(&answer), answer.rows.parent), (vec![2, 5, 3], vec![-1, 0, 0]));
    assert_eq!(answer.rows.start_ns, [20, 22, 30], "still from the start of the trace");
    assert_eq!((answer.tops, answer.span_count), (vec![], 6));
}

#[test]
fn halves_are_told_apart_by_their_kind() {
    let lines = ["1 - 0 9 a CLIENT", "1 - 1 8 b SERVER", "2 1 2 3 b"];
    let of = |kind| {
        let under = Under { id: SpanId::from_int(1), kind };
        ids(&answer(&spans_of(&lines), Wanted { under: Some(under), ..Wanted::default() }, ROWS_MAX))
    };
    assert_eq!((of(Some(3)), of(Some(2)), of(None)), (vec![1, 1, 2], vec![1, 2], vec![1, 1, 2]));
}

#[test]
fn a_part_under_a_stranger_is_not_found() {
    let error = columns_of(some_id(), &gathered(&spans_of(&SHOP)), under(255), ROWS_MAX).unwrap_err();
    assert_eq!(error.to_string(), "the trace has no span 00000000000000ff");
}

proptest! {
    #[test]
    fn every_span_has_one_row_below_its_parent(spans in nonsense()) {
        let gathered = gathered(&spans);
        let planted = Planted::new(&gathered);
        let answer = answer(&spans, Wanted::default(), ROWS_MAX);
        prop_assert_eq!(answer.rows.parent.len(), planted.spans.len());
        let mut down = Vec::new();
        planted.tree.each_down(|span| down.push(span));
        for (row, span) in down.iter().enumerate() {
            let Ok(parent) = usize::try_from(answer.rows.parent[row]) else { continue };
            prop_assert!(parent < row);
            prop_assert!(planted.tree.children(down[parent]).contains(span));
        }
    }
}

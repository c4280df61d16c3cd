use serde_json::{Value, json};

use crate::promql::{ParseOptions, parse};

fn tree(text: &str) -> Value {
    let mut out = Vec::new();
    super::write(&mut out, &parse(text, &ParseOptions::all()).unwrap());
    serde_json::from_slice(&out).unwrap()
}

fn selector(name: &str) -> Value {
    json!({"type": "vectorSelector", "name": name, "offset": 0, "timestamp": null, "startOrEnd": null,
        "anchored": false, "smoothed": false, "matchers": [{"name": "__name__", "value": name, "type": "="}]})
}

fn number(value: &str) -> Value {
    json!({"type": "numberLiteral", "val": value})
}

fn check(text: &str, expected: Value) {
    assert_eq!(tree(text), expected, "{text}");
}

#[test]
fn literals() {
    check("1.5", number("1.5"));
    check("-Inf", number("-Inf"));
    check("1e21", number("1000000000000000000000"));
    check("\"a\\n\"", json!({"type": "stringLiteral", "val": "a\n"}));
}

#[test]
fn parentheses_and_signs() {
    check("-(a)", json!({"type": "unaryExpr", "op": "-", "expr": {"type": "parenExpr", "expr": selector("a")}}));
}

#[test]
fn operators_between_vectors_have_a_matching() {
    let matching = json!({"card": "many-to-one", "labels": ["x"], "on": true, "include": ["y"],
        "fillValues": {"lhs": null, "rhs": null}});
    check(
        "a * on (x) group_left (y) b",
        json!({"type": "binaryExpr", "op": "*", "lhs": selector("a"), "rhs": selector("b"), "matching": matching, "bool": false}),
    );
    let set = &tree("a and b")["matching"];
    assert_eq!(set["card"], "many-to-many");
    assert_eq!(tree("a + fill_left (1.5) b")["matching"]["fillValues"], json!({"lhs": 1.5, "rhs": null}));
}

#[test]
fn operators_with_a_number_have_none() {
    check(
        "a > bool 1",
        json!({"type": "binaryExpr", "op": ">", "lhs": selector("a"), "rhs": number("1"), "matching": null, "bool": true}),
    );
}

#[test]
fn aggregations() {
    check(
        "topk by (x) (3, a)",
        json!({"type": "aggregation", "op": "topk", "expr": selector("a"), "param": number("3"), "grouping": ["x"], "without": false}),
    );
    check(
        "sum(a)",
        json!({"type": "aggregation", "op": "sum", "expr": selector("a"), "param": null, "grouping": [], "without": false}),
    );
}

#[test]
fn calls_have_their_signature() {
    let function = json!({"name": "round", "argTypes": ["vector", "scalar"], "variadic": 1, "returnType": "vector"});
    check("round(a)", json!({"type": "call", "func": function, "args": [selector("a")]}));
    assert_eq!(tree("label_join(a, \"x\", \",\")")["func"]["variadic"], -1);
    assert_eq!(tree("time()")["func"], json!({"name": "time", "argTypes": [], "variadic": 0, "returnType": "scalar"}));
}

#[test]
fn ranges_are_fields_of_their_selector() {
    let mut node = selector("a");
    node["type"] = json!("matrixSelector");
    node["range"] = json!(300_000);
    node["offset"] = json!(-1_000);
    node["timestamp"] = json!(1_500);
    check("a[5m] @ 1.5 offset -1s", node);
}

#[test]
fn subqueries() {
    let subquery = json!({"type": "subquery", "expr": selector("a"), "range": 60_000, "offset": 0, "step": 5_000,
        "timestamp": null, "startOrEnd": "end"});
    check("a[1m:5s] @ end()", subquery);
    assert_eq!(tree("a[1m:]")["step"], 0);
}

#[test]
fn edges_are_said() {
    assert_eq!(tree("a[1m] anchored")["anchored"], true);
    assert_eq!(tree("a smoothed")["smoothed"], true);
}

#[test]
fn a_name_in_braces_is_a_matcher_only() {
    let tree = tree("{\"a.b\"}");
    assert_eq!(tree["name"], "");
    assert_eq!(tree["matchers"], json!([{"name": "__name__", "value": "a.b", "type": "="}]));
}

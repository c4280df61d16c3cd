//! What is refused, and how: `query/tests/promql/refused.txt`.

use super::{ParseOptions, parse, parsed, refused};

const CASES: &str = include_str!("../../../../tests/promql/refused.txt");

/// Texts, and the message that each gets.
fn cases() -> impl Iterator<Item = (String, &'static str)> {
    let mut lines = CASES.lines().filter(|line| line.starts_with("  "));
    std::iter::from_fn(move || {
        let text = lines.next()?.strip_prefix("  > ").expect("a text");
        Some((text.replace(r"\n", "\n"), lines.next()?.trim_start()))
    })
}

#[test]
fn texts_are_refused_as_prometheus_refuses_them() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (text, expected) in cases() {
        count += 1;
        let said = parse(&text, &ParseOptions::all()).map_or_else(|error| error.to_string(), |expr| expr.to_string());
        if said != expected {
            wrong.push(format!("{text}\n  expected: {expected}\n      said: {said}"));
        }
    }
    assert!(count > 140, "{count}");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_empty_text_has_no_place() {
    assert_eq!(refused(""), "unknown position: parse error: no expression found in input");
    assert_eq!(refused("a +\n  b c"), "2:5: parse error: unexpected identifier \"c\"");
}

#[test]
fn what_is_not_stable_is_refused_unless_switched_on() {
    let cases = [
        ("sort_by_label(x, \"a\")", "1:1: parse error: function \"sort_by_label\" is not enabled"),
        ("step()", "1:1: parse error: function \"step\" is not enabled"),
        ("x[5m+1m]", "1:3: parse error: experimental duration expression is not enabled"),
        ("x[step()]", "1:3: parse error: experimental duration expression is not enabled"),
        ("x offset (5m)", "1:11: parse error: experimental duration expression is not enabled"),
        ("x anchored", "1:1: parse error: anchored modifier is experimental and not enabled"),
        ("x[5m] smoothed", "1:1: parse error: smoothed modifier is experimental and not enabled"),
        ("a + fill(0) b", "1:1: parse error: binop fill modifiers are experimental and not enabled"),
        (
            "limitk(1, x)",
            "1:1: parse error: limitk() is experimental and must be enabled with \
             --enable-feature=promql-experimental-functions",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(parse(text, &ParseOptions::default()).unwrap_err().to_string(), message);
        parsed(text);
    }
}

#[test]
fn what_fits_nowhere_in_an_aggregation_is_wrong_in_it() {
    assert_eq!(refused("sum(a b)"), "1:7: parse error: unexpected identifier \"b\" in aggregation");
    assert_eq!(refused("sum(rate(a b))"), "1:12: parse error: unexpected identifier \"b\" in aggregation");
    assert_eq!(refused("sum by (a) b"), "1:12: parse error: unexpected identifier \"b\" in aggregation");
    assert_eq!(refused("rate(a b)"), "1:8: parse error: unexpected identifier \"b\"");
    assert_eq!(refused("rate(a, *b)"), "1:7: parse error: trailing commas not allowed in function call args");
}

#[test]
fn edges_belong_to_selectors() {
    assert_eq!(refused("x[5m:] anchored"), "1:1: parse error: anchored modifier is not supported for subqueries");
    assert_eq!(refused("sum(x) smoothed"), "1:1: parse error: smoothed modifier not implemented");
    assert_eq!(
        refused("x anchored smoothed"),
        "1:1: parse error: anchored and smoothed modifiers cannot be used together"
    );
}

#[test]
fn a_range_is_a_millisecond_at_least() {
    assert_eq!(refused("x[0.0001]"), "1:3: parse error: duration must be at least 1ms");
    assert_eq!(refused("x[(-5m)]"), "1:3: parse error: duration must be greater than 0");
    assert_eq!(refused("x[5m:(0)]"), "1:6: parse error: duration must be greater than 0");
    assert_eq!(refused("x[300y]"), "1:3: parse error: duration out of range");
}

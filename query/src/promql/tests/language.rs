//! The language: what parses, what it prints as, what is refused and how.

/// Trees grown at random.
pub(in crate::promql) mod arbitrary;
/// Expressions of Prometheus' tests, of dashboards and of clients.
mod corpus;
/// Any text at all.
mod noise;
/// What is long is laid out.
mod pretty;
/// What is printed is read as the same tree.
mod print;
/// Texts that are refused.
mod refused;
/// Numbers, durations, strings, functions, places.
mod words;

use crate::promql::tree::Expr;
use crate::promql::{ParseOptions, parse, parse_selector};

fn parsed(text: &str) -> Expr {
    parse(text, &ParseOptions::all()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> String {
    parse(text, &ParseOptions::all()).expect_err(text).to_string()
}

#[test]
fn prints_what_it_reads() {
    for text in
        ["sum by (a) (rate(x{b=\"c\"}[5m] offset 1h))", "-1 ^ 2", "a + on (b) group_left () c", "x[5m:1m] @ 1.000"]
    {
        assert_eq!(parsed(text).to_string(), text);
    }
}

#[test]
fn deep_texts_are_refused() {
    for (open, close) in [("(", ")"), ("-", ""), ("abs(", ")"), ("1^", ""), ("sum(", ")"), ("x[", "]")] {
        let text = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        refused(&text);
    }
    let message = refused(&format!("1{}", " + 1".repeat(10_000)));
    assert!(message.contains("more than 512 operators"), "{message}");
    parsed(&format!("1{}", " + 1".repeat(500)));
    parsed(&format!("{}1{}", "(".repeat(100), ")".repeat(100)));
}

#[test]
fn selectors_are_read_alone() {
    let matchers = parse_selector("x{a=~\"b.*\", 'c.d'!=\"\"}").unwrap();
    assert_eq!(matchers.iter().map(|matcher| &*matcher.name).collect::<Vec<_>>(), ["a", "c.d", "__name__"]);
    assert_eq!(parse_selector("{}"), Ok(Vec::new()));
    let refused = |text: &str| parse_selector(text).unwrap_err().to_string();
    assert_eq!(refused("x[5m]"), "1:2: parse error: unexpected \"[\"");
    assert_eq!(refused("x + y"), "1:3: parse error: unexpected <op:+>");
    assert_eq!(refused(""), "unknown position: parse error: no expression found in input");
}

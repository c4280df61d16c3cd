//! Numbers, durations and strings as they are written; which functions there are; where expressions stand.

use proptest::prelude::*;

use super::{parsed, refused};
use crate::promql::function::{FUNCTIONS, function};
use crate::promql::quote::{quoted, unquoted_bytes};
use crate::promql::tree::{Duration, Expr, ValueType};
use crate::promql::{duration, number};

#[test]
fn numbers_are_read_as_go_reads_them() {
    let cases = [
        ("5.", 5.0),
        (".5", 0.5),
        ("5e-3", 0.005),
        ("0xc", 12.0),
        ("0X_1f", 31.0),
        ("0755", 493.0),
        ("0_7", 7.0),
        ("089", 89.0),
        ("1_000.5", 1000.5),
        ("9223372036854775808", 9_223_372_036_854_775_808.0),
        ("Inf", f64::INFINITY),
        ("iNF", f64::INFINITY),
        ("1e-400", 0.0),
    ];
    for (text, value) in cases {
        assert_eq!(number::value(text), Ok(value), "{text}");
    }
    assert!(number::value("nan").unwrap().is_nan());
    for text in ["", "0x", "0xffffffffffffffff", "1e", "1e999", "1__0", "_1", "1_", "--1", "0x1.8"] {
        assert!(number::value(text).is_err(), "{text}");
    }
}

#[test]
fn durations_have_units_from_large_to_small() {
    let cases = [("1y", 31_536_000_000), ("1w2d", 777_600_000), ("1h30m", 5_400_000), ("4s180ms", 4_180), ("0s", 0)];
    for (text, milliseconds) in cases {
        assert_eq!(duration::milliseconds(text), Ok(milliseconds), "{text}");
    }
    for text in ["", "5", "m", "5m5m", "5s1m", "1.5m", "-1m", "300y", "99999999999999999999s", "5µs"] {
        assert!(duration::milliseconds(text).is_err(), "{text}");
    }
    let cases = [(0, "0s"), (90_000, "1m30s"), (-300_000, "-5m"), (86_400_000, "1d"), (691_200_000, "8d"), (1, "1ms")];
    for (milliseconds, text) in cases {
        assert_eq!(duration::text(milliseconds), text);
    }
}

#[test]
fn a_duration_is_a_number_of_seconds() {
    assert_eq!(parsed("5m * 2").to_string(), "5m * 2");
    assert!(matches!(parsed("-1m30s"), Expr::Number(number) if number.value == -90.0 && number.duration));
    let Expr::Matrix(matrix) = parsed("x[4.018]") else { panic!("a range") };
    assert_eq!(matrix.range, Duration::Literal(4_018));
}

#[test]
fn an_offset_takes_one_operand() {
    let cases = [
        ("x offset 5s-8", "x offset 5s - 8"),
        ("x offset -2 ^ 2", "x offset -2s ^ 2"),
        ("x offset -(1+2)*3", "x offset -(1 + 2) * 3"),
        ("x offset (1+2)*3", "x offset (1 + 2) * 3"),
        ("x offset --2 - (1)", "x offset --2 - (1)"),
        ("x offset ----2-------(0w)", "x offset --2 - ------(0s)"),
        ("x offset ---2 * 3 @ 5", "x offset ---2 * 3 @ 5.000"),
        ("x offset (1+2) @ 5 * 3", "x offset (1 + 2) @ 5.000 * 3"),
        ("x @ 5 offset step() * 3", "x @ 5.000 offset step() * 3"),
        ("x offset 0s", "x"),
    ];
    for (text, printed) in cases {
        assert_eq!(parsed(text).to_string(), printed);
        assert_eq!(parsed(printed), parsed(text), "{printed}");
    }
    let is_selector = |text: &str| matches!(parsed(text), Expr::Vector(_));
    assert!(is_selector("x offset (1+2)*3"));
    assert!(!is_selector("x offset +(1+2)*3"));
    assert!(!is_selector("x offset (1+2) @ 5 * 3"));
    assert_eq!(
        refused("x offset (1) + y"),
        "1:16: parse error: unexpected identifier \"y\" in offset, expected number, duration, step(), or range()"
    );
}

#[test]
fn strings_have_the_escapes_of_go() {
    let text = "\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\" - \\xFF\\377\\u1234\\U00010111\\U0001011111☺\"";
    let bytes = b"\x07\x08\x0c\n\r\t\x0b\\\" - \xff\xff\xe1\x88\xb4\xf0\x90\x84\x91\xf0\x90\x84\x9111\xe2\x98\xba";
    assert_eq!(unquoted_bytes(text), Ok(bytes.to_vec()));
    assert_eq!(unquoted_bytes("`a\\n\r`"), Ok(b"a\\n".to_vec()));
    assert_eq!(unquoted_bytes("'\\''"), Ok(b"'".to_vec()));
    for text in ["'\\\"'", "\"\\ud800\"", "\"\\400\"", "\"\\x1\"", "\"\\", "\"", ""] {
        assert!(unquoted_bytes(text).is_err(), "{text}");
    }
    assert_eq!(quoted("a\"\n\u{7f}\u{a0}\u{202e}ü🦀"), "\"a\\\"\\n\\x7f\\u00a0\\u202eü🦀\"");
}

proptest! {
    #[test]
    fn any_text_is_quoted_and_unquoted(text in any::<String>()) {
        prop_assert_eq!(unquoted_bytes(&quoted(&text)), Ok(text.into_bytes()));
    }

    #[test]
    fn any_duration_is_printed_and_read(milliseconds in 0..=duration::DURATION_MS_MAX) {
        prop_assert_eq!(duration::milliseconds(&duration::text(milliseconds)), Ok(milliseconds));
    }

    #[test]
    fn any_number_is_printed_and_read(bits in any::<u64>()) {
        let value = f64::from_bits(bits).abs();
        prop_assume!(value.is_finite());
        prop_assert_eq!(number::value(&number::text(value)), Ok(value));
    }
}

#[test]
fn there_are_90_functions() {
    assert!(FUNCTIONS.is_sorted_by_key(|function| function.name));
    assert_eq!(FUNCTIONS.iter().filter(|function| function.experimental).count(), 17);
    for listed in &FUNCTIONS {
        assert_eq!(function(listed.name), Some(listed));
        assert!(listed.optional <= listed.args.len());
    }
    assert_eq!(function("Rate"), None);
    let join = function("label_join").unwrap();
    assert_eq!((join.arg(0), join.arg(9)), (Some(ValueType::Vector), Some(ValueType::String)));
    assert_eq!(function("rate").unwrap().arg(1), None);
}

#[test]
fn numbers_of_arguments_are_those_of_prometheus() {
    parsed("label_join(x, \"a\", \"b\")");
    parsed("label_join(x, \"a\", \"b\", \"c\", \"d\", \"e\")");
    parsed("hour()");
    parsed("histogram_quantiles(x, \"q\", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)");
    assert!(refused("histogram_quantiles(x, \"q\", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)").contains("at most 12"));
    assert!(refused("histogram_quantiles(x, \"q\")").contains("at least 3"));
    assert!(refused("sort_by_label()").contains("at least 1"));
    assert!(refused("round(x, 1, 2)").contains("at most 2"));
}

/// Spans of the whole, and of the first child.
#[test]
fn expressions_stand_where_prometheus_says() {
    let cases = [
        (" +x", (1, 3), Some((2, 3))),
        ("-1", (0, 2), None),
        ("foo @ 123 offset 1m [10m:5s]", (0, 28), Some((0, 19))),
        ("x[5h] OFFSET 5m", (0, 15), None),
        ("sum(x) by (a) ", (0, 13), Some((4, 5))),
        ("(sum(foo) )", (0, 11), Some((1, 9))),
        ("rate(x[5m])", (0, 11), Some((5, 10))),
        ("a + on(b) c * d", (0, 15), Some((0, 1))),
        ("{\"foo\", a=\"b\",}", (0, 15), None),
    ];
    for (text, whole, first) in cases {
        let expr = parsed(text);
        let span = |expr: &Expr| (expr.span().start, expr.span().end);
        assert_eq!(span(&expr), whole, "{text}");
        assert_eq!(expr.children().first().map(|child| span(child)), first, "{text}");
    }
}

#[test]
fn any_case_and_any_place_of_keywords() {
    let cases = [
        ("SUM BY (Job) (x)", "sum by (Job) (x)"),
        ("x OR ON(a) y", "x or on (a) y"),
        ("x @ END()", "x @ end()"),
        ("sum(sum) by (by)", "sum by (by) (sum)"),
        ("and and and", "and and and"),
        ("offset offset 5m", "offset offset 5m"),
        ("fill + fill(0) fill{fill=\"\"}", "fill + fill (0) fill{fill=\"\"}"),
        ("start[step()]", "start[step()]"),
        ("a / on (x) group_left b", "a / on (x) group_left () b"),
        (
            "a == bool ignoring (x) fill_right (-1) fill_left (NaN) b",
            "a == bool ignoring (x) fill_left (NaN) fill_right (-1) b",
        ),
        ("1 + on () 2", "1 + 2"),
        ("2 ^ 3 ^ 4", "2 ^ 3 ^ 4"),
        ("a </ 5 >/ 2", "a </ 5 >/ 2"),
        ("{'a.b', c=`d`}", "{__name__=\"a.b\",c=\"d\"}"),
        ("# c\nx # d\n[ 5m ] # e", "x[5m]"),
    ];
    for (text, printed) in cases {
        assert_eq!(parsed(text).to_string(), printed);
        assert_eq!(parsed(printed), parsed(text), "{printed}");
    }
    assert!(matches!(parsed("2 ^ 3 ^ 4"), Expr::Binary(node) if matches!(*node.rhs, Expr::Binary(_))));
    assert!(matches!(parsed("2 - 3 - 4"), Expr::Binary(node) if matches!(*node.lhs, Expr::Binary(_))));
    assert_eq!(refused("on + 1"), "1:1: parse error: unexpected <on>");
}

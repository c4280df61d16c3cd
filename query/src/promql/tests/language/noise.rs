//! Any text at all: it is read or refused, and nothing else happens.

use proptest::prelude::*;

use super::corpus::expressions;
use super::parsed;
use crate::promql::{ParseOptions, explain, parse, pretty};

/// Pieces that texts are made of.
const PIECES: [&str; 58] = [
    "x",
    "sum",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "offset",
    "and",
    "or",
    "unless",
    "atan2",
    "start",
    "end",
    "step()",
    "range()",
    "min_of(",
    "rate(",
    "info(",
    "topk(",
    "fill(",
    "fill_left(",
    "anchored",
    "smoothed",
    "(",
    ")",
    "()",
    "{",
    "}",
    "[",
    "]",
    "[5m]",
    "[5m:1m]",
    ":",
    ",",
    "=",
    "=~",
    "!~",
    "!=",
    "==",
    "</",
    ">/",
    "<",
    "+",
    "-",
    "*",
    "/",
    "^",
    "@",
    "1",
    "0x1f",
    "5m",
    "\"a\"",
    "'\\x41'",
    "`b`",
    "# c\n",
];

/// Reads a text. What is read must print to the same tree.
fn check(text: &str) {
    let _ = parse(text, &ParseOptions::default());
    let _ = explain(text);
    if let Ok(tree) = parse(text, &ParseOptions::all()) {
        assert_eq!(parsed(&tree.to_string()), tree, "{text}");
        assert_eq!(parsed(&pretty(&tree)), tree, "{text}");
    }
}

/// A change to a text: where, what is done, and with which piece.
fn changes() -> impl Strategy<Value = Vec<(usize, u8, usize)>> {
    prop::collection::vec((any::<usize>(), any::<u8>(), any::<usize>()), 1..4)
}

fn change(text: &str, (at, what, piece): (usize, u8, usize)) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = at % (chars.len() + 1);
    match what % 4 {
        0 => drop(chars.splice(at..at, PIECES[piece % PIECES.len()].chars())),
        1 => drop(chars.drain(at..chars.len().min(at + 1 + piece % 5))),
        2 => chars.truncate(at),
        _ => drop(chars.splice(at..chars.len().min(at + 1), char::from_u32(piece as u32 % 0x300))),
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn arbitrary_texts_are_read_or_refused(text in "\\PC{0,60}") {
        check(&text);
    }

    #[test]
    fn arbitrary_pieces_are_read_or_refused(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..14)) {
        check(&pieces.join(" "));
        check(&pieces.concat());
    }

    #[test]
    fn changed_expressions_are_read_or_refused(which in any::<usize>(), changes in changes()) {
        let expressions = expressions();
        let text = expressions.get(which % expressions.len().max(1)).map_or("sum by (a) (rate(x[5m])) > 1", String::as_str);
        check(&changes.into_iter().fold(text.to_owned(), |text, one| change(&text, one)));
    }
}

#[test]
fn large_texts_are_read_or_refused() {
    for piece in PIECES {
        check(&piece.repeat(20_000));
        check(&format!("{piece} ").repeat(5_000));
    }
    let wide = format!("x{{{}}}", "a=\"b\",".repeat(50_000));
    assert!(parse(&wide, &ParseOptions::all()).is_ok());
    let long = format!("\"{}\"", "a".repeat(1 << 20));
    let message = parse(&long, &ParseOptions::all()).unwrap_err().to_string();
    assert_eq!(message, "1:1: parse error: the query has 1048578 bytes, the most is 1048576");
}

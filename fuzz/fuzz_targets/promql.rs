//! Any text is read or refused, and what is printed of an expression is the expression.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanloom_query::promql::{ParseOptions, parse, parse_selector};

fuzz_target!(|text: &str| {
    let _ = parse_selector(text);
    let options = ParseOptions::all();
    if let Ok(tree) = parse(text, &options) {
        let printed = tree.to_string();
        let again = parse(&printed, &options).unwrap_or_else(|error| panic!("{text} -> {printed}: {error}"));
        assert_eq!(again.to_string(), printed, "{text}");
    }
});

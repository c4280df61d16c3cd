//! Any text is read or refused, and what is printed of a query is the query.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanloom_query::{explain_traceql, format_traceql};

fuzz_target!(|text: &str| {
    let _ = explain_traceql(text);
    if let Ok(printed) = format_traceql(text) {
        assert_eq!(format_traceql(&printed).as_ref(), Ok(&printed), "{text}");
    }
});

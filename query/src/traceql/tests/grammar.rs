//! Texts, and what they are read as.
//!
//! Each case of `grammar.txt` is a query on one line (`⏎` is a line break) and, indented, what it prints as (`=` for itself)
//! or `!`, line, column and why it is refused. `TRACEQL_CASES_UPDATE=1` writes what is so now.

use std::path::PathBuf;

use super::super::parse;
use super::tree;

const GRAMMAR: &str = include_str!("../../../tests/cases/traceql/grammar.txt");

/// Query and expectation, by line.
fn cases(text: &str) -> Vec<(usize, String, &str)> {
    let mut cases = Vec::new();
    let mut query = None;
    let is_said = |(_, line): &(usize, &str)| !line.trim().is_empty() && !line.starts_with('#');
    for (i, line) in text.lines().enumerate().filter(is_said) {
        match (line.strip_prefix("  "), query.take()) {
            (None, None) => query = Some(line.replace('⏎', "\n")),
            (Some(expected), Some(query)) => cases.push((i + 1, query, expected)),
            (_, query) => panic!("line {}: expected a query and then what it is read as, after {query:?}", i + 1),
        }
    }
    assert_eq!(query, None, "nothing is expected of it");
    cases
}

/// The queries of all cases.
pub(super) fn queries() -> Vec<String> {
    cases(GRAMMAR).into_iter().map(|(_, query, _)| query).collect()
}

fn shown(query: &str) -> String {
    match parse(query) {
        Err(error) => format!("! {}:{} {error}", error.position.line, error.position.column),
        Ok(read) => {
            let printed = read.to_string();
            assert_eq!(tree(&printed), read, "{query} prints as {printed}");
            if printed == query { "=".to_owned() } else { printed }
        }
    }
}

#[test]
fn texts_are_read_as_they_should_be_or_refused_with_the_place() {
    if std::env::var_os("TRACEQL_CASES_UPDATE").is_some() {
        let mut lines: Vec<String> = GRAMMAR.lines().map(str::to_owned).collect();
        cases(GRAMMAR).iter().for_each(|(line, query, _)| lines[line - 1] = format!("  {}", shown(query)));
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/traceql/grammar.txt");
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
        return;
    }
    for (line, query, expected) in cases(GRAMMAR) {
        assert_eq!(shown(&query), expected, "grammar.txt:{line}: {query}");
    }
}

#[test]
fn there_are_three_hundred_cases_and_more() {
    let cases = cases(GRAMMAR);
    let refused = cases.iter().filter(|(_, _, expected)| expected.starts_with('!')).count();
    assert!(cases.len() >= 300 && refused >= 100, "{} cases, {refused} refused", cases.len());
}

//! Queries of other people, not part of the project: `SPANLOOM_CORPORA` says where they are, and
//! `SPANLOOM_REQUIRE_CORPORA=1` makes their absence a failure.

use std::path::PathBuf;

use super::super::parse;
use super::tree;

/// A file of the corpora; none if there are none, which was said.
fn read(name: &str) -> Option<String> {
    let path = std::env::var_os("SPANLOOM_CORPORA").map(|path| PathBuf::from(path).join("traceql").join(name));
    let text = path.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
    if text.is_none() {
        let is_required = std::env::var_os("SPANLOOM_REQUIRE_CORPORA").is_some_and(|value| value == "1");
        assert!(!is_required, "SPANLOOM_CORPORA names no directory with traceql/{name}");
        println!("skipped: SPANLOOM_CORPORA names no directory with traceql/{name}");
    }
    text
}

/// Reads at the parse stage and prints as what reads back as the same tree; what is checked may be refused further.
fn prints_back(query: &str) {
    let read = tree(query);
    assert_eq!(tree(&read.to_string()), read, "{query}");
}

#[test]
fn the_public_grammars_cases_are_read_and_print_back() {
    let Some(text) = read("lezer-traceql-expression.txt") else { return };
    let text = format!("\n{text}");
    let cases: Vec<(&str, &str)> = text.split("\n# ").filter_map(|case| case.split_once("\n==>")).collect();
    assert_eq!(cases.len(), 128);
    for (case, tree) in &cases {
        let (title, query) = case.split_once('\n').unwrap();
        assert!(!tree.contains('⚠'), "{title}: the grammar refuses it, this test asks what it reads");
        prints_back(query);
    }
    let refused: Vec<&str> = cases
        .iter()
        .map(|(case, _)| case.split_once('\n').unwrap().1.trim())
        .filter(|query| parse(query).is_err())
        .collect();
    assert_eq!(refused, Vec::<&str>::new(), "none of them is one of the forms that nobody answers");
}

#[test]
fn the_queries_of_clients_mean_something() {
    let Some(text) = read("client-queries.yaml") else { return };
    let quoted = |line: &str| Some(line.split_once("query: '")?.1.split_once('\'')?.0.to_owned());
    let queries: Vec<String> = text.lines().filter_map(quoted).collect();
    assert_eq!(queries.len(), 36);
    for query in queries {
        prints_back(&query);
        parse(&query).unwrap_or_else(|error| panic!("{query}: {error:?}"));
    }
}

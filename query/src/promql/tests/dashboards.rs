//! Queries that dashboards and clients of service meshes send: each parses, prints, parses back to the same tree, and yields
//! what the naive evaluator says over series made for it.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::super::engine::{Engine, Options, Range};
use super::super::tree::Expr;
use super::super::{ParseOptions, parse};
use super::answer::{Answered, Evaluator};
use super::compare;
use super::naive::{self, NaiveEvaluator};

/// Series of the metrics that an expression names.
pub mod synthetic;

/// A query and where it stands.
pub struct Query {
    from: String,
    pub text: String,
    /// It is for native histograms.
    pub native: bool,
}

/// The text with a literal for every variable, a minute for those of time.
fn without_variables(text: &str) -> String {
    let mut rest = text;
    let mut replaced = String::new();
    while let Some((before, after)) = rest.split_once('$') {
        let (name, after) = match after.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
            Some((name, after)) => (name, after),
            None => after.split_at(after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len())),
        };
        replaced.push_str(before);
        replaced.push_str(match name {
            // The end of a pattern.
            "" => "$",
            "__rate_interval" | "__interval" | "__range" => "60s",
            _ => "some",
        });
        rest = after;
    }
    replaced + rest
}

/// The queries of a file, their variables replaced.
pub fn queries(file: &str) -> Option<Vec<Query>> {
    let path = super::corpora("promql")?.join("dashboards").join(file);
    let yaml = std::fs::read_to_string(path).unwrap();
    let mut queries = Vec::new();
    for (at, line) in yaml.lines().enumerate() {
        let Some((_, quoted)) = line.split_once("expr: ") else { continue };
        let text = match quoted.as_bytes()[0] {
            b'"' => serde_json::from_str(quoted).unwrap(),
            _ => quoted[1..].split_once("'").unwrap().0.to_owned(),
        };
        let native = line.contains("native-histogram");
        queries.push(Query { from: format!("{file}:{}", at + 1), text: without_variables(&text), native });
    }
    Some(queries)
}

fn parsed(text: &str) -> Expr {
    parse(text, &ParseOptions::default()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Samples are there from the first hour to the third; this is the middle.
pub const NOW_MS: i64 = 2 * 3_600_000;

/// What became of the queries of a file.
#[derive(Default)]
struct Tally {
    queries: usize,
    /// The naive evaluator knows of them too.
    compared: usize,
    empty: BTreeSet<String>,
    failed: String,
}

impl Tally {
    fn ask(&mut self, query: &Query) {
        self.queries += 1;
        let tree = parsed(&query.text);
        assert_eq!(parsed(&tree.to_string()), tree, "{}", query.text);
        let source = synthetic::source(&tree, query.native);
        let engine = Engine { options: Options::default() };
        let hour = Range::Steps { start_ms: NOW_MS - 3_600_000, end_ms: NOW_MS, step_ms: 300_000 };
        for range in [Range::Instant(NOW_MS), hour] {
            let answer = engine.ask(&source, &query.text, range);
            let other = NaiveEvaluator.ask(&source, &query.text, range);
            if answer.as_ref().is_ok_and(|answered| compare::is_empty(&answered.value)) {
                self.empty.insert(query.text.clone());
            }
            match (other, answer) {
                (Err(error), Ok(_)) if error.contains(naive::UNKNOWN) => {}
                (expected, answer) => match agree(expected, answer) {
                    Ok(()) => self.compared += 1,
                    Err(what) => _ = writeln!(self.failed, "{}: {}\n    {range:?}: {what}", query.from, query.text),
                },
            }
        }
    }
}

fn agree(expected: Result<Answered, String>, answer: Result<Answered, String>) -> Result<(), String> {
    let (expected, answer) = (expected?, answer?);
    compare::agree(&expected.value, &answer.value)
}

/// The queries of a file, of which some have no answer.
fn check(file: &str, count: usize, empty: &[&str]) {
    let Some(queries) = queries(file) else { return };
    assert_eq!(queries.len(), count);
    let mut tally = Tally::default();
    queries.iter().for_each(|query| tally.ask(query));
    println!("{file}: {} queries, {} answers compared, {} empty", tally.queries, tally.compared, tally.empty.len());
    assert!(tally.failed.is_empty(), "{}", tally.failed);
    let expected: BTreeSet<String> = empty.iter().map(|text| (*text).to_owned()).collect();
    assert_eq!(tally.empty, expected);
}

#[test]
fn dashboards_of_istio_are_answered() {
    check("istio.yaml", 234, &[]);
}

#[test]
fn dashboards_of_linkerd_are_answered() {
    check("linkerd.yaml", 479, &[]);
}

#[test]
fn queries_of_clients_are_answered() {
    // Metrics that were not there an hour ago: all were.
    let new = r#"group by (__name__) ({service="a"}) unless (group by (__name__) ({service="a"} offset 3600s))"#;
    check("clients.yaml", 47, &[new]);
}

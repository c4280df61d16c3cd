//! Text cases: spans, queries, and what is found, for whichever engine is asked.
//!
//! A file is a list of worlds. A world begins with a line `spans`, followed by its spans, one on each indented line
//! ([`span`]). Then come queries, each on one line that is not indented, with one indented line of what is found:
//!
//! ```text
//!   1 2 | 3                        the ids of the spans of each spanset
//!   -                              nothing
//!   = [by(kind)="server"] 1(x=2)   the same with everything that is said of spansets and spans
//!   ! 1:3 why                      refused, at line and column
//! ```
//!
//! `TRACEQL_CASES_UPDATE=1` makes the test of the naive evaluator write what it finds into the files, to be read in review.

/// A span on a line.
mod span;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::harness::Sample;
use super::answer::Answer;
use super::naive::{self, Asked};
use crate::traceql::{self, Invalid};

/// The files, by name.
pub const FILES: [(&str, &str); 5] = [
    ("filters", include_str!("../../../tests/cases/traceql/filters.txt")),
    ("values", include_str!("../../../tests/cases/traceql/values.txt")),
    ("spansets", include_str!("../../../tests/cases/traceql/spansets.txt")),
    ("structure", include_str!("../../../tests/cases/traceql/structure.txt")),
    ("groups", include_str!("../../../tests/cases/traceql/groups.txt")),
];

/// Spans and what is asked of them.
#[derive(Debug, Default)]
pub struct World<'a> {
    pub samples: Vec<Sample>,
    pub cases: Vec<Case<'a>>,
}

#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// In the file, from 1.
    pub line: usize,
    pub query: &'a str,
    pub expected: &'a str,
}

/// The worlds of a file.
pub fn worlds(file: &str) -> Vec<World<'_>> {
    let mut worlds: Vec<World<'_>> = Vec::new();
    let mut query = None;
    let is_said = |(_, line): &(usize, &str)| !line.trim().is_empty() && !line.starts_with('#');
    for (i, line) in file.lines().enumerate().filter(is_said) {
        match (line.strip_prefix("  "), query.take()) {
            (None, None) if line == "spans" => worlds.push(World::default()),
            (None, None) => query = Some(line),
            (None, Some(query)) => panic!("line {}: nothing is expected of {query}", i + 1),
            (Some(text), query) => {
                let world = worlds.last_mut().unwrap_or_else(|| panic!("line {}: expected `spans` first", i + 1));
                match query {
                    Some(query) => world.cases.push(Case { line: i + 1, query, expected: text }),
                    None => world.samples.push(span::read(text)),
                }
            }
        }
    }
    assert_eq!(query, None, "nothing is expected of it");
    worlds
}

impl Case<'_> {
    /// What was found, in the form in which this case says what it expects.
    pub fn shown(&self, found: &Result<Answer, Invalid>) -> String {
        match found {
            Err(error) => format!("! {}:{} {error}", error.position.line, error.position.column),
            Ok(answer) if self.expected.starts_with("= ") => format!("= {}", answer.full()),
            Ok(answer) => answer.brief(),
        }
    }
}

/// Asks an engine all cases of a world.
pub fn check(file: &str, world: &World<'_>, state: &str, ask: impl Fn(&str) -> Result<Answer, Invalid>) {
    for case in &world.cases {
        let shown = case.shown(&ask(case.query));
        assert_eq!(shown, case.expected, "{file}.txt:{}, {state}: {}", case.line, case.query);
    }
}

fn ask_naive(query: &str, samples: &[Sample]) -> Result<Answer, Invalid> {
    Ok(naive::answer(&traceql::parse(query)?, samples, &Asked::default()))
}

/// The file with what the naive evaluator finds in place of what is expected.
fn rewritten(text: &str) -> String {
    let mut lines: BTreeMap<usize, String> = text.lines().map(str::to_owned).enumerate().collect();
    for world in worlds(text) {
        for case in &world.cases {
            lines.insert(case.line - 1, format!("  {}", case.shown(&ask_naive(case.query, &world.samples))));
        }
    }
    lines.into_values().map(|line| line + "\n").collect()
}

#[test]
fn the_naive_evaluator_answers_all_cases() {
    let updates = std::env::var_os("TRACEQL_CASES_UPDATE").is_some();
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/traceql");
    for (file, text) in FILES {
        if updates {
            std::fs::write(dir.join(file).with_extension("txt"), rewritten(text)).unwrap();
            continue;
        }
        for world in worlds(text) {
            check(file, &world, "naive", |query| ask_naive(query, &world.samples));
        }
    }
}

#[test]
fn there_are_two_hundred_cases_and_more() {
    let count = |(_, text): (&str, &str)| worlds(text).iter().map(|world| world.cases.len()).sum::<usize>();
    let counts = FILES.map(count);
    assert!(counts.iter().sum::<usize>() >= 200, "{counts:?}");
    assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
}

//! Every case of `tests/cases/pair/`, in many orders of arrival.

use std::fs;
use std::path::{Path, PathBuf};

use super::case::{self, Case, RowParts};
use super::show;
use crate::pair::{Observations, observations};

/// `UPDATE_CASES=1` writes what was found; what it writes is to be read.
const UPDATE: &str = "UPDATE_CASES";
/// The rules of the design were written for all of these; the issue asks for eighty.
const CASES_MIN: usize = 80;

#[test]
fn every_case_gives_its_rows_however_its_spans_arrive() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for path in files() {
        let text = fs::read_to_string(&path).unwrap();
        let cases = case::parse(&text);
        count += cases.len();
        let found: Vec<Vec<String>> = cases.iter().map(found).collect();
        for (case, found) in cases.iter().zip(&found) {
            if squeezed(&case.expected) != squeezed(found) {
                wrong.push(format!(
                    "{}: {}\nexpected\n{}\nfound\n{}\n",
                    path.display(),
                    case.title,
                    lines(&case.expected),
                    lines(found)
                ));
            }
        }
        if std::env::var_os(UPDATE).is_some() {
            let preamble = text.split("== ").next().unwrap_or_default();
            fs::write(&path, format!("{preamble}{}", written(&cases, &found))).unwrap();
        }
    }
    assert!(count >= CASES_MIN, "{count} cases");
    assert!(std::env::var_os(UPDATE).is_some() || wrong.is_empty(), "{}{} wrong", wrong.join("\n"), wrong.len());
}

fn files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/pair");
    let mut files: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files
}

/// What a case comes to, the same for every order, for resends, and for spans split over requests.
fn found(case: &Case) -> Vec<String> {
    let settled_before_ns = case.settled_before_ns.unwrap_or(i64::MAX);
    let whole = observations(&case::spans(&case.rows, usize::MAX), settled_before_ns);
    for seed in 0..6 {
        let mut rows = case.rows.clone();
        shuffle(&mut rows, seed);
        let mut resent = rows.clone();
        resent.extend(rows.iter().step_by(2).cloned());
        shuffle(&mut resent, seed + 1);
        let once = observations(&case::spans(&rows, 1 + seed as usize), settled_before_ns);
        let twice = observations(&case::spans(&resent, 3), settled_before_ns);
        assert_same(case, &whole, &once, "shuffled and split");
        assert_same(case, &whole, &twice, "sent twice");
    }
    let mut lines: Vec<String> = whole.rows.iter().map(|row| show::row(row, case.name_of(row.span_id))).collect();
    lines.extend(show::unpaired(&whole));
    if case.shows_graph {
        lines.extend(show::graph(&whole));
    }
    lines.sort();
    lines
}

fn assert_same(case: &Case, whole: &Observations, other: &Observations, how: &str) {
    assert_eq!(whole, other, "{}: {how}", case.title);
}

/// A small generator of our own: the same orders in every run.
fn shuffle(rows: &mut [RowParts], seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for i in (1..rows.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        rows.swap(i, (state >> 33) as usize % (i + 1));
    }
}

/// Lines in no order, with single spaces: how a case is aligned is its own matter.
fn squeezed(lines: &[String]) -> Vec<String> {
    let squeeze = |line: &String| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines: Vec<String> = lines.iter().map(squeeze).collect();
    lines.sort();
    lines
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn written(cases: &[Case], found: &[Vec<String>]) -> String {
    let case = |(case, found): (&Case, &Vec<String>)| {
        format!("== {}\n{}\n--\n{}\n", case.title, case.text.join("\n"), found.join("\n"))
    };
    cases.iter().zip(found).map(case).collect::<Vec<_>>().join("\n")
}

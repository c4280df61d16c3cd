//! Prometheus' corpus and what must pass of it.
//!
//! `PROMQLTEST=functions` or `PROMQLTEST=functions:123` runs one file or one eval and says all that failed;
//! `PROMQLTEST_UPDATE=1` writes down what passes now.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Deserialize;

use super::super::ParseOptions;
use super::super::engine::{Engine, Options};
use super::answer::Evaluator;
use super::naive::{self, NaiveEvaluator};
use super::runner::{self, Outcome};

/// The corpus has flags for what is not part of the core: floats and stable functions.
const BEYOND_CORE: [&str; 9] = [
    "native_histogram",
    "experimental_fn",
    "extended_selector",
    "limit_agg",
    "fill",
    "duration_expr",
    "type_unit_labels",
    "start_timestamp",
    "delayed_name_removal",
];

#[derive(Deserialize)]
struct Indexed {
    file: String,
    line: usize,
    flags: Vec<String>,
}

/// How many evals of a file pass, of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Score {
    passed: usize,
    evals: usize,
    core_passed: usize,
    core: usize,
}

impl std::ops::AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.evals += other.evals;
        self.core_passed += other.core_passed;
        self.core += other.core;
    }
}

/// What is asked for by `PROMQLTEST`.
struct Filter {
    file: String,
    line: Option<usize>,
}

fn filter() -> Option<Filter> {
    let filter = std::env::var("PROMQLTEST").ok().filter(|filter| !filter.is_empty())?;
    let (file, line) = filter.split_once(':').unwrap_or((&filter, ""));
    Some(Filter { file: file.trim_end_matches(".test").to_owned(), line: line.parse().ok() })
}

/// The lines of core evals by file.
fn core_lines(index: &Path) -> BTreeMap<String, BTreeSet<usize>> {
    let mut lines: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for line in std::fs::read_to_string(index).unwrap().lines() {
        let indexed: Indexed = serde_json::from_str(line).unwrap();
        if !indexed.flags.iter().any(|flag| BEYOND_CORE.contains(&flag.as_str())) {
            let name = indexed.file.trim_end_matches(".test");
            lines.entry(name.to_owned()).or_default().insert(indexed.line);
        }
    }
    lines
}

fn scripts(directory: &Path) -> Vec<(String, String)> {
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "test"));
    let name = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut scripts: Vec<_> = files.map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect();
    // The largest first: they take the longest.
    scripts.sort_by_key(|(name, text)| (std::cmp::Reverse(text.len()), name.clone()));
    scripts
}

type Ran = Result<Vec<Outcome>, String>;

/// Every script on its own thread, as many at a time as there are cores.
fn run_all<E: Evaluator>(
    scripts: &[(String, String)],
    line: Option<usize>,
    evaluator: impl Fn(&str) -> E + Sync,
) -> BTreeMap<String, Ran> {
    let next = Mutex::new(scripts.iter());
    let results = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let Some((name, text)) = next.lock().unwrap().next() else { return };
            let outcomes = runner::run(text, &evaluator(name), line);
            results.lock().unwrap().insert(name.clone(), outcomes);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    results.into_inner().unwrap()
}

fn score(outcomes: &[Outcome], core: &BTreeSet<usize>) -> Score {
    let mut score = Score::default();
    for outcome in outcomes {
        let passed = usize::from(outcome.failures.is_empty());
        let is_core = usize::from(core.contains(&outcome.line));
        score += Score { passed, evals: 1, core_passed: passed * is_core, core: is_core };
    }
    score
}

/// The committed scores: a file's name, what passes of all, and what passes of the core.
fn committed_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/promql/tests").join("../../../tests/promql/passed.txt")
}

fn score_line(name: &str, score: Score) -> String {
    format!("{name} {}/{} core {}/{}", score.passed, score.evals, score.core_passed, score.core)
}

fn scores_text(scores: &BTreeMap<String, Score>) -> String {
    let mut total = Score::default();
    let mut text = "# How many evals of Prometheus' test corpus pass, by file. Numbers only grow.\n".to_owned();
    for (name, score) in scores {
        total += *score;
        let _ = writeln!(text, "{}", score_line(name, *score));
    }
    let _ = writeln!(text, "{}", score_line("total", total));
    text
}

#[test]
fn the_corpus_passes_as_far_as_it_did() {
    let Some(directory) = super::corpora("promql") else { return };
    let filter = filter();
    let mut scripts = scripts(&directory.join("promqltest"));
    assert_eq!(scripts.len(), 21);
    if let Some(filter) = &filter {
        scripts.retain(|(name, _)| *name == filter.file);
        assert!(!scripts.is_empty(), "PROMQLTEST names no file");
    }
    let line = filter.as_ref().and_then(|filter| filter.line);
    let core = core_lines(&directory.join("promqltest-index.jsonl"));
    let mut scores = BTreeMap::new();
    let mut report = String::new();
    for (name, ran) in run_all(&scripts, line, engine) {
        let none = BTreeSet::new();
        let score = match ran {
            Ok(outcomes) => {
                write_outcomes(&mut report, &name, &outcomes, filter.as_ref());
                score(&outcomes, core.get(&name).unwrap_or(&none))
            }
            Err(error) => {
                let _ = writeln!(report, "{name}.test: {error}");
                Score::default()
            }
        };
        let _ = writeln!(report, "{}\n", score_line(&name, score));
        scores.insert(name, score);
    }
    println!("{report}");
    if filter.is_none() {
        check_committed(&scores);
    }
}

fn write_outcomes(report: &mut String, name: &str, outcomes: &[Outcome], filter: Option<&Filter>) {
    let one = filter.is_some_and(|filter| filter.line.is_some());
    for outcome in outcomes.iter().filter(|outcome| one || !outcome.failures.is_empty()) {
        let _ = writeln!(report, "{name}.test:{outcome}");
        for failure in outcome.failures.iter().skip(1).filter(|_| one) {
            let _ = writeln!(report, "    {}: {}\n    {}", failure.mode, failure.text, failure.what);
        }
    }
}

fn check_committed(scores: &BTreeMap<String, Score>) {
    let passed = scores_text(scores);
    let path = committed_path();
    if std::env::var_os("PROMQLTEST_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &passed).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differing: Vec<&str> = passed.lines().filter(|line| !committed.lines().any(|held| held == *line)).collect();
    assert!(
        passed == committed,
        "other evals pass than {} says: {differing:#?}; if they are more, set PROMQLTEST_UPDATE=1",
        path.display()
    );
}

/// The most samples that a query of the corpus may hold.
const SAMPLES_MAX: usize = 10_000;

/// The engine as Prometheus runs its corpus.
fn engine(script: &str) -> Engine {
    let parse = ParseOptions::all();
    let type_and_unit_labels = script == "type_and_unit";
    Engine { options: Options { parse, samples_max: SAMPLES_MAX, type_and_unit_labels, ..Options::default() } }
}

/// Prometheus says 0 and notes that this is wrong.
const PROMETHEUS_FAILS: (&str, usize) = ("functions", 1149);

/// What the naive evaluator says is what Prometheus says.
#[test]
fn the_naive_evaluator_knows_the_core() {
    let Some(directory) = super::corpora("promql") else { return };
    let scripts = scripts(&directory.join("promqltest"));
    let core = core_lines(&directory.join("promqltest-index.jsonl"));
    let mut failed = String::new();
    let (mut passed, mut unknown) = (0, 0);
    for (name, ran) in run_all(&scripts, None, |_| NaiveEvaluator) {
        let Some(core) = core.get(&name) else { continue };
        for outcome in ran.unwrap().iter().filter(|outcome| core.contains(&outcome.line)) {
            let is_unknown = outcome.failures.iter().any(|failure| failure.what.contains(naive::UNKNOWN));
            match outcome.failures.is_empty() {
                true => passed += 1,
                false if is_unknown => unknown += 1,
                false if (&*name, outcome.line) == PROMETHEUS_FAILS => {}
                false => _ = writeln!(failed, "{name}.test:{outcome}"),
            }
        }
    }
    println!("{passed} evals of the core pass, {unknown} are about more than floats");
    assert!(failed.is_empty(), "{failed}");
}

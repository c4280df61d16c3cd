//! The language held against what others say of it: Prometheus' own test corpus, the queries of dashboards, and an
//! evaluator that is too slow to be wrong.
//!
//! The corpora are not part of the project: `SPANLOOM_CORPORA` says where they are, and `SPANLOOM_REQUIRE_CORPORA=1` makes
//! their absence a failure.

use std::path::PathBuf;

/// Who is asked, and what comes back.
mod answer;
/// What asks for too much.
mod bounds;
/// Whether an answer is the expected one.
mod compare;
/// Prometheus' corpus and what must pass of it.
mod corpus;
/// Queries of dashboards.
mod dashboards;
/// What parses, what it prints as, what is refused.
mod language;
/// Numbers, durations and strings as the test language writes them.
mod literal;
/// An evaluator from the definitions.
mod naive;
/// Random queries over random series.
mod random;
/// A real Prometheus.
mod reference;
/// The same question asked at other times.
mod rerun;
/// Runs a script and says what failed.
mod runner;
/// The commands of a script.
mod script;
/// Series and their values on one line.
mod series;
/// What `load` has stored.
mod storage;

/// A directory of the corpora. Where there is none the caller has nothing to do: it was said, or the test has failed.
fn corpora(name: &str) -> Option<PathBuf> {
    let found = std::env::var_os("SPANLOOM_CORPORA").map(|path| PathBuf::from(path).join(name));
    let found = found.filter(|path| path.exists());
    if found.is_none() {
        let required = std::env::var_os("SPANLOOM_REQUIRE_CORPORA").is_some_and(|value| value == "1");
        assert!(!required, "SPANLOOM_CORPORA names no directory with {name}");
        println!("skipped: SPANLOOM_CORPORA names no directory with {name}");
    }
    found
}

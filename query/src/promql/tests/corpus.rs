//! Expressions of Prometheus' tests, of dashboards and of clients.

use std::path::PathBuf;

use super::{parsed, refused};

/// The folder with corpora; tests are skipped without one, unless it is required.
fn corpora() -> Option<PathBuf> {
    let found = std::env::var_os("SPANLOOM_CORPORA").map(PathBuf::from);
    let is_required = std::env::var_os("SPANLOOM_REQUIRE_CORPORA").is_some();
    assert!(found.is_some() || !is_required, "SPANLOOM_CORPORA is not set");
    if found.is_none() {
        eprintln!("skipped: SPANLOOM_CORPORA is not set");
    }
    found
}

/// One expression of Prometheus' tests.
#[derive(serde::Deserialize)]
struct Indexed {
    file: String,
    line: usize,
    expr: String,
}

fn promqltest() -> Vec<Indexed> {
    let Some(corpora) = corpora() else { return Vec::new() };
    let index = std::fs::read_to_string(corpora.join("promql/promqltest-index.jsonl")).unwrap();
    index.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The one expression that is refused when read, with the message that Prometheus gives when it is evaluated.
const REFUSED: &str = r#"count_values("a\xc5z", version)"#;

#[test]
fn prometheus_tests_print_to_the_same_tree() {
    for Indexed { file, line, expr } in promqltest() {
        if expr == REFUSED {
            assert!(refused(&expr).ends_with(r#"invalid label name "a\xc5z""#));
            continue;
        }
        let tree = parsed(&expr);
        let printed = tree.to_string();
        assert_eq!(parsed(&printed), tree, "{file}:{line}: {expr}\n{printed}");
    }
}

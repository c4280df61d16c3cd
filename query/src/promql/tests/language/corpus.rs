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

/// Expressions whose strings are not UTF-8. Prometheus fails when it evaluates them; here they are refused when read.
const REFUSED: [(&str, &str); 2] = [
    (r#"count_values("a\xc5z", version)"#, r#"1:14: parse error: invalid label name "a\xc5z""#),
    (r#"label_replace(testmetric, "\xff", "", "src", "(.*)")"#, r#"1:27: parse error: string "\xff" is not UTF-8"#),
];

#[test]
fn prometheus_tests_print_to_the_same_tree() {
    for Indexed { file, line, expr } in promqltest() {
        if let Some((_, message)) = REFUSED.iter().find(|(text, _)| *text == expr) {
            assert_eq!(refused(&expr), *message);
            continue;
        }
        let tree = parsed(&expr);
        let printed = tree.to_string();
        assert_eq!(parsed(&printed), tree, "{file}:{line}: {expr}\n{printed}");
    }
}

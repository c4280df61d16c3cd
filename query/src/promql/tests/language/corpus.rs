//! Expressions of Prometheus' tests, of dashboards and of clients.

use super::super::corpora;
use super::{parsed, refused};

/// One expression of Prometheus' tests.
#[derive(serde::Deserialize)]
struct Indexed {
    file: String,
    line: usize,
    expr: String,
}

fn promqltest() -> Vec<Indexed> {
    let Some(folder) = corpora("promql") else { return Vec::new() };
    let index = std::fs::read_to_string(folder.join("promqltest-index.jsonl")).unwrap();
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

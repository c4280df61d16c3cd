//! Expressions of Prometheus' tests, of dashboards and of clients, and what another parser makes of them.

use std::sync::OnceLock;

use super::super::corpora;
use super::{parsed, refused};
use crate::promql::{ParseOptions, parse, pretty};

/// Expressions whose strings are not UTF-8. Prometheus fails when it evaluates them; here they are refused when read.
const REFUSED: [(&str, &str); 2] = [
    (r#"count_values("a\xc5z", version)"#, r#"1:14: parse error: invalid label name "a\xc5z""#),
    (r#"label_replace(testmetric, "\xff", "", "src", "(.*)")"#, r#"1:27: parse error: string "\xff" is not UTF-8"#),
];

/// What the corpora hold, at least.
const PROMETHEUS_MIN: usize = 2_200;
const DASHBOARDS_MIN: usize = 700;

/// All expressions that must be read; none without corpora.
pub(super) fn expressions() -> &'static [String] {
    static EXPRESSIONS: OnceLock<Vec<String>> = OnceLock::new();
    EXPRESSIONS.get_or_init(|| {
        let mut all = prometheus();
        all.retain(|expr| !REFUSED.iter().any(|(text, _)| text == expr));
        all.extend(dashboards());
        all
    })
}

fn prometheus() -> Vec<String> {
    let Some(folder) = corpora("promql") else { return Vec::new() };
    let index = std::fs::read_to_string(folder.join("promqltest-index.jsonl")).unwrap();
    let exprs: Vec<String> = index.lines().filter_map(|line| expr_of(&serde_json::from_str(line).unwrap())).collect();
    assert!(exprs.len() > PROMETHEUS_MIN, "{}", exprs.len());
    exprs
}

fn dashboards() -> Vec<String> {
    let Some(folder) = corpora("promql/dashboards") else { return Vec::new() };
    let mut exprs = Vec::new();
    for name in ["istio.yaml", "linkerd.yaml", "clients.yaml"] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        collect(&serde_saphyr::from_str(&text).unwrap(), &mut exprs);
    }
    assert!(exprs.len() > DASHBOARDS_MIN, "{}", exprs.len());
    exprs.iter().map(|expr| without_variables(expr)).collect()
}

fn expr_of(value: &serde_json::Value) -> Option<String> {
    value.get("expr")?.as_str().map(str::to_owned)
}

/// What stands at a key `expr`, however deep.
fn collect(value: &serde_json::Value, exprs: &mut Vec<String>) {
    exprs.extend(expr_of(value));
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, exprs)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| collect(field, exprs)),
        _ => {}
    }
}

/// Grafana's variables: those of time become a duration, all others a word.
fn without_variables(expr: &str) -> String {
    let times = regex::Regex::new(r"\$(__rate_interval|__interval|__range)").unwrap();
    let others = regex::Regex::new(r"\$\{[^}]*\}|\$\w+").unwrap();
    others.replace_all(&times.replace_all(expr, "60s"), "word").into_owned()
}

#[test]
fn expressions_of_others_print_to_the_same_tree() {
    for expr in expressions() {
        let tree = parsed(expr);
        assert_eq!(parsed(&tree.to_string()), tree, "{expr}\n{tree}");
        assert_eq!(parsed(&pretty(&tree)), tree, "{expr}\n{}", pretty(&tree));
    }
}

#[test]
fn dashboards_need_nothing_that_is_not_stable() {
    for expr in dashboards() {
        parse(&expr, &ParseOptions::default()).unwrap_or_else(|error| panic!("{expr}: {error}"));
    }
}

#[test]
fn bytes_that_no_label_can_hold_are_refused() {
    for (expr, message) in REFUSED {
        assert_eq!(refused(expr), message);
    }
}

/// What says the same, though another parser tells it apart: clauses without labels.
const SAME: [(&str, &str); 3] = [
    ("modifier: Some(Include(Labels { labels: [] }))", "modifier: None"),
    ("matching: Some(Exclude(Labels { labels: [] }))", "matching: None"),
    (
        "modifier: Some(BinModifier { card: OneToOne, matching: None, return_bool: false, \
         fill_values: VectorMatchFillValues { rhs: None, lhs: None } })",
        "modifier: None",
    ),
];

/// What the crate `promql-parser` reads.
fn read_by_another(expr: &str) -> Result<String, String> {
    let read = format!("{:?}", promql_parser::parser::parse(expr)?);
    Ok(SAME.iter().fold(read, |read, (one, other)| read.replace(one, other)))
}

/// Another parser reads the same from a text and from what the text is printed as here.
#[test]
fn another_parser_reads_the_same_from_what_is_printed() {
    let mut both = 0;
    for expr in expressions() {
        let Ok(read) = read_by_another(expr) else { continue };
        let printed = parsed(expr).to_string();
        assert_eq!(read_by_another(&printed), Ok(read), "{expr}\n{printed}");
        both += 1;
    }
    println!("{both} of {} expressions are read by both", expressions().len());
}

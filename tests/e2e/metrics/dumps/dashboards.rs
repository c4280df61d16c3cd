//! What the dashboards of Istio and Linkerd ask.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use promql_parser::parser::{Expr, parse, token};
use serde_json::Value as Json;

/// A question of a dashboard, its variables replaced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The name of its file.
    pub dashboard: String,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Panel {
        query: String,
    },
    /// A query whose only label is what a variable may be.
    Results {
        variable: String,
        query: String,
    },
    /// The values of a label of what is selected, if something is.
    Values {
        variable: String,
        label: String,
        selector: Option<String>,
    },
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.what {
            What::Panel { query } => write!(f, "{}: {query}", self.dashboard),
            What::Results { variable, query } => write!(f, "{}: ${variable}: query_result({query})", self.dashboard),
            What::Values { variable, label, selector } => {
                let selector = selector.as_deref().unwrap_or_default();
                write!(f, "{}: ${variable}: label_values({selector}, {label})", self.dashboard)
            }
        }
    }
}

impl Question {
    /// Whether the metrics that it needs are among these.
    pub fn has_metrics(&self, names: &BTreeSet<String>) -> bool {
        match &self.what {
            What::Panel { query } | What::Results { query, .. } => has_metrics(&parsed(query), names),
            What::Values { selector, .. } => selector.as_ref().is_none_or(|text| has_metrics(&parsed(text), names)),
        }
    }
}

fn parsed(query: &str) -> Expr {
    parse(query).unwrap_or_else(|why| panic!("{query}: {why}"))
}

/// Of an `or` one side is enough; everything else needs all that it names.
fn has_metrics(expression: &Expr, names: &BTreeSet<String>) -> bool {
    let has = |expression: &Expr| has_metrics(expression, names);
    let is_there = |name: &Option<String>| name.as_ref().is_some_and(|name| names.contains(name));
    match expression {
        Expr::VectorSelector(selector) => is_there(&selector.name),
        Expr::MatrixSelector(selector) => is_there(&selector.vs.name),
        Expr::Binary(binary) if binary.op.id() == token::T_LOR => has(&binary.lhs) || has(&binary.rhs),
        Expr::Binary(binary) => has(&binary.lhs) && has(&binary.rhs),
        Expr::Aggregate(aggregate) => has(&aggregate.expr),
        Expr::Unary(unary) => has(&unary.expr),
        Expr::Paren(paren) => has(&paren.expr),
        Expr::Subquery(subquery) => has(&subquery.expr),
        Expr::Call(call) => call.args.args.iter().all(|argument| has(argument)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => true,
    }
}

/// Every question of the dashboards in a directory, each once. `value` says what stands for a variable of a dashboard.
pub fn questions(directory: &Path, value: impl Fn(&str, &str) -> &'static str) -> BTreeSet<Question> {
    let mut questions = BTreeSet::new();
    for path in files(directory) {
        let dashboard = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a dashboard is a text");
        let json: Json = serde_json::from_str(&text).expect("a dashboard is JSON");
        let replaced = |text: &str| with_values(text, |name| value(&dashboard, name));
        let all = panels(&json).into_iter().chain(variables(&json));
        questions.extend(all.map(|what| Question { dashboard: dashboard.clone(), what: what.map(replaced) }));
    }
    questions
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("there are dashboards");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

impl What {
    fn map(self, replaced: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Panel { query } => Self::Panel { query: replaced(&query) },
            Self::Results { variable, query } => Self::Results { variable, query: replaced(&query) },
            Self::Values { variable, label, selector } => {
                Self::Values { variable, label, selector: selector.map(|selector| replaced(&selector)) }
            }
        }
    }
}

/// The queries of all panels, also of those in rows.
fn panels(json: &Json) -> Vec<What> {
    let mut found = Vec::new();
    for panel in json["panels"].as_array().into_iter().flatten() {
        let queries = panel["targets"].as_array().into_iter().flatten().filter_map(|target| target["expr"].as_str());
        found.extend(queries.map(|query| What::Panel { query: query.to_owned() }));
        found.extend(panels(panel));
    }
    found
}

fn variables(json: &Json) -> Vec<What> {
    let list = json["templating"]["list"].as_array().into_iter().flatten();
    let queried = list.filter(|variable| variable["type"] == "query");
    queried
        .filter_map(|variable| Some((variable["name"].as_str()?, variable["query"].as_str()?)))
        .filter_map(what)
        .collect()
}

/// `None` for a variable that asks nothing.
fn what((name, query): (&str, &str)) -> Option<What> {
    let variable = name.to_owned();
    let inside = |function: &str| query.strip_prefix(function)?.strip_suffix(')');
    if query.is_empty() {
        return None;
    }
    if let Some(query) = inside("query_result(") {
        return Some(What::Results { variable, query: query.to_owned() });
    }
    let inside = inside("label_values(").unwrap_or_else(|| panic!("${name} asks for {query}"));
    let (selector, label) = match inside.rsplit_once(',') {
        Some((selector, label)) => (Some(selector.trim().to_owned()), label),
        None => (None, inside),
    };
    Some(What::Values { variable, label: label.trim().to_owned(), selector })
}

/// The text with a value for each variable, as Grafana puts it in: `$name` or `${name}`. A `$` without a name is the end of
/// a pattern.
fn with_values(text: &str, value: impl Fn(&str) -> &'static str) -> String {
    let (mut rest, mut replaced) = (text, String::new());
    while let Some((before, after)) = rest.split_once('$') {
        let (name, after) = match after.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
            Some(braced) => braced,
            None => after.split_at(after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len())),
        };
        replaced.extend([before, if name.is_empty() { "$" } else { value(name) }]);
        rest = after;
    }
    replaced + rest
}

/// How many of the questions are of each dashboard.
pub fn by_dashboard<'a>(questions: impl IntoIterator<Item = &'a Question>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    questions.into_iter().for_each(|question| *counts.entry(question.dashboard.as_str()).or_default() += 1);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: bool) {
        let names = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        assert_eq!(has_metrics(&parsed(query), &names), expected, "{query}");
    }

    #[test]
    fn a_query_needs_what_it_names() {
        check(r#"sum by (c) (rate(a{c="d"}[1m])) / b"#, true);
        check("a / c", false);
        check("a or c", true);
        check("label_join(c, \"x\", \".\", \"y\")", false);
        check("c or vector(0)", true);
    }

    #[test]
    fn variables_are_replaced() {
        let value = |name: &str| match name {
            "a" => "1",
            "a_b" => "2",
            _ => panic!("{name}"),
        };
        assert_eq!(with_values(r#"{x=~"$a|$a-viz|${a_b}$", y="$a_b"}"#, value), r#"{x=~"1|1-viz|2$", y="2"}"#);
    }
}

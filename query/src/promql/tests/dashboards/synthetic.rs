//! Series of the metrics that an expression names, with labels that its selectors, groupings and matchings ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::super::histogram::{BucketSpan, Histogram};
use super::super::super::labels::{LE, Labels, NAME};
use super::super::super::sample::Series;
use super::super::super::source::{MatchOp, Matcher, MemorySource};
use super::super::super::tree::{Expr, VectorSelector};

/// From when to when there are samples, and how far they are apart.
const START_MS: i64 = 3_600_000;
const END_MS: i64 = 3 * 3_600_000;
const STEP_MS: i64 = 15_000;

/// Upper bounds of classic histograms.
const BOUNDS: [&str; 5] = ["1", "10", "100", "1000", "+Inf"];

/// What an expression asks for.
#[derive(Default)]
struct Asked {
    selectors: Vec<VectorSelector>,
    /// Labels that elements are grouped or matched by.
    labels: BTreeSet<String>,
    /// Elements of one side are matched with many of the other.
    joins: bool,
}

fn ask(expr: &Expr, asked: &mut Asked) {
    match expr {
        Expr::Number(_) | Expr::String(_) => {}
        Expr::Paren(node) => ask(&node.inner, asked),
        Expr::Unary(node) => ask(&node.operand, asked),
        Expr::Binary(node) => {
            let matching = &node.matching;
            asked.labels.extend(matching.labels.iter().chain(&matching.include).cloned());
            asked.joins |= matching.on;
            ask(&node.lhs, asked);
            ask(&node.rhs, asked);
        }
        Expr::Aggregate(node) => {
            asked.labels.extend(node.grouping.iter().cloned());
            node.param.iter().for_each(|param| ask(param, asked));
            ask(&node.operand, asked);
        }
        Expr::Call(node) => node.args.iter().for_each(|arg| ask(arg, asked)),
        Expr::Vector(node) => asked.selectors.push(node.clone()),
        Expr::Matrix(node) => asked.selectors.push(node.selector.clone()),
        Expr::Subquery(node) => ask(&node.operand, asked),
    }
}

/// The series that the expression finds, and some that it must leave out.
pub fn source(expr: &Expr, native: bool) -> MemorySource {
    let mut asked = Asked::default();
    ask(expr, &mut asked);
    let mut series = BTreeMap::new();
    for selector in &asked.selectors {
        for instance in if asked.joins { &["a"][..] } else { &["a", "b"] } {
            for bound in bounds(selector) {
                let labels = labels(selector, &asked.labels, instance, bound);
                let made = made(&labels, series.len() + 1, bound, native);
                series.entry(labels).or_insert(made);
            }
        }
    }
    MemorySource { series: series.into_values().collect() }
}

/// The buckets of a classic histogram, or nothing of the kind.
fn bounds(selector: &VectorSelector) -> &'static [&'static str] {
    let of_buckets = selector.name.as_ref().is_some_and(|name| name.ends_with("_bucket"));
    let pinned = selector.matchers.iter().any(|matcher| *matcher.name == *LE);
    if of_buckets && !pinned { &BOUNDS } else { &[""] }
}

fn labels(selector: &VectorSelector, asked: &BTreeSet<String>, instance: &str, bound: &str) -> Labels {
    let mut pairs = vec![(NAME.to_owned(), "some_metric".to_owned()), ("instance".to_owned(), instance.to_owned())];
    pairs
        .extend(asked.iter().filter(|name| *name != NAME && *name != LE).map(|name| (name.clone(), "some".to_owned())));
    if !bound.is_empty() {
        pairs.push((LE.to_owned(), bound.to_owned()));
    }
    let mut names: Vec<&str> = selector.matchers.iter().map(|matcher| &*matcher.name).collect();
    names.dedup();
    pairs.extend(names.into_iter().map(|name| (name.to_owned(), fitting(name, &selector.matchers))));
    Labels::new(pairs)
}

/// Values that patterns of dashboards are about.
const VALUES: [&str; 13] = [
    "some",
    "other",
    "/dev/sda1",
    "500",
    "404",
    "200",
    "0",
    "1",
    "a",
    "some-viz",
    "istio-proxy",
    "istiod-1",
    "a.bookinfo.b",
];

/// A value of a label for which all of its conditions hold.
fn fitting(name: &str, matchers: &[Matcher]) -> String {
    let of_name = || matchers.iter().filter(|matcher| *matcher.name == *name);
    let written =
        of_name().filter(|matcher| matches!(matcher.op, MatchOp::Equal | MatchOp::Regex)).flat_map(|matcher| {
            let alternatives = matcher.value.split('|').map(str::to_owned);
            alternatives.map(|text| text.replace(".*", "").replace(".+", "x").replace(['^', '$', '(', ')', '\\'], ""))
        });
    let candidates = written.chain(VALUES.iter().map(|value| (*value).to_owned()));
    let mut fitting = candidates.filter(|value| !value.is_empty() && of_name().all(|matcher| matcher.matches(value)));
    let empty_fits = || of_name().all(|matcher| matcher.matches("")).then(String::new);
    fitting.next().or_else(empty_fits).unwrap_or_else(|| panic!("no value of {name} fits {matchers:?}"))
}

/// Counters grow, the larger their bucket the faster; others go up and down.
fn made(labels: &Labels, number: usize, bound: &str, native: bool) -> Arc<Series> {
    let mut series = Series { labels: labels.clone(), ..Series::default() };
    let metric = labels.metric();
    let counts = ["_total", "_bucket", "_count", "_sum"].iter().any(|suffix| metric.ends_with(suffix));
    let rank = BOUNDS.iter().position(|held| *held == bound).unwrap_or(0) + 1;
    for (step, time_ms) in (START_MS..=END_MS).step_by(STEP_MS as usize).enumerate() {
        let value = match counts {
            true => (step * rank * (number % 7 + 1)) as f64,
            false => (step % 10 + number) as f64,
        };
        match native {
            true => series.histograms.push(time_ms, Arc::new(histogram(step as f64))),
            false => series.floats.push(time_ms, value),
        }
    }
    Arc::new(series)
}

fn histogram(observations: f64) -> Histogram {
    Histogram {
        count: 3.0 * observations,
        sum: 5.0 * observations,
        positive_spans: vec![BucketSpan { offset: 0, length: 2 }],
        positive: vec![observations, 2.0 * observations],
        ..Histogram::default()
    }
}

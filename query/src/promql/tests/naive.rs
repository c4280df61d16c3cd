//! An evaluator that is too slow to be wrong: one instant at a time, every node from its definition in Prometheus'
//! documentation, floats only. It shares the tree and the labels with the engine, and nothing else.

use std::collections::BTreeMap;

use super::super::engine::{Range, Value};
use super::super::labels::Labels;
use super::super::sample::{Sample, Series, is_stale};
use super::super::source::{Matcher, MemorySource};
use super::super::tree::{At, Duration, Expr, MatrixSelector, Subquery, VectorSelector};
use super::super::{ParseOptions, parse};
use super::answer::{Answered, Evaluator};

mod aggregate;
mod binary;
pub mod function;
mod quantile;
mod window;

/// How long a sample stands for those that do not come.
const LOOKBACK_MS: i64 = 300_000;
/// The step of a subquery that names none.
const SUBQUERY_STEP_MS: i64 = 60_000;

/// A series at one time.
#[derive(Debug, Clone)]
struct Element {
    labels: Labels,
    /// The name no longer says what the value is: it goes when all is done.
    nameless: bool,
    value: f64,
}

/// A series over a range.
#[derive(Debug, Clone)]
struct Points {
    labels: Labels,
    nameless: bool,
    points: Vec<(i64, f64)>,
}

/// What an expression yields at one time.
#[derive(Debug, Clone)]
enum Out {
    Scalar(f64),
    String(String),
    Vector(Vec<Element>),
    Matrix { series: Vec<Points>, start_ms: i64, end_ms: i64 },
}

type Outcome<T> = Result<T, String>;

/// A query, whose times `@ start()` and `@ end()` are.
pub struct Naive<'a> {
    source: &'a MemorySource,
    start_ms: i64,
    end_ms: i64,
}

/// How errors begin that say nothing about the query.
pub const UNKNOWN: &str = "the naive evaluator knows no ";

fn unknown<T>(what: &str) -> Outcome<T> {
    Err(format!("{UNKNOWN}{what}"))
}

impl Naive<'_> {
    fn eval(&self, expr: &Expr, time_ms: i64) -> Outcome<Out> {
        match expr {
            Expr::Number(node) => Ok(Out::Scalar(node.value)),
            Expr::String(node) => Ok(Out::String(node.value.clone())),
            Expr::Paren(node) => self.eval(&node.inner, time_ms),
            Expr::Unary(node) => Ok(match self.eval(&node.operand, time_ms)? {
                Out::Scalar(value) if node.negative => Out::Scalar(-value),
                Out::Vector(elements) if node.negative => Out::Vector(mapped(elements, |value| -value)),
                other => other,
            }),
            Expr::Binary(node) => binary::eval(self, node, time_ms),
            Expr::Aggregate(node) => aggregate::eval(self, node, time_ms),
            Expr::Call(node) => function::eval(self, node, time_ms),
            Expr::Vector(node) => Ok(Out::Vector(self.instant(node, time_ms)?.into_iter().map(|(at, _)| at).collect())),
            Expr::Matrix(node) => self.window(node, time_ms),
            Expr::Subquery(node) => self.subquery(node, time_ms),
        }
    }

    fn scalar(&self, expr: &Expr, time_ms: i64) -> Outcome<f64> {
        match self.eval(expr, time_ms)? {
            Out::Scalar(value) => Ok(value),
            other => Err(format!("no scalar: {other:?}")),
        }
    }

    fn vector(&self, expr: &Expr, time_ms: i64) -> Outcome<Vec<Element>> {
        match self.eval(expr, time_ms)? {
            Out::Vector(elements) => Ok(elements),
            other => Err(format!("no vector: {other:?}")),
        }
    }

    /// The time that a selector or subquery looks at.
    fn moved(&self, time_ms: i64, at: Option<At>, offset: Option<&Duration>) -> Outcome<i64> {
        let base = match at {
            None => time_ms,
            Some(At::Time(at)) => at,
            Some(At::Start) => self.start_ms,
            Some(At::End) => self.end_ms,
        };
        Ok(base - offset.map_or(Ok(0), literal_ms)?)
    }

    /// The samples of all matching series, ascending, staleness markers among them.
    fn selected<'s>(
        &'s self,
        matchers: &'s [Matcher],
    ) -> Outcome<impl Iterator<Item = (Labels, Vec<(i64, f64)>)> + 's> {
        let matching = || {
            let all = self.source.series.iter();
            all.filter(move |series| matchers.iter().all(|matcher| matcher.matches(series.labels.get(&matcher.name))))
        };
        if matching().any(|series| !series.histograms.is_empty()) {
            return unknown("histograms");
        }
        Ok(matching().map(|series| {
            let floats = &series.floats;
            let points = floats.times_ms.iter().copied().zip(floats.values.iter().copied()).collect();
            (series.labels.clone(), points)
        }))
    }

    /// Each series' last sample within the lookback, with its time.
    fn instant(&self, selector: &VectorSelector, time_ms: i64) -> Outcome<Vec<(Element, i64)>> {
        if selector.edges != super::super::tree::Edges::Plain {
            return unknown("edges");
        }
        let time_ms = self.moved(time_ms, selector.at, selector.offset.as_ref())?;
        let mut elements = Vec::new();
        for (labels, points) in self.selected(&selector.matchers)? {
            let mut within = points.into_iter().filter(|(at, _)| *at > time_ms - LOOKBACK_MS && *at <= time_ms);
            if let Some((at, value)) = within.next_back().filter(|(_, value)| !is_stale(*value)) {
                elements.push((Element { labels, nameless: false, value }, at));
            }
        }
        Ok(elements)
    }

    fn window(&self, matrix: &MatrixSelector, time_ms: i64) -> Outcome<Out> {
        let selector = &matrix.selector;
        if selector.edges != super::super::tree::Edges::Plain {
            return unknown("edges");
        }
        let end_ms = self.moved(time_ms, selector.at, selector.offset.as_ref())?;
        let start_ms = end_ms - literal_ms(&matrix.range)?;
        let mut series = Vec::new();
        for (labels, points) in self.selected(&selector.matchers)? {
            let within = |(at, value): &(i64, f64)| *at > start_ms && *at <= end_ms && !is_stale(*value);
            let points: Vec<_> = points.into_iter().filter(within).collect();
            if !points.is_empty() {
                series.push(Points { labels, nameless: false, points });
            }
        }
        Ok(Out::Matrix { series, start_ms, end_ms })
    }

    /// The operand at every multiple of the step that lies in the range.
    fn subquery(&self, subquery: &Subquery, time_ms: i64) -> Outcome<Out> {
        let end_ms = self.moved(time_ms, subquery.at, subquery.offset.as_ref())?;
        let start_ms = end_ms - literal_ms(&subquery.range)?;
        let step_ms = match subquery.step.as_ref().map(literal_ms).transpose()? {
            None | Some(0) => SUBQUERY_STEP_MS,
            Some(step_ms) => step_ms,
        };
        let first = (start_ms.div_euclid(step_ms) + 1) * step_ms;
        let mut series: Vec<Points> = Vec::new();
        for at in (first..=end_ms).step_by(step_ms as usize) {
            for Element { labels, nameless, value } in self.vector(&subquery.operand, at)? {
                match series.iter_mut().find(|held| held.labels == labels) {
                    Some(held) => held.points.push((at, value)),
                    None => series.push(Points { labels, nameless, points: vec![(at, value)] }),
                }
            }
        }
        Ok(Out::Matrix { series, start_ms, end_ms })
    }
}

fn literal_ms(duration: &Duration) -> Outcome<i64> {
    match duration {
        Duration::Literal(length_ms) => Ok(*length_ms),
        Duration::Expr(_) => unknown("duration expressions"),
    }
}

/// Every value changed; a changed value is not of that name.
fn mapped(elements: Vec<Element>, change: impl Fn(f64) -> f64) -> Vec<Element> {
    let changed = elements.into_iter();
    changed.map(|element| Element { value: change(element.value), nameless: true, ..element }).collect()
}

/// The labels that are seen at the end.
fn seen(labels: Labels, nameless: bool) -> Labels {
    if nameless { labels.without_metadata() } else { labels }
}

const SAME_LABELS: &str = "vector cannot contain metrics with the same labelset";

/// No two elements with one label set.
fn distinct(elements: &[Element]) -> Outcome<()> {
    let twice = |(at, element): (usize, &Element)| elements[..at].iter().any(|held| held.labels == element.labels);
    if elements.iter().enumerate().any(twice) { Err(SAME_LABELS.to_owned()) } else { Ok(()) }
}

fn finished(elements: Vec<Element>) -> Outcome<Vec<Element>> {
    let seen = |Element { labels, nameless, value }| Element { labels: seen(labels, nameless), nameless: false, value };
    let elements: Vec<_> = elements.into_iter().map(seen).collect();
    distinct(&elements).map(|()| elements)
}

fn at_instant(naive: &Naive<'_>, expr: &Expr, time_ms: i64) -> Outcome<Value> {
    Ok(match naive.eval(expr, time_ms)? {
        Out::Scalar(value) => Value::Scalar { time_ms, value },
        Out::String(value) => Value::String { time_ms, value },
        Out::Vector(elements) => {
            let elements = finished(elements)?.into_iter();
            Value::Vector(
                elements.map(|Element { labels, value, .. }| (labels, time_ms, Sample::Float(value))).collect(),
            )
        }
        Out::Matrix { series, .. } => {
            let mut matrix = BTreeMap::new();
            for Points { labels, nameless, points } in series {
                if matrix.insert(seen(labels, nameless), points).is_some() {
                    return Err(SAME_LABELS.to_owned());
                }
            }
            Value::Matrix(collected(matrix))
        }
    })
}

fn collected(matrix: BTreeMap<Labels, Vec<(i64, f64)>>) -> Vec<Series> {
    let series = matrix.into_iter().map(|(labels, points)| {
        let mut series = Series { labels, ..Series::default() };
        points.into_iter().for_each(|(time_ms, value)| series.floats.push(time_ms, value));
        series
    });
    series.collect()
}

/// An evaluator of whole queries.
pub struct NaiveEvaluator;

impl Evaluator for NaiveEvaluator {
    fn ask(&self, source: &MemorySource, text: &str, range: Range) -> Result<Answered, String> {
        let expr = parse(text, &ParseOptions::all()).map_err(|error| error.to_string())?;
        let value = match range {
            Range::Instant(time_ms) => {
                at_instant(&Naive { source, start_ms: time_ms, end_ms: time_ms }, &expr, time_ms)?
            }
            Range::Steps { start_ms, end_ms, step_ms } => {
                let naive = Naive { source, start_ms, end_ms };
                let mut matrix: BTreeMap<Labels, Vec<(i64, f64)>> = BTreeMap::new();
                for time_ms in (start_ms..=end_ms).step_by(step_ms as usize) {
                    let elements = match naive.eval(&expr, time_ms)? {
                        Out::Scalar(value) => vec![Element { labels: Labels::default(), nameless: false, value }],
                        Out::Vector(elements) => finished(elements)?,
                        other => return Err(format!("no vector or scalar: {other:?}")),
                    };
                    for Element { labels, value, .. } in elements {
                        matrix.entry(labels).or_default().push((time_ms, value));
                    }
                }
                Value::Matrix(collected(matrix))
            }
        };
        Ok(Answered { value, warnings: Vec::new(), infos: Vec::new() })
    }

    fn has_words_of_prometheus(&self) -> bool {
        false
    }
}

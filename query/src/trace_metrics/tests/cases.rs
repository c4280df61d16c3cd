use std::collections::BTreeMap;

use spanloom_store::value::Value;

use super::world::{self, SECOND_NS, TestSpan, ask, batch, labels_text, series_text, steps};
use crate::trace_metrics::{Bounds, MetricSeries, Steps};
use crate::traceql::{duration_ns, tree};

const CASES: &str = include_str!("../../../tests/cases/traceql/metrics.txt");

/// What the head of the file says of spans: `span <id> at <s>s for <duration> <word>=<value> …`.
fn span(line: &str) -> TestSpan {
    let mut words = line.split_whitespace();
    let mut next = || words.next().unwrap_or_else(|| panic!("{line}"));
    let id = next().parse().unwrap();
    assert_eq!(next(), "at");
    let start_ns = duration_ns(next()).unwrap();
    assert_eq!(next(), "for");
    let duration_ns = duration_ns(next()).unwrap();
    let mut span = TestSpan { id, start_ns, duration_ns, ..TestSpan::default() };
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or_else(|| panic!("{line}: {word}"));
        let code = |found: Option<i32>| found.unwrap_or_else(|| panic!("{line}: {word}"));
        match key {
            "service" => span.service = Some(value.to_owned()),
            "name" => span.name = value.to_owned(),
            "kind" => {
                span.kind = code(tree::Kind::ALL.into_iter().find(|kind| kind.name() == value).map(tree::Kind::code))
            }
            "status" => {
                let status = tree::Status::ALL.into_iter().find(|status| status.name() == value);
                span.status_code = code(status.map(tree::Status::code));
            }
            _ => {
                let (scope, name) = key.split_once('.').unwrap_or_else(|| panic!("{line}: {word}"));
                let attributes = if scope == "span" { &mut span.attributes } else { &mut span.resource };
                attributes.insert(name.to_owned(), attribute(value));
            }
        }
    }
    span
}

/// `"text"` and words are texts, `[1,2]` is an array.
fn attribute(text: &str) -> Value<'static> {
    if let Some(items) = text.strip_prefix('[').and_then(|items| items.strip_suffix(']')) {
        return Value::Array(items.split(',').map(attribute).collect());
    }
    let number = || text.parse().map(Value::Int).or_else(|_| text.parse().map(Value::Double));
    match text {
        "true" | "false" => Value::Bool(text == "true"),
        _ if text.starts_with('"') => Value::String(text.trim_matches('"').to_owned().into()),
        _ => number().unwrap_or_else(|_| Value::String(text.to_owned().into())),
    }
}

/// `60s..180s by 60s`, or `60s..180s` for an instant.
fn steps_of(text: &str) -> Result<Steps, String> {
    let (range, step) = text.split_once(" by ").map_or((text, None), |(range, step)| (range, Some(step)));
    let (start, end) = range.split_once("..").unwrap();
    let (start_ns, end_ns) = (duration_ns(start).unwrap(), duration_ns(end).unwrap());
    let steps = match step {
        Some(step) => Steps::range(start_ns, end_ns, duration_ns(step), world::DAY),
        None => Steps::instant(start_ns, end_ns, world::DAY),
    };
    steps.map_err(|error| error.to_string())
}

#[derive(Default)]
struct Case<'a> {
    query: &'a str,
    over: Option<&'a str>,
    expected: Vec<&'a str>,
}

fn cases(text: &str) -> (Vec<TestSpan>, Vec<Case<'_>>) {
    let (mut spans, mut cases) = (Vec::new(), Vec::<Case<'_>>::new());
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        match (line.strip_prefix("span "), line.strip_prefix("  ")) {
            (Some(said), _) => spans.push(span(said)),
            (_, Some(said)) => {
                let case = cases.last_mut().unwrap();
                match said.strip_prefix("over ") {
                    Some(over) => case.over = Some(over),
                    None => case.expected.push(said),
                }
            }
            _ => cases.push(Case { query: line, ..Case::default() }),
        }
    }
    (spans, cases)
}

fn check(case: &Case<'_>, spans: &[TestSpan]) {
    let query = case.query;
    let plan = world::plan(query);
    if let [refusal] = &case.expected[..]
        && let Some(refusal) = refusal.strip_prefix("! ")
    {
        let error = plan.expect_err(query);
        assert_eq!(format!("{}:{} {error}", error.position.line, error.position.column), refusal, "{query}");
        return;
    }
    let steps = steps_of(case.over.unwrap_or("60s..180s by 60s")).unwrap();
    let answered =
        ask(&plan.unwrap_or_else(|error| panic!("{query}: {error:?}")), steps, Bounds::default(), &[batch(spans)]);
    assert_eq!(answered.partial, None, "{query}");
    let said = || answered.series.iter().map(series_text).collect::<Vec<_>>().join("\n  ");
    let expected: Vec<&str> = case.expected.iter().copied().filter(|line| *line != "-").collect();
    assert_eq!(answered.series.len(), expected.len(), "{query}\n  {}", said());
    for (series, expected) in answered.series.iter().zip(expected) {
        check_series(series, expected).unwrap_or_else(|| panic!("{query}: expected {expected}, got\n  {}", said()));
    }
}

/// Labels exactly, values as nearly as doubles are.
fn check_series(series: &MetricSeries, expected: &str) -> Option<()> {
    let points = expected.strip_prefix(&labels_text(&series.labels))?;
    let expected: Option<BTreeMap<i64, f64>> = points
        .split_whitespace()
        .map(|point| {
            let (time_s, value) = point.split_once('=')?;
            Some(((time_s.parse::<f64>().ok()? * 1000.0) as i64, value.parse().ok()?))
        })
        .collect();
    let points: BTreeMap<i64, f64> = series.points.iter().map(|point| (point.time_ms, point.value)).collect();
    let expected = expected?;
    let are_near = |a: &f64, b: &f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
    let is_equal = points.len() == expected.len()
        && points.iter().all(|(time, value)| expected.get(time).is_some_and(|expected| are_near(value, expected)));
    is_equal.then_some(())
}

#[test]
fn every_case_of_the_file_is_answered_as_it_says() {
    let (spans, cases) = cases(CASES);
    assert!(spans.len() >= 10 && cases.len() >= 80, "{} spans, {} cases", spans.len(), cases.len());
    cases.iter().for_each(|case| check(case, &spans));
}

#[test]
fn numbers_that_make_no_sense_as_a_range_are_refused() {
    assert!(steps_of("60s..60s by 60s").is_err());
    assert!(steps_of("60s..120s by 0").is_err());
    assert_eq!(steps(60, 180, 60), steps_of("60s..180s by 60s").unwrap());
    assert_eq!(steps_of("1s..2s").unwrap().start_ns(), SECOND_NS);
}

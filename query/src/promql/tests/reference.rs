//! A real Prometheus is given the same series and asked the same. `SPANLOOM_PROMETHEUS` names one, else that of
//! `tests/setup.sh` is used, or that in `PATH`; `SPANLOOM_REQUIRE_CLIENTS=1` makes its absence a failure.
//!
//! Distributions carry Prometheus 2, whose windows are closed on both sides and which drops names at once. Samples lie at
//! half seconds here and queries ask for other fractions, so that nothing lies on the edge of a window; what differs
//! beside that is listed in [`Difference`].

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::super::engine::{Engine, Options, Range};
use super::super::sample::Series;
use super::super::source::MemorySource;
use super::super::{ParseOptions, parse};
use super::answer::Evaluator;
use super::compare;
use super::dashboards;
use super::random::{expression, stored};
use super::series;
use server::Prometheus;

/// Queries and series that were written for this.
mod picked;
/// The series of a write.
mod protobuf;
/// A Prometheus that runs while a test does.
mod server;

/// How many generated queries are compared, each as an instant query and over a range.
const GENERATED: usize = 300;
/// How many series there are at least.
const SERIES_MIN: usize = 14;
/// Queries ask for times of this fraction of a second.
const FRACTION_MS: i64 = 337;
/// Samples have this one.
const HALF_MS: i64 = 500;

/// Why an answer of Prometheus 2 is not comparable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Difference {
    /// It does not read the text: `1m` is no number for it.
    Language,
    /// Series that differ in their names alone are refused, even where they are aggregated.
    Names,
    /// Matches that are not unique are refused only where they are in the result.
    Matches,
}

/// A query of which Prometheus 2 means something else, or that would lie on the edge of a window.
fn is_other(text: &str) -> bool {
    let of_gauge = |function: &str| {
        let calls = text.match_indices(function).map(|(at, _)| &text[at + function.len()..]);
        calls.into_iter().any(|arg| !arg.starts_with("c_total") && !arg.starts_with("h_bucket"))
    };
    // Its rates of counters that start from nothing are others, so are subqueries of subqueries, and in groups of one the
    // deviation of what is infinite. Windows of `predict_linear` move though `@` holds them.
    ["__name__", "first_over_time", "histogram_fraction", "stddev ", "stdvar "].iter().any(|word| text.contains(word))
        || (text.contains("predict_linear") && text.contains('@'))
        || of_gauge("rate(")
        || of_gauge("increase(")
        || text.matches(':').count() > 1
}

/// Counters that never begin anew and are far from nothing, at half seconds.
fn comparable(source: MemorySource) -> MemorySource {
    let series = source.series.into_iter().map(|held| {
        let mut series = Series::clone(&held);
        series.floats.times_ms.iter_mut().for_each(|time_ms| *time_ms += HALF_MS);
        if matches!(series.labels.metric(), "c_total" | "h_bucket") {
            let mut most = 100_000.0;
            series.floats.values.iter_mut().for_each(|value| {
                most = f64::max(most, *value + 100_000.0);
                *value = most;
            });
        }
        series.into()
    });
    MemorySource { series: series.collect() }
}

/// What was asked and how it went.
#[derive(Default)]
struct Tally {
    agreed: usize,
    /// Of these, answers that say something.
    full: usize,
    differences: Vec<Difference>,
    failed: Vec<String>,
}

impl Tally {
    fn compare(&mut self, prometheus: &Prometheus, source: &MemorySource, text: &str, range: Range) {
        let engine = Engine { options: Options::default() };
        let (expected, answer) = (prometheus.ask(source, text, range), engine.ask(source, text, range));
        let answer = answer.map(|answered| answered.value);
        match (expected.map(|answered| answered.value), answer) {
            (Ok(expected), Ok(answer)) => match compare::agree(&expected, &answer) {
                Ok(()) => {
                    self.agreed += 1;
                    self.full += usize::from(!compare::is_empty(&answer));
                }
                Err(what) => self.failed.push(format!("{text}\n    {range:?}: {what}")),
            },
            (Err(error), _) if error.contains("parse error") => self.differences.push(Difference::Language),
            (Err(error), Ok(_)) if error.contains("same labelset") => self.differences.push(Difference::Names),
            (Ok(_), Err(error)) if error.contains("multiple matches") => self.differences.push(Difference::Matches),
            (Err(_), Err(_)) => self.agreed += 1,
            (expected, answer) => {
                self.failed.push(format!("{text}\n    {range:?}: expected {expected:?}, got {answer:?}"))
            }
        }
    }

    fn finish(self, at_least: usize) {
        let of = |kind| self.differences.iter().filter(|difference| **difference == kind).count();
        println!(
            "{} answers agree, {} are not empty; not comparable: {} by language, {} by names, {} by matches",
            self.agreed,
            self.full,
            of(Difference::Language),
            of(Difference::Names),
            of(Difference::Matches)
        );
        assert!(self.failed.is_empty(), "{} differ:\n{}", self.failed.len(), self.failed.join("\n"));
        assert!(self.full >= at_least, "only {} answers say something", self.full);
    }
}

/// A moment, and a range that ends there.
fn ranges(number: usize) -> [Range; 2] {
    let seconds = 120 + (number as i64 * 97) % 1200;
    let end_ms = seconds * 1000 + FRACTION_MS;
    [Range::Instant(end_ms), Range::Steps { start_ms: end_ms - 100_000, end_ms, step_ms: 10_000 }]
}

#[test]
fn prometheus_answers_generated_queries_alike() {
    let Some(prometheus) = Prometheus::start("generated") else { return };
    let mut runner = TestRunner::deterministic();
    let sources = std::iter::repeat_with(|| stored::floats().new_tree(&mut runner).unwrap().current());
    let source = comparable({ sources }.find(|source| source.series.len() > SERIES_MIN).unwrap());
    prometheus.write(&source);
    let mut tally = Tally::default();
    let queries = expression::whole();
    let mut asked = 0;
    while asked < GENERATED {
        let text = queries.new_tree(&mut runner).unwrap().current();
        let text = text.replace("@ 300", "@ 300.337").replace("@ 600.5", "@ 600.337");
        if is_other(&text) {
            continue;
        }
        for range in ranges(asked) {
            tally.compare(&prometheus, &source, &text, range);
        }
        asked += 1;
    }
    tally.finish(GENERATED);
}

fn picked_series() -> MemorySource {
    let made = picked::SERIES.iter().map(|line| {
        let description = series::parse(line).unwrap();
        let mut made = Series { labels: description.labels, ..Series::default() };
        for (at, item) in description.items.iter().enumerate() {
            if let series::Item::Float(value) = item {
                made.floats.push(at as i64 * 10_000 + HALF_MS, *value);
            }
        }
        made.into()
    });
    MemorySource { series: made.collect() }
}

#[test]
fn prometheus_answers_picked_queries_alike() {
    let Some(prometheus) = Prometheus::start("picked") else { return };
    let source = picked_series();
    prometheus.write(&source);
    let mut tally = Tally::default();
    for (at, text) in picked::QUERIES.iter().enumerate() {
        for range in ranges(at * 3 + 5) {
            tally.compare(&prometheus, &source, text, range);
        }
    }
    // Some ask for what is not there.
    tally.finish(2 * picked::QUERIES.len() - 14);
}

/// The series of all queries of dashboards and clients together: two of one label set are one.
fn of_all(queries: &[dashboards::Query]) -> MemorySource {
    let mut series = BTreeMap::new();
    for query in queries.iter().filter(|query| !query.native) {
        let tree = parse(&query.text, &ParseOptions::default()).unwrap();
        let made = dashboards::synthetic::source(&tree, false).series.into_iter();
        series.extend(made.map(|made| (made.labels.clone(), made)));
    }
    let at_half_seconds = series.into_values().map(|held| {
        let mut series = Series::clone(&held);
        series.floats.times_ms.iter_mut().for_each(|time_ms| *time_ms += HALF_MS);
        series.into()
    });
    MemorySource { series: at_half_seconds.collect() }
}

#[test]
fn prometheus_answers_dashboards_alike() {
    let files = ["istio.yaml", "linkerd.yaml", "clients.yaml"];
    let Some(queries) = files.into_iter().map(dashboards::queries).collect::<Option<Vec<_>>>() else { return };
    let queries: Vec<_> = queries.into_iter().flatten().filter(|query| !query.native).collect();
    let Some(prometheus) = Prometheus::start("dashboards") else { return };
    let source = of_all(&queries);
    prometheus.write(&source);
    let mut tally = Tally::default();
    for query in &queries {
        let end_ms = dashboards::NOW_MS + FRACTION_MS;
        tally.compare(&prometheus, &source, &query.text, Range::Instant(end_ms));
        let range = Range::Steps { start_ms: end_ms - 1_800_000, end_ms, step_ms: 300_000 };
        tally.compare(&prometheus, &source, &query.text, range);
    }
    tally.finish(queries.len());
}

//! What asks for too much is refused before it is tried.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;

use super::super::engine::{Answer, Cancel, Engine, Options, QueryFailure, Range};
use super::super::labels::{Labels, NAME};
use super::super::sample::Series;
use super::super::source::MemorySource;
use super::super::{ParseOptions, parse};

const DAY_MS: i64 = 24 * 3600 * 1000;

fn source(series: usize, samples: i64) -> MemorySource {
    let one = |at: usize| {
        let mut series =
            Series { labels: Labels::new([(NAME, "x".to_owned()), ("instance", at.to_string())]), ..Series::default() };
        (0..samples).for_each(|sample| series.floats.push(sample * 15_000, 1.0));
        Arc::new(series)
    };
    MemorySource { series: (0..series).map(one).collect() }
}

fn ask(options: Options, source: &MemorySource, text: &str, range: Range) -> Result<Answer, QueryFailure> {
    let engine = Engine { options };
    engine.query(source, text, range).now_or_never().expect("series in memory are there at once")
}

fn failure(options: Options, source: &MemorySource, text: &str, range: Range) -> QueryFailure {
    ask(options, source, text, range).expect_err(text)
}

#[test]
fn a_billion_steps_are_too_many() {
    let range = Range::Steps { start_ms: 0, end_ms: 1_000_000_000, step_ms: 1 };
    for text in ["1", "time() + 1", "x", "sum(x)", "x @ 0", "vector(1) or x"] {
        let failed = failure(Options::default(), &source(1, 10), text, range);
        assert_eq!(failed, QueryFailure::TooManySamples, "{text}");
    }
    let range = Range::Steps { start_ms: i64::MIN, end_ms: i64::MAX, step_ms: 1 };
    assert_eq!(failure(Options::default(), &source(1, 10), "1", range), QueryFailure::TooManySamples);
}

#[test]
fn a_billion_points_are_too_many() {
    // Each series alone would be allowed.
    let range = Range::Steps { start_ms: 0, end_ms: DAY_MS, step_ms: 1000 };
    let options = Options { samples_max: 1_000_000, ..Options::default() };
    for text in ["x", "x + x", "topk(1, x)", "x unless y", "sort(x)", "max_over_time(x[1d:1s])", "quantile(0.5, x)"] {
        let failed = failure(options.clone(), &source(100, 6000), text, range);
        assert_eq!(failed, QueryFailure::TooManySamples, "{text}");
    }
    let failed = failure(Options::default(), &source(1, 10), "max_over_time(x[1000d:1ms])", Range::Instant(DAY_MS));
    assert_eq!(failed, QueryFailure::TooManySamples);
}

#[test]
fn what_is_aggregated_as_it_comes_is_not_held() {
    let range = Range::Steps { start_ms: 0, end_ms: DAY_MS, step_ms: 60_000 };
    let options = Options { samples_max: 10_000, ..Options::default() };
    for text in ["sum(x)", "sum by (job) (rate(x[5m]))", "count(abs(x) * 2 > 0)"] {
        let answer = ask(options.clone(), &source(100, 6000), text, range).unwrap();
        assert!(answer.samples_peak <= 2 * 1441 + 1, "{text}: {}", answer.samples_peak);
        assert!(answer.samples_read > 100_000, "{text}: {}", answer.samples_read);
    }
}

#[test]
fn time_ends_a_query() {
    let options = Options { timeout: Duration::ZERO, ..Options::default() };
    for text in ["1", "x", "sum(rate(x[5m]))", "x + x", "scalar(x)"] {
        let failed = failure(options.clone(), &source(2, 10), text, Range::Instant(60_000));
        assert!(matches!(failed, QueryFailure::TimedOut), "{text}: {failed}");
    }
    assert_eq!(QueryFailure::TimedOut.to_string(), "query timed out in expression evaluation");
}

#[test]
fn a_cancelled_query_ends() {
    let cancel = Cancel::default();
    cancel.cancel();
    let source = source(2, 10);
    let engine = Engine::default();
    let asked = engine.query_until(&source, "sum(x)", Range::Instant(60_000), &cancel);
    assert_eq!(asked.now_or_never().unwrap().unwrap_err(), QueryFailure::Canceled);
}

#[test]
fn windows_of_many_samples_end_in_time() {
    // A billion samples in all, read window by window: the deadline comes first.
    let options = Options { timeout: Duration::from_millis(200), ..Options::default() };
    let range = Range::Steps { start_ms: 100_000 * 15_000, end_ms: 200_000 * 15_000, step_ms: 60_000 };
    let failed = failure(options, &source(1, 200_000), "mad_over_time(x[1000d]) + 0", range);
    // Without the experimental functions it is not even read.
    assert!(matches!(failed, QueryFailure::Parse(_)), "{failed}");
    let parse = ParseOptions::all();
    let options = Options { timeout: Duration::from_millis(200), parse, ..Options::default() };
    let failed = failure(options, &source(1, 200_000), "mad_over_time(x[1000d])", range);
    assert!(matches!(failed, QueryFailure::TimedOut), "{failed}");
}

#[test]
fn large_patterns_are_refused() {
    let all = ParseOptions::all();
    let matching = |pattern: &str| parse(&format!("x{{a=~\"{pattern}\"}}"), &all);
    let message = matching(&"a".repeat((1 << 20) - 100)).unwrap_err().to_string();
    assert!(message.contains("size limit") || message.contains("longer than"), "{message}");
    for pattern in ["(a{1000}){1000}".to_owned(), format!("({})", "a?".repeat(200_000)), "\\pL{5000}".to_owned()] {
        matching(&pattern).unwrap_err();
    }
    let replace = format!("label_replace(x, \"a\", \"b\", \"c\", \"{}\")", "(a{1000}){1000}");
    let failed = failure(Options::default(), &source(1, 1), &replace, Range::Instant(0));
    assert!(failed.to_string().contains("invalid regular expression in label_replace()"), "{failed}");
}

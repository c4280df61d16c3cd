//! What asks for too much is refused before it is tried.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;

use super::super::annotation::Severity;
use super::super::engine::{Answer, Cancel, Engine, Options, QueryFailure, Range, Value};
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
fn windows_read_at_once_end_in_time() {
    // A window of every second of a hundred days for every second of a hundred days.
    let text = "count_over_time(sum_over_time(vector(time())[200d:1s])[100d:1s])";
    let options = Options { timeout: Duration::from_millis(200), ..Options::default() };
    let failed = failure(options, &MemorySource::default(), text, Range::Instant(1000 * DAY_MS));
    assert!(matches!(failed, QueryFailure::TimedOut), "{failed}");
}

#[test]
fn labels_of_labels_do_not_grow_without_end() {
    let start = "label_replace(vector(1), \"a\", \"xxxxxxxxxx\", \"\", \"\")".to_owned();
    let joined = format!("\"a\"{}", ", \"a\"".repeat(99));
    let join = (0..4).fold(start.clone(), |text, _| format!("label_join({text}, \"a\", \"\", {joined})"));
    let many = "$1".repeat(100);
    let replace = (0..4).fold(start, |text, _| format!("label_replace({text}, \"a\", \"{many}\", \"a\", \"(.*)\")"));
    for text in [join, replace] {
        let failed = failure(Options::default(), &MemorySource::default(), &text, Range::Instant(0));
        assert!(failed.to_string().contains("is longer than"), "{failed}");
    }
}

#[test]
fn what_is_done_is_not_held() {
    // Eleven thousand samples each, which are done when the next is asked for.
    let options = Options { samples_max: 60_000, ..Options::default() };
    let range = Range::Steps { start_ms: 0, end_ms: DAY_MS, step_ms: 86_400 };
    let all = ["0.5", "0.9", "0.95", "0.99", "0.999"].map(|share| format!("quantile({share}, x)"));
    let answer = ask(options, &source(10, 6000), &all.join(" or "), range).unwrap();
    assert!(answer.samples_peak < 20_000, "{}", answer.samples_peak);
}

#[test]
fn notices_are_bounded() {
    let answer = ask(
        Options::default(),
        &MemorySource::default(),
        "max_over_time(quantile(time(), vector(1))[1h:1s])",
        Range::Instant(DAY_MS),
    );
    let answer = answer.unwrap();
    assert_eq!(answer.annotations.texts(Severity::Warning, "").len(), 1000);
}

#[test]
fn high_trees_are_evaluated() {
    let source = source(2, 10);
    for more in [" + 1", " and x", " + on (instance) x"] {
        let text = format!("x{}", more.repeat(500));
        super::super::explain(&text).unwrap();
        ask(Options::default(), &source, &text, Range::Instant(60_000)).unwrap();
    }
    let text = format!("{}x{}", "abs(".repeat(120), ")".repeat(120));
    ask(Options::default(), &source, &text, Range::Instant(60_000)).unwrap();
}

#[test]
fn many_matches_of_one_end_in_time() {
    // One group of a thousand on both sides: which of them meet changes from step to step.
    let range = Range::Steps { start_ms: 0, end_ms: 60_000, step_ms: 60_000 };
    let text = "x * on () group_left () sum(x)";
    let answer = ask(Options::default(), &source(1000, 10), text, range).unwrap();
    assert!(matches!(answer.value, Value::Matrix(series) if series.len() == 1000));
}

#[test]
fn times_far_apart_are_fetched_apart() {
    let explained = super::super::explain("rate(x[5m]) / rate(x[5m] offset 1w) + rate(x[6m])").unwrap();
    assert!(explained.contains("#0 {__name__=\"x\"} after start - 6m until end\n"), "{explained}");
    assert!(explained.contains("#1 {__name__=\"x\"} after start - 7d5m until end - 1w\n"), "{explained}");
}

#[test]
fn absent_has_the_labels_that_are_certain() {
    let labels = |text: &str| match ask(Options::default(), &source(1, 1), text, Range::Instant(0)).unwrap().value {
        Value::Vector(samples) => samples[0].0.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(labels("absent(up{job!=\"\", job=\"api\"})"), "{job=\"api\"}");
    assert_eq!(labels("absent(up{job=\"api\", job=~\".+\"})"), "{}");
    assert_eq!(labels("absent(up{job=\"a\", job=\"b\", a=\"b\"})"), "{a=\"b\"}");
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
    let many = format!("x{{{}}}", "a=~\"b\",".repeat(257));
    let message = parse(&many, &all).unwrap_err().to_string();
    assert!(message.contains("more than 256 regular expressions"), "{message}");
    let replace = format!("label_replace(x, \"a\", \"b\", \"c\", \"{}\")", "(a{1000}){1000}");
    let failed = failure(Options::default(), &source(1, 1), &replace, Range::Instant(0));
    assert!(failed.to_string().contains("invalid regular expression in label_replace()"), "{failed}");
}

//! A real Prometheus is given the same series and asked the same. `SPANLOOM_PROMETHEUS` names one, else that of
//! `tests/setup.sh` is used, or that in `PATH`; `SPANLOOM_REQUIRE_CLIENTS=1` makes its absence a failure.
//!
//! Distributions carry Prometheus 2, whose windows are closed on both sides and which drops names at once. Samples lie at
//! half seconds here and queries ask for other fractions, so that nothing lies on the edge of a window; what differs
//! beside that is listed in [`Difference`].

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::super::engine::{Engine, Options, Range};
use super::super::sample::Series;
use super::super::source::MemorySource;
use super::answer::Evaluator;
use super::compare;
use super::random::{expression, stored};
use super::series;
use server::Prometheus;

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

/// Every family of functions at least once, over series that are always there.
const PICKED: [&str; 137] = [
    "demo_cpu_total",
    r#"demo_memory{type="used"}"#,
    r#"demo_memory{type!="used"}"#,
    r#"demo_memory{type=~"u.*|free"}"#,
    r#"demo_memory{type!~"used"} offset 1m"#,
    "demo_memory offset -30s",
    "demo_memory @ 400.337",
    "demo_memory @ start()",
    "demo_memory @ end() offset 1m",
    r#"{__name__="demo_memory"}"#,
    r#"{__name__=~"demo_.*", instance="a"}"#,
    "nonexistent",
    "sum(demo_memory)",
    "sum by (type) (demo_memory)",
    "sum without (instance) (demo_memory)",
    "avg by (instance) (demo_memory)",
    "min(demo_memory)",
    "max without (type) (demo_memory)",
    "count by (type) (demo_memory)",
    "group by (instance) (demo_memory)",
    "stddev by (type) (demo_memory)",
    "stdvar(demo_memory)",
    "topk(2, demo_memory)",
    "bottomk by (instance) (1, demo_memory)",
    "topk(0, demo_memory)",
    "quantile(0.3, demo_memory)",
    "quantile by (type) (0.95, demo_memory)",
    "quantile(1.5, demo_memory)",
    r#"count_values("value", demo_size)"#,
    r#"count_values by (instance) ("value", demo_size)"#,
    "rate(demo_cpu_total[1m])",
    "rate(demo_cpu_total[5m])",
    "rate(demo_cpu_total[20m])",
    "increase(demo_cpu_total[2m])",
    "delta(demo_memory[3m])",
    "irate(demo_cpu_total[1m])",
    "idelta(demo_memory[1m])",
    "deriv(demo_memory[5m])",
    "predict_linear(demo_memory[5m], 600)",
    "changes(demo_size[10m])",
    "resets(demo_memory[10m])",
    "sum_over_time(demo_memory[2m])",
    "avg_over_time(demo_memory[2m])",
    "min_over_time(demo_memory[2m])",
    "max_over_time(demo_memory[2m])",
    "count_over_time(demo_memory[2m])",
    "stddev_over_time(demo_memory[2m])",
    "stdvar_over_time(demo_memory[2m])",
    "quantile_over_time(0.7, demo_memory[3m])",
    "quantile_over_time(-1, demo_memory[3m])",
    "last_over_time(demo_memory[1m])",
    "present_over_time(demo_memory[1m])",
    "absent_over_time(demo_memory[1m])",
    r#"absent_over_time(nonexistent{a="b"}[1m])"#,
    "absent(demo_memory)",
    r#"absent(nonexistent{a="b", c=~"d"})"#,
    "absent(sum(nonexistent))",
    "abs(demo_signed)",
    "ceil(demo_memory / 7)",
    "floor(demo_memory / 7)",
    "round(demo_memory / 7)",
    "round(demo_memory / 7, 0.3)",
    "exp(demo_signed / 10)",
    "sqrt(demo_memory)",
    "ln(demo_memory)",
    "log2(demo_memory)",
    "log10(demo_signed)",
    "sgn(demo_signed)",
    "clamp(demo_signed, -2, 3)",
    "clamp_min(demo_signed, 1)",
    "clamp_max(demo_signed, 1)",
    "clamp(demo_signed, 3, -2)",
    "sin(demo_signed)",
    "cos(demo_signed)",
    "tan(demo_signed)",
    "asin(demo_signed / 20)",
    "acos(demo_signed / 20)",
    "atan(demo_signed)",
    "sinh(demo_signed)",
    "cosh(demo_signed)",
    "tanh(demo_signed)",
    "asinh(demo_signed)",
    "acosh(demo_memory)",
    "atanh(demo_signed / 20)",
    "deg(demo_signed)",
    "rad(demo_signed)",
    "pi()",
    "time()",
    "timestamp(demo_memory)",
    "timestamp(demo_memory * 1)",
    "vector(3)",
    "scalar(demo_single)",
    "scalar(demo_memory)",
    "minute()",
    "hour(demo_time)",
    "minute(demo_time)",
    "day_of_week(demo_time)",
    "day_of_month(demo_time)",
    "day_of_year(demo_time)",
    "days_in_month(demo_time)",
    "month(demo_time)",
    "year(demo_time)",
    r#"label_replace(demo_memory, "kind", "$1-x", "type", "(.*)e.*")"#,
    r#"label_replace(demo_memory, "type", "", "type", "used")"#,
    r#"label_join(demo_memory, "both", "/", "instance", "type")"#,
    "sort(demo_memory)",
    "sort_desc(demo_memory)",
    "histogram_quantile(0.5, demo_seconds_bucket)",
    "histogram_quantile(0.9, sum by (le) (rate(demo_seconds_bucket[5m])))",
    "histogram_quantile(0.99, sum by (instance, le) (rate(demo_seconds_bucket[1m])))",
    "histogram_quantile(-0.1, demo_seconds_bucket)",
    "histogram_quantile(1.1, demo_seconds_bucket)",
    "-demo_memory",
    "1 + 2 * 3 ^ 2 ^ 0.5 % 4",
    "demo_memory + 1",
    "2 ^ demo_signed",
    "demo_memory % 7",
    "demo_memory > 40",
    "40 < bool demo_memory",
    "demo_memory == demo_memory",
    "demo_signed != 0",
    "demo_memory / on (instance) group_left () demo_single",
    "demo_single * on (instance) group_right () demo_memory",
    "demo_memory * on (instance) group_left (version) demo_info",
    r#"demo_memory{type="used"} / ignoring (type) demo_memory{type="free"}"#,
    "sum by (instance) (demo_memory) atan2 sum by (instance) (demo_signed)",
    "demo_memory and on (instance) demo_single",
    "demo_memory or demo_single",
    r#"demo_memory unless on (type) demo_memory{type="used"}"#,
    "demo_memory + on (instance) demo_memory",
    "sum(demo_memory) / scalar(demo_single)",
    "rate(demo_cpu_total[1m])[5m:30s]",
    "max_over_time(rate(demo_cpu_total[1m])[5m:30s])",
    "avg_over_time((demo_memory > 20)[3m:])",
    "sum_over_time(demo_memory[2m:15s] offset 1m)",
    "min_over_time(sum(demo_memory)[4m:20s] @ 500.337)",
    "sum(rate(demo_cpu_total[5m])) by (mode) / ignoring (mode) group_left () sum(rate(demo_cpu_total[5m]))",
];

/// Samples every ten seconds for half an hour.
const PICKED_SERIES: [&str; 22] = [
    r#"demo_cpu_total{instance="a", mode="idle"} 500+3x180"#,
    r#"demo_cpu_total{instance="a", mode="user"} 700+1x90 5+2x90"#,
    r#"demo_cpu_total{instance="b", mode="idle"} 900+2x180"#,
    r#"demo_cpu_total{instance="b", mode="user"} 300+7x180"#,
    r#"demo_memory{instance="a", type="used"} 10+1x60 70-1x60 10+2x60"#,
    r#"demo_memory{instance="a", type="free"} 90-1x60 30+1x60 90-1x60"#,
    r#"demo_memory{instance="b", type="used"} 44x30 45+0.5x30 60x30 61-0.25x90"#,
    r#"demo_memory{instance="b", type="free"} 12.5x180"#,
    r#"demo_size{instance="a"} 1x10 2x10 1x20 3x140"#,
    r#"demo_size{instance="b"} 2x180"#,
    r#"demo_signed{instance="a"} -9+0.1x180"#,
    r#"demo_signed{instance="b"} 0x60 -1.5x60 NaN 2.5x60"#,
    r#"demo_single{instance="a"} 4x180"#,
    r#"demo_time{instance="a"} 1+86400x180"#,
    r#"demo_time{instance="b"} 951700000+8640000x180"#,
    r#"demo_info{instance="a", version="1"} 1x180"#,
    r#"demo_info{instance="b", version="2"} 1x180"#,
    r#"demo_seconds_bucket{instance="a", le="0.1"} 1000+1x180"#,
    r#"demo_seconds_bucket{instance="a", le="1"} 2000+3x180"#,
    r#"demo_seconds_bucket{instance="a", le="+Inf"} 3000+4x180"#,
    r#"demo_seconds_bucket{instance="b", le="0.1"} 500+2x180"#,
    r#"demo_seconds_bucket{instance="b", le="+Inf"} 600+5x180"#,
];

fn picked_series() -> MemorySource {
    let made = PICKED_SERIES.iter().map(|line| {
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
    for (at, text) in PICKED.iter().enumerate() {
        for range in ranges(at * 3 + 5) {
            tally.compare(&prometheus, &source, text, range);
        }
    }
    // Some ask for what is not there.
    tally.finish(2 * PICKED.len() - 14);
}

//! The runner fails what it must. The evaluator says always the same, whatever it is asked.

use std::sync::Arc;

use super::super::super::labels::Labels;
use super::super::super::sample::{Sample, Series};
use super::super::series;
use super::*;

/// Says what a script's line would: `a 1`, `error …`, `warn …`, `info …`, `scalar 1`, `string x`.
struct Parrot(&'static [&'static str]);

impl Evaluator for Parrot {
    fn ask(&self, _: &MemorySource, _: &str, range: Range) -> Result<Answered, String> {
        let mut answered = Answered { value: Value::Vector(Vec::new()), warnings: Vec::new(), infos: Vec::new() };
        let mut matrix = Vec::new();
        for line in self.0 {
            let (word, said) = line.split_once(' ').unwrap();
            match word {
                "error" => return Err(said.to_owned()),
                "warn" => answered.warnings.push(said.to_owned()),
                "info" => answered.infos.push(said.to_owned()),
                "scalar" => {
                    answered.value = Value::Scalar { time_ms: 0, value: said.parse().unwrap() };
                    matrix.push(points(Labels::default(), &[series::Item::Float(said.parse().unwrap())], range));
                }
                "string" => answered.value = Value::String { time_ms: 0, value: said.to_owned() },
                _ => {
                    let description = series::parse(line).unwrap();
                    matrix.push(points(description.labels, &description.items, range));
                }
            }
        }
        match (range, &mut answered.value) {
            (Range::Instant(time_ms), Value::Vector(samples)) => {
                samples.extend(matrix.into_iter().map(|series| (series.labels.clone(), time_ms, first(&series))));
            }
            (Range::Steps { .. }, value) => *value = Value::Matrix(matrix),
            _ => {}
        }
        Ok(answered)
    }
}

fn first(series: &Series) -> Sample {
    compare::points(series).next().unwrap().1
}

/// One value per step; the last one goes on.
fn points(labels: Labels, items: &[series::Item], range: Range) -> Series {
    let (start_ms, end_ms, step_ms) = match range {
        Range::Instant(time_ms) => (time_ms, time_ms, 1),
        Range::Steps { start_ms, end_ms, step_ms } => (start_ms, end_ms, step_ms),
    };
    let mut series = Series { labels, ..Series::default() };
    for (at, time_ms) in (start_ms..=end_ms).step_by(step_ms as usize).enumerate() {
        match &items[at.min(items.len() - 1)] {
            series::Item::Gap => {}
            series::Item::Float(value) => series.floats.push(time_ms, *value),
            series::Item::Histogram { histogram, .. } => series.histograms.push(time_ms, histogram.clone()),
        }
    }
    series
}

/// What failed of one eval, empty when it passes.
fn failure(script: &str, says: &'static [&'static str]) -> String {
    let outcomes = run(script, &Parrot(says), None).unwrap();
    assert_eq!(outcomes.len(), 1);
    outcomes[0].failures.first().map_or_else(String::new, |failure| format!("{}: {}", failure.mode, failure.what))
}

fn passes(script: &str, says: &'static [&'static str]) {
    assert_eq!(failure(script, says), "", "{script}");
}

fn fails(script: &str, says: &'static [&'static str], why: &str) {
    let failure = failure(script, says);
    assert!(failure.contains(why), "{script}: {failure:?} and not {why:?}");
}

#[test]
fn values_and_series_must_be_the_expected_ones() {
    passes("eval instant at 1m a\n a 1\n b 2", &["a 1", "b 2.0000001"]);
    fails("eval instant at 1m a\n a 1", &["a 1.00001"], "expected {__name__=\"a\"} 1, got 1.00001");
    fails("eval instant at 1m a\n a 0", &["a 1e-300"], "expected {__name__=\"a\"} 0");
    fails("eval instant at 1m a\n a NaN", &["a 1"], "NaN");
    fails("eval instant at 1m a\n a stale", &["a NaN"], "NaN");
    fails("eval instant at 1m a\n a 1", &["a 1", "b 1"], "unexpected {__name__=\"b\"}");
    fails("eval instant at 1m a\n a 1", &["a 1", "a 1"], "twice");
    fails("eval instant at 1m a\n a 1\n b 1", &["a 1"], "it is not there");
    fails("eval instant at 1m a\n a 1", &["a {{count:1}}"], "count:1");
    fails("eval instant at 1m a", &["a 1"], "unexpected");
    fails("eval instant at 1m a\n a 1", &["scalar 1"], "got scalar");
    fails("eval instant at 1m a\n 1", &["a 1"], "got vector");
    fails("eval instant at 1m 1\n 1", &["scalar 2"], "expected scalar 1, got 2");
    passes("eval instant at 1m 1\n 1", &["scalar 1"]);
}

#[test]
fn strings_are_compared_and_asked_for_at_one_time() {
    passes("eval instant at 1m \"a\"\n expect string \"a\"", &["string a"]);
    fails("eval instant at 1m \"a\"\n expect string \"b\"", &["string a"], "expected string \"b\"");
}

#[test]
fn order_counts_where_it_is_expected() {
    passes("eval_ordered instant at 1m a\n a 1\n b 2", &["a 1", "b 2"]);
    fails("eval_ordered instant at 1m a\n a 1\n b 2", &["b 2", "a 1"], "expected {__name__=\"b\"} at 1, it is at 0");
    fails("eval instant at 1m a\n expect ordered\n a 1\n b 2", &["b 2", "a 1"], "at 0");
    fails("eval instant at 1m a\n a 1\n b 2", &["b 2", "a 1"], "as a range around 60000 ms: series are not sorted");
}

#[test]
fn ranges_have_their_values_at_their_steps() {
    let script = "eval range from 0 to 2m step 1m a\n a 1 _ 3";
    passes(script, &["a 1 _ 3"]);
    fails(script, &["a 1 2 3"], "expected 3 at 120000 ms, got 2 at 60000 ms");
    fails(script, &["a 1 _ _"], "expected 2 values, got 1");
    fails(script, &["a 1 _ {{}}"], "expected 3 at 120000 ms");
    fails(script, &["b 1 _ 3"], "unexpected");
    fails(script, &["b 1 _ 3", "a 1 _ 3"], "not sorted");
    fails("eval range from 0 to 1m step 1m a\n a 1 1 1", &["a 1"], "of fewer steps");
}

#[test]
fn histograms_differ_in_what_they_say() {
    let script = "eval instant at 1m a\n a {{schema:1 sum:3 count:4 offset:2 buckets:[1 0 3]}}";
    passes(script, &["a {{schema:1 sum:3.0000001 count:4 offset:1 buckets:[0 1 0 3]}}"]);
    passes(script, &["a {{schema:1 sum:3 count:4 offset:2 buckets:[1 0 3] counter_reset_hint:gauge}}"]);
    for wrong in [
        &["a {{schema:0 sum:3 count:4 offset:2 buckets:[1 0 3]}}"],
        &["a {{schema:1 sum:4 count:4 offset:2 buckets:[1 0 3]}}"],
        &["a {{schema:1 sum:3 count:5 offset:2 buckets:[1 0 3]}}"],
        &["a {{schema:1 sum:3 count:4 offset:1 buckets:[1 0 3]}}"],
        &["a {{schema:1 sum:3 count:4 offset:2 buckets:[1 0 3 1]}}"],
        &["a {{schema:1 sum:3 count:4 offset:2 buckets:[1 0 3] z_bucket:1}}"],
        &["a {{schema:1 sum:3 count:4 offset:2 buckets:[1 0 3] z_bucket_w:1}}"],
        &["a {{schema:1 sum:3 count:4 offset:2 buckets:[1 0 3] n_buckets:[1]}}"],
        &["a 3"],
    ] {
        fails(script, wrong, "expected {__name__=\"a\"} {{schema:1");
    }
    let hinted = "eval instant at 1m a\n a {{count:1 counter_reset_hint:gauge}}";
    fails(hinted, &["a {{count:1}}"], "counter_reset_hint:unknown");
    passes(hinted, &["a {{count:1 counter_reset_hint:gauge}}"]);
    let custom = "eval instant at 1m a\n a {{schema:-53 count:1 custom_values:[1 2] buckets:[1]}}";
    fails(custom, &["a {{schema:-53 count:1 custom_values:[1 3] buckets:[1]}}"], "custom_values:[1.0, 3.0]");
}

#[test]
fn errors_must_be_the_expected_ones() {
    passes("eval_fail instant at 1m a", &["error x"]);
    passes("eval_fail instant at 1m a\n expected_fail_message x y", &["error x y"]);
    fails("eval_fail instant at 1m a\n expected_fail_message x", &["error x y"], "expected the error");
    passes("eval_fail instant at 1m a\n expected_fail_regexp x.*z", &["error 1 x y z 1"]);
    fails("eval_fail instant at 1m a\n expected_fail_regexp x.z", &["error x y z"], "expected the error");
    passes("eval instant at 1m a\n expect fail msg: x", &["error x"]);
    fails("eval instant at 1m a\n expect fail regex: ^y", &["error x"], "expected the error");
    fails("eval instant at 1m a\n expect fail", &["a 1"], "expected a failure");
    fails("eval instant at 1m a", &["error x"], "failed: x");
    fails("eval range from 0 to 1m step 1m a", &["error x"], "failed: x");
}

#[test]
fn notices_must_be_the_expected_ones() {
    passes("eval instant at 1m a\n a 1", &["a 1", "warn x", "info y"]);
    passes("eval_warn instant at 1m a\n a 1", &["a 1", "warn x"]);
    fails("eval_warn instant at 1m a\n a 1", &["a 1", "info x"], "expected a warning");
    fails("eval_info instant at 1m a\n a 1", &["a 1", "warn x"], "expected a info");
    passes("eval instant at 1m a\n expect warn\n a 1", &["a 1", "warn x", "warn y"]);
    fails("eval instant at 1m a\n expect warn\n a 1", &["a 1"], "expected the warning");
    fails("eval instant at 1m a\n expect warn msg: x\n a 1", &["a 1", "warn x", "warn y"], "unexpected warning \"y\"");
    fails("eval instant at 1m a\n expect warn msg: x\n a 1", &["a 1", "warn y"], "expected the warning");
    fails("eval instant at 1m a\n expect info regex: ^x\n a 1", &["a 1", "info yx"], "expected the info");
    fails("eval instant at 1m a\n expect no_warn\n a 1", &["a 1", "warn x"], "expected no warning");
    fails("eval instant at 1m a\n expect no_info\n a 1", &["a 1", "info x"], "expected no info");
}

#[test]
fn scripts_that_say_nothing_clear_are_refused() {
    for (script, why) in [
        ("evil", "line 1: invalid command"),
        ("\nload x\n", "line 2: invalid duration"),
        ("load 1m\n a 1\n a{ 1\n", "line 3"),
        ("load 1m\n a@st 0\n b 1\n", "of another series"),
        ("load 1m\n a@st 0 0\n a 1\n", "2 starts of 1 samples"),
        ("load 1m\n a@st 0 0\n\n", "followed by no samples"),
        ("eval instant at 1m a\n a 1 2", "one value, not 2"),
        ("eval instant a\n a 1", "invalid evaluation command"),
        ("eval range from 2m to 1m step 1m a\n", "before"),
        ("eval instant at 1m a\n expect nothing\n", "invalid expect statement"),
        ("eval instant at 1m a\n expect warn\n expect no_warn\n", "at once"),
        ("eval instant at 1m a\n expect fail\n expect fail\n", "only once"),
        ("eval instant at 1m a\n expect string x\n", "not valid"),
    ] {
        let error = script::parse(script).expect_err(script);
        assert!(error.contains(why), "{script:?}: {error}");
    }
    let twice = run("load 1m\n a 1\n\nload 1m\n a 2\n", &Parrot(&[]), None).expect_err("two values");
    assert!(twice.contains("two values"), "{twice}");
}

/// What the stored series are at the time of a query.
struct Recorder(std::sync::Mutex<Vec<Vec<Arc<Series>>>>);

impl Evaluator for Recorder {
    fn ask(&self, source: &MemorySource, _: &str, _: Range) -> Result<Answered, String> {
        self.0.lock().unwrap().push(source.series.clone());
        Ok(Answered { value: Value::Vector(Vec::new()), warnings: Vec::new(), infos: Vec::new() })
    }
}

fn stored(loads: &str) -> Vec<Arc<Series>> {
    let recorder = Recorder(std::sync::Mutex::default());
    run(&format!("{loads}\n\neval instant at 0 a"), &recorder, None).unwrap();
    recorder.0.into_inner().unwrap().remove(0)
}

#[test]
fn loads_add_up_until_all_is_cleared() {
    let series =
        stored("load 1m\n a 1 _ 3\n\nload 30s\n a 1 2\n b 4\n\nclear\n\nload 1m\n a 1 2\n\nload 30s\n a _ 5\n b 1");
    assert_eq!(series.len(), 2);
    assert_eq!(series[0].floats.times_ms, [0, 30_000, 60_000]);
    assert_eq!(series[0].floats.values, [1.0, 5.0, 2.0]);
    assert!(series[0].floats.starts_ms.is_empty());
    let series = stored("load 1m\n a@st -10s _\n a 1 2\n @st 0\n b 1 1");
    assert_eq!(series[0].floats.starts_ms, [-10_000, 0]);
    assert_eq!(series[1].floats.starts_ms, [0, 60_000]);
}

#[test]
fn hints_are_those_of_storage() {
    use super::super::super::histogram::ResetHint::{Gauge, NotReset, Unknown};
    let hints = |items: &str| -> Vec<_> {
        let series = stored(&format!("load 1m\n a {items}"));
        series[0].histograms.values.iter().map(|histogram| histogram.hint).collect()
    };
    assert_eq!(hints("{{count:1}}x2"), [Unknown, NotReset, NotReset]);
    assert_eq!(hints("{{count:2}} {{count:1}} {{count:1}}"), [Unknown, Unknown, NotReset]);
    assert_eq!(hints("{{count:1}} {{count:1 counter_reset_hint:reset}}"), [Unknown, Unknown]);
    assert_eq!(hints("{{count:1}} {{count:1 counter_reset_hint:gauge}} {{count:1}}"), [Unknown, Gauge, Unknown]);
    assert_eq!(hints("{{buckets:[1 2]}} {{buckets:[2 1]}}"), [Unknown, Unknown]);
    assert_eq!(hints("{{schema:1}} {{schema:2}}"), [Unknown, Unknown]);
    assert_eq!(hints("{{count:1}} stale {{count:1}}"), [Unknown, Unknown, Unknown]);
    assert_eq!(hints("{{count:1}} 1 {{count:1}}"), [Unknown, Unknown]);
}

#[test]
fn classic_histograms_are_loaded_as_native_ones_too() {
    let series = stored(
        "load_with_nhcb 1m\n a_bucket{b=\"c\", le=\"1\"} 1 2\n a_bucket{b=\"c\", le=\"+Inf\"} 3 4\n a_sum{b=\"c\"} 5 6",
    );
    let native = series.iter().find(|series| series.labels.metric() == "a").unwrap();
    assert_eq!(native.labels.to_string(), r#"{__name__="a", b="c"}"#);
    let texts: Vec<_> = native.histograms.values.iter().map(|histogram| series::histogram::text(histogram)).collect();
    assert_eq!(
        texts,
        [
            "{{schema:-53 count:3 sum:5 custom_values:[1.0] buckets:{0: 1.0, 1: 2.0} counter_reset_hint:unknown}}",
            "{{schema:-53 count:4 sum:6 custom_values:[1.0] buckets:{0: 2.0, 1: 2.0} counter_reset_hint:not_reset}}",
        ]
    );
    assert_eq!(series.len(), 4);
}

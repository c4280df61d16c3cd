use spanloom_store::value::Value;

use super::world::{self, SECOND_NS, TestSpan, ask, batch, labels_text, steps};
use crate::trace_metrics::Bounds;
use crate::trace_metrics::answer::MetricsAnswer;
use crate::traceql::plan::metrics::ExemplarsHint;

fn span(id: i64, second: i64, service: &str, n: i64) -> TestSpan {
    TestSpan {
        id,
        start_ns: second * SECOND_NS,
        duration_ns: n * SECOND_NS,
        service: Some(service.to_owned()),
        attributes: [("n".to_owned(), Value::Int(n))].into(),
        ..TestSpan::default()
    }
}

/// Trace 2 at 5 s, trace 3 at 15 s, trace 4 with zeros at 16 s.
fn spans() -> [TestSpan; 3] {
    [span(10, 5, "a", 4), span(20, 15, "b", 8), span(30, 16, "c", 0)]
}

fn answered(query: &str, exemplars_max: usize) -> MetricsAnswer {
    let bounds = Bounds { exemplars_max, ..Bounds::default() };
    ask(&world::plan(query).unwrap(), steps(10, 20, 10), bounds, &[batch(&spans())])
}

/// Exemplars of all series, each as `second=value labels`.
fn check(query: &str, expected: &[&str]) {
    let answered = answered(query, 10);
    let exemplars = answered.series.iter().flat_map(|series| &series.exemplars);
    let said: Vec<String> = exemplars
        .map(|one| {
            let labels = labels_text(&one.labels).replace(&"0".repeat(31), "");
            format!("{}={} {labels}", one.time_ms / 1000, one.value)
        })
        .collect();
    assert_eq!(said, expected, "{query}");
}

#[test]
fn spans_without_a_number_lie_on_the_line() {
    check("{ } | rate()", &[r#"5=0.1 {trace:id="2"}"#, r#"15=0.2 {trace:id="3"}"#, r#"16=0.2 {trace:id="4"}"#]);
    check(
        "{ } | count_over_time() by (resource.service.name)",
        &[
            r#"5=1 {trace:id="2", resource.service.name="a"}"#,
            r#"15=1 {trace:id="3", resource.service.name="b"}"#,
            r#"16=1 {trace:id="4", resource.service.name="c"}"#,
        ],
    );
}

#[test]
fn others_have_their_own_number_and_zero_is_none() {
    let of_each = [r#"5=4 {trace:id="2"}"#, r#"15=8 {trace:id="3"}"#];
    for function in ["min", "max", "sum", "avg"] {
        check(&format!("{{ }} | {function}_over_time(span.n)"), &of_each);
        check(&format!("{{ }} | {function}_over_time(duration)"), &of_each);
    }
    let quantiles = [r#"5=4 {trace:id="2", p=0.5}"#, r#"15=8 {trace:id="3", p=0.5}"#];
    check("{ } | quantile_over_time(duration, .5, .9)", &quantiles);
    check(
        "{ } | histogram_over_time(span.n)",
        &[r#"5=4 {trace:id="2", __bucket=4.0}"#, r#"15=8 {trace:id="3", __bucket=8.0}"#],
    );
}

#[test]
fn exemplars_stay_with_their_point() {
    check("{ } | rate() > 0.15", &[r#"15=0.2 {trace:id="3"}"#, r#"16=0.2 {trace:id="4"}"#]);
    check(
        "{ } | max_over_time(span.n) by (resource.service.name) | topk(1)",
        &[r#"5=4 {trace:id="2", resource.service.name="a"}"#, r#"15=8 {trace:id="3", resource.service.name="b"}"#],
    );
    check("({ } | rate()) * 2", &[]);
    check("{ } | compare({ })", &[]);
}

#[test]
fn there_are_no_more_than_there_may_be() {
    for exemplars_max in [0, 1, 2, 3] {
        let answered = answered("{ } | rate()", exemplars_max);
        assert!(answered.series[0].exemplars.len() <= exemplars_max);
        assert_eq!(answered.series[0].exemplars.is_empty(), exemplars_max == 0);
    }
}

#[test]
fn hints_say_how_many() {
    let hint = |hints: &str| world::plan(&format!("{{ }} | rate() {hints}")).unwrap().exemplars;
    assert_eq!(hint(""), ExemplarsHint::Unsaid);
    assert_eq!(hint("with(sample=true)"), ExemplarsHint::Unsaid);
    assert_eq!(hint("with(exemplars=true)"), ExemplarsHint::On);
    assert_eq!(hint("with(exemplars=false)"), ExemplarsHint::Off);
    assert_eq!(hint("with(exemplars=0)"), ExemplarsHint::Off);
    assert_eq!(hint("with(exemplars=-1)"), ExemplarsHint::Off);
    assert_eq!(hint("with(exemplars=5)"), ExemplarsHint::AtMost(5));
    assert_eq!(hint("with(exemplars=\"x\")"), ExemplarsHint::Unsaid);
    assert_eq!(hint("with(exemplars=5) with(exemplars=7)"), ExemplarsHint::AtMost(7));
}

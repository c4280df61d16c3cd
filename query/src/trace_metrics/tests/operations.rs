use std::collections::BTreeMap;

use proptest::prelude::*;
use spanloom_store::ledger::{Exemplar, Outcome, Weight};
use spanloom_store::schema::operations::{
    OperationColumns, OperationKey, OperationRow, OperationValues, OperationsBuilder,
};
use spanloom_store::{SpanId, TraceId};

use super::world::{self, SECOND_NS, TestSpan, batch, labels_text, series_text, steps};
use crate::trace_metrics::operations::{OperationsPlan, WINDOW_NS, from_operations};
use crate::trace_metrics::{Bounds, MetricSeries, MetricsAccumulator, MetricsError, Steps};

/// What the ledger keeps of spans.
fn rows(spans: &[TestSpan]) -> Vec<OperationRow> {
    let mut rows: BTreeMap<OperationKey, OperationValues> = BTreeMap::new();
    for span in spans {
        let key = OperationKey {
            window_ns: (span.start_ns + span.duration_ns).div_euclid(WINDOW_NS) * WINDOW_NS,
            cluster: None,
            namespace: None,
            service: span.service.as_deref().map(Into::into),
            operation: (!span.name.is_empty()).then(|| span.name.as_str().into()),
            kind: span.kind,
            status_code: span.status_code,
        };
        let values = rows.entry(key).or_default();
        values.count += Weight::ONE;
        values.latency.record(span.duration_ns, Weight::ONE);
        values.exemplars.record(Exemplar {
            trace_id: TraceId::from_halves(0, span.id / 10 + 1),
            span_id: SpanId::from_int(span.id),
            duration_ns: span.duration_ns,
            outcome: Outcome::Ok,
        });
    }
    rows.into_iter().map(|(key, values)| OperationRow { key, values }).collect()
}

/// Counts rows in two batches.
fn observe(
    accumulator: &mut MetricsAccumulator,
    plan: &OperationsPlan,
    rows: &[OperationRow],
) -> Result<(), MetricsError> {
    let (first, rest) = rows.split_at(rows.len() / 2);
    for rows in [first, rest] {
        let mut builder = OperationsBuilder::default();
        rows.iter().for_each(|row| builder.append(&row.key, &row.values));
        accumulator.observe_operations(plan, &OperationColumns::new(&builder.finish())?)?;
    }
    Ok(())
}

fn from_rows(query: &str, steps: Steps, spans: &[TestSpan]) -> Result<Vec<MetricSeries>, MetricsError> {
    let plan = world::plan(query).unwrap();
    let part = &plan.parts[0];
    let operations = from_operations(part, &steps).unwrap_or_else(|| panic!("{query}"));
    let mut accumulator = MetricsAccumulator::new(part.clone(), steps, Bounds::default());
    observe(&mut accumulator, &operations, &rows(spans))?;
    accumulator.finish()
}

fn from_spans(query: &str, steps: Steps, spans: &[TestSpan]) -> Vec<MetricSeries> {
    let plan = world::plan(query).unwrap();
    world::accumulated(&plan.parts[0], steps, Bounds::default(), &[batch(spans)]).unwrap().finish().unwrap()
}

fn is_answered(query: &str, steps: Steps) -> bool {
    from_operations(&world::plan(query).unwrap().parts[0], &steps).is_some()
}

#[test]
fn what_asks_for_keys_and_durations_alone_is_answered() {
    let minutes = steps(60, 600, 60);
    for query in [
        "{ } | rate()",
        "{ true && true } | count_over_time()",
        "{ kind = server && true } | rate()",
        r#"{ resource.service.name = "a" } | { status = error } | rate() by (name)"#,
        r#"{ resource.service.name =~ "a|b" && !(name = "x") || nil != name } | rate() by (status, kind)"#,
        "{ resource.service.name != nil } | quantile_over_time(duration, .9) by (resource.service.name)",
        "{ } | histogram_over_time(duration)",
        "{ } | avg_over_time(duration)",
        "{ } | max_over_time(duration) by (kind)",
    ] {
        assert!(is_answered(query, minutes), "{query}");
    }
}

#[test]
fn what_asks_for_more_is_not() {
    let minutes = steps(60, 600, 60);
    for query in [
        "{ nestedSetParent < 0 } | rate()",
        "{ duration > 1s } | rate()",
        "{ .service.name = \"a\" } | rate()",
        "{ span.service.name = \"a\" } | rate()",
        "{ resource.service.name = .x } | rate()",
        "{ statusMessage = \"x\" } | rate()",
        "{ } | rate() by (rootName)",
        "{ } | rate() by (resource.k8s.namespace.name)",
        "{ } | rate() by (.service.name)",
        "{ } | sum_over_time(span.n)",
        "{ } | sum_over_time(traceDuration)",
        "{ } | compare({ status = error })",
        "{ } >> { } | rate()",
        "{ } | count() > 1 | rate()",
        "{ } | select(name) | rate()",
    ] {
        assert!(!is_answered(query, minutes), "{query}");
    }
}

#[test]
fn intervals_have_to_be_whole_minutes() {
    assert!(is_answered("{ } | rate()", steps(60, 600, 120)));
    assert!(!is_answered("{ } | rate()", steps(60, 600, 15)));
    assert!(!is_answered("{ } | rate()", steps(60, 600, 90)));
    let instant =
        |start_s: i64, end_s: i64| Steps::instant(start_s * SECOND_NS, end_s * SECOND_NS, world::DAY).unwrap();
    assert!(is_answered("{ } | rate()", instant(60, 600)));
    assert!(!is_answered("{ } | rate()", instant(61, 601)));
    assert!(!is_answered("{ } | rate()", instant(60, 601)));
}

fn span(id: i64, second: i64, name: &str) -> TestSpan {
    TestSpan {
        id,
        start_ns: second * SECOND_NS,
        duration_ns: id * SECOND_NS / 10,
        service: Some("a".to_owned()),
        name: name.to_owned(),
        ..TestSpan::default()
    }
}

#[test]
fn a_minute_counts_in_the_interval_that_begins_with_it() {
    let spans = [span(1, 60, "x"), span(2, 119, "x"), span(3, 120, "y")];
    let series = from_rows("{ } | count_over_time() by (name)", steps(120, 180, 60), &spans).unwrap();
    let said: Vec<String> = series.iter().map(series_text).collect();
    assert_eq!(said, [r#"{name="x"} 120=2 180=0"#, r#"{name="y"} 120=0 180=1"#]);
}

#[test]
fn names_that_the_table_did_not_keep_are_left_to_the_spans() {
    let spans = [span(1, 61, "x"), span(2, 62, "")];
    let minutes = steps(120, 180, 60);
    for query in ["{ } | rate() by (name)", "{ name = \"x\" } | rate()", "{ status = ok && name != nil } | rate()"] {
        assert_eq!(from_rows(query, minutes, &spans), Err(MetricsError::NameNotKept), "{query}");
    }
    assert!(from_rows("{ } | rate()", minutes, &spans).is_ok());
    // A row outside of the range spoils nothing.
    assert!(from_rows("{ } | rate() by (name)", steps(600, 660, 60), &spans).is_ok());
}

#[test]
fn calls_that_were_not_sampled_count() {
    let mut rows = rows(&[span(10, 61, "x")]);
    rows[0].values.count = Weight::new(4.0);
    rows[0].values.latency = Default::default();
    rows[0].values.latency.record(SECOND_NS, Weight::new(4.0));
    let check = |query: &str, expected: &str| {
        let part = &world::plan(query).unwrap().parts[0];
        let minutes = steps(120, 180, 60);
        let plan = from_operations(part, &minutes).unwrap();
        let mut accumulator = MetricsAccumulator::new(part.clone(), minutes, Bounds::default());
        observe(&mut accumulator, &plan, &rows[..1]).unwrap();
        assert_eq!(accumulator.finish().unwrap().iter().map(series_text).collect::<Vec<_>>(), [expected]);
    };
    check("{ } | count_over_time()", r#"{__name__="count_over_time"} 120=4 180=0"#);
    check("{ } | sum_over_time(duration)", r#"{__name__="sum_over_time"} 120=4"#);
    check("{ } | avg_over_time(duration)", r#"{__name__="avg_over_time"} 120=1"#);
    check("{ } | histogram_over_time(duration)", "{__bucket=1.073741824} 120=4 180=0");
}

#[test]
fn exemplars_are_those_of_the_table() {
    let series = from_rows("{ } | max_over_time(duration)", steps(120, 180, 60), &[span(10, 61, "x")]).unwrap();
    let exemplar = &series[0].exemplars[0];
    assert_eq!((exemplar.time_ms, exemplar.value), (90_000, 1.0));
    assert_eq!(labels_text(&exemplar.labels), format!("{{trace:id=\"{:032x}\"}}", 2));
}

fn spans() -> impl Strategy<Value = Vec<TestSpan>> {
    // A span begins and ends inside of one minute.
    let span = (
        0..4_i64,
        1..30 * SECOND_NS,
        prop_oneof![0..4_i64, 0..30 * SECOND_NS],
        0..3_usize,
        0..2_usize,
        0..3_i32,
        0..6_i32,
    );
    let span = span.prop_map(|(minute, offset_ns, duration_ns, service, name, status_code, kind)| TestSpan {
        start_ns: minute * WINDOW_NS + offset_ns,
        duration_ns,
        service: [None, Some("a"), Some("b")][service].map(str::to_owned),
        name: ["x", "y"][name].to_owned(),
        kind,
        status_code,
        ..TestSpan::default()
    });
    prop::collection::vec(span, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn unsampled_spans_of_whole_minutes_give_the_same_series(
        spans in spans(),
        filter in prop::sample::select(&[
            "{ }", "{ status = error }", "{ kind != server }", r#"{ resource.service.name = "a" }"#,
            r#"{ resource.service.name != "a" && name =~ "x|z" }"#, r#"{ !(resource.service.name = "a") }"#,
            "{ resource.service.name != nil || status = ok }",
        ][..]),
        function in prop::sample::select(&[
            "rate()", "count_over_time()", "min_over_time(duration)", "max_over_time(duration)",
            "sum_over_time(duration)", "avg_over_time(duration)", "histogram_over_time(duration)", "quantile_over_time(duration, 0, .5, .9, 1)",
        ][..]),
        by in prop::sample::select(&["", "by (resource.service.name)", "by (status, name)", "by (kind)"][..]),
        step_s in prop::sample::select(&[60, 120][..]),
    ) {
        let query = format!("{filter} | {function} {by}");
        let steps = steps(60, 240, step_s);
        let points = |series: Vec<MetricSeries>| -> Vec<_> {
            series.into_iter().map(|series| (series.labels, series.points)).collect()
        };
        let (told, exact) = (from_rows(&query, steps, &spans).unwrap(), from_spans(&query, steps, &spans));
        prop_assert_eq!(points(told), points(exact), "{}", query);
    }
}

use std::collections::BTreeMap;

use spanloom_store::value::Value;

use super::world::{self, SECOND_NS, TestSpan, accumulated, ask, batch, series_text, steps};
use crate::trace_metrics::{Bounds, MetricSeries, MetricsError};

fn span(id: i64, attributes: &[(&str, Value<'static>)]) -> TestSpan {
    let attributes = attributes.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    TestSpan { id, start_ns: SECOND_NS, attributes, ..TestSpan::default() }
}

fn text(text: &str) -> Value<'static> {
    Value::String(text.to_owned().into())
}

/// The series of one attribute, over one interval.
fn check(query: &str, spans: &[TestSpan], attribute: &str, expected: &[&str]) {
    let answered = ask(&world::plan(query).unwrap(), steps(1, 10, 10), Bounds::default(), &[batch(spans)]);
    let is_of_attribute = |series: &&MetricSeries| series.labels.iter().any(|(name, _)| name == attribute);
    let series: Vec<String> = answered.series.iter().filter(is_of_attribute).map(series_text).collect();
    let series: Vec<&str> = series.iter().map(|text| text.as_str().trim_end_matches(" 0=0")).collect();
    let expected: Vec<String> = expected.iter().map(|text| text.replace("|", " 0=0 10=")).collect();
    let series: Vec<&str> = series.iter().map(|text| text.trim()).collect();
    assert_eq!(series, expected, "{query}");
}

#[test]
fn an_attribute_with_a_column_is_counted_once_whatever_its_type_was() {
    let spans = [
        span(1, &[("http.status_code", text("503")), ("rpc.method", Value::Int(7))]),
        span(2, &[("http.status_code", Value::Int(503)), ("rpc.method", text("7"))]),
        span(3, &[("http.status_code", text("none")), ("http.route", Value::Array(vec![Value::Int(1)]))]),
    ];
    let query = "{ } | compare({ false })";
    check(
        query,
        &spans,
        "span.http.status_code",
        &[
            r#"{__meta_type="baseline", span.http.status_code="503"}|2"#,
            r#"{__meta_type="baseline", span.http.status_code="none"}|1"#,
            r#"{__meta_type="baseline_total", span.http.status_code="nil"}|3"#,
        ],
    );
    check(
        query,
        &spans,
        "span.rpc.method",
        &[
            r#"{__meta_type="baseline", span.rpc.method="7"}|2"#,
            r#"{__meta_type="baseline_total", span.rpc.method="nil"}|2"#,
        ],
    );
    check(
        query,
        &spans,
        "span.http.route",
        &[
            r#"{__meta_type="baseline", span.http.route="[1]"}|1"#,
            r#"{__meta_type="baseline_total", span.http.route="nil"}|1"#,
        ],
    );
}

#[test]
fn the_same_key_of_span_and_resource_is_two_attributes() {
    let mut both = span(1, &[("x", text("s"))]);
    both.resource = BTreeMap::from([("x".to_owned(), text("r"))]);
    for (attribute, value) in [("span.x", "s"), ("resource.x", "r")] {
        check(
            "{ } | compare({ })",
            &[both.clone()],
            attribute,
            &[
                &format!("{{__meta_type=\"selection\", {attribute}=\"{value}\"}}|1"),
                &format!("{{__meta_type=\"selection_total\", {attribute}=\"nil\"}}|1"),
            ],
        );
    }
}

#[test]
fn a_name_that_needs_quotes_is_written_as_a_query_writes_it() {
    check(
        "{ } | compare({ })",
        &[span(1, &[("a b", text("x"))])],
        "span.\"a b\"",
        &[
            "{__meta_type=\"selection\", span.\"a b\"=\"x\"}|1",
            "{__meta_type=\"selection_total\", span.\"a b\"=\"nil\"}|1",
        ],
    );
}

#[test]
fn more_values_than_are_shown_are_said_with_the_spans_that_have_them() {
    let spans: Vec<TestSpan> = [("a", 3), ("b", 2), ("c", 1)]
        .into_iter()
        .flat_map(|(value, count)| (0..count).map(move |_| span(1, &[("x", text(value))])))
        .collect();
    check(
        "{ } | compare({ false }, 2)",
        &spans,
        "span.x",
        &[
            r#"{__meta_type="baseline", span.x="a"}|3"#,
            r#"{__meta_type="baseline", span.x="b"}|2"#,
            r#"{__meta_type="baseline_total", span.x="nil"}|6"#,
            r#"{__meta_error="__too_many_values__", span.x="nil"}|1"#,
        ],
    );
    check(
        "{ } | compare({ false }, 3)",
        &spans,
        "span.x",
        &[
            r#"{__meta_type="baseline", span.x="a"}|3"#,
            r#"{__meta_type="baseline", span.x="b"}|2"#,
            r#"{__meta_type="baseline", span.x="c"}|1"#,
            r#"{__meta_type="baseline_total", span.x="nil"}|6"#,
        ],
    );
}

#[test]
fn ids_do_not_make_it_grow_and_what_is_frequent_is_found_among_them() {
    let id = |id: i64| span(id, &[("request", text(&format!("{id:08}"))), (&format!("key{id}"), text("v"))]);
    let frequent = |i: i64| span(i, &[("request", text("frequent"))]);
    let spans: Vec<TestSpan> =
        (0..20_000).map(|i| if i > 10_000 && i % 10 == 0 { frequent(i) } else { id(i) }).collect();
    let plan = world::plan("{ } | compare({ }, 1)").unwrap();
    let batches: Vec<_> = spans.chunks(1000).map(batch).collect();
    let accumulator = accumulated(&plan.parts[0], steps(1, 10, 10), Bounds::default(), &batches).unwrap();
    assert!(accumulator.size_bytes() < 4 << 20, "{} bytes", accumulator.size_bytes());
    let series = accumulator.finish().unwrap();
    let of_request: Vec<String> =
        series.iter().filter(|series| series.labels[1].0 == "span.request").map(series_text).collect();
    assert_eq!(
        of_request,
        [
            r#"{__meta_type="selection", span.request="frequent"} 0=0 10=999"#,
            r#"{__meta_type="selection_total", span.request="nil"} 0=0 10=20000"#,
            r#"{__meta_error="__too_many_values__", span.request="nil"} 0=0 10=19001"#,
        ]
    );
}

/// Once an attribute has more values than are kept, a value that is new is counted from its first span on: in a column, in a map, of
/// numbers, many to a batch or one to a batch.
#[test]
fn a_value_that_becomes_frequent_late_is_counted_whole() {
    let early = |i: i64| {
        span(
            i,
            &[("http.url", text(&format!("/{i}"))), ("k", text(&format!("{i}"))), ("http.status_code", Value::Int(i))],
        )
    };
    let late =
        |i: i64| span(i, &[("http.url", text("/late")), ("k", text("late")), ("http.status_code", Value::Int(-1))]);
    let early: Vec<TestSpan> = (0..9000).map(early).collect();
    let late: Vec<TestSpan> = (9000..9800).map(late).collect();
    for rows in [1, 100, 800] {
        let mut batches: Vec<_> = early.chunks(3000).map(batch).collect();
        batches.extend(late.chunks(rows).map(batch));
        let plan = world::plan("{ } | compare({ }, 1)").unwrap();
        let accumulator = accumulated(&plan.parts[0], steps(1, 10, 10), Bounds::default(), &batches).unwrap();
        let series: Vec<String> = accumulator.finish().unwrap().iter().map(series_text).collect();
        for label in [r#"span.http.url="/late""#, r#"span.k="late""#, r#"span.http.status_code="-1""#] {
            let found = series.iter().find(|series| series.contains(label));
            assert_eq!(found.map(|series| series.ends_with("10=800")), Some(true), "{label}, {rows} rows: {found:?}");
        }
    }
}

/// A batch in which no row counts, and intervals that are as many as rows.
#[test]
fn ids_in_many_intervals_are_counted_one_by_one() {
    let plan = world::plan("{ } | compare({ }, 1)").unwrap();
    let of = |i: i64| TestSpan { start_ns: i % 100 * SECOND_NS + 1, ..span(i, &[("id", text(&format!("{i}")))]) };
    let spans: Vec<TestSpan> = (0..2000).map(of).collect();
    let bounds = Bounds { cells_max: 1 << 30, ..Bounds::default() };
    let outside =
        batch(&[TestSpan { start_ns: -5 * SECOND_NS, ..span(1, &[("id", text("x")), ("http.url", text("y"))]) }]);
    let accumulator = accumulated(&plan.parts[0], steps(0, 100, 1), bounds, &[outside, batch(&spans)]).unwrap();
    let series: Vec<String> = accumulator.finish().unwrap().iter().map(series_text).collect();
    let total = series.iter().find(|series| series.contains("selection_total") && series.contains("span.id")).unwrap();
    assert_eq!(total.matches("=20").count(), 100, "{total}");
    assert!(series.iter().all(|series| !series.contains("http.url")), "{series:?}");
}

#[test]
fn more_points_than_may_be_are_an_error() {
    let plan = world::plan("{ } | compare({ })").unwrap();
    let bounds = Bounds { cells_max: 10, ..Bounds::default() };
    let spans = [span(1, &[("a", text("x")), ("b", text("x")), ("c", text("x"))])];
    let counted = accumulated(&plan.parts[0], steps(1, 10, 1), bounds, &[batch(&spans)]).unwrap();
    let error = counted.finish().unwrap_err();
    assert!(matches!(error, MetricsError::TooManyCells { intervals: 10, cells_max: 10, .. }), "{error}");
    let bounds = Bounds { cells_max: 4, ..Bounds::default() };
    assert!(accumulated(&plan.parts[0], steps(1, 10, 1), bounds, &[batch(&spans)]).is_err());
}

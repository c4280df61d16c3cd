use super::super::super::parse;
use super::*;

fn planned(text: &str) -> MetricsPlan {
    plan(&parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))).unwrap().unwrap()
}

/// The outcome, in which `#0` is the first part.
fn check(text: &str, spans: &[&str], outcome: &str) {
    let plan = planned(text);
    let found: Vec<String> = plan.parts.iter().map(|part| part.spans.to_string()).collect();
    assert_eq!(found, spans, "{text}");
    assert_eq!(plan.outcome.to_string(), outcome, "{text}");
}

fn columns(text: &str, expected: &[&str]) {
    assert_eq!(Vec::from_iter(planned(text).parts[0].columns(false)), expected, "{text}");
}

#[test]
fn stages_before_the_function_give_the_spans_and_those_behind_it_the_outcome() {
    check("{ .a = 1 } | rate()", &["{ .a = 1 }"], "#0");
    check("{ } | { .a = 1 } | select(name) | rate()", &["{ } | { .a = 1 } | select(name)"], "#0");
    check("{ } >> { } | rate() > 10 | topk(3)", &["{ } >> { }"], "top(3, keep(#0 > 10.0))");
    check("{ } | rate() | bottomk(3) > 1 < 2", &["{ }"], "keep(keep(bottom(3, #0) > 1.0) < 2.0)");
    check("{ } | max_over_time(duration) >= 1500ms", &["{ }"], "keep(#0 >= 1.5)");
    check("{ } | max_over_time(traceDuration) | topk(1) > 2s", &["{ }"], "keep(top(1, #0) > 2.0)");
}

#[test]
fn numbers_are_folded_as_integers_where_they_are() {
    check("({ } | rate()) * (7 / 2)", &["{ }"], "(#0 * 3.0)");
    check("({ } | rate()) * (7 / 2.0)", &["{ }"], "(#0 * 3.5)");
    check("(2 + 3 * 2) - ({ } | rate())", &["{ }"], "(8.0 - #0)");
    check("({ } | rate()) - 1 - 2", &["{ }"], "((#0 - 1.0) - 2.0)");
    check("{ } | rate() > 2 ^ 3", &["{ }"], "keep(#0 > 8.0)");
}

#[test]
fn what_is_asked_twice_is_read_once() {
    check("({ .a } | rate()) / ({ .a } | rate())", &["{ .a }"], "(#0 / #0)");
    check("({ .a } | rate()) / ({ .b } | rate())", &["{ .a }", "{ .b }"], "(#0 / #1)");
    check("({ .a } | rate() > 1) / ({ .a } | rate())", &["{ .a }"], "(keep(#0 > 1.0) / #0)");
    check("({ .a } | rate()) / ({ .a } | count_over_time())", &["{ .a }", "{ .a }"], "(#0 / #1)");
}

#[test]
fn there_are_not_too_many_parts() {
    let of = |count: usize| (0..count).map(|i| format!("({{ .a = {i} }} | rate())")).collect::<Vec<_>>().join(" + ");
    assert_eq!(planned(&of(PARTS_MAX)).parts.len(), PARTS_MAX);
    let error = plan(&parse(&of(PARTS_MAX + 1)).unwrap()).unwrap_err();
    assert_eq!(error.message, "a query has 16 different metrics functions at most");
}

#[test]
fn a_plan_shows_itself() {
    assert_eq!(
        planned("{ .a } | rate() by (name) > 1").to_string(),
        "#0: rate of { .a } by (name)\n  columns: name, start_ns\nseries: keep(#0 > 1.0)\n"
    );
}

#[test]
fn exemplars_are_as_many_as_hint_request_and_bound_allow() {
    let check = |hint: ExemplarsHint, requested, expected| assert_eq!(hint.exemplars_max(requested, 100), expected);
    check(ExemplarsHint::Unsaid, None, 0);
    check(ExemplarsHint::Unsaid, Some(7), 7);
    check(ExemplarsHint::Unsaid, Some(700), 100);
    check(ExemplarsHint::Off, Some(7), 0);
    check(ExemplarsHint::On, None, 100);
    check(ExemplarsHint::On, Some(7), 7);
    check(ExemplarsHint::AtMost(5), None, 5);
    check(ExemplarsHint::AtMost(5), Some(3), 3);
    check(ExemplarsHint::AtMost(500), None, 100);
}

#[test]
fn a_query_of_spans_has_no_such_plan() {
    for text in ["{ }", "{ } | count() > 2", "({ } | count() > 1) || { }"] {
        assert!(plan(&parse(text).unwrap()).unwrap().is_none(), "{text}");
    }
}

#[test]
fn a_column_is_read_alone_where_there_is_one() {
    columns("{ } | rate()", &["start_ns"]);
    columns(
        "{ span.x = 1 } | quantile_over_time(duration, .9) by (resource.service.name)",
        &["duration_ns", "service_name", "start_ns"],
    );
    columns("{ } | rate() by (name, status, kind)", &["kind", "name", "start_ns", "status_code"]);
    columns(
        "{ } | sum_over_time(span.response_size) by (span.http.status_code)",
        &["http_status_code", "response_size", "start_ns"],
    );
    columns("{ } | rate() by (span.k1)", &["attr_types", "attrs_1", "start_ns"]);
    columns("{ } | rate() by (rootServiceName)", &["root_service_name", "start_ns"]);
    columns("{ } | sum_over_time(traceDuration)", &["start_ns", "trace_duration_ns"]);
}

#[test]
fn a_comparison_reads_whatever_an_attribute_may_stand_in() {
    let columns = planned("{ } | compare({ duration > 1s })").parts[0].columns(true);
    for column in ["start_ns", "duration_ns", "name", "kind", "service_name", "http_route", "attrs_7", "resource_attrs"]
    {
        assert!(columns.contains(column), "{column}");
    }
    let schema = spanloom_store::schema::spans::schema();
    let table: Vec<&&str> = columns.iter().filter(|column| schema.index_of(column).is_err()).collect();
    assert!(table.is_empty(), "{table:?}");
}

#[test]
fn labels_have_canonical_names_and_each_is_there_once() {
    let by = |text: &str| -> Vec<String> { planned(text).parts[0].by.iter().map(|label| label.name.clone()).collect() };
    assert_eq!(
        by("{ } | rate() by (span:name, trace:duration, .a, span.\"x y\")"),
        ["name", "traceDuration", ".a", "span.\"x y\""]
    );
    assert_eq!(by("{ } | rate() by (.a, span:name, name, .a)"), [".a", "name"]);
}

#[test]
fn a_selection_says_its_bounds() {
    let selection = |more: &str| match &planned(&format!("{{ }} | compare({{ }}{more})")).parts[0].function {
        PlannedFunction::Compare(selection) => (selection.values_max, selection.range_ns),
        other => panic!("{other:?}"),
    };
    assert_eq!(selection(""), (10, None));
    assert_eq!(selection(", 3"), (3, None));
    assert_eq!(selection(", 3, 0, 0"), (3, None));
    assert_eq!(selection(", 1000, 5, 7"), (1000, Some((5, 7))));
}

/// Queries of other people, not part of the project: `SPANLOOM_CORPORA` says where they are.
#[test]
fn queries_of_series_that_clients_send_are_planned() {
    let Some(corpora) = std::env::var_os("SPANLOOM_CORPORA").map(std::path::PathBuf::from) else {
        assert!(std::env::var_os("SPANLOOM_REQUIRE_CORPORA").is_none(), "SPANLOOM_CORPORA is not set");
        println!("skipped: SPANLOOM_CORPORA is not set");
        return;
    };
    let client = std::fs::read_to_string(corpora.join("traceql/client-queries.yaml")).unwrap();
    let of_series = client.lines().filter(|line| line.contains("endpoint: range"));
    let queries: Vec<&str> =
        of_series.filter_map(|line| line.split_once("query: '")?.1.split_once('\'')).map(|(query, _)| query).collect();
    assert!(queries.len() > 15, "{}", queries.len());
    for query in queries {
        assert_eq!(planned(query).parts.len(), 1, "{query}");
    }
}

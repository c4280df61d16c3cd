use super::super::{explain, parse};
use super::plan;

/// What the first step asks of a span, what of a trace, and the columns that are read.
fn check(text: &str, span: &str, trace: &str, columns: &str) {
    let shown = plan(&parse(text).unwrap()).unwrap().to_string();
    assert!(shown.contains(&format!("some span: {span}\n")), "{text}: {shown}");
    assert!(shown.contains(&format!("whole trace: {trace}\n")), "{text}: {shown}");
    assert!(shown.contains(&format!("columns: {columns}\n")), "{text}: {shown}");
}

fn refused(text: &str, expected: &str) {
    let error = plan(&parse(text).unwrap()).expect_err(text);
    assert_eq!(format!("{}:{} {error}", error.position.line, error.position.column), expected, "{text}");
}

#[test]
fn promoted_attributes_are_asked_of_their_column() {
    check(
        r#"{ resource.service.name = "a" && span.http.status_code >= 500 && status = error && duration > 1s }"#,
        r#"service_name = Utf8View("a") AND http_status_code >= Int64(500) AND status_code = Int32(2) AND duration_ns > Int64(1000000000)"#,
        "anything",
        "attr_types, attrs_6, duration_ns, http_status_code, resource_attr_types, service_name, status_code",
    );
}

#[test]
fn what_is_not_planned_yet_is_named() {
    refused("{ } | rate()", "1:7 not supported yet: metrics functions");
}

#[test]
fn every_stage_shows_itself() {
    let shown = explain("{ name = \"a\" }").unwrap();
    for part in
        ["tokens: `{` `name` `=` string \"a\"", "query: { name = \"a\" }", "tree: Query {", "some span: name = "]
    {
        assert!(shown.contains(part), "{shown}");
    }
}

/// The condition on single spans that gives the same spans; `-` if only their traces know.
fn check_of_spans(text: &str, expected: &str) {
    let condition = plan(&parse(text).unwrap()).unwrap().of_spans();
    assert_eq!(condition.map_or("-".to_owned(), |condition| condition.to_string()), expected, "{text}");
}

#[test]
fn spans_that_need_no_trace_are_found_by_a_condition() {
    check_of_spans("{ duration > 1ns }", "duration_ns > Int64(1)");
    check_of_spans("{ } | { kind = server }", "Boolean(true) AND kind = Int32(2)");
    check_of_spans("{ kind = server } || { status = error }", "kind = Int32(2) OR status_code = Int32(2)");
    check_of_spans("{ kind = server } | select(name)", "kind = Int32(2)");
    for text in ["{ } && { }", "{ } > { }", "{ } | count() > 1", "{ } | by(name)", "({ } | count() > 1) || { }"] {
        check_of_spans(text, "-");
    }
    for text in ["{ rootName = \"a\" }", "{ traceDuration > 1s }", "{ nestedSetLeft = 1 }"] {
        check_of_spans(text, "-");
    }
}

/// Roots have -1, and all others at least 0.
#[test]
fn a_root_is_known_without_its_trace() {
    let (root, other) = ("parent_span_id IS NULL", "parent_span_id IS NOT NULL");
    for text in ["{ nestedSetParent < 0 }", "{ nestedSetParent = -1 }", "{ nestedSetParent <= -1 }"] {
        check_of_spans(text, root);
    }
    for text in ["{ nestedSetParent >= 0 }", "{ nestedSetParent != -1 }", "{ nestedSetParent > -1 }"] {
        check_of_spans(text, other);
    }
    check_of_spans("{ !(nestedSetParent < 0) }", other);
    check_of_spans("{ nestedSetParent >= -1 }", "Boolean(true)");
    check_of_spans("{ nestedSetParent < -1 }", "Boolean(false)");
    check_of_spans("{ nestedSetParent > 0 }", "-");
    check_of_spans("{ nestedSetParent < 1 }", "-");
}

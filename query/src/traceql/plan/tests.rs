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
        "attr_types, attrs_6, duration_ns, http_status_code, resource_attr_types, resource_attrs, service_name, status_code",
    );
}

#[test]
fn what_is_not_planned_yet_is_named() {
    refused("{ } | rate()", "1:7 not supported yet: metrics functions");
    refused("{ parent.a = 1 }", "1:3 not supported yet: attributes of a span's parent");
    refused("{ parent = 1 }", "1:3 not supported yet: the parent of a span");
    refused(
        "({ } | count()) > ({ } | count())",
        "1:17 not supported yet: numbers of spansets other than `aggregate operator value`",
    );
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

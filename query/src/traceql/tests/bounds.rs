//! What asks for too much is refused with a place, before anything grows.

use super::super::{TEXT_BYTES_MAX, explain, parse};

/// `line:column message`.
fn refused(query: &str, expected: &str) {
    let head: String = query.chars().take(60).collect();
    let error = parse(query).expect_err(&head);
    assert_eq!(format!("{}:{} {error}", error.position.line, error.position.column), expected, "{head}");
}

/// Whoever reads has an ordinary stack; planning has the larger one of the threads that queries run on.
fn read(query: &str) {
    let head: String = query.chars().take(60).collect();
    parse(query).unwrap_or_else(|error| panic!("{head}: {error}"));
    std::thread::scope(|scope| {
        let planning = std::thread::Builder::new().stack_size(32 * 1024 * 1024);
        let planned = planning.spawn_scoped(scope, || explain(query).map(drop)).unwrap().join().unwrap();
        planned.unwrap_or_else(|error| panic!("{head}: {error}"));
    });
}

fn alternatives(count: usize) -> String {
    (0..count).map(|i| format!("a{i}")).collect::<Vec<_>>().join("|")
}

#[test]
fn a_text_has_a_length() {
    let around = "{ name = \"\" }".len();
    read(&format!("{{ name = \"{}\" }}", "a".repeat(TEXT_BYTES_MAX - around)));
    refused(
        &format!("{{ name = \"{}\" }}", "a".repeat(TEXT_BYTES_MAX - around + 1)),
        "1:1 the query has 131073 bytes, the most is 131072",
    );
    refused(
        &format!("{{ name =~ \"{}\" }}", "a".repeat(1024 * 1024)),
        "1:1 the query has 1048590 bytes, the most is 131072",
    );
}

#[test]
fn nesting_has_a_depth() {
    let deep =
        |open: &str, inner: &str, close: &str, count| format!("{}{inner}{}", open.repeat(count), close.repeat(count));
    read(&deep("(", "{ }", ")", 60));
    read(&format!("{{ {} }}", deep("(", ".a", ")", 60)));
    refused(&deep("(", "{ }", ")", 10_000), "1:65 the query nests more than 64 deep");
    refused(&format!("{{ {} }}", deep("(", ".a", ")", 10_000)), "1:66 the query nests more than 64 deep");
    refused(&format!("{{ {}.a }}", "!".repeat(10_000)), "1:66 the query nests more than 64 deep");
    refused(&format!("{{ {}.a = 1 }}", "-".repeat(10_000)), "1:66 the query nests more than 64 deep");
    refused(&format!("{{ 1 {} = 1 }}", "^ 1 ".repeat(100)), "1:255 the query nests more than 64 deep");
    refused(&format!("{{ }} | by({})", deep("(", ".a", ")", 100)), "1:73 the query nests more than 64 deep");
    refused(&format!("{{ }} | max({}) > 1", deep("-(", ".a", ")", 100)), "1:74 the query nests more than 64 deep");
    refused(&deep("({ } | ", "{ }", ")", 100), "1:443 the query nests more than 64 deep");
}

#[test]
fn operators_are_counted() {
    let chain = |count: usize| format!("{{ .a = 1{} }}", " || .a = 1".repeat(count));
    read(&chain(249));
    refused(&chain(250), "1:2506 the query has more than 500 operators");
    refused(&chain(10_000), "1:2506 the query has more than 500 operators");
    read(&format!("{{ }}{}", " >> { }".repeat(500)));
    refused(&format!("{{ }}{}", " >> { }".repeat(501)), "1:3505 the query has more than 500 operators");
    read(&format!("{{ }}{}", " | { }".repeat(500)));
    refused(&format!("{{ }}{}", " | { }".repeat(501)), "1:3005 the query has more than 500 operators");
    read(&format!("{{ }} | select(.a{})", ",.a".repeat(499)));
    refused(&format!("{{ }} | select(.a{})", ",.a".repeat(40_000)), "1:1513 the query has more than 500 operators");
    refused(&format!("{{ }} with(a=1{})", ",a=1".repeat(300)), "1:1011 the query has more than 500 operators");
    refused(
        &format!("{{ }} | quantile_over_time(.a{})", ",1".repeat(501)),
        "1:1026 the query has more than 500 operators",
    );
}

#[test]
fn regular_expressions_have_a_size_and_a_number() {
    let matches = |pattern: &str| format!("{{ name =~ `{pattern}` }}");
    let too_big = "1:11 the regular expression cannot be read: Compiled regex exceeds size limit of 2097152 bytes.";
    for pattern in [r"\w{1000}", "((a{100}){100}){100}", "(((((a?){10}){10}){10}){10}){10}", r"(\pL{50}|\pN{50}){20}"] {
        refused(&matches(pattern), too_big);
    }
    refused(
        &matches(&format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000))),
        "1:11 the regular expression cannot be read: error: exceed the maximum number of nested parentheses/brackets (250)",
    );
    read(&matches(&alternatives(10_000)));
    read(&matches(r"\w{20}"));
    let many = |count: usize| format!("{{ .a =~ `x`{} }}", " || .a =~ `x`".repeat(count - 1));
    read(&many(50));
    refused(&many(51), "1:656 the query has more than 50 regular expressions");
}

#[test]
fn ten_thousand_alternatives_are_one_expression_or_refused() {
    read(&format!("{{ resource.service.name =~ \"{}\" }}", alternatives(10_000)));
    let spelled: Vec<String> = (0..10_000).map(|i| format!(".a={i}")).collect();
    refused(&format!("{{{}}}", spelled.join("||")), "1:1894 the query has more than 500 operators");
}

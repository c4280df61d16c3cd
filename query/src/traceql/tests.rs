use std::path::PathBuf;

use proptest::prelude::*;

use super::tree::{
    Aggregate, AggregateFunction, Arithmetic, At, Attribute, Binary, Comparison, Field, FieldOp, Filter, Hint,
    Intrinsic, Kind, Literal, Metrics, MetricsFunction, Pipeline, Query, Rank, Relation, Scope, Side, Stage, StageOp,
    Static, Status, UnaryOp,
};
use super::{lexer, parse, parser};
use crate::error::Position;

const AT: At = At(Position { line: 1, column: 1 });

/// Tree without types checked.
fn tree(text: &str) -> Query {
    parser::parse(&lexer::tokens(text).unwrap()).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn prints_as(text: &str, expected: &str) {
    assert_eq!(tree(text).to_string(), expected, "{text}");
}

/// `line:column message`.
fn refused(text: &str, expected: &str) {
    let error = parse(text).expect_err(text);
    assert_eq!(format!("{}:{} {error}", error.position.line, error.position.column), expected, "{text}");
}

#[test]
fn precedence_is_that_of_the_language() {
    prints_as("{ .a = 1 || .b = 2 && .c = 3 }", "{ (.a = 1 || .b = 2) && .c = 3 }");
    prints_as("{ .a = 1 && (.b = 2 || .c = 3) }", "{ .a = 1 && (.b = 2 || .c = 3) }");
    prints_as("{ !.a = true }", "{ !.a = true }");
    prints_as("{ !(.a = true) }", "{ !(.a = true) }");
    prints_as("{ 1 + 2 * 3 ^ 2 ^ 2 = -.a }", "{ 1 + 2 * 3 ^ 2 ^ 2 = -.a }");
    prints_as("{ (1 + 2) * 3 = -(-1) }", "{ (1 + 2) * 3 = -(-1) }");
    prints_as("{ !.a != nil && nil = .b }", "{ !.a != nil && .b = nil }");
    prints_as("{} >> {} && {} || {}", "({ } >> { } && { }) || { }");
    prints_as("({} | count() > 1) && {}", "({ } | count() > 1) && { }");
    prints_as("({}) | ({} || {})", "{ } | { } || { }");
}

#[test]
fn numbers_durations_strings_and_names_are_read() {
    prints_as(
        "{ .a = 1h30m || .a = 1.5s || .a = 2d || .a = 1w || .a = 1y }",
        "{ .a = 90m || .a = 1500ms || .a = 48h || .a = 168h || .a = 8760h }",
    );
    prints_as(
        "{ .a = 100us && .a = 1µs && .a > 1.5e3 && .a < .5 && .a = minInt }",
        "{ .a = 100us && .a = 1us && .a > 1500.0 && .a < 0.5 && .a = minInt }",
    );
    prints_as(r#"{ name = "a\"\x41\u00e9\n" || name = `a\d` }"#, r#"{ name = "a\"Aé\n" || name = "a\\d" }"#);
    prints_as(
        r#"{ span."a b".c = 1 && ."5x" = 1 && .a-b/c@d:e = 1 && .foo>3 }"#,
        r#"{ span."a b.c" = 1 && ."5x" = 1 && .a-b/c@d:e = 1 && .foo > 3 }"#,
    );
    prints_as(
        "{ parent.a = 1 && parent.span.b = 2 && parent = nil }",
        "{ parent.a = 1 && parent.span.b = 2 && parent = nil }",
    );
    prints_as(
        "{ span:duration > 1s && trace:rootService = \"a\" && event:name != nil }",
        "{ duration > 1s && rootServiceName = \"a\" && event:name != nil }",
    );
    prints_as("{ /* all */ } // of them", "{ }");
}

#[test]
fn errors_name_the_place_and_what_was_expected() {
    refused("", "1:1 unexpected the end, expected `{`, `(`, a number or a function");
    refused("{ .a = }", "1:8 unexpected `}`, expected an attribute, an intrinsic, a value, `!`, `-` or `(`");
    refused("{ .a = 1", "1:9 unexpected the end, expected an operator or `}`");
    refused(
        "{ .a = 1\n  && foo = 2 }",
        "2:6 unexpected `foo`, expected an attribute, an intrinsic, a value, `!`, `-` or `(`",
    );
    refused("{ } }", "1:5 unexpected `}`, expected an operator, `|` or the end");
    refused("{ . = 1 }", "1:4 expected the name of an attribute");
    refused("{ name = \"a }", "1:10 a string has no end, expected `\"`");
    refused("{ name = \"\\q\" }", "1:11 unknown escape in a string");
    refused("{ .a = 5x }", "1:9 expected a unit of time: ns, us, ms, s, m, h, d, w, y");
    refused("{ .a = 99999999999999999999 }", "1:8 a number or duration that is malformed or too large");
    refused("{ .a # 1 }", "1:6 unexpected character \"#\"");
    refused("{ } | frob()", "1:7 unknown function `frob`");
    refused("{ } | count()", "1:7 a number of spansets must be compared with a value");
    refused("{ \"é\" = 1 }", "1:7 a string cannot be compared with a number");
    refused("{ \"x\" }", "1:3 expected true or false, not a string");
    refused("{ status > error }", "1:10 a status has no order, expected `=` or `!=`");
    refused("{ duration = \"1s\" }", "1:12 a number cannot be compared with a string");
    refused("{ kind = error }", "1:8 a kind cannot be compared with a status");
    refused("{ name =~ 5 }", "1:11 expected a string with a regular expression after `=~`");
    refused("{ name =~ \"a(\" }", "1:11 the regular expression cannot be read: error: unclosed group");
    refused("{ 1 / 0 = 1 }", "1:5 division by zero");
    refused("{ nil = nil }", "1:7 nil is compared with nil, which is never true");
    refused("{ name = nil }", "1:8 name is never nil");
    refused("{ resource.service.name = nil }", "1:25 resource.service.name is never nil");
    refused("{ .a + \"b\" = 1 }", "1:8 expected a number, not a string");
    refused("{ } && 1", "1:5 `&&` cannot stand between spansets and a value");
    refused("{ } = { }", "1:5 `=` cannot stand between spansets and spansets");
    refused("{ } | rate() | { }", "1:16 only topk and bottomk may follow a metrics function");
    refused("{ } | topk(1)", "1:7 topk and bottomk need a metrics function before them");
    refused("{ } | quantile_over_time(duration, 2)", "1:36 expected a quantile from 0 to 1");
    refused("{ } | select(1)", "1:14 expected an attribute or an intrinsic");
}

#[test]
fn what_could_exhaust_the_stack_is_refused() {
    let deep = format!("{}{{}}{}", "(".repeat(1000), ")".repeat(1000));
    assert!(parse(&deep).unwrap_err().message.contains("nests"));
    let deep = format!("{{ {}.a }}", "!".repeat(1000));
    assert!(parse(&deep).unwrap_err().message.contains("nests"));
    let deep = format!("{{ 1 {} = 1 }}", "^ 1 ".repeat(100));
    assert!(parse(&deep).unwrap_err().message.contains("nests"));
    let long = format!("{{ .a = 1 {} }}", "|| .a = 1 ".repeat(1000));
    assert!(parse(&long).unwrap_err().message.contains("operators"));
    let long = format!("{{ name = \"{}\" }}", "a".repeat(super::TEXT_BYTES_MAX));
    assert!(parse(&long).unwrap_err().message.contains("bytes"));
}

/// Queries of other people, not part of the project: `SPANLOOM_CORPORA` says where they are.
#[test]
fn queries_of_clients_and_of_the_public_grammar_are_read_and_print_back() {
    let Some(corpora) = std::env::var_os("SPANLOOM_CORPORA").map(|path| PathBuf::from(path).join("traceql")) else {
        assert!(std::env::var_os("SPANLOOM_REQUIRE_CORPORA").is_none(), "SPANLOOM_CORPORA is not set");
        println!("skipped: SPANLOOM_CORPORA is not set");
        return;
    };
    let read = |name: &str| std::fs::read_to_string(corpora.join(name)).unwrap();
    let grammar = read("lezer-traceql-expression.txt");
    let mut queries: Vec<String> = grammar
        .split("\n# ")
        .filter_map(|case| Some(case.split_once('\n')?.1))
        .map(|case| case.split_once("\n==>").map_or(case, |(query, _)| query).to_owned())
        .collect();
    let client = read("client-queries.yaml");
    let quoted = client.lines().filter_map(|line| line.split_once("query: '")?.1.split_once('\''));
    queries.extend(quoted.map(|(query, _)| query.to_owned()));
    assert!(queries.len() > 150, "{}", queries.len());
    for query in queries {
        let read = parse(&query).unwrap_or_else(|error| panic!("{query}: {error:?}"));
        assert_eq!(tree(&read.to_string()), read, "{query}");
    }
}

fn statics() -> impl Strategy<Value = Static> {
    prop_oneof![
        any::<String>().prop_map(Static::String),
        any::<i64>().prop_map(Static::Int),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Static::Float),
        any::<bool>().prop_map(Static::Bool),
        (-i64::MAX..i64::MAX).prop_map(Static::DurationNs),
        prop::sample::select(&Status::ALL[..]).prop_map(Static::Status),
        prop::sample::select(&Kind::ALL[..]).prop_map(Static::Kind),
    ]
}

fn literals() -> impl Strategy<Value = Literal> {
    statics().prop_map(|value| Literal { at: AT, value })
}

fn plain_fields() -> impl Strategy<Value = Field> {
    let name = prop_oneof!["[a-z.]{1,8}", "\\PC{1,8}", Just("span.a".to_owned()), Just("5 \"\\\n".to_owned())];
    let attribute = (prop::sample::select(&SCOPES[..]), any::<bool>(), name).prop_map(|(scope, of_parent, name)| {
        let of_parent = of_parent && matches!(scope, Scope::Any | Scope::Span | Scope::Resource);
        Field::Attribute(Attribute { at: AT, scope, of_parent, name })
    });
    let intrinsic = prop::sample::select(&Intrinsic::SPELLINGS[..]).prop_map(|(which, _)| Field::Intrinsic(AT, which));
    prop_oneof![attribute, intrinsic]
}

const SCOPES: [Scope; 6] =
    [Scope::Any, Scope::Span, Scope::Resource, Scope::Event, Scope::Link, Scope::Instrumentation];
const FUNCTIONS: [AggregateFunction; 4] =
    [AggregateFunction::Min, AggregateFunction::Max, AggregateFunction::Avg, AggregateFunction::Sum];
const RELATIONS: [Relation; 3] = [Relation::Descendant, Relation::Ancestor, Relation::Sibling];
const COMPARISONS: [Comparison; 8] = [
    Comparison::Eq,
    Comparison::NotEq,
    Comparison::Less,
    Comparison::LessEq,
    Comparison::Greater,
    Comparison::GreaterEq,
    Comparison::Matches,
    Comparison::NotMatches,
];
const ARITHMETIC: [Arithmetic; 6] = [
    Arithmetic::Add,
    Arithmetic::Subtract,
    Arithmetic::Multiply,
    Arithmetic::Divide,
    Arithmetic::Remainder,
    Arithmetic::Power,
];

fn fields() -> impl Strategy<Value = Field> {
    let op = prop_oneof![
        Just(FieldOp::And),
        Just(FieldOp::Or),
        prop::sample::select(&COMPARISONS[..]).prop_map(FieldOp::Compare),
        prop::sample::select(&ARITHMETIC[..]).prop_map(FieldOp::Arithmetic),
    ];
    let leaf = prop_oneof![plain_fields(), literals().prop_map(Field::Literal)];
    leaf.prop_recursive(4, 16, 2, move |inner| {
        let unary = prop_oneof![Just(UnaryOp::Not), Just(UnaryOp::Minus)];
        prop_oneof![
            3 => (op.clone(), inner.clone(), inner.clone())
                .prop_map(|(op, left, right)| Field::Binary(AT, op, Box::new(left), Box::new(right))),
            1 => (unary, inner.clone()).prop_map(|(op, operand)| Field::Unary(AT, op, Box::new(operand))),
            1 => (any::<bool>(), inner).prop_map(|(exists, operand)| Field::Exists(AT, exists, Box::new(operand))),
        ]
    })
}

fn filters() -> impl Strategy<Value = Filter> {
    prop::option::of(fields()).prop_map(|condition| Filter { at: AT, condition })
}

fn aggregates() -> impl Strategy<Value = Stage> {
    prop_oneof![
        Just(Aggregate { at: AT, function: AggregateFunction::Count, argument: None }),
        (prop::sample::select(&FUNCTIONS[..]), fields())
            .prop_map(|(function, argument)| { Aggregate { at: AT, function, argument: Some(Box::new(argument)) } }),
    ]
    .prop_map(Stage::Aggregate)
}

fn metrics() -> impl Strategy<Value = Stage> {
    let function = prop_oneof![
        Just(MetricsFunction::Rate),
        Just(MetricsFunction::CountOverTime),
        fields().prop_map(|field| MetricsFunction::MinOverTime(Box::new(field))),
        fields().prop_map(|field| MetricsFunction::HistogramOverTime(Box::new(field))),
        (fields(), prop::collection::vec(literals(), 0..3))
            .prop_map(|(field, quantiles)| MetricsFunction::QuantileOverTime(Box::new(field), quantiles)),
        (filters(), prop::collection::vec(literals(), 0..3))
            .prop_map(|(selection, more)| MetricsFunction::Compare(selection, more)),
    ];
    let by = prop::collection::vec(plain_fields(), 0..3);
    (function, by).prop_map(|(function, by)| Stage::Metrics(Metrics { at: AT, function, by }))
}

/// Stages as the parser makes them: `<` and `>` between spansets are structural, and a group has several stages.
fn stages() -> impl Strategy<Value = Stage> {
    let relation = prop_oneof![
        (prop::sample::select(&RELATIONS[..]), Just(Side::Right)),
        (
            prop::sample::select(&[Relation::Child, Relation::Parent, Relation::Ancestor][..]),
            prop::sample::select(&[Side::Both, Side::RightWithout][..])
        ),
    ];
    let op = prop_oneof![
        Just(StageOp::And),
        Just(StageOp::Or),
        relation.prop_map(|(relation, side)| StageOp::Structural(relation, side)),
        prop::sample::select(&[Comparison::Eq, Comparison::LessEq][..]).prop_map(StageOp::Compare),
        prop::sample::select(&ARITHMETIC[..]).prop_map(StageOp::Arithmetic),
    ];
    let leaf = prop_oneof![
        filters().prop_map(Stage::Filter),
        literals().prop_map(Stage::Literal),
        aggregates(),
        metrics(),
        fields().prop_map(|by| Stage::By(AT, Box::new(by))),
        prop::collection::vec(plain_fields(), 1..3).prop_map(|fields| Stage::Select(AT, fields)),
        Just(Stage::Coalesce(AT)),
        (any::<bool>(), 0..9_i64).prop_map(|(is_top, count)| Stage::Rank(Rank { at: AT, is_top, count })),
    ];
    leaf.prop_recursive(3, 8, 3, move |inner| {
        prop_oneof![
            (op.clone(), inner.clone(), inner.clone())
                .prop_map(|(op, left, right)| { Stage::Binary(Box::new(Binary { at: AT, op, left, right })) }),
            prop::collection::vec(inner, 2..4).prop_map(|stages| Stage::Group(Box::new(Pipeline { at: AT, stages }))),
        ]
    })
}

fn queries() -> impl Strategy<Value = Query> {
    let hint = ("[a-z]{1,5}", statics()).prop_map(|(name, value)| Hint { at: AT, name, value });
    (prop::collection::vec(stages(), 1..4), prop::collection::vec(hint, 0..3))
        .prop_map(|(stages, hints)| Query { pipeline: Pipeline { at: AT, stages }, hints })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_as_the_same_tree(query in queries()) {
        let text = query.to_string();
        prop_assert_eq!(tree(&text), query, "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[{}()|&=<>!~.a\"0-9s +*-]{0,40}") {
        if let Ok(query) = parse(&text) {
            prop_assert_eq!(tree(&query.to_string()), query);
        }
    }
}

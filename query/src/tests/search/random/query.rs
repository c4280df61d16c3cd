use proptest::prelude::*;
use proptest::sample::select;

use super::KEYS;
use crate::traceql;

type Text = BoxedStrategy<String>;

/// Queries that the check lets through.
pub fn queries() -> impl Strategy<Value = String> {
    pipelines().prop_filter("a query that means something", |text| traceql::parse(text).is_ok())
}

fn pipelines() -> impl Strategy<Value = String> {
    (spansets(), prop::collection::vec(later_stages(), 0..3))
        .prop_map(|(first, later)| later.into_iter().fold(first, |text, stage| format!("{text} | {stage}")))
}

fn later_stages() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => spansets(),
        2 => any_field().prop_map(|field| format!("by({field})")),
        1 => prop::collection::vec(plain_fields(), 1..4).prop_map(|fields| format!("select({})", fields.join(", "))),
        1 => Just("coalesce()".to_owned()),
        3 => kept(),
    ]
}

/// An aggregate compared with a value.
fn kept() -> Text {
    let count = (0..6_i64).prop_map(|number| ("count()".to_owned(), number.to_string()));
    let function = select(&["min", "max", "avg", "sum"][..]);
    let other = (function, numbers(), constants()).prop_map(|(name, field, value)| (format!("{name}({field})"), value));
    (prop_oneof![count, other], orderings())
        .prop_map(|((aggregate, value), op)| format!("{aggregate} {op} {value}"))
        .boxed()
}

/// Filters, joined and nested.
fn spansets() -> Text {
    let filter = prop_oneof![
        1 => Just("{ }".to_owned()),
        8 => conditions().prop_map(|condition| format!("{{ {condition} }}")),
    ];
    let op = select(
        &["&&", "||", ">", ">>", "<", "<<", "~", "!>", "!>>", "!<", "!<<", "!~", "&>", "&>>", "&<", "&<<", "&~"][..],
    );
    let joined = filter.prop_recursive(2, 6, 2, move |inner| {
        prop_oneof![
            4 => (inner.clone(), op.clone(), inner.clone()).prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            1 => (inner, kept()).prop_map(|(a, kept)| format!("({a} | {kept})")),
        ]
    });
    joined.boxed()
}

/// True or false.
fn conditions() -> Text {
    comparisons()
        .prop_recursive(3, 8, 2, |inner| {
            prop_oneof![
                2 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
                2 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
                1 => inner.clone().prop_map(|a| format!("!({a})")),
                1 => (inner.clone(), select(&["=", "!="][..]), inner).prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            ]
        })
        .boxed()
}

fn comparisons() -> Text {
    let equalities = || select(&["=", "!="][..]);
    let binary = |a: Text, op: BoxedStrategy<&'static str>, b: Text| {
        (a, op, b, any::<bool>()).prop_map(|(a, op, b, turned)| match turned {
            true => format!("{b} {op} {a}"),
            false => format!("{a} {op} {b}"),
        })
    };
    let regex = (text_fields(), select(&["=~", "!~"][..]), select(&PATTERNS[..]))
        .prop_map(|(field, op, pattern)| format!("{field} {op} {pattern:?}"));
    let status = one_of(&["ok", "error", "unset"]);
    let kind = one_of(&["server", "client", "internal", "producer", "unspecified"]);
    prop_oneof![
        6 => binary(numbers(), orderings().boxed(), constants()),
        2 => binary(numbers(), orderings().boxed(), numbers()),
        6 => binary(text_fields(), orderings().boxed(), texts()),
        1 => binary(text_fields(), orderings().boxed(), text_fields()),
        3 => regex,
        2 => binary(Just("status".to_owned()).boxed(), equalities().boxed(), status),
        2 => binary(Just("kind".to_owned()).boxed(), equalities().boxed(), kind),
        1 => binary(attributes(), equalities().boxed(), any::<bool>().prop_map(|truth| truth.to_string()).boxed()),
        1 => (attributes(), any::<bool>()).prop_map(|(field, not)| if not { format!("!{field}") } else { field }),
        2 => (plain_fields(), equalities()).prop_map(|(field, op)| format!("{field} {op} nil")),
        1 => any::<bool>().prop_map(|truth| truth.to_string()),
    ]
    .boxed()
}

const PATTERNS: [&str; 9] = ["a", "a|b", ".*", "[0-9]+", "", "2|x", "(?i)a", "span.*", "0*[1-3]"];

fn one_of(texts: &'static [&'static str]) -> Text {
    select(texts).prop_map(str::to_owned).boxed()
}

fn orderings() -> impl Strategy<Value = &'static str> {
    select(&["=", "!=", "<", "<=", ">", ">="][..])
}

fn constants() -> Text {
    one_of(&["0", "1", "2", "3", "-2", "200", "2.0", "2.5", "-0.5", "1e18", "1ms", "2s", "1ns", "minInt", "maxInt"])
}

fn texts() -> Text {
    let ids = ["0000000000000002", "00000000000000010000000000000003"];
    prop_oneof![4 => one_of(&["a", "b", "", "2", "A", "boom", "span 2", "[2]"]), 1 => select(ids.to_vec()).prop_map(str::to_owned)]
        .prop_map(|text| format!("{text:?}"))
        .boxed()
}

/// Fields that may be a number.
fn numbers() -> Text {
    let intrinsics = one_of(&[
        "duration",
        "traceDuration",
        "nestedSetLeft",
        "nestedSetRight",
        "nestedSetParent",
        "nestedSetParent",
        "span:childCount",
        "event:timeSinceStart",
    ]);
    let leaf = prop_oneof![3 => attributes(), 2 => intrinsics];
    leaf.prop_recursive(2, 4, 2, |inner| {
        let operand = prop_oneof![inner.clone(), constants()];
        prop_oneof![
            4 => inner.clone(),
            2 => (inner.clone(), select(&["+", "-", "*", "/", "%", "^"][..]), operand)
                .prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            1 => inner.prop_map(|a| format!("-({a})")),
        ]
    })
    .boxed()
}

/// Fields that may be a text.
fn text_fields() -> Text {
    let intrinsics = one_of(&[
        "name",
        "statusMessage",
        "rootName",
        "rootServiceName",
        "span:id",
        "span:parentID",
        "trace:id",
        "event:name",
        "link:spanID",
        "link:traceID",
        "instrumentation:name",
        "instrumentation:version",
    ]);
    prop_oneof![3 => attributes(), 2 => intrinsics].boxed()
}

fn attributes() -> Text {
    let key = || select(&KEYS[..]);
    prop_oneof![
        3 => key().prop_map(|key| format!(".{key}")),
        3 => key().prop_map(|key| format!("span.{key}")),
        2 => key().prop_map(|key| format!("resource.{key}")),
        2 => one_of(&["resource.service.name", ".service.name", "span.service.name"]),
        1 => one_of(&["event.x", "event.y", "link.x", "link.y", "instrumentation.x"]),
    ]
    .boxed()
}

fn plain_fields() -> Text {
    prop_oneof![
        4 => attributes(),
        1 => numbers().prop_filter("no arithmetic", |field| !field.contains('(')),
        1 => text_fields(),
        1 => one_of(&["status", "kind"]),
    ]
    .boxed()
}

fn any_field() -> Text {
    prop_oneof![4 => plain_fields(), 1 => numbers(), 1 => comparisons()].boxed()
}

//! Random trees print as texts that read back as the same trees, and no text is too odd to be read or refused.

use proptest::prelude::*;

use super::super::tree::{
    Aggregate, AggregateFunction, Arithmetic, At, Attribute, Binary, Comparison, Field, FieldOp, Filter, Hint,
    Intrinsic, Kind, Literal, Metrics, MetricsFunction, Pipeline, Query, Rank, Relation, Scope, Side, Stage, StageOp,
    Static, Status, UnaryOp,
};
use super::super::{explain, parse};
use super::{grammar, tree};
use crate::error::Position;

const AT: At = At(Position { line: 1, column: 1 });

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
        fields().prop_map(|field| MetricsFunction::MaxOverTime(Box::new(field))),
        fields().prop_map(|field| MetricsFunction::SumOverTime(Box::new(field))),
        fields().prop_map(|field| MetricsFunction::AvgOverTime(Box::new(field))),
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

/// A query that means something, with a part of it left out, doubled, or taken from elsewhere.
fn mutated() -> impl Strategy<Value = String> {
    let queries: Vec<String> = grammar::queries();
    let part = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..8_usize);
    (prop::sample::select(queries), prop::collection::vec((part, "[{}()|&=<>!~.a\"`0-9s +*/%^,:@µ-]{0,3}"), 1..4))
        .prop_map(|(query, changes)| {
            changes.into_iter().fold(query, |query, ((at, from, len), new)| {
                let chars: Vec<char> = query.chars().collect();
                let (at, from) = (at.index(chars.len() + 1), from.index(chars.len() + 1));
                let kept = chars[(at + len).min(chars.len())..].iter();
                let copied = chars[from..].iter().take(len % 4);
                chars[..at].iter().chain(copied).copied().chain(new.chars()).chain(kept.copied()).collect()
            })
        })
}

/// Whatever the text is, each stage takes it or says where it is wrong.
fn read_or_refused(text: &str) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(query) => prop_assert_eq!(tree(&query.to_string()), query, "{}", text),
        Err(error) => {
            let lines: Vec<&str> = text.split('\n').collect();
            let line = lines.get(error.position.line as usize - 1);
            let columns = line.map_or(0, |line| line.chars().count() + 1);
            prop_assert!((1..=columns).contains(&(error.position.column as usize)), "{:?}: {:?}", text, error);
        }
    }
    let _ = explain(text);
    Ok(())
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_as_the_same_tree(query in queries()) {
        let text = query.to_string();
        prop_assert_eq!(tree(&text), query, "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[{}()|&=<>!~.a\"0-9s +*-]{0,40}") {
        read_or_refused(&text)?;
    }

    #[test]
    fn any_characters_are_read_or_refused(text in any::<String>()) {
        read_or_refused(&text)?;
        read_or_refused(&format!("{{ .a = {text} }}"))?;
    }

    #[test]
    fn queries_with_mistakes_are_read_or_refused(text in mutated()) {
        read_or_refused(&text)?;
    }
}

#[test]
fn the_beginnings_of_queries_are_read_or_refused() {
    for query in grammar::queries() {
        for (end, _) in query.char_indices() {
            read_or_refused(&query[..end]).unwrap();
        }
    }
}

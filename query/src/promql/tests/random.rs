//! Random expressions over random series: the engine says what the naive evaluator says, and a range query says what
//! instant queries say at its steps.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::super::engine::{Engine, Options, Range, Value};
use super::super::source::MemorySource;
use super::super::{ParseOptions, parse};
use super::answer::Evaluator;
use super::compare;
use super::naive::function::FAR_DATES;
use super::naive::{self, NaiveEvaluator};

/// Expressions as texts.
pub mod expression;
/// Series with gaps, ends, resets and values that are no numbers.
pub mod stored;

fn engine() -> Engine {
    Engine { options: Options { parse: ParseOptions::all(), ..Options::default() } }
}

fn ranges() -> impl Strategy<Value = Range> {
    let seconds = 0..1500_i64;
    let steps = (seconds.clone(), 0..600_i64, prop::sample::select(vec![1, 7, 15, 60, 90, 300]));
    prop_oneof![
        seconds.prop_map(|at| Range::Instant(at * 1000)),
        steps.prop_filter("few steps", |(_, length, step)| length / step < 40).prop_map(|(start, length, step)| {
            Range::Steps { start_ms: start * 1000, end_ms: (start + length) * 1000, step_ms: step * 1000 }
        }),
    ]
}

fn agrees_with_definitions(source: &MemorySource, text: &str, range: Range) -> TestCaseResult {
    let answer = engine().ask(source, text, range);
    match (NaiveEvaluator.ask(source, text, range), answer) {
        (Ok(expected), Ok(answered)) => {
            let agreed = compare::agree(&expected.value, &answered.value);
            prop_assert!(agreed.is_ok(), "{text}\n{range:?}: {}", agreed.unwrap_err());
        }
        (Err(expected), _) if expected.ends_with(FAR_DATES) => {}
        (Err(expected), Err(_)) => prop_assert!(!expected.contains(naive::UNKNOWN), "{text}: {expected}"),
        (expected, answer) => {
            let (expected, answer) = (expected.map(|answered| answered.value), answer.map(|answered| answered.value));
            prop_assert!(false, "{text}\n{range:?}: expected {expected:?}, got {answer:?}");
        }
    }
    Ok(())
}

/// What a range query says of one of its times.
fn at_step(matrix: &Value, time_ms: i64) -> Value {
    let Value::Matrix(matrix) = matrix else { panic!("a range query yields a matrix") };
    let at_time = |series| compare::points(series).find(|(at, _)| *at == time_ms);
    Value::Vector(
        matrix.iter().filter_map(|series| Some((series.labels.clone(), time_ms, at_time(series)?.1))).collect(),
    )
}

/// Of ranges alone it is said that sorting them is in vain.
fn is_of_ranges(warning: &str) -> bool {
    warning.contains("sort is ineffective")
}

/// Of buckets that were put in order is said how many there were, in all steps together.
fn without_extent(info: &str) -> String {
    info.split(", from buckets").next().unwrap_or(info).to_owned()
}

fn is_its_instants(source: &MemorySource, text: &str, start_ms: i64, step_ms: i64, count: i64) -> TestCaseResult {
    let engine = engine();
    let times = (0..count).map(|step| start_ms + step * step_ms);
    let instants: Result<Vec<_>, _> = times.map(|at| Ok((at, engine.ask(source, text, Range::Instant(at))?))).collect();
    let range = Range::Steps { start_ms, end_ms: start_ms + (count - 1) * step_ms, step_ms };
    let answer = engine.ask(source, text, range);
    let (instants, answered): (_, _) = match (instants, answer) {
        (Ok(instants), Ok(answered)) => (instants, answered),
        (Err::<_, String>(_), Err(_)) => return Ok(()),
        (instants, answer) => {
            let (instants, answer) = (instants.map(|_| ()), answer.map(|answered| answered.value));
            return Err(TestCaseError::fail(format!("{text}: instants {instants:?}, range {answer:?}")));
        }
    };
    let mut said = (BTreeSet::new(), BTreeSet::new());
    for (at, instant) in instants {
        said.0.extend(instant.warnings.into_iter().filter(|warning| !is_of_ranges(warning)));
        said.1.extend(instant.infos.iter().map(|info| without_extent(info)));
        let expected = match instant.value {
            Value::Scalar { value, .. } => {
                Value::Vector(vec![(Default::default(), at, super::super::sample::Sample::Float(value))])
            }
            other => other,
        };
        let agreed = compare::agree(&expected, &at_step(&answered.value, at));
        prop_assert!(agreed.is_ok(), "{text} at {at}: {}", agreed.unwrap_err());
    }
    let warnings = answered.warnings.into_iter().filter(|warning| !is_of_ranges(warning));
    let infos = answered.infos.iter().map(|info| without_extent(info));
    prop_assert_eq!(said, (warnings.collect(), infos.collect()), "{}", text);
    Ok(())
}

/// Few enough for every run; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 100 };
    ProptestConfig { cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_engine_agrees_with_the_definitions(
        source in stored::floats(),
        text in expression::whole(),
        range in ranges(),
    ) {
        agrees_with_definitions(&source, &text, range)?;
    }

    #[test]
    fn a_range_is_its_instants(
        source in stored::all(),
        text in expression::any_kind(),
        start in 0..1200_i64,
        step in 1..120_i64,
        count in 1..12_i64,
    ) {
        is_its_instants(&source, &text, start * 1000, step * 1000, count)?;
    }

    #[test]
    fn what_is_printed_is_parsed_to_the_same(text in expression::any_kind()) {
        let options = ParseOptions::all();
        let tree = parse(&text, &options).unwrap_or_else(|error| panic!("{text}: {error}"));
        prop_assert_eq!(parse(&tree.to_string(), &options).unwrap(), tree);
    }
}

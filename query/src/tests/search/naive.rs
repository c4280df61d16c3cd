//! Random filters over random spans: what the planned search finds is what evaluating the filter on each span, as it was
//! sent, finds.

use std::cmp::Ordering;
use std::sync::LazyLock;

use proptest::prelude::*;
use spanloom_store::value::Value;
use tokio::runtime::Runtime;

use super::super::harness::{Harness, MINUTE_NS, NOW_NS, Sample, sample};
use super::span_ids;

/// Promoted as a string, promoted as an integer, and not promoted.
const KEYS: [&str; 4] = ["http.method", "http.status_code", "x", "service.name"];
const SPANS: u64 = 240;

#[derive(Debug, Clone)]
enum Condition {
    Compare(Operand, &'static str, Constant),
    Plus(Operand, i64, &'static str, Constant),
    Exists(Operand),
    Missing(Operand),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
}

#[derive(Debug, Clone, Copy)]
enum Operand {
    Any(&'static str),
    Span(&'static str),
    Resource(&'static str),
    Name,
    Duration,
}

#[derive(Debug, Clone)]
enum Constant {
    Text(&'static str),
    Int(i64),
    Float(f64),
    Truth(bool),
}

impl Operand {
    fn text(self) -> String {
        match self {
            Self::Any(key) => format!(".{key}"),
            Self::Span(key) => format!("span.{key}"),
            Self::Resource(key) => format!("resource.{key}"),
            Self::Name => "name".to_owned(),
            Self::Duration => "duration".to_owned(),
        }
    }

    fn is_attribute(self) -> bool {
        !matches!(self, Self::Name | Self::Duration)
    }

    fn value(self, sample: &Sample) -> Option<(Value<'static>, bool)> {
        let find = |attributes: &[(std::borrow::Cow<'static, str>, Value<'static>)], key: &str, promoted: bool| {
            let found = attributes.iter().find(|(known, _)| known == key);
            found.map(|(_, value)| (value.clone(), promoted))
        };
        let span = |key: &str| find(&sample.span.attributes, key, key.starts_with("http."));
        let resource = |key: &str| find(&sample.resource.attributes, key, key == "service.name");
        match self {
            Self::Any(key) => span(key).or_else(|| resource(key)),
            Self::Span(key) => span(key),
            Self::Resource(key) => resource(key),
            Self::Name => Some((Value::String(sample.span.name.clone()), false)),
            Self::Duration => Some((Value::Int(sample.span.end_ns - sample.span.start_ns), false)),
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Any(key) | Self::Span(key) | Self::Resource(key) => key,
            Self::Name | Self::Duration => "",
        }
    }

    /// The value as a comparison with a constant takes it: promoted columns hold it coerced to their type.
    fn compared(self, sample: &Sample, with: &Constant) -> Option<Value<'static>> {
        let (value, is_promoted) = self.value(sample)?;
        let is_number = matches!(with, Constant::Int(_) | Constant::Float(_));
        Some(match (self.key(), &value, with) {
            ("http.status_code", Value::String(text), _) if is_promoted && is_number => {
                text.parse().map_or(value, Value::Int)
            }
            // A column of integers has no place for it.
            ("http.status_code", Value::Double(number), Constant::Int(_) | Constant::Float(_))
                if is_promoted && number.fract() != 0.0 =>
            {
                return None;
            }
            ("http.method" | "service.name", _, Constant::Text(_)) if is_promoted => {
                Value::String(value.encode().0.into_owned().into())
            }
            _ => value,
        })
    }
}

impl Condition {
    fn text(&self) -> String {
        match self {
            Self::Compare(operand, op, constant) => format!("{} {op} {}", operand.text(), constant.text()),
            Self::Plus(operand, n, op, constant) => format!("{} + {n} {op} {}", operand.text(), constant.text()),
            Self::Exists(operand) => format!("{} != nil", operand.text()),
            Self::Missing(operand) => format!("{} = nil", operand.text()),
            Self::And(a, b) => format!("({}) && ({})", a.text(), b.text()),
            Self::Or(a, b) => format!("({}) || ({})", a.text(), b.text()),
            Self::Not(a) => format!("!({})", a.text()),
        }
    }

    fn holds(&self, sample: &Sample) -> bool {
        match self {
            Self::Compare(operand, op, constant) => {
                operand.compared(sample, constant).is_some_and(|value| holds(&value, op, constant))
            }
            Self::Plus(operand, n, op, constant) => {
                let original = operand.value(sample).map(|(value, _)| value);
                let sum = match operand.compared(sample, &Constant::Int(0)).or(original) {
                    Some(Value::Int(number)) => Value::Int(number + n),
                    Some(Value::Double(number)) => Value::Double(number + *n as f64),
                    _ => return false,
                };
                holds(&sum, op, constant)
            }
            Self::Exists(operand) => operand.value(sample).is_some(),
            Self::Missing(operand) => operand.value(sample).is_none(),
            Self::And(a, b) => a.holds(sample) && b.holds(sample),
            Self::Or(a, b) => a.holds(sample) || b.holds(sample),
            Self::Not(a) => !a.holds(sample),
        }
    }
}

impl Constant {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => format!("{text:?}"),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => format!("{number:?}"),
            Self::Truth(truth) => truth.to_string(),
        }
    }
}

fn holds(value: &Value<'_>, op: &str, constant: &Constant) -> bool {
    if let Value::Array(items) = value {
        let holds_of = |op: &str| {
            items
                .iter()
                .filter(|item| ordering(item, constant).is_some() || op == "=~")
                .any(|item| holds(item, op, constant))
        };
        let compares = items.iter().any(|item| ordering(item, constant).is_some());
        return match op {
            "!=" => compares && !holds_of("="),
            "!~" => compares && !holds_of("=~"),
            op => holds_of(op),
        };
    }
    if let (Value::String(text), Constant::Text(pattern), "=~" | "!~") = (value, constant, op) {
        return pattern.split('|').any(|word| word == text || word == ".*") == (op == "=~");
    }
    let Some(ordering) = ordering(value, constant) else { return false };
    match op {
        "=" => ordering == Ordering::Equal,
        "!=" => ordering != Ordering::Equal,
        "<" => ordering == Ordering::Less,
        ">=" => ordering != Ordering::Less,
        _ => false,
    }
}

fn ordering(value: &Value<'_>, constant: &Constant) -> Option<Ordering> {
    match (value, constant) {
        (Value::String(a), Constant::Text(b)) => Some(a.as_ref().cmp(b)),
        (Value::Int(a), Constant::Int(b)) => Some(a.cmp(b)),
        (Value::Int(a), Constant::Float(b)) => (*a as f64).partial_cmp(b),
        (Value::Double(a), Constant::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Value::Double(a), Constant::Float(b)) => a.partial_cmp(b),
        (Value::Bool(a), Constant::Truth(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Spans of many shapes, several to a trace, by a fixed but mixed rule.
fn samples() -> Vec<Sample> {
    (1..=SPANS)
        .map(|id| {
            let mixed = id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 7;
            let start_ns = NOW_NS - (mixed % 5) as i64 * MINUTE_NS;
            let mut span = sample(mixed % 60 + 1, id, None, start_ns).lasting((mixed % 8) as i64);
            span.span.name = ["a", "b", ""][(mixed % 3) as usize].into();
            for (i, key) in KEYS.into_iter().enumerate() {
                span.span.attributes.extend(value((mixed >> (6 * i)) % 23).map(|value| (key.into(), value)));
                let of_resource = value((mixed >> (6 * i + 3)) % 29).map(|value| (key.into(), value));
                span.resource.attributes.extend(of_resource);
            }
            span
        })
        .collect()
}

/// One of the values that constants are near to; none for many numbers.
fn value(choice: u64) -> Option<Value<'static>> {
    Some(match choice {
        0 | 1 => Value::String("a".into()),
        2 => Value::String("b".into()),
        3 => Value::String("".into()),
        4 => Value::String("2".into()),
        5 | 6 => Value::Int(2),
        7 => Value::Int(3),
        8 => Value::Double(2.0),
        9 => Value::Double(2.5),
        10 => Value::Bool(true),
        11 => Value::Bool(false),
        _ => return None,
    })
}

struct Fixture {
    runtime: Runtime,
    harness: Harness,
}

/// Six flushes and a hot rest.
static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let harness = runtime.block_on(async {
        let harness = Harness::new().await;
        for chunk in samples().chunks(35) {
            harness.flush().await;
            harness.append(chunk).await;
        }
        harness
    });
    Fixture { runtime, harness }
});

fn operands() -> impl Strategy<Value = Operand> {
    let key = || prop::sample::select(&KEYS[..]);
    prop_oneof![
        3 => key().prop_map(Operand::Any),
        3 => key().prop_map(Operand::Span),
        2 => key().prop_map(Operand::Resource),
        1 => Just(Operand::Name),
        1 => Just(Operand::Duration),
    ]
}

fn comparisons() -> impl Strategy<Value = Condition> {
    let texts = prop::sample::select(&["a", "b", "", "2", "a|b", "2|x", ".*"][..]);
    let number = prop_oneof![
        (0..5_i64).prop_map(Constant::Int),
        prop::sample::select(&[2.0, 2.5][..]).prop_map(Constant::Float)
    ];
    let ordered = || prop::sample::select(&["=", "!=", "<", ">="][..]);
    let of_text = prop::sample::select(&["=", "!=", "<", ">=", "=~", "!~"][..]);
    let fits = |operand: &Operand, constant: &Constant| match operand {
        Operand::Name => matches!(constant, Constant::Text(_)),
        Operand::Duration => matches!(constant, Constant::Int(_) | Constant::Float(_)),
        _ => true,
    };
    prop_oneof![
        4 => (operands(), of_text, texts).prop_map(|(a, op, text)| Condition::Compare(a, op, Constant::Text(text))),
        4 => (operands(), ordered(), number.clone()).prop_map(|(a, op, number)| Condition::Compare(a, op, number)),
        1 => (operands(), prop::sample::select(&["=", "!="][..]), any::<bool>())
            .prop_map(|(a, op, truth)| Condition::Compare(a, op, Constant::Truth(truth))),
        1 => (operands(), 0..3_i64, ordered(), number).prop_map(|(a, n, op, number)| Condition::Plus(a, n, op, number)),
        1 => operands().prop_map(Condition::Exists),
        1 => operands().prop_map(Condition::Missing),
    ]
    .prop_filter("types that the checker lets through", move |condition| match condition {
        Condition::Compare(operand, _, constant) => fits(operand, constant),
        Condition::Plus(operand, ..) => !matches!(operand, Operand::Name),
        // `service.name` of a resource is refused, and so are intrinsics.
        Condition::Missing(operand) => operand.is_attribute() && !matches!(operand, Operand::Resource("service.name")),
        _ => true,
    })
}

fn conditions() -> impl Strategy<Value = Condition> {
    comparisons().prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Condition::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Condition::Or(Box::new(a), Box::new(b))),
            inner.prop_map(|a| Condition::Not(Box::new(a))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_planned_filter_finds_what_a_plain_evaluation_finds(condition in conditions()) {
        let samples = samples();
        let found = samples.iter().filter(|sample| condition.holds(sample));
        let expected: Vec<i64> = found.map(|sample| sample.span.span_id.as_int()).collect();
        let query = format!("{{ {} }}", condition.text());
        let Fixture { runtime, harness } = &*FIXTURE;
        let found = runtime.block_on(span_ids(harness, &query));
        prop_assert_eq!(found, expected, "{}", query);
    }
}

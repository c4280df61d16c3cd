//! Functions of all windows at once yield what the functions of single windows yield.

use proptest::prelude::*;

use super::{Annotations, Context, Edges, Sample, Scratch, Severity, Span, close};
use crate::promql::call::{Part, Windows, series_function, window_function};
use crate::promql::sample::{Column, Window, is_stale};

const NAMES: [&str; 9] = [
    "rate",
    "increase",
    "delta",
    "sum_over_time",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "count_over_time",
    "last_over_time",
];

const GAP_MS: i64 = 15_000;

fn column(values: &[f64]) -> Column<f64> {
    let mut floats = Column::default();
    for (at, value) in values.iter().enumerate() {
        floats.push(at as i64 * GAP_MS, *value);
    }
    floats
}

/// The value of each window, and what is said about all.
type Answers = (Vec<Option<f64>>, Vec<String>);

fn ask(call: impl FnOnce(&mut Context<'_>) -> Vec<Option<f64>>) -> Answers {
    let (mut annotations, mut scratch) = (Annotations::default(), Scratch::default());
    let mut context = Context {
        annotations: &mut annotations,
        scratch: &mut scratch,
        metric: "load",
        metric_type: None,
        span: Span::default(),
        args: &[],
        arg_spans: &[],
        edges: Edges::Plain,
        time_ms: 0,
    };
    let values = call(&mut context);
    (values, annotations.texts(Severity::Info, ""))
}

/// Both ways to the same answer.
fn both(name: &str, floats: &Column<f64>, ends_ms: &[i64], range_ms: i64) -> [Answers; 2] {
    let until = |time_ms: i64| floats.times_ms.partition_point(|time| *time <= time_ms);
    let part = |end_ms: &i64| Part { from: until(end_ms - range_ms), to: until(*end_ms) };
    let parts: Vec<Part> = ends_ms.iter().map(part).collect();
    let at_once = ask(|context| {
        let windows = Windows { floats: floats.all(), parts: &parts, ends_ms, range_ms };
        let values = series_function(name).expect(name)(&windows, context);
        values.into_iter().map(|value| (!is_stale(value)).then_some(value)).collect()
    });
    let one_by_one = ask(|context| {
        let function = window_function(name).expect(name);
        let mut one = |(part, end_ms): (&Part, &i64)| {
            let floats = floats.all().part(part.from, part.to);
            if floats.is_empty() {
                return None;
            }
            let histograms = Column::default();
            let (start_ms, end_ms) = (end_ms - range_ms, *end_ms);
            let window = Window { floats, histograms: histograms.all(), start_ms, end_ms, time_ms: end_ms };
            match function(&window, context) {
                Some(Sample::Float(value)) => Some(value),
                _ => None,
            }
        };
        parts.iter().zip(ends_ms).map(&mut one).collect()
    });
    [at_once, one_by_one]
}

fn check(floats: &Column<f64>, ends_ms: &[i64], range_ms: i64, name: &str) {
    let [(at_once, said_at_once), (one_by_one, said)] = both(name, floats, ends_ms, range_ms);
    assert_eq!(said_at_once, said, "{name}");
    for (step, (a, b)) in at_once.iter().zip(&one_by_one).enumerate() {
        let same = match (a, b) {
            (Some(a), Some(b)) => close(*a, *b),
            (None, None) => true,
            _ => false,
        };
        assert!(same, "{name} at step {step}: {a:?} and {b:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn short_and_long_windows_are_the_same_at_once(
        values in prop::collection::vec(0.0..1000.0_f64, 0..700), range in 1..400_i64, step in 0..9_i64, start in -50..300_i64,
    ) {
        let ends_ms: Vec<i64> = (0..80).map(|at| (start + step * at) * GAP_MS + 4000).collect();
        for name in NAMES {
            check(&column(&values), &ends_ms, range * GAP_MS, name);
        }
    }

    #[test]
    fn any_floats_are_the_same_at_once(
        values in prop::collection::vec(prop_oneof![4 => -1e3..1e3_f64, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(f64::MAX)], 0..500),
        range in 1..300_i64,
    ) {
        let ends_ms: Vec<i64> = (0..80).map(|at| at * 5 * GAP_MS).collect();
        for name in NAMES {
            check(&column(&values), &ends_ms, range * GAP_MS, name);
        }
    }
}

#[test]
fn blocks_without_numbers_are_nothing_to_extremes() {
    let mut values = vec![f64::NAN; 300];
    values[7] = 3.0;
    let ends_ms: Vec<i64> = (100..300).map(|at| at * GAP_MS).collect();
    for name in ["min_over_time", "max_over_time"] {
        check(&column(&values), &ends_ms, 150 * GAP_MS, name);
    }
}

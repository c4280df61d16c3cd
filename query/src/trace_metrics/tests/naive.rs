/// What queries mean.
mod model;
/// Random spans and queries.
mod random;

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use self::model::{END_S, START_S, STEP_S, Second, Table, apply, compared, join};
use self::random::{questions, spans};
use super::world::{self, TestSpan, accumulated, batch, labels_text, steps};
use crate::trace_metrics::{Bounds, MetricSeries, answer};
use crate::traceql::plan::metrics::MetricsPart;

fn table_of(series: &[MetricSeries]) -> Table {
    let points =
        |series: &MetricSeries| series.points.iter().map(|point| (point.time_ms / 1000, point.value)).collect();
    series.iter().map(|series| (labels_text(&series.labels), points(series))).collect()
}

fn are_near(a: &Table, b: &Table) -> bool {
    let near = |(a, b): (f64, f64)| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
    a.keys().eq(b.keys())
        && a.values()
            .zip(b.values())
            .all(|(a, b)| a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| near((*a, *b))))
}

/// What the spans come to in pieces, the later ones first.
fn in_pieces(part: &Arc<MetricsPart>, spans: &[TestSpan], pieces: usize) -> Vec<MetricSeries> {
    let steps = steps(START_S, END_S, STEP_S);
    let length = (spans.len() / pieces).max(1);
    let batches: Vec<_> = spans.chunks(length).map(batch).collect();
    let batches: Vec<_> = batches.into_iter().rev().collect();
    accumulated(part, steps, Bounds::default(), &batches).unwrap().finish().unwrap()
}

fn answered(text: &str, spans: &[TestSpan], pieces: usize) -> Vec<MetricSeries> {
    let plan = world::plan(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let parts = plan.parts.iter().map(|part| in_pieces(part, spans, pieces)).collect();
    answer(&plan, parts, &steps(START_S, END_S, STEP_S), &Bounds::default()).series
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_function_is_what_a_recomputation_says(question in questions(), spans in spans(), pieces in 1..9_usize) {
        let series = answered(&question.text(), &spans, pieces);
        let expected = question.ask(&spans);
        let told = table_of(&series);
        prop_assert!(are_near(&told, &expected), "{}\n{:#?}\n{:#?}", question.text(), told, expected);
    }

    #[test]
    fn neither_order_nor_pieces_change_what_is_counted(question in questions(), spans in spans(), pieces in 2..9_usize) {
        let whole = answered(&question.text(), &spans, 1);
        let pieces = answered(&question.text(), &spans, pieces);
        prop_assert!(are_near(&table_of(&whole), &table_of(&pieces)), "{}", question.text());
        // Values that lie on the line are only near, as sums of fractions are.
        let exemplars = |series: &[MetricSeries]| -> Vec<_> {
            let of_all = series.iter().flat_map(|series| &series.exemplars);
            of_all.map(|exemplar| (exemplar.labels.clone(), exemplar.time_ms)).collect()
        };
        prop_assert_eq!(exemplars(&whole), exemplars(&pieces));
    }

    #[test]
    fn ranks_keep_the_highest_and_the_lowest_of_each_time(
        question in questions(),
        spans in spans(),
        count in 1..4_usize,
        is_top in any::<bool>(),
    ) {
        let second = if is_top { Second::TopK(count) } else { Second::BottomK(count) };
        let mut ranked = question.clone();
        ranked.second.push(second);
        let all = table_of(&answered(&question.text(), &spans, 1));
        let kept = table_of(&answered(&ranked.text(), &spans, 1));
        // The recomputation keeps all of equal values, so what was kept is among them, and so many.
        let mut expected = all.clone();
        apply(second, &mut expected);
        let times: BTreeSet<i64> = all.values().flat_map(|points| points.keys().copied()).collect();
        for time in times {
            let values = |table: &Table| table.values().filter(|points| points.contains_key(&time)).count();
            prop_assert_eq!(values(&kept), values(&all).min(count));
        }
        for (labels, points) in &kept {
            prop_assert!(points.iter().all(|(time, value)| expected[labels].get(time) == Some(value)));
        }
    }

    #[test]
    fn math_joins_series_with_equal_labels(
        left in questions(),
        right in questions(),
        spans in spans(),
        op in prop::sample::select(&["+", "-", "*", "/"][..]),
        is_same_by in any::<bool>(),
    ) {
        let mut right = right;
        if is_same_by {
            right.by = left.by.iter().rev().copied().collect();
        }
        let text = format!("({}) {op} ({})", left.text(), right.text());
        let joined = table_of(&answered(&text, &spans, 1));
        let expected = join(op, &left.ask(&spans), &right.ask(&spans));
        prop_assert!(are_near(&joined, &expected), "{}\n{:#?}\n{:#?}", text, joined, expected);
    }

    #[test]
    fn comparisons_count_every_attribute_of_every_span(spans in spans(), pieces in 1..5_usize) {
        let series = answered("{ } | compare({ status = error }, 1000)", &spans, pieces);
        prop_assert_eq!(table_of(&series), compared(&spans));
    }
}

//! Series with series, and series with numbers.
//!
//! Two series meet if they have the same labels, in whatever order; a side that is one series without labels meets
//! every series of the other side. What has no partner, and a result that is no finite number, is left out. The
//! result has no name, because it is not what a function gave, and no exemplars, because no span has its value.

use std::collections::HashMap;

use crate::trace_metrics::accumulator::labels::{Labels, NAME};
use crate::trace_metrics::{MetricPoint, MetricSeries};
use crate::traceql::tree::Arithmetic;

/// The result of two numbers; not finite if there is none.
pub(super) fn apply(op: Arithmetic, left: f64, right: f64) -> f64 {
    match op {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        // The checker lets no other one stand between series.
        Arithmetic::Remainder | Arithmetic::Power => f64::NAN,
    }
}

/// Every point through a function.
pub(super) fn with_number(series: Vec<MetricSeries>, apply: impl Fn(f64) -> f64) -> Vec<MetricSeries> {
    let calculated = series.into_iter().map(|series| {
        let points = series.points.iter().map(|point| MetricPoint { value: apply(point.value), ..*point });
        unnamed(series.labels, points)
    });
    calculated.filter(|series| !series.points.is_empty()).collect()
}

pub(super) fn join(op: Arithmetic, left: Vec<MetricSeries>, right: Vec<MetricSeries>) -> Vec<MetricSeries> {
    let joined: Vec<MetricSeries> = match (without_labels(&left), without_labels(&right)) {
        (_, Some(right)) => left.iter().map(|left| pair(op, left, right, &left.labels)).collect(),
        (Some(left), None) => right.iter().map(|right| pair(op, left, right, &right.labels)).collect(),
        (None, None) => {
            let by_labels: HashMap<String, &MetricSeries> =
                right.iter().map(|series| (set_of(&series.labels), series)).collect();
            let pairs = left.iter().filter_map(|left| Some((left, *by_labels.get(&set_of(&left.labels))?)));
            pairs.map(|(left, right)| pair(op, left, right, &left.labels)).collect()
        }
    };
    joined.into_iter().filter(|series| !series.points.is_empty()).collect()
}

/// The only series of a side, if it has no labels.
fn without_labels(side: &[MetricSeries]) -> Option<&MetricSeries> {
    match side {
        [only] if only.labels.iter().all(|(name, _)| name == NAME) => Some(only),
        _ => None,
    }
}

/// The same text for the same labels.
fn set_of(labels: &Labels) -> String {
    let mut labels: Vec<&_> = labels.iter().filter(|(name, _)| name != NAME).collect();
    labels.sort_by(|(a, _), (b, _)| a.cmp(b));
    format!("{labels:?}")
}

/// Points of times that both have.
fn pair(op: Arithmetic, left: &MetricSeries, right: &MetricSeries, labels: &Labels) -> MetricSeries {
    let mut others = right.points.iter().peekable();
    let points = left.points.iter().filter_map(|point| {
        while others.next_if(|other| other.time_ms < point.time_ms).is_some() {}
        let other = others.next_if(|other| other.time_ms == point.time_ms)?;
        Some(MetricPoint { value: apply(op, point.value, other.value), ..*point })
    });
    unnamed(labels.clone(), points)
}

fn unnamed(mut labels: Labels, points: impl Iterator<Item = MetricPoint>) -> MetricSeries {
    labels.retain(|(name, _)| name != NAME);
    MetricSeries { labels, points: points.filter(|point| point.value.is_finite()).collect(), exemplars: Vec::new() }
}

use std::cmp::Reverse;

use spanloom_store::value::Value;

use super::attribute::{Attribute, Counts};
use super::{Scope, Side};
use crate::error::Position;
use crate::trace_metrics::accumulator::labels::NIL;
use crate::trace_metrics::{MetricPoint, MetricSeries, MetricsError, Steps};
use crate::traceql::tree::{At, Attribute as Named};

/// Says which side a series is of, and whether it is of a value or of all of them.
const TYPE: &str = "__meta_type";
const ERROR: &str = "__meta_error";
/// What [`ERROR`] says of an attribute with more values than are shown; the points are the spans that have another one.
const TOO_MANY_VALUES: &str = "__too_many_values__";

/// For each attribute and side the values that were seen most, and the spans that have the attribute at all.
///
/// # Errors
/// More points than `points_max`.
pub(super) fn series(
    attributes: Vec<Attribute>,
    values_max: usize,
    steps: &Steps,
    points_max: usize,
) -> Result<Vec<MetricSeries>, MetricsError> {
    let mut attributes: Vec<(String, Attribute)> =
        attributes.into_iter().map(|attribute| (label(&attribute), attribute)).collect();
    attributes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut series = Vec::new();
    for (label, attribute) in &attributes {
        of_attribute(label, attribute, values_max, steps, &mut series);
        if series.len() * steps.count() > points_max {
            let (series, intervals) = (series.len(), steps.count());
            return Err(MetricsError::TooManyCells { series, intervals, cells_max: points_max });
        }
    }
    Ok(series)
}

/// As TraceQL writes the attribute, so that it can be asked for.
fn label(attribute: &Attribute) -> String {
    if attribute.scope == Scope::Any {
        return attribute.key.to_string();
    }
    let at = At(Position { line: 1, column: 1 });
    Named { at, scope: attribute.scope, of_parent: false, name: attribute.key.to_string() }.to_string()
}

fn of_attribute(label: &str, attribute: &Attribute, values_max: usize, steps: &Steps, series: &mut Vec<MetricSeries>) {
    let mut is_cut = attribute.is_pruned;
    let mut left_out = vec![0; steps.count()];
    let sides = [(Side::Baseline, "baseline", "baseline_total"), (Side::Selection, "selection", "selection_total")];
    for (side, name, total_name) in sides {
        let total = attribute.total.dense(side, steps.count());
        if attribute.total.of_side(side) == 0 {
            continue;
        }
        let mut others = total.clone();
        let values = values(attribute, side);
        is_cut |= values.len() > values_max;
        for (value, counts) in values.into_iter().take(values_max) {
            let counts = counts.dense(side, steps.count());
            others.iter_mut().zip(&counts).for_each(|(other, count)| *other -= count);
            series.push(one([(TYPE, name), (label, value)], &counts, steps));
        }
        left_out.iter_mut().zip(others).for_each(|(left_out, others): (&mut u64, u64)| *left_out += others);
        series.push(one([(TYPE, total_name), (label, NIL)], &total, steps));
    }
    if is_cut {
        series.push(one([(ERROR, TOO_MANY_VALUES), (label, NIL)], &left_out, steps));
    }
}

/// The values of a side, the most frequent first, equal ones by the alphabet.
fn values(attribute: &Attribute, side: Side) -> Vec<(&str, &Counts)> {
    let mut values: Vec<_> = attribute.values().map(|(value, counts)| (counts.of_side(side), value, counts)).collect();
    values.retain(|(count, ..)| *count > 0);
    values.sort_by_key(|(count, value, _)| (Reverse(*count), *value));
    values.into_iter().map(|(_, value, counts)| (value, counts)).collect()
}

fn one(labels: [(&str, &str); 2], counts: &[u64], steps: &Steps) -> MetricSeries {
    let labels = labels.map(|(name, value)| (name.to_owned(), Value::String(value.to_owned().into())));
    let point =
        |(interval, count): (usize, &u64)| MetricPoint { time_ms: steps.time_ms(interval), value: *count as f64 };
    MetricSeries {
        labels: labels.to_vec(),
        points: counts.iter().enumerate().map(point).collect(),
        exemplars: Vec::new(),
    }
}

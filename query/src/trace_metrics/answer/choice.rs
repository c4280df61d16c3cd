//! Points that stay, and series that have none left.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::MetricsAnswer;
use crate::trace_metrics::MetricSeries;
use crate::traceql::eval::Val;
use crate::traceql::tree::Comparison;

/// Points of which the comparison is true.
pub(super) fn keep(series: Vec<MetricSeries>, op: Comparison, value: f64, step_ms: i64) -> Vec<MetricSeries> {
    let value = Val::Float(value);
    let kept = series.into_iter().map(|series| {
        let stays: Vec<bool> = series.points.iter().map(|point| Val::Float(point.value).compare(op, &value)).collect();
        with_points(series, &stays, step_ms)
    });
    kept.filter(|series| !series.points.is_empty()).collect()
}

/// At each time the points of the `count` series with the highest or the lowest values; of equal ones the first series.
pub(super) fn rank(series: Vec<MetricSeries>, is_top: bool, count: usize, step_ms: i64) -> Vec<MetricSeries> {
    let mut of_times: BTreeMap<i64, Vec<(f64, usize, usize)>> = BTreeMap::new();
    for (i, one) in series.iter().enumerate() {
        for (j, point) in one.points.iter().enumerate() {
            of_times.entry(point.time_ms).or_default().push((point.value, i, j));
        }
    }
    let mut stays: Vec<Vec<bool>> = series.iter().map(|series| vec![false; series.points.len()]).collect();
    for mut points in of_times.into_values() {
        points.sort_by(|a, b| {
            let ascending = a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal);
            let by_value = if is_top { ascending.reverse() } else { ascending };
            by_value.then(a.1.cmp(&b.1))
        });
        points.iter().take(count).for_each(|(_, i, j)| stays[*i][*j] = true);
    }
    let ranked = series.into_iter().zip(stays).map(|(series, stays)| with_points(series, &stays, step_ms));
    ranked.filter(|series| !series.points.is_empty()).collect()
}

/// A series with some of its points, and the exemplars that those have.
fn with_points(mut series: MetricSeries, stays: &[bool], step_ms: i64) -> MetricSeries {
    let mut next = stays.iter();
    series.points.retain(|_| next.next().is_some_and(|stays| *stays));
    let points = &series.points;
    series.exemplars.retain(|exemplar| {
        let point = points.get(points.partition_point(|point| point.time_ms < exemplar.time_ms));
        point.is_some_and(|point| point.time_ms - step_ms <= exemplar.time_ms)
    });
    series
}

/// Those with the greatest sums, and why others are missing.
pub(super) fn bounded(series: Vec<MetricSeries>, series_max: usize) -> MetricsAnswer {
    if series.len() <= series_max {
        return MetricsAnswer { series, partial: None };
    }
    let partial = format!(
        "the answer has {} series, of which the {series_max} with the greatest sums are shown: \
         group by less or filter more",
        series.len()
    );
    let sum = |series: &MetricSeries| series.points.iter().map(|point| point.value.abs()).sum::<f64>();
    let mut by_sum: Vec<(f64, usize)> = series.iter().enumerate().map(|(i, series)| (sum(series), i)).collect();
    by_sum.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut stays = vec![false; series.len()];
    by_sum.iter().take(series_max).for_each(|(_, i)| stays[*i] = true);
    let series = series.into_iter().zip(stays).filter(|(_, stays)| *stays).map(|(series, _)| series).collect();
    MetricsAnswer { series, partial: Some(partial) }
}

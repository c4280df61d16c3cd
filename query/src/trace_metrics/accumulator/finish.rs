use spanloom_store::TraceId;
use spanloom_store::value::Value;

use super::labels::{self, Labels, NAME};
use super::tally::{Cells, Tally};
use crate::trace_metrics::exemplars::Chosen;
use crate::trace_metrics::grid::Grid;
use crate::trace_metrics::log2::{Log2, bound_of};
use crate::trace_metrics::{MetricPoint, MetricSeries, MetricsError, SpanExemplar, Steps};
use crate::traceql::plan::metrics::{MetricsPart, PlannedFunction, Unit};

/// The label of a quantile.
const QUANTILE: &str = "p";
/// The label of a bucket: its upper bound.
const BUCKET: &str = "__bucket";
const TRACE_ID: &str = "trace:id";

/// The series of a tally, by their labels.
///
/// # Errors
/// More points than `points_max`.
pub(super) fn series(
    part: &MetricsPart,
    steps: &Steps,
    tally: Tally,
    points_max: usize,
) -> Result<Vec<MetricSeries>, MetricsError> {
    let mut finisher = Finisher { part, steps, points_max, points: 0, series: Vec::new() };
    let mut exemplars: Vec<Vec<Chosen>> = vec![Vec::new(); tally.groups.len()];
    for chosen in tally.exemplars.into_iter().flat_map(|exemplars| exemplars.into_chosen()) {
        exemplars[chosen.series as usize].push(chosen);
    }
    for (group, key) in tally.groups.keys().iter().enumerate() {
        let labels = labels::of_series(&part.by, &tally.groups, key);
        finisher.group(&tally.cells, group, labels, &exemplars[group])?;
    }
    finisher.series.sort_by(|a, b| labels::compare(&a.labels, &b.labels));
    Ok(finisher.series)
}

struct Finisher<'a> {
    part: &'a MetricsPart,
    steps: &'a Steps,
    points_max: usize,
    /// Made so far.
    points: usize,
    series: Vec<MetricSeries>,
}

impl Finisher<'_> {
    fn group(&mut self, cells: &Cells, group: usize, labels: Labels, exemplars: &[Chosen]) -> Result<(), MetricsError> {
        match (&self.part.function, cells) {
            (PlannedFunction::Rate, Cells::Count(grid)) => {
                let seconds = self.steps.step_seconds();
                self.single(grid, group, labels, exemplars, |cell| Some(cell.map_or(0.0, |count| count.0 / seconds)))
            }
            (_, Cells::Count(grid)) => {
                self.single(grid, group, labels, exemplars, |cell| Some(cell.map_or(0.0, |count| count.0)))
            }
            (_, Cells::Least(grid)) => self.single(grid, group, labels, exemplars, |cell| Some(cell?.0)),
            (_, Cells::Greatest(grid)) => self.single(grid, group, labels, exemplars, |cell| Some(cell?.0)),
            (PlannedFunction::Average(_), Cells::Sum(grid)) => {
                self.single(grid, group, labels, exemplars, |cell| cell.map(|sum| sum.sum() / sum.count))
            }
            (_, Cells::Sum(grid)) => self.single(grid, group, labels, exemplars, |cell| Some(cell?.sum())),
            (PlannedFunction::Quantiles(_, quantiles), Cells::Log2(grid)) => {
                self.quantiles(grid, group, &labels, quantiles, exemplars)
            }
            (_, Cells::Log2(grid)) => self.buckets(grid, group, &labels, exemplars),
        }
    }

    /// One series of a group; an interval of which `value` says nothing has no point.
    fn single<C: Default>(
        &mut self,
        grid: &Grid<C>,
        group: usize,
        mut labels: Labels,
        exemplars: &[Chosen],
        value: impl Fn(Option<&C>) -> Option<f64>,
    ) -> Result<(), MetricsError> {
        if grid.of_series(group).flatten().next().is_none() {
            return Ok(());
        }
        if labels.is_empty() {
            labels.push((NAME.to_owned(), Value::String(self.part.function.name().into())));
        }
        let scale = self.scale();
        let values = grid.of_series(group).map(|cell| value(cell).map(|value| value / scale));
        self.push(labels, values, exemplars)
    }

    /// A series for each quantile; 0 where there is no span.
    fn quantiles(
        &mut self,
        grid: &Grid<Log2>,
        group: usize,
        labels: &Labels,
        quantiles: &[f64],
        exemplars: &[Chosen],
    ) -> Result<(), MetricsError> {
        if grid.of_series(group).flatten().next().is_none() {
            return Ok(());
        }
        let scale = self.scale();
        for (i, quantile) in quantiles.iter().enumerate() {
            let values =
                grid.of_series(group).map(|cell| Some(cell.map_or(0.0, |log2| log2.quantile(*quantile) / scale)));
            // A span is shown once.
            let exemplars = if i == 0 { exemplars } else { &[] };
            self.push(with(labels, QUANTILE, *quantile), values, exemplars)?;
        }
        Ok(())
    }

    /// A series for each bucket that holds something anywhere.
    fn buckets(
        &mut self,
        grid: &Grid<Log2>,
        group: usize,
        labels: &Labels,
        exemplars: &[Chosen],
    ) -> Result<(), MetricsError> {
        let mut all = Log2::default();
        grid.of_series(group).flatten().for_each(|log2| all.merge(log2));
        let scale = self.scale();
        for bucket in all.buckets() {
            let values = grid.of_series(group).map(|cell| Some(cell.map_or(0.0, |log2| log2.count(bucket))));
            let is_in = |chosen: &&Chosen| chosen.value > bound_of(bucket - 1) && chosen.value <= bound_of(bucket);
            let exemplars: Vec<Chosen> = exemplars.iter().filter(is_in).copied().collect();
            self.push(with(labels, BUCKET, bound_of(bucket) / scale), values, &exemplars)?;
        }
        Ok(())
    }

    fn push(
        &mut self,
        labels: Labels,
        values: impl Iterator<Item = Option<f64>>,
        exemplars: &[Chosen],
    ) -> Result<(), MetricsError> {
        let mut values: Vec<Option<f64>> = values.collect();
        // What is no number says nothing.
        values.iter_mut().for_each(|value| *value = value.filter(|value| value.is_finite()));
        let point = |(interval, value): (usize, &Option<f64>)| {
            value.map(|value| MetricPoint { time_ms: self.steps.time_ms(interval), value })
        };
        let points: Vec<MetricPoint> = values.iter().enumerate().filter_map(point).collect();
        self.points += points.len();
        if self.points > self.points_max {
            let (series, intervals) = (self.series.len() + 1, self.steps.count());
            return Err(MetricsError::TooManyCells { series, intervals, cells_max: self.points_max });
        }
        if points.is_empty() {
            return Ok(());
        }
        let scale = self.scale();
        let exemplar = |chosen: &Chosen| {
            // What has no number of its own lies on the line.
            let value = if chosen.value.is_nan() { values[chosen.interval as usize]? } else { chosen.value / scale };
            let trace_id = TraceId::from_halves(chosen.trace_hi, chosen.trace_lo).to_string();
            let mut said = vec![(TRACE_ID.to_owned(), Value::String(trace_id.into()))];
            said.extend(labels.iter().filter(|(name, _)| name != NAME).cloned());
            Some(SpanExemplar { labels: said, value, time_ms: chosen.time_ns.div_euclid(1_000_000) })
        };
        let exemplars = exemplars.iter().filter_map(exemplar).collect();
        self.series.push(MetricSeries { labels, points, exemplars });
        Ok(())
    }

    /// What numbers are divided by: nanoseconds come out in seconds.
    fn scale(&self) -> f64 {
        match self.part.function.argument() {
            Some(argument) if argument.unit == Unit::DurationNs => 1e9,
            _ => 1.0,
        }
    }
}

fn with(labels: &Labels, name: &str, value: f64) -> Labels {
    let mut labels = labels.clone();
    labels.push((name.to_owned(), Value::Double(value)));
    labels
}

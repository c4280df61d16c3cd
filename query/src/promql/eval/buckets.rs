//! `histogram_quantile` and its kin, of classic histograms (a series for each bucket) and of native ones.

use std::collections::HashMap;

use super::call::text;
use super::row::{Points, Row};
use super::{Done, Evaluator, Sink};
use crate::promql::annotation::{Forced, of_metric};
use crate::promql::histogram::{Histogram, NanObservations};
use crate::promql::labels::{LE, Labels};
use crate::promql::number;
use crate::promql::plan::{Call, Grid};
use crate::promql::quantile::{ClassicBucket, bucket_fraction, bucket_quantile};
use crate::promql::sample::is_stale;
use crate::promql::tree::Span;

/// The rows of one histogram.
struct Family {
    /// Without the bound.
    labels: Labels,
    /// Upper bounds, and the rows that count what lies below.
    classic: Vec<(f64, usize)>,
    native: Vec<usize>,
}

/// What a histogram says at one step.
enum Distribution<'a> {
    Classic(&'a mut Vec<ClassicBucket>),
    Native(&'a Histogram),
}

/// Which histogram is asked, and when.
struct Asked<'a> {
    metric: &'a str,
    span: Span,
    step: usize,
    time_ms: i64,
}

impl Evaluator<'_> {
    /// `histogram_quantile(q, v)`
    pub(super) fn histogram_quantile(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let quantiles = self.scalars(&call.args[0], grid)?;
        self.warn_quantiles(&quantiles, call.spans[0]);
        let rows = self.collect(&call.args[1], grid)?;
        self.release(&rows);
        for family in self.families(&rows, call.spans[1]) {
            self.check_stop()?;
            let points = self.points(&family, &rows, call.spans[1], grid, |distribution, asked| {
                self.quantile_of(quantiles[asked.step], distribution, asked)
            });
            emit(family.labels, points, sink)?;
        }
        Ok(())
    }

    /// `histogram_quantiles(v, label, q…)`
    pub(super) fn histogram_quantiles(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let label = text(call, 1)?;
        let mut quantiles = Vec::new();
        for (arg, span) in call.args.iter().zip(&call.spans).skip(2) {
            let values = self.scalars(arg, grid)?;
            self.warn_quantiles(&values, *span);
            quantiles.push(values);
        }
        let rows = self.collect(&call.args[0], grid)?;
        self.release(&rows);
        let mut made: Vec<Row> = Vec::new();
        for family in self.families(&rows, call.spans[0]) {
            self.check_stop()?;
            for values in &quantiles {
                let points = self.points(&family, &rows, call.spans[0], grid, |distribution, asked| {
                    self.quantile_of(values[asked.step], distribution, asked)
                });
                let rows = under_their_quantiles(&family.labels, label, values, &points);
                self.hold(rows.len() * grid.count)?;
                made.extend(rows);
            }
        }
        self.release(&made);
        super::row::joined(made)?.into_iter().try_for_each(sink)
    }

    /// `histogram_fraction(lower, upper, v)`
    pub(super) fn histogram_fraction(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let lower = self.scalars(&call.args[0], grid)?;
        let upper = self.scalars(&call.args[1], grid)?;
        let rows = self.collect(&call.args[2], grid)?;
        self.release(&rows);
        for family in self.families(&rows, call.spans[2]) {
            self.check_stop()?;
            let points = self.points(&family, &rows, call.spans[2], grid, |distribution, asked| {
                self.fraction_of(lower[asked.step], upper[asked.step], distribution, asked)
            });
            emit(family.labels, points, sink)?;
        }
        Ok(())
    }

    fn warn_quantiles(&self, quantiles: &[f64], span: Span) {
        let mut warned: Option<u64> = None;
        for quantile in quantiles.iter().filter(|quantile| !(0.0..=1.0).contains(*quantile)) {
            if warned.replace(quantile.to_bits()) != Some(quantile.to_bits()) {
                self.warn_quantile(*quantile, span);
            }
        }
    }

    fn quantile_of(&self, quantile: f64, distribution: Distribution<'_>, asked: &Asked<'_>) -> f64 {
        match distribution {
            Distribution::Classic(buckets) => {
                let found = bucket_quantile(quantile, buckets);
                if let Some(forced) = found.forced_monotonic {
                    let forced = Forced::at(asked.time_ms, forced.lowest, forced.highest, forced.difference);
                    self.annotations.borrow_mut().forced(asked.span, asked.metric, forced);
                }
                found.value
            }
            Distribution::Native(histogram) => {
                let found = histogram.quantile(quantile);
                let effect = match found.nan_observations {
                    NanObservations::None => return found.value,
                    NanObservations::Result => "result is NaN",
                    NanObservations::Skewed => "result is skewed higher",
                };
                let message = format!("input to histogram_quantile has NaN observations, {effect}");
                self.annotations.borrow_mut().info(asked.span, of_metric(&message, asked.metric));
                found.value
            }
        }
    }

    fn fraction_of(&self, lower: f64, upper: f64, distribution: Distribution<'_>, asked: &Asked<'_>) -> f64 {
        match distribution {
            Distribution::Classic(buckets) => bucket_fraction(lower, upper, buckets),
            Distribution::Native(histogram) => {
                let found = histogram.fraction(lower, upper);
                if found.nan_observations {
                    let message =
                        "input to histogram_fraction has NaN observations, which are excluded from all fractions";
                    self.annotations.borrow_mut().info(asked.span, of_metric(message, asked.metric));
                }
                found.value
            }
        }
    }

    /// Rows by the histogram that they belong to, in the order in which these came.
    fn families(&self, rows: &[Row], span: Span) -> Vec<Family> {
        let mut places: HashMap<Labels, usize> = HashMap::new();
        let mut families: Vec<Family> = Vec::new();
        let mut place = |labels: Labels, families: &mut Vec<Family>| {
            *places.entry(labels.clone()).or_insert_with(|| {
                families.push(Family { labels, classic: Vec::new(), native: Vec::new() });
                families.len() - 1
            })
        };
        for (at, row) in rows.iter().enumerate() {
            if row.points.has_histograms() {
                let place = place(row.labels.clone(), &mut families);
                families[place].native.push(at);
            }
            if row.points.floats().iter().all(|value| is_stale(*value)) {
                continue;
            }
            let bound = row.labels.get(LE);
            match bound_of(bound) {
                Some(upper) => {
                    let place = place(row.labels.without(LE), &mut families);
                    families[place].classic.push((upper, at));
                }
                None => {
                    let message = format!("bucket label \"le\" is missing or has a malformed value of {bound:?}");
                    self.annotations.borrow_mut().warn(span, of_metric(&message, row.labels.metric()));
                }
            }
        }
        families
    }

    fn points(
        &self,
        family: &Family,
        rows: &[Row],
        span: Span,
        grid: Grid,
        value: impl Fn(Distribution<'_>, &Asked<'_>) -> f64,
    ) -> Points {
        let mut points = Points::none(grid.count);
        let mut buckets: Vec<ClassicBucket> = Vec::new();
        for step in 0..grid.count {
            buckets.clear();
            let classic = family.classic.iter().map(|(upper, at)| (*upper, rows[*at].points.float(step)));
            let present = classic.filter(|(_, count)| !is_stale(*count));
            buckets.extend(present.map(|(upper, count)| ClassicBucket { upper, count }));
            let native = family.native.iter().find_map(|at| rows[*at].points.histogram(step));
            let asked = Asked { metric: family.labels.metric(), span, step, time_ms: grid.time_ms(step) };
            match (buckets.is_empty(), native) {
                (true, None) => {}
                (true, Some(histogram)) => points.set_float(step, value(Distribution::Native(histogram), &asked)),
                (false, None) => points.set_float(step, value(Distribution::Classic(&mut buckets), &asked)),
                (false, Some(_)) => {
                    let message = "vector contains a mix of classic and native histograms";
                    self.annotations.borrow_mut().warn(span, of_metric(message, asked.metric));
                }
            }
        }
        points
    }
}

fn emit(labels: Labels, points: Points, sink: Sink<'_>) -> Done {
    if points.is_any_present() { sink(Row { labels, drop_name: true, points }) } else { Ok(()) }
}

/// Rows that carry the quantile in a label. It may change from step to step.
fn under_their_quantiles(labels: &Labels, label: &str, quantiles: &[f64], points: &Points) -> Vec<Row> {
    let mut rows: Vec<(u64, Row)> = Vec::new();
    for (step, quantile) in quantiles.iter().enumerate() {
        let value = points.float(step);
        if is_stale(value) {
            continue;
        }
        let place = match rows.iter().position(|(bits, _)| *bits == quantile.to_bits()) {
            Some(place) => place,
            None => {
                let labels = labels.with(label, number::open_metrics(*quantile));
                let row = Row { labels, drop_name: true, points: Points::none(quantiles.len()) };
                rows.push((quantile.to_bits(), row));
                rows.len() - 1
            }
        };
        rows[place].1.points.set_float(step, value);
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The bound that a label says, as Go reads floats.
fn bound_of(text: &str) -> Option<f64> {
    match text {
        "" => None,
        "+Inf" | "Inf" | "inf" | "+inf" => Some(f64::INFINITY),
        text => text.parse().ok(),
    }
}

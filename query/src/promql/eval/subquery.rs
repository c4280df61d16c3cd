//! Subqueries: an expression at times of its own.

use std::sync::Arc;

use super::{Evaluator, row};
use crate::promql::engine::QueryFailure;
use crate::promql::histogram::{Histogram, ResetHint};
use crate::promql::plan::{Grid, Subquery};
use crate::promql::sample::Series;

impl Evaluator<'_> {
    /// The values of a subquery's expression as series, and whether their names no longer fit. They count as held.
    pub(super) fn subquery(&self, subquery: &Subquery, grid: Grid) -> Result<Vec<(Series, bool)>, QueryFailure> {
        let start_ms = subquery.reference.time_ms(grid.start_ms).saturating_sub(subquery.range_ms);
        let end_ms = subquery.reference.time_ms(grid.end_ms());
        // The first multiple of the step after the window's start, which is exclusive.
        let first_ms = (start_ms.div_euclid(subquery.step_ms).saturating_add(1)).saturating_mul(subquery.step_ms);
        let inner = Grid::new(first_ms, end_ms, subquery.step_ms);
        if inner.count == 0 {
            return Ok(Vec::new());
        }
        if inner.count > self.options.samples_max {
            return Err(QueryFailure::TooManySamples);
        }
        let rows = self.collect(&subquery.operand, inner)?;
        self.release(&rows);
        let rows = row::united(rows)?;
        let series: Vec<(Series, bool)> = rows
            .into_iter()
            .map(|row| {
                let drop_name = row.drop_name;
                (unhinted(row.into_series(inner)), drop_name)
            })
            .collect();
        for (series, _) in &series {
            self.hold(series.floats.len() + series.histograms.len())?;
        }
        Ok(series)
    }
}

/// What a counter did between samples is not known of a subquery's values: it may skip samples and repeat them.
fn unhinted(mut series: Series) -> Series {
    for histogram in &mut series.histograms.values {
        if matches!(histogram.hint, ResetHint::Reset | ResetHint::NotReset) {
            let unknown = Histogram { hint: ResetHint::Unknown, ..Histogram::clone(histogram) };
            *histogram = Arc::new(unknown);
        }
    }
    series
}

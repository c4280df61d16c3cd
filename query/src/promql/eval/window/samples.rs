//! The samples of a range vector themselves, where nobody makes anything of them.

use super::marks::{Marks, Windows};
use crate::promql::call::smoothed_value;
use crate::promql::engine::QueryFailure;
use crate::promql::eval::select::{live_floats, live_histograms};
use crate::promql::eval::{Evaluator, column};
use crate::promql::plan::{Grid, Window};
use crate::promql::sample::{Column, Series, Slice};
use crate::promql::tree::Edges;

impl Evaluator<'_> {
    /// The samples in a window at one time.
    pub(in crate::promql::eval) fn window_samples(
        &self,
        window: &Window,
        grid: Grid,
    ) -> Result<Vec<Series>, QueryFailure> {
        let windows = Windows {
            grid,
            reference: window.select.reference,
            range_ms: window.range_ms,
            edges: window.select.edges,
            lookback_ms: self.options.lookback_ms,
        };
        let end_ms = windows.reference.time_ms(grid.start_ms);
        let start_ms = end_ms.saturating_sub(window.range_ms);
        let mut all = Vec::new();
        for series in self.series(&window.select) {
            self.check_stop()?;
            let (floats, histograms) = (live_floats(&series.floats), live_histograms(&series.histograms));
            let floats = Marks::default().window(&floats, start_ms, end_ms, windows);
            let histograms = Marks::default().window(&histograms, start_ms, end_ms, windows);
            let floats = at_edges(floats, start_ms, end_ms, window.select.edges);
            if floats.is_empty() && histograms.is_empty() {
                continue;
            }
            self.hold(floats.len() + histograms.len())?;
            self.count_read(floats.len() + histograms.len());
            all.push(Series { labels: series.labels.clone(), floats, histograms: owned(histograms) });
        }
        Ok(all)
    }
}

/// The samples of a window, with what stands at its edges when the selector asks for that.
fn at_edges(floats: Slice<'_, f64>, start_ms: i64, end_ms: i64, edges: Edges) -> Column<f64> {
    let is_inside = floats.times_ms.iter().any(|at_ms| *at_ms > start_ms);
    if edges == Edges::Plain || !is_inside {
        return if edges == Edges::Plain { owned(floats) } else { Column::default() };
    }
    let value_at = |time_ms: i64| match edges {
        Edges::Smoothed => smoothed_value(&floats, time_ms, false),
        _ => {
            let passed = floats.times_ms.partition_point(|at_ms| *at_ms <= time_ms);
            passed.checked_sub(1).map(|at| floats.values[at])
        }
    };
    let first = || floats.values[0];
    let inner = floats.times_ms.iter().zip(floats.values).map(|(at_ms, value)| (*at_ms, *value));
    let inner = inner.filter(|(at_ms, _)| *at_ms > start_ms && *at_ms < end_ms);
    let left = (start_ms, value_at(start_ms).unwrap_or_else(first));
    let right = (end_ms, value_at(end_ms).unwrap_or_else(first));
    column(std::iter::once(left).chain(inner).chain([right]))
}

fn owned<T: Clone>(slice: Slice<'_, T>) -> Column<T> {
    column(slice.times_ms.iter().copied().zip(slice.values.iter().cloned()))
}

//! Where windows begin and end among the samples of a series.

use crate::promql::call::Part;
use crate::promql::eval::mark::Mark;
use crate::promql::plan::{Grid, Reference};
use crate::promql::sample::{Column, Series, Slice};
use crate::promql::tree::Edges;

/// How a range vector's windows lie.
#[derive(Clone, Copy)]
pub(super) struct Windows {
    pub grid: Grid,
    pub reference: Reference,
    pub range_ms: i64,
    pub edges: Edges,
    pub lookback_ms: i64,
}

impl Windows {
    /// Whether a function of all windows at once knows what a series holds.
    pub fn fit_at_once(&self, series: &Series) -> bool {
        self.edges == Edges::Plain && series.histograms.is_empty() && series.floats.starts_ms.is_empty()
    }
}

/// Where the samples of a window begin and end in a column. Windows only move on.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Samples at or before the window's start.
    before: Mark,
    /// Samples at or before its end.
    until: Mark,
}

impl Marks {
    pub fn part(&mut self, times_ms: &[i64], start_ms: i64, end_ms: i64) -> Part {
        self.until.move_to(times_ms, end_ms);
        self.before.move_to(times_ms, start_ms);
        Part { from: self.before.passed, to: self.until.passed }
    }

    pub fn window<'c, T>(
        &mut self,
        column: &'c Column<T>,
        start_ms: i64,
        end_ms: i64,
        windows: Windows,
    ) -> Slice<'c, T> {
        let times_ms = &column.times_ms;
        let Part { mut from, mut to } = self.part(times_ms, start_ms, end_ms);
        if windows.edges != Edges::Plain {
            let earliest_ms = start_ms.saturating_sub(windows.lookback_ms);
            from -= usize::from(from > 0 && times_ms[from - 1] > earliest_ms);
        }
        if windows.edges == Edges::Smoothed {
            let latest_ms = end_ms.saturating_add(windows.lookback_ms);
            to += usize::from(times_ms.get(to).is_some_and(|at_ms| *at_ms <= latest_ms));
        }
        column.all().part(from, to)
    }
}

/// After so many samples of one series it is time to ask whether the query has to end.
pub(super) const CHECK_SAMPLES: usize = 1 << 20;

/// How many of the windows are read before it is time to ask whether the query has to end; at least one.
pub(super) fn how_many(parts: &[Part]) -> usize {
    let mut read = 0;
    let is_enough = |part: &Part| {
        read += part.to - part.from;
        read > CHECK_SAMPLES
    };
    parts.iter().position(is_enough).map_or(parts.len(), |at| at.max(1))
}

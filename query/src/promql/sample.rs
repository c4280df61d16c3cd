//! Samples of series, and windows over them.
//!
//! A series holds floats and native histograms in two columns, each sorted by time. Times are milliseconds since the Unix
//! epoch.

use std::sync::Arc;

use super::histogram::Histogram;
use super::labels::Labels;

pub use spanloom_store::series::{STALE, is_stale};

/// Floats or histograms with their times, ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Column<T> {
    pub times_ms: Vec<i64>,
    pub values: Vec<T>,
    /// When what a sample counts began to be counted; 0 where that is unknown. Empty when it is unknown for all.
    pub starts_ms: Vec<i64>,
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self { times_ms: Vec::new(), values: Vec::new(), starts_ms: Vec::new() }
    }
}

impl<T> Column<T> {
    pub fn len(&self) -> usize {
        self.times_ms.len()
    }

    pub fn is_empty(&self) -> bool {
        self.times_ms.is_empty()
    }

    pub fn push(&mut self, time_ms: i64, value: T) {
        self.times_ms.push(time_ms);
        self.values.push(value);
    }

    pub fn all(&self) -> Slice<'_, T> {
        Slice { times_ms: &self.times_ms, values: &self.values, starts_ms: &self.starts_ms }
    }
}

/// Neighbours in a column. The three slices are of one length, but `starts_ms` is empty when no start is known.
#[derive(Debug)]
pub struct Slice<'a, T> {
    pub times_ms: &'a [i64],
    pub values: &'a [T],
    pub starts_ms: &'a [i64],
}

impl<T> Clone for Slice<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slice<'_, T> {}

impl<'a, T> Slice<'a, T> {
    pub fn len(&self) -> usize {
        self.times_ms.len()
    }

    pub fn is_empty(&self) -> bool {
        self.times_ms.is_empty()
    }

    /// The samples from `from` up to and without `to`.
    #[must_use]
    pub fn part(&self, from: usize, to: usize) -> Slice<'a, T> {
        Slice {
            times_ms: &self.times_ms[from..to],
            values: &self.values[from..to],
            starts_ms: if self.starts_ms.is_empty() { &[] } else { &self.starts_ms[from..to] },
        }
    }

    /// When sample `at` began to be counted; 0 when that is unknown.
    pub fn start_ms(&self, at: usize) -> i64 {
        self.starts_ms.get(at).copied().unwrap_or(0)
    }
}

/// A series and its samples.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    pub labels: Labels,
    /// Staleness markers are among the values.
    pub floats: Column<f64>,
    /// A stale histogram's sum is the staleness marker.
    pub histograms: Column<Arc<Histogram>>,
}

/// What one series says at one time.
#[derive(Debug, Clone, PartialEq)]
pub enum Sample {
    Float(f64),
    Histogram(Arc<Histogram>),
}

/// The samples of one series in the window of one step, without staleness markers, and the window: `(start, end]`.
///
/// Of an `anchored` or `smoothed` selector the last sample at or before `start` is there too, and of a `smoothed` one the
/// first sample after `end`, when they are within the lookback of it.
#[derive(Debug, Clone, Copy)]
pub struct Window<'a> {
    pub floats: Slice<'a, f64>,
    pub histograms: Slice<'a, Arc<Histogram>>,
    /// Exclusive.
    pub start_ms: i64,
    /// Inclusive.
    pub end_ms: i64,
    /// The time for which the expression is evaluated: `end_ms` before offset and `@`.
    pub time_ms: i64,
}

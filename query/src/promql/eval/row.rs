//! Values of a series at the steps of a grid.

use std::collections::HashMap;
use std::sync::Arc;

use super::column;
use crate::promql::engine::QueryFailure;
use crate::promql::histogram::Histogram;
use crate::promql::labels::Labels;
use crate::promql::plan::Grid;
use crate::promql::sample::{STALE, Sample, Series, is_stale};

/// A series at the steps of a grid.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub labels: Labels,
    /// The name no longer fits. It stays until the end, so that labels made of it can be.
    pub drop_name: bool,
    pub points: Points,
}

/// A value, or none, for each step.
#[derive(Debug, Clone)]
pub(super) struct Points {
    /// The staleness marker stands for "none": no operation yields it.
    floats: Vec<f64>,
    /// Empty when there is none at all.
    histograms: Vec<Option<Arc<Histogram>>>,
}

impl Points {
    pub fn none(steps: usize) -> Self {
        Self { floats: vec![STALE; steps], histograms: Vec::new() }
    }

    /// Floats of which absent ones are the staleness marker.
    pub fn of_floats(floats: Vec<f64>) -> Self {
        Self { floats, histograms: Vec::new() }
    }

    /// What is held here, which is nothing from now on, of no step.
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::none(0))
    }

    pub fn len(&self) -> usize {
        self.floats.len()
    }

    /// As how many samples it counts: a histogram is many.
    pub fn weight(&self) -> usize {
        let histograms: usize = self.histograms.iter().flatten().map(|histogram| histogram.weight()).sum();
        self.floats.len() + histograms
    }

    /// The float at a step; the staleness marker when there is none.
    pub fn float(&self, step: usize) -> f64 {
        self.floats[step]
    }

    pub fn floats(&self) -> &[f64] {
        &self.floats
    }

    pub fn histogram(&self, step: usize) -> Option<&Arc<Histogram>> {
        self.histograms.get(step)?.as_ref()
    }

    pub fn has_histograms(&self) -> bool {
        !self.histograms.is_empty()
    }

    pub fn is_present(&self, step: usize) -> bool {
        !is_stale(self.floats[step]) || self.histogram(step).is_some()
    }

    pub fn is_any_present(&self) -> bool {
        self.has_histograms() && self.histograms.iter().any(Option::is_some)
            || self.floats.iter().any(|value| !is_stale(*value))
    }

    pub fn sample(&self, step: usize) -> Option<Sample> {
        match self.histogram(step) {
            Some(histogram) => Some(Sample::Histogram(histogram.clone())),
            None if is_stale(self.floats[step]) => None,
            None => Some(Sample::Float(self.floats[step])),
        }
    }

    pub fn set_float(&mut self, step: usize, value: f64) {
        self.floats[step] = value;
    }

    pub fn set_histogram(&mut self, step: usize, histogram: Arc<Histogram>) {
        if self.histograms.is_empty() {
            self.histograms = vec![None; self.floats.len()];
        }
        self.histograms[step] = Some(histogram);
    }

    pub fn set(&mut self, step: usize, sample: Sample) {
        match sample {
            Sample::Float(value) => self.set_float(step, value),
            Sample::Histogram(histogram) => self.set_histogram(step, histogram),
        }
    }

    pub fn clear(&mut self, step: usize) {
        self.floats[step] = STALE;
        if let Some(held) = self.histograms.get_mut(step) {
            *held = None;
        }
    }

    /// Changes each float where it stands; histograms go.
    pub fn map_floats(&mut self, mut map: impl FnMut(usize, f64) -> f64) {
        self.histograms = Vec::new();
        for (step, value) in self.floats.iter_mut().enumerate() {
            if !is_stale(*value) {
                *value = map(step, *value);
            }
        }
    }

    pub fn map_all(&mut self, map_float: impl Fn(f64) -> f64, map_histogram: impl Fn(&Histogram) -> Histogram) {
        for value in self.floats.iter_mut().filter(|value| !is_stale(**value)) {
            *value = map_float(*value);
        }
        for histogram in self.histograms.iter_mut().flatten() {
            *histogram = Arc::new(map_histogram(histogram));
        }
    }

    /// Puts another sample, or none, in the place of each.
    pub fn map_samples(&mut self, mut map: impl FnMut(usize, Sample) -> Option<Sample>) {
        for step in 0..self.len() {
            let Some(sample) = self.sample(step) else { continue };
            self.clear(step);
            if let Some(mapped) = map(step, sample) {
                self.set(step, mapped);
            }
        }
    }

    /// Keeps the steps for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        for step in 0..self.len() {
            if self.is_present(step) && !keep(step) {
                self.clear(step);
            }
        }
    }

    /// The first step's value at all of `steps`.
    pub fn repeat(&mut self, steps: usize) {
        let first = self.floats.first().copied().unwrap_or(STALE);
        self.floats = vec![first; steps];
        if let Some(histogram) = self.histograms.first().cloned() {
            self.histograms = vec![histogram; steps];
        }
    }

    /// Whether both have a value at some step.
    pub fn meets(&self, other: &Self) -> bool {
        (0..self.len()).any(|step| self.is_present(step) && other.is_present(step))
    }

    /// Takes what another holds; false when both have a value at some step.
    pub fn merge(&mut self, other: &Self) -> bool {
        for step in 0..self.len() {
            let Some(sample) = other.sample(step) else { continue };
            if self.is_present(step) {
                return false;
            }
            self.set(step, sample);
        }
        true
    }
}

impl Row {
    pub fn into_series(self, grid: Grid) -> Series {
        let Points { floats, histograms } = self.points;
        let present = floats.into_iter().enumerate().filter(|(_, value)| !is_stale(*value));
        let floats = column(present.map(|(step, value)| (grid.time_ms(step), value)));
        let held = histograms.into_iter().enumerate();
        let histograms = column(held.filter_map(|(step, histogram)| Some((grid.time_ms(step), histogram?))));
        Series { labels: self.labels, floats, histograms }
    }
}

pub(super) fn same_labels() -> QueryFailure {
    QueryFailure::Execution("vector cannot contain metrics with the same labelset".to_owned())
}

/// Puts rows of the same labels together, where the first of them stands. A row that keeps its name and one that loses it
/// stay apart.
///
/// # Errors
/// When two rows of the same labels have a value at the same step.
pub(super) fn joined(rows: Vec<Row>) -> Result<Vec<Row>, QueryFailure> {
    let mut places: HashMap<Labels, [Option<usize>; 2]> = HashMap::with_capacity(rows.len());
    let mut joined: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        let places = places.entry(row.labels.clone()).or_default();
        let of_other = places[usize::from(!row.drop_name)].map(|place| &joined[place]);
        if of_other.is_some_and(|other| other.points.meets(&row.points)) {
            return Err(same_labels());
        }
        match places[usize::from(row.drop_name)] {
            Some(place) => {
                if !joined[place].points.merge(&row.points) {
                    return Err(same_labels());
                }
            }
            None => {
                places[usize::from(row.drop_name)] = Some(joined.len());
                joined.push(row);
            }
        }
    }
    Ok(joined)
}

/// As [`joined`], but what keeps its name and what loses it is one series: it is as its first row is.
///
/// # Errors
/// When two rows of the same labels have a value at the same step.
pub(super) fn united(mut rows: Vec<Row>) -> Result<Vec<Row>, QueryFailure> {
    let mut first: HashMap<Labels, bool> = HashMap::new();
    for row in &mut rows {
        row.drop_name = *first.entry(row.labels.clone()).or_insert(row.drop_name);
    }
    joined(rows)
}

/// Rows as users see them: names that no longer fit are gone, and no two have the same labels.
///
/// # Errors
/// When two rows of the same labels have a value at the same step.
pub(super) fn finish(mut rows: Vec<Row>) -> Result<Vec<Row>, QueryFailure> {
    for row in &mut rows {
        if row.drop_name {
            row.labels = row.labels.without_metadata();
            row.drop_name = false;
        }
    }
    let mut rows = joined(rows)?;
    rows.retain(|row| row.points.is_any_present());
    Ok(rows)
}

//! What many files and hot runs say of a series, as one.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::ReadError;
use super::file::SeriesRows;
use crate::schema::histograms::HistogramRow;
use crate::schema::samples::{PointColumns, to_ms, to_ns};
use crate::series::{NativeHistogram, Points, SeriesId, SeriesSamples};

/// Memory of a sample: a time and a float.
const SAMPLE_BYTES: usize = 16;

/// Samples of series, being collected in the order in which they were stored.
pub(super) struct Merged<'a> {
    ids: &'a [SeriesId],
    floats: Vec<Points<f64>>,
    histograms: Vec<Points<Arc<NativeHistogram>>>,
    samples: usize,
    samples_max: usize,
}

impl<'a> Merged<'a> {
    pub fn new(ids: &'a [SeriesId], samples_max: usize) -> Self {
        let mut floats = Vec::new();
        floats.resize_with(ids.len(), Points::default);
        Self { ids, floats, histograms: Vec::new(), samples: 0, samples_max }
    }

    /// # Errors
    /// [`ReadError::TooManySamples`].
    pub fn add_floats(
        &mut self,
        columns: &PointColumns<'_>,
        series: &[SeriesRows],
        times_ms: &RangeInclusive<i64>,
    ) -> Result<(), ReadError> {
        for SeriesRows { series, rows } in series {
            let times_ns = &columns.times_ns[rows.clone()];
            let from = rows.start + times_ns.partition_point(|time_ns| *time_ns < to_ns(*times_ms.start()));
            let end = rows.start + times_ns.partition_point(|time_ns| to_ms(*time_ns) <= *times_ms.end());
            if from >= end {
                continue;
            }
            self.count(end - from)?;
            let points = &mut self.floats[*series];
            points.times_ms.extend(columns.times_ns[from..end].iter().map(|time_ns| to_ms(*time_ns)));
            points.values.extend_from_slice(&columns.values[from..end]);
            if columns.starts_ns.is_some() || !points.starts_ms.is_empty() {
                let before = points.times_ms.len() - (end - from);
                points.starts_ms.resize(before, 0);
                points.starts_ms.extend((from..end).map(|row| columns.start_ns(row).map_or(0, to_ms)));
            }
        }
        Ok(())
    }

    /// # Errors
    /// [`ReadError::TooManySamples`].
    pub fn add_histograms(
        &mut self,
        read: &[HistogramRow],
        series: &[SeriesRows],
        times_ms: &RangeInclusive<i64>,
    ) -> Result<(), ReadError> {
        self.histograms.resize_with(self.ids.len(), Points::default);
        for SeriesRows { series, rows } in series {
            let rows = read[rows.clone()].iter().filter(|row| times_ms.contains(&to_ms(row.time_ns)));
            for row in rows {
                self.count(weight(&row.histogram))?;
                let points = &mut self.histograms[*series];
                points.times_ms.push(to_ms(row.time_ns));
                points.values.push(Arc::clone(&row.histogram));
                points.starts_ms.push(row.start_ns.map_or(0, to_ms));
            }
        }
        Ok(())
    }

    fn count(&mut self, samples: usize) -> Result<(), ReadError> {
        self.samples += samples;
        let max = self.samples_max;
        if self.samples > max { Err(ReadError::TooManySamples { max }) } else { Ok(()) }
    }

    /// The series that have samples, in the order of ids.
    pub fn finish(mut self) -> Vec<SeriesSamples> {
        self.histograms.resize_with(self.ids.len(), Points::default);
        let columns = self.floats.into_iter().zip(self.histograms);
        let series = self.ids.iter().zip(columns).map(|(id, (floats, histograms))| SeriesSamples {
            id: *id,
            floats: in_order(floats),
            histograms: in_order(histograms),
        });
        series.filter(|series| !series.floats.times_ms.is_empty() || !series.histograms.times_ms.is_empty()).collect()
    }
}

/// Points by time, of equal times the first one only.
fn in_order<T: Clone>(points: Points<T>) -> Points<T> {
    let mut points = points;
    if points.starts_ms.iter().all(|start_ms| *start_ms == 0) {
        points.starts_ms = Vec::new();
    } else {
        points.starts_ms.resize(points.times_ms.len(), 0);
    }
    if points.times_ms.is_sorted_by(|a, b| a < b) {
        return points;
    }
    let mut order: Vec<usize> = (0..points.times_ms.len()).collect();
    order.sort_by_key(|at| points.times_ms[*at]);
    order.dedup_by_key(|at| points.times_ms[*at]);
    Points {
        times_ms: order.iter().map(|at| points.times_ms[*at]).collect(),
        values: order.iter().map(|at| points.values[*at].clone()).collect(),
        starts_ms: order.iter().filter_map(|at| points.starts_ms.get(*at)).copied().collect(),
    }
}

/// As how many samples a histogram counts, by the memory that it takes.
fn weight(histogram: &NativeHistogram) -> usize {
    let buckets = (histogram.positive.len() + histogram.negative.len()) * size_of::<f64>();
    (size_of::<NativeHistogram>() + buckets).div_ceil(SAMPLE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(times_ms: &[i64], expected: &[(i64, usize)]) {
        let values = (0..times_ms.len()).collect();
        let sorted = in_order(Points { times_ms: times_ms.to_vec(), values, starts_ms: Vec::new() });
        assert_eq!(sorted.times_ms.into_iter().zip(sorted.values).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_was_stored_first_counts() {
        check(&[10, 20, 30], &[(10, 0), (20, 1), (30, 2)]);
        check(&[10, 10, 20], &[(10, 0), (20, 2)]);
        check(&[30, 10, 20, 10, 30], &[(10, 1), (20, 2), (30, 0)]);
    }

    #[test]
    fn starts_go_with_their_samples() {
        let points = Points { times_ms: vec![20, 10], values: vec![2.0, 1.0], starts_ms: vec![0, 5] };
        assert_eq!(in_order(points).starts_ms, [5, 0]);
    }
}

//! Where series lie in a file that is sorted by them.

use std::ops::Range;

use arrow::array::{Array as _, RecordBatch};

use super::SeriesRows;
use super::join::{first_not, id_columns};
use crate::series::SeriesId;

/// The column of starts, where a table has one.
pub(super) const START_COLUMN: &str = "start_ns";

/// The rows of series in a file, in its order.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Each once.
    pub ids: Vec<SeriesId>,
    /// Of each.
    pub rows: Vec<Range<usize>>,
    /// Whether a row of theirs, or of series beside them, says when counting began.
    pub has_starts: bool,
}

/// Places in the making: of batches that are pieces of a file, one after the other.
#[derive(Debug)]
pub(super) struct PlacesBuilder<'a> {
    places: Places,
    pieces: std::slice::Iter<'a, Range<usize>>,
    piece: Range<usize>,
}

impl<'a> PlacesBuilder<'a> {
    pub fn new(pieces: &'a [Range<usize>]) -> Self {
        Self { places: Places::default(), pieces: pieces.iter(), piece: 0..0 }
    }

    /// `None` when the batch has no ids, or its rows are not sorted by them or more than those of the pieces.
    pub fn add(&mut self, batch: &RecordBatch) -> Option<()> {
        let (metric_ids, labels_ids) = id_columns(batch)?;
        let id = |row: usize| SeriesId { metric: metric_ids[row], labels: labels_ids[row] };
        let mut row = 0;
        while row < batch.num_rows() {
            while self.piece.is_empty() {
                self.piece = self.pieces.next()?.clone();
            }
            let until = batch.num_rows().min(row + self.piece.len());
            let end = first_not(row, until, |other| id(other) == id(row));
            if self.places.ids.last().is_some_and(|last| *last > id(row)) {
                return None;
            }
            let start = self.piece.start;
            self.piece.start += end - row;
            self.places.add(id(row), start..self.piece.start);
            row = end;
        }
        let starts = batch.column_by_name(START_COLUMN);
        self.places.has_starts |= starts.is_some_and(|starts| starts.null_count() < starts.len());
        Some(())
    }

    pub fn finish(self) -> Places {
        self.places
    }
}

impl Places {
    fn add(&mut self, id: SeriesId, rows: Range<usize>) {
        match (self.ids.last(), self.rows.last_mut()) {
            (Some(last), Some(held)) if *last == id && held.end == rows.start => held.end = rows.end,
            _ => {
                self.ids.push(id);
                self.rows.push(rows);
            }
        }
    }

    /// Those of a metric's series.
    pub fn of_metric(&self, metric: i64) -> Self {
        let from = self.ids.partition_point(|id| id.metric < metric);
        let to = self.ids.partition_point(|id| id.metric <= metric);
        Self { ids: self.ids[from..to].to_vec(), rows: self.rows[from..to].to_vec(), has_starts: self.has_starts }
    }

    /// The rows of each of `ids`, which are sorted; `first` is the place of the first of them among those asked for.
    pub(super) fn find<'a>(&'a self, ids: &'a [SeriesId], first: usize) -> impl Iterator<Item = SeriesRows> + 'a {
        let mut place = 0;
        let find = move |(at, id): (usize, &SeriesId)| {
            place = first_not(place, self.ids.len(), |place| self.ids[place] < *id);
            let rows = self.rows.get(place).filter(|_| self.ids[place] == *id)?;
            Some(SeriesRows { series: first + at, rows: rows.clone() })
        };
        ids.iter().enumerate().filter_map(find)
    }

    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.ids.capacity() * size_of::<SeriesId>()
            + self.rows.capacity() * size_of::<Range<usize>>()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};
    use proptest::prelude::*;

    use super::*;

    fn batch(rows: &[(i64, i64)]) -> RecordBatch {
        let ints = |of: fn(&(i64, i64)) -> i64| Arc::new(rows.iter().map(of).collect::<Int64Array>()) as ArrayRef;
        RecordBatch::try_from_iter([("metric_id", ints(|row| row.0)), ("labels_id", ints(|row| row.1))]).unwrap()
    }

    #[test]
    fn rows_that_are_not_sorted_are_refused() {
        let piece = 0..9;
        let mut places = PlacesBuilder::new(std::slice::from_ref(&piece));
        places.add(&batch(&[(1, 5), (2, 1)])).unwrap();
        assert!(places.add(&batch(&[(2, 0)])).is_none());
    }

    proptest! {
        /// Pages that are left out have none of the metric.
        #[test]
        fn each_series_has_just_its_rows(
            mut rows in prop::collection::vec((0..4_i64, 0..4_i64), 1..60),
            page_rows in 1..9_usize,
            batch_rows in 1..9_usize,
            metrics in prop::collection::btree_set(0..5_i64, 1..3),
            wanted in prop::collection::btree_set((0..5_i64, 0..5_i64), 0..25),
        ) {
            rows.sort_unstable();
            let holds = |page: &Range<usize>| rows[page.clone()].iter().any(|row| metrics.contains(&row.0));
            let pages = (0..rows.len()).step_by(page_rows).map(|from| from..rows.len().min(from + page_rows));
            let pages: Vec<Range<usize>> = pages.filter(holds).collect();
            let read: Vec<(i64, i64)> = pages.iter().flat_map(|page| &rows[page.clone()]).copied().collect();
            let mut places = PlacesBuilder::new(&pages);
            read.chunks(batch_rows).for_each(|rows| places.add(&batch(rows)).unwrap());
            let places = places.finish();
            for metric in metrics {
                let of_metric = places.of_metric(metric);
                let ids: Vec<SeriesId> = wanted
                    .iter()
                    .filter(|id| id.0 == metric)
                    .map(|(metric, labels)| SeriesId { metric: *metric, labels: *labels })
                    .collect();
                let mut found: Vec<(i64, usize)> = Vec::new();
                for series in of_metric.find(&ids, 7) {
                    found.extend(series.rows.map(|row| (ids[series.series - 7].labels, row)));
                }
                let naive = rows.iter().enumerate().filter(|(_, row)| row.0 == metric && wanted.contains(row));
                prop_assert_eq!(found, naive.map(|(at, row)| (row.1, at)).collect::<Vec<_>>());
            }
        }
    }
}

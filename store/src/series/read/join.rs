//! Series among rows that are sorted by them.

use arrow::array::{ArrayRef, AsArray as _, RecordBatch};
use arrow::datatypes::Int64Type;

use super::file::SeriesRows;
use crate::series::SeriesId;

/// The columns that say of which series a row is.
pub(super) const ID_COLUMNS: [&str; 2] = ["metric_id", "labels_id"];

/// The ids of a batch; `None` when it has none.
pub(super) fn id_columns(batch: &RecordBatch) -> Option<(&[i64], &[i64])> {
    let ints = |column: &'_ ArrayRef| column.as_primitive_opt::<Int64Type>().is_some();
    let [metric, labels] = ID_COLUMNS.map(|name| batch.column_by_name(name).filter(|column| ints(column)));
    Some((metric?.as_primitive::<Int64Type>().values(), labels?.as_primitive::<Int64Type>().values()))
}

/// The rows of each of `ids`, which are sorted as the rows are. Whichever side has more in between is skipped by search, so
/// that few ids in many rows and many ids in few rows are both cheap.
pub(super) fn sorted(metric_ids: &[i64], labels_ids: &[i64], ids: &[SeriesId]) -> Vec<SeriesRows> {
    let at = |row: usize| SeriesId { metric: metric_ids[row], labels: labels_ids[row] };
    let rows = metric_ids.len();
    let mut found = Vec::new();
    let (mut row, mut series) = (0, 0);
    while row < rows && series < ids.len() {
        let id = ids[series];
        row = first_not(row, rows, |row| at(row) < id);
        if row == rows {
            break;
        }
        if at(row) == id {
            let end = first_not(row, rows, |row| at(row) == id);
            found.push(SeriesRows { series, rows: row..end });
            row = end;
            series += 1;
        } else {
            let next = at(row);
            series = first_not(series, ids.len(), |series| ids[series] < next);
        }
    }
    found
}

/// As [`sorted`], of rows in any order.
pub(super) fn unsorted(metric_ids: &[i64], labels_ids: &[i64], ids: &[SeriesId]) -> Vec<SeriesRows> {
    let row = |row: usize| {
        let series = ids.binary_search(&SeriesId { metric: metric_ids[row], labels: labels_ids[row] }).ok()?;
        Some(SeriesRows { series, rows: row..row + 1 })
    };
    (0..metric_ids.len()).filter_map(row).collect()
}

/// The first of `from..end` for which `holds` does not; it holds for a beginning of them. The cost grows with the distance,
/// not with the length.
pub(super) fn first_not(from: usize, end: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut step) = (from, 1);
    while low + step <= end && holds(low + step - 1) {
        low += step;
        step *= 2;
    }
    let mut high = end.min(low + step - 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id((metric, labels): (i64, i64)) -> SeriesId {
        SeriesId { metric, labels }
    }

    proptest! {
        #[test]
        fn each_series_has_just_its_rows(
            mut rows in prop::collection::vec((0..4_i64, 0..4_i64), 0..60),
            ids in prop::collection::btree_set((0..5_i64, 0..5_i64), 0..25),
        ) {
            rows.sort();
            let ids: Vec<SeriesId> = ids.into_iter().map(id).collect();
            let (metrics, labels): (Vec<i64>, Vec<i64>) = rows.iter().copied().unzip();
            let naive: Vec<(usize, usize)> = rows
                .iter()
                .enumerate()
                .filter_map(|(row, of)| Some((ids.binary_search(&id(*of)).ok()?, row)))
                .collect();
            let pairs = |found: Vec<SeriesRows>| -> Vec<(usize, usize)> {
                found.into_iter().flat_map(|s| s.rows.map(move |row| (s.series, row))).collect()
            };
            prop_assert_eq!(pairs(sorted(&metrics, &labels, &ids)), naive.clone());
            prop_assert_eq!(pairs(unsorted(&metrics, &labels, &ids)), naive);
        }
    }
}

//! From values to the rows that have them: of a span each row has its own, of a resource all rows of a run have the same.

use std::borrow::Cow;

use arrow::array::{Array as _, ArrayRef, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::Int64Type;

use super::{Codes, Column, Values, coded_ints, ints};

/// Which rows have which value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Spread<'a> {
    /// So many rows have a value each.
    Rows(usize),
    /// By run how many rows have its value, and how many rows there are.
    Runs(&'a [usize], usize),
}

impl Spread<'_> {
    /// How many values there are.
    pub fn values(self) -> usize {
        match self {
            Self::Rows(rows) => rows,
            Self::Runs(runs, _) => runs.len(),
        }
    }

    pub fn rows(self) -> usize {
        match self {
            Self::Rows(rows) | Self::Runs(_, rows) => rows,
        }
    }

    /// The code of each row, by that of each value.
    pub(super) fn codes(self, of_values: &[u16]) -> Cow<'_, [u16]> {
        match self {
            Self::Rows(_) => Cow::Borrowed(of_values),
            Self::Runs(runs, rows) => Cow::Owned(repeated(runs, rows, of_values.iter().copied())),
        }
    }

    /// The column of numbers, which are mostly the same.
    pub fn ints(self, values: &[i64]) -> Column {
        match coded_ints(values, None) {
            Column::One(value) => Column::One(value),
            _ => self.column(ints::<Int64Type>(values.to_vec())),
        }
    }

    /// The column of an array of the values.
    pub fn column(self, values: ArrayRef) -> Column {
        let Self::Runs(runs, rows) = self else { return Column::of(values) };
        if values.null_count() == values.len() {
            return Column::of(values);
        }
        if runs.len() <= 1 << u16::BITS {
            // There are as many as a code can tell apart.
            let codes = repeated(runs, rows, (0..runs.len()).map(|run| run as u16));
            return Column::Coded(Codes::new(&codes, runs.len()), Values::own(values));
        }
        let places = UInt32Array::from(repeated(runs, rows, 0..runs.len() as u32));
        Column::of(take(&values, &places, None).expect("each run has a value of a type that can be taken of"))
    }
}

fn repeated<T: Copy>(runs: &[usize], rows: usize, of_runs: impl Iterator<Item = T>) -> Vec<T> {
    let mut of_rows = Vec::with_capacity(rows);
    for (value, count) in of_runs.zip(runs) {
        of_rows.extend(std::iter::repeat_n(value, *count));
    }
    of_rows
}

//! Series, told apart by the numbers of their labels' values.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::values::Values;
use super::{Bounds, MetricsError};
use crate::traceql::check::GROUPING_FIELDS_MAX;

/// Numbers of the values of each label, in its place; 0 behind the last one.
pub(super) type Key = [u32; GROUPING_FIELDS_MAX];

/// What a table of one label's numbers says of a number without a series.
const NONE: u32 = u32::MAX;

#[derive(Debug, Clone)]
pub(super) struct Groups {
    intervals: usize,
    cells_max: usize,
    /// By series.
    keys: Vec<Key>,
    index: Index,
    /// By label.
    pub values: Vec<Values>,
}

#[derive(Debug, Clone)]
enum Index {
    /// By the number of the one label.
    Single(Vec<u32>),
    Many(HashMap<Key, u32, RandomState>),
}

impl Groups {
    pub fn new(labels: usize, intervals: usize, bounds: &Bounds) -> Self {
        let index = if labels == 1 { Index::Single(Vec::new()) } else { Index::Many(HashMap::default()) };
        let values = vec![Values::default(); labels];
        Self { intervals, cells_max: bounds.cells_max, keys: Vec::new(), index, values }
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The series of each row, by the numbers of its labels: a list for each label, all of one length, which is `rows`.
    ///
    /// # Errors
    /// When there are too many of them for their intervals.
    pub fn of_rows(&mut self, numbers: &[Vec<u32>], rows: usize) -> Result<Vec<u32>, MetricsError> {
        match numbers {
            [] => {
                let series = self.series([0; GROUPING_FIELDS_MAX])?;
                Ok(vec![series; rows])
            }
            [single] => single.iter().map(|number| self.series_of_number(*number)).collect(),
            many => {
                let mut series = Vec::with_capacity(rows);
                let mut last: Option<(Key, u32)> = None;
                for row in 0..rows {
                    let mut key = [0; GROUPING_FIELDS_MAX];
                    key.iter_mut().zip(many).for_each(|(number, numbers)| *number = numbers[row]);
                    let found = match last {
                        Some((known, found)) if known == key => found,
                        _ => self.series(key)?,
                    };
                    last = Some((key, found));
                    series.push(found);
                }
                Ok(series)
            }
        }
    }

    #[inline]
    fn series_of_number(&mut self, number: u32) -> Result<u32, MetricsError> {
        match &self.index {
            Index::Single(table) => match table.get(number as usize) {
                Some(series) if *series != NONE => Ok(*series),
                _ => self.series(single_key(number)),
            },
            Index::Many(_) => self.series(single_key(number)),
        }
    }

    /// The series of a key, which is made if it is new.
    ///
    /// # Errors
    /// When there are too many of them for their intervals.
    pub fn series(&mut self, key: Key) -> Result<u32, MetricsError> {
        let known = match &self.index {
            Index::Single(table) => table.get(key[0] as usize).copied().filter(|series| *series != NONE),
            Index::Many(table) => table.get(&key).copied(),
        };
        known.map_or_else(|| self.new_series(key), Ok)
    }

    #[cold]
    fn new_series(&mut self, key: Key) -> Result<u32, MetricsError> {
        let series = self.keys.len();
        if (series + 1).saturating_mul(self.intervals) > self.cells_max {
            let (series, intervals, cells_max) = (series + 1, self.intervals, self.cells_max);
            return Err(MetricsError::TooManyCells { series, intervals, cells_max });
        }
        match &mut self.index {
            Index::Single(table) => {
                let number = key[0] as usize;
                if table.len() <= number {
                    table.resize(number + 1, NONE);
                }
                table[number] = series as u32;
            }
            Index::Many(table) => {
                table.insert(key, series as u32);
            }
        }
        self.keys.push(key);
        Ok(series as u32)
    }

    pub fn size_bytes(&self) -> usize {
        let index = match &self.index {
            Index::Single(table) => table.capacity() * size_of::<u32>(),
            Index::Many(table) => table.capacity() * size_of::<(Key, u32)>(),
        };
        let values: usize = self.values.iter().map(Values::size_bytes).sum();
        self.keys.capacity() * size_of::<Key>() + index + values
    }
}

fn single_key(number: u32) -> Key {
    let mut key = [0; GROUPING_FIELDS_MAX];
    key[0] = number;
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(labels: usize, cells_max: usize) -> Groups {
        Groups::new(labels, 10, &Bounds { cells_max, ..Bounds::default() })
    }

    #[test]
    fn rows_with_equal_labels_are_one_series() {
        assert_eq!(groups(0, 100).of_rows(&[], 3), Ok(vec![0, 0, 0]));
        assert_eq!(groups(1, 100).of_rows(&[vec![7, 0, 7]], 3), Ok(vec![0, 1, 0]));
        assert_eq!(groups(2, 100).of_rows(&[vec![1, 1, 1, 2], vec![1, 2, 1, 1]], 4), Ok(vec![0, 1, 0, 2]));
    }

    #[test]
    fn series_beyond_the_bound_are_refused() {
        let refused = MetricsError::TooManyCells { series: 3, intervals: 10, cells_max: 20 };
        assert_eq!(groups(1, 20).of_rows(&[vec![1, 2, 3]], 3), Err(refused.clone()));
        assert_eq!(groups(2, 20).of_rows(&[vec![1, 2, 3], vec![1, 1, 1]], 3), Err(refused));
    }
}

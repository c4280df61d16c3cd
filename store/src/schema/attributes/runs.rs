//! Rows that have the same value, counted by their codes: a value is looked up once for all of them.

use crate::coded::Places;

/// Counts rows by where their values are. Its memory serves one column after the other.
#[derive(Debug, Default)]
pub(super) struct Counter {
    /// By place; all are 0 between two columns.
    counts: Vec<i64>,
    /// Places that were met, in the order in which they were.
    met: Vec<usize>,
}

impl Counter {
    /// Calls `note` with each place among `values` that rows have, in the order in which they came, and how many have it.
    ///
    /// # Errors
    /// The first of `note`.
    pub fn each<E>(
        &mut self,
        places: Places<'_>,
        values: usize,
        rows: impl Iterator<Item = usize>,
        mut note: impl FnMut(usize, i64) -> Result<(), E>,
    ) -> Result<(), E> {
        if matches!(places, Places::Each) {
            return rows.into_iter().try_for_each(|row| note(row, 1));
        }
        if self.counts.len() < values {
            self.counts.resize(values, 0);
        }
        for place in rows.map(|row| places.of(row)) {
            if self.counts[place] == 0 {
                self.met.push(place);
            }
            self.counts[place] += 1;
        }
        let mut noted = Ok(());
        for place in self.met.drain(..) {
            // All counts are taken, also where one cannot be noted.
            let count = std::mem::take(&mut self.counts[place]);
            if noted.is_ok() {
                noted = note(place, count);
            }
        }
        noted
    }
}

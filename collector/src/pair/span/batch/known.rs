//! What is made of a text, once for each text of a batch and not once for each row.

use arrow::array::{Array as _, StringViewArray};
use spanloom_store::CodedBatch;
use spanloom_store::coded::{Coded, Places};
use spanloom_store::schema::spans::UnreadableRow;

use super::column::column;
use super::shared::Shared;
use crate::pair::span::Text;

/// A column of texts, and what was made of them.
pub(super) struct Known<'a, T> {
    column: Coded<'a, StringViewArray>,
    /// By place of the text.
    made: Vec<Option<T>>,
}

impl<'a, T: Clone> Known<'a, T> {
    pub(super) fn new(batch: &'a CodedBatch, name: &'static str) -> Result<Self, UnreadableRow> {
        let column: Coded<'a, StringViewArray> = column(batch, name)?;
        // Where there are fewer rows than texts, remembering costs more than it saves.
        let is_worth_it = !matches!(column.places, Places::Each) && column.values.len() <= 4 * batch.num_rows();
        let count = if is_worth_it { column.values.len() } else { 0 };
        Ok(Self { column, made: vec![None; count] })
    }

    pub(super) fn is_valid(&self, row: usize) -> bool {
        self.column.is_valid(row)
    }

    pub(super) fn column(&self) -> Coded<'a, StringViewArray> {
        self.column
    }

    /// What is made of the text of a row; `None` if it has none.
    pub(super) fn of_row(&mut self, row: usize, make: impl FnOnce(&'a str) -> T) -> Option<T> {
        let place = self.column.places.of(row);
        if self.column.values.is_null(place) {
            return None;
        }
        let text = self.column.values;
        match self.made.get_mut(place) {
            Some(made) => Some(made.get_or_insert_with(|| make(text.value(place))).clone()),
            None => Some(make(text.value(place))),
        }
    }
}

impl Known<'_, Option<Text>> {
    /// See [`Shared::optional`].
    pub(super) fn optional(&mut self, row: usize, shared: &mut Shared) -> Option<Text> {
        self.of_row(row, |text| shared.optional(Some(text))).flatten()
    }

    /// See [`Shared::known`].
    pub(super) fn known(&mut self, row: usize, shared: &mut Shared) -> Option<Text> {
        self.of_row(row, |text| shared.known(Some(text))).flatten()
    }

    /// The host that is made of a text.
    pub(super) fn host(
        &mut self,
        row: usize,
        shared: &mut Shared,
        host: impl FnOnce(&str) -> Option<String>,
    ) -> Option<Text> {
        self.of_row(row, |text| shared.host(host(text))).flatten()
    }
}

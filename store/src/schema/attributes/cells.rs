//! Promoted columns, read row by row: which of them have a value is one number for each row.

use arrow::array::{Array, Int64Array, StringViewArray};

use super::text::Text;
use super::values::Kind;
use crate::coded::{Coded, Places};
use crate::schema::promoted::{self, ColumnType, Promoted};

/// The promoted columns of resources or of spans, or none at all.
#[derive(Debug, Default)]
pub(super) struct Cells<'a> {
    promoted: &'static [Promoted],
    columns: Vec<Column<'a>>,
    /// By row: the columns that have a value, as bits in their order.
    filled: Vec<u64>,
}

/// The values of a column.
#[derive(Debug, Clone, Copy)]
enum Column<'a> {
    Texts(Coded<'a, StringViewArray>),
    Numbers(Coded<'a, Int64Array>),
}

impl<'a> Cells<'a> {
    /// The cells of a batch of `rows` rows, without columns yet.
    pub fn new(promoted: &'static [Promoted], rows: usize) -> Self {
        const { assert!(promoted::SPAN.len() <= u64::BITS as usize, "a column is a bit") };
        const { assert!(promoted::RESOURCE.len() <= u64::BITS as usize, "a column is a bit") };
        Self { promoted, columns: Vec::with_capacity(promoted.len()), filled: vec![0; rows] }
    }

    /// Adds the next column; `None` if it is not of the type that the list of promoted attributes says.
    pub fn push(&mut self, column: Coded<'a, dyn Array>) -> Option<()> {
        let bit = self.columns.len();
        self.columns.push(match self.promoted[bit].column_type {
            ColumnType::String => Column::Texts(column.typed()?),
            ColumnType::Int => Column::Numbers(column.typed()?),
        });
        note_filled(&mut self.filled, 1 << bit, column);
        Some(())
    }

    /// The columns that have a value in a row, as bits.
    pub fn filled(&self, row: usize) -> u64 {
        self.filled.get(row).copied().unwrap_or_default()
    }

    /// The value of a column that has one in the row.
    pub fn value(&self, row: usize, at: usize) -> (Kind, Text<'a>) {
        self.value_at(at, self.places(at).0.of(row))
    }

    /// Where the values of a column are, and how many of them there are.
    pub fn places(&self, at: usize) -> (Places<'a>, usize) {
        match self.columns[at] {
            Column::Texts(texts) => (texts.places, texts.values.len()),
            Column::Numbers(numbers) => (numbers.places, numbers.values.len()),
        }
    }

    /// The value of a column at a place that has one.
    pub fn value_at(&self, at: usize, place: usize) -> (Kind, Text<'a>) {
        match self.columns[at] {
            Column::Texts(texts) => (Kind::String, Text::of_row(texts.values, place)),
            Column::Numbers(numbers) => (Kind::Int, Text::Number(numbers.values.value(place))),
        }
    }

    /// The key whose values a column has.
    pub fn key(&self, at: usize) -> &'static [u8] {
        self.promoted[at].key.as_bytes()
    }

    /// The bit of the column of a key; 0 if it has none.
    pub fn bit(&self, key: &[u8]) -> u64 {
        self.promoted.iter().position(|promoted| promoted.key.as_bytes() == key).map_or(0, |at| 1 << at)
    }

    /// The text under a key of a row, if that has a column of texts.
    pub fn text(&self, row: usize, key: &[u8]) -> Option<&'a str> {
        let bit = self.bit(key) & self.filled(row);
        match self.columns[bit.checked_ilog2()? as usize] {
            Column::Texts(texts) => texts.text(row),
            Column::Numbers(_) => None,
        }
    }

    /// Whether two rows have the same values.
    pub fn is_same(&self, a: usize, b: usize) -> bool {
        let filled = self.filled(a);
        filled == self.filled(b) && bits(filled).all(|at| self.columns[at].is_same(a, b))
    }
}

impl Column<'_> {
    /// Whether two rows that have a value have the same.
    fn is_same(self, a: usize, b: usize) -> bool {
        match self {
            // Rows of one request share the texts of their resource.
            Self::Texts(texts) => {
                let (a, b) = (texts.places.of(a), texts.places.of(b));
                let is_same_view = || texts.values.views()[a] == texts.values.views()[b];
                a == b || is_same_view() || Text::of_row(texts.values, a) == Text::of_row(texts.values, b)
            }
            Self::Numbers(numbers) => numbers.value(a) == numbers.value(b),
        }
    }
}

/// The places of the bits that are set, the lowest first.
pub(super) fn bits(mut number: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = (number != 0).then(|| number.trailing_zeros() as usize);
        number &= number.wrapping_sub(1);
        lowest
    })
}

fn note_filled(filled: &mut [u64], bit: u64, column: Coded<'_, dyn Array>) {
    match (column.places, column.values.nulls()) {
        _ if column.is_blank() => {}
        (_, None) => filled.iter_mut().for_each(|columns| *columns |= bit),
        (Places::Each, Some(nulls)) => nulls.valid_indices().for_each(|row| filled[row] |= bit),
        (places, Some(nulls)) => {
            let rows = filled.iter_mut().enumerate();
            rows.for_each(|(row, columns)| *columns |= if nulls.is_valid(places.of(row)) { bit } else { 0 });
        }
    }
}

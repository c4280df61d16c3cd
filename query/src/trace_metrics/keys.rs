//! What rows say, column by column: the number of their value of a label, and the number that is counted of them.
//!
//! These are the loops that every span goes through, so what does not depend on the row is decided outside of them,
//! and a text that stands in a batch many times is looked up once: equal views are equal texts.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, Int32Array, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::{Int32Type, Int64Type};
use foldhash::fast::RandomState;

use super::values::{NIL, Values};
use crate::traceql::eval::{Bound, MissingColumn, Val};
use crate::traceql::plan::metrics::{KIND_COLUMN, STATUS_COLUMN, Source};

/// The numbers that were given to views of one batch.
#[derive(Default)]
pub(super) struct ViewMemo {
    known: HashMap<u128, u32, RandomState>,
    last: Option<(u128, u32)>,
}

impl ViewMemo {
    /// The number of a view; `new` is asked for it the first time.
    #[inline]
    pub fn number(&mut self, view: u128, new: impl FnOnce() -> u32) -> u32 {
        if let Some((last, number)) = self.last
            && last == view
        {
            return number;
        }
        let number = *self.known.entry(view).or_insert_with(new);
        self.last = Some((view, number));
        number
    }
}

/// The number in `values` of what each row has.
///
/// # Errors
/// A column that the batch lacks.
pub(super) fn numbers_of_labels(
    source: &Source,
    batch: &RecordBatch,
    rows: &[u32],
    values: &mut Values,
) -> Result<Vec<u32>, MissingColumn> {
    Ok(match source {
        Source::Text(column) => of_texts(texts(batch, column)?, rows, NIL, values),
        Source::TextOrEmpty(column) => {
            let empty = values.of_text("");
            of_texts(texts(batch, column)?, rows, empty, values)
        }
        Source::Int(column) => of_ints(ints(batch, column)?, rows, values),
        Source::StatusCode => of_codes(codes(batch, STATUS_COLUMN)?, rows, |code| values.of_status(code)),
        Source::Kind => of_codes(codes(batch, KIND_COLUMN)?, rows, |code| values.of_kind(code)),
        Source::Compiled(compiled) => {
            let bound = Bound::to_batch(compiled, batch)?;
            rows.iter().map(|row| values.of(bound.value(*row as usize))).collect()
        }
    })
}

fn of_texts(texts: &StringViewArray, rows: &[u32], of_null: u32, values: &mut Values) -> Vec<u32> {
    let views = texts.views();
    let mut memo = ViewMemo::default();
    let number = |row: &u32| {
        let row = *row as usize;
        match texts.is_valid(row) {
            true => memo.number(views[row], || values.of_text(texts.value(row))),
            false => of_null,
        }
    };
    rows.iter().map(number).collect()
}

fn of_ints(ints: &Int64Array, rows: &[u32], values: &mut Values) -> Vec<u32> {
    let mut last = None;
    let number = |row: &u32| {
        let row = *row as usize;
        if !ints.is_valid(row) {
            return NIL;
        }
        let int = ints.value(row);
        match last {
            Some((known, number)) if known == int => number,
            _ => {
                let number = values.of_int(int);
                last = Some((int, number));
                number
            }
        }
    };
    rows.iter().map(number).collect()
}

fn of_codes(codes: &Int32Array, rows: &[u32], mut number_of: impl FnMut(i32) -> u32) -> Vec<u32> {
    let mut last = None;
    let number = |row: &u32| {
        // Null cannot be; a value of the array's buffer then stands for it, as for zero.
        let code = codes.value(*row as usize);
        match last {
            Some((known, number)) if known == code => number,
            _ => {
                let number = number_of(code);
                last = Some((code, number));
                number
            }
        }
    };
    rows.iter().map(number).collect()
}

/// A number of a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Whole(i64),
    /// Never NaN.
    Fraction(f64),
}

impl Number {
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Fraction(number) => number,
        }
    }
}

/// Calls `each` with the place in `rows` and the number of every row that has one.
///
/// # Errors
/// A column that the batch lacks.
#[inline]
pub(super) fn each_number(
    source: &Source,
    batch: &RecordBatch,
    rows: &[u32],
    mut each: impl FnMut(usize, Number),
) -> Result<(), MissingColumn> {
    match source {
        Source::Int(column) => {
            let ints = ints(batch, column)?;
            for (i, row) in rows.iter().enumerate().filter(|(_, row)| ints.is_valid(**row as usize)) {
                each(i, Number::Whole(ints.value(*row as usize)));
            }
        }
        Source::Compiled(compiled) => {
            let bound = Bound::to_batch(compiled, batch)?;
            for (i, row) in rows.iter().enumerate() {
                match bound.value(*row as usize) {
                    Val::Int(number) => each(i, Number::Whole(number)),
                    Val::Float(number) if !number.is_nan() => each(i, Number::Fraction(number)),
                    _ => {}
                }
            }
        }
        // No number stands in a column of texts or of words.
        Source::Text(_) | Source::TextOrEmpty(_) | Source::StatusCode | Source::Kind => {}
    }
    Ok(())
}

pub(super) fn texts<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a StringViewArray, MissingColumn> {
    batch.column_by_name(name).and_then(|column| column.as_string_view_opt()).ok_or(MissingColumn(name))
}

pub(super) fn ints<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a Int64Array, MissingColumn> {
    batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>()).ok_or(MissingColumn(name))
}

pub(super) fn codes<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a Int32Array, MissingColumn> {
    batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int32Type>()).ok_or(MissingColumn(name))
}

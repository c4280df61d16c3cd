//! Typed access to the columns of a batch.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringViewArray};
use foldhash::fast::RandomState;
use thiserror::Error;

use crate::ledger::{UnknownWord, Weight};

/// A row that is not one of ours: a column is missing or of another type, or a word is of no set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidRow {
    #[error("column {0:?} is missing or has another type")]
    Column(&'static str),
    #[error("column {0:?} is null")]
    Null(&'static str),
    #[error(transparent)]
    Word(#[from] UnknownWord),
}

/// The columns of a batch by name; columns that nobody asks for may be there or not. Of the measures that take most to read (histograms,
/// splits, flags, principals, exemplars) those that are not there read as empty: who does not need them leaves them out.
pub(in crate::schema) struct Columns<'a>(HashMap<&'a str, &'a ArrayRef, RandomState>);

impl<'a> Columns<'a> {
    /// A batch looks through all of its names each time that it is asked for one.
    pub fn new(batch: &'a RecordBatch) -> Self {
        let names = batch.schema_ref().fields().iter().map(|field| field.name().as_str());
        Self(names.zip(batch.columns()).collect())
    }

    pub fn column<A: Array + 'static>(&self, name: &'static str) -> Result<&'a A, InvalidRow> {
        typed(self.0.get(name).copied(), name)
    }

    /// A column that may have been left out.
    pub(super) fn measure<A: Array + 'static>(&self, name: &'static str) -> Result<Option<&'a A>, InvalidRow> {
        self.0.get(name).map(|column| typed(Some(column), name)).transpose()
    }

    /// A column without nulls.
    pub fn whole<A: Array + 'static>(&self, name: &'static str) -> Result<&'a A, InvalidRow> {
        let column: &A = self.column(name)?;
        if column.null_count() > 0 { Err(InvalidRow::Null(name)) } else { Ok(column) }
    }

    pub fn int(&self, name: &'static str, row: usize) -> Result<i64, InvalidRow> {
        self.optional_int(name, row)?.ok_or(InvalidRow::Null(name))
    }

    pub fn optional_int(&self, name: &'static str, row: usize) -> Result<Option<i64>, InvalidRow> {
        let column: &Int64Array = self.column(name)?;
        Ok(column.is_valid(row).then(|| column.value(row)))
    }

    pub fn small_int(&self, name: &'static str, row: usize) -> Result<i32, InvalidRow> {
        let column: &Int32Array = self.column(name)?;
        column.is_valid(row).then(|| column.value(row)).ok_or(InvalidRow::Null(name))
    }

    pub fn flag(&self, name: &'static str, row: usize) -> Result<bool, InvalidRow> {
        let column: &BooleanArray = self.column(name)?;
        column.is_valid(row).then(|| column.value(row)).ok_or(InvalidRow::Null(name))
    }

    pub fn weight(&self, name: &'static str, row: usize) -> Result<Weight, InvalidRow> {
        self.optional_weight(name, row)?.ok_or(InvalidRow::Null(name))
    }

    pub fn optional_weight(&self, name: &'static str, row: usize) -> Result<Option<Weight>, InvalidRow> {
        let column: &Float64Array = self.column(name)?;
        Ok(column.is_valid(row).then(|| Weight::new(column.value(row))))
    }

    pub fn text(&self, name: &'static str, row: usize) -> Result<Option<Arc<str>>, InvalidRow> {
        Ok(self.str(name, row)?.map(Arc::from))
    }

    pub fn word<T: FromStr<Err = UnknownWord>>(&self, name: &'static str, row: usize) -> Result<T, InvalidRow> {
        self.optional_word(name, row)?.ok_or(InvalidRow::Null(name))
    }

    pub fn optional_word<T: FromStr<Err = UnknownWord>>(
        &self,
        name: &'static str,
        row: usize,
    ) -> Result<Option<T>, InvalidRow> {
        Ok(self.str(name, row)?.map(str::parse).transpose()?)
    }

    fn str(&self, name: &'static str, row: usize) -> Result<Option<&'a str>, InvalidRow> {
        let column: &StringViewArray = self.column(name)?;
        Ok(column.is_valid(row).then(|| column.value(row)))
    }
}

/// A column of one type, or the refusal of the column in which it stands.
pub(super) fn typed<'a, A: Array + 'static>(
    column: Option<&'a ArrayRef>,
    name: &'static str,
) -> Result<&'a A, InvalidRow> {
    column.and_then(|column| column.as_any().downcast_ref()).ok_or(InvalidRow::Column(name))
}

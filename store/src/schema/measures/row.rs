//! Typed access to the columns of a batch.

use std::cell::RefCell;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringViewArray};
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

    pub fn texts(&self, name: &'static str) -> Result<Texts<'a>, InvalidRow> {
        Ok(Texts { column: self.column(name)?, name, made: RefCell::default() })
    }

    pub fn optional_ints(&self, name: &'static str) -> Result<Optional<&'a Int64Array>, InvalidRow> {
        self.column(name).map(Optional)
    }

    pub fn weights(&self, name: &'static str) -> Result<Weights<'a>, InvalidRow> {
        self.whole(name).map(Weights)
    }

    pub fn optional_weights(&self, name: &'static str) -> Result<Optional<Weights<'a>>, InvalidRow> {
        self.column(name).map(Weights).map(Optional)
    }
}

/// Counts of calls.
pub(in crate::schema) struct Weights<'a>(&'a Float64Array);

impl Weights<'_> {
    pub fn get(&self, row: usize) -> Weight {
        Weight::new(self.0.value(row))
    }
}

/// A column with nulls.
pub(in crate::schema) struct Optional<C>(C);

impl Optional<&Int64Array> {
    pub fn get(&self, row: usize) -> Option<i64> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }
}

impl Optional<Weights<'_>> {
    pub fn get(&self, row: usize) -> Option<Weight> {
        self.0.0.is_valid(row).then(|| self.0.get(row))
    }
}

/// A column of texts, few of which differ.
pub(in crate::schema) struct Texts<'a> {
    column: &'a StringViewArray,
    name: &'static str,
    /// By view: equal ones of one column are of one text.
    made: RefCell<HashMap<u128, Arc<str>, RandomState>>,
}

impl<'a> Texts<'a> {
    pub fn get(&self, row: usize) -> Option<Arc<str>> {
        let text = self.str(row)?;
        let mut made = self.made.borrow_mut();
        Some(Arc::clone(made.entry(self.column.views()[row]).or_insert_with(|| text.into())))
    }

    pub fn word<T: FromStr<Err = UnknownWord>>(&self, row: usize) -> Result<T, InvalidRow> {
        self.optional_word(row)?.ok_or(InvalidRow::Null(self.name))
    }

    pub fn optional_word<T: FromStr<Err = UnknownWord>>(&self, row: usize) -> Result<Option<T>, InvalidRow> {
        Ok(self.str(row).map(str::parse).transpose()?)
    }

    fn str(&self, row: usize) -> Option<&'a str> {
        self.column.is_valid(row).then(|| self.column.value(row))
    }
}

/// A column of one type, or the refusal of the column in which it stands.
pub(super) fn typed<'a, A: Array + 'static>(
    column: Option<&'a ArrayRef>,
    name: &'static str,
) -> Result<&'a A, InvalidRow> {
    column.and_then(|column| column.as_any().downcast_ref()).ok_or(InvalidRow::Column(name))
}

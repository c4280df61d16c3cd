//! Columns without a value: of each type one for all columns of a batch, as most of them are.

use std::cell::OnceCell;
use std::sync::Arc;

use arrow::array::ArrayRef;

use crate::schema::columns::{IntColumn, StringColumn, StringMapColumn};

/// The columns without a value of a batch, made when they are asked for.
#[derive(Debug)]
pub(super) struct Blank {
    rows: usize,
    texts: OnceCell<ArrayRef>,
    ints: OnceCell<ArrayRef>,
    map: OnceCell<ArrayRef>,
}

impl Blank {
    pub fn new(rows: usize) -> Self {
        Self { rows, texts: OnceCell::new(), ints: OnceCell::new(), map: OnceCell::new() }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn texts(&self) -> ArrayRef {
        Arc::clone(self.texts.get_or_init(|| StringColumn::default().finish_rows(self.rows)))
    }

    pub fn ints(&self) -> ArrayRef {
        Arc::clone(self.ints.get_or_init(|| IntColumn::default().finish_rows(self.rows)))
    }

    pub fn map(&self) -> ArrayRef {
        Arc::clone(self.map.get_or_init(|| StringMapColumn::default().finish_rows(self.rows)))
    }

    pub fn or_texts(&self, column: &mut StringColumn) -> ArrayRef {
        if column.is_blank() { self.texts() } else { column.finish_rows(self.rows) }
    }

    pub fn or_ints(&self, column: &mut IntColumn) -> ArrayRef {
        if column.is_blank() { self.ints() } else { column.finish_rows(self.rows) }
    }

    pub fn or_map(&self, column: &mut StringMapColumn) -> ArrayRef {
        if column.is_blank() { self.map() } else { column.finish_rows(self.rows) }
    }
}

//! What the tables of windows have in common besides their measures: the columns that only the store writes.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringViewArray, new_null_array};
use arrow::datatypes::DataType;

/// `revision` and `writer` of rows that no window's writer wrote: 0 and null.
pub(super) fn unwritten(rows: usize) -> [ArrayRef; 2] {
    [Arc::new(Int64Array::from_value(0, rows)), new_null_array(&DataType::Utf8View, rows)]
}

/// `revision` and `writer` of rows of a window.
pub(crate) fn written(rows: usize, revision: i64, writer: &str) -> [(&'static str, ArrayRef); 2] {
    let writers: StringViewArray = std::iter::repeat_n(Some(writer), rows).collect();
    [("revision", Arc::new(Int64Array::from_value(revision, rows))), ("writer", Arc::new(writers))]
}

#[cfg(test)]
mod tests;

//! Columns by name and type, and their values.

use arrow::array::{Array, AsArray, Int32Array, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::{Int32Type, Int64Type};
use spanloom_store::schema::spans::UnreadableRow;

pub(super) fn any<'a, const N: usize>(
    batch: &'a RecordBatch,
    names: [&'static str; N],
) -> Result<[&'a dyn Array; N], UnreadableRow> {
    let mut columns: [&'a dyn Array; N] = [batch.column(0); N];
    for (place, name) in columns.iter_mut().zip(names) {
        *place = batch.column_by_name(name).ok_or(UnreadableRow::Column(name))?;
    }
    Ok(columns)
}

pub(super) fn ints<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a Int64Array, UnreadableRow> {
    batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>()).ok_or(UnreadableRow::Column(name))
}

pub(super) fn small_ints<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a Int32Array, UnreadableRow> {
    batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int32Type>()).ok_or(UnreadableRow::Column(name))
}

pub(super) fn column<'a, A: Array + 'static>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a A, UnreadableRow> {
    batch.column_by_name(name).and_then(|c| c.as_any().downcast_ref()).ok_or(UnreadableRow::Column(name))
}

pub(super) fn text(column: &StringViewArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

pub(super) fn int(column: &Int64Array, row: usize) -> Option<i64> {
    column.is_valid(row).then(|| column.value(row))
}

//! Columns by name and type, and their values.

use arrow::array::Array;
use spanloom_store::CodedBatch;
use spanloom_store::coded::Coded;
use spanloom_store::schema::spans::UnreadableRow;

/// Those of some columns that have values.
pub(super) fn any<'a>(
    batch: &'a CodedBatch,
    names: &[&'static str],
) -> Result<Vec<Coded<'a, dyn Array>>, UnreadableRow> {
    let columns = names.iter().map(|name| batch.coded(name).ok_or(UnreadableRow::Column(name)));
    columns.filter(|column| column.as_ref().map_or(true, |column| !column.is_blank())).collect()
}

pub(super) fn column<'a, A: Array + 'static>(
    batch: &'a CodedBatch,
    name: &'static str,
) -> Result<Coded<'a, A>, UnreadableRow> {
    batch.coded(name).and_then(Coded::typed).ok_or(UnreadableRow::Column(name))
}

//! Rows of several batches in another order, as Arrow has them.
//!
//! A column's values are put together once for all rows, and each row is then two steps: its new code, and the value there.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{interleave, take};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::merge::{Union, same};
use super::{CodedBatch, Column, repeated, rows_at_once, value_bytes_max};

/// See the module.
pub(crate) struct Interleaver<'a> {
    schema: SchemaRef,
    columns: Vec<Parts<'a>>,
    /// By batch the rows of those before it.
    starts: Vec<usize>,
}

/// One column of all batches.
enum Parts<'a> {
    One(&'a ArrayRef),
    /// The codes of all rows, one batch after the other.
    Narrow(Vec<u16>, ArrayRef),
    Wide(Vec<u32>, ArrayRef),
    Each(Vec<ArrayRef>),
}

impl<'a> Interleaver<'a> {
    /// Batches of one schema, with the columns of some places.
    ///
    /// # Errors
    /// When a column is too much for one array.
    pub fn new(batches: &'a [CodedBatch], columns: &[usize]) -> Result<Self, ArrowError> {
        let rows: Vec<usize> = batches.iter().map(CodedBatch::num_rows).collect();
        let parts = |at: usize| {
            let parts: Vec<&Column> = batches.iter().map(|batch| &batch.columns()[at]).collect();
            if let Some(Column::One(value)) = same(&parts) {
                return Ok(Parts::One(value));
            }
            if let Some(union) = Union::of(&parts) {
                return Ok(match u16::try_from(union.values.array.len()) {
                    Ok(_) => Parts::Narrow(union.codes(&parts, &rows), union.values.array),
                    Err(_) => Parts::Wide(union.codes(&parts, &rows), union.values.array),
                });
            }
            let arrays = parts.iter().zip(batches).map(|(part, batch)| part.array(0..batch.num_rows()));
            Ok(Parts::Each(arrays.collect::<Result<_, ArrowError>>()?))
        };
        let schema = batches.first().map(|batch| Arc::clone(batch.schema()));
        let schema = schema.ok_or_else(|| ArrowError::InvalidArgumentError("no batches to take rows of".to_owned()))?;
        let schema = Arc::new(schema.project(columns)?);
        let mut starts = Vec::with_capacity(rows.len());
        let mut next = 0;
        for rows in &rows {
            starts.push(next);
            next += rows;
        }
        Ok(Self { schema, columns: columns.iter().map(|at| parts(*at)).collect::<Result<_, ArrowError>>()?, starts })
    }

    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// How many rows can be arrays at once without taking much.
    pub fn rows_at_once(&self) -> usize {
        let bytes = self.columns.iter().map(|column| match column {
            Parts::One(values) => value_bytes_max(values),
            Parts::Narrow(_, values) | Parts::Wide(_, values) => value_bytes_max(values),
            Parts::Each(arrays) => arrays.iter().map(value_bytes_max).max().unwrap_or_default(),
        });
        rows_at_once(bytes.sum())
    }

    /// Rows by batch and number in it.
    ///
    /// # Errors
    /// When a column is too much for one array.
    pub fn rows(&self, rows: &[(usize, usize)]) -> Result<RecordBatch, ArrowError> {
        let places: Vec<usize> = rows.iter().map(|(batch, row)| self.starts[*batch] + row).collect();
        let coded = |codes: Vec<u32>, values: &ArrayRef| take(values, &UInt32Array::from(codes), None);
        let columns = self.columns.iter().map(|column| match column {
            Parts::One(value) => repeated(value, rows.len()),
            Parts::Narrow(codes, values) => {
                coded(places.iter().map(|place| u32::from(codes[*place])).collect(), values)
            }
            Parts::Wide(codes, values) => coded(places.iter().map(|place| codes[*place]).collect(), values),
            Parts::Each(arrays) => {
                interleave(&arrays.iter().map(|array| array.as_ref()).collect::<Vec<&dyn Array>>(), rows)
            }
        });
        RecordBatch::try_new(self.schema(), columns.collect::<Result<_, _>>()?)
    }
}

//! Rows of several batches in another order, as Arrow has them, or as codes.
//!
//! A column's values are put together once for all rows, and each row is then two steps: its new code, and the value there.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
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

/// The codes of all rows of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AllCodes<'a> {
    /// All are 0.
    Zero,
    Narrow(&'a [u16]),
    Wide(&'a [u32]),
}

impl AllCodes<'_> {
    /// Whether all are 0.
    pub fn is_zero(self) -> bool {
        matches!(self, Self::Zero)
    }

    /// The code of a place.
    pub fn of(self, place: u32) -> usize {
        match self {
            Self::Zero => 0,
            Self::Narrow(codes) => usize::from(codes[place as usize]),
            Self::Wide(codes) => codes[place as usize] as usize,
        }
    }

    /// Calls back for each of some places.
    pub fn each(self, places: &[u32], mut code: impl FnMut(usize)) {
        match self {
            Self::Zero => places.iter().for_each(|_| code(0)),
            Self::Narrow(codes) => places.iter().for_each(|place| code(usize::from(codes[*place as usize]))),
            Self::Wide(codes) => places.iter().for_each(|place| code(codes[*place as usize] as usize)),
        }
    }
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

    /// The codes of a column and the values at which they point; `None` where each row has a value of its own.
    pub fn coded(&self, column: usize) -> Option<(AllCodes<'_>, &ArrayRef)> {
        match &self.columns[column] {
            Parts::One(value) => Some((AllCodes::Zero, value)),
            Parts::Narrow(codes, values) => Some((AllCodes::Narrow(codes), values)),
            Parts::Wide(codes, values) => Some((AllCodes::Wide(codes), values)),
            Parts::Each(_) => None,
        }
    }

    /// Where the codes of rows are, which are named by batch and number in it.
    pub fn places(&self, rows: &[(usize, usize)]) -> Vec<u32> {
        // Of fewer than 4 Gi rows, as a process has no room for more.
        rows.iter().map(|(batch, row)| (self.starts[*batch] + row) as u32).collect()
    }

    /// How many rows of some columns can be arrays at once without taking much.
    pub fn rows_at_once(&self, columns: &[usize]) -> usize {
        let bytes = columns.iter().map(|column| match &self.columns[*column] {
            Parts::One(values) => value_bytes_max(values),
            Parts::Narrow(_, values) | Parts::Wide(_, values) => value_bytes_max(values),
            Parts::Each(arrays) => arrays.iter().map(value_bytes_max).max().unwrap_or_default(),
        });
        rows_at_once(bytes.sum())
    }

    /// Some columns of rows, which are named by batch and number in it, and by the places of their codes.
    ///
    /// # Errors
    /// When a column is too much for one array.
    pub fn rows(&self, columns: &[usize], rows: &[(usize, usize)], places: &[u32]) -> Result<RecordBatch, ArrowError> {
        let coded = |codes: Vec<u32>, values: &ArrayRef| take(values, &UInt32Array::from(codes), None);
        let arrays = columns.iter().map(|column| match &self.columns[*column] {
            Parts::One(value) => repeated(value, rows.len()),
            Parts::Narrow(codes, values) => {
                coded(places.iter().map(|place| u32::from(codes[*place as usize])).collect(), values)
            }
            Parts::Wide(codes, values) => coded(places.iter().map(|place| codes[*place as usize]).collect(), values),
            Parts::Each(arrays) => {
                interleave(&arrays.iter().map(|array| array.as_ref()).collect::<Vec<&dyn Array>>(), rows)
            }
        });
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let schema = Arc::new(self.schema.project(columns)?);
        RecordBatch::try_new_with_options(schema, arrays.collect::<Result<_, _>>()?, &options)
    }
}

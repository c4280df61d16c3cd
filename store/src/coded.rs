//! Rows that are narrow in memory. A text of a mesh span is one of few: so a column of texts is a byte or two a row, and its
//! values once.
//!
//! ```text
//! spans -> builders -> CodedBatch -> merged with its neighbours -> read by code, or as Arrow arrays of the columns asked for
//! ```

/// Columns of few different values, as they are built.
mod column;
/// Texts by numbers.
mod dictionary;
/// Rows of several batches in another order.
mod interleave;
/// Numbers of which there are few.
mod ints;
/// Several batches as one.
mod merge;
/// What a row has in a column.
mod read;
/// From values to the rows that have them.
mod spread;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, PrimitiveArray, RecordBatch, RecordBatchOptions, UInt8Array, UInt16Array,
    UInt32Array, new_null_array,
};
use arrow::buffer::ScalarBuffer;
use arrow::compute::take;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;

pub(crate) use column::{MapColumn, TextColumn};
pub(crate) use dictionary::Dictionary;
pub(crate) use interleave::{AllCodes, Interleaver};
pub(crate) use ints::{coded_ints, coded_small_ints};
pub use read::{Coded, Places};
pub(crate) use spread::Spread;

/// Rows of one schema. Cheap to clone. Equal are those that say the same, however they are coded.
#[derive(Debug, Clone)]
pub struct CodedBatch(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    schema: SchemaRef,
    rows: usize,
    columns: Vec<Column>,
}

/// A column of as many rows as its batch has.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    /// An array of one value, which every row has.
    One(ArrayRef),
    /// A value for each row.
    Each(ArrayRef),
    /// The place of each row's value among some.
    Coded(Codes, Values),
}

/// Places among values.
#[derive(Debug, Clone)]
pub(crate) enum Codes {
    U8(ScalarBuffer<u8>),
    U16(ScalarBuffer<u16>),
}

/// Values that codes point at.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    pub array: ArrayRef,
    /// What a batch is charged with for them: of batches that share an array the first one pays.
    pub bytes: usize,
}

impl Values {
    /// Values that no other batch has yet.
    fn own(array: ArrayRef) -> Self {
        let bytes = array.get_array_memory_size();
        Self { array, bytes }
    }
}

/// A new array of all values of a dictionary takes at most so many bytes of each row since the last one: see [`TextColumn`].
const SHARED_BYTES: usize = 16;

/// Rows that become arrays at once, which stay near the processor, and the bytes that values which many of them share may
/// take then.
const ARRAYS_ROWS_MAX: usize = 8192;
const ARRAYS_BYTES_MAX: usize = 64 << 20;

impl Codes {
    /// The codes in as few bytes as the number of values lets them have.
    fn new(codes: &[u16], values: usize) -> Self {
        if values <= 1 << u8::BITS {
            Self::U8(codes.iter().map(|code| *code as u8).collect::<Vec<u8>>().into())
        } else {
            Self::U16(codes.to_vec().into())
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::U8(codes) => codes.inner().capacity(),
            Self::U16(codes) => codes.inner().capacity(),
        }
    }

    /// What rows have, of those that `values` has.
    fn values(&self, rows: Range<usize>, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        match self {
            Self::U8(codes) => take(values, &UInt8Array::new(codes.slice(rows.start, rows.len()), None), None),
            Self::U16(codes) => take(values, &UInt16Array::new(codes.slice(rows.start, rows.len()), None), None),
        }
    }
}

impl Column {
    /// A column without values.
    pub fn blank(data_type: &DataType) -> Self {
        Self::One(new_null_array(data_type, 1))
    }

    /// A column as it is.
    pub fn of(array: ArrayRef) -> Self {
        match array.null_count() == array.len() && !array.is_empty() {
            true => Self::blank(array.data_type()),
            false => Self::Each(array),
        }
    }

    /// # Errors
    /// When there is too much for one array.
    pub fn array(&self, rows: Range<usize>) -> Result<ArrayRef, ArrowError> {
        match self {
            Self::One(value) => repeated(value, rows.len()),
            Self::Each(array) => Ok(array.slice(rows.start, rows.len())),
            Self::Coded(codes, values) => codes.values(rows, &values.array),
        }
    }

    fn slice(&self, rows: &Range<usize>) -> Self {
        match self {
            Self::One(value) => Self::One(Arc::clone(value)),
            Self::Each(array) => Self::Each(array.slice(rows.start, rows.len())),
            Self::Coded(Codes::U8(codes), values) => {
                Self::Coded(Codes::U8(codes.slice(rows.start, rows.len())), values.clone())
            }
            Self::Coded(Codes::U16(codes), values) => {
                Self::Coded(Codes::U16(codes.slice(rows.start, rows.len())), values.clone())
            }
        }
    }

    /// Bytes of the largest value.
    fn value_bytes_max(&self) -> usize {
        match self {
            Self::One(values) | Self::Each(values) | Self::Coded(_, Values { array: values, .. }) => {
                value_bytes_max(values)
            }
        }
    }

    /// Rows that are picked by their number, as coded as they were.
    fn select(&self, rows: &[u32]) -> Result<Self, ArrowError> {
        Ok(match self {
            Self::One(value) => Self::One(Arc::clone(value)),
            Self::Each(array) => Self::Each(take(array, &UInt32Array::from(rows.to_vec()), None)?),
            Self::Coded(Codes::U8(codes), values) => {
                Self::Coded(Codes::U8(rows.iter().map(|row| codes[*row as usize]).collect()), values.clone())
            }
            Self::Coded(Codes::U16(codes), values) => {
                Self::Coded(Codes::U16(rows.iter().map(|row| codes[*row as usize]).collect()), values.clone())
            }
        })
    }

    fn bytes(&self) -> usize {
        match self {
            // Of no value there is one array for all batches, and one value is small.
            Self::One(_) => 0,
            Self::Each(array) => array.get_array_memory_size(),
            Self::Coded(codes, values) => codes.bytes() + values.bytes,
        }
    }
}

/// Bytes of the largest map of texts; 0 of other types, of which a row takes little: views share their texts.
fn value_bytes_max(values: &ArrayRef) -> usize {
    let Some(maps) = values.as_map_opt() else { return 0 };
    let entries = maps.value_offsets().windows(2);
    let bytes = |texts: &ArrayRef, from: i32, to: i32| {
        let offsets = texts.as_string_opt::<i32>().map(|texts| texts.value_offsets());
        offsets.map_or(0, |offsets| (offsets[to as usize] - offsets[from as usize]) as usize)
    };
    let of_map = |ends: &[i32]| bytes(maps.keys(), ends[0], ends[1]) + bytes(maps.values(), ends[0], ends[1]);
    entries.map(of_map).max().unwrap_or_default()
}

/// How many rows of which each may have so many bytes of shared values become arrays at once.
fn rows_at_once(row_bytes_max: usize) -> usize {
    (ARRAYS_BYTES_MAX / row_bytes_max.max(1)).clamp(1, ARRAYS_ROWS_MAX)
}

fn repeated(value: &ArrayRef, rows: usize) -> Result<ArrayRef, ArrowError> {
    match value.is_null(0) {
        true => Ok(new_null_array(value.data_type(), rows)),
        false => take(value, &UInt32Array::from(vec![0; rows]), None),
    }
}

impl CodedBatch {
    /// Columns of a schema, each of so many rows.
    pub(crate) fn new(schema: SchemaRef, rows: usize, columns: Vec<Column>) -> Self {
        debug_assert_eq!(schema.fields().len(), columns.len());
        Self(Arc::new(Inner { schema, rows, columns }))
    }

    pub fn num_rows(&self) -> usize {
        self.0.rows
    }

    pub fn schema(&self) -> &SchemaRef {
        &self.0.schema
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.0.columns
    }

    /// What it takes, its own structures included: in small batches they outweigh the data.
    pub fn memory_bytes(&self) -> usize {
        let columns = self.0.columns.iter().map(|column| size_of::<Column>() + column.bytes());
        size_of::<Inner>() + columns.sum::<usize>()
    }

    /// A column as Arrow has it; `None` if there is none of that name.
    pub fn column_by_name(&self, name: &str) -> Option<ArrayRef> {
        let (at, _) = self.0.schema.column_with_name(name)?;
        Some(self.0.columns[at].array(0..self.0.rows).expect("what was put together can be taken apart"))
    }

    /// All rows, with all columns.
    pub fn to_batch(&self) -> RecordBatch {
        let all: Vec<usize> = (0..self.0.columns.len()).collect();
        self.project(&all, 0..self.0.rows).expect("what was put together can be taken apart")
    }

    /// Some rows, with the columns of some places.
    ///
    /// # Errors
    /// When there is no such column, or too much for one array.
    pub fn project(&self, columns: &[usize], rows: Range<usize>) -> Result<RecordBatch, ArrowError> {
        let schema = Arc::new(self.0.schema.project(columns)?);
        let arrays = columns.iter().map(|at| self.0.columns[*at].array(rows.clone())).collect::<Result<_, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(schema, arrays, &options)
    }

    /// Some rows, which are not copied.
    #[must_use]
    pub fn slice(&self, rows: Range<usize>) -> Self {
        let columns = self.0.columns.iter().map(|column| column.slice(&rows)).collect();
        Self::new(Arc::clone(&self.0.schema), rows.len(), columns)
    }

    /// Rows that are picked by their number, with the columns of some places. Values are not copied.
    ///
    /// # Errors
    /// As [`Self::project`].
    pub fn select(&self, columns: &[usize], rows: &[u32]) -> Result<Self, ArrowError> {
        let schema = Arc::new(self.0.schema.project(columns)?);
        let columns = columns.iter().map(|at| self.0.columns[*at].select(rows)).collect::<Result<_, _>>()?;
        Ok(Self::new(schema, rows.len(), columns))
    }

    /// How many rows can be arrays at once without taking much: a value that many rows have is there many times then.
    pub fn rows_at_once(&self, columns: &[usize]) -> usize {
        rows_at_once(columns.iter().map(|at| self.0.columns[*at].value_bytes_max()).sum())
    }
}

impl From<RecordBatch> for CodedBatch {
    fn from(batch: RecordBatch) -> Self {
        let columns = batch.columns().iter().map(|column| Column::of(Arc::clone(column))).collect();
        Self::new(batch.schema(), batch.num_rows(), columns)
    }
}

impl PartialEq for CodedBatch {
    fn eq(&self, other: &Self) -> bool {
        self.num_rows() == other.num_rows() && self.to_batch() == other.to_batch()
    }
}

/// The values of an array without nulls, as an array.
fn ints<T: arrow::datatypes::ArrowPrimitiveType>(values: Vec<T::Native>) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::new(values.into(), None))
}

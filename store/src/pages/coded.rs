//! Columns as codes: of each row the number of its value among the values of many rows, so that who counts or compares
//! looks at a value once and not once a row.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, DictionaryArray, MapArray, StructArray, UInt32Array};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{DataType, Field, Fields, UInt32Type};
use arrow::error::ArrowError;

/// The coded type of a column's type: of maps, keys and values are coded. A code is 32 bits; values may be null, codes are not.
#[must_use]
pub fn coded_type(plain: &DataType) -> DataType {
    match plain {
        DataType::Map(entries, is_sorted) => DataType::Map(Arc::new(coded_entries(entries)), *is_sorted),
        plain => DataType::Dictionary(Box::new(DataType::UInt32), Box::new(plain.clone())),
    }
}

fn coded_entries(entries: &Field) -> Field {
    let DataType::Struct(fields) = entries.data_type() else { return entries.clone() };
    let coded = |field: &Arc<Field>| field.as_ref().clone().with_data_type(coded_type(field.data_type()));
    let fields: Fields = fields.iter().map(coded).collect();
    entries.clone().with_data_type(DataType::Struct(fields))
}

/// Makes arrays of [`coded_type`] in which each row has a value of its own; their codes are one buffer.
#[derive(Debug, Default)]
pub struct Coder(ScalarBuffer<u32>);

impl Coder {
    /// # Errors
    /// A map whose entries are no keys and values.
    pub fn coded(&mut self, plain: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        let Some(maps) = plain.as_map_opt() else { return Ok(self.each(plain)) };
        let DataType::Map(entries, is_sorted) = coded_type(maps.data_type()) else {
            return Err(ArrowError::CastError("a map of another type than its own".to_owned()));
        };
        let DataType::Struct(fields) = entries.data_type() else {
            return Err(ArrowError::CastError("a map without entries".to_owned()));
        };
        let columns = maps.entries().columns().iter().map(|column| self.each(column)).collect();
        let coded = StructArray::try_new(fields.clone(), columns, maps.entries().nulls().cloned())?;
        let coded = MapArray::try_new(entries, maps.offsets().clone(), coded, maps.nulls().cloned(), is_sorted)?;
        Ok(Arc::new(coded))
    }

    /// An array that is no map.
    pub(super) fn each(&mut self, values: &ArrayRef) -> ArrayRef {
        if self.0.len() < values.len() {
            self.0 = (0..values.len() as u32).collect::<Vec<_>>().into();
        }
        let codes = UInt32Array::new(self.0.slice(0, values.len()), None);
        Arc::new(DictionaryArray::<UInt32Type>::new(codes, Arc::clone(values)))
    }
}

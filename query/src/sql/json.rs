//! Rows of an answer as JSON values that lose nothing.

use arrow::array::{Array, AsArray, RecordBatch, StructArray};
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Schema, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

/// The largest integer that every JSON reader keeps exactly; larger ones are written as strings.
const SAFE_INTEGER_MAX: u64 = 1 << 53;

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Column {
    pub name: String,
    /// Its Arrow type; strings are `Utf8` however they lie in memory.
    pub r#type: String,
}

/// The columns of an answer.
pub(crate) fn columns(schema: &Schema) -> Vec<Column> {
    schema
        .fields()
        .iter()
        .map(|field| Column { name: field.name().clone(), r#type: type_name(field.data_type()) })
        .collect()
}

fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 => "Utf8".to_owned(),
        DataType::BinaryView | DataType::LargeBinary => "Binary".to_owned(),
        other => other.to_string(),
    }
}

/// The cells of one row.
pub(crate) fn row(batch: &RecordBatch, row: usize) -> Result<Vec<Json>, ArrowError> {
    batch.columns().iter().map(|column| cell(column.as_ref(), row)).collect()
}

/// One value: numbers as numbers (beyond 2⁵³, NaN and infinities as strings), maps and structs as objects, bytes in
/// hexadecimal digits, times as text.
fn cell(array: &dyn Array, row: usize) -> Result<Json, ArrowError> {
    if array.is_null(row) {
        return Ok(Json::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Json::Null,
        DataType::Boolean => Json::from(array.as_boolean().value(row)),
        DataType::Int8 => Json::from(array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => Json::from(array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => Json::from(array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => int(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => Json::from(array.as_primitive::<UInt8Type>().value(row)),
        DataType::UInt16 => Json::from(array.as_primitive::<UInt16Type>().value(row)),
        DataType::UInt32 => Json::from(array.as_primitive::<UInt32Type>().value(row)),
        DataType::UInt64 => unsigned(array.as_primitive::<UInt64Type>().value(row)),
        DataType::Float32 => float(f64::from(array.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => Json::from(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Json::from(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Json::from(array.as_string_view().value(row)),
        DataType::List(_) => list(array.as_list::<i32>().value(row).as_ref())?,
        DataType::LargeList(_) => list(array.as_list::<i64>().value(row).as_ref())?,
        DataType::Struct(_) => object(array.as_struct(), row)?,
        DataType::Map(..) => map(&array.as_map().value(row))?,
        _ => text(array, row)?,
    })
}

fn int(value: i64) -> Json {
    if value.unsigned_abs() > SAFE_INTEGER_MAX { Json::from(value.to_string()) } else { Json::from(value) }
}

fn unsigned(value: u64) -> Json {
    if value > SAFE_INTEGER_MAX { Json::from(value.to_string()) } else { Json::from(value) }
}

fn float(value: f64) -> Json {
    match value {
        f64::INFINITY => Json::from("Infinity"),
        f64::NEG_INFINITY => Json::from("-Infinity"),
        value if value.is_nan() => Json::from("NaN"),
        value => Json::from(value),
    }
}

fn list(elements: &dyn Array) -> Result<Json, ArrowError> {
    let cells: Result<Vec<Json>, ArrowError> = (0..elements.len()).map(|i| cell(elements, i)).collect();
    Ok(Json::Array(cells?))
}

fn object(array: &StructArray, row: usize) -> Result<Json, ArrowError> {
    let mut object = Map::new();
    for (field, column) in array.fields().iter().zip(array.columns()) {
        object.insert(field.name().clone(), cell(column.as_ref(), row)?);
    }
    Ok(Json::Object(object))
}

fn map(entries: &StructArray) -> Result<Json, ArrowError> {
    let mut object = Map::new();
    for i in 0..entries.len() {
        let key = match cell(entries.column(0).as_ref(), i)? {
            Json::String(key) => key,
            other => other.to_string(),
        };
        object.insert(key, cell(entries.column(1).as_ref(), i)?);
    }
    Ok(Json::Object(object))
}

fn text(array: &dyn Array, row: usize) -> Result<Json, ArrowError> {
    let options = FormatOptions::default();
    Ok(Json::from(ArrayFormatter::try_new(array, &options)?.value(row).try_to_string()?))
}

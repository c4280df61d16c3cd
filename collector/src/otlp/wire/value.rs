//! Attributes and their values.

use spanloom_store::value::{Attributes, Value};

use super::malformed::Malformed;
use super::reader::{Names, Reader};
use crate::otlp::budget::Budget;

const KEY_VALUE: Names = &["key", "value", "key_strindex"];
const ANY_VALUE: Names = &[
    "string_value",
    "bool_value",
    "int_value",
    "double_value",
    "array_value",
    "kvlist_value",
    "bytes_value",
    "string_value_strindex",
];
const ARRAY_VALUE: Names = &["values"];
const KEY_VALUE_LIST: Names = &["values"];

/// An entry of a map in a row: where its key and its value end.
const ENTRY_BYTES: usize = 8;
/// The name of a type, and what a number is longer as text than on the wire.
const TYPED_BYTES: usize = 32;

/// What attributes add to a row beside their texts. The key of a value that is no text stands there twice.
pub fn cells_bytes(attributes: &Attributes<'_>) -> usize {
    let entry_bytes = attributes.iter().map(|(key, value)| match value {
        Value::String(_) => ENTRY_BYTES,
        _ => 2 * ENTRY_BYTES + key.len() + TYPED_BYTES,
    });
    entry_bytes.sum()
}

/// What so many attributes that are texts add.
pub const fn text_cells_bytes(count: usize) -> usize {
    count * ENTRY_BYTES
}

/// Appends a `KeyValue`.
pub fn attribute<'a>(message: Reader<'a>, to: &mut Attributes<'a>, budget: &Budget) -> Result<(), Malformed> {
    let (mut key, mut value) = ("", Value::Empty);
    message.each(KEY_VALUE, |field| {
        match field.number {
            1 => key = field.text()?,
            2 => any_value(field.message()?, &mut value, budget)?,
            3 => _ = field.int32()?,
            _ => field.skip()?,
        }
        Ok(())
    })?;
    Ok(budget.push(to, (key.into(), value))?)
}

/// Merges an `AnyValue` into a value.
fn any_value<'a>(message: Reader<'a>, value: &mut Value<'a>, budget: &Budget) -> Result<(), Malformed> {
    message.each(ANY_VALUE, |field| {
        match field.number {
            1 => *value = Value::String(field.text()?.into()),
            2 => *value = Value::Bool(field.uint64()? != 0),
            3 => *value = Value::Int(field.uint64()?.cast_signed()),
            4 => *value = Value::Double(f64::from_bits(field.fixed64()?)),
            5 => array_value(field.message()?, value, budget)?,
            6 => key_value_list(field.message()?, value, budget)?,
            7 => *value = Value::Bytes(field.bytes()?.into()),
            8 => {
                _ = field.int32()?;
                // An index into a dictionary that only profiles have.
                *value = Value::Empty;
            }
            _ => field.skip()?,
        }
        Ok(())
    })
}

fn array_value<'a>(message: Reader<'a>, value: &mut Value<'a>, budget: &Budget) -> Result<(), Malformed> {
    let mut items = match std::mem::replace(value, Value::Empty) {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    message.each(ARRAY_VALUE, |field| match field.number {
        1 => {
            let mut item = Value::Empty;
            any_value(field.message()?, &mut item, budget)?;
            Ok(budget.push(&mut items, item)?)
        }
        _ => Ok(field.skip()?),
    })?;
    *value = Value::Array(items);
    Ok(())
}

fn key_value_list<'a>(message: Reader<'a>, value: &mut Value<'a>, budget: &Budget) -> Result<(), Malformed> {
    let mut entries = match std::mem::replace(value, Value::Empty) {
        Value::Map(entries) => entries,
        _ => Attributes::new(),
    };
    message.each(KEY_VALUE_LIST, |field| match field.number {
        1 => attribute(field.message()?, &mut entries, budget),
        _ => Ok(field.skip()?),
    })?;
    *value = Value::Map(entries);
    Ok(())
}

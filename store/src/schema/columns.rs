//! Column builders for what the schemas share: string columns that end as views, string maps, lists of structs.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayBuilder, ArrayRef, ListArray, MapArray, RecordBatch, StringArray, StringBuilder, StringViewArray,
    StringViewBuilder, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, SchemaRef};

use super::repeated::RepeatedKeys;
use crate::time::{HOUR_NS, hour_text};
use crate::value::{Attributes, InvalidStoredValue, Value};

/// `map<string,string>` with the names that Parquet gives its parts.
pub fn map_type() -> DataType {
    DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(map_entry_fields()), false)), false)
}

fn map_entry_fields() -> Fields {
    Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, true)])
}

/// `list<element>`, elements never null.
pub fn list_type(element: DataType) -> DataType {
    DataType::List(list_field(element))
}

fn list_field(element: DataType) -> FieldRef {
    Arc::new(Field::new("element", element, false))
}

/// Columns as a batch. Builders reserve room for a thousand rows, which most requests do not have: what is left over is
/// given back, for it would be held as long as the rows are hot.
///
/// # Panics
/// When the columns are not those of the schema, which a builder beside its schema cannot let happen.
pub fn batch(schema: SchemaRef, mut columns: Vec<ArrayRef>) -> RecordBatch {
    columns.iter_mut().for_each(|column| column.shrink_to_fit());
    RecordBatch::try_new(schema, columns).expect("builder and schema list the same columns")
}

/// A top-level string column: built contiguously, finished as views on one buffer, which is the type that a scan of the
/// lake yields.
#[derive(Debug, Default)]
pub struct StringColumn(StringBuilder);

impl StringColumn {
    /// An empty text is null: in OTLP an absent string and an empty one are the same.
    pub fn append_or_null(&mut self, text: &str) {
        self.append_option((!text.is_empty()).then_some(text));
    }

    pub fn append_option(&mut self, text: Option<&str>) {
        self.0.append_option(text);
    }

    pub fn finish(&mut self) -> ArrayRef {
        Arc::new(StringViewArray::from(&self.0.finish()))
    }
}

/// The column `hour` of many narrow rows: rows of one hour share its text.
#[derive(Debug, Default)]
pub struct HourColumn {
    hours: StringViewBuilder,
    /// The hour of the row before and the block that has its text.
    last: Option<(i64, u32, u32)>,
}

impl HourColumn {
    pub fn append(&mut self, time_ns: i64) {
        let hour_ns = time_ns.div_euclid(HOUR_NS);
        let (block, bytes) = match self.last {
            Some((last, block, bytes)) if last == hour_ns => (block, bytes),
            _ => {
                let text = hour_text(time_ns);
                let bytes = text.len() as u32;
                (self.hours.append_block(text.into_bytes().into()), bytes)
            }
        };
        self.last = Some((hour_ns, block, bytes));
        self.hours.try_append_view(block, 0, bytes).expect("the block holds the text of an hour");
    }

    pub fn finish(&mut self) -> ArrayRef {
        // The block of the last hour leaves with the column.
        self.last = None;
        Arc::new(self.hours.finish())
    }
}

/// A `map<string,string>` column; a map without entries is null.
#[derive(Debug)]
pub struct StringMapColumn {
    offsets: Vec<i32>,
    valid: Vec<bool>,
    keys: StringBuilder,
    values: StringBuilder,
}

impl Default for StringMapColumn {
    fn default() -> Self {
        Self { offsets: vec![0], valid: Vec::new(), keys: StringBuilder::new(), values: StringBuilder::new() }
    }
}

impl StringMapColumn {
    /// Adds an entry to the row that is being built.
    pub fn entry(&mut self, key: &str, value: &str) {
        self.keys.append_value(key);
        self.values.append_value(value);
    }

    /// Ends the row.
    pub fn end_row(&mut self) {
        let end = self.keys.len() as i32;
        self.valid.push(self.offsets.last() != Some(&end));
        self.offsets.push(end);
    }

    pub fn finish(&mut self) -> ArrayRef {
        let built = std::mem::take(self);
        let DataType::Map(entry_field, _) = map_type() else { unreachable!("map_type is a map") };
        let (mut keys, mut values) = (built.keys, built.values);
        let entries = StructArray::new(
            map_entry_fields(),
            vec![Arc::new(keys.finish()) as ArrayRef, Arc::new(values.finish()) as ArrayRef],
            None,
        );
        let offsets = OffsetBuffer::new(built.offsets.into());
        Arc::new(MapArray::new(entry_field, offsets, entries, Some(NullBuffer::from(built.valid)), false))
    }
}

/// A map of attributes with the map of their types beside it.
#[derive(Debug, Default)]
pub struct AttributesColumn {
    values: StringMapColumn,
    types: StringMapColumn,
}

impl AttributesColumn {
    /// Returns how many attributes were left out because their key stood there already.
    pub fn append(&mut self, attributes: &Attributes<'_>) -> usize {
        let mut repeated = RepeatedKeys::default();
        for (key, value) in attributes {
            if repeated.is_repeated(key) {
                continue;
            }
            let (text, value_type) = value.encode();
            self.values.entry(key, &text);
            if let Some(value_type) = value_type {
                self.types.entry(key, value_type.as_str());
            }
        }
        self.values.end_row();
        self.types.end_row();
        repeated.count
    }

    /// The values and the types.
    pub fn finish(&mut self) -> (ArrayRef, ArrayRef) {
        (self.values.finish(), self.types.finish())
    }
}

/// Row limits of a `list<struct>` column whose children are built by its owner.
#[derive(Debug)]
pub struct ListOffsets {
    offsets: Vec<i32>,
    valid: Vec<bool>,
}

impl Default for ListOffsets {
    fn default() -> Self {
        Self { offsets: vec![0], valid: Vec::new() }
    }
}

impl ListOffsets {
    /// Ends a row of `added` elements; a row without elements is null.
    pub fn end_row(&mut self, added: usize) {
        let end = self.offsets.last().copied().unwrap_or_default() + added as i32;
        self.valid.push(added > 0);
        self.offsets.push(end);
    }

    pub fn finish(&mut self, fields: Fields, children: Vec<ArrayRef>) -> ArrayRef {
        let built = std::mem::take(self);
        let elements = StructArray::new(fields.clone(), children, None);
        let field = list_field(DataType::Struct(fields));
        let offsets = OffsetBuffer::new(built.offsets.into());
        Arc::new(ListArray::new(field, offsets, Arc::new(elements), Some(NullBuffer::from(built.valid))))
    }
}

/// The entries of one row of a string map.
pub fn map_entries(map: &MapArray, row: usize) -> impl Iterator<Item = (&str, &str)> {
    let offsets = map.value_offsets();
    let range = if map.is_null(row) { 0..0 } else { offsets[row] as usize..offsets[row + 1] as usize };
    let keys = string_child(map.keys());
    let values = string_child(map.values());
    range.map(move |i| (keys.value(i), if values.is_null(i) { "" } else { values.value(i) }))
}

fn string_child(array: &ArrayRef) -> &StringArray {
    array.as_any().downcast_ref().expect("a string map has Utf8 keys and values")
}

/// The attributes of one row of a map of values and the map of their types.
pub fn attributes<'a>(
    values: &'a MapArray,
    types: &'a MapArray,
    row: usize,
) -> Result<Attributes<'a>, InvalidStoredValue> {
    map_entries(values, row).map(|(key, text)| Ok((key.into(), typed(types, row, key, text)?))).collect()
}

/// The value of a text whose type stands in `types` under `key`.
pub fn typed<'a>(types: &'a MapArray, row: usize, key: &str, text: &'a str) -> Result<Value<'a>, InvalidStoredValue> {
    let value_type = map_entries(types, row).find(|(k, _)| *k == key).map(|(_, t)| t);
    Value::decode(text, value_type)
}

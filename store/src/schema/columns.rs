//! Column builders for what the schemas share: string columns that end as views, string maps, lists of structs.

use std::sync::{Arc, LazyLock};

use arrow::array::builder::make_view;
use arrow::array::{
    Array, ArrayRef, ByteView, Int64Array, ListArray, MAX_INLINE_VIEW_LEN, MapArray, NullBufferBuilder, RecordBatch,
    StringArray, StringViewArray, StructArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, SchemaRef};

use super::repeated::RepeatedKeys;
use crate::coded::{Column, Spread, coded_ints};
use crate::time::{HOUR_NS, hour_text};
use crate::value::{Attributes, InvalidStoredValue, Value};

/// `map<string,string>` with the names that Parquet gives its parts.
pub fn map_type() -> DataType {
    DataType::Map(Arc::clone(&MAP_ENTRY), false)
}

/// Made once: a request has a dozen such columns, however few its spans, and types that are one object are compared at a glance.
static MAP_ENTRY: LazyLock<FieldRef> =
    LazyLock::new(|| Arc::new(Field::new("key_value", DataType::Struct(MAP_ENTRY_FIELDS.clone()), false)));

static MAP_ENTRY_FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, true)])
});

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

/// A top-level string column, built as views on one buffer, which is the type that a scan of the lake yields. A long text
/// that stands in neighbouring rows is kept once.
#[derive(Debug)]
pub struct StringColumn {
    views: Vec<u128>,
    texts: Vec<u8>,
    nulls: NullBufferBuilder,
    /// The last text that is not in its view itself.
    last_long: u128,
}

impl Default for StringColumn {
    fn default() -> Self {
        Self { views: Vec::new(), texts: Vec::new(), nulls: NullBufferBuilder::new(0), last_long: 0 }
    }
}

impl StringColumn {
    /// An empty text is null: in OTLP an absent string and an empty one are the same.
    pub fn append_or_null(&mut self, text: &str) {
        self.append_option((!text.is_empty()).then_some(text));
    }

    pub fn append_option(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.append(text),
            None => self.pad(self.views.len() + 1),
        }
    }

    /// The text of a row, which comes after all that have one; those in between are null.
    pub fn set(&mut self, row: usize, text: &str) {
        self.pad(row);
        self.append(text);
    }

    /// [`Self::set`], but an empty text is null.
    pub fn set_or_null(&mut self, row: usize, text: &str) {
        if !text.is_empty() {
            self.set(row, text);
        }
    }

    fn append(&mut self, text: &str) {
        let view =
            if text.len() <= MAX_INLINE_VIEW_LEN as usize { make_view(text.as_bytes(), 0, 0) } else { self.long(text) };
        self.views.push(view);
        self.nulls.append_non_null();
    }

    fn long(&mut self, text: &str) -> u128 {
        let last = ByteView::from(self.last_long);
        let (offset, len) = (last.offset as usize, last.length as usize);
        if len != text.len() || self.texts[offset..offset + len] != *text.as_bytes() {
            let offset = u32::try_from(self.texts.len()).expect("a batch has less than 4 GiB of texts in a column");
            self.texts.extend_from_slice(text.as_bytes());
            self.last_long = make_view(text.as_bytes(), 0, offset);
        }
        self.last_long
    }

    /// Makes all rows before `rows` that are not there null.
    fn pad(&mut self, rows: usize) {
        self.nulls.append_n_nulls(rows - self.views.len());
        self.views.resize(rows, 0);
    }

    /// Whether there is no row yet, but for those to be null.
    pub fn is_blank(&self) -> bool {
        self.views.is_empty()
    }

    /// The column of so many rows; those behind the last text are null.
    pub fn finish_rows(&mut self, rows: usize) -> ArrayRef {
        self.pad(rows);
        self.finish()
    }

    pub fn finish(&mut self) -> ArrayRef {
        let texts = if self.texts.is_empty() { Vec::new() } else { vec![drained(&mut self.texts).into()] };
        let column = StringViewArray::try_new(drained(&mut self.views).into(), texts, self.nulls.finish());
        self.last_long = 0;
        Arc::new(column.expect("views are of the texts"))
    }
}

/// The hours of rows, most of which are of one.
#[derive(Debug, Default)]
pub struct Hours {
    /// The hour of the row before, with its text.
    last: Option<(i64, String)>,
}

impl Hours {
    pub fn text(&mut self, time_ns: i64) -> &str {
        let hour_ns = time_ns.div_euclid(HOUR_NS);
        match &mut self.last {
            Some((last, _)) if *last == hour_ns => {}
            last => *last = Some((hour_ns, hour_text(time_ns))),
        }
        self.last.as_ref().map_or("", |(_, text)| text)
    }
}

/// The column `hour`.
#[derive(Debug, Default)]
pub struct HourColumn {
    texts: StringColumn,
    hours: Hours,
}

impl HourColumn {
    pub fn append(&mut self, time_ns: i64) {
        self.texts.append(self.hours.text(time_ns));
    }

    pub fn finish(&mut self) -> ArrayRef {
        self.texts.finish()
    }
}

/// A column of numbers, most of which may be null.
#[derive(Debug)]
pub struct IntColumn {
    values: Vec<i64>,
    nulls: NullBufferBuilder,
}

impl Default for IntColumn {
    fn default() -> Self {
        Self { values: Vec::new(), nulls: NullBufferBuilder::new(0) }
    }
}

impl IntColumn {
    /// The number of a row, which comes after all that have one; those in between are null.
    pub fn set(&mut self, row: usize, value: i64) {
        self.pad(row);
        self.values.push(value);
        self.nulls.append_non_null();
    }

    fn pad(&mut self, rows: usize) {
        self.nulls.append_n_nulls(rows - self.values.len());
        self.values.resize(rows, 0);
    }

    /// Whether there is no row yet, but for those to be null.
    pub fn is_blank(&self) -> bool {
        self.values.is_empty()
    }

    /// The column; values behind the last one are null.
    pub(crate) fn finish(&mut self, spread: Spread<'_>) -> Column {
        self.pad(spread.values());
        let column = match spread {
            Spread::Rows(_) => coded_ints(&self.values, self.nulls.finish()),
            Spread::Runs(..) => {
                spread.column(Arc::new(Int64Array::new(self.values.clone().into(), self.nulls.finish())))
            }
        };
        emptied(&mut self.values);
        column
    }
}

/// Texts one behind the other.
#[derive(Debug)]
struct Texts {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { offsets: vec![0], bytes: Vec::new() }
    }
}

impl Texts {
    fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.offsets.push(i32::try_from(self.bytes.len()).expect("a batch has less than 2 GiB of texts in a map"));
    }

    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    fn finish(&mut self) -> ArrayRef {
        let offsets = OffsetBuffer::new(drained(&mut self.offsets).into());
        self.offsets.push(0);
        Arc::new(StringArray::new(offsets, drained(&mut self.bytes).into(), None))
    }
}

/// A `map<string,string>` column; a map without entries is null.
#[derive(Debug)]
pub struct StringMapColumn {
    offsets: Vec<i32>,
    keys: Texts,
    values: Texts,
}

impl Default for StringMapColumn {
    fn default() -> Self {
        Self { offsets: vec![0], keys: Texts::default(), values: Texts::default() }
    }
}

impl StringMapColumn {
    /// Adds an entry to the row that is being built.
    pub fn entry(&mut self, key: &str, value: &str) {
        self.keys.push(key);
        self.values.push(value);
    }

    /// Adds an entry to a row; none is added to those before it any more.
    pub fn entry_of(&mut self, row: usize, key: &str, value: &str) {
        self.end_rows(row);
        self.entry(key, value);
    }

    /// Ends the row.
    pub fn end_row(&mut self) {
        self.offsets.push(self.keys.len() as i32);
    }

    /// Ends all rows before `rows`.
    fn end_rows(&mut self, rows: usize) {
        self.offsets.resize(rows + 1, self.keys.len() as i32);
    }

    /// Whether there is no entry.
    pub fn is_blank(&self) -> bool {
        self.keys.len() == 0
    }

    /// The column of so many rows.
    pub fn finish_rows(&mut self, rows: usize) -> ArrayRef {
        self.end_rows(rows);
        self.finish()
    }

    pub fn finish(&mut self) -> ArrayRef {
        let entries = StructArray::new(MAP_ENTRY_FIELDS.clone(), vec![self.keys.finish(), self.values.finish()], None);
        let nulls = with_elements(&self.offsets);
        let offsets = OffsetBuffer::new(drained(&mut self.offsets).into());
        self.offsets.push(0);
        Arc::new(MapArray::new(Arc::clone(&MAP_ENTRY), offsets, entries, Some(nulls), false))
    }
}

/// The values of a column, in just the memory that they take, and the column [emptied].
pub(super) fn drained<T: Copy>(values: &mut Vec<T>) -> Vec<T> {
    let exact = values.as_slice().to_vec();
    emptied(values);
    exact
}

/// Empties a list. Room for the next values is left, so that who builds one batch after the other does not ask for it again
/// each time; unless it is much.
pub(crate) fn emptied<T>(values: &mut Vec<T>) {
    const KEPT_BYTES_MAX: usize = 128 * 1024;
    values.clear();
    if values.capacity() * size_of::<T>() > KEPT_BYTES_MAX {
        *values = Vec::new();
    }
}

/// A row without elements is null.
fn with_elements(offsets: &[i32]) -> NullBuffer {
    BooleanBuffer::collect_bool(offsets.len() - 1, |row| offsets[row] != offsets[row + 1]).into()
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
        for (at, (key, value)) in attributes.iter().enumerate() {
            if repeated.is_repeated(attributes, at) {
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
pub struct ListOffsets(Vec<i32>);

impl Default for ListOffsets {
    fn default() -> Self {
        Self(vec![0])
    }
}

impl ListOffsets {
    /// Ends a row of `added` elements; a row without elements is null.
    pub fn end_row(&mut self, added: usize) {
        self.0.push(self.elements() + added as i32);
    }

    /// The elements of a row, which comes after all that have some; those in between are null.
    pub fn set(&mut self, row: usize, added: usize) {
        self.pad(row);
        self.end_row(added);
    }

    /// Makes all rows before `rows` that are not there null.
    pub fn pad(&mut self, rows: usize) {
        self.0.resize(rows + 1, self.elements());
    }

    fn elements(&self) -> i32 {
        self.0.last().copied().unwrap_or_default()
    }

    /// Whether there are no elements.
    pub fn is_blank(&self) -> bool {
        self.elements() == 0
    }

    pub fn finish(&mut self, fields: Fields, children: Vec<ArrayRef>) -> ArrayRef {
        let Self(offsets) = std::mem::take(self);
        let elements = StructArray::new(fields.clone(), children, None);
        let field = list_field(DataType::Struct(fields));
        let nulls = with_elements(&offsets);
        Arc::new(ListArray::new(field, OffsetBuffer::new(offsets.into()), Arc::new(elements), Some(nulls)))
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

//! `map<string, double>` from response flag to calls; null if there is none.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Float64Array, Float64Builder, MapArray, MapBuilder, MapFieldNames, StringArray, StringBuilder,
};
use arrow::datatypes::{DataType, Field, Fields};

use super::row::{Columns, InvalidRow, typed};
use crate::ledger::{Flags, Weight};

/// The type of a flags column.
pub(in crate::schema) fn flags_type() -> DataType {
    let entries = Fields::from(vec![key_field(), value_field()]);
    DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(entries), false)), false)
}

fn key_field() -> Field {
    Field::new("key", DataType::Utf8, false)
}

fn value_field() -> Field {
    Field::new("value", DataType::Float64, true)
}

/// Builds a column of flags.
pub(in crate::schema) struct FlagsColumn(MapBuilder<StringBuilder, Float64Builder>);

impl Default for FlagsColumn {
    fn default() -> Self {
        let names = MapFieldNames { entry: "key_value".into(), key: "key".into(), value: "value".into() };
        let builder = MapBuilder::new(Some(names), StringBuilder::new(), Float64Builder::new());
        Self(builder.with_keys_field(key_field()).with_values_field(value_field()))
    }
}

impl FlagsColumn {
    pub fn append(&mut self, flags: &Flags) {
        let flags = flags.iter();
        let is_valid = flags.len() > 0;
        for (flag, weight) in flags {
            self.0.keys().append_value(flag);
            self.0.values().append_value(weight.as_f64());
        }
        self.0.append(is_valid).expect("a value was appended with every key");
    }

    pub fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// A column that [`FlagsColumn`] built.
pub(in crate::schema) struct FlagMaps<'a> {
    maps: &'a MapArray,
    keys: &'a StringArray,
    values: &'a Float64Array,
}

impl<'a> FlagMaps<'a> {
    /// `None` if the column was left out.
    pub fn of(columns: &Columns<'a>, name: &'static str) -> Result<Option<Self>, InvalidRow> {
        let Some(maps) = columns.measure::<MapArray>(name)? else { return Ok(None) };
        Ok(Some(Self { maps, keys: typed(Some(maps.keys()), name)?, values: typed(Some(maps.values()), name)? }))
    }

    pub fn get(&self, row: usize) -> Flags {
        let mut flags = Flags::default();
        if self.maps.is_valid(row) {
            let offsets = self.maps.value_offsets();
            for i in offsets[row] as usize..offsets[row + 1] as usize {
                flags.record(self.keys.value(i), Weight::new(self.values.value(i)));
            }
        }
        flags
    }
}

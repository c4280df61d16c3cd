//! What a row has in a column, by its code.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, Int32Array, Int64Array, StringViewArray};
use arrow::datatypes::SchemaRef;

use super::{CodedBatch, Codes, Column, Values};
use crate::schema::spans;

/// Where each row's value is among the values of its column.
#[derive(Debug, Clone, Copy)]
pub enum Places<'a> {
    /// Each row has a value of its own.
    Each,
    /// All rows have the same.
    First,
    U8(&'a [u8]),
    U16(&'a [u16]),
}

impl Places<'_> {
    #[inline]
    pub fn of(self, row: usize) -> usize {
        match self {
            Self::Each => row,
            Self::First => 0,
            Self::U8(codes) => usize::from(codes[row]),
            Self::U16(codes) => usize::from(codes[row]),
        }
    }
}

/// A column: values, and where among them each row's is.
#[derive(Debug)]
pub struct Coded<'a, A: ?Sized> {
    pub places: Places<'a>,
    pub values: &'a A,
}

impl<A: ?Sized> Clone for Coded<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: ?Sized> Copy for Coded<'_, A> {}

impl<'a, A: Array + ?Sized> Coded<'a, A> {
    #[inline]
    pub fn is_valid(self, row: usize) -> bool {
        self.values.is_valid(self.places.of(row))
    }

    /// Whether no row has a value.
    pub fn is_blank(self) -> bool {
        self.values.null_count() == self.values.len()
    }
}

impl<'a> Coded<'a, dyn Array> {
    /// The column with its type; `None` if it is another.
    pub fn typed<T: Array + 'static>(self) -> Option<Coded<'a, T>> {
        Some(Coded { places: self.places, values: self.values.as_any().downcast_ref()? })
    }
}

impl<'a> Coded<'a, StringViewArray> {
    #[inline]
    pub fn text(self, row: usize) -> Option<&'a str> {
        let place = self.places.of(row);
        self.values.is_valid(place).then(|| self.values.value(place))
    }
}

impl Coded<'_, Int64Array> {
    #[inline]
    pub fn number(self, row: usize) -> Option<i64> {
        let place = self.places.of(row);
        self.values.is_valid(place).then(|| self.values.value(place))
    }

    /// The number of a row that has one.
    #[inline]
    pub fn value(self, row: usize) -> i64 {
        self.values.value(self.places.of(row))
    }
}

impl Coded<'_, Int32Array> {
    /// The number of a row that has one.
    #[inline]
    pub fn value(self, row: usize) -> i32 {
        self.values.value(self.places.of(row))
    }
}

impl CodedBatch {
    /// A column by its name.
    pub fn coded(&self, name: &str) -> Option<Coded<'_, dyn Array>> {
        Some(self.column(name)?.coded())
    }

    /// The values among which the rows of a column have theirs; `None` where each has one of its own. Other batches may
    /// have them, too.
    pub fn shared_values(&self, name: &str) -> Option<&ArrayRef> {
        match self.column(name)? {
            Column::One(array) | Column::Coded(_, Values { array, .. }) => Some(array),
            Column::Each(_) => None,
        }
    }

    fn column(&self, name: &str) -> Option<&Column> {
        // Most batches are of spans, which have many columns.
        static SPANS: LazyLock<(SchemaRef, HashMap<String, usize>)> = LazyLock::new(|| {
            let schema = spans::schema();
            let places = schema.fields().iter().enumerate().map(|(at, field)| (field.name().clone(), at)).collect();
            (schema, places)
        });
        let at = match Arc::ptr_eq(self.schema(), &SPANS.0) {
            true => *SPANS.1.get(name)?,
            false => self.schema().column_with_name(name)?.0,
        };
        self.columns().get(at)
    }
}

impl Column {
    pub fn coded(&self) -> Coded<'_, dyn Array> {
        match self {
            Self::One(array) => Coded { places: Places::First, values: array.as_ref() },
            Self::Each(array) => Coded { places: Places::Each, values: array.as_ref() },
            Self::Coded(Codes::U8(codes), values) => Coded { places: Places::U8(codes), values: values.array.as_ref() },
            Self::Coded(Codes::U16(codes), values) => {
                Coded { places: Places::U16(codes), values: values.array.as_ref() }
            }
        }
    }
}

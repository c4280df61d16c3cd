//! Numbers of which there are few: states, ports, counts that are 0.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray as _, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Int32Type, Int64Type};

use super::{Codes, Column, Values, ints};

/// More different ones are left as they are.
const VALUES_MAX: usize = 64;
/// In fewer rows there is nothing to save.
const ROWS_MIN: usize = 32;

/// A column of 64-bit numbers.
pub(crate) fn coded_ints(values: &[i64], nulls: Option<NullBuffer>) -> Column {
    coded::<Int64Type>(values, nulls)
}

/// A column of 32-bit numbers.
pub(crate) fn coded_small_ints(values: &[i32]) -> Column {
    coded::<Int32Type>(values, None)
}

fn coded<T: ArrowPrimitiveType<Native: PartialEq>>(values: &[T::Native], nulls: Option<NullBuffer>) -> Column {
    let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
    if nulls.is_none() && values.first().is_some_and(|first| values.iter().all(|value| value == first)) {
        return Column::One(ints::<T>(vec![values[0]]));
    }
    let few = if values.len() < ROWS_MIN { None } else { few::<T>(values, nulls.as_ref()) };
    few.unwrap_or_else(|| Column::of(Arc::new(PrimitiveArray::<T>::new(values.to_vec().into(), nulls))))
}

fn few<T: ArrowPrimitiveType<Native: PartialEq>>(values: &[T::Native], nulls: Option<&NullBuffer>) -> Option<Column> {
    let mut known: Few<T::Native> = Few::default();
    let mut codes = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        codes.push(known.code(nulls.is_none_or(|nulls| nulls.is_valid(row)).then_some(*value))?);
    }
    Some(Column::Coded(Codes::U8(codes.into()), Values::own(known.array::<T>())))
}

/// Different numbers in the order in which they came.
#[derive(Debug)]
struct Few<N> {
    values: Vec<Option<N>>,
    last: usize,
}

impl<N> Default for Few<N> {
    fn default() -> Self {
        Self { values: Vec::new(), last: 0 }
    }
}

impl<N: PartialEq + Copy> Few<N> {
    /// `None` when there are too many.
    fn code(&mut self, value: Option<N>) -> Option<u8> {
        if self.values.get(self.last) != Some(&value) {
            self.last = self.values.iter().position(|known| *known == value).unwrap_or_else(|| {
                self.values.push(value);
                self.values.len() - 1
            });
        }
        (self.values.len() <= VALUES_MAX).then_some(self.last as u8)
    }

    fn array<T: ArrowPrimitiveType<Native = N>>(&self) -> ArrayRef {
        Arc::new(PrimitiveArray::<T>::from_iter(self.values.iter().copied()))
    }
}

/// The values of several arrays of numbers, each once, and for each array the places of its own among them; `None` if they
/// are many or no numbers.
pub(super) fn union(arrays: &[&ArrayRef]) -> Option<(ArrayRef, Vec<Arc<[u32]>>)> {
    match arrays.first()?.data_type() {
        arrow::datatypes::DataType::Int64 => union_of::<Int64Type>(arrays),
        arrow::datatypes::DataType::Int32 => union_of::<Int32Type>(arrays),
        _ => None,
    }
}

fn union_of<T: ArrowPrimitiveType<Native: PartialEq>>(arrays: &[&ArrayRef]) -> Option<(ArrayRef, Vec<Arc<[u32]>>)> {
    let mut known: Few<T::Native> = Few::default();
    let places = arrays.iter().map(|array| {
        let values = array.as_primitive_opt::<T>()?;
        values.iter().map(|value| known.code(value).map(u32::from)).collect()
    });
    let places = places.collect::<Option<_>>()?;
    Some((known.array::<T>(), places))
}

//! Lists of numbers, each a number or its text.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

use super::super::scalar::{Double, Integer};
use crate::otlp::budget::Budget;

/// A number that comes in lists.
pub trait Number: Sized {
    fn read<'de, A: SeqAccess<'de>>(items: &mut A) -> Result<Option<Self>, A::Error>;
}

impl Number for u64 {
    fn read<'de, A: SeqAccess<'de>>(items: &mut A) -> Result<Option<Self>, A::Error> {
        Ok(items.next_element()?.map(|Integer(value)| value))
    }
}

impl Number for f64 {
    fn read<'de, A: SeqAccess<'de>>(items: &mut A) -> Result<Option<Self>, A::Error> {
        Ok(items.next_element()?.map(|Double(value)| value))
    }
}

/// Reads a list of numbers.
pub struct NumbersSeed<'b, T> {
    budget: &'b Budget,
    number: PhantomData<T>,
}

impl<'b, T> NumbersSeed<'b, T> {
    pub fn new(budget: &'b Budget) -> Self {
        Self { budget, number: PhantomData }
    }
}

impl<'de, T: Number> DeserializeSeed<'de> for NumbersSeed<'_, T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Number> Visitor<'de> for NumbersSeed<'_, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = T::read(&mut items)? {
            if self.budget.take(size_of::<T>()).is_err() {
                return Err(A::Error::custom("the request takes too much memory"));
            }
            numbers.push(number);
        }
        Ok(numbers)
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
}

//! Values of a label, each once, by number: rows are told apart by numbers and the values themselves looked at again
//! only when the answer is made.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use spanloom_store::value::Value;

use crate::traceql::eval::Val;
use crate::traceql::tree::{Kind, Status};

/// The number of nil, which every label may have.
pub(super) const NIL: u32 = 0;

#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    texts: HashMap<Box<str>, u32, RandomState>,
    others: HashMap<Other, u32, RandomState>,
    /// By number, from 1.
    values: Vec<Value<'static>>,
    /// The number of the text before: rows of one service lie together.
    last_text: u32,
    text_bytes: usize,
}

/// What is no text. Values of different types are different, also where they look alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Other {
    Bool(bool),
    Int(i64),
    FloatBits(u64),
    /// A status or a kind, by its name.
    Word(&'static str),
    /// An array, or what several events have, as debug text.
    List(String),
}

impl Values {
    #[inline]
    pub fn of_text(&mut self, text: &str) -> u32 {
        if matches!(self.value(self.last_text), Some(Value::String(last)) if last == text) {
            return self.last_text;
        }
        if let Some(known) = self.texts.get(text) {
            self.last_text = *known;
            return *known;
        }
        self.text_bytes += 2 * text.len();
        let number = self.push(Value::String(text.to_owned().into()));
        self.texts.insert(text.into(), number);
        number
    }

    pub fn of_int(&mut self, number: i64) -> u32 {
        self.of_other(Other::Int(number), || Value::Int(number))
    }

    pub fn of_status(&mut self, code: i32) -> u32 {
        self.of_word(Status::name_of(code))
    }

    pub fn of_kind(&mut self, code: i32) -> u32 {
        self.of_word(Kind::name_of(code))
    }

    pub fn of(&mut self, value: Val<'_>) -> u32 {
        match value {
            Val::Nil | Val::Opaque => NIL,
            Val::Text(text) => self.of_text(&text),
            Val::Int(number) => self.of_int(number),
            Val::Bool(truth) => self.of_other(Other::Bool(truth), || Value::Bool(truth)),
            Val::Float(number) => self.of_other(Other::FloatBits(number.to_bits()), || Value::Double(number)),
            Val::Status(code) => self.of_status(code),
            Val::Kind(code) => self.of_kind(code),
            Val::Array(_) | Val::Each(_) => match value.shown() {
                Some(shown) => self.of_shown(shown),
                None => NIL,
            },
        }
    }

    /// A list, or the one value of some events.
    fn of_shown(&mut self, shown: Value<'static>) -> u32 {
        if let Value::String(text) = &shown {
            return self.of_text(text);
        }
        let text = format!("{shown:?}");
        let bytes = 2 * text.len();
        let known = self.values.len();
        let number = self.of_other(Other::List(text), || shown);
        if self.values.len() > known {
            self.text_bytes += bytes;
        }
        number
    }

    fn of_word(&mut self, word: &'static str) -> u32 {
        self.of_other(Other::Word(word), || Value::String(word.into()))
    }

    fn of_other(&mut self, other: Other, value: impl FnOnce() -> Value<'static>) -> u32 {
        if let Some(known) = self.others.get(&other) {
            return *known;
        }
        let number = self.push(value());
        self.others.insert(other, number);
        number
    }

    fn push(&mut self, value: Value<'static>) -> u32 {
        self.values.push(value);
        self.values.len() as u32
    }

    /// `None` of nil.
    pub fn value(&self, number: u32) -> Option<&Value<'static>> {
        (number as usize).checked_sub(1).and_then(|i| self.values.get(i))
    }

    pub fn size_bytes(&self) -> usize {
        let entries = self.texts.capacity() * size_of::<(Box<str>, u32)>()
            + self.others.capacity() * size_of::<(Other, u32)>()
            + self.values.capacity() * size_of::<Value<'_>>();
        entries + self.text_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_number_and_types_are_told_apart() {
        let mut values = Values::default();
        let text = values.of_text("1");
        assert_eq!(values.of(Val::Text("1".into())), text);
        let int = values.of_int(1);
        let others = [Val::Float(1.0), Val::Bool(true), Val::Status(1), Val::Kind(1), Val::Array(vec![Val::Int(1)])];
        let numbers: Vec<u32> = others.iter().map(|value| values.of(value.clone())).collect();
        let distinct: std::collections::HashSet<u32> = numbers.iter().copied().chain([text, int]).collect();
        assert_eq!(distinct.len(), 7);
        assert_eq!(others.map(|value| values.of(value)).to_vec(), numbers);
        assert_eq!(values.value(int), Some(&Value::Int(1)));
    }

    #[test]
    fn what_says_nothing_is_nil() {
        let mut values = Values::default();
        for nothing in [Val::Nil, Val::Opaque, Val::Each(Vec::new()), Val::Each(vec![Val::Nil])] {
            assert_eq!(values.of(nothing), NIL);
        }
        assert_eq!(values.value(NIL), None);
    }

    #[test]
    fn codes_that_are_not_defined_are_the_word_that_they_are_shown_by() {
        let mut values = Values::default();
        assert_eq!(values.of_status(7), values.of_status(0));
        assert_eq!(values.of_kind(99), values.of_kind(0));
    }
}

//! Attribute values and their stored form: a text beside a type name.
//!
//! Tables keep attributes as `map<string,string>` so that every engine reads them. A string is kept verbatim and has no
//! type name; every other value is kept as JSON text and its type is named in the `attr_types` map beside it. Nested values
//! are plain JSON wherever JSON says all there is to say; where it would lose something (bytes, not-a-number, an absent
//! value, a repeated key) the type is `tagged` and each nested value is an object whose one key is its type.

/// Arrays and maps as JSON.
mod json;

use std::borrow::Cow;

use thiserror::Error;

/// How deeply arrays and maps may be nested so that each stored form can be read back: the parser stops at 128 levels of
/// JSON, of which the tagged form takes three for one. Whoever appends refuses deeper values.
pub const NESTING_DEPTH_MAX: usize = 32;

/// An attribute value: OpenTelemetry's `AnyValue`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// A value that is present but says nothing (`AnyValue` without a field set).
    Empty,
    String(Cow<'a, str>),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(Cow<'a, [u8]>),
    Array(Vec<Value<'a>>),
    Map(Attributes<'a>),
}

/// Attributes in the order in which they came.
pub type Attributes<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// The type name of a stored value; strings have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueType {
    Empty,
    Bool,
    Int,
    Double,
    Bytes,
    Array,
    Map,
    Tagged,
}

impl ValueType {
    const ALL: [Self; 8] =
        [Self::Empty, Self::Bool, Self::Int, Self::Double, Self::Bytes, Self::Array, Self::Map, Self::Tagged];

    /// The name in `attr_types`; part of the table format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Double => "double",
            Self::Bytes => "bytes",
            Self::Array => "array",
            Self::Map => "map",
            Self::Tagged => "tagged",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str() == name)
    }
}

/// A stored value whose text does not fit its type: the table was written by somebody else, or is damaged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("stored attribute value {text:?} is not of type {value_type:?}")]
pub struct InvalidStoredValue {
    pub value_type: String,
    pub text: String,
}

impl<'a> Value<'a> {
    /// The stored form: text and type name (`None` for a string).
    pub fn encode(&self) -> (Cow<'_, str>, Option<ValueType>) {
        match self {
            Self::Empty => (Cow::Borrowed(""), Some(ValueType::Empty)),
            Self::String(s) => (Cow::Borrowed(s), None),
            Self::Bool(b) => (Cow::Borrowed(if *b { "true" } else { "false" }), Some(ValueType::Bool)),
            Self::Int(i) => (Cow::Owned(i.to_string()), Some(ValueType::Int)),
            Self::Double(d) => (Cow::Owned(double_text(*d)), Some(ValueType::Double)),
            Self::Bytes(b) => (Cow::Owned(base64_encode(b)), Some(ValueType::Bytes)),
            Self::Array(_) | Self::Map(_) => self.encode_nested(),
        }
    }

    fn encode_nested(&self) -> (Cow<'_, str>, Option<ValueType>) {
        let plain_type = if matches!(self, Self::Array(_)) { ValueType::Array } else { ValueType::Map };
        match json::plain(self) {
            Some(text) => (Cow::Owned(text), Some(plain_type)),
            None => (Cow::Owned(json::tagged(self)), Some(ValueType::Tagged)),
        }
    }

    /// The value of a stored text and type name.
    pub fn decode(text: &'a str, value_type: Option<&str>) -> Result<Self, InvalidStoredValue> {
        let Some(name) = value_type else { return Ok(Self::String(Cow::Borrowed(text))) };
        let invalid = || InvalidStoredValue { value_type: name.to_owned(), text: text.chars().take(200).collect() };
        let value = match ValueType::parse(name).ok_or_else(invalid)? {
            ValueType::Empty => Some(Self::Empty),
            ValueType::Bool => text.parse().ok().map(Self::Bool),
            ValueType::Int => text.parse().ok().map(Self::Int),
            ValueType::Double => text.parse().ok().map(Self::Double),
            ValueType::Bytes => base64_decode(text).map(|b| Self::Bytes(Cow::Owned(b))),
            ValueType::Array => json::from_plain(text).filter(|value| matches!(value, Self::Array(_))),
            ValueType::Map => json::from_plain(text).filter(|value| matches!(value, Self::Map(_))),
            ValueType::Tagged => json::from_tagged(text),
        };
        value.ok_or_else(invalid)
    }

    /// The same value without borrowed parts.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Empty => Value::Empty,
            Self::String(s) => Value::String(Cow::Owned(s.into_owned())),
            Self::Bool(b) => Value::Bool(b),
            Self::Int(i) => Value::Int(i),
            Self::Double(d) => Value::Double(d),
            Self::Bytes(b) => Value::Bytes(Cow::Owned(b.into_owned())),
            Self::Array(items) => Value::Array(items.into_iter().map(Value::into_owned).collect()),
            Self::Map(entries) => {
                Value::Map(entries.into_iter().map(|(k, v)| (Cow::Owned(k.into_owned()), v.into_owned())).collect())
            }
        }
    }
}

/// The shortest text that reads back to the same double; JSON where JSON has the number, else `NaN`, `inf`, `-inf`.
fn double_text(value: f64) -> String {
    format!("{value:?}")
}

fn base64_encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn base64_decode(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests;

//! Attribute values and their stored form: a text beside a type name.
//!
//! Tables keep attributes as `map<string,string>` so that every engine reads them. A string is kept verbatim and has no
//! type name; every other value is kept as JSON text and its type is named in the `attr_types` map beside it. Nested values
//! are plain JSON wherever JSON says all there is to say; where it would lose something (bytes, not-a-number, an absent
//! value, a repeated key) the type is `tagged` and each nested value is an object whose one key is its type.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};
use thiserror::Error;

/// How deeply arrays and maps may be nested; deeper values are refused at the door.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        match plain_json(self) {
            Some(plain) => (Cow::Owned(plain.to_string()), Some(plain_type)),
            None => (Cow::Owned(tagged_json(self).to_string()), Some(ValueType::Tagged)),
        }
    }

    /// The value of a stored text and type name.
    pub fn decode(text: &'a str, value_type: Option<&str>) -> Result<Self, InvalidStoredValue> {
        let Some(name) = value_type else { return Ok(Self::String(Cow::Borrowed(text))) };
        let invalid = || InvalidStoredValue { value_type: name.to_owned(), text: text.chars().take(200).collect() };
        let json = || serde_json::from_str::<Json>(text).map_err(|_| invalid());
        let value = match ValueType::parse(name).ok_or_else(invalid)? {
            ValueType::Empty => Some(Self::Empty),
            ValueType::Bool => text.parse().ok().map(Self::Bool),
            ValueType::Int => text.parse().ok().map(Self::Int),
            ValueType::Double => text.parse().ok().map(Self::Double),
            ValueType::Bytes => base64_decode(text).map(|b| Self::Bytes(Cow::Owned(b))),
            ValueType::Array | ValueType::Map => from_plain_json(json()?),
            ValueType::Tagged => from_tagged_json(json()?),
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

/// Plain JSON, or `None` where it would lose something.
fn plain_json(value: &Value<'_>) -> Option<Json> {
    match value {
        Value::Empty | Value::Bytes(_) => None,
        Value::String(s) => Some(Json::from(s.as_ref())),
        Value::Bool(b) => Some(Json::from(*b)),
        Value::Int(i) => Some(Json::from(*i)),
        // A whole double is printed as `1.0`, hence stays a double when it is read again.
        Value::Double(d) => d.is_finite().then(|| Json::from(*d)),
        Value::Array(items) => items.iter().map(plain_json).collect::<Option<Vec<_>>>().map(Json::from),
        Value::Map(entries) => plain_json_object(entries),
    }
}

fn plain_json_object(entries: &Attributes<'_>) -> Option<Json> {
    let mut seen = HashSet::with_capacity(entries.len());
    let mut object = Map::with_capacity(entries.len());
    for (key, value) in entries {
        if !seen.insert(key.as_ref()) {
            return None;
        }
        object.insert(key.clone().into_owned(), plain_json(value)?);
    }
    Some(Json::Object(object))
}

fn from_plain_json(json: Json) -> Option<Value<'static>> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(b) => Value::Bool(b),
        Json::Number(n) => match n.as_i64() {
            Some(i) => Value::Int(i),
            None => Value::Double(n.as_f64()?),
        },
        Json::String(s) => Value::String(Cow::Owned(s)),
        Json::Array(items) => Value::Array(items.into_iter().map(from_plain_json).collect::<Option<_>>()?),
        Json::Object(entries) => Value::Map(
            entries.into_iter().map(|(k, v)| Some((Cow::Owned(k), from_plain_json(v)?))).collect::<Option<_>>()?,
        ),
    })
}

fn tagged_json(value: &Value<'_>) -> Json {
    match value {
        Value::Empty => json!({ "empty": null }),
        Value::String(s) => json!({ "string": s }),
        Value::Bool(b) => json!({ "bool": b }),
        Value::Int(i) => json!({ "int": i }),
        Value::Double(d) => json!({ "double": double_text(*d) }),
        Value::Bytes(b) => json!({ "bytes": base64_encode(b) }),
        Value::Array(items) => json!({ "array": items.iter().map(tagged_json).collect::<Vec<_>>() }),
        Value::Map(entries) => {
            let pairs: Vec<Json> = entries.iter().map(|(k, v)| json!([k, tagged_json(v)])).collect();
            json!({ "map": pairs })
        }
    }
}

fn from_tagged_json(json: Json) -> Option<Value<'static>> {
    let Json::Object(object) = json else { return None };
    let (tag, inner) = object.into_iter().next()?;
    Some(match (tag.as_str(), inner) {
        ("empty", _) => Value::Empty,
        ("string", Json::String(s)) => Value::String(Cow::Owned(s)),
        ("bool", Json::Bool(b)) => Value::Bool(b),
        ("int", Json::Number(n)) => Value::Int(n.as_i64()?),
        ("double", Json::String(s)) => Value::Double(s.parse().ok()?),
        ("bytes", Json::String(s)) => Value::Bytes(Cow::Owned(base64_decode(&s)?)),
        ("array", Json::Array(items)) => {
            Value::Array(items.into_iter().map(from_tagged_json).collect::<Option<_>>()?)
        }
        ("map", Json::Array(pairs)) => {
            Value::Map(pairs.into_iter().map(from_tagged_pair).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn from_tagged_pair(pair: Json) -> Option<(Cow<'static, str>, Value<'static>)> {
    let Json::Array(pair) = pair else { return None };
    let [Json::String(key), value] = <[Json; 2]>::try_from(pair).ok()? else { return None };
    Some((Cow::Owned(key), from_tagged_json(value)?))
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

//! Arrays and maps as JSON text: plain where that loses nothing, else tagged.
//!
//! The plain form is written and read entry by entry and not through a JSON object, which would sort the keys.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::{Attributes, Value, base64_decode, base64_encode, double_text};

/// Plain JSON, or `None` where it would lose something.
pub(super) fn plain(value: &Value<'_>) -> Option<String> {
    is_plain(value).then(|| serde_json::to_string(&Plain(value)).ok())?
}

fn is_plain(value: &Value<'_>) -> bool {
    match value {
        Value::Empty | Value::Bytes(_) => false,
        Value::String(_) | Value::Bool(_) | Value::Int(_) => true,
        Value::Double(d) => d.is_finite(),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Map(entries) => {
            let mut seen = HashSet::with_capacity(entries.len());
            entries.iter().all(|(key, value)| seen.insert(key.as_ref()) && is_plain(value))
        }
    }
}

/// A value that [`is_plain`].
struct Plain<'a, 'v>(&'a Value<'v>);

impl Serialize for Plain<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Empty | Value::Bytes(_) => Err(ser::Error::custom("not a plain value")),
            Value::String(text) => serializer.serialize_str(text),
            Value::Bool(b) => serializer.serialize_bool(*b),
            Value::Int(int) => serializer.serialize_i64(*int),
            // A whole double is written as `1.0`, hence stays a double when it is read again.
            Value::Double(double) => serializer.serialize_f64(*double),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Plain)),
            Value::Map(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, Plain(value)))),
        }
    }
}

/// The value of a plain JSON text; `None` if it is none.
pub(super) fn from_plain(text: &str) -> Option<Value<'static>> {
    serde_json::from_str::<FromPlain>(text).ok().map(|read| read.0)
}

struct FromPlain(Value<'static>);

impl<'de> Deserialize<'de> for FromPlain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor).map(Self)
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Value<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without null")
    }

    fn visit_bool<E: de::Error>(self, b: bool) -> Result<Self::Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E: de::Error>(self, int: i64) -> Result<Self::Value, E> {
        Ok(Value::Int(int))
    }

    fn visit_u64<E: de::Error>(self, int: u64) -> Result<Self::Value, E> {
        i64::try_from(int).map(Value::Int).map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, double: f64) -> Result<Self::Value, E> {
        Ok(Value::Double(double))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut array = Vec::new();
        while let Some(FromPlain(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map: Attributes<'static> = Vec::new();
        while let Some((key, FromPlain(value))) = entries.next_entry::<String, _>()? {
            map.push((Cow::Owned(key), value));
        }
        Ok(Value::Map(map))
    }
}

/// JSON in which each nested value is an object whose one key is its type.
pub(super) fn tagged(value: &Value<'_>) -> String {
    tagged_json(value).to_string()
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

/// The value of a tagged JSON text; `None` if it is none.
pub(super) fn from_tagged(text: &str) -> Option<Value<'static>> {
    from_tagged_json(serde_json::from_str(text).ok()?)
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
        ("array", Json::Array(items)) => Value::Array(items.into_iter().map(from_tagged_json).collect::<Option<_>>()?),
        ("map", Json::Array(pairs)) => Value::Map(pairs.into_iter().map(from_tagged_pair).collect::<Option<_>>()?),
        _ => return None,
    })
}

fn from_tagged_pair(pair: Json) -> Option<(Cow<'static, str>, Value<'static>)> {
    let Json::Array(pair) = pair else { return None };
    let [Json::String(key), value] = <[Json; 2]>::try_from(pair).ok()? else { return None };
    Some((Cow::Owned(key), from_tagged_json(value)?))
}

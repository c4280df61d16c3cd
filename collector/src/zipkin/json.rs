//! The JSON of Zipkin v2: a list of spans. Unknown keys go by, `null` is the same as absent.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use spanloom_store::value::Value;

use crate::admit::Reservation;
use crate::decode::MEMORY_KEY;
use crate::otlp::json::scalar::Integer;
use crate::refusal::Refusal;

/// A span as it was written.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JsonSpan<'a> {
    #[serde(borrow)]
    pub trace_id: Text<'a>,
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub parent_id: Text<'a>,
    #[serde(borrow)]
    pub kind: Text<'a>,
    #[serde(borrow)]
    pub name: Text<'a>,
    timestamp: Option<Integer<i64>>,
    duration: Option<Integer<i64>>,
    #[serde(borrow)]
    pub local_endpoint: Option<Endpoint<'a>>,
    #[serde(borrow)]
    pub remote_endpoint: Option<Endpoint<'a>>,
    #[serde(borrow)]
    annotations: Option<Vec<Annotation<'a>>>,
    #[serde(borrow)]
    tags: Option<Tags<'a>>,
    debug: Option<bool>,
    shared: Option<bool>,
}

/// A host of a service.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint<'a> {
    #[serde(borrow)]
    pub service_name: Text<'a>,
    #[serde(borrow)]
    pub ipv4: Text<'a>,
    #[serde(borrow)]
    pub ipv6: Text<'a>,
    port: Option<Integer<i64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Annotation<'a> {
    timestamp: Option<Integer<i64>>,
    #[serde(borrow)]
    pub value: Text<'a>,
}

/// A string; absent and empty are the same, as in OTLP.
#[derive(Debug, Default)]
pub struct Text<'a>(pub Cow<'a, str>);

/// Tags in the order in which they came. Zipkin says that values are strings, and some clients write numbers.
#[derive(Debug, Default)]
pub struct Tags<'a>(pub Vec<(Cow<'a, str>, Value<'a>)>);

impl JsonSpan<'_> {
    /// Zipkin has microseconds, and 0 is its "unknown".
    pub fn timestamp_us(&self) -> Option<i64> {
        self.timestamp.as_ref().map(|Integer(us)| *us).filter(|us| *us != 0)
    }

    pub fn duration_us(&self) -> Option<i64> {
        self.duration.as_ref().map(|Integer(us)| *us).filter(|us| *us != 0)
    }

    pub fn annotations(&self) -> &[Annotation<'_>] {
        self.annotations.as_deref().unwrap_or_default()
    }

    pub fn tags(&self) -> &[(Cow<'_, str>, Value<'_>)] {
        self.tags.as_ref().map_or(&[], |Tags(tags)| tags)
    }

    pub fn is_shared(&self) -> bool {
        self.shared == Some(true)
    }

    pub fn is_debug(&self) -> bool {
        self.debug == Some(true)
    }

    /// What it takes in memory.
    fn bytes(&self) -> usize {
        let tags: usize =
            self.tags().iter().map(|(key, value)| key.len() + size_of_val(value) + 2 * size_of::<Cow<'_, str>>()).sum();
        size_of::<Self>() + tags + size_of_val(self.annotations())
    }
}

impl Endpoint<'_> {
    pub fn port(&self) -> Option<i64> {
        self.port.as_ref().map(|Integer(port)| *port)
    }
}

impl Annotation<'_> {
    pub fn timestamp_us(&self) -> i64 {
        self.timestamp.as_ref().map_or(0, |Integer(us)| *us)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Borrowed<'t>(#[serde(borrow)] Cow<'t, str>);
        let text: Option<Borrowed<'a>> = Option::deserialize(deserializer)?;
        Ok(text.map(|Borrowed(text)| Self(text)).unwrap_or_default())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Tags<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TagsVisitor).map(Self)
    }
}

struct TagsVisitor;

impl<'de> Visitor<'de> for TagsVisitor {
    type Value = Vec<(Cow<'de, str>, Value<'de>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tags")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tags = Vec::new();
        while let Some(Text(key)) = map.next_key()? {
            let Tag(value) = map.next_value()?;
            tags.push((key, value));
        }
        Ok(tags)
    }
}

/// The value of a tag.
struct Tag<'a>(Value<'a>);

impl<'de> Deserialize<'de> for Tag<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TagVisitor).map(Self)
    }
}

struct TagVisitor;

impl<'de> Visitor<'de> for TagVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number or a truth value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::String(text.to_owned().into()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(value).map_or(Value::Double(value as f64), Value::Int))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Double(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Empty)
    }
}

/// Reads a list of spans; they take at most `memory_bytes_max`, reserved as they are read.
pub fn read<'a>(text: &'a [u8], memory_bytes_max: u64, memory: &mut Reservation) -> Result<Vec<JsonSpan<'a>>, Refusal> {
    let mut refusal = None;
    let list = List { left: memory_bytes_max, memory_bytes_max, memory, refusal: &mut refusal };
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = list.deserialize(&mut reader);
    let read = read.and_then(|spans| reader.end().map(|()| spans));
    read.map_err(|error| refusal.unwrap_or_else(|| Refusal::Undecodable(error.to_string())))
}

/// Reads spans one by one, within a budget.
struct List<'r> {
    left: u64,
    memory_bytes_max: u64,
    memory: &'r mut Reservation,
    refusal: &'r mut Option<Refusal>,
}

impl List<'_> {
    fn take(&mut self, bytes: u64) -> Result<(), Refusal> {
        let too_large = Refusal::TooLarge { key: MEMORY_KEY, bytes_max: self.memory_bytes_max };
        self.left = self.left.checked_sub(bytes).ok_or(too_large)?;
        self.memory.grow(bytes)
    }
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Vec<JsonSpan<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Vec<JsonSpan<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of spans")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut spans: Vec<JsonSpan<'de>> = Vec::new();
        while let Some(span) = items.next_element::<JsonSpan<'de>>()? {
            if let Err(refusal) = self.take(span.bytes() as u64) {
                *self.refusal = Some(refusal);
                return Err(A::Error::custom("the request takes too much memory"));
            }
            spans.push(span);
        }
        Ok(spans)
    }
}

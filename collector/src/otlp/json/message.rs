//! Messages: each reads the fields it knows and lets the rest go by.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::scalar::{Base64, Bool, Double, Enum, EnumNames, Hex, Integer, Text};
use crate::otlp::budget::Budget;
use numbers::{Number, NumbersSeed};

/// Messages of the metrics request.
mod metrics;
/// Lists of numbers.
mod numbers;

/// A message of a request.
pub trait Message: Default {
    /// Reads the value of a key; keys that it does not know are skipped.
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error>;
}

/// The value that stands behind a key.
pub struct Field<'f, A> {
    map: &'f mut A,
    budget: &'f Budget,
}

impl<'de, A: MapAccess<'de>> Field<'_, A> {
    fn scalar<T: Deserialize<'de>>(self) -> Result<T, A::Error> {
        self.map.next_value()
    }

    fn text(self) -> Result<String, A::Error> {
        self.scalar().map(|Text(text)| text)
    }

    fn integer<T: TryFrom<i128> + Default>(self) -> Result<T, A::Error> {
        self.scalar().map(|Integer(value)| value)
    }

    fn hex(self) -> Result<Vec<u8>, A::Error> {
        self.scalar().map(|Hex(bytes)| bytes)
    }

    fn message<M: Message>(self) -> Result<M, A::Error> {
        self.map.next_value_seed(Seed::new(self.budget))
    }

    fn list<M: Message>(self) -> Result<Vec<M>, A::Error> {
        self.map.next_value_seed(ListSeed(Seed::<M>::new(self.budget)))
    }

    /// Numbers, each as a number or as a text.
    fn numbers<T: Number>(self) -> Result<Vec<T>, A::Error> {
        self.map.next_value_seed(NumbersSeed::new(self.budget))
    }

    fn texts(self) -> Result<Vec<String>, A::Error> {
        let texts: Option<Vec<Text>> = self.scalar()?;
        Ok(texts.unwrap_or_default().into_iter().map(|Text(text)| text).collect())
    }

    fn skip(self) -> Result<(), A::Error> {
        self.scalar::<IgnoredAny>().map(|_| ())
    }
}

/// Reads one message.
pub struct Seed<'b, M> {
    budget: &'b Budget,
    message: PhantomData<M>,
}

impl<'b, M> Seed<'b, M> {
    pub fn new(budget: &'b Budget) -> Self {
        Self { budget, message: PhantomData }
    }
}

impl<'de, M: Message> DeserializeSeed<'de> for Seed<'_, M> {
    type Value = M;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<M, D::Error> {
        deserializer.deserialize_any(self)
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de, M: Message> Visitor<'de> for Seed<'_, M> {
    type Value = M;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<M, A::Error> {
        if self.budget.take(size_of::<M>()).is_err() {
            return Err(A::Error::custom("the request takes too much memory"));
        }
        let mut message = M::default();
        while let Some(Key(key)) = map.next_key()? {
            message.read(&key, Field { map: &mut map, budget: self.budget })?;
        }
        Ok(message)
    }

    fn visit_unit<E: Error>(self) -> Result<M, E> {
        Ok(M::default())
    }
}

/// Reads a list of messages.
struct ListSeed<'b, M>(Seed<'b, M>);

impl<'de, M: Message> DeserializeSeed<'de> for ListSeed<'_, M> {
    type Value = Vec<M>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<M>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, M: Message> Visitor<'de> for ListSeed<'_, M> {
    type Value = Vec<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<M>, A::Error> {
        let mut messages = Vec::new();
        while let Some(message) = items.next_element_seed(Seed::new(self.0.budget))? {
            messages.push(message);
        }
        Ok(messages)
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<M>, E> {
        Ok(Vec::new())
    }
}

impl Message for ExportTraceServiceRequest {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "resourceSpans" => self.resource_spans = field.list()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for ResourceSpans {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "resource" => self.resource = Some(field.message()?),
            "scopeSpans" => self.scope_spans = field.list()?,
            "schemaUrl" => self.schema_url = field.text()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for Resource {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "attributes" => self.attributes = field.list()?,
            "droppedAttributesCount" => self.dropped_attributes_count = field.integer()?,
            "entityRefs" => self.entity_refs = field.list()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for EntityRef {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "schemaUrl" => self.schema_url = field.text()?,
            "type" => self.r#type = field.text()?,
            "idKeys" => self.id_keys = field.texts()?,
            "descriptionKeys" => self.description_keys = field.texts()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for ScopeSpans {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "scope" => self.scope = Some(field.message()?),
            "spans" => self.spans = field.list()?,
            "schemaUrl" => self.schema_url = field.text()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for InstrumentationScope {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "name" => self.name = field.text()?,
            "version" => self.version = field.text()?,
            "attributes" => self.attributes = field.list()?,
            "droppedAttributesCount" => self.dropped_attributes_count = field.integer()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for Span {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "traceId" => self.trace_id = field.hex()?,
            "spanId" => self.span_id = field.hex()?,
            "traceState" => self.trace_state = field.text()?,
            "parentSpanId" => self.parent_span_id = field.hex()?,
            "flags" => self.flags = field.integer()?,
            "name" => self.name = field.text()?,
            "kind" => self.kind = field.scalar::<Enum<SpanKind>>()?.0,
            "startTimeUnixNano" => self.start_time_unix_nano = field.integer()?,
            "endTimeUnixNano" => self.end_time_unix_nano = field.integer()?,
            "attributes" => self.attributes = field.list()?,
            "droppedAttributesCount" => self.dropped_attributes_count = field.integer()?,
            "events" => self.events = field.list()?,
            "droppedEventsCount" => self.dropped_events_count = field.integer()?,
            "links" => self.links = field.list()?,
            "droppedLinksCount" => self.dropped_links_count = field.integer()?,
            "status" => self.status = Some(field.message()?),
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for Event {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "timeUnixNano" => self.time_unix_nano = field.integer()?,
            "name" => self.name = field.text()?,
            "attributes" => self.attributes = field.list()?,
            "droppedAttributesCount" => self.dropped_attributes_count = field.integer()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for Link {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "traceId" => self.trace_id = field.hex()?,
            "spanId" => self.span_id = field.hex()?,
            "traceState" => self.trace_state = field.text()?,
            "attributes" => self.attributes = field.list()?,
            "droppedAttributesCount" => self.dropped_attributes_count = field.integer()?,
            "flags" => self.flags = field.integer()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for Status {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "message" => self.message = field.text()?,
            "code" => self.code = field.scalar::<Enum<StatusCode>>()?.0,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for KeyValue {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "key" => self.key = field.text()?,
            "value" => self.value = Some(field.message()?),
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for AnyValue {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        self.value = Some(match key {
            "stringValue" => Value::StringValue(field.text()?),
            "boolValue" => Value::BoolValue(field.scalar::<Bool>()?.0),
            "intValue" => Value::IntValue(field.integer()?),
            "doubleValue" => Value::DoubleValue(field.scalar::<Double>()?.0),
            "bytesValue" => Value::BytesValue(field.scalar::<Base64>()?.0),
            "arrayValue" => Value::ArrayValue(field.message()?),
            "kvlistValue" => Value::KvlistValue(field.message()?),
            _ => return field.skip(),
        });
        Ok(())
    }
}

impl Message for ArrayValue {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "values" => self.values = field.list()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl Message for KeyValueList {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, field: Field<'_, A>) -> Result<(), A::Error> {
        match key {
            "values" => self.values = field.list()?,
            _ => field.skip()?,
        }
        Ok(())
    }
}

impl EnumNames for SpanKind {
    fn number(name: &str) -> Option<i32> {
        Self::from_str_name(name).map(|kind| kind as i32)
    }
}

impl EnumNames for StatusCode {
    fn number(name: &str) -> Option<i32> {
        Self::from_str_name(name).map(|code| code as i32)
    }
}

//! Table `spans`: one row per span, every OTLP field kept.
//!
//! [`SpansBuilder`] turns spans into a batch and [`SpansReader`] turns rows back into spans; what goes in comes out, but for
//! the order of attributes and the second of two equal keys (OTLP calls both meaningless or invalid).

mod builder;
mod columns;
mod memo;
mod origin;
mod reader;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

pub use builder::SpansBuilder;
pub use memo::{KnownAttribute, Recalled};
pub use reader::{SpanRow, SpansReader, UnreadableRow};

use super::columns::{list_type, map_type};
use super::promoted::{self, Promoted};
use crate::ids::{SpanId, TraceId};
use crate::value::Attributes;

/// What an OTLP `Resource` and its `ResourceSpans` say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource<'a> {
    pub attributes: Attributes<'a>,
    pub dropped_attributes_count: u32,
    pub schema_url: Cow<'a, str>,
    pub entity_refs: Vec<EntityRef>,
}

/// An OTLP `EntityRef`: which attributes of a resource identify and describe an entity.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EntityRef {
    pub schema_url: String,
    pub r#type: String,
    pub id_keys: Vec<String>,
    pub description_keys: Vec<String>,
}

/// What an OTLP `InstrumentationScope` and its `ScopeSpans` say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scope<'a> {
    pub name: Cow<'a, str>,
    pub version: Cow<'a, str>,
    pub attributes: Attributes<'a>,
    pub dropped_attributes_count: u32,
    pub schema_url: Cow<'a, str>,
}

/// A span without its resource and scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Span<'a> {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub parent_span_id: Option<SpanId>,
    pub trace_state: Cow<'a, str>,
    pub flags: u32,
    pub name: Cow<'a, str>,
    /// OTLP `SpanKind`; numbers that OTLP does not define yet are kept.
    pub kind: i32,
    pub start_ns: i64,
    /// May lie before `start_ns`: such a span is kept and marked [`Quirks::END_BEFORE_START`].
    pub end_ns: i64,
    pub attributes: Attributes<'a>,
    pub dropped_attributes_count: u32,
    pub events: Vec<Event<'a>>,
    pub dropped_events_count: u32,
    pub links: Vec<Link<'a>>,
    pub dropped_links_count: u32,
    /// OTLP `StatusCode`: 0 unset, 1 ok, 2 error; other numbers are kept.
    pub status_code: i32,
    pub status_message: Cow<'a, str>,
    pub quirks: Quirks,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Event<'a> {
    pub time_ns: i64,
    pub name: Cow<'a, str>,
    pub attributes: Attributes<'a>,
    pub dropped_attributes_count: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Link<'a> {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub trace_state: Cow<'a, str>,
    pub attributes: Attributes<'a>,
    pub dropped_attributes_count: u32,
    pub flags: u32,
}

/// What was odd about a span as it came: a set of bits in column `quirks`, part of the table format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quirks(i32);

impl Quirks {
    pub const END_BEFORE_START: Self = Self(1);
    /// No start came; the stored one was inferred.
    pub const START_ABSENT: Self = Self(2);
    /// No duration came; the stored one is 0.
    pub const DURATION_ABSENT: Self = Self(4);
    /// Zipkin's `shared`: the server half of a span whose id it shares with the client half.
    pub const SHARED: Self = Self(8);

    pub const fn from_bits(bits: i32) -> Self {
        Self(bits)
    }

    pub const fn bits(self) -> i32 {
        self.0
    }

    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Column `attrs_<bucket>`.
pub fn bucket_column(bucket: usize) -> &'static str {
    const NAMES: [&str; promoted::BUCKETS] =
        ["attrs_0", "attrs_1", "attrs_2", "attrs_3", "attrs_4", "attrs_5", "attrs_6", "attrs_7"];
    NAMES[bucket]
}

/// The schema of hot batches and of scans, `hour` first.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(build_schema);
    Arc::clone(&SCHEMA)
}

fn build_schema() -> SchemaRef {
    let mut fields = vec![
        string("hour", false),
        int("trace_hi", false),
        int("trace_lo", false),
        int("span_id", false),
        int("parent_span_id", true),
        string("trace_state", true),
        int("flags", false),
        string("name", true),
        Field::new("kind", DataType::Int32, false),
        int("start_ns", false),
        int("duration_ns", false),
        Field::new("status_code", DataType::Int32, false),
        string("status_message", true),
        Field::new("quirks", DataType::Int32, false),
    ];
    fields.extend(promoted::RESOURCE.iter().map(promoted_field));
    fields.extend(promoted::SPAN.iter().map(promoted_field));
    fields.extend((0..promoted::BUCKETS).map(|n| Field::new(bucket_column(n), map_type(), true)));
    fields.extend([
        Field::new("attr_types", map_type(), true),
        int("dropped_attributes_count", false),
        Field::new("events", list_type(DataType::Struct(event_fields())), true),
        int("dropped_events_count", false),
        Field::new("links", list_type(DataType::Struct(link_fields())), true),
        int("dropped_links_count", false),
        Field::new("resource_attrs", map_type(), true),
        Field::new("resource_attr_types", map_type(), true),
        int("resource_dropped_attributes_count", false),
        string("resource_schema_url", true),
        string("resource_entity_refs", true),
        string("scope_name", true),
        string("scope_version", true),
        Field::new("scope_attrs", map_type(), true),
        Field::new("scope_attr_types", map_type(), true),
        int("scope_dropped_attributes_count", false),
        string("scope_schema_url", true),
    ]);
    Arc::new(Schema::new(fields))
}

fn event_fields() -> Fields {
    static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
        Fields::from(vec![
            int("time_ns", false),
            Field::new("name", DataType::Utf8, true),
            Field::new("attrs", map_type(), true),
            Field::new("attr_types", map_type(), true),
            int("dropped_attributes_count", false),
        ])
    });
    FIELDS.clone()
}

fn link_fields() -> Fields {
    static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
        Fields::from(vec![
            int("trace_hi", false),
            int("trace_lo", false),
            int("span_id", false),
            Field::new("trace_state", DataType::Utf8, true),
            Field::new("attrs", map_type(), true),
            Field::new("attr_types", map_type(), true),
            int("dropped_attributes_count", false),
            int("flags", false),
        ])
    });
    FIELDS.clone()
}

fn int(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Int64, nullable)
}

fn string(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Utf8View, nullable)
}

fn promoted_field(promoted: &Promoted) -> Field {
    Field::new(promoted.column, promoted.column_type.data_type(), true)
}

#[cfg(test)]
mod tests;

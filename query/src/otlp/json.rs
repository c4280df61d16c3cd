//! OTLP as JSON, in two dialects.
//!
//! *OTLP/JSON* (the OpenTelemetry protocol's own encoding): ids in hexadecimal digits, enums as numbers. *Protobuf JSON*
//! (what Tempo's API sends): ids in base64, enums by name. In both, 64-bit integers are strings, bytes are base64, NaN and
//! the infinities are strings, and fields with default values are left out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use opentelemetry_proto::tonic::common::v1 as common;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValueKind;
use opentelemetry_proto::tonic::resource::v1 as resource;
use opentelemetry_proto::tonic::trace::v1 as otlp;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde::Serialize;
use spanloom_store::value::Value;
use utoipa::ToSchema;

/// How ids and enums are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Otlp,
    Protobuf,
}

/// A trace: spans by resource and scope.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TracesData {
    pub resource_spans: Vec<ResourceSpans>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResourceSpans {
    resource: Resource,
    scope_spans: Vec<ScopeSpans>,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    schema_url: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Resource {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    attributes: Vec<KeyValue>,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    dropped_attributes_count: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    entity_refs: Vec<EntityRef>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EntityRef {
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    schema_url: String,
    r#type: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    id_keys: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    description_keys: Vec<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ScopeSpans {
    scope: Scope,
    spans: Vec<Span>,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    schema_url: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Scope {
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    name: String,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    version: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    attributes: Vec<KeyValue>,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    dropped_attributes_count: u32,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Span {
    trace_id: String,
    span_id: String,
    /// Absent on roots.
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    parent_span_id: String,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    trace_state: String,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    flags: u32,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    name: String,
    /// 0 unspecified (absent), 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>)]
    kind: Option<Enum>,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    start_time_unix_nano: String,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    end_time_unix_nano: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    attributes: Vec<KeyValue>,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    dropped_attributes_count: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    events: Vec<Event>,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    dropped_events_count: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    links: Vec<Link>,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    dropped_links_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    time_unix_nano: String,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    attributes: Vec<KeyValue>,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    dropped_attributes_count: u32,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Link {
    trace_id: String,
    span_id: String,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    trace_state: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    attributes: Vec<KeyValue>,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    dropped_attributes_count: u32,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    flags: u32,
}

// The server's own state is called `Status` in the same document.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SpanStatus)]
struct Status {
    /// 0 unset (absent), 1 ok, 2 error.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>)]
    code: Option<Enum>,
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    message: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct KeyValue {
    key: String,
    value: AnyValue,
}

/// An attribute value: one field, or none for a value that says nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AnyValue {
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bool_value: Option<bool>,
    /// A 64-bit integer in decimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    int_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    double_value: Option<Double>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    array_value: Option<ArrayValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    kvlist_value: Option<KeyValueList>,
    /// Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_value: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ArrayValue {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, no_recursion)]
    values: Vec<AnyValue>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct KeyValueList {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, no_recursion)]
    values: Vec<KeyValue>,
}

/// A number, or `NaN`, `Infinity`, `-Infinity`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Double {
    Finite(f64),
    Other(String),
}

/// An enum by number or by name.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum Enum {
    Number(i32),
    Name(&'static str),
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Spans in a dialect.
pub(crate) fn resource_spans(spans: Vec<otlp::ResourceSpans>, dialect: Dialect) -> Vec<ResourceSpans> {
    spans.into_iter().map(|spans| dialect.resource_spans(spans)).collect()
}

impl Dialect {
    fn resource_spans(self, spans: otlp::ResourceSpans) -> ResourceSpans {
        ResourceSpans {
            resource: resource_of(spans.resource.unwrap_or_default()),
            scope_spans: spans.scope_spans.into_iter().map(|scope| self.scope_spans(scope)).collect(),
            schema_url: spans.schema_url,
        }
    }

    fn scope_spans(self, spans: otlp::ScopeSpans) -> ScopeSpans {
        ScopeSpans {
            scope: scope_of(spans.scope.unwrap_or_default()),
            spans: spans.spans.into_iter().map(|span| self.span(span)).collect(),
            schema_url: spans.schema_url,
        }
    }

    fn span(self, span: otlp::Span) -> Span {
        Span {
            trace_id: self.id(&span.trace_id),
            span_id: self.id(&span.span_id),
            parent_span_id: self.id(&span.parent_span_id),
            trace_state: span.trace_state,
            flags: span.flags,
            name: span.name,
            kind: self.enum_of(span.kind, SpanKind::try_from(span.kind).ok().map(|kind| kind.as_str_name())),
            start_time_unix_nano: digits(span.start_time_unix_nano),
            end_time_unix_nano: digits(span.end_time_unix_nano),
            attributes: key_values(span.attributes),
            dropped_attributes_count: span.dropped_attributes_count,
            events: span.events.into_iter().map(event).collect(),
            dropped_events_count: span.dropped_events_count,
            links: span.links.into_iter().map(|link| self.link(link)).collect(),
            dropped_links_count: span.dropped_links_count,
            status: self.status(span.status.unwrap_or_default()),
        }
    }

    fn link(self, link: otlp::span::Link) -> Link {
        Link {
            trace_id: self.id(&link.trace_id),
            span_id: self.id(&link.span_id),
            trace_state: link.trace_state,
            attributes: key_values(link.attributes),
            dropped_attributes_count: link.dropped_attributes_count,
            flags: link.flags,
        }
    }

    /// Protobuf JSON keeps an empty status: Tempo's clients read it without asking whether it is there.
    fn status(self, status: otlp::Status) -> Option<Status> {
        if self == Self::Otlp && is_default(&status) {
            return None;
        }
        let name = StatusCode::try_from(status.code).ok().map(|code| code.as_str_name());
        Some(Status { code: self.enum_of(status.code, name), message: status.message })
    }

    fn id(self, bytes: &[u8]) -> String {
        match self {
            Self::Otlp => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Protobuf => BASE64.encode(bytes),
        }
    }

    fn enum_of(self, number: i32, name: Option<&'static str>) -> Option<Enum> {
        match (self, name) {
            _ if number == 0 => None,
            (Self::Protobuf, Some(name)) => Some(Enum::Name(name)),
            _ => Some(Enum::Number(number)),
        }
    }
}

fn resource_of(resource: resource::Resource) -> Resource {
    let entity_refs = resource.entity_refs.into_iter().map(|entity| EntityRef {
        schema_url: entity.schema_url,
        r#type: entity.r#type,
        id_keys: entity.id_keys,
        description_keys: entity.description_keys,
    });
    Resource {
        attributes: key_values(resource.attributes),
        dropped_attributes_count: resource.dropped_attributes_count,
        entity_refs: entity_refs.collect(),
    }
}

fn scope_of(scope: common::InstrumentationScope) -> Scope {
    Scope {
        name: scope.name,
        version: scope.version,
        attributes: key_values(scope.attributes),
        dropped_attributes_count: scope.dropped_attributes_count,
    }
}

fn event(event: otlp::span::Event) -> Event {
    Event {
        time_unix_nano: digits(event.time_unix_nano),
        name: event.name,
        attributes: key_values(event.attributes),
        dropped_attributes_count: event.dropped_attributes_count,
    }
}

/// 0 is a default, hence left out.
fn digits(value: u64) -> String {
    if value == 0 { String::new() } else { value.to_string() }
}

/// Attributes; both dialects write them alike.
pub(crate) fn key_values(attributes: Vec<common::KeyValue>) -> Vec<KeyValue> {
    let key_value = |attribute: common::KeyValue| KeyValue {
        key: attribute.key,
        value: any_value(attribute.value.unwrap_or_default()),
    };
    attributes.into_iter().map(key_value).collect()
}

/// An attribute; both dialects write it alike.
pub(crate) fn attribute(key: String, value: Value<'_>) -> KeyValue {
    KeyValue { key, value: any_value(super::any_value(value)) }
}

fn any_value(value: common::AnyValue) -> AnyValue {
    let mut json = AnyValue::default();
    match value.value {
        Some(AnyValueKind::StringValue(text)) => json.string_value = Some(text),
        Some(AnyValueKind::BoolValue(flag)) => json.bool_value = Some(flag),
        Some(AnyValueKind::IntValue(number)) => json.int_value = Some(number.to_string()),
        Some(AnyValueKind::DoubleValue(number)) => json.double_value = Some(double(number)),
        Some(AnyValueKind::ArrayValue(array)) => {
            json.array_value = Some(ArrayValue { values: array.values.into_iter().map(any_value).collect() });
        }
        Some(AnyValueKind::KvlistValue(list)) => {
            json.kvlist_value = Some(KeyValueList { values: key_values(list.values) });
        }
        Some(AnyValueKind::BytesValue(bytes)) => json.bytes_value = Some(BASE64.encode(bytes)),
        // An index into a string table, which only profiles have.
        Some(AnyValueKind::StringValueStrindex(_)) | None => {}
    }
    json
}

/// A number as JSON can have it.
pub(crate) fn double(number: f64) -> Double {
    match number {
        f64::INFINITY => Double::Other("Infinity".to_owned()),
        f64::NEG_INFINITY => Double::Other("-Infinity".to_owned()),
        number if number.is_nan() => Double::Other("NaN".to_owned()),
        number => Double::Finite(number),
    }
}

//! What answers about traces have in common: which span, and which operation.

use serde::{Serialize, Serializer};
use spanloom_store::SpanId;
use utoipa::ToSchema;

use super::span::Span;

/// Which span, and whose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SpanRef {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "00f067aa0ba902b7")]
    pub span_id: SpanId,
    /// OTLP `SpanKind` of the span. Tells the two halves of a shared span id (Zipkin) from each other.
    pub kind: i32,
    /// Null for spans without `service.name`.
    #[schema(required)]
    pub service: Option<String>,
    /// Empty for spans without a name.
    pub name: String,
}

/// What spans of one service, name and kind do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub(crate) struct OperationRef {
    /// Null for spans without `service.name`.
    #[schema(required)]
    pub service: Option<String>,
    /// Name of the spans, empty for those without one.
    pub name: String,
    /// OTLP `SpanKind`: the client's half of a call and the server's are two operations.
    pub kind: i32,
}

/// 16 hexadecimal digits.
pub(super) fn as_text<S: Serializer>(id: &SpanId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// [`OperationRef`] by reference: what spans are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Operation<'a> {
    pub service: Option<&'a str>,
    pub name: &'a str,
    pub kind: i32,
}

impl<'a> From<&Span<'a>> for Operation<'a> {
    fn from(span: &Span<'a>) -> Self {
        Self { service: span.service, name: span.name.unwrap_or_default(), kind: span.kind }
    }
}

impl From<Operation<'_>> for OperationRef {
    fn from(operation: Operation<'_>) -> Self {
        let Operation { service, name, kind } = operation;
        Self { service: service.map(str::to_owned), name: name.to_owned(), kind }
    }
}

impl From<&Span<'_>> for SpanRef {
    fn from(span: &Span<'_>) -> Self {
        let OperationRef { service, name, kind } = Operation::from(span).into();
        Self { span_id: span.id, kind, service, name }
    }
}

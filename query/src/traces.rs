//! The list of traces, newest first.
//!
//! Two steps. *Which*: the table `traces` has a row per trace and flush; rows are grouped by id over a range that is
//! widened by `query.trace_span_max`, and only then filtered, ordered and cut ([`choose`]). *What*: resends and flushes of
//! parts make the counts of those rows too large, so the few traces that are shown are counted again from their spans,
//! resends folded ([`summary`]).

mod choose;
pub(crate) mod summary;

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::QueryError;
use crate::otlp::json::KeyValue;
use crate::session::Session;
use crate::trace::TimeRange;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Question {
    /// Traces that overlap it.
    pub range: TimeRange,
    /// Traces in which this service has a span.
    pub service: Option<String>,
    pub limit: usize,
    /// `query.trace_span_max`.
    pub trace_span_max_ns: i64,
}

/// A trace in the list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TraceItem {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The service of the earliest span without a parent; null if that span has none or did not come.
    pub root_service: Option<String>,
    pub root_name: Option<String>,
    /// In decimal digits: JSON numbers would lose the last ones.
    pub start_time_unix_nano: String,
    pub duration_ms: f64,
    pub span_count: i64,
    pub error_count: i64,
    pub services: Vec<ServiceItem>,
    /// With `q`: how many spans matched; of those some are in `spans`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched: Option<usize>,
    /// With `q`: the first spans that matched, at most `spss`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spans: Option<Vec<SpanItem>>,
}

/// A span that a query matched.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SpanItem {
    /// 16 hexadecimal digits.
    pub span_id: String,
    pub name: String,
    /// Null without `service.name`.
    pub service: Option<String>,
    /// In decimal digits.
    pub start_time_unix_nano: String,
    pub duration_ms: f64,
    /// `unset`, `ok` or `error`.
    pub status: &'static str,
    /// What the query names.
    pub attributes: Vec<KeyValue>,
}

/// A service's part in a trace.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ServiceItem {
    /// Null for spans without `service.name`.
    pub name: Option<String>,
    pub span_count: i64,
    pub error_count: i64,
}

/// The newest traces that fit, at most `limit`.
pub(crate) async fn list(session: &Session, question: &Question) -> Result<Vec<TraceItem>, QueryError> {
    let chosen = choose::choose(session, question).await?;
    summary::items(session, &chosen).await
}

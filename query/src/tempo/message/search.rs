//! Traces by TraceQL.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use serde::Serialize;
use utoipa::ToSchema;

use super::json::{digits, is_default, key_values};
use crate::otlp::json;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SearchRequest {
    /// Instead of a query: attributes with their values.
    #[prost(btree_map = "string, string", tag = "1")]
    pub tags: BTreeMap<String, String>,
    #[prost(uint32, tag = "2")]
    pub min_duration_ms: u32,
    #[prost(uint32, tag = "3")]
    pub max_duration_ms: u32,
    #[prost(uint32, tag = "4")]
    pub limit: u32,
    /// Unix seconds.
    #[prost(uint32, tag = "5")]
    pub start: u32,
    #[prost(uint32, tag = "6")]
    pub end: u32,
    #[prost(string, tag = "8")]
    pub query: String,
    #[prost(uint32, tag = "9")]
    pub spans_per_span_set: u32,
}

#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
pub(crate) struct SearchResponse {
    #[prost(message, repeated, tag = "1")]
    pub traces: Vec<TraceSearchMetadata>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<SearchMetrics>,
}

/// What a query has cost.
#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchMetrics {
    #[prost(uint32, tag = "1")]
    pub inspected_traces: u32,
    /// In decimal digits.
    #[prost(uint64, tag = "2")]
    #[serde(serialize_with = "digits")]
    #[schema(value_type = String)]
    pub inspected_bytes: u64,
    #[prost(uint32, tag = "3")]
    pub total_blocks: u32,
    #[prost(uint32, tag = "4")]
    pub completed_jobs: u32,
    /// More than `completedJobs` until everything was looked at.
    #[prost(uint32, tag = "5")]
    pub total_jobs: u32,
    /// In decimal digits.
    #[prost(uint64, tag = "7")]
    #[serde(serialize_with = "digits")]
    #[schema(value_type = String)]
    pub inspected_spans: u64,
}

#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceSearchMetadata {
    /// 32 hexadecimal digits.
    #[prost(string, tag = "1")]
    #[serde(rename = "traceID")]
    pub trace_id: String,
    #[prost(string, tag = "2")]
    pub root_service_name: String,
    #[prost(string, tag = "3")]
    pub root_trace_name: String,
    /// In decimal digits.
    #[prost(uint64, tag = "4")]
    #[serde(serialize_with = "digits")]
    #[schema(value_type = String)]
    pub start_time_unix_nano: u64,
    #[prost(uint32, tag = "5")]
    pub duration_ms: u32,
    /// The first of `spanSets`, which older clients read.
    #[prost(message, optional, tag = "6")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_set: Option<SpanSet>,
    #[prost(message, repeated, tag = "7")]
    pub span_sets: Vec<SpanSet>,
    #[prost(btree_map = "string, message", tag = "8")]
    pub service_stats: BTreeMap<String, ServiceStats>,
}

#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
pub(crate) struct SpanSet {
    #[prost(message, repeated, tag = "1")]
    pub spans: Vec<SearchSpan>,
    /// How many spans match; `spans` are some of them.
    #[prost(uint32, tag = "2")]
    pub matched: u32,
    #[prost(message, repeated, tag = "3")]
    #[serde(serialize_with = "key_values", skip_serializing_if = "is_default")]
    #[schema(value_type = Vec<json::KeyValue>, required = false)]
    pub attributes: Vec<KeyValue>,
}

/// `tempopb.Span`.
#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchSpan {
    /// 16 hexadecimal digits.
    #[prost(string, tag = "1")]
    #[serde(rename = "spanID")]
    pub span_id: String,
    #[prost(string, tag = "2")]
    pub name: String,
    /// In decimal digits.
    #[prost(uint64, tag = "3")]
    #[serde(serialize_with = "digits")]
    #[schema(value_type = String)]
    pub start_time_unix_nano: u64,
    /// In decimal digits.
    #[prost(uint64, tag = "4")]
    #[serde(serialize_with = "digits")]
    #[schema(value_type = String)]
    pub duration_nanos: u64,
    #[prost(message, repeated, tag = "5")]
    #[serde(serialize_with = "key_values", skip_serializing_if = "is_default")]
    #[schema(value_type = Vec<json::KeyValue>, required = false)]
    pub attributes: Vec<KeyValue>,
}

/// A service's part in a trace.
#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceStats {
    #[prost(uint32, tag = "1")]
    pub span_count: u32,
    #[prost(uint32, tag = "2")]
    pub error_count: u32,
}

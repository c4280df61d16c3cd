//! TraceQL metrics.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use serde::Serialize;
use utoipa::ToSchema;

use super::SearchMetrics;
use super::json::{digits, double, is_default, key_values, status};
use crate::otlp::json;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct QueryRangeRequest {
    #[prost(string, tag = "1")]
    pub query: String,
    /// Nanoseconds since the epoch.
    #[prost(uint64, tag = "2")]
    pub start: u64,
    #[prost(uint64, tag = "3")]
    pub end: u64,
    /// Nanoseconds.
    #[prost(uint64, tag = "4")]
    pub step: u64,
    #[prost(uint32, tag = "16")]
    pub exemplars: u32,
    /// More series are left out, and the answer says so; 0 for no bound.
    #[prost(uint32, tag = "17")]
    pub max_series: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct QueryInstantRequest {
    #[prost(string, tag = "1")]
    pub query: String,
    /// Nanoseconds since the epoch.
    #[prost(uint64, tag = "2")]
    pub start: u64,
    #[prost(uint64, tag = "3")]
    pub end: u64,
}

#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
pub(crate) struct QueryRangeResponse {
    #[prost(message, repeated, tag = "1")]
    pub series: Vec<TimeSeries>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<SearchMetrics>,
    /// `COMPLETE` or `PARTIAL`.
    #[prost(enumeration = "super::PartialStatus", tag = "3")]
    #[serde(serialize_with = "status")]
    #[schema(value_type = String)]
    pub status: i32,
    /// Why it is partial.
    #[prost(string, tag = "4")]
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    pub message: String,
}

#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
pub(crate) struct QueryInstantResponse {
    #[prost(message, repeated, tag = "1")]
    pub series: Vec<InstantSeries>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<SearchMetrics>,
    /// `COMPLETE` or `PARTIAL`.
    #[prost(enumeration = "super::PartialStatus", tag = "3")]
    #[serde(serialize_with = "status")]
    #[schema(value_type = String)]
    pub status: i32,
    /// Why it is partial.
    #[prost(string, tag = "4")]
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    pub message: String,
}

#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
pub(crate) struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    #[serde(serialize_with = "key_values")]
    #[schema(value_type = Vec<json::KeyValue>)]
    pub labels: Vec<KeyValue>,
    /// Ascending in time.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    #[serde(skip_serializing_if = "is_default")]
    #[schema(required = false)]
    pub exemplars: Vec<Exemplar>,
}

#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
pub(crate) struct InstantSeries {
    #[prost(message, repeated, tag = "1")]
    #[serde(serialize_with = "key_values")]
    #[schema(value_type = Vec<json::KeyValue>)]
    pub labels: Vec<KeyValue>,
    #[prost(double, tag = "2")]
    #[serde(serialize_with = "double")]
    #[schema(value_type = json::Double)]
    pub value: f64,
}

/// The value of an interval, at its end.
#[derive(Clone, Copy, PartialEq, prost::Message, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sample {
    /// In decimal digits.
    #[prost(int64, tag = "2")]
    #[serde(serialize_with = "digits")]
    #[schema(value_type = String)]
    pub timestamp_ms: i64,
    #[prost(double, tag = "1")]
    #[serde(serialize_with = "double")]
    #[schema(value_type = json::Double)]
    pub value: f64,
}

/// A span that a series counts.
#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TraceExemplar)]
pub(crate) struct Exemplar {
    /// Among them `trace:id`.
    #[prost(message, repeated, tag = "1")]
    #[serde(serialize_with = "key_values")]
    #[schema(value_type = Vec<json::KeyValue>)]
    pub labels: Vec<KeyValue>,
    #[prost(double, tag = "2")]
    #[serde(serialize_with = "double")]
    #[schema(value_type = json::Double)]
    pub value: f64,
    /// In decimal digits.
    #[prost(int64, tag = "3")]
    #[serde(serialize_with = "digits")]
    #[schema(value_type = String)]
    pub timestamp_ms: i64,
}

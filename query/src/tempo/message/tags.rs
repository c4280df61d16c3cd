//! Names and values of attributes.

use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SearchTagsRequest {
    #[prost(string, tag = "1")]
    pub scope: String,
    #[prost(string, tag = "2")]
    pub query: String,
    /// Unix seconds.
    #[prost(uint32, tag = "3")]
    pub start: u32,
    #[prost(uint32, tag = "4")]
    pub end: u32,
    #[prost(uint32, tag = "5")]
    pub max_tags_per_scope: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SearchTagValuesRequest {
    #[prost(string, tag = "1")]
    pub tag_name: String,
    #[prost(string, tag = "2")]
    pub query: String,
    /// Unix seconds.
    #[prost(uint32, tag = "4")]
    pub start: u32,
    #[prost(uint32, tag = "5")]
    pub end: u32,
    #[prost(uint32, tag = "6")]
    pub max_tag_values: u32,
}

/// The first API's; it has no `metrics` in JSON.
#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchTagsResponse {
    #[prost(string, repeated, tag = "1")]
    pub tag_names: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
pub(crate) struct SearchTagsV2Response {
    #[prost(message, repeated, tag = "1")]
    pub scopes: Vec<SearchTagsV2Scope>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<MetadataMetrics>,
}

#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
pub(crate) struct SearchTagsV2Scope {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, repeated, tag = "2")]
    pub tags: Vec<String>,
}

/// The first API's; it has no `metrics` in JSON.
#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchTagValuesResponse {
    #[prost(string, repeated, tag = "1")]
    pub tag_values: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchTagValuesV2Response {
    #[prost(message, repeated, tag = "1")]
    pub tag_values: Vec<TypedValue>,
    #[prost(message, optional, tag = "2")]
    pub metrics: Option<MetadataMetrics>,
}

/// `tempopb.TagValue`.
#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
pub(crate) struct TypedValue {
    /// `string`, `int`, `float`, `bool`, `duration`; `keyword` for what TraceQL writes without quotes.
    #[prost(string, tag = "1")]
    #[serde(rename = "type")]
    pub value_type: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

/// Clients want it there; what it would count is not counted.
#[derive(Clone, PartialEq, prost::Message, Serialize, ToSchema)]
pub(crate) struct MetadataMetrics {}

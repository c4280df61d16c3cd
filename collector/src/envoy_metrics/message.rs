//! The messages of the metrics service, but for fields that nobody reads here.
//!
//! Source: envoyproxy/envoy `api/envoy/service/metrics/v3/metrics_service.proto`,
//! `api/envoy/config/core/v3/base.proto`.

use std::collections::HashMap;

use bytes::Bytes;

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamMetricsMessage {
    /// In the first message of a stream only.
    #[prost(message, optional, tag = "1")]
    pub identifier: Option<Identifier>,
    /// `io.prometheus.client.MetricFamily` messages, as they lie: see [`super::batch`].
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub envoy_metrics: Vec<Bytes>,
}

/// The answer, when the stream has ended. It says nothing.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct StreamMetricsResponse {}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Identifier {
    #[prost(message, optional, tag = "1")]
    pub node: Option<Node>,
}

/// `envoy.config.core.v3.Node`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Node {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(string, tag = "2")]
    pub cluster: String,
    #[prost(message, optional, tag = "3")]
    pub metadata: Option<Struct>,
    #[prost(message, optional, tag = "4")]
    pub locality: Option<Locality>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Locality {
    #[prost(string, tag = "1")]
    pub region: String,
    #[prost(string, tag = "2")]
    pub zone: String,
    #[prost(string, tag = "3")]
    pub sub_zone: String,
}

/// `google.protobuf.Struct`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Struct {
    #[prost(map = "string, message", tag = "1")]
    pub fields: HashMap<String, Value>,
}

/// `google.protobuf.Value`, of which only texts are read: no other kind names a proxy, and none nests.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Value {
    #[prost(string, optional, tag = "3")]
    pub string_value: Option<String>,
}

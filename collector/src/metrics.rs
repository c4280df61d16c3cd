//! What the collector counts about itself.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use serde::Serialize;
use utoipa::ToSchema;

/// How data came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    OtlpGrpc,
    OtlpHttpProtobuf,
    OtlpHttpJson,
    ZipkinJson,
    RemoteWrite,
    EnvoyMetrics,
    Scrape,
}

impl Protocol {
    /// Its name in metrics and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OtlpGrpc => "otlp_grpc",
            Self::OtlpHttpProtobuf => "otlp_http_protobuf",
            Self::OtlpHttpJson => "otlp_http_json",
            Self::ZipkinJson => "zipkin_json",
            Self::RemoteWrite => "remote_write",
            Self::EnvoyMetrics => "envoy_metrics",
            Self::Scrape => "scrape",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ProtocolLabel {
    pub protocol: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RefusedLabel {
    pub protocol: &'static str,
    pub reason: &'static str,
}

/// Counters of the way in.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub requests: Family<ProtocolLabel, Counter>,
    pub bytes: Family<ProtocolLabel, Counter>,
    pub spans: Family<ProtocolLabel, Counter>,
    pub samples: Family<ProtocolLabel, Counter>,
    pub refused_requests: Family<RefusedLabel, Counter>,
    pub refused_samples: Family<RefusedLabel, Counter>,
    pub refused_spans: Family<RefusedLabel, Counter>,
    pub repeated_attributes: Counter,
    pub senders_evicted: Counter,
    pub inflight_bytes: Gauge<u64, AtomicU64>,
    pub decode_seconds: Histogram,
}

impl Metrics {
    pub fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            bytes: Family::default(),
            spans: Family::default(),
            samples: Family::default(),
            refused_requests: Family::default(),
            refused_samples: Family::default(),
            refused_spans: Family::default(),
            repeated_attributes: Counter::default(),
            senders_evicted: Counter::default(),
            inflight_bytes: Gauge::default(),
            decode_seconds: Histogram::new(exponential_buckets(0.000_05, 2.0, 18)),
        };
        let registry = registry.sub_registry_with_prefix("spanloom_ingest");
        registry.register("requests", "Requests acknowledged", metrics.requests.clone());
        registry.register_with_unit("received", "Request bytes as sent", Unit::Bytes, metrics.bytes.clone());
        registry.register("spans", "Spans acknowledged: durable and visible", metrics.spans.clone());
        let help = "Samples of metrics acknowledged: durable and visible";
        registry.register("samples", help, metrics.samples.clone());
        let help = "Samples refused while their request was taken, by reason";
        registry.register("refused_samples", help, metrics.refused_samples.clone());
        let help = "Requests refused as a whole, by reason";
        registry.register("refused_requests", help, metrics.refused_requests.clone());
        let help = "Spans refused while their request was taken, by reason";
        registry.register("refused_spans", help, metrics.refused_spans.clone());
        let help = "Attributes left out because their key stood there already";
        registry.register("repeated_attributes", help, metrics.repeated_attributes.clone());
        let help = "Senders forgotten because too many were remembered";
        registry.register("senders_evicted", help, metrics.senders_evicted.clone());
        let help = "Memory of requests that are being received and decoded";
        registry.register_with_unit("inflight", help, Unit::Bytes, metrics.inflight_bytes.clone());
        let help = "Time to decompress and decode a request";
        registry.register_with_unit("decode", help, Unit::Seconds, metrics.decode_seconds.clone());
        metrics
    }
}

//! Metrics of every kind, as today's formats keep them.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, exemplar, metric,
    number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::harness::Server;
use crate::metrics::api::Api;
use crate::otlp::{attribute, trace_id};

const NS_PER_MS: u64 = 1_000_000;
const STEP_MS: u64 = 15_000;

/// A question to Prometheus' API and the `data` of its answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct MetricAnswer {
    path: String,
    parameters: Vec<(String, String)>,
    data: Value,
}

/// Sends the round `n` of metrics that began at a time. A series that was flushed before comes without labels into the log.
pub async fn send(server: &Server, start_ms: u64, n: u64) {
    let request = server.http.post(format!("http://{}/v1/metrics", server.endpoints.otlp_http));
    let request = request.header("content-type", "application/x-protobuf");
    let answer = request.body(request_of(start_ms + n * STEP_MS, n).encode_to_vec()).send().await;
    assert_eq!(answer.expect("send metrics").status(), 200, "round {n}");
}

/// What the server says of the rounds from a time on. Times stand in the questions.
pub async fn ask(server: &Server, start_ms: u64) -> Vec<MetricAnswer> {
    let time = |ms: u64| format!("{}.{:03}", ms / 1000, ms % 1000);
    let (start, end) = (time(start_ms), time(start_ms + 4 * STEP_MS));
    let selector = "{job=\"old/metered\"}";
    let range = |query: &str| {
        let parameters = [("query", query), ("start", &*start), ("end", &*end), ("step", "15")];
        ("query_range", parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec())
    };
    let of_series = [("match[]", selector), ("start", &*start), ("end", &*end)];
    let of_exemplars = [("query", "old_latency_seconds_bucket"), ("start", &*start), ("end", &*end)];
    let owned = |pairs: [(&str, &str); 3]| pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let questions = vec![
        range(selector),
        range("increase(old_requests_total[1m])"),
        range("histogram_quantile(0.5, old_sizes_bytes)"),
        ("series", owned(of_series)),
        ("query_exemplars", owned(of_exemplars)),
        ("metadata", vec![("metric".to_owned(), "old_latency_seconds".to_owned())]),
    ];
    let mut answers = Vec::new();
    for (path, parameters) in questions {
        let data = data(server, path, &parameters).await;
        answers.push(MetricAnswer { path: path.to_owned(), parameters, data });
    }
    answers
}

/// Asks again what was asked then.
pub async fn check(server: &Server, expected: &[MetricAnswer], whose: &str) {
    for MetricAnswer { path, parameters, data: then } in expected {
        assert_eq!(&data(server, path, parameters).await, then, "{whose}: {path} {parameters:?}");
    }
}

/// Lists in an order of their own.
async fn data(server: &Server, path: &str, parameters: &[(String, String)]) -> Value {
    let pairs: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut data = Api::of(server).data(path, &pairs).await.expect("an answer");
    let list = if data["result"].is_array() { &mut data["result"] } else { &mut data };
    if let Some(list) = list.as_array_mut() {
        assert!(!list.is_empty(), "{path} {parameters:?} finds nothing");
        list.sort_by_key(Value::to_string);
    }
    data
}

fn request_of(time_ms: u64, n: u64) -> ExportMetricsServiceRequest {
    let attributes = [("service.name", "metered"), ("service.namespace", "old"), ("service.instance.id", "pod-1")];
    let resource =
        Resource { attributes: attributes.map(|(key, value)| attribute(key, value)).to_vec(), ..Resource::default() };
    let metrics = vec![requests(time_ms, n), temperature(time_ms, n), latency(time_ms, n), sizes(time_ms, n)];
    let scope = InstrumentationScope { name: "old".to_owned(), version: "1.2".to_owned(), ..Default::default() };
    let scope_metrics = vec![ScopeMetrics { scope: Some(scope), metrics, ..ScopeMetrics::default() }];
    let resource_metrics = ResourceMetrics { resource: Some(resource), scope_metrics, ..ResourceMetrics::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] }
}

fn named(name: &str, unit: &str, data: metric::Data) -> Metric {
    let description = format!("What {name} is");
    Metric { name: name.to_owned(), unit: unit.to_owned(), description, data: Some(data), ..Metric::default() }
}

/// A counter whose start is known.
fn requests(time_ms: u64, n: u64) -> Metric {
    let point = |code: &str, value: i64| NumberDataPoint {
        attributes: vec![attribute("code", code)],
        start_time_unix_nano: (time_ms - n * STEP_MS - STEP_MS) * NS_PER_MS,
        time_unix_nano: time_ms * NS_PER_MS,
        value: Some(number_data_point::Value::AsInt(value)),
        ..NumberDataPoint::default()
    };
    let rounds = n.cast_signed() + 1;
    named(
        "old.requests",
        "{request}",
        metric::Data::Sum(Sum {
            data_points: vec![point("200", 40 * rounds), point("503", rounds)],
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
        }),
    )
}

/// A gauge with a fraction, then one that ends.
fn temperature(time_ms: u64, n: u64) -> Metric {
    let point = NumberDataPoint {
        time_unix_nano: time_ms * NS_PER_MS,
        flags: u32::from(n == 3),
        value: (n != 3).then_some(number_data_point::Value::AsDouble(20.1 + n as f64)),
        ..NumberDataPoint::default()
    };
    named("old.temperature", "Cel", metric::Data::Gauge(Gauge { data_points: vec![point] }))
}

/// A classic histogram with an exemplar.
fn latency(time_ms: u64, n: u64) -> Metric {
    let rounds = n + 1;
    let exemplar = Exemplar {
        time_unix_nano: time_ms * NS_PER_MS,
        span_id: vec![0, 0, 0, 0, 0, 0, 0, 7],
        trace_id: trace_id(7),
        filtered_attributes: vec![attribute("why", "slow")],
        value: Some(exemplar::Value::AsDouble(0.3)),
    };
    let point = HistogramDataPoint {
        start_time_unix_nano: (time_ms - n * STEP_MS - STEP_MS) * NS_PER_MS,
        time_unix_nano: time_ms * NS_PER_MS,
        count: 6 * rounds,
        sum: Some(1.25 * rounds as f64),
        bucket_counts: vec![rounds, 2 * rounds, 3 * rounds],
        explicit_bounds: vec![0.1, 1.0],
        exemplars: vec![exemplar],
        ..HistogramDataPoint::default()
    };
    let aggregation_temporality = AggregationTemporality::Cumulative.into();
    named("old.latency", "s", metric::Data::Histogram(Histogram { data_points: vec![point], aggregation_temporality }))
}

/// A native histogram with a gap and negative values.
fn sizes(time_ms: u64, n: u64) -> Metric {
    let rounds = n + 1;
    let buckets = |offset: i32, counts: &[u64]| Buckets {
        offset,
        bucket_counts: counts.iter().map(|count| count * rounds).collect(),
    };
    let point = ExponentialHistogramDataPoint {
        start_time_unix_nano: (time_ms - n * STEP_MS - STEP_MS) * NS_PER_MS,
        time_unix_nano: time_ms * NS_PER_MS,
        count: 9 * rounds,
        sum: Some(64.5 * rounds as f64),
        scale: 2,
        zero_count: rounds,
        zero_threshold: 1e-9,
        positive: Some(buckets(-3, &[1, 0, 0, 0, 4])),
        negative: Some(buckets(2, &[3])),
        ..ExponentialHistogramDataPoint::default()
    };
    let aggregation_temporality = AggregationTemporality::Cumulative.into();
    let data = ExponentialHistogram { data_points: vec![point], aggregation_temporality };
    named("old.sizes", "By", metric::Data::ExponentialHistogram(data))
}

//! What an answer looks like. Every series has a value per step; null where nobody can know it.

use serde::Serialize;
use spanloom_store::ledger::{Histogram, Outcomes, Weight};
use spanloom_store::schema::operations::{OperationKey, OperationValues};
use utoipa::ToSchema;

use super::Question;
use super::heatmap::Heatmap;
use super::series::Step;
use crate::graph::{ExemplarItem, part_of, percentile_ms, rate};

/// The golden signals of a service.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Signals {
    /// Names the picture. Opaque; equal texts are equal pictures of one question.
    pub rev: String,
    /// Begin of the first step, RFC 3339.
    pub start: String,
    /// End of the last step, RFC 3339.
    pub end: String,
    pub step_s: i64,
    /// The node of the graph.
    #[schema(example = "shop/web")]
    pub id: String,
    #[schema(required)]
    pub namespace: Option<String>,
    #[schema(required)]
    pub name: Option<String>,
    /// Begin of each step, in seconds since the epoch.
    pub times: Vec<i64>,
    pub latency: LatencySeries,
    pub traffic: TrafficSeries,
    pub errors: ErrorSeries,
    /// How full what the service runs on is; empty as long as no metrics say it.
    pub saturation: Vec<SaturationSeries>,
    /// What it did by the names of its spans, in the minutes that touch the range; the most frequent first.
    pub operations: Vec<OperationItem>,
    /// Calls to be looked at, at most three of each step: the slowest error, the slowest,
    /// and the one with the lowest trace id.
    pub exemplars: Vec<StepExemplar>,
}

/// A call to be looked at, and when it was.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct StepExemplar {
    /// Begin of its step, in seconds since the epoch.
    pub time: i64,
    #[serde(flatten)]
    pub call: ExemplarItem,
}

/// How long calls took.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct LatencySeries {
    pub p50_ms: Vec<Option<f64>>,
    pub p90_ms: Vec<Option<f64>>,
    pub p95_ms: Vec<Option<f64>>,
    pub p99_ms: Vec<Option<f64>>,
    pub heatmap: Heatmap,
}

/// How many calls there were.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TrafficSeries {
    /// Corrected for sampling.
    pub requests: Vec<Option<f64>>,
    /// Per second.
    pub rate: Vec<Option<f64>>,
}

/// How many went wrong, by class.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ErrorSeries {
    /// The first four classes together.
    pub errors: Vec<Option<f64>>,
    /// Per request; null without requests.
    pub error_rate: Vec<Option<f64>>,
    pub no_response: Vec<Option<f64>>,
    pub http_5xx: Vec<Option<f64>>,
    pub grpc: Vec<Option<f64>>,
    pub status_error: Vec<Option<f64>>,
    /// No errors, but a class of their own.
    pub http_4xx: Vec<Option<f64>>,
}

/// How full something is, as stored metrics say.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SaturationSeries {
    /// What in words.
    #[schema(example = "connections of callers' pools")]
    pub name: String,
    /// `circuit_breaker`, `connection_pool`, `pending_requests`, `retries`, `outlier_ejection`, `overload`, `cpu`, `memory`,
    /// `file_descriptors`, `runtime`.
    pub kind: &'static str,
    /// UCUM, as OpenTelemetry writes units; `1` is a ratio.
    #[schema(example = "1")]
    pub unit: &'static str,
    /// `ok`, `warning` or `critical`, of the worst step.
    pub level: &'static str,
    /// The metric whose name tells most of where it comes from.
    pub metric: &'static str,
    /// What was asked, in PromQL: to be looked at elsewhere.
    pub query: String,
    /// At the end of each step; null where there is no sample.
    pub values: Vec<Option<f64>>,
}

/// An operation of a service.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct OperationItem {
    /// The spans' name; null for all beyond the 200 most frequent ones.
    #[schema(required)]
    pub operation: Option<String>,
    /// OTLP's kind of span.
    pub kind: SpanKindWord,
    /// Spans, corrected for sampling.
    pub count: f64,
    pub errors: f64,
    #[schema(required)]
    pub error_rate: Option<f64>,
    #[schema(required)]
    pub p50_ms: Option<f64>,
    #[schema(required)]
    pub p95_ms: Option<f64>,
    #[schema(required)]
    pub p99_ms: Option<f64>,
    pub exemplars: Vec<ExemplarItem>,
}

/// OTLP's kinds of span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SpanKindWord {
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

impl From<i32> for SpanKindWord {
    fn from(kind: i32) -> Self {
        match kind {
            1 => Self::Internal,
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => Self::Unspecified,
        }
    }
}

impl OperationItem {
    pub fn new(key: OperationKey, values: &OperationValues) -> Self {
        Self {
            operation: key.operation.as_deref().map(str::to_owned),
            kind: key.kind.into(),
            count: values.count.as_f64(),
            errors: values.errors.as_f64(),
            error_rate: part_of(Some(values.errors), Some(values.count)),
            p50_ms: percentile_ms(&values.latency, 0.50),
            p95_ms: percentile_ms(&values.latency, 0.95),
            p99_ms: percentile_ms(&values.latency, 0.99),
            exemplars: ExemplarItem::all(&values.exemplars),
        }
    }
}

impl Signals {
    pub(super) fn new(question: &Question, id: String, steps: &[Step], operations: Vec<OperationItem>) -> Self {
        let times = question.times();
        let of_step = |(time, step): (&i64, &Step)| {
            let time = *time;
            ExemplarItem::all(&step.exemplars).into_iter().map(move |call| StepExemplar { time, call })
        };
        let exemplars = times.iter().zip(steps).flat_map(of_step).collect();
        Self {
            rev: question.rev.clone(),
            start: question.range.start_text(),
            end: question.range.end_text(),
            step_s: question.step_s(),
            id,
            namespace: question.namespace.clone(),
            name: question.name.clone(),
            times,
            latency: LatencySeries::new(steps),
            traffic: TrafficSeries::new(steps, question.step_s() as f64),
            errors: ErrorSeries::new(steps),
            saturation: Vec::new(),
            operations,
            exemplars,
        }
    }
}

impl LatencySeries {
    fn new(steps: &[Step]) -> Self {
        let latencies = || steps.iter().map(|step| &step.latency);
        let percentiles = |q| latencies().map(|latency: &Histogram| percentile_ms(latency, q)).collect();
        Self {
            p50_ms: percentiles(0.50),
            p90_ms: percentiles(0.90),
            p95_ms: percentiles(0.95),
            p99_ms: percentiles(0.99),
            heatmap: Heatmap::new(latencies()),
        }
    }
}

impl TrafficSeries {
    fn new(steps: &[Step], step_s: f64) -> Self {
        Self {
            requests: steps.iter().map(|step| step.requests().map(Weight::as_f64)).collect(),
            rate: steps.iter().map(|step| rate(step.requests(), step_s)).collect(),
        }
    }
}

impl ErrorSeries {
    fn new(steps: &[Step]) -> Self {
        let class = |class: fn(&Outcomes) -> Weight| {
            steps.iter().map(|step| step.requests().map(|_| class(&step.outcomes).as_f64())).collect()
        };
        let error_rate = |step: &Step| part_of(Some(step.outcomes.errors()), step.requests());
        Self {
            errors: class(Outcomes::errors),
            error_rate: steps.iter().map(error_rate).collect(),
            no_response: class(|outcomes| outcomes.no_response),
            http_5xx: class(|outcomes| outcomes.http_5xx),
            grpc: class(|outcomes| outcomes.grpc),
            status_error: class(|outcomes| outcomes.status_error),
            http_4xx: class(|outcomes| outcomes.http_4xx),
        }
    }
}

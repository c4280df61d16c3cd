//! OTLP metrics: data points to series as Prometheus has them.
//!
//! Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", "OTLP Metric points to Prometheus";
//! "Metrics Data Model"; Prometheus' guide "Using Prometheus as your OpenTelemetry backend" for what the specification
//! leaves open. The defaults are those of Prometheus 3, but that labels of scopes are added, as the specification wants
//! it.
//!
//! | metric | series | kind |
//! | --- | --- | --- |
//! | gauge | `name` | gauge |
//! | monotonic sum | `name_total` | counter |
//! | other sum | `name` | gauge |
//! | histogram | `name_bucket`, `name_sum`, `name_count` | histogram |
//! | exponential histogram | `name`, native | histogram |
//! | summary | `name` by `quantile`, `name_sum`, `name_count` | summary |
//!
//! Deltas are added up ([`DeltaState`]); those of sums that are not monotonic are refused, as nobody knows what they
//! began from. A bad data point is refused alone and counted by reason: [`BadPoint::reason`].

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use spanloom_store::series::{KnownSeries, MetricKind, MetricMetadata, SampleBatch};

use crate::refused_samples::RefusedSamples;
use crate::sample_time::TimeBound;

/// Histograms as they are added up and written.
mod buckets;
/// Deltas, added up.
mod delta;
/// Exemplars.
mod exemplar;
/// Attributes as labels.
mod labels;
/// What a request will take when it is decoded.
pub mod measure;
/// One metric with its data points.
mod metric;
/// Names of metrics, units and labels.
mod name;
/// What all data points have.
mod point;
/// Labels of resources and scopes.
mod target;
/// Values as text.
mod text;
/// The batch as it grows.
mod writer;

pub use delta::{DeltaLimits, DeltaState};
pub use point::BadPoint;

use labels::LabelSet;
use metric::MetricWriter;
use point::Times;
use target::Target;
use writer::Writer;

/// The most buckets of one data point, on either side of zero.
pub const BUCKETS_MAX: usize = 1024;

const TARGET_INFO: &str = "target_info";

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Attributes of resources that become labels of all their series, where a data point has none of that name.
    pub promoted_attributes: Vec<String>,
    pub identifying_attributes: IdentifyingAttributes,
    pub scope_labels: ScopeLabels,
    /// Bounds the memory that the series of one request take: a histogram repeats its labels for each bucket.
    pub batch_bytes_max: u64,
}

/// Whether `target_info` repeats the attributes of which `job` and `instance` are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IdentifyingAttributes {
    #[default]
    LeftOut,
    Kept,
}

/// Whether series have labels of their scope.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ScopeLabels {
    #[default]
    Added,
    LeftOut,
}

impl Options {
    /// The defaults, with a bound.
    pub const fn new(batch_bytes_max: u64) -> Self {
        Self {
            promoted_attributes: Vec::new(),
            identifying_attributes: IdentifyingAttributes::LeftOut,
            scope_labels: ScopeLabels::Added,
            batch_bytes_max,
        }
    }
}

/// What a request came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Translated {
    pub batch: SampleBatch,
    /// Data points that were taken.
    pub accepted: u64,
    /// Data points that were refused; the count and [`RefusedSamples::message`] are those of a partial success.
    pub refused: RefusedSamples,
}

/// Translates a request. Deltas are added to `deltas`, and what that comes to is in the batch.
pub fn translate(
    request: &ExportMetricsServiceRequest,
    received_ms: i64,
    known: &dyn KnownSeries,
    deltas: &mut DeltaState,
    options: &Options,
) -> Translated {
    let writer = Writer::new(known, TimeBound::new(received_ms), options.batch_bytes_max);
    let mut translation = Translation { writer, deltas, options, received_ms };
    for metrics in &request.resource_metrics {
        translation.resource(metrics);
    }
    let Writer { batch, refused, points, .. } = translation.writer;
    Translated { batch, accepted: points, refused }
}

struct Translation<'t> {
    writer: Writer<'t>,
    deltas: &'t mut DeltaState,
    options: &'t Options,
    received_ms: i64,
}

impl Translation<'_> {
    fn resource(&mut self, metrics: &ResourceMetrics) {
        let target = Target::of(metrics, self.options);
        let mut newest_ms = None;
        for scope in &metrics.scope_metrics {
            let scope_newest_ms = self.scope(target.as_ref(), scope);
            newest_ms = newest_ms.max(scope_newest_ms);
        }
        if let Some((target, time_ms)) = target.ok().zip(newest_ms) {
            self.target_info(&target, time_ms);
        }
    }

    /// The time of the newest data point that was taken.
    fn scope(&mut self, target: Result<&Target, &BadPoint>, metrics: &ScopeMetrics) -> Option<i64> {
        let scope = target::scope_labels(metrics, self.options);
        let common = target.map_err(Clone::clone).and_then(|target| Ok((target, scope?)));
        let mut newest_ms = None;
        for metric in &metrics.metrics {
            match &common {
                Ok((target, scope)) => newest_ms = newest_ms.max(self.metric(target, scope, metric)),
                Err(why) => self.writer.refuse(&metric.name, points(metric), why),
            }
        }
        newest_ms
    }

    fn metric(&mut self, target: &Target, scope: &LabelSet, metric: &Metric) -> Option<i64> {
        let Some(data) = &metric.data else {
            self.writer.refuse(&metric.name, 1, &BadPoint::NoData);
            return None;
        };
        let family = metric::family(metric, data);
        if family.is_empty() {
            self.writer.refuse(&metric.name, points(metric), &BadPoint::Name);
            return None;
        }
        let mut writer = MetricWriter {
            family: &family,
            target,
            scope,
            writer: &mut self.writer,
            deltas: self.deltas,
            received_ms: self.received_ms,
        };
        let newest_ms = writer.write(data)?;
        self.writer.metadata(MetricMetadata {
            family: family.into(),
            kind: metric::kind(metric, data),
            help: metric.description.as_str().into(),
            unit: name::unit(&metric.unit).into(),
        });
        Some(newest_ms)
    }

    /// One sample with the value 1 for a resource that says more than who it is. One that does not fit is left out: the
    /// data points are in.
    fn target_info(&mut self, target: &Target, time_ms: i64) {
        if target.info.is_empty() {
            return;
        }
        let Ok(series) = self.writer.series(TARGET_INFO, &target.info, None) else { return };
        if self.writer.float(series, Times { time_ms, start_ms: 0 }, 1.0).is_ok() {
            let (family, kind, help) = (TARGET_INFO.into(), MetricKind::Gauge, "Target metadata".into());
            self.writer.metadata(MetricMetadata { family, kind, help, unit: "".into() });
        }
    }
}

/// Data points of a metric.
fn points(metric: &Metric) -> u64 {
    let points = match &metric.data {
        None => 1,
        Some(Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(Data::Sum(sum)) => sum.data_points.len(),
        Some(Data::Histogram(histogram)) => histogram.data_points.len(),
        Some(Data::ExponentialHistogram(histogram)) => histogram.data_points.len(),
        Some(Data::Summary(summary)) => summary.data_points.len(),
    };
    points as u64
}

#[cfg(test)]
mod tests;

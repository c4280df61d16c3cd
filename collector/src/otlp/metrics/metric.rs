//! One metric with its data points.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar as ProtoExemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric,
    NumberDataPoint, Sum, SummaryDataPoint,
};
use spanloom_store::series::{MetricKind, NativeHistogram, STALE, SampleValue, label};

use super::buckets::{Classic, Exponential};
use super::delta::{DeltaState, Total};
use super::labels::LabelSet;
use super::name::{self, Suffix};
use super::point::{BadPoint, DataPoint, Times};
use super::target::Target;
use super::writer::Writer;
use super::{BUCKETS_MAX, exemplar};

/// Says what a metric was before it became OTLP.
const TYPE_KEY: &str = "prometheus.type";
const DELTA: i32 = AggregationTemporality::Delta as i32;
const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;

/// The name of a metric's family; empty when it has none.
pub fn family(metric: &Metric, data: &Data) -> String {
    let suffix = match data {
        Data::Sum(sum) if sum.is_monotonic => Suffix::Total,
        Data::Gauge(_) => Suffix::Ratio,
        _ => Suffix::None,
    };
    name::metric(&metric.name, &metric.unit, suffix)
}

/// The kind of a metric. What Prometheus knew and OTLP has no word for stands in its metadata.
pub fn kind(metric: &Metric, data: &Data) -> MetricKind {
    let said = metric.metadata.iter().find(|entry| entry.key == TYPE_KEY).and_then(|entry| entry.value.as_ref());
    let said = match said.and_then(|any| any.value.as_ref()) {
        Some(Any::StringValue(text)) => text.as_str(),
        _ => "",
    };
    match (data, said) {
        (Data::Gauge(_), "unknown") => MetricKind::Unknown,
        (Data::Gauge(_), _) => MetricKind::Gauge,
        (Data::Sum(sum), _) if sum.is_monotonic => MetricKind::Counter,
        (Data::Sum(_), "info") => MetricKind::Info,
        (Data::Sum(_), "stateset") => MetricKind::StateSet,
        (Data::Sum(_), _) => MetricKind::Gauge,
        (Data::Histogram(_) | Data::ExponentialHistogram(_), _) => MetricKind::Histogram,
        (Data::Summary(_), _) => MetricKind::Summary,
    }
}

/// Whether what is counted was counted since the start or since the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Temporality {
    Cumulative,
    Delta,
}

impl Temporality {
    fn of(temporality: i32, what: &'static str) -> Result<Self, BadPoint> {
        match temporality {
            CUMULATIVE => Ok(Self::Cumulative),
            DELTA => Ok(Self::Delta),
            _ => Err(BadPoint::Temporality { temporality, what }),
        }
    }

    fn of_sum(sum: &Sum) -> Result<Self, BadPoint> {
        match Self::of(sum.aggregation_temporality, "a sum")? {
            Self::Delta if !sum.is_monotonic => {
                Err(BadPoint::Temporality { temporality: DELTA, what: "a sum that is not monotonic" })
            }
            temporality => Ok(temporality),
        }
    }
}

/// A data point without its value.
struct Point {
    labels: LabelSet,
    times: Times,
    is_stale: bool,
}

/// Writes the data points of one metric.
pub struct MetricWriter<'m, 'k> {
    pub family: &'m str,
    pub target: &'m Target,
    pub scope: &'m LabelSet,
    pub writer: &'m mut Writer<'k>,
    pub deltas: &'m mut DeltaState,
    pub received_ms: i64,
}

impl MetricWriter<'_, '_> {
    /// The time of the newest data point that was taken.
    pub fn write(&mut self, data: &Data) -> Option<i64> {
        match data {
            Data::Gauge(gauge) => self.each(&gauge.data_points, |this, proto, point| this.gauge(proto, point)),
            Data::Sum(sum) => {
                let temporality = Temporality::of_sum(sum);
                self.each(&sum.data_points, |this, proto, point| {
                    this.sum(proto, point, temporality.clone()?, sum.is_monotonic)
                })
            }
            Data::Histogram(histogram) => {
                let temporality = Temporality::of(histogram.aggregation_temporality, "a histogram");
                self.each(&histogram.data_points, |this, proto, point| {
                    this.histogram(proto, point, temporality.clone()?)
                })
            }
            Data::ExponentialHistogram(histogram) => {
                let temporality = Temporality::of(histogram.aggregation_temporality, "a histogram");
                self.each(&histogram.data_points, |this, proto, point| {
                    this.exponential(proto, point, temporality.clone()?)
                })
            }
            Data::Summary(summary) => self.each(&summary.data_points, |this, proto, point| this.summary(proto, point)),
        }
    }

    fn each<P: DataPoint>(
        &mut self,
        points: &[P],
        mut write: impl FnMut(&mut MetricWriter<'_, '_>, &P, &Point) -> Result<(), BadPoint>,
    ) -> Option<i64> {
        let Self { family, target, scope, deltas, received_ms, .. } = self;
        let mut newest_ms = None;
        for proto in points {
            let taken = self.writer.point(family, |writer| {
                let mut this = MetricWriter { family, target, scope, writer, deltas, received_ms: *received_ms };
                let point = this.head(proto)?;
                write(&mut this, proto, &point)?;
                Ok(point.times)
            });
            newest_ms = newest_ms.max(taken.map(|times| times.time_ms));
        }
        newest_ms
    }

    fn head(&self, proto: &impl DataPoint) -> Result<Point, BadPoint> {
        let head = proto.head();
        let times = head.times()?;
        self.writer.check_time(times)?;
        let mut labels = LabelSet::of(head.attributes)?;
        labels.add_absent(&self.target.promoted);
        labels.set_all(self.scope);
        labels.set_all(&self.target.identity);
        Ok(Point { labels, times, is_stale: head.is_stale() })
    }

    fn gauge(&mut self, proto: &NumberDataPoint, point: &Point) -> Result<(), BadPoint> {
        let value = if point.is_stale { STALE } else { number(proto)? };
        let series = self.writer.series(self.family, &point.labels, None)?;
        // A gauge counts nothing: whatever start a sender gives means nothing.
        self.writer.float(series, Times { start_ms: 0, ..point.times }, value)
    }

    fn sum(
        &mut self,
        proto: &NumberDataPoint,
        point: &Point,
        temporality: Temporality,
        is_monotonic: bool,
    ) -> Result<(), BadPoint> {
        let (value, times) = match (point.is_stale, temporality) {
            (true, _) => (STALE, self.end(point)),
            (false, Temporality::Cumulative) => (number(proto)?, point.times),
            (false, Temporality::Delta) => self.added_sum(number(proto)?, point)?,
        };
        let times = if is_monotonic { times } else { Times { start_ms: 0, ..times } };
        let series = self.writer.series(self.family, &point.labels, None)?;
        self.writer.float(series, times, value)?;
        let exemplars: &[ProtoExemplar] = if is_monotonic { &proto.exemplars } else { &[] };
        self.exemplars(exemplars, series, point)
    }

    fn added_sum(&mut self, delta: f64, point: &Point) -> Result<(f64, Times), BadPoint> {
        if !(delta >= 0.0 && delta.is_finite()) {
            return Err(BadPoint::DeltaValue);
        }
        match self.add(Total::Sum(delta), point)? {
            (Total::Sum(sum), times) => Ok((sum, times)),
            _ => Err(BadPoint::DeltaValue),
        }
    }

    fn histogram(
        &mut self,
        proto: &HistogramDataPoint,
        point: &Point,
        temporality: Temporality,
    ) -> Result<(), BadPoint> {
        let mut histogram = Classic::of(proto)?;
        let mut times = point.times;
        if point.is_stale {
            times = self.end(point);
        } else if temporality == Temporality::Delta {
            check_delta_sum(histogram.sum)?;
            let (total, added_times) = self.add(Total::Classic(histogram), point)?;
            let Total::Classic(added) = total else { return Err(BadPoint::DeltaValue) };
            (histogram, times) = (added, added_times);
        }
        let part = |value: f64| if point.is_stale { STALE } else { value };
        if let Some(sum) = histogram.sum.or(point.is_stale.then_some(STALE)) {
            self.part("_sum", point, times, part(sum))?;
        }
        self.part("_count", point, times, part(histogram.count as f64))?;
        self.buckets(&histogram, &proto.exemplars, point, times)
    }

    /// The cumulative buckets. An exemplar goes to the lowest bucket that counts it.
    fn buckets(
        &mut self,
        histogram: &Classic,
        exemplars: &[ProtoExemplar],
        point: &Point,
        times: Times,
    ) -> Result<(), BadPoint> {
        let metric = format!("{}_bucket", self.family);
        let mut below = 0;
        let mut lower = f64::NEG_INFINITY;
        let finite = histogram.bounds.iter().zip(&histogram.counts);
        let buckets = finite.map(|(bound, count)| (*bound, bound.to_string(), *count));
        let last = (f64::INFINITY, "+Inf".to_owned(), histogram.counts.last().copied().unwrap_or(histogram.count));
        for (upper, le, count) in buckets.chain([last]) {
            below += count;
            let series = self.writer.series(&metric, &point.labels, Some((label::LE, &le)))?;
            self.writer.float(series, times, if point.is_stale { STALE } else { below as f64 })?;
            for proto in exemplars {
                let value = exemplar::value(proto).filter(|value| *value > lower && *value <= upper);
                if let Some(value) = value {
                    self.writer.exemplar(exemplar::exemplar(proto, value, series, times.time_ms))?;
                }
            }
            lower = upper;
        }
        Ok(())
    }

    fn exponential(
        &mut self,
        proto: &ExponentialHistogramDataPoint,
        point: &Point,
        temporality: Temporality,
    ) -> Result<(), BadPoint> {
        let (native, times) = if point.is_stale {
            (NativeHistogram::stale(), self.end(point))
        } else {
            self.native(proto, point, temporality)?
        };
        let series = self.writer.series(self.family, &point.labels, None)?;
        self.writer.sample(series, times, SampleValue::Histogram(native.into()))?;
        self.exemplars(&proto.exemplars, series, point)
    }

    fn native(
        &mut self,
        proto: &ExponentialHistogramDataPoint,
        point: &Point,
        temporality: Temporality,
    ) -> Result<(NativeHistogram, Times), BadPoint> {
        let histogram = Exponential::of(proto)?;
        if temporality == Temporality::Cumulative {
            return Ok((histogram.native(), point.times));
        }
        check_delta_sum(proto.sum)?;
        match self.add(Total::Exponential(histogram), point)? {
            (Total::Exponential(added), times) => Ok((added.native(), times)),
            _ => Err(BadPoint::DeltaValue),
        }
    }

    fn summary(&mut self, proto: &SummaryDataPoint, point: &Point) -> Result<(), BadPoint> {
        if proto.quantile_values.len() > BUCKETS_MAX {
            return Err(BadPoint::TooManyBuckets(proto.quantile_values.len()));
        }
        let part = |value: f64| if point.is_stale { STALE } else { value };
        self.part("_sum", point, point.times, part(proto.sum))?;
        self.part("_count", point, point.times, part(proto.count as f64))?;
        for at in &proto.quantile_values {
            let quantile = at.quantile.to_string();
            let series = self.writer.series(self.family, &point.labels, Some(("quantile", &quantile)))?;
            self.writer.float(series, point.times, part(at.value))?;
        }
        Ok(())
    }

    fn part(&mut self, ending: &str, point: &Point, times: Times, value: f64) -> Result<(), BadPoint> {
        let series = self.writer.series(&format!("{}{ending}", self.family), &point.labels, None)?;
        self.writer.float(series, times, value)
    }

    fn exemplars(&mut self, exemplars: &[ProtoExemplar], series: u32, point: &Point) -> Result<(), BadPoint> {
        for proto in exemplars {
            if let Some(value) = exemplar::value(proto) {
                self.writer.exemplar(exemplar::exemplar(proto, value, series, point.times.time_ms))?;
            }
        }
        Ok(())
    }

    fn add(&mut self, delta: Total, point: &Point) -> Result<(Total, Times), BadPoint> {
        let id = self.writer.id(self.family, &point.labels);
        self.deltas.add(id, delta, point.times, self.received_ms)
    }

    /// A series that has ended is added up no more.
    fn end(&mut self, point: &Point) -> Times {
        let id = self.writer.id(self.family, &point.labels);
        self.deltas.end(id);
        Times { start_ms: 0, ..point.times }
    }
}

fn number(proto: &NumberDataPoint) -> Result<f64, BadPoint> {
    match proto.value {
        Some(Value::AsDouble(value)) => Ok(value),
        Some(Value::AsInt(value)) => Ok(value as f64),
        None => Err(BadPoint::NoValue),
    }
}

/// A sum that is not finite would stay so for ever.
fn check_delta_sum(sum: Option<f64>) -> Result<(), BadPoint> {
    if sum.is_none_or(f64::is_finite) { Ok(()) } else { Err(BadPoint::DeltaValue) }
}

//! What was found as messages.

use super::super::message::{
    Exemplar, InstantSeries, PartialStatus, QueryInstantResponse, QueryRangeResponse, Sample, TimeSeries, key_values,
};
use super::super::search::metrics;
use crate::trace_metrics::{MetricPoint, MetricSeries, MetricsFound, SpanExemplar};

/// The whole answer of a range.
pub(crate) fn range(found: MetricsFound) -> QueryRangeResponse {
    QueryRangeResponse {
        series: found.series.into_iter().map(time_series).collect(),
        metrics: Some(metrics(found.inspected, u32::from(found.partial.is_some()))),
        status: PartialStatus::of(found.partial.as_ref()).into(),
        message: found.partial.unwrap_or_default(),
    }
}

/// The whole answer of an instant; a series without a point says nothing.
pub(crate) fn instant(found: MetricsFound) -> QueryInstantResponse {
    QueryInstantResponse {
        series: found.series.into_iter().filter_map(instant_series).collect(),
        metrics: Some(metrics(found.inspected, u32::from(found.partial.is_some()))),
        status: PartialStatus::of(found.partial.as_ref()).into(),
        message: found.partial.unwrap_or_default(),
    }
}

pub(super) fn time_series(series: MetricSeries) -> TimeSeries {
    TimeSeries {
        labels: key_values(series.labels),
        samples: series.points.into_iter().map(sample).collect(),
        exemplars: series.exemplars.into_iter().map(exemplar).collect(),
    }
}

fn instant_series(series: MetricSeries) -> Option<InstantSeries> {
    let value = series.points.first()?.value;
    Some(InstantSeries { labels: key_values(series.labels), value })
}

fn sample(MetricPoint { time_ms, value }: MetricPoint) -> Sample {
    Sample { timestamp_ms: time_ms, value }
}

fn exemplar(exemplar: SpanExemplar) -> Exemplar {
    Exemplar { labels: key_values(exemplar.labels), value: exemplar.value, timestamp_ms: exemplar.time_ms }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};
    use spanloom_store::value::Value;

    use super::*;
    use crate::search::Inspected;

    fn text(text: &'static str) -> Value<'static> {
        Value::String(text.into())
    }

    fn found(partial: Option<&str>) -> MetricsFound {
        let series = MetricSeries {
            labels: vec![
                ("resource.service.name".to_owned(), text("a")),
                ("p".to_owned(), Value::Double(0.9)),
                ("span.code".to_owned(), Value::Int(200)),
            ],
            points: vec![
                MetricPoint { time_ms: 1_700_000_060_000, value: 1.5 },
                MetricPoint { time_ms: 1_700_000_120_000, value: f64::INFINITY },
            ],
            exemplars: vec![SpanExemplar {
                labels: vec![("trace:id".to_owned(), text("2f3e"))],
                value: 0.125,
                time_ms: 1_700_000_031_000,
            }],
        };
        let inspected = Inspected { traces: 1, spans: 2, slices: 3, files: 4, bytes: 5 };
        MetricsFound { series: vec![series], partial: partial.map(str::to_owned), inspected }
    }

    fn labels() -> Json {
        json!([
            { "key": "resource.service.name", "value": { "stringValue": "a" } },
            { "key": "p", "value": { "doubleValue": 0.9 } },
            { "key": "span.code", "value": { "intValue": "200" } },
        ])
    }

    fn metrics(total_jobs: u32) -> Json {
        json!({
            "inspectedTraces": 1, "inspectedBytes": "5", "totalBlocks": 4, "completedJobs": 3, "totalJobs": total_jobs,
            "inspectedSpans": "2",
        })
    }

    #[test]
    fn a_range_has_every_sample() {
        let expected = json!({
            "series": [{
                "labels": labels(),
                "samples": [
                    { "timestampMs": "1700000060000", "value": 1.5 },
                    { "timestampMs": "1700000120000", "value": "Infinity" },
                ],
                "exemplars": [{
                    "labels": [{ "key": "trace:id", "value": { "stringValue": "2f3e" } }],
                    "value": 0.125,
                    "timestampMs": "1700000031000",
                }],
            }],
            "metrics": metrics(3),
            "status": "COMPLETE",
        });
        assert_eq!(serde_json::to_value(range(found(None))).unwrap(), expected);
    }

    #[test]
    fn an_instant_has_the_first_value_and_no_other_field() {
        let expected = json!({
            "series": [{ "labels": labels(), "value": 1.5 }],
            "metrics": metrics(4),
            "status": "PARTIAL",
            "message": "too much",
        });
        assert_eq!(serde_json::to_value(instant(found(Some("too much")))).unwrap(), expected);
    }

    #[test]
    fn a_series_without_points_is_in_no_instant() {
        let mut found = found(None);
        found.series[0].points.clear();
        assert!(instant(found).series.is_empty());
    }
}

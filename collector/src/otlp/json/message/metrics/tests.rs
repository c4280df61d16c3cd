//! Requests as SDKs and the Collector write them in JSON.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;

use super::super::super::decode;
use super::*;
use crate::admit::Admission;
use crate::refusal::Refusal;

fn request(text: &str, memory_bytes_max: u64) -> Result<ExportMetricsServiceRequest, Refusal> {
    decode(text.as_bytes(), memory_bytes_max, &mut Admission::unbounded().reserve())
}

fn metric(text: &str) -> Data {
    let text = format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{text}]}}]}}]}}"#);
    let mut request = request(&text, 1 << 20).unwrap();
    request.resource_metrics.remove(0).scope_metrics.remove(0).metrics.remove(0).data.unwrap()
}

fn point(text: &str) -> NumberDataPoint {
    match metric(&format!(r#"{{"name":"m","gauge":{{"dataPoints":[{text}]}}}}"#)) {
        Data::Gauge(mut gauge) => gauge.data_points.remove(0),
        data => panic!("{data:?}"),
    }
}

fn check_value(text: &str, expected: Option<number_data_point::Value>) {
    assert_eq!(point(text).value, expected, "{text}");
}

#[test]
fn numbers_are_numbers_or_strings() {
    use number_data_point::Value::{AsDouble, AsInt};
    check_value(r#"{"asInt":"-7"}"#, Some(AsInt(-7)));
    check_value(r#"{"asInt":7}"#, Some(AsInt(7)));
    check_value(r#"{"asInt":"9223372036854775807"}"#, Some(AsInt(i64::MAX)));
    check_value(r#"{"asDouble":0.25}"#, Some(AsDouble(0.25)));
    check_value(r#"{"asDouble":3}"#, Some(AsDouble(3.0)));
    check_value(r#"{"asDouble":"0.5"}"#, Some(AsDouble(0.5)));
    check_value(r#"{"asDouble":"Infinity"}"#, Some(AsDouble(f64::INFINITY)));
    check_value(r#"{"asDouble":null,"asInt":"2"}"#, Some(AsInt(2)));
    check_value("{}", None);
    check_value(r#"{"asInt":null,"unknown":[{}]}"#, None);
}

#[test]
fn times_and_attributes_are_read() {
    let point = point(
        r#"{"timeUnixNano":"1700000000000000001","startTimeUnixNano":5,"flags":1,
            "attributes":[{"key":"k","value":{"intValue":"3"}}],"asInt":"1"}"#,
    );
    assert_eq!((point.time_unix_nano, point.start_time_unix_nano, point.flags), (1_700_000_000_000_000_001, 5, 1));
    let value = point.attributes[0].value.as_ref().unwrap().value.as_ref();
    assert_eq!(value, Some(&Any::IntValue(3)));
}

#[test]
fn ids_of_exemplars_are_hexadecimal() {
    let point = point(
        r#"{"asInt":"1","exemplars":[{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174",
            "timeUnixNano":"9","asDouble":1.5,"filteredAttributes":[{"key":"a","value":{"stringValue":"b"}}]}]}"#,
    );
    let exemplar = &point.exemplars[0];
    assert_eq!(hex::encode(&exemplar.trace_id), "5b8efff798038103d269b633813fc60c");
    assert_eq!(hex::encode(&exemplar.span_id), "eee19b7ec3c1b174");
    assert_eq!((exemplar.time_unix_nano, exemplar.value), (9, Some(exemplar::Value::AsDouble(1.5))));
}

#[test]
fn sums_and_histograms_are_read() {
    let text = r#"{"name":"m","unit":"1","sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[]}}"#;
    let Data::Sum(sum) = metric(text) else { panic!("no sum") };
    assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (1, true));
    let text = r#"{"name":"m","histogram":{"aggregationTemporality":2,"dataPoints":[
        {"count":"3","sum":2.5,"bucketCounts":["1","2"],"explicitBounds":[1.5],"min":0,"max":2}]}}"#;
    let Data::Histogram(histogram) = metric(text) else { panic!("no histogram") };
    let point = &histogram.data_points[0];
    assert_eq!(
        (point.count, point.sum, &point.bucket_counts[..], &point.explicit_bounds[..]),
        (3, Some(2.5), &[1, 2][..], &[1.5][..])
    );
}

#[test]
fn exponential_histograms_and_summaries_are_read() {
    let text = r#"{"name":"m","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[
        {"count":"3","scale":-1,"zeroCount":"1","zeroThreshold":0.5,"positive":{"offset":-2,"bucketCounts":["2"]}}]}}"#;
    let Data::ExponentialHistogram(histogram) = metric(text) else { panic!("no histogram") };
    let point = &histogram.data_points[0];
    assert_eq!((point.scale, point.zero_count, point.zero_threshold), (-1, 1, 0.5));
    assert_eq!(point.positive.as_ref().map(|p| (p.offset, p.bucket_counts.clone())), Some((-2, vec![2])));
    let text = r#"{"name":"m","summary":{"dataPoints":[
        {"count":"2","sum":1,"quantileValues":[{"quantile":0.5,"value":2}]}]}}"#;
    let Data::Summary(summary) = metric(text) else { panic!("no summary") };
    assert_eq!(summary.data_points[0].quantile_values[0].value, 2.0);
}

#[test]
fn temporalities_have_names_and_null_is_nothing() {
    let text = r#"{"name":"m","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","isMonotonic":null}}"#;
    let Data::Sum(sum) = metric(text) else { panic!("no sum") };
    assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (1, false));
    let text = r#"{"name":"m","histogram":{"dataPoints":[{"count":null,"sum":null,"bucketCounts":null,"min":"NaN"}]}}"#;
    let Data::Histogram(histogram) = metric(text) else { panic!("no histogram") };
    let point = &histogram.data_points[0];
    assert_eq!((point.count, point.sum, point.bucket_counts.len()), (0, None, 0));
    assert!(point.min.is_some_and(f64::is_nan));
}

fn check_refused(text: &str) {
    assert!(matches!(request(text, 1 << 20), Err(Refusal::Undecodable(_))), "{text}");
}

#[test]
fn what_is_no_request_is_refused() {
    let point = |point: &str| {
        format!(
            r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"gauge":{{"dataPoints":[{point}]}}}}]}}]}}]}}"#
        )
    };
    for text in ["", "[]", r#"{"resourceMetrics":1}"#, "{} {}"] {
        check_refused(text);
    }
    check_refused(&point(r#"{"asInt":"x"}"#));
    check_refused(&point(r#"{"exemplars":[{"traceId":"AQID=="}]}"#));
}

#[test]
fn numbers_and_objects_weigh_what_they_take() {
    let list = |item: &str| vec![item; 1000].join(",");
    let numbers = format!(r#"{{"histogram":{{"dataPoints":[{{"bucketCounts":[{}]}}]}}}}"#, list("0"));
    let objects = format!(r#"{{"gauge":{{"dataPoints":[{}]}}}}"#, list("{}"));
    for (metric, bytes) in [(numbers, 8_000), (objects, 1000 * size_of::<NumberDataPoint>() as u64)] {
        let text = format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{metric}]}}]}}]}}"#);
        assert!(matches!(request(&text, bytes), Err(Refusal::TooLarge { .. })));
        assert!(request(&text, bytes + 4_000).is_ok());
    }
}

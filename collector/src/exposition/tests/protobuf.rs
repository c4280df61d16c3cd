//! Rules of the protobuf page.

use prost::Message as _;

use super::super::Problem;
use super::super::protobuf::METRIC_BYTES_MAX;
use super::super::protobuf::message::{
    Bucket, BucketSpan, Counter, Exemplar, Gauge, Histogram, Kind, LabelPair, Metric, MetricFamily, Quantile, Summary,
    Timestamp,
};
use super::*;

fn pair(name: &str, value: &str) -> LabelPair {
    LabelPair { name: Some(name.to_owned()), value: Some(value.to_owned()) }
}

fn family(kind: Kind, metric: Metric) -> MetricFamily {
    let (name, help) = (Some("f".to_owned()), Some("of f".to_owned()));
    MetricFamily { name, help, r#type: Some(kind as i32), metric: vec![metric], unit: Some("s".to_owned()) }
}

fn check(kind: Kind, metric: Metric, expected: &[&str]) {
    let (said, ended) = read(Format::Protobuf, &family(kind, metric).encode_length_delimited_to_vec());
    assert_eq!(ended, Ok(()));
    assert_eq!(said[1..], *expected);
}

fn check_refused(histogram: Histogram, what: &'static str) {
    let metric = Metric { histogram: Some(histogram), ..Metric::default() };
    let (_, ended) = read(Format::Protobuf, &family(Kind::Histogram, metric).encode_length_delimited_to_vec());
    assert_eq!(ended.map_err(|error| error.problem), Err(Problem::Histogram(what)));
}

fn exemplar(seconds: Option<i64>) -> Exemplar {
    let timestamp = seconds.map(|seconds| Timestamp { seconds, nanos: 5_999_999 });
    Exemplar { label: vec![pair("trace_id", "x")], value: Some(0.5), timestamp }
}

fn span(offset: i32, length: u32) -> BucketSpan {
    BucketSpan { offset: Some(offset), length: Some(length) }
}

fn native() -> Histogram {
    Histogram {
        sample_count: Some(10),
        sample_sum: Some(2.5),
        schema: Some(3),
        zero_threshold: Some(0.001),
        zero_count: Some(1),
        positive_span: vec![span(-2, 2), span(3, 1)],
        positive_delta: vec![1, 1, 2],
        negative_span: vec![span(0, 1)],
        negative_delta: vec![2],
        ..Histogram::default()
    }
}

const NATIVE: &str = "[Unknown schema 3 zero 1/0.001 count 10 sum 2.5 pos -2+2 3+1 [1.0, 2.0, 4.0] neg 0+1 [2.0]]";

#[test]
fn a_family_is_told_before_its_metrics() {
    let page = family(Kind::Counter, Metric { counter: Some(Counter::default()), ..Metric::default() });
    let (said, _) = read(Format::Protobuf, &page.encode_length_delimited_to_vec());
    assert_eq!(said, ["# f counter \"of f\" s", "{f} 0"]);
    assert_eq!(read(Format::Protobuf, b""), (vec![], Ok(())));
}

#[test]
fn a_counter_is_one_series() {
    let created_timestamp = Some(Timestamp { seconds: 1, nanos: 500_000_000 });
    let counter = Counter { value: Some(3.0), exemplar: Some(exemplar(Some(2))), created_timestamp };
    let label = vec![pair("a.b", "\"1\\"), pair("c", "é")];
    let metric = Metric { label, counter: Some(counter), timestamp_ms: Some(7), ..Metric::default() };
    check(Kind::Counter, metric, &[r#"{f a.b="\"1\\" c="é"} 3 @7 ^1500 ~{trace_id="x"}0.5@2005"#]);
}

#[test]
fn gauges_and_untyped_are_one_series() {
    let value = Some(Gauge { value: Some(f64::NEG_INFINITY) });
    check(Kind::Gauge, Metric { gauge: value, ..Metric::default() }, &["{f} -inf"]);
    check(Kind::Untyped, Metric { untyped: value, ..Metric::default() }, &["{f} -inf"]);
}

#[test]
fn a_summary_has_quantiles_sum_and_count() {
    let quantile = |quantile, value| Quantile { quantile: Some(quantile), value: Some(value) };
    let quantile = vec![quantile(0.5, 1.0), quantile(1.0, f64::NAN)];
    let summary = Summary { sample_count: Some(4), sample_sum: Some(2.0), quantile, created_timestamp: None };
    let expected = ["{f quantile=\"0.5\"} 1", "{f quantile=\"1.0\"} NaN", "{f_sum} 2", "{f_count} 4"];
    check(Kind::Summary, Metric { summary: Some(summary), ..Metric::default() }, &expected);
}

#[test]
fn a_classic_histogram_has_a_last_bucket_always() {
    let bucket = |upper_bound, cumulative_count, exemplar| Bucket {
        upper_bound: Some(upper_bound),
        cumulative_count: Some(cumulative_count),
        exemplar,
        ..Bucket::default()
    };
    let mut histogram = Histogram {
        sample_count: Some(3),
        sample_sum: Some(1.5),
        bucket: vec![bucket(1.0, 1, Some(exemplar(None))), bucket(1e6, 2, None)],
        ..Histogram::default()
    };
    let metric = |histogram: &Histogram| Metric { histogram: Some(histogram.clone()), ..Metric::default() };
    let expected = [
        "{f_bucket le=\"1.0\"} 1 ~{trace_id=\"x\"}0.5",
        "{f_bucket le=\"1e+06\"} 2",
        "{f_bucket le=\"+Inf\"} 3",
        "{f_sum} 1.5",
        "{f_count} 3",
    ];
    check(Kind::Histogram, metric(&histogram), &expected);
    histogram.bucket.push(bucket(f64::INFINITY, 3, None));
    check(Kind::Histogram, metric(&histogram), &expected);
}

#[test]
fn a_native_histogram_has_absolute_counts() {
    check(
        Kind::Histogram,
        Metric { histogram: Some(native()), ..Metric::default() },
        &[&format!("{{f}} {NATIVE} Native")],
    );
    let floats = Histogram {
        sample_count: None,
        sample_count_float: Some(10.0),
        zero_count: None,
        zero_count_float: Some(1.0),
        positive_delta: vec![],
        positive_count: vec![1.0, 2.0, 4.0],
        negative_delta: vec![],
        negative_count: vec![2.0],
        ..native()
    };
    check(
        Kind::Histogram,
        Metric { histogram: Some(floats), ..Metric::default() },
        &[&format!("{{f}} {NATIVE} Native")],
    );
}

#[test]
fn a_histogram_without_observations_is_native_by_its_span() {
    let empty = Histogram { positive_span: vec![span(0, 0)], ..Histogram::default() };
    let expected = "{f} [Gauge schema 0 zero 0/0 count 0 sum 0 pos 0+0 [] neg []] Native";
    check(Kind::GaugeHistogram, Metric { histogram: Some(empty), ..Metric::default() }, &[expected]);
}

#[test]
fn both_forms_of_a_histogram_are_told() {
    let bucket = vec![Bucket {
        upper_bound: Some(0.5),
        cumulative_count: Some(9),
        exemplar: Some(exemplar(Some(1))),
        ..Bucket::default()
    }];
    let both = Histogram { bucket, ..native() };
    let native_line = format!("{{f}} {NATIVE} ~{{trace_id=\"x\"}}0.5@1005 Native");
    check(
        Kind::Histogram,
        Metric { histogram: Some(both), ..Metric::default() },
        &[
            &native_line,
            "{f_bucket le=\"0.5\"} 9 ~{trace_id=\"x\"}0.5@1005 ClassicOfNative",
            "{f_bucket le=\"+Inf\"} 10 ClassicOfNative",
            "{f_sum} 2.5 ClassicOfNative",
            "{f_count} 10 ClassicOfNative",
        ],
    );
}

#[test]
fn native_histograms_that_are_none_are_refused() {
    check_refused(Histogram { schema: Some(9), ..native() }, "a schema other than -4 to 8");
    check_refused(Histogram { schema: Some(-53), ..native() }, "a schema other than -4 to 8");
    let spans = "other buckets than its spans say";
    check_refused(Histogram { positive_span: vec![span(0, 4)], ..native() }, spans);
    check_refused(Histogram { positive_span: vec![span(0, u32::MAX)], ..native() }, spans);
    check_refused(Histogram { negative_delta: vec![], ..native() }, spans);
    check_refused(
        Histogram { positive_span: vec![span(0, 2), span(-1, 1)], ..native() },
        "a span that lies before its neighbour",
    );
    check_refused(Histogram { positive_span: vec![span(i32::MAX, 3)], ..native() }, "buckets out of range");
    check_refused(Histogram { positive_delta: vec![1, -2, 2], ..native() }, "a count that is negative or none");
    check_refused(Histogram { positive_delta: vec![i64::MAX, 1, 0], ..native() }, "counts out of range");
    check_refused(
        Histogram { positive_count: vec![1.0, f64::NAN, 1.0], ..native() },
        "a count that is negative or none",
    );
    check_refused(Histogram { zero_threshold: Some(-1.0), ..native() }, "a zero bucket of negative width");
    check_refused(Histogram { sample_count: Some(9), ..native() }, "more in its buckets than in all");
}

#[test]
fn a_metric_without_a_value_of_its_kind_is_refused() {
    let page = family(Kind::Gauge, Metric { counter: Some(Counter::default()), ..Metric::default() });
    let (_, ended) = read(Format::Protobuf, &page.encode_length_delimited_to_vec());
    assert_eq!(ended.unwrap_err().to_string(), "a metric has no value of its family's type, family 1 at byte 0: f");
}

#[test]
fn what_is_said_before_an_error_stays_said() {
    let counter = || Metric { counter: Some(Counter::default()), ..Metric::default() };
    let mut page = family(Kind::Counter, counter()).encode_length_delimited_to_vec();
    let first = page.len();
    page.extend([5, 1, 2]);
    let (said, ended) = read(Format::Protobuf, &page);
    assert_eq!(said.len(), 2);
    assert_eq!(ended.unwrap_err().to_string(), format!("the message ends early, family 2 at byte {first}"));
}

#[test]
fn a_metric_too_large_is_not_decoded() {
    let label = vec![pair("a", &"x".repeat(METRIC_BYTES_MAX))];
    let page = family(Kind::Gauge, Metric { label, ..Metric::default() });
    let (said, ended) = read(Format::Protobuf, &page.encode_length_delimited_to_vec());
    assert_eq!(said.len(), 1);
    assert!(matches!(ended.unwrap_err().problem, Problem::MetricTooLarge { .. }));
}

#[test]
fn a_family_without_a_name_is_refused() {
    let (_, ended) = read(Format::Protobuf, &MetricFamily::default().encode_length_delimited_to_vec());
    assert_eq!(ended.map_err(|error| error.problem), Err(Problem::Expected("the name of a family")));
}

//! Requests, and the series that they come to.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    NumberDataPoint, Sum, Summary, SummaryDataPoint, exemplar,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use spanloom_store::series::{KnownSeries, NoneKnown, SampleValue, SeriesId, SeriesLimits, is_stale};

use super::*;

/// Broken requests.
mod random;

const NOW_MS: i64 = 1_700_000_000_000;
const NOW_NS: u64 = 1_700_000_000_000_000_000;
const MS: u64 = 1_000_000;
const DELTA: i32 = 1;
const CUMULATIVE: i32 = 2;

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Any::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn attributes(pairs: &[(&str, &str)]) -> Vec<KeyValue> {
    pairs.iter().map(|(key, value)| attribute(key, value)).collect()
}

fn number(value: f64) -> NumberDataPoint {
    NumberDataPoint { time_unix_nano: NOW_NS, value: Some(Value::AsDouble(value)), ..NumberDataPoint::default() }
}

fn metric(name: &str, unit: &str, data: Data) -> Metric {
    Metric { name: name.to_owned(), unit: unit.to_owned(), data: Some(data), ..Metric::default() }
}

fn gauge(name: &str, unit: &str, data_points: Vec<NumberDataPoint>) -> Metric {
    metric(name, unit, Data::Gauge(Gauge { data_points }))
}

fn sum(temporality: i32, data_points: Vec<NumberDataPoint>) -> Metric {
    let sum = Sum { data_points, aggregation_temporality: temporality, is_monotonic: true };
    metric("requests", "", Data::Sum(sum))
}

fn histogram_point() -> HistogramDataPoint {
    HistogramDataPoint {
        time_unix_nano: NOW_NS,
        start_time_unix_nano: NOW_NS - 60_000 * MS,
        count: 6,
        sum: Some(7.5),
        bucket_counts: vec![1, 2, 3],
        explicit_bounds: vec![0.005, 10.0],
        ..HistogramDataPoint::default()
    }
}

fn histogram(temporality: i32, data_points: Vec<HistogramDataPoint>) -> Metric {
    metric("latency", "s", Data::Histogram(Histogram { data_points, aggregation_temporality: temporality }))
}

fn exponential(temporality: i32, data_points: Vec<ExponentialHistogramDataPoint>) -> Metric {
    let histogram = ExponentialHistogram { data_points, aggregation_temporality: temporality };
    metric("latency", "s", Data::ExponentialHistogram(histogram))
}

fn exponential_point() -> ExponentialHistogramDataPoint {
    ExponentialHistogramDataPoint {
        time_unix_nano: NOW_NS,
        count: 4,
        sum: Some(2.0),
        zero_count: 1,
        positive: Some(Buckets { offset: 0, bucket_counts: vec![1, 2] }),
        ..ExponentialHistogramDataPoint::default()
    }
}

/// One resource and one scope without names.
fn request(metrics: Vec<Metric>) -> ExportMetricsServiceRequest {
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }],
    }
}

fn deltas() -> DeltaState {
    DeltaState::new(DeltaLimits { series_max: 100, idle_ms_max: 600_000 })
}

fn take(request: &ExportMetricsServiceRequest, deltas: &mut DeltaState) -> Translated {
    translate(request, NOW_MS, &NoneKnown, deltas, &Options::new(1 << 20))
}

/// Series and values, line by line.
fn lines(translated: &Translated) -> Vec<String> {
    let SampleBatch { series, samples, .. } = &translated.batch;
    let line = |sample: &spanloom_store::series::BatchSample| {
        let labels = series[sample.series as usize].labels.as_ref().unwrap();
        let value = match &sample.value {
            SampleValue::Float(value) if is_stale(*value) => "stale".to_owned(),
            SampleValue::Float(value) => value.to_string(),
            SampleValue::Histogram(histogram) if is_stale(histogram.sum) => "stale histogram".to_owned(),
            SampleValue::Histogram(histogram) => {
                format!("histogram {} {:?}", histogram.count, histogram.positive)
            }
        };
        let others: Vec<_> = labels.without("__name__").iter().map(|l| format!("{}={}", l.name, l.value)).collect();
        format!("{}{{{}}} {value}", labels.metric(), others.join(","))
    };
    samples.iter().map(line).collect()
}

fn check(metrics: Vec<Metric>, expected: &[&str]) {
    let got = take(&request(metrics), &mut deltas());
    assert_eq!(lines(&got), expected, "{}", got.refused.message());
    assert_eq!(got.refused.count(), 0);
}

/// The metric has one bad data point; another metric of the request is taken.
fn check_refused(bad: Metric, reason: &str) {
    let got = take(&request(vec![gauge("up", "", vec![number(1.0)]), bad]), &mut deltas());
    assert_eq!(got.refused.by_reason.clone().into_iter().collect::<Vec<_>>(), [(reason, 1)], "{:?}", got.refused);
    assert_eq!((lines(&got), got.accepted), (vec!["up{} 1".to_owned()], 1));
}

#[test]
fn gauges_are_series() {
    let point = NumberDataPoint { attributes: attributes(&[("cpu.mode", "user")]), ..number(0.5) };
    check(
        vec![gauge("system.cpu.utilization", "1", vec![point])],
        &["system_cpu_utilization_ratio{cpu_mode=user} 0.5"],
    );
    let int = NumberDataPoint { value: Some(Value::AsInt(-7)), ..number(0.0) };
    check(vec![gauge("depth", "{item}", vec![int, number(f64::INFINITY)])], &["depth{} -7", "depth{} inf"]);
}

#[test]
fn monotonic_sums_are_counters_and_others_gauges() {
    check(vec![sum(CUMULATIVE, vec![number(3.0)])], &["requests_total{} 3"]);
    let up_down = Sum { data_points: vec![number(-3.0)], aggregation_temporality: CUMULATIVE, is_monotonic: false };
    check(vec![metric("queue", "1", Data::Sum(up_down))], &["queue{} -3"]);
}

#[test]
fn histograms_have_cumulative_buckets() {
    check(
        vec![histogram(CUMULATIVE, vec![histogram_point()])],
        &[
            "latency_seconds_sum{} 7.5",
            "latency_seconds_count{} 6",
            "latency_seconds_bucket{le=0.005} 1",
            "latency_seconds_bucket{le=10} 3",
            "latency_seconds_bucket{le=+Inf} 6",
        ],
    );
}

#[test]
fn a_histogram_may_have_neither_buckets_nor_a_sum() {
    let point = HistogramDataPoint { bucket_counts: vec![], explicit_bounds: vec![], sum: None, ..histogram_point() };
    let expected = ["latency_seconds_count{} 6", "latency_seconds_bucket{le=+Inf} 6"];
    check(vec![histogram(CUMULATIVE, vec![point])], &expected);
}

#[test]
fn exponential_histograms_are_native() {
    let got = take(&request(vec![exponential(CUMULATIVE, vec![exponential_point()])]), &mut deltas());
    assert_eq!(lines(&got), ["latency_seconds{} histogram 4 [1.0, 2.0]"]);
    let SampleValue::Histogram(native) = &got.batch.samples[0].value else { panic!("{got:?}") };
    assert_eq!((native.zero_count, native.zero_threshold, native.sum), (1.0, 1e-128, 2.0));
}

#[test]
fn summaries_have_quantiles() {
    let quantile = |quantile, value| ValueAtQuantile { quantile, value };
    let point = SummaryDataPoint {
        time_unix_nano: NOW_NS,
        count: 4,
        sum: 2.0,
        quantile_values: vec![quantile(0.5, 0.25), quantile(1.0, 1.0)],
        ..SummaryDataPoint::default()
    };
    let expected = ["gc_sum{} 2", "gc_count{} 4", "gc{quantile=0.5} 0.25", "gc{quantile=1} 1"];
    check(vec![metric("gc", "", Data::Summary(Summary { data_points: vec![point] }))], &expected);
}

#[test]
fn points_without_a_recorded_value_are_stale() {
    let stale = NumberDataPoint { flags: 1, value: None, ..number(0.0) };
    check(vec![gauge("up", "", vec![stale.clone()])], &["up{} stale"]);
    check(vec![sum(DELTA, vec![stale])], &["requests_total{} stale"]);
    let point = HistogramDataPoint { time_unix_nano: NOW_NS, flags: 1, ..HistogramDataPoint::default() };
    let expected =
        ["latency_seconds_sum{} stale", "latency_seconds_count{} stale", "latency_seconds_bucket{le=+Inf} stale"];
    check(vec![histogram(CUMULATIVE, vec![point])], &expected);
    let point = ExponentialHistogramDataPoint { flags: 1, ..exponential_point() };
    check(vec![exponential(CUMULATIVE, vec![point])], &["latency_seconds{} stale histogram"]);
}

#[test]
fn counters_know_their_start_and_gauges_have_none() {
    let point = || NumberDataPoint { start_time_unix_nano: NOW_NS - 5_000 * MS, ..number(1.0) };
    let metrics = vec![gauge("up", "", vec![point()]), sum(CUMULATIVE, vec![point()])];
    let starts: Vec<i64> =
        take(&request(metrics), &mut deltas()).batch.samples.iter().map(|sample| sample.start_ms).collect();
    assert_eq!(starts, [0, NOW_MS - 5_000]);
}

#[test]
fn metadata_name_the_family() {
    let described = Metric { description: "All.".to_owned(), ..sum(CUMULATIVE, vec![number(1.0)]) };
    let unknown =
        Metric { metadata: attributes(&[("prometheus.type", "unknown")]), ..gauge("x", "ms", vec![number(1.0)]) };
    let got = take(&request(vec![described, unknown, histogram(CUMULATIVE, vec![histogram_point()])]), &mut deltas());
    let metadata: Vec<_> = got.batch.metadata.iter().map(|m| (&*m.family, m.kind, &*m.help, &*m.unit)).collect();
    let expected = [
        ("requests_total", MetricKind::Counter, "All.", ""),
        ("x_milliseconds", MetricKind::Unknown, "", "milliseconds"),
        ("latency_seconds", MetricKind::Histogram, "", "seconds"),
    ];
    assert_eq!(metadata, expected);
}

fn resource(pairs: &[(&str, &str)]) -> ExportMetricsServiceRequest {
    let mut request = request(vec![gauge("up", "", vec![number(1.0)])]);
    let resource = Resource { attributes: attributes(pairs), ..Resource::default() };
    request.resource_metrics[0].resource = Some(resource);
    request
}

#[test]
fn services_are_jobs_and_their_instances_instances() {
    let check = |pairs: &[(&str, &str)], expected: &[&str]| {
        assert_eq!(lines(&take(&resource(pairs), &mut deltas())), expected);
    };
    let (name, namespace, instance) =
        (("service.name", "cart"), ("service.namespace", "shop"), ("service.instance.id", "i-1"));
    check(&[name, namespace, instance], &["up{instance=i-1,job=shop/cart} 1"]);
    check(&[name], &["up{job=cart} 1"]);
    check(&[namespace, ("zone", "b")], &["up{} 1"]);
    check(
        &[name, instance, ("cloud.zone", "b")],
        &["up{instance=i-1,job=cart} 1", "target_info{cloud_zone=b,instance=i-1,job=cart} 1"],
    );
}

#[test]
fn identifying_attributes_and_promoted_ones_can_be_chosen() {
    let options = Options {
        promoted_attributes: vec!["cloud.zone".to_owned()],
        identifying_attributes: IdentifyingAttributes::Kept,
        ..Options::new(1 << 20)
    };
    let request = resource(&[("service.name", "cart"), ("cloud.zone", "b")]);
    let got = translate(&request, NOW_MS, &NoneKnown, &mut deltas(), &options);
    let expected = ["up{cloud_zone=b,job=cart} 1", "target_info{cloud_zone=b,job=cart,service_name=cart} 1"];
    assert_eq!(lines(&got), expected);
}

#[test]
fn target_info_is_as_new_as_the_newest_point() {
    let mut request = resource(&[("service.name", "cart"), ("zone", "b")]);
    let newer = NumberDataPoint { time_unix_nano: NOW_NS + 7 * MS, ..number(2.0) };
    let refused = NumberDataPoint { time_unix_nano: NOW_NS + 9 * MS, value: None, ..number(2.0) };
    request.resource_metrics[0].scope_metrics[0].metrics.push(gauge("x", "", vec![newer, number(1.0), refused]));
    let got = take(&request, &mut deltas());
    assert_eq!(got.batch.samples.last().unwrap().time_ms, NOW_MS + 7);
}

#[test]
fn scopes_are_labels_unless_they_are_not_wanted() {
    let mut request = request(vec![gauge("up", "", vec![number(1.0)])]);
    let scope = &mut request.resource_metrics[0].scope_metrics[0];
    scope.schema_url = "http://s".to_owned();
    scope.scope = Some(InstrumentationScope {
        name: "lib".to_owned(),
        version: "1.0".to_owned(),
        attributes: attributes(&[("short.name", "l")]),
        ..InstrumentationScope::default()
    });
    let expected =
        "up{otel_scope_name=lib,otel_scope_schema_url=http://s,otel_scope_short_name=l,otel_scope_version=1.0} 1";
    assert_eq!(lines(&take(&request, &mut deltas())), [expected]);
    let options = Options { scope_labels: ScopeLabels::LeftOut, ..Options::new(1 << 20) };
    assert_eq!(lines(&translate(&request, NOW_MS, &NoneKnown, &mut deltas(), &options)), ["up{} 1"]);
}

#[test]
fn what_a_series_is_called_wins_over_attributes() {
    let pairs = attributes(&[("le", "9"), ("__name__", "x")]);
    let point =
        HistogramDataPoint { attributes: pairs, bucket_counts: vec![], explicit_bounds: vec![], ..histogram_point() };
    check(
        vec![histogram(CUMULATIVE, vec![point])],
        &["latency_seconds_sum{le=9} 7.5", "latency_seconds_count{le=9} 6", "latency_seconds_bucket{le=+Inf} 6"],
    );
}

fn example(value: f64) -> Exemplar {
    Exemplar {
        value: Some(exemplar::Value::AsDouble(value)),
        trace_id: vec![0xab; 16],
        span_id: vec![0xcd; 8],
        filtered_attributes: attributes(&[("user.id", "u")]),
        ..Exemplar::default()
    }
}

#[test]
fn exemplars_go_to_the_lowest_bucket_that_counts_them() {
    let point = HistogramDataPoint { exemplars: vec![example(0.005), example(99.0)], ..histogram_point() };
    let got = take(&request(vec![histogram(CUMULATIVE, vec![point])]), &mut deltas());
    let le = |series: u32| got.batch.series[series as usize].labels.as_ref().unwrap().get("le").to_owned();
    let found: Vec<_> = got.batch.exemplars.iter().map(|e| (le(e.series), e.value, e.time_ms)).collect();
    assert_eq!(found, [("0.005".to_owned(), 0.005, NOW_MS), ("+Inf".to_owned(), 99.0, NOW_MS)]);
    let labels = &got.batch.exemplars[0].labels;
    assert_eq!((labels.get("trace_id"), labels.get("span_id")), (&*"ab".repeat(16), &*"cd".repeat(8)));
    assert_eq!(labels.get("user_id"), "u");
}

#[test]
fn exemplars_of_gauges_are_left_out_and_long_ones_keep_their_ids() {
    let mut long = example(1.0);
    long.filtered_attributes = attributes(&[("user", &"u".repeat(200))]);
    let with = || NumberDataPoint { exemplars: vec![long.clone()], ..number(1.0) };
    let got = take(&request(vec![gauge("up", "", vec![with()]), sum(CUMULATIVE, vec![with()])]), &mut deltas());
    let [exemplar] = &got.batch.exemplars[..] else { panic!("{got:?}") };
    assert_eq!(exemplar.labels.len(), 2);
}

#[test]
fn bad_points_are_refused_alone() {
    let no_value = NumberDataPoint { value: None, ..number(0.0) };
    check_refused(gauge("x", "", vec![no_value]), "no_value");
    check_refused(gauge("x", "", vec![NumberDataPoint { time_unix_nano: 0, ..number(0.0) }]), "time");
    check_refused(gauge("x", "", vec![NumberDataPoint { time_unix_nano: u64::MAX, ..number(0.0) }]), "time");
    let future = NumberDataPoint { time_unix_nano: NOW_NS + 3_600_001 * MS, ..number(0.0) };
    check_refused(gauge("x", "", vec![future]), "future");
    check_refused(gauge("", "s", vec![number(0.0)]), "no_name");
    check_refused(Metric { data: None, ..gauge("x", "", vec![]) }, "no_value");
    let nameless = NumberDataPoint { attributes: attributes(&[("__", "1")]), ..number(0.0) };
    check_refused(gauge("x", "", vec![nameless]), "attribute");
}

#[test]
fn bad_histograms_are_refused_alone() {
    let classic = |change: fn(&mut HistogramDataPoint)| {
        let mut point = histogram_point();
        change(&mut point);
        check_refused(histogram(CUMULATIVE, vec![point]), "histogram");
    };
    classic(|point| point.bucket_counts.truncate(2));
    classic(|point| point.count = 5);
    classic(|point| point.explicit_bounds = vec![10.0, 1.0]);
    classic(|point| point.explicit_bounds = vec![10.0, f64::INFINITY]);
    classic(|point| (point.explicit_bounds, point.bucket_counts) = (vec![1.0; 2000], vec![0; 2001]));
    let exp = |change: fn(&mut ExponentialHistogramDataPoint)| {
        let mut point = exponential_point();
        change(&mut point);
        check_refused(exponential(CUMULATIVE, vec![point]), "histogram");
    };
    exp(|point| point.scale = -5);
    exp(|point| point.count = 5);
    exp(|point| point.zero_threshold = f64::NAN);
}

#[test]
fn temporalities_that_say_nothing_are_refused() {
    check_refused(sum(0, vec![number(1.0)]), "temporality");
    let up_down = Sum { data_points: vec![number(1.0)], aggregation_temporality: DELTA, is_monotonic: false };
    check_refused(metric("queue", "", Data::Sum(up_down)), "temporality");
    check_refused(sum(DELTA, vec![number(-1.0)]), "delta_value");
    check_refused(sum(DELTA, vec![number(f64::NAN)]), "delta_value");
}

/// The same metric `make` in three requests, each a second after the other.
fn check_deltas(make: impl Fn(u64, u64) -> Metric, expected: &[&[&str]]) {
    let mut state = deltas();
    for (at, expected) in expected.iter().enumerate() {
        let end = NOW_NS + at as u64 * 1_000 * MS;
        let got = take(&request(vec![make(end - 1_000 * MS, end)]), &mut state);
        assert_eq!(lines(&got), *expected, "{}", got.refused.message());
        assert!(got.batch.samples.iter().all(|sample| sample.start_ms == NOW_MS - 1_000), "{got:?}");
    }
}

#[test]
fn deltas_of_sums_add_up() {
    let make = |start_time_unix_nano, time_unix_nano| {
        sum(DELTA, vec![NumberDataPoint { start_time_unix_nano, time_unix_nano, ..number(2.0) }])
    };
    check_deltas(make, &[&["requests_total{} 2"], &["requests_total{} 4"], &["requests_total{} 6"]]);
}

#[test]
fn deltas_of_histograms_add_up() {
    let make = |start_time_unix_nano, time_unix_nano| {
        let (counts, bounds) = (vec![1, 1], vec![1.0]);
        let point = HistogramDataPoint {
            start_time_unix_nano,
            time_unix_nano,
            count: 2,
            bucket_counts: counts,
            explicit_bounds: bounds,
            sum: Some(3.0),
            ..HistogramDataPoint::default()
        };
        histogram(DELTA, vec![point])
    };
    let lines = |sum: &str, count: &str, below: &str| {
        [
            format!("latency_seconds_sum{{}} {sum}"),
            format!("latency_seconds_count{{}} {count}"),
            format!("latency_seconds_bucket{{le=1}} {below}"),
            format!("latency_seconds_bucket{{le=+Inf}} {count}"),
        ]
    };
    let (one, two) = (lines("3", "2", "1"), lines("6", "4", "2"));
    check_deltas(make, &[&one.each_ref().map(String::as_str), &two.each_ref().map(String::as_str)]);
}

#[test]
fn deltas_of_exponential_histograms_add_up() {
    let make = |start_time_unix_nano, time_unix_nano| {
        let point = ExponentialHistogramDataPoint { start_time_unix_nano, time_unix_nano, ..exponential_point() };
        exponential(DELTA, vec![point])
    };
    check_deltas(make, &[&["latency_seconds{} histogram 4 [1.0, 2.0]"], &["latency_seconds{} histogram 8 [2.0, 4.0]"]]);
}

#[test]
fn a_delta_that_comes_twice_is_refused() {
    let mut state = deltas();
    let request = request(vec![sum(DELTA, vec![number(2.0)])]);
    assert_eq!(take(&request, &mut state).refused.count(), 0);
    let again = take(&request, &mut state);
    assert_eq!((again.refused.by_reason["delta_order"], again.batch.is_empty()), (1, true));
}

/// Takes no more than two series.
struct Two(std::cell::RefCell<Vec<SeriesId>>);

impl KnownSeries for Two {
    fn is_durable(&self, _: SeriesId) -> bool {
        false
    }

    fn admit(&self, id: SeriesId) -> Result<(), usize> {
        let mut held = self.0.borrow_mut();
        if !held.contains(&id) {
            held.push(id);
        }
        if held.len() > 2 { Err(2) } else { Ok(()) }
    }

    fn limits(&self) -> SeriesLimits {
        NoneKnown.limits()
    }
}

#[test]
fn a_histogram_comes_in_whole_or_not_at_all() {
    let request = request(vec![histogram(CUMULATIVE, vec![histogram_point()])]);
    let known = Two(std::cell::RefCell::default());
    let got = translate(&request, NOW_MS, &known, &mut deltas(), &Options::new(1 << 20));
    assert_eq!((got.batch, got.refused.by_reason["series"]), (SampleBatch::default(), 1));
}

#[test]
fn labels_that_repeat_for_each_bucket_stay_bounded() {
    let bounds: Vec<f64> = (0..1000).map(f64::from).collect();
    let point = HistogramDataPoint {
        attributes: attributes(&[("long", &"x".repeat(10_000))]),
        count: 0,
        bucket_counts: vec![0; 1001],
        explicit_bounds: bounds,
        ..histogram_point()
    };
    check_refused(histogram(CUMULATIVE, vec![point]), "too_large");
}

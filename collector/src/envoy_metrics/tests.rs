//! Messages and the samples that they become, as lines: `name{labels} value @time`.

mod corpora;

use std::ops::ControlFlow;

use bytes::Bytes;
use proptest::prelude::*;
use prost::Message as _;
use spanloom_store::series::{KnownSeries, Labels, NoneKnown, SampleBatch, SampleValue, SeriesId, SeriesLimits};

use super::totals::bucket;
use super::*;
use crate::exposition::protobuf::message::{
    Counter, Gauge, Histogram, Kind, LabelPair, Metric, MetricFamily, Quantile, Summary,
};
use crate::exposition::{Entry, Format, parse};

const RECEIVED_MS: i64 = 1_000_000;

fn identity() -> ProxyIdentity {
    ProxyIdentity { node_id: "edge".to_owned(), ..ProxyIdentity::default() }
}

fn family(stat: &str, kind: Kind, tags: &[(&str, &str)], metric: Metric) -> MetricFamily {
    let pair = |(name, value): &(&str, &str)| LabelPair { name: Some((*name).into()), value: Some((*value).into()) };
    let metric = Metric { label: tags.iter().map(pair).collect(), ..metric };
    MetricFamily {
        name: Some(stat.to_owned()),
        r#type: Some(kind as i32),
        metric: vec![metric],
        ..MetricFamily::default()
    }
}

fn counter(stat: &str, tags: &[(&str, &str)], value: f64) -> MetricFamily {
    let counter = Some(Counter { value: Some(value), ..Counter::default() });
    family(stat, Kind::Counter, tags, Metric { counter, ..Metric::default() })
}

fn histogram(count: u64) -> MetricFamily {
    let histogram = Histogram {
        sample_count: Some(count),
        sample_sum: Some(0.5),
        bucket: vec![bucket(0.5, 1), bucket(1.0, count)],
        ..Histogram::default()
    };
    family("cluster.rq_time", Kind::Histogram, &[], Metric { histogram: Some(histogram), ..Metric::default() })
}

fn summary(count: u64) -> MetricFamily {
    let quantile = vec![Quantile { quantile: Some(0.5), value: Some(2.0) }];
    let summary = Summary { sample_count: Some(count), sample_sum: Some(0.5), quantile, created_timestamp: None };
    family("cluster.rq_time", Kind::Summary, &[], Metric { summary: Some(summary), ..Metric::default() })
}

/// As it comes from the wire.
fn message(families: &[MetricFamily]) -> StreamMetricsMessage {
    let envoy_metrics = families.iter().map(|family| family.encode_to_vec().into()).collect();
    let sent = StreamMetricsMessage { identifier: None, envoy_metrics };
    StreamMetricsMessage::decode(Bytes::from(sent.encode_to_vec())).unwrap()
}

/// Samples as lines, without the labels that all of a stream have.
fn lines(batch: &SampleBatch) -> Vec<String> {
    let line = |sample: &spanloom_store::series::BatchSample| {
        let labels = batch.series[sample.series as usize].labels.as_ref().unwrap();
        assert_eq!((labels.get("job"), labels.get("instance").is_empty()), ("envoy", false));
        let SampleValue::Float(value) = sample.value else { panic!("no native histogram was sent") };
        let own = labels.filter(|name| !matches!(name, "__name__" | "job" | "instance"));
        format!("{}{own} {value} @{}", labels.metric(), sample.time_ms)
    };
    batch.samples.iter().map(line).collect()
}

fn check(families: &[MetricFamily], expected: &[&str]) {
    let (batch, refused) = batch(&message(families), &identity(), &mut Totals::new(1000), RECEIVED_MS, &NoneKnown);
    assert_eq!(lines(&batch), expected);
    assert_eq!(refused, Refused::default());
}

fn check_refused(families: &[MetricFamily], known: &dyn KnownSeries, reason: &'static str, first: &str) {
    let sound = counter("ok", &[], 1.0);
    let families = [families, &[sound]].concat();
    let (batch, refused) = batch(&message(&families), &identity(), &mut Totals::new(8), RECEIVED_MS, known);
    assert_eq!(lines(&batch), ["envoy_ok{} 1 @1000000"]);
    assert_eq!(refused.counts.into_iter().collect::<Vec<_>>(), [(reason, 1)]);
    assert_eq!(refused.first.as_deref(), Some(first));
}

#[test]
fn tags_are_labels_and_names_are_those_of_the_page() {
    let tags = [("envoy.cluster_name", "out|80||a"), ("envoy.response_code_class", "2")];
    check(
        &[counter("cluster.upstream_rq_xx", &tags, 3.0)],
        &["envoy_cluster_upstream_rq_xx{envoy_cluster_name=\"out|80||a\", envoy_response_code_class=\"2\"} 3 @1000000"],
    );
    let tags = [("reporter", "source"), ("response_code", "200")];
    check(
        &[counter("istiocustom.istio_requests_total", &tags, 1.0)],
        &["istio_requests_total{reporter=\"source\", response_code=\"200\"} 1 @1000000"],
    );
}

/// The same stats, as `/stats/prometheus` of the same proxy writes them.
#[test]
fn a_stream_has_the_series_of_the_page() {
    const PAGE: &str = r#"# TYPE envoy_cluster_upstream_rq_total counter
envoy_cluster_upstream_rq_total{envoy_cluster_name="outbound|80||\"a\"",local_zone="z\\1"} 7
# TYPE envoy_cluster_rq_time histogram
envoy_cluster_rq_time_bucket{le="0.5"} 1
envoy_cluster_rq_time_bucket{le="1"} 2
envoy_cluster_rq_time_bucket{le="+Inf"} 2
envoy_cluster_rq_time_sum{} 0.5
envoy_cluster_rq_time_count{} 2
"#;
    let mut expected = Vec::new();
    parse(Format::Text, PAGE.as_bytes(), &mut |entry| {
        if let Entry::Sample(sample) = entry {
            let mut labels = Vec::new();
            sample.labels(&mut labels);
            let own = identity();
            let own = own.labels().map(|(name, value)| (name.to_owned(), value.to_owned()));
            let labels = labels.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).chain(own);
            expected.push((Labels::new(labels), sample.value));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    let tags = [("envoy.cluster_name", "outbound|80||\"a\""), ("local_zone", "z\\1")];
    let message = message(&[counter("cluster.upstream_rq_total", &tags, 7.0), histogram(2)]);
    let (batch, _) = batch(&message, &identity(), &mut Totals::new(1000), RECEIVED_MS, &NoneKnown);
    let sent = batch.samples.iter().map(|sample| {
        let labels = batch.series[sample.series as usize].labels.clone().unwrap();
        (labels, sample.value.clone())
    });
    assert_eq!(sent.collect::<Vec<_>>(), expected);
}

#[test]
fn without_tags_the_name_is_all_there_is() {
    check(&[counter("cluster.a-b.upstream_rq_total", &[], 3.0)], &["envoy_cluster_a_b_upstream_rq_total{} 3 @1000000"]);
}

#[test]
fn a_metric_has_its_own_time_where_it_says_one() {
    let gauge = Some(Gauge { value: Some(-1.0) });
    for (timestamp_ms, expected) in [(Some(5), "envoy_g{} -1 @5"), (Some(0), "envoy_g{} -1 @1000000")] {
        check(&[family("g", Kind::Gauge, &[], Metric { gauge, timestamp_ms, ..Metric::default() })], &[expected]);
    }
}

#[test]
fn labels_of_a_stat_make_way_for_those_of_the_proxy() {
    check(&[counter("a", &[("job", "x"), ("b", "y")], 1.0)], &["envoy_a{b=\"y\", exported_job=\"x\"} 1 @1000000"]);
}

#[test]
fn histograms_are_added_up_over_a_stream() {
    let mut totals = Totals::new(1000);
    for (count, expected) in [(2, [1.0, 2.0, 2.0, 0.5, 2.0]), (3, [2.0, 5.0, 5.0, 1.0, 5.0])] {
        let (batch, refused) = batch(&message(&[histogram(count)]), &identity(), &mut totals, RECEIVED_MS, &NoneKnown);
        let [half, one, all, sum, count] = expected;
        assert_eq!(
            lines(&batch),
            [
                format!("envoy_cluster_rq_time_bucket{{le=\"0.5\"}} {half} @1000000"),
                format!("envoy_cluster_rq_time_bucket{{le=\"1.0\"}} {one} @1000000"),
                format!("envoy_cluster_rq_time_bucket{{le=\"+Inf\"}} {all} @1000000"),
                format!("envoy_cluster_rq_time_sum{{}} {sum} @1000000"),
                format!("envoy_cluster_rq_time_count{{}} {count} @1000000"),
            ]
        );
        assert_eq!(refused, Refused::default());
    }
}

#[test]
fn a_summary_beside_its_histogram_says_the_same_count() {
    let mut totals = Totals::new(1000);
    for (count, expected) in [(2, "2 @1000000"), (3, "5 @1000000")] {
        let message = message(&[summary(count), histogram(count)]);
        let (batch, _) = batch(&message, &identity(), &mut totals, RECEIVED_MS, &NoneKnown);
        let counts: Vec<_> = lines(&batch).into_iter().filter(|line| line.contains("_count{")).collect();
        let count = format!("envoy_cluster_rq_time_count{{}} {expected}");
        assert_eq!(counts, [count.clone(), count]);
        assert!(lines(&batch).contains(&"envoy_cluster_rq_time{quantile=\"0.5\"} 2 @1000000".to_owned()));
        let told: Vec<_> = batch.metadata.iter().map(|told| (&*told.family, told.kind.name())).collect();
        assert_eq!(told, [("envoy_cluster_rq_time", "histogram")]);
    }
}

#[test]
fn what_is_not_taken_is_counted_and_the_rest_is_taken() {
    let future = Metric { counter: Some(Counter::default()), timestamp_ms: Some(i64::MAX), ..Metric::default() };
    let future = family("late", Kind::Counter, &[], future);
    check_refused(&[future], &NoneKnown, "future", "a sample is from the future: late");
    let unnamed = counter("wasmcustom.", &[], 1.0);
    check_refused(&[unnamed], &NoneKnown, "name", "no name for a custom stat: wasmcustom.");
    let none = family("none", Kind::Gauge, &[], Metric::default());
    let error = "a metric has no value of its family's type, in a family of metrics: none";
    check_refused(&[none], &NoneKnown, "malformed", error);
    let wide = Histogram { bucket: vec![bucket(1.0, 1); 8], ..Histogram::default() };
    let wide = family("wide", Kind::Histogram, &[], Metric { histogram: Some(wide), ..Metric::default() });
    check_refused(&[wide], &NoneKnown, "totals", "one histogram too many in a stream: wide");
    let twice = counter("a", &[("x.y", "1"), ("x_y", "2")], 1.0);
    let error = "label x_y of series envoy_a{instance=\"edge\", job=\"envoy\", x_y=\"1\", x_y=\"2\"} is there twice";
    check_refused(&[twice], &NoneKnown, "label_repeated", error);
    let long = counter("a", &[("b", "long text")], 1.0);
    let series = "envoy_a{b=\"long text\", instance=\"edge\", job=\"envoy\"}";
    let error = format!("the value of label b of series {series} has 9 bytes, the most is 8");
    check_refused(&[long], &Short, "label_value", &error);
}

/// Knows nothing, and takes short values only.
struct Short;

impl KnownSeries for Short {
    fn is_durable(&self, _: SeriesId) -> bool {
        false
    }

    fn admit(&self, _: SeriesId) -> Result<(), usize> {
        Ok(())
    }

    fn limits(&self) -> SeriesLimits {
        SeriesLimits { label_value_bytes_max: 8, ..NoneKnown.limits() }
    }
}

#[test]
fn a_family_that_cannot_be_read_is_counted() {
    let message = StreamMetricsMessage { identifier: None, envoy_metrics: vec![Bytes::from_static(b"\x0a\x05ab")] };
    let (batch, refused) = batch(&message, &identity(), &mut Totals::new(8), RECEIVED_MS, &NoneKnown);
    assert!(batch.is_empty());
    assert_eq!(refused.counts.get("malformed"), Some(&1));
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(families in prop::collection::vec(any::<[u8; 40]>(), 0..4)) {
        let envoy_metrics = families.iter().map(|family| Bytes::copy_from_slice(family)).collect();
        let message = StreamMetricsMessage { identifier: None, envoy_metrics };
        let (batch, refused) = batch(&message, &identity(), &mut Totals::new(8), RECEIVED_MS, &NoneKnown);
        let is_told = refused.counts.is_empty() == refused.first.is_none();
        prop_assert!(is_told && batch.samples.iter().all(|sample| (sample.series as usize) < batch.series.len()));
    }
}

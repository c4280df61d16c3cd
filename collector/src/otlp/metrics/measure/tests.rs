//! What is measured is no less than what decoding makes.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{ExponentialHistogram, Gauge, Histogram, Summary};
use proptest::prelude::*;
use prost::Message as _;

use super::*;

/// Measures a metric whose decoded form takes at least `least` bytes.
fn check(data: Data, least: usize) {
    let metric = Metric { data: Some(data), ..Metric::default() };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }];
    let bytes = ExportMetricsServiceRequest { resource_metrics }.encode_to_vec();
    assert!(decoded_bytes(&bytes) as usize >= least, "{} of {least}", decoded_bytes(&bytes));
}

#[test]
fn empty_points_weigh_what_they_take() {
    const MANY: usize = 1000;
    let numbers = vec![NumberDataPoint::default(); MANY];
    check(Data::Gauge(Gauge { data_points: numbers }), MANY * size_of::<NumberDataPoint>());
    let point = HistogramDataPoint { exemplars: vec![Exemplar::default(); MANY], ..HistogramDataPoint::default() };
    let histogram = Histogram { data_points: vec![point; 2], aggregation_temporality: 1 };
    check(Data::Histogram(histogram), 2 * MANY * size_of::<Exemplar>());
    let point = SummaryDataPoint {
        quantile_values: vec![ValueAtQuantile::default(); MANY],
        attributes: vec![KeyValue::default(); MANY],
        ..SummaryDataPoint::default()
    };
    let least = MANY * (size_of::<ValueAtQuantile>() + size_of::<KeyValue>());
    check(Data::Summary(Summary { data_points: vec![point] }), least);
}

#[test]
fn packed_counts_weigh_eight_bytes_each() {
    let positive = Some(Buckets { offset: 0, bucket_counts: vec![0; 10_000] });
    let point = ExponentialHistogramDataPoint { positive, ..ExponentialHistogramDataPoint::default() };
    let histogram = ExponentialHistogram { data_points: vec![point], aggregation_temporality: 1 };
    check(Data::ExponentialHistogram(histogram), 80_000);
}

proptest! {
    #[test]
    fn any_bytes_are_measured(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(decoded_bytes(&bytes) >= bytes.len() as u64);
    }
}

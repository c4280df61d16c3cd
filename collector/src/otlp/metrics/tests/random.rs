//! Requests of all kinds of metrics with flipped bytes: whatever is left of them is taken or refused.

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use super::*;

/// One metric of each kind, once as it was and once as deltas.
fn whole() -> Vec<u8> {
    let quantile_values = vec![ValueAtQuantile { quantile: 0.5, value: 1.0 }];
    let summary = SummaryDataPoint { time_unix_nano: NOW_NS, count: 1, quantile_values, ..SummaryDataPoint::default() };
    let with = |number: NumberDataPoint| NumberDataPoint {
        attributes: attributes(&[("a", "1"), ("b.c", "2")]),
        exemplars: vec![example(1.0)],
        ..number
    };
    let mut metrics = vec![
        gauge("up", "1", vec![with(number(1.0))]),
        metric("gc", "", Data::Summary(Summary { data_points: vec![summary] })),
    ];
    for temporality in [CUMULATIVE, DELTA] {
        metrics.push(sum(temporality, vec![with(number(1.0)), number(2.0)]));
        let point = HistogramDataPoint { exemplars: vec![example(1.0)], ..histogram_point() };
        metrics.push(histogram(temporality, vec![point]));
        metrics.push(exponential(temporality, vec![exponential_point()]));
    }
    let mut request = request(metrics);
    let attributes = attributes(&[("service.name", "cart"), ("zone", "b")]);
    request.resource_metrics[0].resource = Some(Resource { attributes, ..Resource::default() });
    request.encode_to_vec()
}

fn check(request: &ExportMetricsServiceRequest, state: &mut DeltaState) -> Result<(), TestCaseError> {
    let got = take(request, state);
    let all = request.resource_metrics.iter().flat_map(|r| &r.scope_metrics).flat_map(|s| &s.metrics).map(points);
    prop_assert_eq!(got.accepted + got.refused.count(), all.sum::<u64>());
    let series = got.batch.series.len() as u32;
    prop_assert!(got.batch.samples.iter().all(|sample| sample.series < series));
    prop_assert!(got.batch.exemplars.iter().all(|exemplar| exemplar.series < series));
    prop_assert!(got.batch.samples.iter().all(|sample| sample.start_ms <= sample.time_ms));
    Ok(())
}

proptest! {
    #[test]
    fn every_data_point_is_taken_or_refused(flips in vec(any::<(prop::sample::Index, u8)>(), 0..6)) {
        let mut bytes = whole();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let mut state = deltas();
        let whole = ExportMetricsServiceRequest::decode(&whole()[..]).unwrap();
        check(&whole, &mut state)?;
        if let Ok(request) = ExportMetricsServiceRequest::decode(&bytes[..]) {
            check(&request, &mut state)?;
        }
    }
}

use super::*;
use crate::series::STALE;

fn row(labels: i64, time_ns: i64, histogram: NativeHistogram) -> HistogramRow {
    HistogramRow { id: SeriesId { metric: 1, labels }, time_ns, start_ns: None, histogram: Arc::new(histogram) }
}

fn full() -> NativeHistogram {
    NativeHistogram {
        hint: ResetHint::NotReset,
        schema: 3,
        zero_threshold: 1e-128,
        zero_count: 2.0,
        count: 9.0,
        sum: 4.5,
        positive_spans: vec![BucketSpan { offset: -2, length: 2 }, BucketSpan { offset: 3, length: 1 }],
        positive: vec![1.0, 2.0, 3.0],
        negative_spans: vec![BucketSpan { offset: 0, length: 1 }],
        negative: vec![1.0],
        custom_bounds: Arc::from([]),
    }
}

#[test]
fn histograms_come_back_whole() {
    let custom = NativeHistogram { schema: -53, custom_bounds: Arc::from([0.5, 1.0]), ..full() };
    let started = HistogramRow { start_ns: Some(3), ..row(2, 10, custom) };
    let built = build(vec![row(2, 20, full()), started.clone(), row(1, 5, NativeHistogram::default())]);
    assert_eq!(read(&built).unwrap(), [row(1, 5, NativeHistogram::default()), started, row(2, 20, full())]);
}

#[test]
fn the_marker_of_an_end_keeps_its_bits() {
    let built = build(vec![row(1, 5, NativeHistogram::stale())]);
    let sum = read(&built).unwrap()[0].histogram.sum;
    assert_eq!(sum.to_bits(), STALE.to_bits());
}

#[test]
fn merging_keeps_the_order_of_batches() {
    let one = build(vec![row(1, 5, full())]);
    let other = build(vec![row(1, 5, NativeHistogram::default()), row(0, 1, full())]);
    let merged = merge(&[one, other]).unwrap();
    let expected = [row(0, 1, full()), row(1, 5, full()), row(1, 5, NativeHistogram::default())];
    assert_eq!(read(&merged).unwrap(), expected);
}

//! Histograms one rule at a time.

use prost::Message as _;

use super::super::tests::oracle::{Count as ProtoCount, Histogram, Span, ZeroCount};
use super::*;

/// Three buckets of 2, 3 and 1, after a gap of two another with 4.
fn whole() -> Histogram {
    Histogram {
        count: Some(ProtoCount::Int(13)),
        sum: 7.5,
        schema: 2,
        zero_threshold: 1e-3,
        zero_count: Some(ZeroCount::Int(3)),
        positive_spans: vec![Span { offset: -1, length: 3 }, Span { offset: 2, length: 1 }],
        positive_deltas: vec![2, 1, -2, 3],
        reset_hint: 1,
        timestamp: 9,
        start_timestamp: 4,
        ..Histogram::default()
    }
}

fn custom() -> Histogram {
    Histogram {
        count: Some(ProtoCount::Float(1.5)),
        schema: CUSTOM_BOUNDS,
        positive_spans: vec![Span { offset: 1, length: 2 }],
        positive_counts: vec![1.0, 0.5],
        custom_values: vec![0.5, 2.0],
        ..Histogram::default()
    }
}

fn read_histogram(proto: &Histogram) -> Result<NativeHistogram, BadHistogram> {
    read(&proto.encode_to_vec(), 0).unwrap().1
}

/// `change` makes a good histogram one that contradicts itself in this way.
fn check(good: Histogram, change: impl FnOnce(&mut Histogram), expected: &str) {
    assert!(read_histogram(&good).is_ok());
    let mut bad = good;
    change(&mut bad);
    let why = read_histogram(&bad).unwrap_err().to_string();
    assert!(why.contains(expected), "{why}");
}

#[test]
fn differences_become_counts() {
    let (times, histogram) = read(&whole().encode_to_vec(), 1).unwrap();
    let histogram = histogram.unwrap();
    assert_eq!((times.time_ms, times.start_ms), (9, 4));
    assert_eq!(histogram.positive, [2.0, 3.0, 1.0, 4.0]);
    assert_eq!(histogram.positive_spans[1], BucketSpan { offset: 2, length: 1 });
    assert_eq!((histogram.count, histogram.zero_count, histogram.sum), (13.0, 3.0, 7.5));
    assert_eq!((histogram.schema, histogram.hint), (2, ResetHint::Reset));
}

#[test]
fn floating_point_counts_and_custom_bounds_are_taken_as_they_are() {
    let histogram = read_histogram(&custom()).unwrap();
    assert_eq!(histogram.positive, [1.0, 0.5]);
    assert_eq!(&histogram.custom_bounds[..], [0.5, 2.0]);
}

#[test]
fn a_marker_of_staleness_is_a_histogram() {
    let stale = Histogram { sum: spanloom_store::series::STALE, ..Histogram::default() };
    assert!(spanloom_store::series::is_stale(read_histogram(&stale).unwrap().sum));
}

#[test]
fn observations_that_are_not_numbers_are_in_no_bucket() {
    let mut histogram = whole();
    (histogram.sum, histogram.count) = (f64::NAN, Some(ProtoCount::Int(14)));
    assert!(read_histogram(&histogram).is_ok());
    check(whole(), |h| (h.sum, h.count) = (f64::NAN, Some(ProtoCount::Int(12))), "have 13 observations");
}

#[test]
fn counts_must_add_up() {
    check(whole(), |h| h.count = Some(ProtoCount::Int(14)), "its count is 14, and its buckets have 13");
    check(whole(), |h| h.positive_deltas[0] = -1, "negative");
    check(whole(), |h| h.positive_deltas = vec![i64::MAX, i64::MAX, 2, 3], "negative");
    check(custom(), |h| h.count = Some(ProtoCount::Float(f64::NAN)), "negative");
    check(custom(), |h| h.positive_counts[0] = f64::NAN, "negative");
}

#[test]
fn spans_must_fit_counts_and_buckets() {
    check(whole(), |h| h.positive_spans[0].length = 4, "positive spans have 5 buckets, and there are 4");
    check(whole(), |h| h.positive_spans[1].offset = -1, "before the end");
    check(whole(), |h| h.positive_spans[0].offset = i32::MAX, "beyond all buckets");
    check(whole(), |h| h.negative_spans.push(Span { offset: 0, length: u32::MAX }), "negative spans have 4294967295");
    check(custom(), |h| h.positive_spans[0].offset = 2, "beyond all buckets");
}

#[test]
fn schemas_are_known() {
    check(whole(), |h| h.schema = 9, "schema is 9");
    check(whole(), |h| h.schema = -5, "schema is -5");
    check(whole(), |h| h.custom_values.push(1.0), "custom bounds");
    check(custom(), |h| h.zero_count = Some(ZeroCount::Float(1.0)), "only exponential");
    check(custom(), |h| h.custom_values = vec![2.0, 2.0], "do not ascend");
    check(custom(), |h| h.custom_values = vec![2.0, f64::INFINITY], "not finite");
}

#[test]
fn whole_and_floating_point_numbers_do_not_mix() {
    check(whole(), |h| h.positive_counts = vec![1.0], "whole numbers in one place");
    check(whole(), |h| h.zero_count = Some(ZeroCount::Float(3.0)), "whole numbers in one place");
    check(custom(), |h| h.positive_deltas = vec![1], "whole numbers in one place");
}

#[test]
fn the_zero_bucket_has_a_breadth() {
    check(whole(), |h| h.zero_threshold = -1.0, "breadth -1");
    check(whole(), |h| h.zero_threshold = f64::NAN, "breadth NaN");
}

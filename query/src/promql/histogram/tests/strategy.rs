//! Random histograms.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use crate::promql::histogram::{BucketSpan, CUSTOM_SCHEMA, Histogram, ResetHint};

/// One side, from counts by index; every bucket a span of its own when `cut`.
fn side(counts: &BTreeMap<i32, u32>, cut: bool) -> (Vec<BucketSpan>, Vec<f64>) {
    let mut spans: Vec<BucketSpan> = Vec::new();
    let mut next = 0;
    for index in counts.keys() {
        match spans.last_mut() {
            Some(span) if *index == next && !cut => span.length += 1,
            _ => spans.push(BucketSpan { offset: index - next, length: 1 }),
        }
        next = index + 1;
    }
    (spans, counts.values().map(|count| f64::from(*count)).collect())
}

/// Whole counts; the count of the whole is right.
pub fn exponential() -> impl Strategy<Value = Histogram> {
    let counts = || btree_map(-40..40_i32, 0..9_u32, 0..12);
    let threshold = prop_oneof![Just(0.001), Just(0.3), Just(1.0), Just(3.0)];
    (-2..6_i32, threshold, 0..5_u32, counts(), counts(), any::<bool>(), -99.0..99.0).prop_map(
        |(schema, zero_threshold, zero, positive, negative, cut, sum)| {
            let zero_count = f64::from(zero);
            let ((positive_spans, positive), (negative_spans, negative)) = (side(&positive, cut), side(&negative, cut));
            let count = zero_count + positive.iter().chain(&negative).sum::<f64>();
            let histogram = Histogram {
                schema,
                zero_threshold,
                zero_count,
                count,
                sum,
                positive_spans,
                positive,
                negative_spans,
                negative,
                ..Histogram::default()
            };
            above_zero(histogram)
        },
    )
}

/// Without buckets that the zero bucket covers in whole: a store never has them.
fn above_zero(histogram: Histogram) -> Histogram {
    let covered = histogram.zero_threshold;
    let none = Histogram { zero_threshold: covered, schema: histogram.schema, ..Histogram::default() };
    let wider = Histogram { zero_threshold: 0.0, ..histogram };
    let moved = wider.add(&none).expect("both are exponential").histogram;
    Histogram { count: moved.zero_count + moved.positive.iter().chain(&moved.negative).sum::<f64>(), ..moved }
}

/// Listed bounds between -5 and 20.
pub fn custom() -> impl Strategy<Value = Histogram> {
    (btree_set(-5..20_i32, 0..8), vec(0..9_u32, 0..9), -99.0..99.0).prop_map(|(bounds, counts, sum)| {
        let bounds: Arc<[f64]> = bounds.into_iter().map(f64::from).collect();
        let counts: Vec<f64> = counts.into_iter().take(bounds.len() + 1).map(f64::from).collect();
        Histogram {
            schema: CUSTOM_SCHEMA,
            count: counts.iter().sum(),
            sum,
            positive_spans: vec![BucketSpan { offset: 0, length: counts.len() as u32 }],
            positive: counts,
            custom_bounds: bounds,
            ..Histogram::default()
        }
    })
}

pub fn sound() -> impl Strategy<Value = Histogram> {
    prop_oneof![exponential(), custom()]
}

/// Two that have a sum.
pub fn pair() -> impl Strategy<Value = (Histogram, Histogram)> {
    prop_oneof![(exponential(), exponential()), (custom(), custom())]
}

/// Anything that the type can hold.
pub fn unsound() -> impl Strategy<Value = Histogram> {
    let span = (prop_oneof![any::<i32>(), -3..3_i32], prop_oneof![any::<u32>(), 0..4_u32]);
    let spans = vec(span.prop_map(|(offset, length)| BucketSpan { offset, length }), 0..4);
    let number = || prop_oneof![any::<f64>(), Just(f64::NAN), Just(f64::INFINITY), -3.0..3.0];
    let counts = || vec(number(), 0..9);
    let schema = prop_oneof![any::<i32>(), -9..12_i32, Just(CUSTOM_SCHEMA)];
    let totals = (number(), number(), number(), number());
    (schema, totals, spans.clone(), counts(), spans, counts(), counts()).prop_map(
        |(
            schema,
            (zero_threshold, zero_count, count, sum),
            positive_spans,
            positive,
            negative_spans,
            negative,
            bounds,
        )| {
            Histogram {
                hint: ResetHint::Unknown,
                schema,
                zero_threshold,
                zero_count,
                count,
                sum,
                positive_spans,
                positive,
                negative_spans,
                negative,
                custom_bounds: bounds.into(),
            }
        },
    )
}

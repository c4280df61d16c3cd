//! Counters that started anew.

use std::sync::Arc;

use super::{custom, exponential, hinted};
use crate::promql::histogram::{Histogram, ResetHint, stored_hint, totals};
use crate::promql::sample::{Column, STALE};

#[test]
fn a_count_that_falls_is_a_reset() {
    let reset = |now: &Histogram, before: &Histogram| now.detect_reset(before);
    let before = exponential(&[1.0], 1.0, &[1.0, 2.0]);
    assert!(!reset(&before, &before));
    assert!(!reset(&exponential(&[1.0], 1.0, &[1.0, 2.0, 1.0]), &before));
    assert!(reset(&exponential(&[1.0], 1.0, &[2.0, 1.0, 1.0]), &before));
    assert!(reset(&exponential(&[], 1.0, &[2.0, 2.0]), &before));
    assert!(reset(&exponential(&[1.0], 0.0, &[2.0, 2.0]), &before));
    assert!(reset(&Histogram { schema: 1, ..before.clone() }, &before));
    assert!(reset(&Histogram { hint: ResetHint::Reset, ..before.clone() }, &before));
    assert!(!reset(&Histogram { hint: ResetHint::NotReset, count: 0.0, ..before.clone() }, &before));
}

#[test]
fn coarser_buckets_are_no_reset() {
    let before = Histogram { schema: 1, ..exponential(&[], 1.0, &[1.0, 2.0, 3.0]) };
    assert!(!exponential(&[], 1.0, &[1.0, 5.0]).detect_reset(&before));
    assert!(exponential(&[], 1.0, &[2.0, 4.0]).detect_reset(&before));
    let wide =
        |zero, counts: &[f64], threshold| Histogram { zero_threshold: threshold, ..exponential(&[], zero, counts) };
    assert!(!wide(2.0, &[0.0, 2.0], 1.0).detect_reset(&exponential(&[], 1.0, &[1.0, 2.0])));
    assert!(wide(1.0, &[0.0, 3.0], 1.0).detect_reset(&exponential(&[], 1.0, &[1.0, 2.0])));
    assert!(wide(9.0, &[0.0, 9.0], 1.5).detect_reset(&exponential(&[], 1.0, &[1.0, 2.0])));
}

#[test]
fn other_bounds_are_compared_where_both_have_them() {
    let before = custom(&[2.0, 4.0, 6.0], &[1.0, 2.0, 5.0, 7.0]);
    assert!(custom(&[2.0, 3.0, 4.0, 6.0], &[1.0, 0.0, 1.0, 5.0, 8.0]).detect_reset(&before));
    assert!(!custom(&[2.0, 3.0, 4.0, 6.0], &[1.0, 1.0, 1.0, 5.0, 8.0]).detect_reset(&before));
    assert!(!custom(&[9.0], &[15.0, 0.0]).detect_reset(&before));
}

#[test]
fn chunks_tell_hints() {
    let (before, after) = (exponential(&[], 0.0, &[2.0]), exponential(&[], 0.0, &[3.0]));
    assert_eq!(stored_hint(&after, None), ResetHint::Unknown);
    assert_eq!(stored_hint(&after, Some(&before)), ResetHint::NotReset);
    assert_eq!(stored_hint(&before, Some(&after)), ResetHint::Unknown);
    assert_eq!(stored_hint(&after, Some(&hinted(ResetHint::Gauge))), ResetHint::Unknown);
    assert_eq!(stored_hint(&hinted(ResetHint::Gauge), Some(&after)), ResetHint::Gauge);
}

#[test]
fn without_buckets_hints_tell_resets() {
    let stale = Histogram { sum: STALE, ..Histogram::default() };
    let of =
        [exponential(&[], 0.0, &[1.0, 1.0]), exponential(&[], 0.0, &[2.0, 0.0]), exponential(&[], 0.0, &[3.0]), stale];
    let mut column = Column::default();
    for (at, histogram) in of.into_iter().chain([exponential(&[], 0.0, &[4.0])]).enumerate() {
        column.push(at as i64, Arc::new(histogram));
    }
    let told = totals(&column).values;
    let hints: Vec<ResetHint> = told.iter().map(|histogram| histogram.hint).collect();
    use ResetHint::{NotReset, Reset, Unknown};
    assert_eq!(hints, [Unknown, Reset, NotReset, Reset, Unknown]);
    assert!(told.iter().all(|histogram| histogram.positive.is_empty()));
    assert_eq!(told[1].count, 2.0);
}

use proptest::prelude::*;

use super::{ClassicBucket, Forced, bucket_fraction, bucket_quantile, quantile};

const INF: f64 = f64::INFINITY;

fn buckets(of: &[(f64, f64)]) -> Vec<ClassicBucket> {
    of.iter().map(|(upper, count)| ClassicBucket { upper: *upper, count: *count }).collect()
}

fn of_buckets(q: f64, of: &[(f64, f64)], expected: f64) {
    let value = bucket_quantile(q, &mut buckets(of)).value;
    assert!((value - expected).abs() < 1e-12 || value == expected || (value.is_nan() && expected.is_nan()), "{value}");
}

fn fraction(lower: f64, upper: f64, of: &[(f64, f64)], expected: f64) {
    let value = bucket_fraction(lower, upper, &mut buckets(of));
    assert!((value - expected).abs() < 1e-12 || (value.is_nan() && expected.is_nan()), "{value}");
}

#[test]
fn values_are_spread_evenly_in_a_bucket() {
    let some = [(1.0, 1.0), (2.0, 3.0), (INF, 4.0)];
    of_buckets(0.125, &some, 0.5);
    of_buckets(0.5, &some, 1.5);
    of_buckets(0.75, &some, 2.0);
    of_buckets(0.9, &some, 2.0);
    of_buckets(0.0, &some, 0.0);
    of_buckets(1.0, &some, 2.0);
}

#[test]
fn order_and_repeated_bounds_do_not_matter() {
    of_buckets(0.5, &[(INF, 4.0), (2.0, 2.0), (1.0, 1.0), (2.0, 1.0)], 1.5);
}

#[test]
fn the_lowest_bucket_starts_at_zero_unless_it_ends_below() {
    of_buckets(0.1, &[(-1.0, 2.0), (1.0, 4.0), (INF, 4.0)], -1.0);
    of_buckets(0.75, &[(-1.0, 2.0), (1.0, 4.0), (INF, 4.0)], 0.0);
}

#[test]
fn there_is_not_always_a_quantile() {
    of_buckets(0.5, &[], f64::NAN);
    of_buckets(0.5, &[(INF, 1.0)], f64::NAN);
    of_buckets(0.5, &[(1.0, 1.0), (2.0, 2.0)], f64::NAN);
    of_buckets(0.5, &[(1.0, 0.0), (INF, 0.0)], f64::NAN);
    of_buckets(f64::NAN, &[(1.0, 1.0), (INF, 1.0)], f64::NAN);
    of_buckets(-1.0, &[(1.0, 1.0), (INF, 1.0)], -INF);
    of_buckets(2.0, &[(1.0, 1.0), (INF, 1.0)], INF);
}

#[test]
fn counts_that_fall_are_mended_and_told() {
    let of = [(0.1, 2.0), (1.0, 1.0), (10.0, 5.0), (100.0, 4.0), (1000.0, 9.0), (INF, 8.0)];
    let estimate = bucket_quantile(0.5, &mut buckets(&of));
    assert_eq!(estimate.value, 8.5);
    assert_eq!(estimate.forced_monotonic, Some(Forced { lowest: 1.0, highest: INF, difference: 1.0 }));
    let rounding = [(1.0, 1.0), (2.0, 1.0 - 1e-14), (INF, 1.0 + 1e-14)];
    assert_eq!(bucket_quantile(0.5, &mut buckets(&rounding)).forced_monotonic, None);
}

#[test]
fn fractions_are_between_values() {
    let some = [(1.0, 1.0), (2.0, 3.0), (INF, 4.0)];
    fraction(0.0, 1.0, &some, 0.25);
    fraction(0.5, 1.5, &some, 0.375);
    fraction(-INF, INF, &some, 1.0);
    fraction(2.0, 3.0, &some, 0.0);
    fraction(2.0, INF, &some, 0.25);
    fraction(2.0, 1.0, &some, 0.0);
    fraction(f64::NAN, 1.0, &some, f64::NAN);
    fraction(0.0, 1.0, &[(1.0, 1.0)], f64::NAN);
    fraction(0.0, 1.0, &[(INF, 0.0)], f64::NAN);
    fraction(0.0, 1.0, &[], f64::NAN);
}

#[test]
fn quantiles_of_values_lie_between_neighbours() {
    assert_eq!(quantile(0.5, &mut [3.0, 1.0, 2.0]), 2.0);
    assert_eq!(quantile(0.5, &mut [4.0, 1.0, 2.0, 3.0]), 2.5);
    assert_eq!(quantile(0.0, &mut [3.0, 1.0]), 1.0);
    assert_eq!(quantile(1.0, &mut [3.0, 1.0]), 3.0);
    assert_eq!(quantile(0.5, &mut [f64::NAN, 2.0, 1.0]), 1.0);
    assert!(quantile(0.0, &mut [1.0, f64::NAN]).is_nan());
    assert!(quantile(0.5, &mut []).is_nan());
    assert!(quantile(f64::NAN, &mut [1.0]).is_nan());
    assert_eq!(quantile(-0.1, &mut [1.0]), -INF);
    assert_eq!(quantile(1.1, &mut [1.0]), INF);
}

proptest! {
    /// By sorting all of them.
    #[test]
    fn selection_is_as_good_as_sorting(mut values in prop::collection::vec(-9.0..9.0_f64, 1..40), q in 0.0..=1.0_f64) {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = q * (sorted.len() - 1) as f64;
        let (low, high) = (sorted[rank.floor() as usize], sorted[(rank.floor() as usize + 1).min(sorted.len() - 1)]);
        let weight = rank - rank.floor();
        prop_assert_eq!(quantile(q, &mut values), low * (1.0 - weight) + high * weight);
    }

    #[test]
    fn any_buckets_have_an_answer(of in prop::collection::vec((any::<f64>(), any::<f64>()), 0..9), q in 0.0..1.0_f64) {
        bucket_quantile(q, &mut buckets(&of));
        bucket_fraction(-q, q, &mut buckets(&of));
    }
}

//! Quantiles, fractions, trimming and moments.

use super::{custom, exponential, is_nearly, prints};
use crate::promql::histogram::{Histogram, NanObservations};

#[test]
fn quantiles_lie_within_buckets() {
    let even = exponential(&[], 0.0, &[0.0, 1.0, 1.0]);
    is_nearly(even.quantile(0.5).value, 2.0);
    is_nearly(even.quantile(0.25).value, std::f64::consts::SQRT_2);
    is_nearly(exponential(&[0.0, 1.0], 0.0, &[]).quantile(0.5).value, -std::f64::consts::SQRT_2);
    is_nearly(exponential(&[], 4.0, &[]).quantile(0.75).value, 0.0005);
    is_nearly(exponential(&[], 4.0, &[0.0]).quantile(0.75).value, 0.00075);
    assert_eq!(even.quantile(-0.1).value, f64::NEG_INFINITY);
    assert_eq!(even.quantile(1.1).value, f64::INFINITY);
    assert!(even.quantile(f64::NAN).value.is_nan());
    assert!(Histogram::default().quantile(0.5).value.is_nan());
}

#[test]
fn observations_of_nan_are_told() {
    let nan = Histogram { sum: f64::NAN, count: 4.0, ..exponential(&[], 0.0, &[1.0, 1.0]) };
    let low = nan.quantile(0.25);
    assert_eq!((low.value, low.nan_observations), (1.0, NanObservations::Skewed));
    let high = nan.quantile(0.9);
    assert!(high.value.is_nan());
    assert_eq!(high.nan_observations, NanObservations::Result);
    let below = nan.fraction(f64::NEG_INFINITY, f64::INFINITY);
    assert_eq!((below.value, below.nan_observations), (0.5, true));
    let infinities = Histogram { sum: f64::NAN, ..exponential(&[], 0.0, &[1.0, 1.0]) };
    assert_eq!(infinities.quantile(0.5).nan_observations, NanObservations::None);
    assert!(!infinities.fraction(0.0, 1.0).nan_observations);
}

#[test]
fn quantiles_of_listed_bounds_are_as_of_classic_buckets() {
    let some = custom(&[5.0, 10.0], &[2.0, 2.0, 1.0]);
    is_nearly(some.quantile(0.2).value, 2.5);
    is_nearly(some.quantile(0.6).value, 7.5);
    assert_eq!(some.quantile(0.99).value, 10.0);
    assert_eq!(custom(&[-5.0, 10.0], &[2.0, 2.0]).quantile(0.2).value, -5.0);
}

#[test]
fn trimming_keeps_what_lies_on_one_side() {
    let some = custom(&[5.0, 10.0, 15.0], &[1.0, 6.0, 4.0, 1.0]);
    prints(&some.clone().trim_above(7.5), "{count:4, sum:21.25, [-Inf,5]:1, (5,10]:3}");
    prints(&some.clone().trim_below(7.5), "{count:8, sum:91.25, (5,10]:3, (10,15]:4, (15,+Inf]:1}");
    prints(&some.clone().trim_below(20.0), "{count:1, sum:20, (15,+Inf]:1}");
    prints(&some.clone().trim_above(f64::NAN), "{count:0, sum:0}");
    assert_eq!(some.clone().trim_above(f64::INFINITY), some);
}

#[test]
fn moments_take_values_in_the_middle() {
    let some = Histogram { sum: 8.0, ..custom(&[2.0, 4.0], &[0.0, 2.0]) };
    is_nearly(some.mean(), 4.0);
    is_nearly(some.stdvar(), 1.0);
    is_nearly(some.stddev(), 1.0);
    let exponential = Histogram { sum: 0.0, ..exponential(&[0.0, 1.0], 1.0, &[0.0, 1.0]) };
    is_nearly(exponential.stdvar(), 4.0 / 3.0);
    assert!(Histogram::default().mean().is_nan());
}

#[test]
fn a_zero_bucket_without_width_lies_above() {
    let point = Histogram { zero_threshold: 0.0, ..exponential(&[], 2.0, &[]) };
    prints(&point.clone().trim_above(0.0), "{count:0, sum:0}");
    prints(&point.clone().trim_below(0.0), "{count:2, sum:0, [-0,0]:2}");
    prints(&point.trim_above(1.0), "{count:2, sum:0, [-0,0]:2}");
}

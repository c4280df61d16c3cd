mod classic;
mod estimates;
mod properties;
mod resets;
mod strategy;

use std::sync::Arc;

use super::{BucketSpan, CUSTOM_SCHEMA, Combined, Histogram, HistogramMean, HistogramSum, Incompatible, ResetHint};

/// An exponential histogram of schema 0, whose buckets start at index 0, with a zero bucket up to 0.001.
fn exponential(negative: &[f64], zero: f64, positive: &[f64]) -> Histogram {
    Histogram {
        zero_threshold: 0.001,
        zero_count: zero,
        count: zero + positive.iter().chain(negative).sum::<f64>(),
        positive_spans: one_span(positive),
        positive: positive.to_vec(),
        negative_spans: one_span(negative),
        negative: negative.to_vec(),
        ..Histogram::default()
    }
}

fn custom(bounds: &[f64], counts: &[f64]) -> Histogram {
    Histogram {
        schema: CUSTOM_SCHEMA,
        count: counts.iter().sum(),
        positive_spans: one_span(counts),
        positive: counts.to_vec(),
        custom_bounds: Arc::from(bounds),
        ..Histogram::default()
    }
}

fn one_span(counts: &[f64]) -> Vec<BucketSpan> {
    vec![BucketSpan { offset: 0, length: counts.len() as u32 }]
}

fn hinted(hint: ResetHint) -> Histogram {
    Histogram { hint, ..exponential(&[], 0.0, &[1.0]) }
}

fn prints(histogram: &Histogram, expected: &str) {
    assert_eq!(histogram.to_string(), expected);
}

fn nearly(left: f64, right: f64) -> bool {
    left == right
        || (left.is_nan() && right.is_nan())
        || (left - right).abs() <= 1e-9 * left.abs().max(right.abs()).max(1e-9)
}

fn is_nearly(left: f64, right: f64) {
    assert!(nearly(left, right), "{left} is not {right}");
}

#[test]
fn text_is_that_of_prometheus() {
    prints(&Histogram::default(), "{count:0, sum:0}");
    prints(
        &exponential(&[1.5], 3.0, &[1.0, 0.0, 2.0]),
        "{count:7.5, sum:0, [-1,-0.5):1.5, [-0.001,0.001]:3, (0.5,1]:1, (2,4]:2}",
    );
    prints(&custom(&[5.0, 10.0], &[1.0, 2.0, 3.0]), "{count:6, sum:0, [-Inf,5]:1, (5,10]:2, (10,+Inf]:3}");
    let large = Histogram { count: 1_234_567.0, sum: 0.000_012, ..Histogram::default() };
    prints(&large, "{count:1.234567e+06, sum:1.2e-05}");
    prints(&Histogram { count: 123_456.0, sum: f64::NAN, ..Histogram::default() }, "{count:123456, sum:NaN}");
}

#[test]
fn bounds_are_powers_of_the_schema() {
    let upper = |schema, index| super::bucket::exponential_bound(index, schema);
    assert_eq!([upper(0, -1), upper(0, 0), upper(0, 3)], [0.5, 1.0, 8.0]);
    assert_eq!([upper(-2, -1), upper(-2, 0), upper(-2, 1)], [1.0 / 16.0, 1.0, 16.0]);
    is_nearly(upper(1, 1), std::f64::consts::SQRT_2);
    is_nearly(upper(8, 257), 2.0 * (1.0_f64 / 256.0).exp2());
    is_nearly(upper(8, -1), (-1.0_f64 / 256.0).exp2());
    assert_eq!([upper(0, 1023), upper(0, 1024), upper(0, 1025)], [2.0_f64.powi(1023), f64::MAX, f64::INFINITY]);
    assert_eq!([upper(-4, 63), upper(-4, 64), upper(-4, 65)], [2.0_f64.powi(1008), f64::MAX, f64::INFINITY]);
    assert_eq!([upper(0, -1074), upper(0, -1075)], [5e-324, 0.0]);
}

#[test]
fn bounds_belong_to_buckets_as_the_api_says() {
    let rules = |histogram: &Histogram| histogram.buckets().map(|bucket| bucket.boundary_rule()).collect::<Vec<_>>();
    assert_eq!(rules(&exponential(&[1.0], 1.0, &[1.0])), [1, 3, 0]);
    assert_eq!(rules(&custom(&[1.0], &[1.0, 1.0])), [3, 0]);
}

#[test]
fn the_zero_bucket_cuts_its_neighbours() {
    let wide = Histogram { zero_threshold: 0.75, ..exponential(&[1.0], 1.0, &[2.0]) };
    let bounds: Vec<_> = wide.buckets().map(|bucket| (bucket.lower, bucket.upper, bucket.count)).collect();
    assert_eq!(bounds, [(-1.0, -0.75, 1.0), (-0.75, 0.75, 1.0), (0.75, 1.0, 2.0)]);
}

#[test]
fn sums_and_differences_go_by_bucket() {
    let (a, b) = (exponential(&[1.0], 1.0, &[1.0, 2.0]), exponential(&[], 2.0, &[0.0, 1.0, 1.0]));
    prints(
        &a.add(&b).unwrap().histogram,
        "{count:9, sum:0, [-1,-0.5):1, [-0.001,0.001]:3, (0.5,1]:1, (1,2]:3, (2,4]:1}",
    );
    prints(
        &a.sub(&b).unwrap().histogram,
        "{count:1, sum:0, [-1,-0.5):1, [-0.001,0.001]:-1, (0.5,1]:1, (1,2]:1, (2,4]:-1}",
    );
}

#[test]
fn the_coarser_schema_wins() {
    let fine = Histogram { schema: 1, ..exponential(&[], 0.0, &[1.0, 2.0, 3.0, 4.0]) };
    let coarse = exponential(&[], 0.0, &[10.0, 20.0, 30.0]);
    let sum = "{count:70, sum:0, (0.5,1]:11, (1,2]:25, (2,4]:34}";
    prints(&fine.add(&coarse).unwrap().histogram, sum);
    prints(&coarse.add(&fine).unwrap().histogram, sum);
}

#[test]
fn the_wider_zero_bucket_wins() {
    let narrow = exponential(&[1.0, 2.0], 1.0, &[3.0, 4.0]);
    let wide = Histogram { zero_threshold: 1.0, ..exponential(&[], 10.0, &[0.0, 1.0]) };
    prints(&narrow.add(&wide).unwrap().histogram, "{count:22, sum:0, [-2,-1):2, [-1,1]:15, (1,2]:5}");
    prints(&wide.add(&narrow).unwrap().histogram, "{count:22, sum:0, [-2,-1):2, [-1,1]:15, (1,2]:5}");
}

#[test]
fn a_zero_bucket_ends_with_a_bucket_that_is_not_empty() {
    let narrow = exponential(&[], 0.0, &[1.0, 1.0, 1.0]);
    let wide = Histogram { zero_threshold: 1.5, ..exponential(&[], 10.0, &[]) };
    prints(&narrow.add(&wide).unwrap().histogram, "{count:13, sum:0, [-2,2]:12, (2,4]:1}");
    let empty_there = exponential(&[], 0.0, &[1.0, 0.0, 1.0]);
    prints(&empty_there.add(&wide).unwrap().histogram, "{count:12, sum:0, [-1.5,1.5]:11, (2,4]:1}");
}

#[test]
fn common_bounds_stay() {
    let (a, b) = (custom(&[1.0, 2.0, 4.0], &[1.0, 2.0, 3.0, 4.0]), custom(&[2.0, 3.0, 4.0], &[10.0, 20.0, 30.0, 40.0]));
    let Combined { histogram, bounds_reconciled, .. } = a.add(&b).unwrap();
    prints(&histogram, "{count:110, sum:0, [-Inf,2]:13, (2,4]:53, (4,+Inf]:44}");
    assert!(bounds_reconciled);
    let nothing_shared = custom(&[5.0], &[1.0, 1.0]);
    prints(&a.add(&nothing_shared).unwrap().histogram, "{count:12, sum:0, [-Inf,+Inf]:12}");
    assert!(!a.add(&a).unwrap().bounds_reconciled);
}

#[test]
fn custom_and_exponential_do_not_mix() {
    let (a, b) = (custom(&[1.0], &[1.0]), exponential(&[], 0.0, &[1.0]));
    assert_eq!(a.add(&b), Err(Incompatible));
    assert_eq!(b.sub(&a), Err(Incompatible));
    assert_eq!(HistogramSum::new(&a).add(&b), Err(Incompatible));
    assert_eq!(HistogramMean::new(&b).add(&a), Err(Incompatible));
    assert!(a.detect_reset(&b));
}

#[test]
fn hints_meet() {
    use ResetHint::{Gauge, NotReset, Reset, Unknown};
    let sum = |a, b| {
        let sum = hinted(a).add(&hinted(b)).unwrap();
        (sum.histogram.hint, sum.hints_conflict)
    };
    assert_eq!(sum(NotReset, NotReset), (NotReset, false));
    assert_eq!(sum(Gauge, Reset), (Gauge, false));
    assert_eq!(sum(NotReset, Gauge), (Gauge, false));
    assert_eq!(sum(Unknown, NotReset), (Unknown, false));
    assert_eq!(sum(Reset, NotReset), (Unknown, true));
    assert_eq!(hinted(Reset).sub(&hinted(Reset)).unwrap().histogram.hint, Gauge);
    assert_eq!(hinted(NotReset).negate().hint, Gauge);
    assert_eq!(hinted(NotReset).scale(2.0).hint, NotReset);
}

#[test]
fn sums_tell_conflicts_that_later_hints_hide() {
    let mut sum = HistogramSum::new(&hinted(ResetHint::NotReset));
    sum.add(&hinted(ResetHint::Gauge)).unwrap();
    sum.add(&hinted(ResetHint::Reset)).unwrap();
    let Combined { histogram, hints_conflict, .. } = sum.sum();
    assert!(hints_conflict);
    assert_eq!(histogram.hint, ResetHint::Gauge);
}

#[test]
fn division_by_zero_empties_buckets() {
    let nothing = exponential(&[1.0], 1.0, &[1.0]).divide(0.0);
    assert_eq!((nothing.count, nothing.zero_count), (f64::INFINITY, f64::INFINITY));
    assert!(nothing.sum.is_nan() && nothing.positive.is_empty() && nothing.negative_spans.is_empty());
}

#[test]
fn sums_keep_what_is_small() {
    let mut sum = HistogramSum::new(&exponential(&[], 0.0, &[1e100]));
    for counts in [1.0, -1e100] {
        sum.add(&exponential(&[], 0.0, &[counts])).unwrap();
    }
    prints(&sum.sum().histogram, "{count:1, sum:0, (0.5,1]:1}");
}

#[test]
fn means_do_not_overflow() {
    let large = exponential(&[], 0.0, &[1.5e308]);
    let mut mean = HistogramMean::new(&large);
    (0..9).for_each(|_| mean.add(&large).unwrap());
    let mean = mean.mean().histogram;
    is_nearly(mean.count, 1.5e308);
    is_nearly(mean.positive[0], 1.5e308);
    let mut of_three = HistogramMean::new(&exponential(&[], 0.0, &[1.0]));
    of_three.add(&exponential(&[], 3.0, &[2.0])).unwrap();
    of_three.add(&exponential(&[], 0.0, &[6.0])).unwrap();
    prints(&of_three.mean().histogram, "{count:4, sum:0, [-0.001,0.001]:1, (0.5,1]:3}");
}

#[test]
fn histograms_are_equal_to_the_bit() {
    let some = exponential(&[1.0], 0.0, &[1.0, 2.0]);
    let cut = Histogram {
        hint: ResetHint::Gauge,
        positive_spans: vec![BucketSpan { offset: 0, length: 1 }, BucketSpan { offset: 0, length: 1 }],
        ..some.clone()
    };
    assert!(some.equals(&cut));
    assert!(!some.equals(&exponential(&[1.0], 0.0, &[1.0, 2.0, 0.0])));
    assert!(!some.equals(&Histogram { zero_threshold: 0.1, ..some.clone() }));
    let nan = Histogram { sum: f64::NAN, ..some.clone() };
    assert!(nan.equals(&nan));
    assert!(!custom(&[1.0], &[1.0]).equals(&custom(&[2.0], &[1.0])));
}

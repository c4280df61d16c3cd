//! What holds for all histograms.

use proptest::prelude::*;

use super::strategy::{custom, exponential, pair, sound, unsound};
use super::{nearly, one_span};
use crate::promql::histogram::{Bucket, ClassicHistogram, Histogram, HistogramMean, HistogramSum};
use crate::promql::quantile::{ClassicBucket, bucket_fraction, bucket_quantile};

/// Buckets in which something was observed.
fn full(histogram: &Histogram) -> Vec<Bucket> {
    histogram.buckets().filter(|bucket| bucket.count != 0.0).collect()
}

fn in_buckets(histogram: &Histogram) -> f64 {
    histogram.zero_count + histogram.positive.iter().chain(&histogram.negative).sum::<f64>()
}

fn nearly_same(left: &Histogram, right: &Histogram) -> bool {
    let pairs = [(left.count, right.count), (left.sum, right.sum), (left.zero_count, right.zero_count)];
    let (a, b) = (full(left), full(right));
    pairs.into_iter().all(|(left, right)| nearly(left, right))
        && a.len() == b.len()
        && a.iter().zip(&b).all(|(a, b)| (a.lower, a.upper) == (b.lower, b.upper) && nearly(a.count, b.count))
}

/// Everything that one can do with histograms.
fn do_all(a: &Histogram, b: &Histogram, value: f64) -> usize {
    let results = [
        a.clone().compact(),
        a.clone().reduce_schema(b.schema),
        a.clone().scale(value),
        a.clone().divide(value),
        a.clone().trim_above(value),
        a.clone().trim_below(value),
        a.add(b).map(|sum| sum.histogram).unwrap_or_default(),
        a.sub(b).map(|sum| sum.histogram).unwrap_or_default(),
    ];
    let (mut sum, mut mean) = (HistogramSum::new(a), HistogramMean::new(a));
    let added = usize::from(sum.add(b).is_ok()) + usize::from(mean.add(b).is_ok());
    let told = usize::from(a.detect_reset(b)) + usize::from(a.equals(b)) + a.buckets().count() + a.to_string().len();
    let numbers = [a.quantile(0.2).value, a.quantile(0.8).value, a.fraction(-1.0, value).value, a.stdvar()];
    results.iter().map(|result| result.positive.len()).sum::<usize>() + added + told + numbers.len()
}

proptest! {
    #[test]
    fn nothing_panics(a in unsound(), b in unsound(), value in any::<f64>()) {
        do_all(&a, &b, value);
    }

    #[test]
    fn compact_changes_no_bucket(histogram in sound()) {
        let compact = histogram.clone().compact();
        prop_assert_eq!(full(&compact), full(&histogram));
        prop_assert!(compact.positive.iter().chain(&compact.negative).all(|count| *count != 0.0));
        prop_assert!(compact.positive_spans.iter().skip(1).all(|span| span.offset > 0));
    }

    #[test]
    fn coarser_buckets_hold_the_finer_ones(histogram in exponential(), coarser in 0..4_i32) {
        let reduced = histogram.clone().reduce_schema(histogram.schema - coarser);
        prop_assert_eq!(in_buckets(&reduced), in_buckets(&histogram));
        prop_assert_eq!(reduced.schema, histogram.schema - coarser);
        for bucket in full(&histogram) {
            let holds = |wide: &Bucket| wide.lower <= bucket.lower && bucket.upper <= wide.upper && bucket.count <= wide.count;
            prop_assert!(full(&reduced).iter().any(holds), "{} is not in {}", bucket, reduced);
        }
    }

    #[test]
    fn sums_are_the_same_either_way((a, b) in pair()) {
        let (left, right) = (a.add(&b).unwrap(), b.add(&a).unwrap());
        prop_assert_eq!(&left, &right);
        prop_assert_eq!(in_buckets(&left.histogram), in_buckets(&a) + in_buckets(&b));
    }

    #[test]
    fn every_bucket_of_a_sum_holds_what_lies_in_it((a, b) in pair()) {
        let sum = a.add(&b).unwrap().histogram;
        for bucket in sum.buckets() {
            let lies_in = |part: &&Bucket| bucket.lower <= part.lower && part.upper <= bucket.upper;
            let parts: Vec<Bucket> = a.buckets().chain(b.buckets()).collect();
            let held: f64 = parts.iter().filter(lies_in).map(|part| part.count).sum();
            prop_assert_eq!(bucket.count, held, "{} of {} and {}", bucket, a, b);
        }
    }

    #[test]
    fn what_is_added_can_be_subtracted((a, b) in pair()) {
        let there = a.add(&b).unwrap().histogram;
        let back = there.sub(&b).unwrap().histogram;
        prop_assert_eq!(in_buckets(&back), in_buckets(&a));
        prop_assert_eq!(back.count, a.count);
        // As coarse as the sum, but nothing else.
        let nothing = Histogram { count: 0.0, sum: 0.0, ..b.clone().scale(0.0) };
        let coarse = there.scale(0.0).add(&a.add(&nothing).unwrap().histogram).unwrap().histogram;
        prop_assert_eq!(full(&back), full(&coarse));
    }

    #[test]
    fn scaling_is_linear((a, b) in pair(), factor in 0.5..9.0) {
        let (x, y) = (a.clone().scale(factor), b.clone().scale(factor));
        let left = x.add(&y).unwrap().histogram;
        let right = a.add(&b).unwrap().histogram.scale(factor);
        prop_assert!(nearly_same(&left, &right), "{} and {}", left, right);
        prop_assert!(nearly_same(&left.divide(factor), &a.add(&b).unwrap().histogram));
    }

    #[test]
    fn order_of_summands_hardly_matters(
        of in prop_oneof![prop::collection::vec(exponential(), 1..9), prop::collection::vec(custom(), 1..9)],
    ) {
        // Where the zero bucket ends depends on the order when schemas differ.
        let schema = of.iter().map(|one| one.schema).min().unwrap();
        let of: Vec<Histogram> = of.into_iter().map(|one| one.reduce_schema(schema)).collect();
        let sum_of = |mut all: Box<dyn Iterator<Item = &Histogram> + '_>| {
            let mut sum = HistogramSum::new(all.next().unwrap());
            all.for_each(|one| sum.add(one).unwrap());
            sum.sum().histogram
        };
        let (forth, back) = (sum_of(Box::new(of.iter())), sum_of(Box::new(of.iter().rev())));
        prop_assert!(nearly_same(&forth, &back), "{} and {}", forth, back);
        let one_by_one = of.iter().skip(1).fold(of[0].clone(), |sum, one| sum.add(one).unwrap().histogram);
        prop_assert!(nearly_same(&forth, &one_by_one.compact()));
        let mut mean = HistogramMean::new(&of[0]);
        of.iter().skip(1).for_each(|one| mean.add(one).unwrap());
        prop_assert!(nearly_same(&mean.mean().histogram, &forth.divide(of.len() as f64)));
    }

    #[test]
    fn counters_that_grow_are_not_reset((a, b) in pair()) {
        let grown = a.add(&b).unwrap().histogram;
        prop_assert!(!grown.detect_reset(&a));
        prop_assert!(b.count == 0.0 || a.detect_reset(&grown));
    }

    #[test]
    fn quantile_and_fraction_are_inverse(histogram in exponential(), q in 0.001..0.999) {
        prop_assume!(histogram.count > 0.0);
        let value = histogram.quantile(q).value;
        let fraction = histogram.fraction(f64::NEG_INFINITY, value).value;
        prop_assert!((fraction - q).abs() < 1e-9, "{} lies below {} and not {}", fraction, value, q);
    }

    #[test]
    fn quantiles_ascend(histogram in sound(), q in 0.0..1.0, more in 0.0..1.0) {
        prop_assume!(histogram.count > 0.0);
        let (low, high) = (histogram.quantile(q).value, histogram.quantile(q + (1.0 - q) * more).value);
        prop_assert!(low <= high || nearly(low, high), "{low} {high}");
    }

    #[test]
    fn fractions_add_up(histogram in sound(), cut in -9.0..9.0) {
        prop_assume!(histogram.count > 0.0);
        let part = |lower, upper| histogram.fraction(lower, upper).value;
        let parts = part(f64::NEG_INFINITY, cut) + part(cut, f64::INFINITY);
        prop_assert!(nearly(parts, 1.0), "{parts}");
    }

    #[test]
    fn trimmed_parts_add_up(histogram in exponential(), cut in -9.0..9.0) {
        let (below, above) = (histogram.clone().trim_above(cut), histogram.clone().trim_below(cut));
        prop_assert!(nearly(below.count + above.count, histogram.count));
        prop_assert!(full(&below).iter().all(|bucket| bucket.lower <= cut));
        prop_assert!(full(&above).iter().all(|bucket| bucket.upper >= cut));
        if histogram.count > 0.0 {
            let fraction = histogram.fraction(f64::NEG_INFINITY, cut).value;
            prop_assert!(nearly(below.count, fraction * histogram.count), "{} of {}", below, histogram);
        }
    }

    #[test]
    fn listed_bounds_are_classic_buckets(
        histogram in custom(), q in 0.0..1.0, lower in -9.0..25.0, width in 0.0..20.0,
    ) {
        let counts = histogram.positive.iter().chain(std::iter::repeat(&0.0)).copied();
        let bounds = histogram.custom_bounds.iter().copied().chain([f64::INFINITY]);
        let mut below = 0.0;
        let classic: Vec<(f64, f64)> = bounds.zip(counts).map(|(bound, count)| {
            below += count;
            (bound, below)
        }).collect();
        let native = ClassicHistogram { buckets: classic.clone(), count: None, sum: histogram.sum }.to_native().unwrap();
        prop_assert_eq!(&native, &histogram.clone().compact());

        let mut buckets = classic.into_iter().map(|(upper, count)| ClassicBucket { upper, count }).collect::<Vec<_>>();
        let fraction = bucket_fraction(lower, lower + width, &mut buckets);
        prop_assert!(nearly(native.fraction(lower, lower + width).value, fraction));
        if !histogram.custom_bounds.is_empty() {
            let (of_native, of_classic) = (native.quantile(q).value, bucket_quantile(q, &mut buckets));
            prop_assert_eq!(of_classic.forced_monotonic, None);
            prop_assert!(nearly(of_native, of_classic.value), "{} and {}", of_native, of_classic.value);
        }
    }

    #[test]
    fn spans_do_not_matter_for_equality(counts in prop::collection::vec(0..9_u32, 1..9), cut in 0..9_usize) {
        let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
        let whole = Histogram { positive_spans: one_span(&counts), positive: counts.clone(), ..Histogram::default() };
        let (left, right) = counts.split_at(cut.min(counts.len()));
        let spans = [one_span(left), one_span(right)].concat();
        let cut = Histogram { positive_spans: spans, ..whole.clone() };
        prop_assert!(whole.equals(&cut));
    }
}

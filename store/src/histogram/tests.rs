//! The histogram against its definition, in whole numbers of any size.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A natural number of any size, lowest limb first: just what `v^16 <= 2^n` needs.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Natural(Vec<u32>);

impl Natural {
    fn new(value: u64) -> Self {
        Self(vec![value as u32, (value >> 32) as u32])
    }

    fn times(&self, other: &Self) -> Self {
        let mut product = vec![0_u32; self.0.len() + other.0.len()];
        for (i, a) in self.0.iter().enumerate() {
            let mut carry = 0_u64;
            for (j, b) in other.0.iter().enumerate() {
                let sum = u64::from(*a) * u64::from(*b) + u64::from(product[i + j]) + carry;
                product[i + j] = sum as u32;
                carry = sum >> 32;
            }
            product[i + other.0.len()] = carry as u32;
        }
        Self(product)
    }

    fn to_the_16th(&self) -> Self {
        (0..4).fold(self.clone(), |power, _| power.times(&power))
    }

    /// Whether the number is at most `2^n`.
    fn is_at_most_power_of_two(&self, n: u32) -> bool {
        let bit = |at: u32| self.0.get((at / 32) as usize).is_some_and(|limb| limb >> (at % 32) & 1 == 1);
        let highest = (0..self.0.len() as u32 * 32).rev().find(|at| bit(*at));
        let Some(highest) = highest else { return true };
        highest < n || highest == n && (0..n).all(|at| !bit(at))
    }
}

/// The definition: the index `i` with `2^(i/16) < v <= 2^((i+1)/16)`, both sides taken to the 16th power.
fn naive_index(value: i64) -> i32 {
    let power = Natural::new(value as u64).to_the_16th();
    // The least n with v^16 <= 2^n is i + 1; it lies above 16 times the exponent of v, if v is no power of two.
    let from = 16 * (63 - (value as u64).leading_zeros());
    let n = (from..).find(|n| power.is_at_most_power_of_two(*n)).unwrap();
    n as i32 - 1
}

fn check(value: i64) {
    assert_eq!(index_of(value), Some(naive_index(value)), "{value}");
}

#[test]
fn the_bounds_are_floors_of_roots() {
    for (j, bound) in BOUNDS.iter().enumerate() {
        let n = 63 * 16 + j as u32;
        assert!(Natural::new(*bound).to_the_16th().is_at_most_power_of_two(n), "{j}");
        assert!(!Natural::new(*bound + 1).to_the_16th().is_at_most_power_of_two(n), "{j}");
    }
}

#[test]
fn values_at_every_bound_fall_into_the_bucket_of_the_definition() {
    for exponent in 0..63 {
        for bound in BOUNDS {
            let floor = (bound >> (63 - exponent)) as i64;
            [floor - 1, floor, floor + 1].into_iter().filter(|value| *value > 0).for_each(check);
        }
    }
    check(i64::MAX);
}

#[test]
fn an_upper_bound_is_inclusive() {
    assert_eq!(index_of(1), Some(-1));
    assert_eq!(index_of(2), Some(15));
    assert_eq!(index_of(3), Some(25));
    assert_eq!(index_of(1024), Some(159));
    assert_eq!(index_of(1025), Some(160));
    assert_eq!(index_of(i64::MAX), Some(1007));
}

#[test]
fn no_bucket_holds_what_is_not_positive() {
    for duration in [0, -1, i64::MIN] {
        assert_eq!(index_of(duration), None);
        let mut histogram = Histogram::default();
        histogram.record(duration, Weight::ONE);
        assert_eq!(histogram.zero(), Weight::ONE);
        assert_eq!((histogram.sum_ns(), histogram.min_ns(), histogram.max_ns()), (0, Some(0), Some(0)));
        assert_eq!(histogram.quantile_ns(0.5), Some(0.0));
    }
}

#[test]
fn an_empty_histogram_has_no_quantile() {
    let mut histogram = Histogram::default();
    histogram.record(5, Weight::ZERO);
    assert!(histogram.is_empty());
    assert_eq!(histogram.quantile_ns(0.5), None);
    assert!(histogram.at_most(f64::MAX) == 0.0);
}

/// One second is in the bucket that ends, in the grid of seconds, at one second and 1.6 % above.
#[test]
fn seconds_are_a_shift_of_the_index() {
    let index = index_of(1_000_000_000).unwrap();
    let in_seconds = index + SECONDS_SHIFT;
    assert_eq!(in_seconds, 0);
    let true_bound_s = bound_ns(f64::from(index + 1)) / 1e9;
    let shifted_bound_s = (f64::from(in_seconds + 1) / 16.0).exp2();
    assert!((shifted_bound_s / true_bound_s - 1.0).abs() < 0.017, "{shifted_bound_s} for {true_bound_s}");
}

fn calls() -> impl Strategy<Value = Vec<(i64, Weight)>> {
    let duration = prop_oneof![-3..40_i64, 0..10_000_000_000_i64, any::<i64>()];
    vec((duration, prop_oneof![Just(1.0), 0.0..1000.0]), 0..40)
        .prop_map(|calls| calls.into_iter().map(|(duration, weight)| (duration, Weight::new(weight))).collect())
}

fn of(calls: &[(i64, Weight)]) -> Histogram {
    let mut histogram = Histogram::default();
    calls.iter().for_each(|(duration, weight)| histogram.record(*duration, *weight));
    histogram
}

proptest! {
    #[test]
    fn any_duration_falls_into_the_bucket_of_the_definition(value in prop_oneof![1..100_000_i64, 1..i64::MAX]) {
        prop_assert_eq!(index_of(value), Some(naive_index(value)));
    }

    #[test]
    fn merging_is_counting_everything_in_any_order(a in calls(), b in calls(), c in calls()) {
        let whole = of(&[a.clone(), b.clone(), c.clone()].concat());
        let (mut left, mut right, mut tail) = (of(&a), of(&c), of(&b));
        left.merge(&of(&b));
        left.merge(&of(&c));
        prop_assert_eq!(&left, &whole);
        tail.merge(&of(&a));
        right.merge(&tail);
        prop_assert_eq!(&right, &whole);
    }

    #[test]
    fn a_lower_scale_is_that_of_the_definition(values in vec(1..i64::MAX, 1..20), scale in 0..=SCALE) {
        let histogram = of(&values.iter().map(|value| (*value, Weight::ONE)).collect::<Vec<_>>());
        let mut expected: BTreeMap<i32, Weight> = BTreeMap::new();
        for value in values {
            // At scale s the least n with v^(2^s) <= 2^n is i + 1; here on v^16, whose exponents are 2^(4-s) as large.
            let n = naive_index(value) + 1;
            let step = 1 << (SCALE - scale);
            let index = (n + step - 1).div_euclid(step) - 1;
            *expected.entry(index).or_default() += Weight::ONE;
        }
        prop_assert_eq!(histogram.downscaled(scale), expected);
    }

    #[test]
    fn a_quantile_is_within_a_bucket_of_the_true_one(values in vec(1..10_000_000_000_i64, 1..200), q in 0.0..=1.0_f64) {
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let rank = ((q * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len());
        let exact = sorted[rank - 1] as f64;
        let found = of(&values.iter().map(|v| (*v, Weight::ONE)).collect::<Vec<_>>()).quantile_ns(q).unwrap();
        prop_assert!(found >= sorted[0] as f64 && found <= sorted[sorted.len() - 1] as f64);
        prop_assert!((found / exact).log2().abs() <= 1.0 / 16.0 + 1e-9, "{} for {}", found, exact);
    }

    #[test]
    fn counts_below_a_bound_grow_to_the_exact_total(calls in calls(), bounds in vec(0.0..2e10_f64, 2..6)) {
        let histogram = of(&calls);
        let mut bounds = bounds;
        bounds.sort_by(f64::total_cmp);
        let counts: Vec<f64> = bounds.iter().map(|bound| histogram.at_most(*bound)).collect();
        prop_assert!(counts.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", counts);
        prop_assert_eq!(histogram.at_most(f64::INFINITY), histogram.count().as_f64());
    }

    #[test]
    fn counts_at_power_of_two_bounds_are_exact(values in vec(1..1_i64 << 40, 1..60), power in 0..40_i32) {
        let histogram = of(&values.iter().map(|value| (*value, Weight::ONE)).collect::<Vec<_>>());
        let exact = values.iter().filter(|value| **value <= 1 << power).count();
        prop_assert_eq!(histogram.at_most((f64::from(power)).exp2()), exact as f64);
    }

    #[test]
    fn parts_make_the_same_histogram(calls in calls()) {
        let histogram = of(&calls);
        let range_ns = histogram.min_ns().zip(histogram.max_ns());
        let again = Histogram::from_parts(histogram.buckets(), histogram.zero(), histogram.sum_ns(), range_ns);
        prop_assert_eq!(again, histogram);
    }

    #[test]
    fn what_is_taken_back_was_never_there(kept in calls(), taken in calls()) {
        let mut histogram = of(&[kept.clone(), taken.clone()].concat());
        for (duration_ns, weight) in taken {
            let is_kept = kept.iter().any(|(kept_ns, weight)| (*kept_ns).max(0) == duration_ns.max(0) && !weight.is_zero());
            if !histogram.take_back(duration_ns, weight, is_kept) {
                return Ok(());
            }
        }
        prop_assert_eq!(histogram, of(&kept));
    }

    #[test]
    fn what_is_neither_the_shortest_nor_the_longest_can_be_taken_back(durations in vec(1..1_i64 << 40, 1..40), at in 0..40_usize) {
        let taken = durations[at % durations.len()];
        let rest: Vec<_> = durations.iter().map(|duration| (*duration, Weight::ONE)).chain([(0, Weight::ONE), (i64::MAX >> 20, Weight::ONE)]).collect();
        let mut histogram = of(&rest);
        histogram.record(taken, Weight::ONE);
        prop_assert!(histogram.take_back(taken, Weight::ONE, false));
        prop_assert_eq!(histogram, of(&rest));
    }
}

#[test]
fn buckets_of_a_table_may_come_in_any_order() {
    let weight = |calls: f64| Weight::new(calls);
    let ascending = [(-3, weight(1.0)), (4, weight(2.0)), (9, weight(3.0))];
    let of = |buckets: &[(i32, Weight)]| Histogram::from_parts(buckets.to_vec(), Weight::ZERO, 7, Some((1, 9)));
    assert!(of(&ascending).buckets().eq(ascending));
    assert_eq!(of(&[ascending[2], ascending[0], ascending[1]]), of(&ascending));
    assert_eq!(of(&[(4, weight(8.0)), ascending[0], ascending[1], ascending[2]]), of(&ascending));
}

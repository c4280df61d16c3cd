//! Buckets of powers of two, by which TraceQL's quantiles and histograms are told.
//!
//! Bucket `k` holds whole numbers in `(2^(k-1), 2^k]`, from `k` = 1: numbers below 2 are in none. Durations are told in
//! nanoseconds, so that a bucket's bound in seconds is a power of two of nanoseconds.
//!
//! The counts of a bucket do not say where in it they are. A quantile takes them as spread evenly on the logarithmic
//! scale, so it may be off by less than a factor of two, and is always inside the bucket that has the exact one.

/// `k` of the greatest `i64`.
const BUCKETS: usize = 64;

/// How many numbers each bucket has; weights, where calls stand for others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Log2 {
    counts: [f64; BUCKETS],
}

impl Default for Log2 {
    fn default() -> Self {
        Self { counts: [0.0; BUCKETS] }
    }
}

/// The bucket of a number; `None` below 2.
pub(super) fn bucket_of(number: i64) -> Option<usize> {
    (number >= 2).then(|| (64 - (number - 1).leading_zeros()) as usize)
}

/// The upper bound of a bucket, which is in it.
pub(super) fn bound_of(bucket: usize) -> f64 {
    (bucket as f64).exp2()
}

impl Log2 {
    /// Adds what another one counted.
    pub fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
    }

    /// Adds to a bucket, if there is such a bucket.
    pub fn add(&mut self, bucket: usize, weight: f64) {
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += weight;
        }
    }

    pub fn count(&self, bucket: usize) -> f64 {
        self.counts.get(bucket).copied().unwrap_or_default()
    }

    /// The buckets that hold something.
    pub fn buckets(&self) -> impl Iterator<Item = usize> {
        (0..BUCKETS).filter(|bucket| self.counts[*bucket] > 0.0)
    }

    /// The number that a part `quantile` of the numbers does not exceed; 0 if there is none.
    pub fn quantile(&self, quantile: f64) -> f64 {
        let rank = quantile * self.counts.iter().sum::<f64>();
        let mut below = 0.0;
        let mut last = 0.0;
        for bucket in self.buckets() {
            let count = self.counts[bucket];
            if below + count >= rank {
                return ((bucket - 1) as f64 + (rank - below) / count).exp2();
            }
            below += count;
            last = bound_of(bucket);
        }
        // Rounding may leave a rank above all counts.
        last
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(numbers: &[i64]) -> Log2 {
        let mut counted = Log2::default();
        numbers.iter().filter_map(|number| bucket_of(*number)).for_each(|bucket| counted.add(bucket, 1.0));
        counted
    }

    #[test]
    fn a_bound_is_in_its_bucket_and_the_next_number_is_not() {
        let cases = [(i64::MIN, None), (0, None), (1, None), (2, Some(1)), (3, Some(2)), (4, Some(2)), (5, Some(3))];
        for (number, bucket) in cases {
            assert_eq!(bucket_of(number), bucket, "{number}");
        }
        for k in 2..63 {
            assert_eq!(bucket_of(1 << k), Some(k), "2^{k}");
            assert_eq!(bucket_of((1 << k) + 1), Some(k + 1), "2^{k} + 1");
            assert_eq!(bound_of(k), (1_i64 << k) as f64);
        }
        assert_eq!(bucket_of(i64::MAX), Some(63));
    }

    #[test]
    fn numbers_are_spread_over_their_bucket_on_its_own_scale() {
        let four_of_a_bucket = of(&[700, 800, 900, 1000]);
        assert_eq!(four_of_a_bucket.quantile(0.5), (9.5_f64).exp2());
        assert_eq!(four_of_a_bucket.quantile(1.0), 1024.0);
        assert_eq!(four_of_a_bucket.quantile(0.0), 512.0);
        assert_eq!(of(&[]).quantile(0.9), 0.0);
        assert_eq!(of(&[1, 0, -5]).quantile(0.9), 0.0);
    }

    proptest! {
        #[test]
        fn a_quantile_is_in_the_bucket_of_the_exact_one(
            numbers in prop::collection::vec(prop_oneof![2..100_i64, 2..i64::MAX], 1..50),
            quantile in 0.0..=1.0_f64,
        ) {
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            // The least number that so many do not exceed.
            let rank = (quantile * sorted.len() as f64).ceil() as usize;
            let exact = sorted[rank.max(1) - 1];
            let bucket = bucket_of(exact).unwrap();
            let told = of(&numbers).quantile(quantile);
            prop_assert!(told >= bound_of(bucket - 1) && told <= bound_of(bucket), "{told} of {exact}");
        }
    }
}

//! Seeded draws, the same on every machine and in every version: SplitMix64 and little else.

/// SplitMix64's.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of draws that its seed decides.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream that belongs to these numbers, in this order.
    pub fn of(seeds: &[u64]) -> Self {
        Self(seeds.iter().fold(STEP, |state, seed| scatter(state.wrapping_add(STEP) ^ scatter(*seed))))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        scatter(self.0)
    }

    /// At least 0 and below 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // The bias is below end / 2^64.
        self.next() % end
    }

    /// Log-normal, with this median. The normal part is a sum of uniforms: no tail beyond six deviations, and no function
    /// whose last bit depends on the machine but `exp`.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        let normal = (0..12).map(|_| self.unit()).sum::<f64>() - 6.0;
        median * (sigma * normal).exp()
    }
}

/// A bijection that looks random (the finaliser of SplitMix64).
pub fn scatter(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_draw_equally_and_neighbours_do_not() {
        let draw = |seeds: &[u64]| {
            let mut chance = Chance::of(seeds);
            [chance.next(), chance.next()]
        };
        assert_eq!(draw(&[1, 2]), draw(&[1, 2]));
        assert_ne!(draw(&[1, 2]), draw(&[2, 1]));
        assert_ne!(draw(&[1, 2]), draw(&[1, 3]));
        assert_ne!(draw(&[0]), draw(&[0, 0]));
    }

    #[test]
    fn a_log_normal_has_its_median_and_its_spread() {
        let mut chance = Chance::of(&[7]);
        let mut draws: Vec<f64> = (0..10_000).map(|_| chance.log_normal(100.0, 0.5)).collect();
        draws.sort_by(f64::total_cmp);
        let (median, p95) = (draws[5_000], draws[9_500]);
        assert!((95.0..105.0).contains(&median), "{median}");
        // e^(1.645 * 0.5) = 2.28
        assert!((215.0..240.0).contains(&p95), "{p95}");
    }

    #[test]
    fn what_is_probable_happens_as_often() {
        let mut chance = Chance::of(&[9]);
        let happened = (0..10_000).filter(|_| chance.happens(0.3)).count();
        assert!((2_850..3_150).contains(&happened), "{happened}");
    }
}

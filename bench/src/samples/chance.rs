//! Chance from a seed: the same numbers each time.

/// A generator of numbers that look random (SplitMix64, Steele, Lea and Flood 2014). Small, because each group of series has one.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Below `bound`, which is above 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.number() % bound as u64) as usize
    }

    /// From 0 to 1, without 1.
    pub fn part(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal, with mean 0 and deviation 1: the sum of twelve parts.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.part()).sum::<f64>() - 6.0
    }

    /// How many arrive where `mean` do on average: Poisson for few, normal for many.
    pub fn arrivals(&mut self, mean: f64) -> u64 {
        const MANY: f64 = 30.0;
        if mean > MANY {
            return (mean + mean.sqrt() * self.normal()).max(0.0).round() as u64;
        }
        let (limit, mut product, mut count) = ((-mean).exp(), self.part(), 0);
        while product > limit {
            product *= self.part();
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_others() {
        let numbers = |seed| -> Vec<u64> {
            let mut chance = Chance::new(seed);
            (0..100).map(|_| chance.number()).collect()
        };
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
    }

    #[test]
    fn as_many_arrive_as_are_asked_for_on_average() {
        let mut chance = Chance::new(1);
        for mean in [0.05, 1.0, 20.0, 40.0, 300.0] {
            let rounds = 20_000;
            let sum: u64 = (0..rounds).map(|_| chance.arrivals(mean)).sum();
            let average = sum as f64 / f64::from(rounds);
            assert!((average / mean - 1.0).abs() < 0.1, "{average} instead of {mean}");
        }
    }
}

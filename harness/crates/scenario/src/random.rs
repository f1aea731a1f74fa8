//! Random numbers that a seed determines, now and in every later version: bundles depend on them
//! to repeat a crash, and no crate promises that.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub struct SplitMix {
    state: u64,
}

impl SplitMix {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The seed of the `number`th part of what `seed` determines; parts are independent streams.
    pub fn part(seed: u64, number: u64) -> u64 {
        Self::new(seed ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93)).bits()
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number between 0 and 1, neither included.
    pub fn unit(&mut self) -> f64 {
        // 52 bits and a half: never 0, never rounded to 1.
        ((self.bits() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        // The bias is limit / 2^64.
        self.bits() % limit.max(1)
    }

    /// A number from `low` to `high`; each order of magnitude is equally likely.
    pub fn log_uniform(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        // The first numbers of the published generator for seed 1234567.
        let mut random = SplitMix::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
        assert_ne!(SplitMix::part(1, 1), SplitMix::part(1, 2));
        assert_ne!(SplitMix::part(1, 1), SplitMix::part(2, 1));
    }

    #[test]
    fn numbers_stay_in_their_bounds() {
        let mut random = SplitMix::new(7);
        for _ in 0..10_000 {
            let unit = random.unit();
            assert!(unit > 0.0 && unit < 1.0);
            assert!(random.below(3) < 3);
            let spread = random.log_uniform(0.1, 10.0);
            assert!((0.1..=10.0).contains(&spread));
        }
        assert_eq!(random.below(0), 0);
    }
}

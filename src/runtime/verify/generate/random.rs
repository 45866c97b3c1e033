//! Numbers that look random and are the same everywhere, for ever: `SplitMix64` (Steele, Lea, Flood 2014).
//!
//! Our own, because the streams of a library may change with its version, and a seed that found a defect must find it
//! again.

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of a seed for one purpose, such as the rows of one table.
    pub(super) fn new(seed: u64, name: &str) -> Self {
        // FNV-1a over the name.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut random = Random(hash ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound; 0 where the bound is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let bound = u128::try_from(bound).unwrap_or(0);
        usize::try_from((u128::from(self.next()) * bound) >> 64).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let at = self.below(of.len());
        of.get(at)
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_stream_never_changes() {
        let mut random = Random::new(0, "");
        let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
        let mut same = Random::new(0, "");
        assert_eq!(first, (0..3).map(|_| same.next()).collect::<Vec<_>>());
        assert_ne!(first[0], Random::new(1, "").next());
        assert_ne!(first[0], Random::new(0, "a").next());
        // The published sequence for state 1234567.
        let mut reference = Random(1_234_567);
        assert_eq!(reference.next(), 6_457_827_717_110_365_317);
        assert_eq!(reference.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let mut random = Random::new(7, "x");
        let drawn: Vec<usize> = (0..200).map(|_| random.below(5)).collect();
        assert!((0..5).all(|wanted| drawn.contains(&wanted)));
        assert!(drawn.iter().all(|number| *number < 5));
        assert_eq!(random.below(0), 0);
        assert_eq!(random.pick::<u8>(&[]), None);
    }
}

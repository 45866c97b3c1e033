//! One robust number for some samples of a quantity.
//!
//! The value is a weighted median, the spread the weighted median of the distances from it, scaled to a standard deviation
//! (the MAD: Hampel, "The influence curve and its role in robust estimation", 1974). A sample weighs three quarters of the
//! next newer one: one run that went wrong moves nothing far, and three runs of a new kind outweigh all older ones. Two
//! samples have no median that one of them could not move: their mean and their range count, scaled as control charts do
//! (Shewhart 1931, d2 = 1.128).

use serde::{Deserialize, Serialize};

/// Most samples that are kept. An older one would weigh less than a tenth of the newest.
pub const WINDOW: usize = 8;

/// A sample against the next newer one, percent.
const DECAY_PERCENT: u64 = 75;
/// Weight of the newest sample.
const NEWEST: u64 = 1 << 20;
/// Standard deviation of a normal distribution against the median distance, thousandths.
const SIGMA_OF_MAD: u64 = 1_483;
/// Mean range of two samples of a normal distribution against its standard deviation, thousandths.
const RANGE_OF_TWO: u64 = 1_128;
/// Standard deviation where there is a single sample, percent of it: assumed.
const SINGLE_PERCENT: u64 = 25;
/// Least standard deviation, percent: samples that are equal by chance do not prove that the next one will be.
const LEAST_PERCENT: u64 = 5;

/// An estimate of a quantity from its samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Number of samples.
    pub samples: u64,
    /// What to expect.
    pub value: u64,
    /// Standard deviation of a sample.
    pub sigma: u64,
}

impl Measure {
    /// The estimate of some samples, oldest first; none where there are none.
    pub fn of(samples: &[u64]) -> Option<Measure> {
        let newest_first: Vec<u64> = samples.iter().rev().take(WINDOW).copied().collect();
        let (value, spread) = match newest_first.as_slice() {
            [] => return None,
            [only] => (*only, percent(*only, SINGLE_PERCENT)),
            [a, b] => {
                let range = u128::from(a.abs_diff(*b)) * 1_000 / u128::from(RANGE_OF_TWO);
                (a.midpoint(*b), narrow(range))
            }
            several => {
                let value = median(several);
                let distances: Vec<u64> = several.iter().map(|one| one.abs_diff(value)).collect();
                let sigma = u128::from(median(&distances)) * u128::from(SIGMA_OF_MAD) / 1_000;
                (value, narrow(sigma))
            }
        };
        Some(Measure {
            samples: u64::try_from(newest_first.len()).unwrap_or(u64::MAX),
            value,
            sigma: spread.max(percent(value, LEAST_PERCENT)),
        })
    }

    /// Standard deviation of the value itself: that of a sample over the root of their number.
    pub fn error(&self) -> u64 {
        let squared = u128::from(self.sigma).pow(2) / u128::from(self.samples.max(1));
        narrow(squared.isqrt())
    }
}

/// The value at which half of the weight is reached; the newest comes first and weighs most.
fn median(newest_first: &[u64]) -> u64 {
    let weights = std::iter::successors(Some(NEWEST), |weight| Some(weight * DECAY_PERCENT / 100));
    let mut weighted: Vec<(u64, u64)> = newest_first.iter().copied().zip(weights).collect();
    weighted.sort_unstable();
    let total: u64 = weighted.iter().map(|(_, weight)| weight).sum();
    let mut reached = 0;
    for (value, weight) in &weighted {
        reached += weight;
        if 2 * reached >= total {
            return *value;
        }
    }
    0
}

fn percent(value: u64, percent: u64) -> u64 {
    narrow(u128::from(value) * u128::from(percent) / 100)
}

fn narrow(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

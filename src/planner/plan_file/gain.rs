//! What a saved plan gains by what is known today, and whether another one is clearly better.

use std::collections::BTreeSet;

use super::PlanFile;
use crate::facts::workload::Workload;
use crate::frontend::source::Sources;
use crate::planner::cost::{CostModel, End};
use crate::planner::frame::Candidates;
use crate::planner::plan::words::duration;
use crate::planner::plan::{Medium, StorageLevel};

/// Least share by which another plan must gain more, percent.
const LEAST_PERCENT: i128 = 5;

/// What a plan gains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gain {
    /// Savings less what builds cost, microseconds of Spark work.
    pub micros: i128,
    /// Standard deviation, as far as it was measured, microseconds.
    pub sigma: u64,
    /// Whether one of its frames was measured to lose.
    pub loses: bool,
}

impl std::fmt::Display for Gain {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let amount = u64::try_from(self.micros.unsigned_abs()).unwrap_or(u64::MAX);
        let sign = if self.micros < 0 { "-" } else { "" };
        write!(formatter, "{sign}{}", duration(amount))
    }
}

/// Whether a plan gains so much more than an earlier one that it should take its place: by more than 5 % and twice the
/// noise, or because the earlier one has a frame that was measured to lose.
pub fn is_clearly_better(new: Gain, earlier: Gain) -> bool {
    let noise = i128::from(new.sigma.max(earlier.sigma)) * 2;
    let least = earlier.micros.abs() * LEAST_PERCENT / 100;
    earlier.loses || new.micros - earlier.micros > noise.max(least)
}

impl PlanFile {
    /// What it gains by these costs, for each frame at the end of what the facts leave open where it gains less. None where
    /// one of its frames, or what it saves, is not known among the candidates any more. What a layout saves beyond that is
    /// not counted.
    pub fn gain(
        &self,
        workload: &Workload,
        sources: &Sources,
        candidates: &Candidates,
        costs: &CostModel<'_>,
    ) -> Option<Gain> {
        let keys = self.frame_keys();
        let mut total = Gain::default();
        let mut variance = 0_u128;
        for frame in &self.frames {
            let key = keys.get(&frame.name)?;
            let candidate = candidates.get(costs.candidate_named(&key.fingerprint)?)?;
            let level = frame.storage_level.as_deref().and_then(StorageLevel::of);
            let medium = Medium::of(&frame.medium, level)?;
            let served: BTreeSet<&str> = frame
                .readers
                .iter()
                .map(|reader| reader.statement.as_str())
                .collect();
            let readers = candidate.readers.iter().filter(|reader| {
                let statement = workload.statement(reader.statement);
                statement.is_some_and(|one| served.contains(sources.place(one.span).as_str()))
            });
            let mut worst: Option<i128> = None;
            for end in End::BOTH {
                let estimate = costs.at(end);
                let build = medium.build_cost(estimate.build(candidate)?);
                let mut net = -i128::from(build.micros);
                for reader in readers.clone() {
                    net += i128::from(estimate.saving(candidate, reader)?);
                }
                worst = Some(worst.map_or(net, |worst| worst.min(net)));
            }
            total.micros += worst?;
            total.loses |= costs.loses(candidate).is_some();
            variance = variance.saturating_add(u128::from(costs.noise(candidate)).pow(2));
        }
        total.sigma = u64::try_from(variance.isqrt()).unwrap_or(u64::MAX);
        Some(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain(micros: i128, sigma: u64) -> Gain {
        Gain {
            micros,
            sigma,
            loses: false,
        }
    }

    #[test]
    fn a_plan_stays_until_another_one_gains_clearly_more() {
        let earlier = gain(1_000, 10);
        assert!(!is_clearly_better(gain(1_000, 10), earlier));
        assert!(!is_clearly_better(gain(900, 10), earlier));
        // 5 % of it is more than twice the noise.
        assert!(!is_clearly_better(gain(1_050, 10), earlier));
        assert!(is_clearly_better(gain(1_051, 10), earlier));
        // Here the noise is more, whichever of them it belongs to.
        assert!(!is_clearly_better(gain(1_200, 100), earlier));
        assert!(is_clearly_better(gain(1_201, 100), earlier));
        assert!(!is_clearly_better(gain(1_200, 0), gain(1_000, 100)));
    }

    #[test]
    fn a_plan_that_loses_goes_even_for_one_without_frames() {
        let loses = Gain {
            loses: true,
            ..gain(1_000, 10)
        };
        assert!(is_clearly_better(gain(0, 0), loses));
        // One that is expected to lose, too.
        assert!(is_clearly_better(gain(0, 0), gain(-1, 0)));
        assert!(!is_clearly_better(gain(0, 0), gain(0, 0)));
    }
}

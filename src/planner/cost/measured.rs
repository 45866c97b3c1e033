//! What earlier runs measured, by the numbers of a workload; estimates shrink towards it.
//!
//! An estimate counts as much as a quarter of a sample (`n / (n + k)` with `k` = ¼, the credibility of Bühlmann 1967: `k`
//! is the variance of equal runs over that of estimates. Steps of the sample that run again differ by a median of 0.2 in the
//! logarithm, estimates that are not scaled yet by 1.5, so `k` is far below 1).
//!
//! - Building a frame, and its size: what was measured of that frame.
//! - A saving: what the statement took as written less what it took with the frame. Where a statement read several frames,
//!   they share it in proportion to their estimates. At most what the statement takes as written. Other frames of the same
//!   table, subquery or grouping are taken to save it as much.
//! - Everything else is scaled by the speed of the machine: the median of measured to estimated work over all that was
//!   measured.
//! - Rows of tables that the pipeline writes: those that the statements wrote.

mod learn;

use std::collections::BTreeMap;

use super::{BuildCost, CostModel, End, TABLE_BYTES_PERCENT, TABLE_MICROS, TABLE_STORE_PERCENT};
use crate::facts::access::TableVersion;
use crate::facts::profile::{MeasuredFrame, MeasuredStatement};
use crate::frontend::statement::StatementId;
use crate::planner::frame::{Candidate, CandidateId};

/// What a sample weighs against an estimate: one over `k`.
const SAMPLE_WEIGHT: u64 = 4;
/// Speed of the machine on which the constants were measured, thousandths.
const OWN_SPEED: u64 = 1_000;
/// Standard deviation of a saving that was not measured, percent: assumed.
const ESTIMATE_PERCENT: u64 = 50;

/// What statements and candidates are called in a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Fingerprints of statements.
    pub statements: BTreeMap<StatementId, String>,
    /// Fingerprints of candidates, each as a frame for all of its readers.
    pub candidates: BTreeMap<CandidateId, String>,
}

/// A candidate that was measured to lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What all of its readers save, microseconds of Spark work; less than 0 where they took longer.
    pub saving_micros: i128,
    /// What building it takes, microseconds of Spark work.
    pub build_micros: u64,
    /// Standard deviation of the difference, microseconds.
    pub sigma_micros: u64,
    /// Times that it was built.
    pub builds: u64,
}

/// What is known by measurement.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) statements: BTreeMap<StatementId, Vec<MeasuredStatement>>,
    pub(super) frames: BTreeMap<CandidateId, Vec<MeasuredFrame>>,
    pub(super) names: BTreeMap<CandidateId, String>,
    savings: BTreeMap<(CandidateId, StatementId), Saving>,
    rows: BTreeMap<TableVersion, u64>,
    /// Measured work to estimated work, thousandths.
    speed: u64,
    /// Measured wall time to estimated work, thousandths.
    pub(super) wall_speed: u64,
}

/// What one frame saves one statement.
#[derive(Clone, Copy, Debug)]
struct Saving {
    micros: i128,
    error: u64,
    samples: u64,
    /// Places of the statement that read the frame.
    places: u64,
}

impl Default for Measured {
    fn default() -> Self {
        Measured {
            statements: BTreeMap::new(),
            frames: BTreeMap::new(),
            names: BTreeMap::new(),
            savings: BTreeMap::new(),
            rows: BTreeMap::new(),
            speed: OWN_SPEED,
            wall_speed: OWN_SPEED,
        }
    }
}

impl Measured {
    /// What was measured of a statement that reads those frames, by their fingerprints, sorted.
    pub(super) fn statement(
        &self,
        id: StatementId,
        frames: &[String],
    ) -> Option<&MeasuredStatement> {
        let mut known = self.statements.get(&id)?.iter();
        known.find(|known| known.frames == frames)
    }

    /// The frame of a candidate with rows as they come, in memory or else in a table.
    pub(super) fn frame(&self, id: CandidateId) -> Option<&MeasuredFrame> {
        let known = self.frames.get(&id)?;
        let on = |medium: &str| {
            let mut known = known.iter();
            known.find(|one| one.medium == medium && one.layout == "plain")
        };
        on("memory").or_else(|| on("scratch"))
    }

    /// Rows of a version that the pipeline writes.
    pub(super) fn rows(&self, version: TableVersion) -> Option<u64> {
        self.rows.get(&version).copied()
    }

    /// An estimate of work at the speed of the machine.
    pub(super) fn on_this_machine(&self, micros: u64) -> u64 {
        scaled(micros, self.speed)
    }

    /// The cost of building a frame in memory, from what its facts let estimate.
    pub(super) fn build(&self, id: CandidateId, estimate: Option<BuildCost>) -> Option<BuildCost> {
        let scaled = estimate.map(|estimate| BuildCost {
            micros: scaled(estimate.micros, self.speed),
            store_micros: scaled(estimate.store_micros, self.speed),
            ..estimate
        });
        let Some(frame) = self.frame(id) else {
            return scaled;
        };
        let prior = scaled.unwrap_or_default();
        let in_table = frame.medium == "scratch";
        // The inverse of `BuildCost::as_table`.
        let (micros, bytes) = if in_table {
            let stored = prior.store_micros / 100 * (100 - TABLE_STORE_PERCENT);
            let micros = frame.work.value.saturating_sub(TABLE_MICROS);
            (
                micros.saturating_add(stored),
                frame.bytes.value / TABLE_BYTES_PERCENT * 100,
            )
        } else {
            (frame.work.value, frame.bytes.value)
        };
        if scaled.is_none() {
            return Some(BuildCost {
                micros,
                bytes,
                ..prior
            });
        }
        let micros = shrunk(frame.work.samples, micros, prior.micros);
        Some(BuildCost {
            micros,
            bytes: shrunk(frame.bytes.samples, bytes, prior.bytes),
            store_micros: prior.store_micros.min(micros),
            rows: prior.rows,
        })
    }

    /// What one place of a statement saves, from what the facts let estimate.
    pub(super) fn saving(
        &self,
        candidate: CandidateId,
        statement: StatementId,
        estimate: Option<u64>,
    ) -> Option<u64> {
        let prior = estimate.map(|estimate| scaled(estimate, self.speed));
        let plain = self.statement(statement, &[]).map(|plain| plain.work.value);
        let prior = prior.map(|prior| plain.map_or(prior, |plain| prior.min(plain)));
        let Some(saving) = self.savings.get(&(candidate, statement)) else {
            return prior;
        };
        let measured = saving.micros / i128::from(saving.places.max(1));
        let Some(prior) = prior else {
            return Some(positive(measured));
        };
        let weight = i128::from(saving.samples.saturating_mul(SAMPLE_WEIGHT));
        Some(positive(
            (measured * weight + i128::from(prior)) / (weight + 1),
        ))
    }
}

impl CostModel<'_> {
    /// Whether a candidate was measured to save less than it costs, beyond noise: by twice the standard deviation. Never
    /// where nothing of its readers was measured both with it and without.
    pub fn loses(&self, candidate: &Candidate) -> Option<Loss> {
        let measured = &self.measured;
        let built = measured.frames.get(&candidate.id)?.iter();
        let built = built.min_by_key(|frame| frame.work.value)?;
        let mut saving_micros = 0_i128;
        let mut errors = vec![built.work.error()];
        let mut both = false;
        let mut readers = candidate.readers.iter().peekable();
        while let Some(reader) = readers.next() {
            if let Some(saving) = measured.savings.get(&(candidate.id, reader.statement)) {
                // Readers are in statement order: what all places of one save is counted at its last.
                if readers.peek().map(|next| next.statement) != Some(reader.statement) {
                    both = true;
                    saving_micros += saving.micros;
                    errors.push(saving.error);
                }
            } else {
                let estimate = self.at(End::Many).saving(candidate, reader).unwrap_or(0);
                saving_micros += i128::from(estimate);
                errors.push(estimate / 100 * ESTIMATE_PERCENT);
            }
        }
        let sigma_micros = root(errors);
        let loss = Loss {
            saving_micros,
            build_micros: built.work.value,
            sigma_micros,
            builds: built.work.samples,
        };
        let net = saving_micros - i128::from(loss.build_micros);
        (both && net + 2 * i128::from(sigma_micros) < 0).then_some(loss)
    }

    /// Standard deviation of what a candidate gains, as far as that was measured, microseconds.
    pub fn noise(&self, candidate: &Candidate) -> u64 {
        let measured = &self.measured;
        let built = measured.frame(candidate.id).map(|frame| frame.work.error());
        let own = (candidate.id, StatementId(0))..=(candidate.id, StatementId(u32::MAX));
        let saved = measured.savings.range(own).map(|(_, saving)| saving.error);
        root(built.into_iter().chain(saved))
    }
}

/// A measured value, and what was estimated without.
pub(super) fn shrunk(samples: u64, measured: u64, prior: u64) -> u64 {
    let weight = u128::from(samples.saturating_mul(SAMPLE_WEIGHT));
    narrow((u128::from(measured) * weight + u128::from(prior)) / (weight + 1))
}

pub(super) fn scaled(micros: u64, speed: u64) -> u64 {
    narrow(u128::from(micros) * u128::from(speed) / u128::from(OWN_SPEED))
}

/// The root of the sum of squares.
pub(super) fn root(errors: impl IntoIterator<Item = u64>) -> u64 {
    let squares = errors.into_iter().map(|error| u128::from(error).pow(2));
    narrow(squares.fold(0, u128::saturating_add).isqrt())
}

fn positive(micros: i128) -> u64 {
    u64::try_from(micros.max(0)).unwrap_or(u64::MAX)
}

fn narrow(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

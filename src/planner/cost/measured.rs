//! What earlier runs measured, by the numbers of a workload; estimates shrink towards it.
//!
//! An estimate counts as much as a quarter of a sample (`n / (n + k)` with `k` = ¼, the credibility of Bühlmann 1967: `k` is
//! the variance of equal runs over that of estimates. Steps of the sample that run again differ by a tenth to a quarter, estimates
//! by a factor of about two from what is measured, so `k` lies between 0.02 and 0.25).
//!
//! - Building a frame, and its size: what was measured of that frame.
//! - A saving: what the statement took as written less what it took with the frame. Where a statement read several frames,
//!   they share it in proportion to their estimates. At most what the statement takes as written. Other frames of the same table,
//!   subquery or grouping are taken to save it as much.
//! - Everything else is scaled by the speed of the machine: the median of measured to estimated work over all that was measured.
//! - Rows of tables that the pipeline writes: those that the statements wrote.

use std::collections::BTreeMap;

use super::{BuildCost, CostModel, End, TABLE_BYTES_PERCENT, TABLE_MICROS, TABLE_STORE_PERCENT};
use crate::facts::access::{TableId, TableVersion, WriteKind};
use crate::facts::profile::{Measure, MeasuredFrame, MeasuredStatement, Measurements};
use crate::frontend::statement::StatementId;
use crate::planner::frame::{Candidate, CandidateId, Candidates, Subject};

/// What a sample weighs against an estimate: one over `k`.
const SAMPLE_WEIGHT: u64 = 4;
/// Speed of the machine on which the constants were measured, thousandths.
const OWN_SPEED: u64 = 1_000;
/// Steps that a speed of [`OWN_SPEED`] counts as, beside those that were measured.
const OWN_STEPS: u64 = 3;
/// Slowest and fastest that a machine is taken to be, thousandths of the time: more is a mistake of the estimates.
const SPEEDS: (u64, u64) = (100, 10_000);
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

impl<'a> CostModel<'a> {
    /// The same with what earlier runs measured.
    #[must_use]
    pub fn with_measurements(
        mut self,
        measurements: &Measurements,
        keys: &Keys,
        candidates: &Candidates,
    ) -> CostModel<'a> {
        let statements = keys.statements.iter().filter_map(|(id, key)| {
            let known = measurements.statements.get(key)?;
            Some((*id, known.clone()))
        });
        self.measured.statements = statements.collect();
        self.measured.rows = self.written();
        let frames = keys.candidates.iter().filter_map(|(id, key)| {
            let known = measurements.frames.get(key)?;
            Some((*id, known.clone()))
        });
        self.measured.frames = frames.collect();
        self.measured.names = keys.candidates.clone();
        self.measured.savings = self.differences(candidates);
        let speeds = (
            self.speed(candidates, |statement| statement.work, |frame| frame.work),
            self.speed(candidates, |statement| statement.wall, |frame| frame.wall),
        );
        (self.measured.speed, self.measured.wall_speed) = speeds;
        self
    }

    /// Rows of the versions that statements leave, as far as all statements were measured that make up a version.
    fn written(&self) -> BTreeMap<TableVersion, u64> {
        let mut now: BTreeMap<TableId, Option<u64>> = BTreeMap::new();
        let mut rows = BTreeMap::new();
        for access in &self.workload.accesses {
            let known = self.measured.statements.get(&access.statement);
            let most = known.and_then(|known| known.iter().max_by_key(|one| one.wall.samples));
            // Of a statement that writes several tables it is not known which rows went where.
            let written = most.filter(|_| access.writes.len() == 1);
            let written = written.map(|one| one.rows_written.value);
            for write in &access.writes {
                let before = now.get(&write.table).copied().flatten();
                let after = match write.kind {
                    WriteKind::Replace => written,
                    WriteKind::Update => before.zip(written).map(|(before, more)| before + more),
                    WriteKind::Define => Some(0),
                    WriteKind::Drop => None,
                };
                now.insert(write.table, after);
            }
            for start in &access.starts {
                if access.barrier.is_some() {
                    now.remove(&start.table);
                }
                if let Some(Some(count)) = now.get(&start.table)
                    && *count > 0
                {
                    rows.insert(*start, *count);
                }
            }
        }
        rows
    }

    /// What frames saved the statements that ran with and without them.
    fn differences(&self, candidates: &Candidates) -> BTreeMap<(CandidateId, StatementId), Saving> {
        let measured = &self.measured;
        let mut savings: BTreeMap<(CandidateId, StatementId), Saving> = BTreeMap::new();
        for (statement, known) in &measured.statements {
            let Some(plain) = known.iter().find(|one| one.frames.is_empty()) else {
                continue;
            };
            let mut hoisted: Vec<&MeasuredStatement> =
                known.iter().filter(|one| !one.frames.is_empty()).collect();
            // What was measured most often counts, and of those what read the fewest frames.
            hoisted.sort_by_key(|one| (one.work.samples, std::cmp::Reverse(one.frames.len())));
            for one in hoisted {
                let shares = self.shares(candidates, *statement, &one.frames);
                let total: u64 = shares.iter().map(|(_, share, _)| share).sum();
                let micros = i128::from(plain.work.value) - i128::from(one.work.value);
                for (candidate, share, places) in shares {
                    let saving = Saving {
                        micros: micros * i128::from(share) / i128::from(total.max(1)),
                        error: root([plain.work.error(), one.work.error()]),
                        samples: plain.work.samples.min(one.work.samples),
                        places,
                    };
                    savings.insert((candidate, *statement), saving);
                }
            }
        }
        hand_on(&mut savings, candidates);
        savings
    }

    /// Of the candidates that a statement reads as those frames: what each is estimated to save of what all save, and its
    /// places in the statement. None where one of the frames is none of the candidates.
    fn shares(
        &self,
        candidates: &Candidates,
        statement: StatementId,
        frames: &[String],
    ) -> Vec<(CandidateId, u64, u64)> {
        let mut shares = Vec::new();
        for frame in frames {
            let mut found = false;
            for (id, _) in self
                .measured
                .names
                .iter()
                .filter(|(_, name)| *name == frame)
            {
                let Some(candidate) = candidates.get(*id) else {
                    continue;
                };
                let here = candidate.readers.iter();
                let here = here.filter(|reader| reader.statement == statement);
                let savings = here.map(|reader| {
                    let saving = self.at(End::Few).estimated_saving(candidate, reader);
                    saving.unwrap_or(0).saturating_add(1)
                });
                let savings: Vec<u64> = savings.collect();
                if !savings.is_empty() {
                    found = true;
                    let share = savings
                        .iter()
                        .fold(0, |sum: u64, one| sum.saturating_add(*one));
                    shares.push((*id, share, super::count(savings.len())));
                }
            }
            if !found {
                return Vec::new();
            }
        }
        shares
    }

    /// The median of what was measured to what was estimated, thousandths; near [`OWN_SPEED`] where little was measured.
    fn speed(
        &self,
        candidates: &Candidates,
        of_statement: fn(&MeasuredStatement) -> Measure,
        of_frame: fn(&MeasuredFrame) -> Measure,
    ) -> u64 {
        let measured = &self.measured;
        let statements = measured.statements.keys().filter_map(|id| {
            let plain = measured.statement(*id, &[])?;
            let [few, many] = End::BOTH.map(|end| self.at(end).estimated_statement(*id));
            ratio(of_statement(plain).value, few?.midpoint(many?))
        });
        let frames = measured.frames.keys().filter_map(|id| {
            let frame = measured
                .frame(*id)
                .filter(|frame| frame.medium == "memory")?;
            let candidate = candidates.get(*id)?;
            let [few, many] = End::BOTH.map(|end| self.at(end).estimated_build(candidate));
            ratio(of_frame(frame).value, few?.micros.midpoint(many?.micros))
        });
        let mut ratios: Vec<u64> = statements.chain(frames).collect();
        ratios.sort_unstable();
        let number = super::count(ratios.len());
        let median = ratios.get(ratios.len() / 2).copied().unwrap_or(OWN_SPEED);
        let median = median.clamp(SPEEDS.0, SPEEDS.1);
        (median * number + OWN_SPEED * OWN_STEPS) / (number + OWN_STEPS)
    }

    /// Whether a candidate was measured to save less than it costs, beyond noise: by twice the standard deviation. Never where
    /// nothing of its readers was measured both with it and without.
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

/// What a frame saves a statement, others of the same table, subquery or grouping save it too, until they are measured themselves.
fn hand_on(savings: &mut BTreeMap<(CandidateId, StatementId), Saving>, candidates: &Candidates) {
    let mut alike: BTreeMap<&Subject, Vec<&Candidate>> = BTreeMap::new();
    for candidate in &candidates.candidates {
        alike.entry(&candidate.subject).or_default().push(candidate);
    }
    let mut handed = Vec::new();
    for ((id, statement), saving) in savings.iter() {
        let subject = candidates.get(*id).map(|one| &one.subject);
        for other in subject
            .and_then(|subject| alike.get(subject))
            .into_iter()
            .flatten()
        {
            let here = other.readers.iter();
            let here = here.filter(|reader| reader.statement == *statement);
            let places = super::count(here.count());
            let key = (other.id, *statement);
            if places > 0 && !savings.contains_key(&key) {
                handed.push((key, Saving { places, ..*saving }));
            }
        }
    }
    savings.extend(handed);
}

/// A measured value, and what was estimated without.
pub(super) fn shrunk(samples: u64, measured: u64, prior: u64) -> u64 {
    let weight = u128::from(samples.saturating_mul(SAMPLE_WEIGHT));
    narrow((u128::from(measured) * weight + u128::from(prior)) / (weight + 1))
}

pub(super) fn scaled(micros: u64, speed: u64) -> u64 {
    narrow(u128::from(micros) * u128::from(speed) / u128::from(OWN_SPEED))
}

/// Thousandths; none of nothing.
fn ratio(measured: u64, estimate: u64) -> Option<u64> {
    let measured = u128::from(measured) * u128::from(OWN_SPEED);
    measured.checked_div(u128::from(estimate)).map(narrow)
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

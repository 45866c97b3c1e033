//! Measurements → what they say of a workload: differences, rows, speed.

use std::collections::BTreeMap;

use super::super::{CostModel, End, count};
use super::{Keys, OWN_SPEED, Saving, narrow, root};
use crate::facts::access::{TableId, TableVersion, WriteKind};
use crate::facts::profile::{Measure, MeasuredFrame, MeasuredStatement, Measurements};
use crate::frontend::statement::StatementId;
use crate::planner::frame::{Candidate, CandidateId, Candidates, Subject};

/// Steps that a speed of [`OWN_SPEED`] counts as, beside those that were measured.
const OWN_STEPS: u64 = 3;
/// Slowest and fastest that a machine is taken to be, thousandths of the time: more is a mistake of the estimates.
const SPEEDS: (u64, u64) = (100, 10_000);

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
                    shares.push((*id, share, count(savings.len())));
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
        let number = count(ratios.len());
        let median = ratios.get(ratios.len() / 2).copied().unwrap_or(OWN_SPEED);
        let median = median.clamp(SPEEDS.0, SPEEDS.1);
        (median * number + OWN_SPEED * OWN_STEPS) / (number + OWN_STEPS)
    }
}

/// What a frame saves a statement, others of the same table, subquery or grouping save it too, until they are measured
/// themselves.
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
            let places = count(here.count());
            let key = (other.id, *statement);
            if places > 0 && !savings.contains_key(&key) {
                handed.push((key, Saving { places, ..*saving }));
            }
        }
    }
    savings.extend(handed);
}

/// Thousandths; none of nothing.
fn ratio(measured: u64, estimate: u64) -> Option<u64> {
    let measured = u128::from(measured) * u128::from(OWN_SPEED);
    measured.checked_div(u128::from(estimate)).map(narrow)
}

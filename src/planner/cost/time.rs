//! How long the steps of a run take, by the clock.

use super::measured::{scaled, shrunk};
use super::{ACTION_MICROS, CostModel, End, Estimate};
use crate::facts::profile::Measure;
use crate::frontend::statement::StatementId;
use crate::planner::frame::{Candidate, CandidateId};

impl CostModel<'_> {
    /// Wall time of a statement that reads some candidates as frames, microseconds; none where nothing lets tell.
    pub fn statement_time(&self, statement: StatementId, frames: &[&Candidate]) -> Option<u64> {
        let measured = &self.measured;
        let [few, many] = End::BOTH.map(|end| self.at(end).estimated_statement(statement));
        let estimate = self.wall(few, many);
        let known = measured.statement(statement, &[]);
        let as_written = seen(known.map(|known| known.wall), estimate);
        if frames.is_empty() {
            return as_written;
        }
        let readers = frames.iter().flat_map(|one| {
            let here = one.readers.iter();
            let here = here.filter(|reader| reader.statement == statement);
            here.map(|reader| (*one, reader))
        });
        let savings = readers.filter_map(|(candidate, reader)| {
            let saving = self.at(End::Few).estimated_saving(candidate, reader)?;
            Some(scaled(saving, measured.wall_speed))
        });
        let saved = savings.fold(0, u64::saturating_add);
        // Starting it takes its time whatever is saved.
        let prior = as_written.map(|written| {
            let least = written.min(ACTION_MICROS);
            written.saturating_sub(saved).max(least)
        });
        let read = frames.iter().filter_map(|one| measured.names.get(&one.id));
        let mut names: Vec<String> = read.cloned().collect();
        names.sort();
        names.dedup();
        let known = measured.statement(statement, &names);
        seen(known.map(|known| known.wall), prior)
    }

    /// Wall time of building a candidate in memory, microseconds; none where nothing lets tell.
    pub fn build_time(&self, candidate: &Candidate) -> Option<u64> {
        let [few, many] = End::BOTH.map(|end| self.at(end).estimated_build(candidate));
        let estimate = self.wall(few.map(|few| few.micros), many.map(|many| many.micros));
        let known = self.measured.frame(candidate.id);
        seen(known.map(|known| known.wall), estimate)
    }

    /// Between both ends, by the clock of this machine.
    fn wall(&self, few: Option<u64>, many: Option<u64>) -> Option<u64> {
        Some(scaled(few?.midpoint(many?), self.measured.wall_speed))
    }

    /// The candidate of a fingerprint, if there is one.
    pub fn candidate_named(&self, fingerprint: &str) -> Option<CandidateId> {
        let mut names = self.measured.names.iter();
        names
            .find(|(_, name)| *name == fingerprint)
            .map(|(id, _)| *id)
    }
}

impl Estimate<'_> {
    /// The work of a statement as written, starting it included. Writing is not counted.
    pub(super) fn estimated_statement(&self, statement: StatementId) -> Option<u64> {
        let access = self.access(statement)?;
        if access.barrier.is_some() {
            return None;
        }
        Some(ACTION_MICROS.saturating_add(self.work(access)?))
    }
}

/// What was measured beside an estimate, as far as there are both.
fn seen(known: Option<Measure>, prior: Option<u64>) -> Option<u64> {
    match (known, prior) {
        (Some(known), Some(prior)) => Some(shrunk(known.samples, known.value, prior)),
        (Some(known), None) => Some(known.value),
        (None, prior) => prior,
    }
}

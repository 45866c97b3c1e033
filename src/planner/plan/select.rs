//! Which candidates become frames.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::layout::{self, Layout};
use super::medium::Medium;
use super::{PlanOptions, medium};
use crate::facts::access::{ReadId, TableVersion};
use crate::facts::workload::Workload;
use crate::frontend::statement::StatementId;
use crate::planner::cost::{BuildCost, CostModel};
use crate::planner::frame::{Candidate, CandidateId, Candidates, Reader};

/// What the choice is made from.
pub(super) struct Search<'a> {
    pub(super) workload: &'a Workload,
    pub(super) candidates: &'a Candidates,
    pub(super) costs: &'a CostModel<'a>,
    pub(super) options: &'a PlanOptions,
}

/// A candidate that pays, with the readers that it would serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) candidate: CandidateId,
    pub(super) readers: Vec<Reader>,
    pub(super) medium: Medium,
    pub(super) layout: Layout,
    pub(super) build: BuildCost,
    pub(super) saving_micros: u64,
}

impl Chosen {
    pub(super) fn net_micros(&self) -> u64 {
        self.saving_micros.saturating_sub(self.build.micros)
    }

    fn lives_at(&self, statement: StatementId) -> bool {
        let first = self
            .readers
            .first()
            .is_some_and(|reader| reader.statement <= statement);
        first
            && self
                .readers
                .last()
                .is_some_and(|reader| statement <= reader.statement)
    }
}

/// Why a candidate does not become a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing can be estimated.
    SizeUnknown,
    /// Other candidates are forced.
    NotForced,
    /// Fewer than two readers are not served already.
    Served,
    /// For fewer than two readers the frame is cheaper to read than what it replaces.
    CheaperRaw,
    /// Something it depends on changes while it would live.
    RewrittenBetween,
    /// The saving does not reach the margin.
    NotWorth(Chosen),
    /// The gain is below the least worth a step.
    TooSmall(Chosen),
    /// Together with the frames that live at the same time it exceeds the budget.
    OverBudget {
        /// What it would be.
        chosen: Chosen,
        /// Bytes that would live together.
        peak_bytes: u64,
    },
}

impl Search<'_> {
    /// The frames chosen, in the order of choice.
    pub(super) fn run(&self) -> Vec<Chosen> {
        let mut chosen: Vec<Chosen> = Vec::new();
        loop {
            let best = self
                .candidates
                .candidates
                .iter()
                .filter(|candidate| chosen.iter().all(|taken| taken.candidate != candidate.id))
                .filter_map(|candidate| self.evaluate(candidate, &chosen).ok())
                .min_by_key(|one| {
                    let net = Reverse(one.net_micros());
                    (
                        net,
                        Reverse(one.saving_micros),
                        one.build.bytes,
                        one.candidate,
                    )
                });
            match best {
                Some(best) => chosen.push(best),
                None => return chosen,
            }
        }
    }

    /// Whether a candidate pays beside the frames already chosen, on the medium where it gains most.
    pub(super) fn evaluate(
        &self,
        candidate: &Candidate,
        chosen: &[Chosen],
    ) -> Result<Chosen, Verdict> {
        let forced = self.options.forced.as_ref();
        if forced.is_some_and(|forced| !forced.takes(candidate.id)) {
            return Err(Verdict::NotForced);
        }
        let (first, others) = medium::options(self, candidate);
        let mut best = self.evaluate_on(first, candidate, chosen);
        for medium in others {
            let other = self.evaluate_on(medium, candidate, chosen);
            let better = match (&best, &other) {
                (Ok(best), Ok(other)) => other.net_micros() > best.net_micros(),
                (Err(_), Ok(_)) => true,
                (_, Err(_)) => false,
            };
            if better {
                best = other;
            }
        }
        best
    }

    /// The same on one medium. What is forced need not pay.
    fn evaluate_on(
        &self,
        medium: Medium,
        candidate: &Candidate,
        chosen: &[Chosen],
    ) -> Result<Chosen, Verdict> {
        let forced = self.options.forced.is_some();
        let build = match self.costs.build(candidate) {
            Some(build) => medium.build_cost(build),
            None if forced => BuildCost::default(),
            None => return Err(Verdict::SizeUnknown),
        };
        let served: BTreeSet<ReadId> = chosen
            .iter()
            .flat_map(|taken| &taken.readers)
            .flat_map(|reader| reader.reads.iter().copied())
            .collect();
        let free: Vec<&Reader> = candidate
            .readers
            .iter()
            .filter(|reader| !reader.reads.iter().any(|read| served.contains(read)))
            .collect();
        if free.len() < 2 {
            return Err(Verdict::Served);
        }
        let mut readers = Vec::new();
        let mut saving_micros = 0_u64;
        for reader in free {
            let saving = match self.costs.saving(candidate, reader) {
                Some(saving) => saving,
                None if forced => 0,
                None => return Err(Verdict::SizeUnknown),
            };
            if saving > 0 || forced {
                saving_micros = saving_micros.saturating_add(saving);
                readers.push(reader.clone());
            }
        }
        if readers.len() < 2 {
            return Err(Verdict::CheaperRaw);
        }
        let mut one = Chosen {
            candidate: candidate.id,
            readers,
            medium,
            layout: Layout::default(),
            build,
            saving_micros,
        };
        if !self.inputs_stay(&candidate.inputs, &one) {
            return Err(Verdict::RewrittenBetween);
        }
        layout::arrange(self, candidate, &mut one);
        let (margin_percent, min_gain_micros) = self.thresholds();
        let needed = u128::from(one.build.micros).saturating_mul(u128::from(margin_percent));
        // Only a margin below 1 asks for frames that do not pay.
        let no_gain = one.net_micros() == 0 && margin_percent >= 100;
        if u128::from(one.saving_micros).saturating_mul(100) < needed || no_gain {
            return Err(Verdict::NotWorth(one));
        }
        if one.net_micros() < min_gain_micros {
            return Err(Verdict::TooSmall(one));
        }
        let peak_bytes = self.peak_with(chosen, &one);
        if peak_bytes > self.options.budget_bytes {
            return Err(Verdict::OverBudget {
                chosen: one,
                peak_bytes,
            });
        }
        Ok(one)
    }

    /// The margin in percent and the least net gain in microseconds. Nothing is asked of what is forced.
    fn thresholds(&self) -> (u32, u64) {
        match self.options.forced {
            Some(_) => (0, 0),
            None => (self.options.margin_percent, self.options.min_gain_micros),
        }
    }

    /// Whether nothing that a frame depends on may change from before its first reader to before its last.
    fn inputs_stay(&self, inputs: &[TableVersion], one: &Chosen) -> bool {
        let (Some(first), Some(last)) = (one.readers.first(), one.readers.last()) else {
            return false;
        };
        self.workload
            .accesses
            .iter()
            .filter(|access| first.statement <= access.statement)
            .filter(|access| access.statement < last.statement)
            .all(|access| {
                let changes = access
                    .starts
                    .iter()
                    .any(|start| inputs.iter().any(|input| input.table == start.table));
                access.barrier.is_none() && !changes
            })
    }

    /// Largest size of frames that would live together while this one lives, bytes.
    fn peak_with(&self, chosen: &[Chosen], one: &Chosen) -> u64 {
        self.workload
            .statements
            .iter()
            .filter(|statement| one.lives_at(statement.id))
            .map(|statement| {
                let beside = chosen.iter().filter(|other| other.lives_at(statement.id));
                beside
                    .map(|other| other.build.bytes)
                    .fold(one.build.bytes, u64::saturating_add)
            })
            .max()
            .unwrap_or(one.build.bytes)
    }
}

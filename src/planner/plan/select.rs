//! Which candidates become frames.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::layout::{self, Layout};
use super::medium::Medium;
use super::{PlanOptions, medium};
use crate::facts::access::{ReadId, TableVersion};
use crate::facts::workload::Workload;
use crate::frontend::statement::StatementId;
use crate::planner::cost::{BuildCost, CostModel, End, Estimate};
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
    /// Places in the texts that define other frames.
    pub(super) feeds: Vec<(CandidateId, Reader)>,
    /// The statements before which it must live, in order: its readers, and those before which the frames are built
    /// that it feeds.
    pub(super) uses: Vec<StatementId>,
    pub(super) medium: Medium,
    pub(super) layout: Layout,
    pub(super) build: BuildCost,
    pub(super) saving_micros: u64,
}

impl Chosen {
    pub(super) fn net_micros(&self) -> u64 {
        self.saving_micros.saturating_sub(self.build.micros)
    }

    /// The places that read it, those in the texts of other frames included.
    pub(super) fn places(&self) -> impl Iterator<Item = &Reader> {
        let feeds = self.feeds.iter().map(|(_, reader)| reader);
        self.readers.iter().chain(feeds)
    }

    /// Whether it must live while a statement runs that it must live before.
    pub(super) fn outlasts(&self, statement: StatementId) -> bool {
        let mut readers = self.readers.iter();
        // What a scratch table feeds may be computed again from it.
        readers.any(|reader| reader.statement == statement) || self.medium == Medium::Scratch
    }

    fn lives_at(&self, statement: StatementId) -> bool {
        let first = self.uses.first().is_some_and(|first| *first <= statement);
        first && self.uses.last().is_some_and(|last| statement <= *last)
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
    NotWorth(Box<Chosen>),
    /// The gain is below the least worth a step.
    TooSmall(Box<Chosen>),
    /// Together with the frames that live at the same time it exceeds the budget.
    OverBudget {
        /// What it would be.
        chosen: Box<Chosen>,
        /// Bytes that would live together.
        peak_bytes: u64,
    },
}

impl Search<'_> {
    /// The frames chosen: greedily from all candidates, or from texts of subqueries first, or first from such as are in no
    /// other one. What reads a table takes the readers of a subquery away, but it may also build the subquery.
    pub(super) fn run(&self) -> Vec<Chosen> {
        let net = |chosen: &[Chosen]| {
            let nets = chosen.iter().map(Chosen::net_micros);
            nets.fold(0, u64::saturating_add)
        };
        let nested = self.nested();
        let is_text = |candidate: &Candidate| candidate.definition.is_text();
        let is_outer =
            |candidate: &Candidate| is_text(candidate) && !nested.contains(&candidate.id);
        let mut best = self.greedy(&[]);
        let mut others = vec![self.greedy(&[&is_text])];
        if !nested.is_empty() {
            others.push(self.greedy(&[&is_outer, &is_text]));
        }
        for other in others {
            if net(&other) > net(&best) {
                best = other;
            }
        }
        best
    }

    /// The frames chosen where some candidates come first.
    fn greedy(&self, first: &[&dyn Fn(&Candidate) -> bool]) -> Vec<Chosen> {
        let mut chosen = Vec::new();
        for may in first {
            self.extend(&mut chosen, may);
        }
        self.extend(&mut chosen, |_| true);
        self.feed_later_ones(&mut chosen);
        chosen
    }

    /// The texts of subqueries that stand in other ones.
    fn nested(&self) -> BTreeSet<CandidateId> {
        let candidates = self.candidates.candidates.iter();
        let texts: Vec<&Candidate> = candidates
            .filter(|candidate| candidate.definition.is_text())
            .collect();
        let within = |inner: &Candidate, outer: &Candidate| {
            let mut places = inner.readers.iter();
            places.any(|reader| {
                let mut texts = outer.readers.iter();
                texts.any(|text| self.is_within(reader, text))
            })
        };
        let nested = texts.iter().filter(|inner| {
            let mut others = texts.iter();
            others.any(|outer| within(inner, outer))
        });
        nested.map(|candidate| candidate.id).collect()
    }

    /// Lets frames feed such as were chosen after them.
    fn feed_later_ones(&self, chosen: &mut [Chosen]) {
        for position in 0..chosen.len() {
            let Some(own) = chosen.get(position) else {
                continue;
            };
            // The place whose text it is would be another one; what it is built from is for that place.
            let is_fed = chosen
                .iter()
                .any(|other| other.feeds.iter().any(|(child, _)| *child == own.candidate));
            let candidate = self.candidates.get(own.candidate).filter(|_| !is_fed);
            let beside = chosen
                .iter()
                .filter(|other| other.candidate != own.candidate);
            let beside: Vec<Chosen> = beside.cloned().collect();
            let again = candidate.and_then(|candidate| self.evaluate(candidate, &beside).ok());
            if let Some(again) = again.filter(|again| again.net_micros() > own.net_micros())
                && let Some(own) = chosen.get_mut(position)
            {
                *own = again;
            }
        }
    }

    /// Adds the candidate with the largest net gain until none that may be added pays.
    fn extend(&self, chosen: &mut Vec<Chosen>, may: impl Fn(&Candidate) -> bool) {
        loop {
            let best = self
                .candidates
                .candidates
                .iter()
                .filter(|candidate| may(candidate))
                .filter(|candidate| chosen.iter().all(|taken| taken.candidate != candidate.id))
                .filter_map(|candidate| self.evaluate(candidate, chosen).ok())
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
                None => return,
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

    /// The same on one medium, at the end of what the facts leave open where it gains less.
    fn evaluate_on(
        &self,
        medium: Medium,
        candidate: &Candidate,
        chosen: &[Chosen],
    ) -> Result<Chosen, Verdict> {
        let [few, many] =
            End::BOTH.map(|end| self.evaluate_at(self.costs.at(end), medium, candidate, chosen));
        let (few, many) = (few?, many?);
        Ok(if self.reach(&many) < self.reach(&few) {
            many
        } else {
            few
        })
    }

    /// By how much it saves more than it must, microseconds of a hundredth.
    fn reach(&self, one: &Chosen) -> i128 {
        let (margin_percent, _) = self.thresholds();
        let needed = i128::from(one.build.micros) * i128::from(margin_percent.max(100));
        i128::from(one.saving_micros) * 100 - needed
    }

    /// The same at one end. What is forced need not pay.
    fn evaluate_at(
        &self,
        costs: Estimate<'_>,
        medium: Medium,
        candidate: &Candidate,
        chosen: &[Chosen],
    ) -> Result<Chosen, Verdict> {
        let forced = self.options.forced.is_some();
        let build = match costs.build(candidate) {
            Some(build) => medium.build_cost(BuildCost {
                bytes: self.costs.bytes(candidate).unwrap_or(build.bytes),
                ..build
            }),
            None if forced => BuildCost::default(),
            None => return Err(Verdict::SizeUnknown),
        };
        let served: BTreeSet<ReadId> = chosen
            .iter()
            .flat_map(|taken| &taken.readers)
            .flat_map(|reader| reader.reads.iter().copied())
            .collect();
        let free = |reader: &&Reader| !reader.reads.iter().any(|read| served.contains(read));
        let fed = self.fed(candidate, chosen);
        let reads: Vec<(Option<&Chosen>, &Reader)> = candidate
            .readers
            .iter()
            .filter(free)
            .map(|reader| (None, reader))
            .chain(fed.into_iter().map(|(child, reader)| (Some(child), reader)))
            .collect();
        if reads.len() < 2 {
            return Err(Verdict::Served);
        }
        let mut readers = Vec::new();
        let mut feeds = Vec::new();
        let mut uses = BTreeSet::new();
        let mut saving_micros = 0_u64;
        let last = candidate.readers.last().map(|reader| reader.statement);
        for (child, reader) in reads {
            // What Spark loses of a cached frame it computes again, from a table that must still be there, under
            // settings that were looked into.
            let kept = child.map(|child| kept(child, chosen));
            if medium == Medium::Scratch && kept > Some(last) {
                continue;
            }
            let saving = match costs.saving(candidate, reader) {
                Some(saving) => saving,
                None if forced => 0,
                None => return Err(Verdict::SizeUnknown),
            };
            if saving == 0 && !forced {
                continue;
            }
            saving_micros = saving_micros.saturating_add(saving);
            if let Some(child) = child {
                feeds.push((child.candidate, reader.clone()));
                uses.extend(child.uses.first());
                if medium == Medium::Scratch {
                    uses.extend(kept.flatten());
                }
            } else {
                readers.push(reader.clone());
                uses.insert(reader.statement);
            }
        }
        if readers.len() + feeds.len() < 2 {
            return Err(Verdict::CheaperRaw);
        }
        let mut one = Chosen {
            candidate: candidate.id,
            readers,
            feeds,
            uses: uses.into_iter().collect(),
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
            return Err(Verdict::NotWorth(Box::new(one)));
        }
        if one.net_micros() < min_gain_micros {
            return Err(Verdict::TooSmall(Box::new(one)));
        }
        let peak_bytes = self.peak_with(chosen, &one);
        if peak_bytes > self.options.budget_bytes {
            return Err(Verdict::OverBudget {
                chosen: Box::new(one),
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

    /// The places of a candidate that stand in the texts of frames already chosen, with those frames; none that another
    /// frame feeds already.
    fn fed<'c>(
        &self,
        candidate: &'c Candidate,
        chosen: &'c [Chosen],
    ) -> Vec<(&'c Chosen, &'c Reader)> {
        let feeds = chosen.iter().flat_map(|taken| &taken.feeds);
        let taken: BTreeSet<(CandidateId, ReadId)> = feeds
            .flat_map(|(child, reader)| reader.reads.iter().map(|read| (*child, *read)))
            .collect();
        let mut fed = Vec::new();
        for child in chosen {
            let definition = self.candidates.get(child.candidate);
            let is_text = definition.is_some_and(|one| one.definition.is_text());
            let Some(text) = Reader::first(child.places()).filter(|_| is_text) else {
                continue;
            };
            let free = |reader: &&Reader| {
                let mut reads = reader.reads.iter();
                reads.all(|read| !taken.contains(&(child.candidate, *read)))
            };
            let readers = candidate.readers.iter();
            let inside = readers.filter(|reader| self.is_within(reader, text));
            fed.extend(inside.filter(free).map(|reader| (child, reader)));
        }
        fed
    }

    /// Whether a place stands in the subquery that another one replaces, and is not all of it.
    fn is_within(&self, place: &Reader, text: &Reader) -> bool {
        let body = |reader: &Reader| Some(self.workload.subquery(reader.subquery()?)?.body);
        let mut reads = place.reads.iter();
        place.statement == text.statement
            && !place.reads.is_empty()
            && reads.all(|read| text.reads.contains(read))
            && match (body(place), body(text)) {
                (Some(inner), Some(outer)) => outer.contains(inner) && inner != outer,
                (None, outer) => outer.is_some(),
                (Some(_), None) => false,
            }
    }

    /// Whether nothing that a frame depends on may change from before its first use to before its last.
    fn inputs_stay(&self, inputs: &[TableVersion], one: &Chosen) -> bool {
        let (Some(first), Some(last)) = (one.uses.first(), one.uses.last()) else {
            return false;
        };
        self.workload
            .accesses
            .iter()
            .filter(|access| *first <= access.statement)
            .filter(|access| access.statement < *last)
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

/// The last statement up to which Spark may compute rows of a frame again, and so rows of what that is built from.
fn kept(one: &Chosen, chosen: &[Chosen]) -> Option<StatementId> {
    let children = one.feeds.iter().filter_map(|(child, _)| {
        let mut chosen = chosen.iter();
        chosen.find(|other| other.candidate == *child)
    });
    let kept = children.map(|child| kept(child, chosen));
    kept.fold(one.uses.last().copied(), Option::max)
}

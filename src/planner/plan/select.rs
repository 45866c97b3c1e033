//! Whether candidates pay beside the frames taken already, and the greedy choice among them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Choice, Chosen, Part};
use super::layout::{self, Layout};
use super::medium::Medium;
use super::offer::{Offer, offers};
use super::{FeedPlace, PlanOptions, medium};
use crate::facts::access::TableVersion;
use crate::facts::workload::Workload;
use crate::frontend::statement::StatementId;
use crate::planner::cost::{CostModel, Loss};
use crate::planner::frame::{Candidate, CandidateId, Candidates, Reader};

/// What the choice is made from.
pub(super) struct Search<'a> {
    pub(super) workload: &'a Workload,
    pub(super) candidates: &'a Candidates,
    pub(super) costs: &'a CostModel<'a>,
    pub(super) options: &'a PlanOptions,
    /// By number of the candidate; none where nothing can be estimated.
    offers: Vec<Option<Offer>>,
}

/// What a frame can serve.
#[derive(Clone, Debug)]
pub(super) struct Usage<'c> {
    pub(super) place: Place<'c>,
    /// Where in the order the frame must live, first and last.
    pub(super) at: (usize, usize),
    /// What it saves at each end of what the facts leave open, microseconds.
    pub(super) savings: [u64; 2],
}

/// Where a frame can be read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'c> {
    /// By a statement.
    Statement(&'c Reader),
    /// In the text that defines another frame.
    Text(Part, &'c Reader),
    /// Instead of a table that another frame joins or groups.
    Table(Part, TableVersion),
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
    /// Earlier runs have measured that it saves less than it costs.
    Measured(Loss),
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

impl<'a> Search<'a> {
    pub(super) fn new(
        workload: &'a Workload,
        candidates: &'a Candidates,
        costs: &'a CostModel<'a>,
        options: &'a PlanOptions,
    ) -> Self {
        Search {
            workload,
            candidates,
            costs,
            options,
            offers: offers(workload, candidates, costs, options.forced.is_some()),
        }
    }

    /// What a candidate costs and saves; none where nothing can be estimated.
    pub(super) fn offer(&self, candidate: CandidateId) -> Option<&Offer> {
        self.offers.get(candidate.0 as usize)?.as_ref()
    }

    /// The greedy choice for the given order of the statements: from all candidates, or from texts of subqueries first, or
    /// first from such as are in no other one. What reads a table takes the readers of a subquery away, but it may also
    /// build the subquery.
    pub(super) fn greedy(&self) -> Choice {
        let nested = self.nested();
        let is_text = |candidate: &Candidate| candidate.definition.is_text();
        let is_outer =
            |candidate: &Candidate| is_text(candidate) && !nested.contains(&candidate.id);
        let mut best = self.greedy_by(&[]);
        let mut others = vec![self.greedy_by(&[&is_text])];
        if !nested.is_empty() {
            others.push(self.greedy_by(&[&is_outer, &is_text]));
        }
        for other in others {
            if other.net_micros() > best.net_micros() {
                best = other;
            }
        }
        best
    }

    /// The frames chosen where some candidates come first.
    fn greedy_by(&self, first: &[&dyn Fn(&Candidate) -> bool]) -> Choice {
        let mut choice = Choice::empty(self.workload);
        for may in first {
            self.extend(&mut choice, may);
        }
        self.extend(&mut choice, |_| true);
        self.feed_later_ones(&mut choice);
        choice
    }

    /// The texts of subqueries that stand in other ones.
    fn nested(&self) -> BTreeSet<CandidateId> {
        let candidates = self.candidates.candidates.iter();
        let texts: Vec<&Candidate> = candidates
            .filter(|candidate| candidate.definition.is_text())
            .collect();
        let mut by_statement: BTreeMap<StatementId, Vec<&Reader>> = BTreeMap::new();
        for reader in texts.iter().flat_map(|text| &text.readers) {
            by_statement
                .entry(reader.statement)
                .or_default()
                .push(reader);
        }
        let is_within = |reader: &Reader| {
            let beside = by_statement.get(&reader.statement).into_iter().flatten();
            let mut beside = beside.copied();
            beside.any(|text| self.is_within(reader, text))
        };
        let nested = texts
            .iter()
            .filter(|inner| inner.readers.iter().any(is_within));
        nested.map(|candidate| candidate.id).collect()
    }

    /// Lets frames feed such as were chosen after them.
    fn feed_later_ones(&self, choice: &mut Choice) {
        let parts: Vec<Part> = choice.frames().iter().map(|one| one.part).collect();
        for part in parts {
            // The place whose text it is would be another one; what it is built from is for that place.
            let is_fed = choice
                .frames()
                .iter()
                .any(|other| other.feeds.iter().any(|(child, _)| *child == part));
            let candidate = self.candidates.get(part.candidate).filter(|_| !is_fed);
            let mut beside = choice.without(part);
            let again = candidate.and_then(|candidate| self.evaluate(candidate, &beside).ok());
            let own = choice.frame(part).map_or(0, Chosen::net_micros);
            if let Some(again) = again.filter(|again| again.net_micros() > own) {
                beside.push(again);
                *choice = beside;
            }
        }
    }

    /// Adds the candidate with the largest net gain until none that may be added pays.
    pub(super) fn extend(&self, choice: &mut Choice, may: impl Fn(&Candidate) -> bool) {
        let candidates = self.candidates.candidates.iter();
        let mut open: Vec<&Candidate> = candidates.filter(|one| may(one)).collect();
        loop {
            let best = open
                .iter()
                .filter(|candidate| !choice.takes(candidate.id))
                .filter_map(|candidate| self.evaluate(candidate, choice).ok())
                .min_by_key(|one| {
                    let net = Reverse(one.net_micros());
                    let saving = Reverse(one.saving_micros);
                    (net, saving, one.build.bytes, one.part)
                });
            let Some(best) = best else { return };
            open.retain(|candidate| candidate.id != best.part.candidate);
            choice.push(best);
        }
    }

    /// Whether a candidate pays beside the frames already chosen, on the medium where it gains most.
    pub(super) fn evaluate(
        &self,
        candidate: &Candidate,
        choice: &Choice,
    ) -> Result<Chosen, Verdict> {
        let forced = self.options.forced.as_ref();
        if forced.is_some_and(|forced| !forced.takes(candidate.id)) {
            return Err(Verdict::NotForced);
        }
        if let Some(loss) = self.loss(candidate) {
            return Err(Verdict::Measured(loss));
        }
        let (first, others) = medium::options(self, candidate);
        let mut best = self.evaluate_on(first, candidate, choice);
        for medium in others {
            let other = self.evaluate_on(medium, candidate, choice);
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

    /// What was measured of a candidate that loses, where frames are to pay.
    pub(super) fn loss(&self, candidate: &Candidate) -> Option<Loss> {
        let (margin_percent, _) = self.thresholds();
        let loss = self.costs.loses(candidate)?;
        (margin_percent >= 100).then_some(loss)
    }

    /// The same on one medium. What is forced need not pay.
    fn evaluate_on(
        &self,
        medium: Medium,
        candidate: &Candidate,
        choice: &Choice,
    ) -> Result<Chosen, Verdict> {
        let offer = self.offer(candidate.id).ok_or(Verdict::SizeUnknown)?;
        let mut uses = self.open(medium, candidate, offer, choice);
        if uses.len() < 2 {
            return Err(Verdict::Served);
        }
        if self.options.forced.is_none() {
            uses.retain(|usage| !usage.savings.contains(&0));
        }
        if uses.len() < 2 {
            return Err(Verdict::CheaperRaw);
        }
        let uses = offer
            .stretch(uses, choice)
            .ok_or(Verdict::RewrittenBetween)?;
        let part = Part {
            candidate: candidate.id,
            number: 0,
        };
        let mut one = self.priced(part, medium, offer, uses);
        layout::arrange(self, candidate, &mut one);
        self.judge(one, choice)
    }

    /// Whether what would be a frame pays, and finds room.
    pub(super) fn judge(&self, one: Chosen, choice: &Choice) -> Result<Chosen, Verdict> {
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
        let peak_bytes = choice.peak_with(&one);
        if peak_bytes > self.options.budget_bytes {
            return Err(Verdict::OverBudget {
                chosen: Box::new(one),
                peak_bytes,
            });
        }
        Ok(one)
    }

    /// A frame with some uses, estimated at the end of what the facts leave open where it gains less.
    pub(super) fn priced(
        &self,
        part: Part,
        medium: Medium,
        offer: &Offer,
        uses: Vec<Usage<'_>>,
    ) -> Chosen {
        let savings = uses.iter().map(|usage| usage.savings);
        let (end, saving_micros) = self.worse_end(medium, offer, savings);
        let mut places: BTreeSet<usize> = BTreeSet::new();
        let mut readers = Vec::new();
        let mut feeds = Vec::new();
        for usage in uses {
            places.extend([usage.at.0, usage.at.1]);
            match usage.place {
                Place::Statement(reader) => readers.push(reader.clone()),
                Place::Text(child, reader) => feeds.push((child, FeedPlace::Text(reader.clone()))),
                Place::Table(child, version) => feeds.push((child, FeedPlace::Table(version))),
            }
        }
        Chosen {
            part,
            readers,
            feeds,
            uses: places.into_iter().collect(),
            medium,
            layout: Layout::default(),
            build: offer.build(medium, end),
            saving_micros,
        }
    }

    /// The end at which building gains less by some savings, and their sum there.
    pub(super) fn worse_end(
        &self,
        medium: Medium,
        offer: &Offer,
        savings: impl Iterator<Item = [u64; 2]>,
    ) -> (usize, u64) {
        let (margin_percent, _) = self.thresholds();
        let totals = savings.fold([0_u64; 2], |[few, many], [one, other]| {
            [few.saturating_add(one), many.saturating_add(other)]
        });
        // By how much it saves more than it must, microseconds of a hundredth.
        let reach = |end: usize, saving: u64| {
            let build = offer.build(medium, end).micros;
            i128::from(saving) * 100 - i128::from(build) * i128::from(margin_percent.max(100))
        };
        let [few, many] = totals;
        if reach(1, many) < reach(0, few) {
            (1, many)
        } else {
            (0, few)
        }
    }

    /// The margin in percent and the least net gain in microseconds. Nothing is asked of what is forced.
    pub(super) fn thresholds(&self) -> (u32, u64) {
        match self.options.forced {
            Some(_) => (0, 0),
            None => (self.options.margin_percent, self.options.min_gain_micros),
        }
    }

    /// What a candidate could serve beside the frames already chosen: its readers, and the places in the definitions of
    /// those frames that no other frame feeds.
    fn open<'c>(
        &self,
        medium: Medium,
        candidate: &'c Candidate,
        offer: &Offer,
        choice: &Choice,
    ) -> Vec<Usage<'c>> {
        let places = candidate
            .readers
            .iter()
            .map(|reader| choice.place(reader.statement));
        let (first, last) = (places.clone().min().unwrap_or(0), places.max().unwrap_or(0));
        let mut uses = Vec::new();
        for (reader, savings) in candidate.readers.iter().zip(&offer.savings) {
            if !choice.serves(reader) {
                let place = choice.place(reader.statement);
                uses.push(Usage {
                    place: Place::Statement(reader),
                    at: (place, place),
                    savings: *savings,
                });
            }
            for (child, text) in choice.defined_in(reader.statement) {
                let definition = self.candidates.get(child.part.candidate);
                let is_text = definition.is_some_and(|one| one.definition.is_text());
                if !is_text || !self.is_within(reader, text) || is_fed(choice, child.part, reader) {
                    continue;
                }
                if let Some(at) = held(medium, child, choice).filter(|at| at.1 <= last) {
                    uses.push(Usage {
                        place: Place::Text(child.part, reader),
                        at,
                        savings: *savings,
                    });
                }
            }
        }
        for table in &offer.tables {
            let frames = choice.frames().iter();
            let children = frames.filter(|child| child.part.candidate == table.child);
            for child in children {
                let taken = has_instead(choice, child.part, table.version);
                let at = held(medium, child, choice).filter(|_| !taken);
                // Elsewhere it was not looked into what ends it.
                let at = at.filter(|at| first <= at.0 && at.1 <= last);
                uses.extend(at.map(|at| Usage {
                    place: Place::Table(child.part, table.version),
                    at,
                    savings: table.savings,
                }));
            }
        }
        uses
    }

    /// Whether a place stands in the subquery that another one replaces, and is not all of it.
    pub(super) fn is_within(&self, place: &Reader, text: &Reader) -> bool {
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
}

/// Whether a frame feeds a place in the text of another one already.
fn is_fed(choice: &Choice, child: Part, reader: &Reader) -> bool {
    let mut feeds = choice.frames().iter().flat_map(|one| &one.feeds);
    feeds.any(|(fed, place)| {
        let mut reads = place.reader().into_iter().flat_map(|place| &place.reads);
        *fed == child && reads.any(|read| reader.reads.contains(read))
    })
}

/// Whether a frame stands instead of a table of another one already.
fn has_instead(choice: &Choice, child: Part, version: TableVersion) -> bool {
    let place = (child, FeedPlace::Table(version));
    let mut frames = choice.frames().iter();
    frames.any(|one| one.feeds.contains(&place))
}

/// Where a frame must live that builds another one. What Spark loses of a cached frame it computes again, from a table
/// that must still be there, under settings that were looked into.
pub(super) fn held(medium: Medium, child: &Chosen, choice: &Choice) -> Option<(usize, usize)> {
    let (from, _) = child.stretch()?;
    Some(match medium {
        Medium::Scratch => (from, kept(child, choice)?),
        Medium::Memory(_) => (from, from),
    })
}

/// The last place in the order up to which Spark may compute rows of a frame again, and so rows of what that is built
/// from.
fn kept(one: &Chosen, choice: &Choice) -> Option<usize> {
    let children = one
        .feeds
        .iter()
        .filter_map(|(child, _)| choice.frame(*child));
    let kept = children.map(|child| kept(child, choice));
    kept.fold(one.uses.last().copied(), Option::max)
}

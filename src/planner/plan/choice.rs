//! A choice in the making: the order of the statements, the frames taken so far, and what they leave.

use std::collections::{BTreeMap, BTreeSet};

use super::FeedPlace;
use super::layout::Layout;
use super::medium::Medium;
use crate::facts::access::ReadId;
use crate::facts::workload::Workload;
use crate::frontend::statement::StatementId;
use crate::planner::cost::BuildCost;
use crate::planner::frame::{CandidateId, Reader};

/// One residency of a candidate: a frame that is built twice is two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub(super) candidate: CandidateId,
    /// Which of its residencies, in order.
    pub(super) number: u32,
}

/// A candidate that is taken, with the readers that it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) part: Part,
    pub(super) readers: Vec<Reader>,
    /// Places in the definitions of other frames.
    pub(super) feeds: Vec<(Part, FeedPlace)>,
    /// Where in the order of the statements it must live, sorted: at its readers, and where the frames are built that it
    /// feeds.
    pub(super) uses: Vec<usize>,
    pub(super) medium: Medium,
    pub(super) layout: Layout,
    pub(super) build: BuildCost,
    pub(super) saving_micros: u64,
}

impl Chosen {
    pub(super) fn net_micros(&self) -> u64 {
        self.saving_micros.saturating_sub(self.build.micros)
    }

    /// The places of the user's text that read it, those in the texts of other frames included.
    pub(super) fn places(&self) -> impl Iterator<Item = &Reader> {
        let feeds = self.feeds.iter().filter_map(|(_, place)| place.reader());
        self.readers.iter().chain(feeds)
    }

    /// Whether it must live while a statement runs that it must live before.
    pub(super) fn outlasts(&self, statement: StatementId) -> bool {
        let mut readers = self.readers.iter();
        // What a scratch table feeds may be computed again from it.
        readers.any(|reader| reader.statement == statement) || self.medium == Medium::Scratch
    }

    /// First and last place in the order where it must live.
    pub(super) fn stretch(&self) -> Option<(usize, usize)> {
        Some((*self.uses.first()?, *self.uses.last()?))
    }
}

/// Frames taken for an order of the statements.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// The statements in the order in which they run.
    order: Vec<StatementId>,
    /// Where each statement stands there.
    places: Vec<usize>,
    frames: Vec<Chosen>,
    served: BTreeSet<ReadId>,
    /// Bytes that live at each place.
    live_bytes: Vec<u64>,
    /// Frames by the statement of the place whose text defines them.
    defined_in: BTreeMap<StatementId, Vec<usize>>,
}

impl Choice {
    /// Nothing taken, the statements in the order of the files.
    pub(super) fn empty(workload: &Workload) -> Choice {
        let order = workload.statements.iter().map(|one| one.id);
        Choice::in_order(order.collect())
    }

    /// Nothing taken, the statements in some order.
    pub(super) fn in_order(order: Vec<StatementId>) -> Choice {
        let mut places = vec![0; order.len()];
        for (place, statement) in order.iter().enumerate() {
            if let Some(known) = places.get_mut(statement.0 as usize) {
                *known = place;
            }
        }
        Choice {
            places,
            live_bytes: vec![0; order.len()],
            order,
            frames: Vec::new(),
            served: BTreeSet::new(),
            defined_in: BTreeMap::new(),
        }
    }

    /// The statements in the order in which they run.
    pub(super) fn order(&self) -> &[StatementId] {
        &self.order
    }

    /// Where a statement stands in it.
    pub(super) fn place(&self, statement: StatementId) -> usize {
        let place = self.places.get(statement.0 as usize);
        place.copied().unwrap_or(usize::MAX)
    }

    pub(super) fn frames(&self) -> &[Chosen] {
        &self.frames
    }

    pub(super) fn frame(&self, part: Part) -> Option<&Chosen> {
        self.frames.iter().find(|one| one.part == part)
    }

    pub(super) fn takes(&self, candidate: CandidateId) -> bool {
        let mut frames = self.frames.iter();
        frames.any(|one| one.part.candidate == candidate)
    }

    /// Whether a frame serves one of a reader's reads.
    pub(super) fn serves(&self, reader: &Reader) -> bool {
        let mut reads = reader.reads.iter();
        reads.any(|read| self.served.contains(read))
    }

    /// The frames that are built from the text of a place in a statement, with that place.
    pub(super) fn defined_in(
        &self,
        statement: StatementId,
    ) -> impl Iterator<Item = (&Chosen, &Reader)> {
        let rows = self.defined_in.get(&statement).into_iter().flatten();
        rows.filter_map(|row| {
            let one = self.frames.get(*row)?;
            Some((one, Reader::first(one.places())?))
        })
    }

    /// What a frame and those beside it have at the most, bytes.
    pub(super) fn peak_with(&self, one: &Chosen) -> u64 {
        let Some((from, to)) = one.stretch() else {
            return one.build.bytes;
        };
        let beside = self.live_bytes.get(from..=to).unwrap_or(&[]);
        let most = beside.iter().max().copied().unwrap_or(0);
        most.saturating_add(one.build.bytes)
    }

    pub(super) fn push(&mut self, one: Chosen) {
        self.served.extend(
            one.readers
                .iter()
                .flat_map(|reader| reader.reads.iter().copied()),
        );
        if let Some((from, to)) = one.stretch() {
            for bytes in self.live_bytes.get_mut(from..=to).unwrap_or(&mut []) {
                *bytes = bytes.saturating_add(one.build.bytes);
            }
        }
        if let Some(first) = Reader::first(one.places()) {
            let rows = self.defined_in.entry(first.statement).or_default();
            rows.push(self.frames.len());
        }
        self.frames.push(one);
    }

    /// The same without one of its frames.
    pub(super) fn without(&self, part: Part) -> Choice {
        let mut rest = Choice::in_order(self.order.clone());
        let others = self.frames.iter().filter(|one| one.part != part);
        others.cloned().for_each(|one| rest.push(one));
        rest
    }

    /// What the frames gain together, microseconds.
    pub(super) fn net_micros(&self) -> u64 {
        let nets = self.frames.iter().map(Chosen::net_micros);
        nets.fold(0, u64::saturating_add)
    }
}

//! The joint choice: what candidates offer as a problem of [`search`], and its answer as a choice.
//!
//! A statement is a task, a candidate on a medium and in a layout is an option, a reader is a use by its task, and a
//! place in the definition of another frame is a use by that frame's build. A build counts with the margin that
//! the user asks for, so whatever the search takes pays as much; what it takes at the worse end for all of its readers is
//! estimated again for those that it serves, and given up where it then falls short. Both estimates are of the same
//! facts, so this is rare.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Choice, Chosen, Part};
use super::layout;
use super::medium::{self, Medium};
use super::offer::Offer;
use super::select::{Place, Search, Usage, held};
use super::{Searched, order};
use crate::facts::access::{ReadId, TableVersion};
use crate::frontend::statement::StatementId;
use crate::planner::frame::{Candidate, CandidateId, Reader};
use crate::planner::search::{
    self, Certificate, Found, FrameOption, Limits, OptionId, Problem, Residency, TaskId, Use, User,
};

/// The best choice that the search finds, and what it proves of it.
pub(super) fn choose(search: &Search<'_>, limits: Limits) -> (Choice, Option<Searched>) {
    let asked = Asked::new(search);
    match search::find(&asked.problem, limits) {
        Ok(found) => asked.answer(found),
        // The problem is well-formed by construction; and the greedy choice is always one.
        Err(_) => (search.greedy(), None),
    }
}

/// A problem, and what its options stand for.
struct Asked<'a> {
    search: &'a Search<'a>,
    problem: Problem,
    ways: Vec<Way<'a>>,
}

/// A way to keep a candidate.
struct Way<'a> {
    candidate: &'a Candidate,
    offer: &'a Offer,
    medium: Medium,
    clustered: bool,
    /// What each use of the option is.
    uses: Vec<Spot<'a>>,
}

/// What a use of an option stands for.
#[derive(Clone, Copy)]
enum Spot<'a> {
    /// A read by a statement.
    Statement(&'a Reader),
    /// A read that stands in the text of another candidate, with the first place of that text.
    Text(&'a Reader, &'a Reader),
    /// A table that another candidate joins or groups.
    Table(TableVersion),
}

impl<'a> Asked<'a> {
    fn new(search: &'a Search<'a>) -> Self {
        let mut asked = Asked {
            search,
            problem: Problem {
                tasks: order::tasks(search.workload, search.options.order),
                options: Vec::new(),
                budget_bytes: search.options.budget_bytes,
            },
            ways: Vec::new(),
        };
        let mut texts: BTreeMap<StatementId, Vec<(&'a Candidate, &'a Reader)>> = BTreeMap::new();
        for candidate in &search.candidates.candidates {
            if let Some(text) = Reader::first(&candidate.readers)
                && candidate.definition.is_text()
            {
                let own = texts.entry(text.statement).or_default();
                own.push((candidate, text));
            }
            asked.add_ways(candidate);
        }
        asked.add_uses(&texts);
        asked
    }

    /// One option per medium and layout.
    fn add_ways(&mut self, candidate: &'a Candidate) {
        let offer = self.search.offer(candidate.id);
        let Some(offer) = offer.filter(|_| self.search.loss(candidate).is_none()) else {
            return;
        };
        let (first, others) = medium::options(self.search, candidate);
        for medium in [first].into_iter().chain(others) {
            for clustered in [false, true] {
                let way = Way {
                    candidate,
                    offer,
                    medium,
                    clustered,
                    uses: Vec::new(),
                };
                if !clustered || layout::is_wanted(self.search) {
                    self.ways.push(way);
                }
            }
        }
    }

    /// What the options cost, and whom they serve.
    fn add_uses(&mut self, texts: &BTreeMap<StatementId, Vec<(&'a Candidate, &'a Reader)>>) {
        let mut rows: BTreeMap<_, Vec<OptionId>> = BTreeMap::new();
        for (way, row) in self.ways.iter().zip((0..).map(OptionId)) {
            rows.entry(way.candidate.id).or_default().push(row);
        }
        for way in &mut self.ways {
            let ways_of = |child: &Candidate| rows.get(&child.id).map_or(&[][..], Vec::as_slice);
            let (option, uses) = option(self.search, way, ways_of, |reader| {
                let beside = texts.get(&reader.statement).into_iter().flatten();
                let outside = beside.filter(|(_, text)| self.search.is_within(reader, text));
                outside.copied().collect()
            });
            way.uses = uses;
            self.problem.options.push(option);
        }
    }

    /// The choice that an answer stands for.
    fn answer(&self, found: Found) -> (Choice, Option<Searched>) {
        let order = found.schedule.order.iter();
        let order: Vec<StatementId> = order.map(|task| StatementId(task.0)).collect();
        let mut given_up: BTreeSet<usize> = BTreeSet::new();
        let mut choice = loop {
            match self.frames(&order, &found.schedule.residencies, &given_up) {
                Ok(choice) => break choice,
                Err(row) => given_up.insert(row),
            };
        };
        let mut value = found.value;
        if !given_up.is_empty() {
            value = choice.frames().iter().map(|one| self.worth(one)).sum();
        }
        let before = choice.frames().len();
        self.search.extend(&mut choice, |_| true);
        let added = choice.frames().iter().skip(before);
        value = added.fold(value, |value, one| value.saturating_add(self.worth(one)));
        let searched = Searched {
            value_micros: value,
            bound_micros: found.bound.max(value),
            certificate: if given_up.is_empty() && choice.frames().len() == before {
                found.certificate
            } else {
                Certificate::of(value, found.bound)
            },
            trace: found.trace,
        };
        (choice, Some(searched))
    }

    /// What a frame counts for in the search, microseconds.
    fn worth(&self, one: &Chosen) -> u64 {
        let needed = needed(self.search, one.build.micros);
        one.saving_micros.saturating_sub(needed)
    }

    /// Residencies as frames, or the first one that does not pay when looked at anew.
    fn frames(
        &self,
        order: &[StatementId],
        residencies: &[Residency],
        given_up: &BTreeSet<usize>,
    ) -> Result<Choice, usize> {
        let mut numbers: BTreeMap<_, u32> = BTreeMap::new();
        let mut parts: Vec<Part> = Vec::new();
        for residency in residencies {
            let candidate = self.way(residency.option).map(|way| way.candidate.id);
            let candidate = candidate.unwrap_or(CandidateId(u32::MAX));
            let number = numbers.entry(candidate).or_default();
            parts.push(Part {
                candidate,
                number: *number,
            });
            *number += 1;
        }
        let mut choice = Choice::in_order(order.to_vec());
        let mut open: Vec<usize> = (0..residencies.len()).collect();
        open.retain(|row| !given_up.contains(row));
        // What others are built from comes behind those: their texts decide which places it feeds.
        while !open.is_empty() {
            let waits = |row: &usize| {
                let children = self.children(residencies, *row);
                open.iter().any(|other| children.contains(other))
            };
            let (later, now): (Vec<usize>, Vec<usize>) = open.iter().partition(|row| waits(row));
            if now.is_empty() {
                break;
            }
            for row in now {
                let one = self.frame(&choice, residencies, &parts, row).ok_or(row)?;
                choice.push(one);
            }
            open = later;
        }
        Ok(choice)
    }

    fn way(&self, option: OptionId) -> Option<&Way<'a>> {
        self.ways.get(option.0 as usize)
    }

    /// The residencies that are built from one.
    fn children(&self, residencies: &[Residency], row: usize) -> Vec<usize> {
        let Some(own) = residencies.get(row) else {
            return Vec::new();
        };
        let options = self.problem.options.get(own.option.0 as usize);
        let served = own.served.iter().filter_map(|served| {
            let usage = options?.uses.get(served.usage as usize)?;
            match usage.by {
                User::Build(child) => residencies
                    .iter()
                    .position(|other| other.option == child && other.from == served.at),
                User::Task(_) => None,
            }
        });
        served.collect()
    }

    /// A residency as a frame beside those that it feeds; none where it does not pay.
    fn frame(
        &self,
        choice: &Choice,
        residencies: &[Residency],
        parts: &[Part],
        row: usize,
    ) -> Option<Chosen> {
        let residency = residencies.get(row)?;
        let way = self.way(residency.option)?;
        let option = self.problem.options.get(residency.option.0 as usize)?;
        let mut uses = Vec::new();
        for served in &residency.served {
            let usage = option.uses.get(served.usage as usize)?;
            let child = match usage.by {
                User::Task(_) => None,
                User::Build(child) => {
                    let position = residencies
                        .iter()
                        .position(|other| other.option == child && other.from == served.at)?;
                    choice.frame(*parts.get(position)?)
                }
            };
            uses.extend(match *way.uses.get(served.usage as usize)? {
                Spot::Statement(reader) => read(way, reader, choice),
                Spot::Text(reader, text) => {
                    child.and_then(|child| self.fed(way, reader, text, child, choice))
                }
                Spot::Table(version) => {
                    child.and_then(|child| instead(way, version, child, choice))
                }
            });
        }
        if uses.len() < 2 {
            return None;
        }
        let count = uses.len();
        let uses = way.offer.stretch(uses, choice)?;
        if uses.len() < count {
            return None;
        }
        let mut one = (self.search).priced(*parts.get(row)?, way.medium, way.offer, uses);
        layout::arrange(self.search, way.candidate, &mut one);
        self.search.judge(one, choice).ok()
    }

    /// The use by the build of a frame, at the place in the text that the frame has in the end: the one that stands in the
    /// same rank as in the text asked for.
    fn fed(
        &self,
        way: &Way<'a>,
        reader: &Reader,
        asked: &Reader,
        child: &Chosen,
        choice: &Choice,
    ) -> Option<Usage<'a>> {
        let text = Reader::first(child.places())?;
        let within = |text: &Reader| -> Vec<&'a Reader> {
            let readers = way.candidate.readers.iter();
            readers
                .filter(|place| self.search.is_within(place, text))
                .collect()
        };
        let (before, after) = (within(asked), within(text));
        let rank = before.iter().position(|place| *place == reader)?;
        let place = *after.get(rank).filter(|_| before.len() == after.len())?;
        Some(Usage {
            place: Place::Text(child.part, place),
            at: held(way.medium, child, choice)?,
            savings: savings(way, place)?,
        })
    }
}

/// The use by a statement.
fn read<'a>(way: &Way<'a>, reader: &'a Reader, choice: &Choice) -> Option<Usage<'a>> {
    let place = choice.place(reader.statement);
    Some(Usage {
        place: Place::Statement(reader),
        at: (place, place),
        savings: savings(way, reader)?,
    })
}

/// The use by the build of a frame, instead of a table.
fn instead<'a>(
    way: &Way<'a>,
    version: TableVersion,
    child: &Chosen,
    choice: &Choice,
) -> Option<Usage<'a>> {
    let mut tables = way.offer.tables.iter();
    let table = tables.find(|one| one.child == child.part.candidate && one.version == version)?;
    Some(Usage {
        place: Place::Table(child.part, version),
        at: held(way.medium, child, choice)?,
        savings: table.savings,
    })
}

fn savings(way: &Way<'_>, reader: &Reader) -> Option<[u64; 2]> {
    let mut readers = way.candidate.readers.iter().zip(&way.offer.savings);
    let (_, savings) = readers.find(|(own, _)| *own == reader)?;
    Some(*savings)
}

/// What must be saved for a build, microseconds.
fn needed(search: &Search<'_>, build_micros: u64) -> u64 {
    let (margin_percent, min_gain_micros) = search.thresholds();
    let wide = u128::from(build_micros).saturating_mul(u128::from(margin_percent));
    let with_margin = u64::try_from(wide.div_ceil(100)).unwrap_or(u64::MAX);
    let with_gain = if margin_percent >= 100 {
        build_micros.saturating_add(min_gain_micros)
    } else {
        0
    };
    with_margin.max(with_gain)
}

/// An option with its uses, and what each use is.
fn option<'a, 'r>(
    search: &Search<'a>,
    way: &Way<'a>,
    ways_of: impl Fn(&Candidate) -> &'r [OptionId],
    texts: impl Fn(&'a Reader) -> Vec<(&'a Candidate, &'a Reader)>,
) -> (FrameOption, Vec<Spot<'a>>) {
    let candidate = way.candidate;
    let statements = candidate.readers.iter().map(|reader| reader.statement);
    let (first, last) = (statements.clone().min(), statements.max());
    let holds = way.medium == Medium::Scratch;
    // Each read counts once at the worse end, by whomever it may be.
    let worth = |savings: &[u64; 2]| !savings.contains(&0);
    let all = way.offer.savings.iter().copied().filter(worth);
    let (end, _) = search.worse_end(way.medium, way.offer, all);
    let build = way.offer.build(way.medium, end);
    let clustered = way
        .clustered
        .then(|| layout::offered(search, candidate, build))
        .flatten();
    let mut option = FrameOption {
        candidate: candidate.id.0,
        bytes: build.bytes,
        build_micros: needed(search, build.micros),
        uses: Vec::new(),
        ended_by: way.offer.ended_by.iter().map(|end| TaskId(end.0)).collect(),
    };
    let mut uses = Vec::new();
    if way.clustered && clustered.is_none() {
        return (option, uses);
    }
    if let Some(clustered) = &clustered {
        let micros = build.micros.saturating_add(clustered.exchange_micros);
        option.build_micros = needed(search, micros);
    }
    for (row, (reader, savings)) in candidate.readers.iter().zip(&way.offer.savings).enumerate() {
        let saved = match &clustered {
            Some(clustered) => clustered.saved_micros.get(row).copied().flatten(),
            None => Some(0),
        };
        let (Some(saved), true) = (saved, worth(savings)) else {
            continue;
        };
        let slots = slots(&reader.reads);
        let saving_micros = savings.get(end).copied().unwrap_or(0);
        if !way.offer.ended_by.contains(&reader.statement) {
            option.uses.push(Use {
                by: User::Task(TaskId(reader.statement.0)),
                slots: slots.clone(),
                saving_micros: saving_micros.saturating_add(saved),
                holds: false,
            });
            uses.push(Spot::Statement(reader));
        }
        if way.clustered {
            // Rows that other frames are built from stay as they come.
            continue;
        }
        for (child, text) in texts(reader) {
            // What it is held for must not read longer than what was looked into.
            if holds && child.readers.iter().map(|one| one.statement).max() > last {
                continue;
            }
            for row in ways_of(child) {
                option.uses.push(Use {
                    by: User::Build(*row),
                    slots: slots.clone(),
                    saving_micros,
                    holds,
                });
                uses.push(Spot::Text(reader, text));
            }
        }
    }
    let tables = way.offer.tables.iter().filter(|_| !way.clustered);
    for table in tables {
        let child = search.candidates.get(table.child);
        // Elsewhere it was not looked into what ends it.
        let inside = |child: &&Candidate| {
            let statements = child.readers.iter().map(|reader| reader.statement);
            statements.clone().min() >= first && statements.max() <= last
        };
        let Some(child) = child.filter(inside) else {
            continue;
        };
        for row in ways_of(child) {
            option.uses.push(Use {
                by: User::Build(*row),
                slots: vec![table.row],
                saving_micros: table.savings.get(end).copied().unwrap_or(0),
                holds,
            });
            uses.push(Spot::Table(table.version));
        }
    }
    (option, uses)
}

fn slots(reads: &[ReadId]) -> Vec<u32> {
    let slots: BTreeSet<u32> = reads.iter().map(|read| read.0).collect();
    slots.into_iter().collect()
}

//! Stage `plan`: candidates + cost model + budget → which frames, where they live, and when.
//!
//! Statements keep their file order. Frames are chosen greedily: of the candidates that pay, the one with the
//! largest net gain is taken, its readers leave the other candidates, and the rest is estimated anew. The text of a
//! subquery that is a frame goes on reading tables, joining and grouping them: other frames may feed it. A frame is
//! built just before its first use and let go just after its last one; at no step do the frames that live
//! together exceed the budget. Everything repeated gets a decision with a reason, taken or not.
//!
//! ```text
//! 1 run 01.sql    2 materialise t_1    3 materialise latest_1 (from t_1)    4 run 02.sql (reads latest_1)
//! 5 run 03.sql (reads t_1)    6 release t_1    7 run 04.sql (reads latest_1)    8 release latest_1
//! ```

mod decide;
mod forced;
mod layout;
mod medium;
mod select;
mod settings;
#[cfg(test)]
mod tests;
mod words;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::cost::CostModel;
use super::frame::{CandidateId, Candidates, Definition, FrameKind, Reader};
use crate::facts::access::{Origin, ReadId, TableVersion};
use crate::facts::workload::Workload;
use crate::frontend::statement::StatementId;

pub use self::forced::{ForceError, Forced};
pub use self::layout::{LAYOUTS, Layout, WantedLayout};
pub use self::medium::{MEDIA, Media, Medium, StorageLevel, Wanted};
pub use self::settings::{SETTINGS, Setting, SettingOptions, WantedSettings, propose};
pub use super::frame::Subject;

/// A chosen frame, numbered in order of materialisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct FrameId(pub u32);

/// What to materialise, when to run what, and when to let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Chosen frames.
    pub frames: Vec<Frame>,
    /// What the session does, in order.
    pub steps: Vec<Step>,
    /// What is decided on settings of the session, by key: [`propose`] gives them.
    pub settings: Vec<Setting>,
    /// A decision for every repeated table and subquery.
    pub decisions: Vec<Decision>,
    /// Totals.
    pub summary: Summary,
}

/// A materialised `DataFrame` of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its number.
    pub id: FrameId,
    /// Its name without the run's prefix: `general_data_1`.
    pub name: String,
    /// Which candidate it is; none in a plan that comes from a plan file, which knows no candidates.
    pub candidate: Option<CandidateId>,
    /// Its kind.
    pub kind: FrameKind,
    /// Where it lives.
    pub medium: Medium,
    /// How its rows are spread.
    pub layout: Layout,
    /// Its readers, in statement order.
    pub readers: Vec<Reader>,
    /// The frames that are built from it, in order of materialisation.
    pub feeds: Vec<Feed>,
    /// Versions that must be current while it lives.
    pub inputs: Vec<TableVersion>,
    /// Estimated size in bytes.
    pub size_bytes: u64,
    /// Estimated cost of building it, microseconds of Spark work.
    pub build_micros: u64,
    /// Estimated saving over all readers before the cost of building, microseconds of Spark work.
    pub saving_micros: u64,
}

impl Frame {
    /// The places that read it: those of its readers, and those in the texts of other frames.
    pub(in crate::planner) fn places(&self) -> impl Iterator<Item = &Reader> {
        let feeds = self.feeds.iter().map(|feed| &feed.reader);
        self.readers.iter().chain(feeds)
    }
}

/// A read of a frame by the definition of another frame, whose text it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The frame that is built from this one.
    pub frame: FrameId,
    /// The read: of the subquery whose text defines that frame.
    pub reader: Reader,
}

/// One step of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Build a frame.
    Materialise(FrameId),
    /// Run a statement.
    Run(StatementId),
    /// Let a frame go.
    Release(FrameId),
}

/// Why something repeated is or is not a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What was decided on.
    pub subject: Subject,
    /// Reads of it in the workload.
    pub reads: Vec<ReadId>,
    /// The frame that serves it, if any.
    pub frame: Option<FrameId>,
    /// Why, one reason per group of readers; the first is the headline.
    pub reasons: Vec<ReasonFor>,
}

/// A reason and whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonFor {
    /// Stable kebab-case word, such as `over-budget`.
    pub code: &'static str,
    /// One lowercase sentence with the numbers.
    pub text: String,
    /// The statements it concerns; empty for all of the subject's readers.
    pub statements: Vec<StatementId>,
}

/// Totals of a plan. Scans count reads of tables by name, views' dependences not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Statements of the pipeline.
    pub statements: u64,
    /// Frames chosen.
    pub frames: u64,
    /// Reads of tables in the plain run.
    pub scans_before: u64,
    /// Reads of tables in the hoisted run, those that build frames included.
    pub scans_after: u64,
    /// Estimated saving net of building, microseconds of Spark work.
    pub gain_micros: u64,
    /// Largest estimated size of the frames that live at one time, bytes.
    pub peak_bytes: u64,
    /// What they may use, bytes.
    pub budget_bytes: u64,
}

/// What the user decides about planning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// What all frames that live at one time may occupy, bytes.
    pub budget_bytes: u64,
    /// How many times its cost of building a frame must save, percent: 200 is twice, or twice the break-even number
    /// of readers. Below 100, frames that do not pay are taken too, to try them out.
    pub margin_percent: u32,
    /// Net gain below which a frame is not worth a step, microseconds of Spark work.
    pub min_gain_micros: u64,
    /// Whether frames are used at all.
    pub frames: bool,
    /// Where frames live.
    pub media: Media,
    /// Which layouts frames have.
    pub layout: WantedLayout,
    /// The candidates that become frames whether or not they pay, and no others; none for those that pay.
    pub forced: Option<Forced>,
}

/// Chooses frames and lays out the session.
pub fn choose(
    workload: &Workload,
    candidates: &Candidates,
    costs: &CostModel<'_>,
    options: &PlanOptions,
) -> Plan {
    let search = select::Search {
        workload,
        candidates,
        costs,
        options,
    };
    let chosen = if options.frames {
        search.run()
    } else {
        Vec::new()
    };
    let frames = frames(workload, candidates, &chosen);
    let steps = steps(workload, &frames, &chosen);
    let decisions = decide::decisions(&search, &chosen, &frames);
    let summary = summary(workload, &frames, &steps, options);
    Plan {
        frames,
        steps,
        settings: Vec::new(),
        decisions,
        summary,
    }
}

/// Frames in order of materialisation, named.
fn frames(workload: &Workload, candidates: &Candidates, chosen: &[select::Chosen]) -> Vec<Frame> {
    let mut used: BTreeMap<String, u32> = BTreeMap::new();
    let mut ordered: Vec<_> = chosen
        .iter()
        .filter_map(|chosen| Some((chosen, candidates.get(chosen.candidate)?)))
        .collect();
    // A frame that others are built from comes before them.
    ordered.sort_by_key(|(one, _)| {
        let first = one.uses.first().copied();
        (first, Reverse(height(chosen, one)), one.candidate)
    });
    let number = |candidate: CandidateId| {
        let mut numbers = ordered.iter().zip(0..);
        numbers
            .find(|((chosen, _), _)| chosen.candidate == candidate)
            .map(|(_, number)| FrameId(number))
    };
    let taken = taken_names(workload);
    ordered
        .iter()
        .zip(0..)
        .map(|((chosen, candidate), own)| {
            let first = Reader::first(chosen.places());
            let base = base_name(workload, &candidate.definition, first);
            let count = used.entry(base.clone()).or_default();
            let name = loop {
                *count += 1;
                let name = format!("{base}_{count}");
                if !taken.contains(&name) {
                    break name;
                }
            };
            Frame {
                id: FrameId(own),
                name,
                candidate: Some(chosen.candidate),
                kind: candidate.kind(),
                medium: chosen.medium,
                layout: chosen.layout.clone(),
                readers: chosen.readers.clone(),
                feeds: chosen
                    .feeds
                    .iter()
                    .filter_map(|(candidate, reader)| {
                        Some(Feed {
                            frame: number(*candidate)?,
                            reader: reader.clone(),
                        })
                    })
                    .collect(),
                inputs: candidate.inputs.clone(),
                size_bytes: chosen.build.bytes,
                build_micros: chosen.build.micros,
                saving_micros: chosen.saving_micros,
            }
        })
        .collect()
}

/// How many frames are built one from the other behind a frame.
fn height(chosen: &[select::Chosen], one: &select::Chosen) -> usize {
    let children = one.feeds.iter().filter_map(|(child, _)| {
        let mut chosen = chosen.iter();
        chosen.find(|other| other.candidate == *child)
    });
    let heights = children.map(|child| height(chosen, child) + 1);
    heights.max().unwrap_or(0)
}

/// What the pipeline itself calls something: a frame of the same name would be mistaken for it.
fn taken_names(workload: &Workload) -> BTreeSet<String> {
    let tables = workload.tables.iter();
    let tables = tables.filter_map(|table| table.name.rsplit('.').next());
    let subqueries = workload.accesses.iter();
    let subqueries = subqueries
        .flat_map(|access| &access.subqueries)
        .filter_map(|subquery| subquery.name.as_ref())
        .map(|name| name.text.to_lowercase());
    tables.map(str::to_lowercase).chain(subqueries).collect()
}

/// Most tables that the name of a join core tells.
const MOST_NAMES: usize = 3;

/// The last part of the table's name, those of the first joined tables, or the name of the common table expression, in `[a-z0-9_]`.
fn base_name(workload: &Workload, definition: &Definition, first: Option<&Reader>) -> String {
    let name = match definition {
        Definition::CoveringRead { version, .. } => workload
            .table(version.table)
            .and_then(|table| table.name.rsplit('.').next().map(str::to_owned)),
        Definition::RepeatedSubquery { .. } | Definition::WidenedSubquery(_) => first
            .and_then(|reader| workload.subquery(reader.subquery()?)?.name.as_ref())
            .map(|name| name.text.clone()),
        Definition::JoinCore { members, .. } => {
            let names = members.iter().filter_map(|member| {
                let table = workload.table(member.version.table)?;
                table.name.rsplit('.').next()
            });
            Some(names.take(MOST_NAMES).collect::<Vec<_>>().join("_"))
        }
        Definition::CoveringAggregate(aggregation) => {
            let table = workload.table(aggregation.version.table);
            let table = table.and_then(|table| table.name.rsplit('.').next());
            table.map(|table| match aggregation.keys.as_slice() {
                [] => format!("{table}_totals"),
                _ => format!("{table}_groups"),
            })
        }
    };
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    let name: String = name.unwrap_or_default().chars().map(plain).collect();
    if name.chars().all(|c| c == '_') {
        "subquery".to_owned()
    } else {
        name
    }
}

/// File order, with each frame built before its first use and released after its last.
fn steps(workload: &Workload, frames: &[Frame], chosen: &[select::Chosen]) -> Vec<Step> {
    let mut steps = Vec::new();
    let of = |frame: &Frame| {
        let mut chosen = chosen.iter();
        chosen.find(|one| Some(one.candidate) == frame.candidate)
    };
    for statement in &workload.statements {
        let first =
            |frame: &&Frame| of(frame).is_some_and(|one| one.uses.first() == Some(&statement.id));
        let last = |frame: &&Frame, read_here: bool| {
            of(frame).is_some_and(|one| {
                one.uses.last() == Some(&statement.id) && one.outlasts(statement.id) == read_here
            })
        };
        let built = frames.iter().filter(first);
        steps.extend(built.map(|frame| Step::Materialise(frame.id)));
        // What only feeds the frames just built has done its work.
        let done = frames.iter().filter(|frame| last(frame, false));
        steps.extend(done.map(|frame| Step::Release(frame.id)));
        steps.push(Step::Run(statement.id));
        let done = frames.iter().filter(|frame| last(frame, true));
        steps.extend(done.map(|frame| Step::Release(frame.id)));
    }
    steps
}

fn summary(
    workload: &Workload,
    frames: &[Frame],
    steps: &[Step],
    options: &PlanOptions,
) -> Summary {
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let reads = workload.accesses.iter().flat_map(|access| &access.reads);
    let before = count(
        reads
            .filter(|read| !matches!(read.origin, Origin::ThroughView(_)))
            .count(),
    );
    let served: usize = frames
        .iter()
        .flat_map(|frame| &frame.readers)
        .map(|reader| reader.reads.len())
        .sum();
    // A frame reads what its first reader would, as far as it is not built from other frames.
    let fed: usize = frames
        .iter()
        .flat_map(|frame| &frame.feeds)
        .map(|feed| feed.reader.reads.len())
        .sum();
    let built: usize = frames
        .iter()
        .map(|frame| {
            let first = Reader::first(frame.places());
            first.map_or(0, |reader| reader.reads.len())
        })
        .sum();
    let total = |part: fn(&Frame) -> u64| frames.iter().map(part).fold(0, u64::saturating_add);
    let gain_micros =
        total(|frame| frame.saving_micros).saturating_sub(total(|frame| frame.build_micros));
    Summary {
        statements: count(workload.statements.len()),
        frames: count(frames.len()),
        scans_before: before,
        scans_after: before
            .saturating_sub(count(served))
            .saturating_add(count(built))
            .saturating_sub(count(fed)),
        gain_micros,
        peak_bytes: peak(frames, steps),
        budget_bytes: options.budget_bytes,
    }
}

/// Largest size of the frames that live together, over all steps, bytes.
fn peak(frames: &[Frame], steps: &[Step]) -> u64 {
    let size = |id: FrameId| {
        frames
            .get(id.0 as usize)
            .map_or(0, |frame| frame.size_bytes)
    };
    let mut live = 0_u64;
    let mut peak = 0;
    for step in steps {
        match step {
            Step::Materialise(frame) => live = live.saturating_add(size(*frame)),
            Step::Release(frame) => live = live.saturating_sub(size(*frame)),
            Step::Run(_) => {}
        }
        peak = peak.max(live);
    }
    peak
}

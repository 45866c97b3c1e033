//! Stage `plan`: candidates + cost model + budget → which frames, where they live, and when.
//!
//! Which frames there are, on which medium and in which layout, over which stretches they live, and in which order the
//! statements run is chosen jointly by [`super::search`], from what the candidates offer (`offer`, `joint`). The text of a
//! subquery that is a frame goes on reading tables, joining and grouping them: other frames may feed it, and covering
//! reads feed what joins and groups tables. A frame is built just before its first use and let go just after its last
//! one, and may be built again later; at no step do the frames that live together exceed the budget. What is forced is
//! taken greedily in the order of the files. Everything repeated gets a decision with a reason, taken or not.
//!
//! ```text
//! 1 run 01.sql    2 materialise t_1    3 materialise latest_1 (from t_1)    4 run 02.sql (reads latest_1)
//! 5 run 03.sql (reads t_1)    6 release t_1    7 run 04.sql (reads latest_1)    8 release latest_1
//! ```

mod choice;
mod decide;
mod forced;
mod joint;
mod layout;
mod medium;
mod named;
mod offer;
mod order;
mod select;
mod settings;
#[cfg(test)]
mod tests;
pub(in crate::planner) mod words;

use std::collections::BTreeMap;

use self::choice::{Choice, Part};
use super::cost::CostModel;
use super::frame::{CandidateId, Candidates, FrameKind, Reader};
use super::search::{Certificate, Limits, SearchTrace};
use crate::facts::access::{Origin, ReadId, TableVersion};
use crate::facts::workload::Workload;
use crate::frontend::statement::StatementId;

pub use self::forced::{ForceError, Forced};
pub use self::layout::{LAYOUTS, Layout, WantedLayout};
pub use self::medium::{MEDIA, Media, Medium, StorageLevel, Wanted};
pub use self::order::moved;
pub use self::settings::{SETTINGS, Setting, SettingOptions, WantedSettings, propose};
pub use super::frame::Subject;

/// A chosen frame, numbered in order of materialisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct FrameId(pub u32);

/// What to materialise, when to run what, and when to let go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Chosen frames.
    pub frames: Vec<Frame>,
    /// What the session does, in order.
    pub steps: Vec<Step>,
    /// What is decided on settings of the session, by key: [`propose`] gives them.
    pub settings: Vec<Setting>,
    /// A decision for every repeated table and subquery.
    pub decisions: Vec<Decision>,
    /// Statements that run in another place than in the files, in file order: as few as make the order of the steps.
    pub moved: Vec<StatementId>,
    /// How the choice came about, and how good it is proved to be; none where nothing was searched.
    pub searched: Option<Searched>,
    /// Totals.
    pub summary: Summary,
}

/// How good a choice is known to be. Both values count builds with the margin that is asked of frames, and unknown sizes
/// at the end where a frame gains less; so they are smaller than [`Summary::gain_micros`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Searched {
    /// What the frames gain beyond what is asked of them, microseconds.
    pub value_micros: u64,
    /// No order and no frames gain more, microseconds.
    pub bound_micros: u64,
    /// What that says.
    pub certificate: Certificate,
    /// What the search did.
    pub trace: SearchTrace,
}

/// Whether statements may change places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Queries may, where frames then gain more and no hazard is in the way.
    #[default]
    Free,
    /// They run as in the files.
    Files,
}

/// Words of the orders, in the order of the variants.
pub const ORDERS: [&str; 2] = ["free", "files"];

impl Order {
    /// What a word of the settings means.
    pub fn of(word: &str) -> Option<Order> {
        let [free, files] = ORDERS;
        match word {
            word if word == free => Some(Order::Free),
            word if word == files => Some(Order::Files),
            _ => None,
        }
    }
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
    /// The places of the user's text that read it: those of its readers, and those in the texts of other frames.
    pub(in crate::planner) fn places(&self) -> impl Iterator<Item = &Reader> {
        let feeds = self.feeds.iter().filter_map(|feed| feed.place.reader());
        self.readers.iter().chain(feeds)
    }
}

/// A read of a frame by the definition of another frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The frame that is built from this one.
    pub frame: FrameId,
    /// Where that one reads it.
    pub place: FeedPlace,
}

/// Where the definition of a frame reads another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedPlace {
    /// At a place of the subquery whose text it is.
    Text(Reader),
    /// Instead of a table that it joins or groups.
    Table(TableVersion),
}

impl FeedPlace {
    /// The place in the user's text, if it is one.
    pub fn reader(&self) -> Option<&Reader> {
        match self {
            FeedPlace::Text(reader) => Some(reader),
            FeedPlace::Table(_) => None,
        }
    }
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
    /// Whether statements may change places.
    pub order: Order,
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
    let search = select::Search::new(workload, candidates, costs, options);
    let (choice, searched) = match (options.frames, &options.forced) {
        (false, _) => (Choice::empty(workload), None),
        (true, Some(_)) => (search.greedy(), None),
        (true, None) => joint::choose(&search, Limits::default()),
    };
    let frames = named::frames(workload, candidates, &choice);
    let steps = steps(&frames, &choice);
    let decisions = decide::decisions(&search, &choice, &frames);
    let summary = summary(workload, &frames, &steps, options);
    Plan {
        steps,
        settings: Vec::new(),
        decisions,
        moved: moved(choice.order()),
        searched,
        summary,
        frames: frames.into_iter().map(|(_, frame)| frame).collect(),
    }
}

/// The statements in order, with each frame built before its first use and released after its last.
fn steps(frames: &[(Part, Frame)], choice: &Choice) -> Vec<Step> {
    let mut built: BTreeMap<usize, Vec<FrameId>> = BTreeMap::new();
    let mut done: BTreeMap<(usize, bool), Vec<(usize, FrameId)>> = BTreeMap::new();
    for (part, frame) in frames {
        let one = choice.frame(*part);
        let Some((one, (from, to))) = one.and_then(|one| Some((one, one.stretch()?))) else {
            continue;
        };
        built.entry(from).or_default().push(frame.id);
        let last = choice.order().get(to);
        let outlasts = last.is_some_and(|last| one.outlasts(*last));
        // What was built from others goes before them: letting it go may look them up.
        let height = named::height(choice, one);
        let ending = done.entry((to, outlasts)).or_default();
        ending.push((height, frame.id));
        ending.sort_by_key(|(height, _)| *height);
    }
    let mut steps = Vec::new();
    for (place, statement) in choice.order().iter().enumerate() {
        let first = built.remove(&place).unwrap_or_default();
        steps.extend(first.into_iter().map(Step::Materialise));
        // What only feeds the frames just built has done its work.
        let fed = done.remove(&(place, false)).unwrap_or_default();
        steps.extend(fed.into_iter().map(|(_, id)| Step::Release(id)));
        steps.push(Step::Run(*statement));
        let read = done.remove(&(place, true)).unwrap_or_default();
        steps.extend(read.into_iter().map(|(_, id)| Step::Release(id)));
    }
    steps
}

fn summary(
    workload: &Workload,
    frames: &[(Part, Frame)],
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
        .flat_map(|(_, frame)| &frame.readers)
        .map(|reader| reader.reads.len())
        .sum();
    // A frame reads what its first reader would, as far as it is not built from other frames.
    let fed: usize = frames
        .iter()
        .flat_map(|(_, frame)| &frame.feeds)
        .map(|feed| scans(feed.place.reader()))
        .sum();
    let built: usize = frames
        .iter()
        .map(|(_, frame)| {
            // What serves no place of the user's text is a covering read that joins and groups are built from.
            scans(Reader::first(frame.places()))
        })
        .sum();
    let total = |part: fn(&Frame) -> u64| {
        let frames = frames.iter().map(|(_, frame)| frame);
        frames.map(part).fold(0, u64::saturating_add)
    };
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

/// Reads of tables at a place; of one table where it is none of the user's text.
fn scans(place: Option<&Reader>) -> usize {
    place.map_or(1, |reader| reader.reads.len())
}

/// Largest size of the frames that live together, over all steps, bytes.
fn peak(frames: &[(Part, Frame)], steps: &[Step]) -> u64 {
    let size = |id: FrameId| {
        frames
            .get(id.0 as usize)
            .map_or(0, |(_, frame)| frame.size_bytes)
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

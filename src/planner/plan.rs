//! Stage `plan`: candidates + cost model + budget → which frames, where they live, and when.

use super::frame::{CandidateId, FrameKind, Reader};
use crate::facts::access::{ReadId, SubqueryId, TableVersion};
use crate::frontend::statement::StatementId;

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
    /// Which candidate it is.
    pub candidate: CandidateId,
    /// Its kind.
    pub kind: FrameKind,
    /// Where it lives.
    pub medium: Medium,
    /// Its readers, in statement order.
    pub readers: Vec<Reader>,
    /// Versions that must be current while it lives.
    pub inputs: Vec<TableVersion>,
    /// Estimated size in bytes.
    pub size_bytes: u64,
    /// Estimated cost of building it, microseconds of Spark work.
    pub build_micros: u64,
    /// Estimated saving over all readers before the cost of building, microseconds of Spark work.
    pub saving_micros: u64,
}

/// Where a frame lives.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// Spark's cache, storage level `MEMORY_AND_DISK`.
    Memory,
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

/// What a decision is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A table version read more than once.
    Table(TableVersion),
    /// A subquery that stands in several places: its occurrences.
    Subquery(Vec<SubqueryId>),
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

//! The differential harness: a pipeline runs plainly and hoisted from the same state, on real Spark, and everything
//! that the two runs leave is compared to the last bit.
//!
//! ```text
//! one session for many pipelines
//! per pipeline:  clean ▶ set up ▶ collect, plan, check ▶ run plainly ▶ dump
//!                clean ▶ set up ▶ run hoisted          ▶ dump ▶ compare
//! ```
//!
//! Frames are taken wherever one is possible, whatever it costs: the cost model is told that every table is huge and
//! slow, everything else gets the facts as collected. What Spark executed says which statement read which frame.
//! Data must be tiny: rows are compared one by one, so a difference is shown as the rows that differ.

mod compare;
pub(crate) mod generate;
mod generated;
mod planning;
mod session;

use std::collections::{BTreeMap, BTreeSet};

use hoist::facts::access::Declarations;
use hoist::frontend::source::Variables;
use hoist::planner::frame::FrameKind;
use hoist::planner::plan::{WantedLayout, WantedSettings};
use hoist::planner::plan_file::PlanFile;
use hoist::runtime::run::{RunInput, RunRecord, Work};
use hoist::runtime::verify::generate::Generated;

pub(crate) use self::planning::Planned;
pub(crate) use self::session::{Catalog, Harness};

/// Stands for the folder of a pipeline in its texts, as an absolute path without scheme.
pub(crate) const FOLDER: &str = "@folder@";

/// What is run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pipeline {
    /// Its name: a word.
    pub(crate) name: String,
    /// SQL that makes the state in which both runs begin.
    pub(crate) setup: Vec<String>,
    /// Tables, rows and views that are made after the set-up.
    pub(crate) generated: Option<Generated>,
    /// Files: name and text.
    pub(crate) files: Vec<(String, String)>,
    /// Values of template variables.
    pub(crate) variables: Variables,
    /// What `hoist.toml` would declare; `default` is the current database.
    pub(crate) keys: BTreeMap<String, Vec<String>>,
    /// Functions declared to be deterministic.
    pub(crate) deterministic_functions: BTreeSet<String>,
    /// Frames of this kind alone are taken, where there is one: a frame of another kind would serve its readers.
    pub(crate) only: Option<FrameKind>,
    /// Layouts that frames have.
    pub(crate) layout: WantedLayout,
    /// What is done about settings of the session.
    pub(crate) settings: WantedSettings,
    /// No frame of this kind is taken.
    pub(crate) without: Vec<FrameKind>,
    /// Frames may use two thirds of what all would, or what the largest does: they compete, are built again, and statements change places.
    pub(crate) tight: bool,
}

impl Pipeline {
    fn declarations(&self) -> Declarations {
        Declarations {
            default_database: "default".to_owned(),
            keys: self.keys.clone(),
            deterministic_functions: self.deterministic_functions.clone(),
        }
    }
}

/// Something that a run left: a table, a folder, a result, the session.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub(crate) struct Output {
    /// Schema, kind and whatever else describes it, by aspect.
    pub(crate) facts: BTreeMap<String, String>,
    /// Its rows as text, in the order in which they are read.
    pub(crate) rows: Vec<String>,
}

/// One of the two runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Side {
    /// What became of its steps.
    pub(crate) record: RunRecord,
    /// What it left, by kind and name: `table d.t`, `view d.v`, `temporary view v`, `result q`, `folder x`, `session`.
    pub(crate) outputs: BTreeMap<String, Output>,
    /// By statement (`file:line`) that Spark executed: the frames that it read, by Spark's own account. Empty for the plain run.
    pub(crate) used: BTreeMap<String, BTreeSet<String>>,
}

/// Both runs of a pipeline.
#[derive(Debug)]
pub(crate) struct Report {
    /// The plan that the hoisted run followed.
    pub(crate) planned: Planned,
    pub(crate) plain: Side,
    pub(crate) hoisted: Side,
}

impl Report {
    /// Everything in which the hoisted run differs from the plain one, in words; empty where nothing does.
    pub(crate) fn differences(&self) -> Vec<String> {
        compare::differences(&self.planned, &self.plain, &self.hoisted)
    }

    /// The frames that each statement reads according to the plan, by `file:line`.
    pub(crate) fn planned_reads(&self) -> BTreeMap<String, BTreeSet<String>> {
        planned_reads(&self.planned.file)
    }
}

/// The frames that each statement of a plan reads, with those that they are built from, by `file:line`.
pub(crate) fn planned_reads(plan: &PlanFile) -> BTreeMap<String, BTreeSet<String>> {
    let input = RunInput::from_plan(plan);
    let statements = input.steps.iter().filter_map(|step| match &step.work {
        Work::Run(statement) => Some(statement),
        Work::Materialise { .. } | Work::Release { .. } => None,
    });
    statements
        .map(|statement| (statement.place(), input.scanned(statement)))
        .collect()
}

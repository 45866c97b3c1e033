//! Stage `plan_file`: plan + program + facts + fingerprints ↔ versioned JSON; drift is a list of reasons.
//!
//! The plan file is the whole contract between planning and execution: what a reviewer saw is what runs. Its wire
//! structs are frozen for [`SCHEMA`] and separate from the domain types, so renaming those cannot break a saved
//! plan. Same inputs give the same bytes.
//!
//! A plan is for every night: it carries the *template* texts, fingerprints of the statements' tokens, and the
//! facts it was made from. [`drift()`] says what has changed since in a way that matters: SQL, settings, variables
//! that decide names, and schema, kind or location of tables; never sizes, row counts or file listings.
//!
//! ```text
//! steps   1 materialise general_data_1   built from insurance.general_data@0
//!         2 run 03_exposure.sql:5        reads insurance.general_data@0 through general_data_1
//!         3 release general_data_1
//! ```
//!
//! Before a saved plan is run it is proved anew: [`PlanFile::sources`] are the files as the plan saw them,
//! [`PlanFile::restore`] gives the plan and the program back, and `check` takes both.
//!
//! `table@generation` is a table version: generation 0 is what the pipeline finds, and every change starts the
//! next one.

mod build;
mod consistency;
mod drift;
mod fingerprint;
mod gain;
mod keys;
mod parse;
mod restore;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use build::PlanFileInputs;
pub use drift::{Drift, TableAspect, drift};
pub use gain::{Gain, is_clearly_better};
pub use keys::planning_keys;
pub use parse::PlanFileError;
pub use restore::RestoreError;

use super::emit::{Language, ProgramText};
use super::frame::FrameKind;
use super::plan::{Medium, StorageLevel, Summary};
use crate::facts::catalog::Catalog;
use crate::facts::profile::Measurements;

/// Name and version of the format.
pub const SCHEMA: &str = "hoist-plan/1";

/// A saved plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// [`SCHEMA`].
    pub schema: String,
    /// Which hoist made it, such as `hoist 0.1.0`.
    pub tool: String,
    /// The files it is for.
    pub pipeline: Pipeline,
    /// What influenced planning besides the files.
    pub settings: PlanSettings,
    /// Template variables that the files use, by name.
    pub variables: Vec<Variable>,
    /// The facts that were used.
    pub catalog: Catalog,
    /// The measurements of earlier runs that were used.
    #[serde(default, skip_serializing_if = "Measurements::is_empty")]
    pub measurements: Measurements,
    /// Frames in order of materialisation.
    pub frames: Vec<FrameEntry>,
    /// What is decided on settings of the session, by key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub session_settings: Vec<SettingEntry>,
    /// What is submitted first: settings that are applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub start: Vec<TextEntry>,
    /// What the session does, in order.
    pub steps: Vec<StepEntry>,
    /// What is submitted at the very end, however the run ended: frame views are dropped, and the scratch database;
    /// settings get their values back.
    pub finish: Vec<TextEntry>,
    /// A verdict for every repeated table and subquery.
    pub decisions: Vec<DecisionEntry>,
    /// How good the choice is proved to be; none where nothing was searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchEntry>,
    /// Totals.
    pub summary: Summary,
}

/// The files of the pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Path from the plan file's folder to the pipeline, with `/`.
    pub root: String,
    /// The files in order.
    pub files: Vec<FileEntry>,
}

/// One file of the pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path relative to the root.
    pub name: String,
    /// Its language.
    pub kind: Language,
    /// SHA-256 of its significant tokens in template spelling: layout and comments are no drift.
    pub sha256: String,
    /// SHA-256 of its bytes.
    pub text_sha256: String,
}

/// What influenced planning besides the files and the facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanSettings {
    /// The current database at the start.
    pub default_database: String,
    /// Whether frames are used at all.
    pub frames: bool,
    /// What frames may use at one time, bytes.
    pub budget_bytes: u64,
    /// Statements that may run at once, whose memory is set aside.
    #[serde(default = "default_jobs", skip_serializing_if = "is_default_jobs")]
    pub jobs: u32,
    /// How many times its break-even a frame must earn, in percent.
    pub margin_percent: u32,
    /// Least net gain of a frame, microseconds of Spark work.
    pub min_gain_micros: u64,
    /// Where frames are to live: `memory`, `scratch` or `auto`.
    #[serde(default = "default_medium", skip_serializing_if = "is_default_medium")]
    pub medium: String,
    /// Spark's name of the storage level of frames in memory.
    #[serde(default = "default_level", skip_serializing_if = "is_default_level")]
    pub storage_level: String,
    /// Which layouts frames have: `off` for rows as they come, or `auto`.
    #[serde(default = "default_layout", skip_serializing_if = "is_default_layout")]
    pub layout: String,
    /// Whether statements may change places: `free`, or `files` for the order of the files.
    #[serde(default = "default_order", skip_serializing_if = "is_default_order")]
    pub order: String,
    /// What is done about settings of the session: `off`, `propose` or `apply`.
    #[serde(
        default = "default_session_settings",
        skip_serializing_if = "is_default_session_settings"
    )]
    pub session_settings: String,
    /// The candidates that are frames whether or not they pay, as given to `--force-frames`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<String>,
    /// The engine's catalog: `hive` or `in-memory`.
    pub catalog: String,
    /// Spark settings that change what statements mean or cost.
    pub engine_conf: BTreeMap<String, String>,
    /// Declared unique keys by canonical table name.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Functions declared to be deterministic.
    pub deterministic_functions: BTreeSet<String>,
}

impl Default for PlanSettings {
    fn default() -> Self {
        PlanSettings {
            default_database: String::new(),
            frames: false,
            budget_bytes: 0,
            jobs: default_jobs(),
            margin_percent: 0,
            min_gain_micros: 0,
            medium: default_medium(),
            storage_level: default_level(),
            layout: default_layout(),
            order: default_order(),
            session_settings: default_session_settings(),
            forced: None,
            catalog: String::new(),
            engine_conf: BTreeMap::new(),
            keys: BTreeMap::new(),
            deterministic_functions: BTreeSet::new(),
        }
    }
}

/// One after the other.
fn default_jobs() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands on references"
)]
fn is_default_jobs(jobs: &u32) -> bool {
    *jobs == default_jobs()
}

/// Before there were others, every frame lived there.
fn default_medium() -> String {
    Medium::default().word().to_owned()
}

fn is_default_medium(medium: &String) -> bool {
    *medium == default_medium()
}

/// Before there were others, every frame was kept so.
fn default_level() -> String {
    StorageLevel::default().word().to_owned()
}

fn is_default_level(level: &String) -> bool {
    *level == default_level()
}

/// Before there were others, every frame had it.
fn default_layout() -> String {
    "off".to_owned()
}

fn is_default_layout(layout: &String) -> bool {
    *layout == default_layout()
}

/// Before statements could change places, frames were chosen for the order of the files; free is what is said nothing of.
fn default_order() -> String {
    "free".to_owned()
}

fn is_default_order(order: &String) -> bool {
    *order == default_order()
}

/// Nothing of it runs.
fn default_session_settings() -> String {
    "propose".to_owned()
}

fn is_default_session_settings(word: &String) -> bool {
    *word == default_session_settings()
}

/// A template variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Stands somewhere outside a string or number: it decides names, so another value is drift.
    pub structural: bool,
    /// Its value, only where it is structural.
    pub value: Option<String>,
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameEntry {
    /// Its name without the run's prefix.
    pub name: String,
    /// Its kind.
    pub kind: FrameKind,
    /// The query that computes it, with placeholders.
    pub definition: String,
    /// Where it lives: `memory`, or `scratch` for a table in the scratch database of the run.
    pub medium: String,
    /// Spark's name of the storage level, for frames in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_level: Option<String>,
    /// How its rows are spread, unless they are as they come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<LayoutEntry>,
    /// Table versions that are current while it lives.
    pub inputs: Vec<String>,
    /// Who reads it.
    pub readers: Vec<ReaderEntry>,
    /// The frames that are built from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<FeedEntry>,
    /// Number of the step that builds it.
    pub built_in: u32,
    /// Number of the first step that reads it.
    pub built_before: u32,
    /// Number of the last step that reads it.
    pub released_after: u32,
    /// Estimated size, bytes.
    pub size_bytes: u64,
    /// Estimated cost of building, microseconds of Spark work.
    pub build_micros: u64,
    /// Estimated saving of all readers before the cost of building, microseconds of Spark work.
    pub saving_micros: u64,
}

/// What is decided on a setting of the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingEntry {
    /// Its key, in Spark's spelling.
    pub key: String,
    /// Its value in the session.
    pub before: String,
    /// Somebody has set it in the session: at the end it is set to `before`, and otherwise goes back to its default.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tuned: bool,
    /// The value proposed; none where it is left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Whether the run sets it.
    pub applied: bool,
    /// Why this value, then why it is not applied.
    pub reasons: Vec<ReasonEntry>,
}

/// How the rows of a frame are spread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "kind")]
pub enum LayoutEntry {
    /// Rows that are equal in some columns are in one part.
    Clustered {
        /// The columns.
        columns: Vec<String>,
        /// Number of parts: of the cache, or buckets of the table.
        parts: u32,
    },
}

/// A place that reads a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderEntry {
    /// Number of the step that runs the statement.
    pub step: u32,
    /// `file:line` of the statement.
    pub statement: String,
    /// Table versions that it reads through the frame.
    pub reads: Vec<String>,
    /// `file:line` of the subquery whose body the frame replaces; none where it replaces the name of a table.
    pub subquery: Option<String>,
    /// Where the name or body that the frame replaces begins, in bytes from the start of the step's `original`; where it
    /// replaces a grouping, the name of the table that is grouped; none in files of the first version of hoist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u32>,
    /// Where the names of all tables that a join core replaces begin, the first one included, in the same bytes; empty
    /// for other kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<u32>,
}

/// A place in the text that defines another frame, which reads a frame there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedEntry {
    /// The frame that is built from this one.
    pub frame: String,
    /// Where its text comes from, as if the statement there read this frame; none where it joins or groups tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<ReaderEntry>,
    /// The table version for which it has this frame, where it joins or groups tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
}

/// One step of the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepEntry {
    /// Position, from 1.
    pub number: u32,
    /// What it does.
    pub action: Action,
    /// The frame that is built or released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<String>,
    /// The statement that is run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementEntry>,
    /// The statement as the user wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// What is submitted, in order.
    pub texts: Vec<TextEntry>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Builds a frame.
    Materialise,
    /// Runs a statement of the pipeline.
    Run,
    /// Lets a frame go.
    Release,
}

/// A statement and what it accesses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementEntry {
    /// Its file.
    pub file: String,
    /// Line of its first token, from 1.
    pub line: u32,
    /// Position in its file, from 1.
    pub number: u32,
    /// What kind of statement it is, such as `insert_overwrite`.
    pub kind: String,
    /// Table versions that it reads, through frames and views too.
    pub reads: Vec<String>,
    /// Table versions that it leaves.
    pub writes: Vec<String>,
    /// Every version that starts after it: of its writes, and of what may alias or depend on them.
    pub starts: Vec<String>,
    /// Frames that it reads.
    pub frames: Vec<String>,
    /// Why it cannot be seen through, if so.
    pub barrier: Option<String>,
    /// Why it runs in another place than in the files, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<String>,
}

/// One text to submit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextEntry {
    /// Its language.
    pub language: Language,
    /// The text, with template variables.
    pub text: String,
    /// Whether the run's prefix is filled in for `{ns}`, and the place of its scratch database for `{scratch}`. The user's own text is never searched for it.
    pub namespaced: bool,
}

/// How good the choice of frames, order and residencies is proved to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchEntry {
    /// `optimal`, or `gap ≤ x %` where something better is not excluded.
    pub certificate: String,
    /// What the frames gain beyond what is asked of them, microseconds: builds count with the margin, unknown sizes at
    /// the end where a frame gains less.
    pub value_micros: u64,
    /// No order and no frames gain more in that sense, microseconds.
    pub bound_micros: u64,
    /// Ways to keep a frame that could gain something.
    pub options: u32,
    /// All ways.
    pub options_given: u32,
    /// What each part of the search found, in the order in which they ran.
    pub parts: Vec<SearchPartEntry>,
}

/// One part of the search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchPartEntry {
    /// Which part.
    pub name: String,
    /// The best value known after it, microseconds.
    pub value_micros: u64,
    /// The smallest bound known after it, microseconds.
    pub bound_micros: u64,
    /// Steps that it looked at.
    pub nodes: u64,
    /// Why it ended: `proved`, `finished`, `limit` or `too-large`.
    pub ended: String,
}

/// Why something repeated is or is not a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionEntry {
    /// What it is about.
    pub subject: SubjectEntry,
    /// `file:line` of each read.
    pub reads: Vec<String>,
    /// What was decided.
    pub verdict: Verdict,
    /// The frame that serves it.
    pub frame: Option<String>,
    /// Why; the first is the headline.
    pub reasons: Vec<ReasonEntry>,
}

/// What a decision is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "kind")]
pub enum SubjectEntry {
    /// A table version that is read more than once.
    Table {
        /// The version.
        table: String,
    },
    /// A subquery that stands in several places.
    Subquery {
        /// Name of its first occurrence, where it has one.
        name: Option<String>,
        /// `file:line` of each occurrence.
        places: Vec<String>,
    },
    /// Tables that are joined on the same keys in several places.
    Join {
        /// The versions of its first occurrence.
        tables: Vec<String>,
        /// `file:line` of each occurrence.
        places: Vec<String>,
    },
    /// A grouping that several blocks make of one table version.
    Aggregate {
        /// The version.
        table: String,
        /// What it groups by, lower-case, sorted; none for all rows together.
        keys: Vec<String>,
    },
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A frame serves it.
    Frame,
    /// It is read as it is.
    NoFrame,
}

/// A reason and whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonEntry {
    /// Stable kebab-case word.
    pub code: String,
    /// One lowercase sentence.
    pub text: String,
    /// `file:line` of the statements it concerns; empty for all.
    pub statements: Vec<String>,
}

impl PlanFile {
    /// The file's bytes: indented JSON with `\n` line ends and one at the end.
    pub fn to_json(&self) -> String {
        // Serialising strings, integers and string-keyed maps to memory cannot fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl From<&TextEntry> for ProgramText {
    fn from(entry: &TextEntry) -> Self {
        ProgramText {
            language: entry.language,
            text: entry.text.clone(),
            namespaced: entry.namespaced,
        }
    }
}

impl From<&ProgramText> for TextEntry {
    fn from(text: &ProgramText) -> Self {
        TextEntry {
            language: text.language,
            text: text.text.clone(),
            namespaced: text.namespaced,
        }
    }
}

#[cfg(test)]
mod tests;

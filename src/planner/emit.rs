//! Stage `emit`: plan → the text of every session statement.

use super::plan::Step;

/// Placeholder in program texts for what differs per run (frame prefix, markers); `run` fills it in.
pub const NAMESPACE: &str = "{ns}";

/// The texts of a session, step by step. Texts keep their template variables; `run` fills them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// In the order of the plan's steps.
    pub steps: Vec<ProgramStep>,
    /// What is submitted at the very end, however the run ended: frame views are dropped, children first.
    pub finish: Vec<ProgramText>,
}

/// The texts of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramStep {
    /// The plan's step.
    pub step: Step,
    /// What to submit, in order.
    pub texts: Vec<ProgramText>,
}

/// One text to submit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramText {
    /// Its language.
    pub language: Language,
    /// The text, with template variables.
    pub text: String,
    /// Whether it holds [`NAMESPACE`]. The user's own text is never searched for the placeholder.
    pub namespaced: bool,
}

/// Languages of a session.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Spark SQL, one statement.
    Sql,
    /// Python in the session's namespace.
    Python,
}

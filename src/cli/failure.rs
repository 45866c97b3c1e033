//! Errors on their way to the user.

use super::ExitStatus;
use crate::config::ConfigError;
use crate::frontend::source::LoadError;

/// What a failure is about; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// Usage, configuration or input.
    Input,
    /// A plan that does not fit any more, or is no plan.
    StalePlan,
    /// The run.
    Run,
    /// A defect of hoist.
    Internal,
    /// Whoever read stdout has gone: nothing to tell, and no failure.
    BrokenPipe,
}

/// An error, as told to the user: `error: …`, then one `help: …` per hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) kind: FailureKind,
    pub(super) message: String,
    pub(super) hints: Vec<String>,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Failure {
            kind,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// Wrong input.
    pub(super) fn input(message: impl Into<String>) -> Self {
        Failure::new(FailureKind::Input, message)
    }

    /// The same with a next step.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(super) fn status(&self) -> ExitStatus {
        match self.kind {
            FailureKind::Input | FailureKind::Internal => ExitStatus::Usage,
            FailureKind::StalePlan => ExitStatus::StalePlan,
            FailureKind::Run => ExitStatus::RunFailed,
            FailureKind::BrokenPipe => ExitStatus::Done,
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::input(error.to_string()).hint(error.help())
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        let hint = match &error {
            LoadError::Missing { .. } => {
                "give the folder of the pipeline, or its files; `[pipeline] files` in hoist.toml may name a \
                 file that is gone"
            }
            LoadError::Empty { .. } => {
                "a pipeline is a folder of .sql, .hql and .py files; `[pipeline] subfolders = true` reads \
                 sub-folders too"
            }
            LoadError::UnknownKind { .. } => "give .sql, .hql or .py files, or a folder of them",
            LoadError::StandardInput(_) => {
                "give the folder of the pipeline or its files; `./-` is a file of that name"
            }
            LoadError::NotText { .. } => {
                "save the file as UTF-8, or move it out of the pipeline's folder"
            }
            LoadError::TooLarge { .. } => "move it out of the pipeline's folder",
            LoadError::Io { .. } => "check that the file exists and may be read",
        };
        Failure::input(error.to_string()).hint(hint)
    }
}

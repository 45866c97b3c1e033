//! What can go wrong with an engine, and what to do then.

use std::path::PathBuf;

use super::SubmissionId;
use super::livy::LivyError;

/// An engine could not do its job. The text is the problem; [`EngineError::help`] is the next step.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No Python interpreter that runs was found.
    #[error("no Python found: tried {}", tried.join(", "))]
    NoPython {
        /// The names tried on the search path.
        tried: Vec<String>,
    },
    /// The interpreter named in the configuration does not run.
    #[error("`{}` does not run as a Python interpreter: {reason}", path.display())]
    PythonUnusable {
        /// The interpreter.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
    /// Only interpreters older than 3.9 were found.
    #[error("`{}` is Python {version}, but Spark 3.5 needs 3.9 to 3.11", path.display())]
    PythonTooOld {
        /// The newest interpreter found.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// The interpreter cannot make virtual environments.
    #[error("`{}` (Python {version}) has no `{module}` module, so no private environment can be made", path.display())]
    NoVenvModule {
        /// The interpreter.
        path: PathBuf,
        /// Its version, as `3.11`.
        version: String,
        /// The missing module, `venv` or `ensurepip`.
        module: String,
    },
    /// The disk is full.
    #[error("no space left in `{}`: {detail}", folder.display())]
    NoSpace {
        /// The folder that was written to.
        folder: PathBuf,
        /// The message received.
        detail: String,
    },
    /// The Python package index does not answer.
    #[error("the package index could not be reached while installing {what}: {detail}")]
    IndexUnreachable {
        /// The package.
        what: String,
        /// pip's last word.
        detail: String,
        /// pip's complete output.
        log: PathBuf,
    },
    /// The installation failed for another reason.
    #[error("{what} could not be installed: {detail}")]
    InstallFailed {
        /// The package or step.
        what: String,
        /// The last lines of its output.
        detail: String,
        /// The complete output.
        log: PathBuf,
    },
    /// No usable Java was found, and none could be installed.
    #[error("no Java 8 to 17 found{} and installing one failed: {cause}", found.as_deref().map(|found| format!(" ({found})")).unwrap_or_default())]
    NoJava {
        /// The unusable Java found, as `Java 21 at /usr`.
        found: Option<String>,
        /// Why the installation failed.
        cause: Box<EngineError>,
    },
    /// A Spark setting that the engine decides itself.
    #[error("the Spark setting `{key}` cannot be changed: {reason}")]
    RefusedSetting {
        /// The setting.
        key: String,
        /// Why.
        reason: &'static str,
    },
    /// Another process uses the folder of tables.
    #[error("the tables under `{}` are in use by {}", home.display(), holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")))]
    HomeBusy {
        /// The folder of warehouse and metastore.
        home: PathBuf,
        /// Process id of the holder, where it could be read.
        holder: Option<u32>,
    },
    /// Spark refused to start.
    #[error("Spark did not start: {message}")]
    StartFailed {
        /// What it said.
        message: String,
        /// Spark's messages.
        log: PathBuf,
    },
    /// The agent process ended by itself.
    #[error("the Spark session ended unexpectedly{}", if last_lines.is_empty() { String::new() } else { format!(": {last_lines}") })]
    SessionLost {
        /// The last lines of the log.
        last_lines: String,
        /// Spark's messages.
        log: PathBuf,
    },
    /// The session is not open.
    #[error("the session is not open")]
    NotOpen,
    /// No such submission, or its final state was already given.
    #[error("submission {id} is not known to the session")]
    UnknownSubmission {
        /// The id.
        id: SubmissionId,
    },
    /// A submission that makes no sense.
    #[error("`{label}` cannot be submitted: {reason}")]
    InvalidSubmission {
        /// Its label.
        label: String,
        /// Why.
        reason: &'static str,
    },
    /// The agent answered something that is not understood.
    #[error("the agent's answer is not understood: {detail}")]
    Protocol {
        /// What was received.
        detail: String,
    },
    /// The Livy engine could not do its job.
    #[error(transparent)]
    Livy(Box<LivyError>),
    /// A file or process operation failed.
    #[error("{action} failed for `{}`: {source}", path.display())]
    Io {
        /// What was attempted, as `making the folder`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

impl EngineError {
    /// The next step, a lowercase sentence fragment.
    pub fn help(&self) -> String {
        match self {
            Self::NoPython { .. } => {
                "install Python 3.9 to 3.11, or name an interpreter with `python` in [engine.local]"
                    .to_owned()
            }
            Self::PythonUnusable { .. } => {
                "correct `python` in [engine.local], or remove it to search the PATH".to_owned()
            }
            Self::PythonTooOld { .. } => {
                "install Python 3.9 to 3.11, or name such an interpreter with `python` in [engine.local]"
                    .to_owned()
            }
            Self::NoVenvModule { version, .. } => format!(
                "install it (Debian and Ubuntu: `apt install python{version}-venv`), or name another interpreter with `python` in [engine.local]"
            ),
            Self::NoSpace { .. } => {
                "free about 1 GiB there, or choose another cache folder with HOIST_CACHE_DIR".to_owned()
            }
            Self::IndexUnreachable { log, .. } => format!(
                "set PIP_INDEX_URL to a reachable index, or install pyspark 3.5 and name its interpreter with `python` in [engine.local]; complete output: `{}`",
                log.display()
            ),
            Self::InstallFailed { log, .. } => format!(
                "see `{}`, or install pyspark 3.5 and name its interpreter with `python` in [engine.local]",
                log.display()
            ),
            Self::NoJava { cause, .. } => {
                format!("install Java 17 and set JAVA_HOME; or, for the installation: {}", cause.help())
            }
            Self::RefusedSetting { .. } => "remove it from the Spark settings".to_owned(),
            Self::HomeBusy { .. } => {
                "wait until it ends, attach to its session, or use another pipeline folder".to_owned()
            }
            Self::StartFailed { log, .. } | Self::SessionLost { log, .. } => format!(
                "see `{}`; where memory ran out, lower or raise the driver memory in [engine.local]",
                log.display()
            ),
            Self::NotOpen => "open the session first".to_owned(),
            Self::UnknownSubmission { .. } | Self::InvalidSubmission { .. } | Self::Protocol { .. } => {
                "this is a defect of hoist; report it with the command line".to_owned()
            }
            Self::Livy(error) => error.help(),
            Self::Io { .. } => "check that the folder exists and may be written to".to_owned(),
        }
    }
}

//! Stage `engine`: open / submit / poll / cancel / close. An engine knows sessions and statements, never frames.
//!
//! An [`Engine`] owns one Spark session. A [`Submission`] is a statement given to it; several may run at once.
//! A failing statement is data ([`Status::Failed`]); an [`EngineError`] says that the engine itself could not
//! do its job. [`Local`](local::Local) drives a real Spark on this machine, [`Livy`](livy::Livy) one behind a
//! Livy server.

mod any;
mod error;
mod exchange;
mod failure;
pub mod livy;
pub mod local;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use any::AnyEngine;
pub use error::EngineError;

/// Pause before the second poll of [`Engine::wait`]; it grows by half each time.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// Longest pause between two polls of [`Engine::wait`].
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Settings that every session gets, over the user's.
///
/// `partitionPruning`: Spark leaves out batches of a cached `DataFrame` by minima and maxima that ignore NaN (Spark:
/// `DoubleColumnStats.gatherValueStats`), so that `x > 5`, which is true of NaN, would lose rows that the table gives.
const SESSION_CONF: [(&str, &str); 1] = [(
    "spark.sql.inMemoryColumnarStorage.partitionPruning",
    "false",
)];

/// The language of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// One Spark SQL statement, without a closing semicolon. Spark substitutes `${…}` itself.
    Sql,
    /// Python source. Statements of a session share one namespace, in which `spark` and `hoist_vars` are bound.
    Python,
}

/// What to do with the rows of a submission.
///
/// Python statements have no rows: for them `Preview` and `Parquet` are the same as `Nothing`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// Leave them. A command (CREATE, INSERT, SET, …) is done all the same; a bare query is analysed but not run.
    Nothing,
    /// Return the first rows as text.
    Preview {
        /// Number of rows to return at most; [`Output::truncated`] says that there are more.
        rows: u32,
    },
    /// Write the complete result as a folder of Parquet files.
    Parquet {
        /// The folder, or its address (`file:/…`; on Livy any that Hadoop takes); an existing one is replaced. Where columns had to be renamed (equal names) or given
        /// another type (VOID), `_columns.json` in it keeps the original names and types.
        path: PathBuf,
    },
    /// Return the JSON value of `hoist_value`, which the Python text binds. The text runs in a namespace of its own
    /// (with `spark`, `json`, `hoist_vars` and `hoist_labels`), so it neither sees nor changes the names of the user's
    /// steps. `hoist_labels` has the description `hoist:<label>` of submissions to whose Spark executions the engine
    /// could not give it, by the description that they have.
    Value,
}

/// A statement given to an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Name of the work. `hoist:<label>` is the description of its Spark jobs and SQL executions, and the beginning
    /// of its job group.
    pub label: String,
    /// Language of `text`.
    pub language: Language,
    /// The statement.
    pub text: String,
    /// What to do with its rows.
    pub want: Want,
    /// Template variables, `hoist_vars` of a Python statement.
    pub variables: BTreeMap<String, String>,
    /// Path of the Python file: named in tracebacks, and its folder is put on `sys.path`.
    pub file: Option<String>,
}

/// Names a submission within its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubmissionId(pub u64);

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Progress of a running submission: sums over the Spark jobs that it has started so far, so totals grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Tasks finished or skipped.
    pub tasks_done: u64,
    /// Tasks known.
    pub tasks_total: u64,
    /// Tasks running now.
    pub tasks_active: u64,
    /// Jobs finished.
    pub jobs_done: u64,
    /// The share done in percent, where the engine knows no tasks (Livy). It may fall, as Spark plans further stages.
    pub percent: Option<u32>,
}

/// A column of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name; names may repeat.
    pub name: String,
    /// Its Spark SQL type, as in `decimal(12,2)`.
    pub type_name: String,
}

/// What a finished submission gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Output {
    /// Columns of the result; empty for commands without a result and for Python.
    pub columns: Vec<OutputColumn>,
    /// Rows of a preview, cast to text by Spark (nested values as JSON, binary as hexadecimal); `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// The result has more rows than `rows`.
    pub truncated: bool,
    /// The value asked for with [`Want::Value`].
    pub value: Option<serde_json::Value>,
    /// What the Python text printed (its first 1 MiB).
    pub stdout: String,
    /// Time from start to end, in microseconds, measured by the engine.
    pub elapsed_micros: u64,
}

/// State of a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// It has not ended.
    Running(Progress),
    /// It ended well.
    Done(Output),
    /// Spark or Python refused it.
    Failed(StatementFailure),
    /// It was cancelled before its end. (One that ends before the cancellation reaches it is `Done`.)
    Cancelled,
}

/// Why a statement failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatementFailure {
    /// Spark's error class, such as `TABLE_OR_VIEW_NOT_FOUND`; otherwise the name of the exception class.
    pub class: String,
    /// What Spark or Python says: without class prefix, position, plan and Java stack.
    pub message: String,
    /// Line and column, both from 1: in SQL where Spark's own message names a place in the statement,
    /// in Python the line of the text that was running (column 1) or the place of a syntax error.
    pub position: Option<(u32, u32)>,
    /// The complete text, with the traceback or the Java stack.
    pub trace: String,
    /// What the Python text had printed.
    pub stdout: String,
}

/// What is known of an open session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// Spark's application id.
    pub id: String,
    /// As `3.5.6`.
    pub spark_version: String,
    /// As `3.11.7`.
    pub python_version: String,
    /// As `17.0.9`.
    pub java_version: String,
    /// As `local[*]`.
    pub master: String,
    /// Memory that cached frames can take at most, in bytes (unified region; Spark: `getExecutorMemoryStatus`).
    pub storage_memory_bytes: u64,
    /// Tasks that can run at once.
    pub cores: u32,
}

/// Something to tell while a session is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A one-time installation starts.
    Installing {
        /// What is installed, as `Spark 3.5.6 and Java 17`.
        what: String,
        /// Where to.
        folder: PathBuf,
    },
    /// The installation moves on.
    InstallProgress {
        /// What happens now, as `downloading pyspark 3.5.6 (120 of 317 MB)`.
        line: String,
    },
    /// The installation is complete.
    Installed {
        /// Where it is.
        folder: PathBuf,
        /// Time it took, in microseconds.
        elapsed_micros: u64,
    },
    /// The session starts.
    Starting {
        /// With what, as `Spark 3.5.6, local[*], 9 GiB`.
        what: String,
        /// Where Spark's own messages go: a file, or an address.
        log: PathBuf,
    },
    /// The session is on its way.
    Waiting {
        /// How far it is, as `session starting: 26/01/02 03:04:05 INFO Client: Uploading resource`.
        line: String,
    },
    /// The session is ready.
    Started {
        /// The session.
        session: SessionInfo,
        /// Time it took, in microseconds.
        elapsed_micros: u64,
    },
    /// Something unusual that does not stop the work.
    Warning {
        /// What, with a next step.
        message: String,
    },
}

/// A Spark session that runs statements.
///
/// Futures may be dropped at any point (as `tokio::select!` does on Ctrl-C): the submission goes on until it is
/// cancelled, and its status stays available. Dropping the engine ends the session at once, without order.
#[expect(
    async_fn_in_trait,
    reason = "implementors are named types, used on one thread; no caller needs a `Send` bound"
)]
pub trait Engine {
    /// Opens the session, installing what it needs first; `notify` hears what happens meanwhile.
    async fn open(
        &mut self,
        notify: &mut (dyn FnMut(Notice) + Send),
    ) -> Result<SessionInfo, EngineError>;

    /// Starts a statement and returns at once.
    async fn submit(&mut self, submission: Submission) -> Result<SubmissionId, EngineError>;

    /// The state of a statement. The final state is given once; afterwards its id is unknown.
    async fn poll(&mut self, id: SubmissionId) -> Result<Status, EngineError>;

    /// Asks a statement to stop; returns before it has. The state then becomes `Cancelled` as soon as Spark obeys.
    /// Asking for one that has ended is no error.
    async fn cancel(&mut self, id: SubmissionId) -> Result<(), EngineError>;

    /// Ends the session in order: running statements are cancelled, nothing stays behind. Closing twice is no error.
    async fn close(&mut self) -> Result<(), EngineError>;

    /// Polls until the statement ends, at first after 20 ms, later every 250 ms. Never gives `Status::Running`.
    async fn wait(
        &mut self,
        id: SubmissionId,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Status, EngineError> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.poll(id).await? {
                Status::Running(progress) => on_progress(progress),
                ended => return Ok(ended),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }
}

//! What happens during a run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::runtime::collect::{CachedFrame, SparkWork};
use crate::runtime::engine::{Notice, Output, Progress, SessionInfo};

/// Something that happened. Times are durations in microseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The engine has something to tell while the session is made.
    Notice(Notice),
    /// The session is open.
    SessionOpened {
        /// The session.
        session: SessionInfo,
        /// From the request to the open session.
        micros: u64,
    },
    /// Work before the run is done.
    Prepared {
        /// Which.
        what: Preparation,
        /// Time it took.
        micros: u64,
    },
    /// The first step is about to start.
    RunStarted {
        /// The run's id.
        run: String,
        /// Steps to do.
        steps: u32,
        /// Statements among them.
        statements: u32,
        /// Frames to build among them.
        frames: u32,
    },
    /// A step starts.
    StepStarted {
        /// The step.
        step: StepInfo,
    },
    /// A step goes on.
    StepProgress {
        /// Its number.
        step: u32,
        /// What Spark has done.
        progress: Progress,
        /// Time since its start.
        micros: u64,
    },
    /// A step ended well.
    StepFinished {
        /// Its number.
        step: u32,
        /// Time it took.
        micros: u64,
        /// Columns and first rows of a bare query, and what a Python statement printed.
        output: Box<Output>,
        /// Where the complete result of a bare query lies, if it was asked for.
        result: Option<PathBuf>,
        /// What Spark did for it, if that was asked for and could be found out.
        measured: Option<Box<Measured>>,
    },
    /// A step failed.
    StepFailed {
        /// Its number.
        step: u32,
        /// Time until then.
        micros: u64,
        /// Why.
        failure: Failure,
    },
    /// A step was cancelled by an interrupt.
    StepCancelled {
        /// Its number.
        step: u32,
        /// Time until then.
        micros: u64,
    },
    /// A step is left out.
    StepSkipped {
        /// The step.
        step: StepInfo,
        /// Why, a lowercase fragment.
        reason: String,
    },
    /// Something unusual that stops nothing.
    Warning {
        /// The step it is about, if any.
        step: Option<u32>,
        /// What, with a next step.
        message: String,
    },
    /// The user stopped the run.
    Interrupted {
        /// 1: in order; 2: at once.
        level: u8,
    },
    /// Cleaning up is over.
    Cleaned {
        /// Time it took.
        micros: u64,
        /// Texts that should have removed something and failed.
        left_behind: Vec<String>,
    },
    /// Nothing more happens.
    RunFinished {
        /// How it ended.
        outcome: Outcome,
        /// Time since [`Event::RunStarted`].
        micros: u64,
    },
    /// The session is closed.
    SessionClosed {
        /// Time it took.
        micros: u64,
    },
}

/// What Spark did for a step, as its status store has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Wall time by the engine's clock, without the time until its end was noticed, microseconds.
    pub wall_micros: u64,
    /// Sums over its Spark jobs.
    pub work: SparkWork,
    /// Frames that its text read, without the run's prefix.
    pub read: Vec<String>,
    /// The frames in the cache after it, by name without the run's prefix.
    pub frames: BTreeMap<String, CachedFrame>,
}

/// Work before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preparation {
    /// Missing source tables were made by the set-up files.
    SetUp,
    /// Facts were collected.
    Catalog,
    /// The plan was made.
    Plan,
}

/// A step, as told to users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepInfo {
    /// Position in the run, from 1.
    pub number: u32,
    /// What it does.
    pub kind: StepKind,
    /// What to: `file:line` of a statement, the name of a frame without the run's prefix.
    pub title: String,
    /// Estimated duration in microseconds of Spark work; none where unknown.
    pub estimate_micros: Option<u64>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// Builds a frame.
    Materialise,
    /// Runs a statement.
    Run,
    /// Lets a frame go.
    Release,
}

/// Why a step failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// `file:line`, or `file:line:column` where Spark names a place in text that was sent as written.
    pub place: String,
    /// Spark's error class, or the exception's name; `SESSION` where the engine failed.
    pub class: String,
    /// What was said.
    pub message: String,
    /// The next step; empty where there is none to name.
    pub help: String,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It has not ended.
    #[default]
    Unfinished,
    /// Every statement ran.
    Done,
    /// A statement failed, or the session was lost.
    Failed,
    /// The user stopped it.
    Interrupted,
}

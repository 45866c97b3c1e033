//! Stage `run`: steps + engine + journal → [`RunRecord`], one statement at a time.
//!
//! ```text
//! open ──▶ run: step 1, step 2, … ──▶ finish texts ──▶ close
//!            │ failure, Ctrl-C ─────────▲
//!            └ second Ctrl-C: nothing more is submitted; dropping the engine ends its processes
//! ```
//!
//! Promises:
//! - A template variable without a value is an error before anything is submitted.
//! - The results are those of the statements as written: where a frame cannot be built, its readers run as written.
//! - The finish texts, which drop the views of frames and the scratch database, are submitted after success, failure
//!   and one interrupt alike. What they could not remove is in [`RunRecord::left_behind`]. A scratch database on this
//!   machine goes with its run's [`Scratch`], and that of a killed run with the next run ([`remove_leftovers`]).
//! - Everything that happens is an [`Event`]; the journal and the record are made of events alone.

mod cancel;
mod clock;
mod event;
mod evidence;
mod input;
mod journal;
mod meter;
mod profile;
mod record;
mod schedule;
mod scratch;
mod steps;
mod submit;
#[cfg(test)]
mod tests;
mod timeline;
mod told;

use std::collections::BTreeSet;
use std::path::PathBuf;

pub use cancel::Cancel;
pub use clock::{SystemClock, run_id};
pub use event::{Event, Failure, Measured, Outcome, Preparation, StepInfo, StepKind};
pub use evidence::{ExecutedPlan, executed_plans};
pub(super) use input::{Own, fill_in};
pub use input::{RunInput, RunStatement, RunStep, Work};
pub use journal::{Journal, SCHEMA};
pub use profile::{RunKeys, samples};
pub use record::{Clock, Phases, Recorder, RunRecord, StepRecord, StepState};
pub use scratch::{Scratch, ScratchError, ScratchPlace, remove_leftovers};
pub use timeline::{JournalError, TimedStep, Timeline};

use super::engine::{Engine, EngineError, SessionInfo};
use crate::frontend::source::{Variables, missing_help};

/// Rows of a bare query that are shown.
pub const PREVIEW_ROWS: u32 = 20;

/// How to run.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// The run's id (see [`run_id`]): `hoist_<id>` is the prefix of its frames' views.
    pub run: String,
    /// Values of template variables.
    pub variables: Variables,
    /// The pipeline's folder, as Python steps see it.
    pub root: PathBuf,
    /// Absolute path of the folder for complete results of bare queries, as Parquet, one folder per query; without
    /// it their first [`PREVIEW_ROWS`] rows are shown.
    pub results: Option<PathBuf>,
    /// Where the scratch database of the run lies, for plans with frames there: [`Scratch::location`].
    pub scratch: Option<String>,
    /// After a failing statement go on with what does not depend on it.
    pub keep_going: bool,
    /// Ask Spark after each step what it did: [`Measured`]. What cannot be found out stops nothing.
    pub measure: bool,
}

/// A run could not begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// Template variables have no value.
    #[error("template variable{} {} {} no value", if names.len() == 1 { "" } else { "s" }, listed(names), if names.len() == 1 { "has" } else { "have" })]
    MissingVariables {
        /// Their names.
        names: BTreeSet<String>,
    },
    /// The plan has frames in a scratch database, for which there is no place.
    #[error("the plan keeps frames in a scratch database, for which no place is configured")]
    NoScratch,
}

impl RunError {
    /// The next step, a lowercase fragment.
    pub fn help(&self) -> String {
        match self {
            Self::MissingVariables { names } => {
                missing_help(names.first().map_or("NAME", String::as_str))
            }
            Self::NoScratch => {
                "name a folder that the cluster shares as `scratch` under `[planner]` in hoist.toml, or make the plan \
                 anew"
                    .to_owned()
            }
        }
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Opens the session; none where the user interrupted meanwhile, after which the engine is to be dropped.
pub async fn open<E: Engine>(
    engine: &mut E,
    cancel: &Cancel,
    recorder: &mut Recorder<'_>,
) -> Result<Option<SessionInfo>, EngineError> {
    let start = recorder.now();
    let opened = {
        let mut notify = |notice| recorder.emit(&Event::Notice(notice));
        tokio::select! {
            biased;
            () = cancel.reached(1) => None,
            opened = engine.open(&mut notify) => Some(opened?),
        }
    };
    let Some(session) = opened else {
        recorder.interrupted(cancel.level());
        close(engine, cancel, recorder).await?;
        return Ok(None);
    };
    let micros = recorder.since(start);
    recorder.emit(&Event::SessionOpened {
        session: session.clone(),
        micros,
    });
    Ok(Some(session))
}

/// Closes the session in order. After a second interrupt it returns at once; dropping the engine then ends it.
pub async fn close<E: Engine>(
    engine: &mut E,
    cancel: &Cancel,
    recorder: &mut Recorder<'_>,
) -> Result<(), EngineError> {
    let start = recorder.now();
    let closed = tokio::select! {
        biased;
        () = cancel.reached(2) => None,
        closed = engine.close() => Some(closed),
    };
    match closed {
        Some(closed) => {
            closed?;
            let micros = recorder.since(start);
            recorder.emit(&Event::SessionClosed { micros });
        }
        None => recorder.interrupted(2),
    }
    Ok(())
}

/// Runs the steps in an open session and cleans up; the session stays open.
///
/// What became of it is in the recorder; the outcome is also returned. Only an error in the input, found before
/// anything was submitted, is an `Err`.
pub async fn run<E: Engine>(
    engine: &mut E,
    input: &RunInput,
    options: &RunOptions,
    cancel: &Cancel,
    recorder: &mut Recorder<'_>,
) -> Result<Outcome, RunError> {
    let program = steps::Program::new(input, options)?;
    Ok(steps::run(engine, input, &program, options, cancel, recorder).await)
}

//! Stage `verify`: runs a pipeline plainly and hoisted from the same state, and compares every output.
//!
//! ```text
//! capture (the user's session, read only) ──▶ State
//! for each side, plain then hoisted:
//!     sandbox folder ▶ session of its own ▶ prepare State ▶ run ▶ digest outputs ▶ close ▶ remove the folder
//! compare the digests
//! ```
//!
//! The user's tables are never written: a sandbox has its own catalog, tables that are only read point to the original
//! files, tables that are written are copied first. Where a statement cannot be seen through, every table is copied and
//! compared. SQL that names a folder is refused. What is compared: schema, number of rows, an order-independent hash of
//! all columns without floating point (exact) and sums, extremes and placing of the others (within 1e-9); the order of
//! rows of a bare query that has a top-level `ORDER BY`; and what exists after the hoisted run beyond what the plain
//! run leaves.
//!
//! [`digest`], [`compare`] and [`holdings`] work in any open session, so many pipelines can be compared in one.

mod compare;
mod digest;
mod holdings;
mod outputs;
mod sandbox;
mod side;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::collect::{SnippetError, value};
use super::engine::{Engine, EngineError};
use super::run::{Cancel, Clock, Event, Failure, RunError, RunInput, RunOptions, RunRecord};
pub use compare::{Verdict, compare};
pub use digest::{Digest, Output, Place, digest};
pub use holdings::{Holdings, holdings};
pub use outputs::Outputs;
use side::Sided;

/// Reads the state; `hoist_vars["names"]` says of which tables.
const STATE: &str = concat!(
    include_str!("collect/session.py"),
    include_str!("verify/state.py")
);

/// The two runs that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The text as written, in file order.
    Plain,
    /// The plan.
    Hoisted,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Side::Plain => "plain",
            Side::Hoisted => "hoisted",
        })
    }
}

/// What the pipeline finds when it starts: definitions of databases, tables and views, and where their files lie.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// As the embedded text gave it.
    json: serde_json::Value,
    /// Tables, canonical names.
    tables: BTreeSet<String>,
    /// Permanent views, canonical names.
    views: BTreeSet<String>,
}

/// What to verify.
#[derive(Clone, Copy, Debug)]
pub struct VerifyInput<'a> {
    /// The text as written, in file order.
    pub plain: &'a RunInput,
    /// The plan.
    pub hoisted: &'a RunInput,
    /// What is compared.
    pub outputs: &'a Outputs,
    /// What both runs start from.
    pub state: &'a State,
    /// Run id, variables and root; where results go is decided here, and a failure always stops.
    pub options: &'a RunOptions,
}

/// The result.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// One entry per output: tables by name, then bare queries, then statements that cannot be seen through.
    pub outputs: Vec<OutputComparison>,
    /// The plain run.
    pub plain: RunRecord,
    /// The hoisted run.
    pub hoisted: RunRecord,
    /// What exists after the hoisted run and not after the plain one, apart from compared tables.
    pub left_behind: Vec<String>,
    /// Anything else worth saying, lowercase fragments.
    pub notes: Vec<String>,
}

/// One output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputComparison {
    /// Table, name of a bare query's result, or `file:line`.
    pub name: String,
    /// What was found.
    pub verdict: Verdict,
    /// Rows after the plain run.
    pub rows_plain: u64,
    /// Rows after the hoisted run.
    pub rows_hoisted: u64,
    /// How parts of it were compared, where that is not as usual.
    pub notes: Vec<String>,
}

impl Comparison {
    /// Whether nothing differs and nothing is left behind. What was not compared does not count.
    pub fn holds(&self) -> bool {
        self.left_behind.is_empty()
            && !self
                .outputs
                .iter()
                .any(|output| matches!(output.verdict, Verdict::Different(_)))
    }
}

/// Verification could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The engine could not do its job.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Preparing or comparing failed.
    #[error("the {side} run could not be prepared or compared: {source}")]
    Snippet {
        /// Which run.
        side: Side,
        /// What happened.
        source: SnippetError,
    },
    /// The input is incomplete.
    #[error(transparent)]
    Run(#[from] RunError),
    /// One of the runs failed.
    #[error("the {side} run failed at {}: {}: {}", failure.place, failure.class, failure.message)]
    RunFailed {
        /// Which run.
        side: Side,
        /// Why.
        failure: Failure,
    },
    /// The user interrupted; the sandboxes are removed.
    #[error("interrupted")]
    Interrupted,
    /// A statement writes to a folder that it names itself.
    #[error("{place} has {clause}, so it may write outside of the sandbox")]
    WritesOutside {
        /// `file:line`.
        place: String,
        /// The clause, in backquotes.
        clause: String,
    },
    /// A sandbox could not be made.
    #[error("`{}` cannot be made: {source}", path.display())]
    Sandbox {
        /// Its folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl VerifyError {
    /// The next step, a lowercase fragment.
    pub fn help(&self) -> String {
        match self {
            Self::Engine(error) => error.help(),
            Self::Snippet { source, .. } => source.help(),
            Self::Run(error) => error.help(),
            Self::RunFailed {
                side: Side::Plain, ..
            } => "the pipeline itself must run before it can be compared".to_owned(),
            Self::RunFailed {
                side: Side::Hoisted,
                ..
            } => "the plain run succeeded, so this is a defect of the plan: `--frames off` works around it"
                .to_owned(),
            Self::Interrupted => "run the command again".to_owned(),
            Self::WritesOutside { .. } => {
                "write to a table without a location of its own, or leave the file out".to_owned()
            }
            Self::Sandbox { .. } => "check that the folder may be written to".to_owned(),
        }
    }
}

/// Reads the state of the tables named, and of those that views among them depend on, through the user's session.
pub async fn capture<E: Engine>(engine: &mut E, names: &[String]) -> Result<State, SnippetError> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    #[derive(Deserialize)]
    struct Lists {
        tables: Vec<Named>,
        views: Vec<Named>,
    }
    let names = serde_json::Value::from(names.to_vec()).to_string();
    let variables = BTreeMap::from([("names".to_owned(), names)]);
    let json: serde_json::Value = value(engine, "state", STATE, variables).await?;
    let lists: Lists = Lists::deserialize(&json).map_err(|error| SnippetError::Unreadable {
        label: "state".to_owned(),
        detail: error.to_string(),
    })?;
    let set = |named: Vec<Named>| named.into_iter().map(|named| named.name).collect();
    Ok(State {
        json,
        tables: set(lists.tables),
        views: set(lists.views),
    })
}

/// Runs both sides one after the other, each in a session of its own made by `make` for its folder, and compares.
///
/// `folder` is absolute; two sandboxes are made in it, one after the other, and removed. Spark work already done for
/// the user's session should be closed before, so that the memory is free.
pub async fn verify<E: Engine>(
    make: &mut dyn FnMut(&Path) -> E,
    folder: &Path,
    input: &VerifyInput<'_>,
    cancel: &Cancel,
    clock: &dyn Clock,
    watch: &mut (dyn FnMut(Side, &Event) + Send),
) -> Result<Comparison, VerifyError> {
    outputs::refuse_paths(input.plain, &input.options.variables)?;
    let plain = side::run(make, folder, Side::Plain, input, cancel, clock, watch).await?;
    let hoisted = side::run(make, folder, Side::Hoisted, input, cancel, clock, watch).await?;
    Ok(comparison(input, plain, hoisted))
}

fn comparison(input: &VerifyInput<'_>, plain: Sided, hoisted: Sided) -> Comparison {
    let names: BTreeSet<&String> = plain.digests.keys().chain(hoisted.digests.keys()).collect();
    let (queries, tables): (Vec<&String>, Vec<&String>) =
        names.into_iter().partition(|name| side::is_query(name));
    let mut outputs: Vec<OutputComparison> = tables
        .into_iter()
        .chain(queries)
        .map(|name| output(name, &plain, &hoisted))
        .collect();
    outputs.extend(input.outputs.barriers.iter().map(|place| OutputComparison {
        name: place.clone(),
        verdict: Verdict::NotCompared(
            "it cannot be seen through: files that it writes by path were not compared".to_owned(),
        ),
        rows_plain: 0,
        rows_hoisted: 0,
        notes: Vec::new(),
    }));
    let mut notes = plain.notes;
    notes.extend(hoisted.notes);
    Comparison {
        outputs,
        left_behind: hoisted.holdings.beyond(&plain.holdings),
        plain: plain.record,
        hoisted: hoisted.record,
        notes,
    }
}

fn output(name: &str, plain: &Sided, hoisted: &Sided) -> OutputComparison {
    // A table that only one side asked about was made by that side alone.
    let missing = Digest::missing();
    let left = plain.digests.get(name).unwrap_or(&missing);
    let right = hoisted.digests.get(name).unwrap_or(&missing);
    let notes: BTreeSet<&String> = left.notes.iter().chain(&right.notes).collect();
    OutputComparison {
        name: side::shown(name).to_owned(),
        verdict: compare(left, right),
        rows_plain: left.rows,
        rows_hoisted: right.rows,
        notes: notes.into_iter().cloned().collect(),
    }
}

//! Stage `verify`: runs a pipeline plainly, plainly again and hoisted from the same state, and compares every output.
//!
//! ```text
//! capture (the user's session, read only) ──▶ State
//! for each side, plain then plain again then hoisted:
//!     sandbox folder ▶ session of its own ▶ prepare State ▶ run ▶ digest outputs ▶ close ▶ remove the folder
//! what differs between the plain runs is unstable ▶ compare the rest of the digests
//! ```
//!
//! The user's tables are never written: a sandbox has its own catalog, tables that are only read point to the original
//! files, tables that are written are copied first. Where a statement cannot be seen through, every table is copied and
//! compared. Folders that are overwritten are led into the sandbox where nothing else can see them; any other SQL that
//! names a folder is refused. What is compared: schema, partitions, bucketing, number of rows, an
//! order-independent hash of all columns without floating point (exact) and sums, extremes and placing of the others
//! (within 1e-9); the order of rows of a bare query that has a top-level `ORDER BY`; and what the session and its catalog
//! hold at the end.
//!
//! Columns in which the plain runs differ are *unstable*: only their type is held against the hoisted run. That the other
//! columns stand together in rows as before is compared all the same, for which the second plain run and the hoisted one
//! are digested without the unstable columns. A difference is told only after one more plain run does not have it.
//!
//! Everything starts from a [`State`], wherever the session that it was captured from took its tables.
//! [`digest()`], [`compare()`] and [`holdings()`] work in any open session, so many pipelines can be compared in one.

mod compare;
mod digest;
mod folders;
pub mod generate;
mod ground;
mod holdings;
pub mod into;
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
use super::run::{
    Cancel, Clock, Event, Failure, RunError, RunInput, RunOptions, RunRecord, ScratchError,
};
pub use compare::{Unstable, Verdict, compare, compare_stable, unstable};
pub use digest::{Digest, Output, Place, digest};
use folders::Folders;
pub use holdings::{Holdings, holdings};
pub use outputs::Outputs;
use side::Sided;

/// Reads the state; `hoist_vars["names"]` says of which tables.
const STATE: &str = concat!(
    include_str!("collect/session.py"),
    include_str!("verify/state.py")
);

/// The runs that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The text as written, in file order.
    Plain,
    /// The same once more.
    Again,
    /// The plan.
    Hoisted,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Side::Plain => "plain",
            Side::Again => "second plain",
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
    /// The places of the files of every table found.
    locations: Vec<(String, String)>,
}

impl State {
    /// Names of the databases.
    fn databases(&self) -> BTreeSet<&str> {
        let listed = self.json.get("databases");
        let listed = listed.and_then(serde_json::Value::as_array);
        let names = listed.into_iter().flatten();
        names.filter_map(serde_json::Value::as_str).collect()
    }

    /// Permanent views with everything below them.
    fn dependences(&self) -> impl Iterator<Item = (&str, BTreeSet<&str>)> {
        let views = self.json.get("views").and_then(serde_json::Value::as_array);
        views.into_iter().flatten().filter_map(|view| {
            let below = view.get("depends")?.as_array()?;
            let below = below.iter().filter_map(serde_json::Value::as_str);
            Some((view.get("name")?.as_str()?, below.collect()))
        })
    }

    /// From what the embedded text gives.
    fn read(json: serde_json::Value) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Named {
            name: String,
            location_text: Option<String>,
        }
        #[derive(Deserialize)]
        struct Lists {
            tables: Vec<Named>,
            views: Vec<Named>,
        }
        let lists = Lists::deserialize(&json)?;
        let names = |named: &[Named]| named.iter().map(|named| named.name.clone()).collect();
        let place = |table: &Named| Some((table.name.clone(), table.location_text.clone()?));
        Ok(State {
            json,
            tables: names(&lists.tables),
            views: names(&lists.views),
            locations: lists.tables.iter().filter_map(place).collect(),
        })
    }
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
    /// The database that everything is written to, where the runs share the user's catalog.
    pub database: Option<&'a into::Database>,
    /// Runs the plain pipeline twice, to know what is unstable by itself.
    pub twice: bool,
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
    /// How often the plain pipeline ran.
    pub plain_runs: u32,
    /// What the session and its catalog hold after the hoisted run and not after a plain one, apart from compared
    /// tables: databases, temporary views and functions, cached data, settings, current database.
    pub left_behind: Vec<String>,
    /// What they hold after every plain run and not after the hoisted one.
    pub lost: Vec<String>,
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
    /// What differs between the plain runs.
    pub unstable: Unstable,
    /// How parts of it were compared, where that is not as usual.
    pub notes: Vec<String>,
}

impl Comparison {
    /// Whether nothing differs and nothing is left behind or lost. What was not compared does not count.
    pub fn holds(&self) -> bool {
        self.left_behind.is_empty()
            && self.lost.is_empty()
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
    /// A statement would write elsewhere than to the database that everything is led into.
    #[error("{place} cannot write into another database: {reason}")]
    NotRedirected {
        /// `file:line`, or what else the text is.
        place: String,
        /// Why, as a fragment.
        reason: String,
    },
    /// The database cannot take what is written.
    #[error("{problem}")]
    Database {
        /// Why.
        problem: String,
        /// The next step, a lowercase fragment.
        help: String,
    },
    /// There is no place for the hoisted run's scratch tables.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
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
                side: Side::Plain | Side::Again,
                ..
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
            Self::NotRedirected { .. } => {
                "change the statement, leave its file out, or verify with the local engine".to_owned()
            }
            Self::Database { help, .. } => help.clone(),
            Self::Scratch(_) | Self::Sandbox { .. } => "check that the folder may be written to".to_owned(),
        }
    }
}

/// Reads the state of the tables named, and of those that views among them depend on, through the user's session; also
/// of the database that is to take what the runs write, where they share the user's catalog.
pub async fn capture<E: Engine>(
    engine: &mut E,
    names: &[String],
    into: Option<&str>,
) -> Result<State, SnippetError> {
    let names = serde_json::Value::from(names.to_vec()).to_string();
    let mut variables = BTreeMap::from([("names".to_owned(), names)]);
    variables.extend(into.map(|database| ("into".to_owned(), database.to_owned())));
    let json: serde_json::Value = value(engine, "state", STATE, variables).await?;
    State::read(json).map_err(|error| SnippetError::Unreadable {
        label: "state".to_owned(),
        detail: error.to_string(),
    })
}

/// Runs the sides one after the other, each in a session of its own made by `make` for its folder, and compares.
///
/// `folder` is absolute; sandboxes are made in it, one after the other, and removed. With a database there are none, and
/// `make` is given an empty path. Spark work already done for
/// the user's session should be closed before, so that the memory is free.
pub async fn verify<E: Engine>(
    make: &mut dyn FnMut(&Path) -> E,
    folder: &Path,
    input: &VerifyInput<'_>,
    cancel: &Cancel,
    clock: &dyn Clock,
    watch: &mut (dyn FnMut(Side, &Event) + Send),
) -> Result<Comparison, VerifyError> {
    let folders = Folders::of(input.plain, &input.options.variables, input.state)?;
    let mut sides = side::Sides {
        make,
        folder,
        input,
        folders: &folders,
        cancel,
        clock,
        watch,
    };
    let first = sides.run(Side::Plain, &Known::default()).await?;
    if !input.twice {
        let hoisted = sides.run(Side::Hoisted, &Known::default()).await?;
        return Ok(comparison(input, &[first], &hoisted, &BTreeMap::new()));
    }
    let earlier = Known {
        earlier: Some(&first.digests),
        ..Known::default()
    };
    let again = sides.run(Side::Again, &earlier).await?;
    let mut unstable = again.unstable.clone();
    let known = Known {
        unstable: unstable.clone(),
        earlier: None,
    };
    let hoisted = sides.run(Side::Hoisted, &known).await?;
    let mut plain = vec![first, again];
    if differs(&plain, &hoisted, &unstable) {
        // Chance can make two plain runs alike where a third one is not.
        let third = sides.run(Side::Again, &known).await?;
        if let Some(reference) = plain.last() {
            settle(&mut unstable, &reference.digests, &third.digests);
        }
        plain.insert(0, third);
    }
    Ok(comparison(input, &plain, &hoisted, &unstable))
}

/// What is known when a side begins.
#[derive(Debug, Default)]
struct Known<'a> {
    /// What is unstable, by output.
    unstable: BTreeMap<String, Unstable>,
    /// Digests after an earlier plain run, by which to find out what is unstable.
    earlier: Option<&'a BTreeMap<String, Digest>>,
}

/// Whether an output differs. The last plain run is the one to compare with.
fn differs(plain: &[Sided], hoisted: &Sided, unstable: &BTreeMap<String, Unstable>) -> bool {
    plain.last().is_some_and(|plain| {
        let names = plain.digests.keys().chain(hoisted.digests.keys());
        names
            .map(|name| output(name, plain, hoisted, unstable))
            .any(|output| matches!(output.verdict, Verdict::Different(_)))
    })
}

/// Adds what differs between two plain runs that were digested without the columns known to be unstable.
fn settle(
    known: &mut BTreeMap<String, Unstable>,
    reference: &BTreeMap<String, Digest>,
    third: &BTreeMap<String, Digest>,
) {
    for (name, digest) in reference {
        let Some(other) = third.get(name) else {
            continue;
        };
        let before = known.get(name).cloned().unwrap_or_default();
        let mut after = before.and(&unstable(digest, other));
        // Rows are known by columns that now turn out to be unstable.
        after.together |= after.columns != before.columns;
        if !after.is_empty() {
            known.insert(name.clone(), after);
        }
    }
}

fn comparison(
    input: &VerifyInput<'_>,
    plain: &[Sided],
    hoisted: &Sided,
    unstable: &BTreeMap<String, Unstable>,
) -> Comparison {
    let nothing = Sided::default();
    let reference = plain.last().unwrap_or(&nothing);
    let names: BTreeSet<&String> = reference
        .digests
        .keys()
        .chain(hoisted.digests.keys())
        .collect();
    let (queries, tables): (Vec<&String>, Vec<&String>) =
        names.into_iter().partition(|name| side::is_query(name));
    let mut outputs: Vec<OutputComparison> = tables
        .into_iter()
        .chain(queries)
        .map(|name| output(name, reference, hoisted, unstable))
        .collect();
    outputs.extend(input.outputs.barriers.iter().map(|place| OutputComparison {
        name: place.clone(),
        verdict: Verdict::NotCompared(
            "it cannot be seen through: files that it writes by path were not compared".to_owned(),
        ),
        rows_plain: 0,
        rows_hoisted: 0,
        unstable: Unstable::default(),
        notes: Vec::new(),
    }));
    // What differs from each plain run; what differs between those is theirs.
    let from_all = |differences: &dyn Fn(&Holdings) -> Vec<String>| {
        let mut all = differences(&reference.holdings);
        for other in plain {
            let here = differences(&other.holdings);
            all.retain(|difference| here.contains(difference));
        }
        all
    };
    let notes: BTreeSet<&String> = plain
        .iter()
        .chain([hoisted])
        .flat_map(|side| &side.notes)
        .collect();
    Comparison {
        outputs,
        left_behind: from_all(&|plain| hoisted.holdings.beyond(plain)),
        lost: from_all(&|plain| hoisted.holdings.lacking(plain)),
        plain_runs: u32::try_from(plain.len()).unwrap_or(u32::MAX),
        notes: notes.into_iter().cloned().collect(),
        plain: reference.record.clone(),
        hoisted: hoisted.record.clone(),
    }
}

fn output(
    name: &str,
    plain: &Sided,
    hoisted: &Sided,
    unstable: &BTreeMap<String, Unstable>,
) -> OutputComparison {
    // A table that only one side asked about was made by that side alone.
    let missing = Digest::missing();
    let left = plain.digests.get(name).unwrap_or(&missing);
    let right = hoisted.digests.get(name).unwrap_or(&missing);
    let unstable = unstable.get(name).cloned().unwrap_or_default();
    let mut notes = unstable.notes();
    notes.extend(left.notes.iter().cloned());
    let only_right = right.notes.iter().filter(|note| !left.notes.contains(note));
    notes.extend(only_right.cloned());
    OutputComparison {
        name: side::shown(name).to_owned(),
        verdict: compare_stable(left, right, &unstable),
        rows_plain: left.rows,
        rows_hoisted: right.rows,
        unstable,
        notes,
    }
}

//! One of the runs: sandbox, session, preparation, run, digests, and the end of it all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;

use super::digest::{Digest, Output, Place, digest};
use super::folders::Folders;
use super::ground::Ground;
use super::holdings::{Holdings, holdings};
use super::sandbox::Sandbox;
use super::{Known, Side, Unstable, VerifyError, VerifyInput, unstable};
use crate::runtime::collect::{SnippetError, value};
use crate::runtime::engine::Engine;
use crate::runtime::run::{
    self, Cancel, Clock, Event, Failure, Outcome, Recorder, RunInput, RunOptions, RunRecord, Work,
};

/// Rebuilds the state in an empty catalog.
const PREPARE: &str = include_str!("prepare.py");

/// Before the names of bare queries' results, which are no table names.
const QUERY: &str = "query ";

/// Whether a name in [`Sided::digests`] is that of a bare query's result.
pub(super) fn is_query(name: &str) -> bool {
    name.starts_with(QUERY)
}

/// A name in [`Sided::digests`] as users know it.
pub(super) fn shown(name: &str) -> &str {
    name.strip_prefix(QUERY).unwrap_or(name)
}

/// What one side left.
#[derive(Debug, Default)]
pub(super) struct Sided {
    /// By output. Without the columns that were known to be unstable, and those found to be.
    pub(super) digests: BTreeMap<String, Digest>,
    /// What differs from the earlier digests that it was given, by output; outputs that do not differ are left out.
    pub(super) unstable: BTreeMap<String, Unstable>,
    pub(super) holdings: Holdings,
    pub(super) record: RunRecord,
    pub(super) notes: Vec<String>,
}

/// What every side is run with.
pub(super) struct Sides<'s, E> {
    pub(super) make: &'s mut dyn FnMut(&Path) -> E,
    pub(super) folder: &'s Path,
    pub(super) input: &'s VerifyInput<'s>,
    pub(super) folders: &'s Folders,
    pub(super) cancel: &'s Cancel,
    pub(super) clock: &'s dyn Clock,
    pub(super) watch: &'s mut (dyn FnMut(Side, &Event) + Send),
}

impl<'s, E: Engine> Sides<'s, E> {
    /// Runs one side from beginning to end. The session is closed and the folder removed whatever happens.
    pub(super) async fn run(
        &mut self,
        side: Side,
        known: &Known<'_>,
    ) -> Result<Sided, VerifyError> {
        let ground = self.ground(side)?;
        let watch = &mut *self.watch;
        let mut forward = |event: &Event| watch(side, event);
        let mut recorder = Recorder::new(self.clock, None, &mut forward);
        let mut engine = (self.make)(ground.folder());
        let mut played = Played {
            engine: &mut engine,
            ground: &ground,
            side,
            input: self.input,
            folders: self.folders,
            known,
            cancel: self.cancel,
            recorder: &mut recorder,
            busy: false,
        };
        let result = played.play().await;
        // A session that a question still keeps busy, or that is dead, is of no more use.
        let usable = !played.busy && !matches!(result, Err(VerifyError::Engine(_)));
        let mut cleared = None;
        if usable {
            cleared = unless_hurried(self.cancel, ground.clear(&mut engine)).await;
        }
        let closed = run::close(&mut engine, self.cancel, &mut recorder).await;
        // An engine that did not close in order ends here, before its folder goes.
        drop(engine);
        if ground.needs_clearing() && !matches!(cleared, Some(Ok(()))) {
            let anew = clear_anew(&mut *self.make, &ground, &mut recorder);
            cleared = unless_hurried(self.cancel, anew).await;
        }
        let left = ground.end(cleared);
        if let (Err(_), Some(left)) = (&result, &left) {
            recorder.warn(None, left.clone());
        }
        let (digests, unstable, holdings) = result?;
        closed?;
        Ok(Sided {
            digests,
            unstable,
            holdings,
            record: recorder.finish(),
            notes: left.into_iter().collect(),
        })
    }

    /// Where a side runs.
    fn ground(&self, side: Side) -> Result<Ground<'s>, VerifyError> {
        if let Some(database) = self.input.database {
            return Ok(Ground::Database(database));
        }
        let name = format!("verify-{}-{}", self.input.options.run, folder_name(side));
        let sandbox = Sandbox::make(self.folder, &name).map_err(|source| VerifyError::Sandbox {
            path: self.folder.join(&name),
            source,
        })?;
        Ok(Ground::Sandbox(sandbox))
    }
}

/// What a task of hoist's own gives, unless the user interrupts a second time.
async fn unless_hurried<T>(cancel: &Cancel, task: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = cancel.reached(2) => None,
        done = task => Some(done),
    }
}

/// Clears the place of a run in a session made for that.
async fn clear_anew<E: Engine>(
    make: &mut dyn FnMut(&Path) -> E,
    ground: &Ground<'_>,
    recorder: &mut Recorder<'_>,
) -> Result<(), SnippetError> {
    // The user's first interrupt has ended the run; what follows is hoist's own work.
    let cancel = Cancel::default();
    let mut engine = make(ground.folder());
    let cleared = match run::open(&mut engine, &cancel, recorder).await {
        Ok(_) => ground.clear(&mut engine).await,
        Err(error) => Err(SnippetError::Engine(error)),
    };
    let closed = run::close(&mut engine, &cancel, recorder).await;
    cleared.and(closed.map_err(SnippetError::Engine))
}

fn folder_name(side: Side) -> &'static str {
    match side {
        Side::Plain => "plain",
        Side::Again => "again",
        Side::Hoisted => "hoisted",
    }
}

/// Digests, what was found to be unstable, and what is held at the end.
type Left = (
    BTreeMap<String, Digest>,
    BTreeMap<String, Unstable>,
    Holdings,
);

struct Played<'p, 'w, E> {
    engine: &'p mut E,
    ground: &'p Ground<'p>,
    side: Side,
    input: &'p VerifyInput<'p>,
    folders: &'p Folders,
    known: &'p Known<'p>,
    cancel: &'p Cancel,
    recorder: &'p mut Recorder<'w>,
    /// A question may still be running, because nobody waited for its answer.
    busy: bool,
}

impl<'p, E: Engine> Played<'p, '_, E> {
    async fn play(&mut self) -> Result<Left, VerifyError> {
        if run::open(self.engine, self.cancel, self.recorder)
            .await?
            .is_none()
        {
            return Err(VerifyError::Interrupted);
        }
        let copied = self.copied();
        let state = BTreeMap::from([
            ("state".to_owned(), self.input.state.json.to_string()),
            ("copied".to_owned(), json!(copied).to_string()),
            ("emptied".to_owned(), self.emptied().to_string()),
            ("folder".to_owned(), self.ground.uri("external")),
        ]);
        let (side, cancel) = (self.side, self.cancel);
        self.busy = true;
        let prepared = value(self.engine, "prepare", PREPARE, state);
        let _: Vec<String> = answer(side, cancel, prepared).await?;
        self.busy = false;
        self.statements().await?;
        self.busy = true;
        let databases = self.ground.databases();
        let held = holdings(self.engine, databases.as_deref());
        let held = answer(side, cancel, held).await?;
        let outputs = self.outputs(&copied, &held);
        let mut digests = answer(side, cancel, digest(self.engine, &outputs)).await?;
        let found = self.found(&digests);
        let again: Vec<Output> = with_unstable(outputs, &found)
            .filter(|output| !output.unstable.is_empty())
            .collect();
        if !again.is_empty() && self.known.earlier.is_some() {
            digests.extend(answer(side, cancel, digest(self.engine, &again)).await?);
        }
        self.busy = false;
        Ok((digests, found, held))
    }

    /// What differs from the digests of an earlier run.
    fn found(&self, digests: &BTreeMap<String, Digest>) -> BTreeMap<String, Unstable> {
        let Some(earlier) = self.known.earlier else {
            return BTreeMap::new();
        };
        let missing = Digest::missing();
        let names: BTreeSet<&String> = earlier.keys().chain(digests.keys()).collect();
        let mut found = BTreeMap::new();
        for name in names {
            let first = earlier.get(name).unwrap_or(&missing);
            let second = digests.get(name).unwrap_or(&missing);
            let unstable = unstable(first, second);
            if !unstable.is_empty() {
                found.insert(name.clone(), unstable);
            }
        }
        found
    }

    /// Tables whose files are copied: those that may be written.
    fn copied(&self) -> BTreeSet<String> {
        let tables = &self.input.state.tables;
        if self.input.outputs.barriers.is_empty() {
            let written = &self.input.outputs.tables;
            tables.intersection(written).cloned().collect()
        } else {
            tables.clone()
        }
    }

    /// Tables with files of their own that need no rows.
    fn emptied(&self) -> serde_json::Value {
        let emptied = self.input.database.map(|database| &database.emptied);
        emptied.map_or_else(|| json!([]), |names| json!(names))
    }

    fn steps(&self) -> &'p RunInput {
        match self.side {
            Side::Plain | Side::Again => self.input.plain,
            Side::Hoisted => self.input.hoisted,
        }
    }

    async fn statements(&mut self) -> Result<(), VerifyError> {
        let options = RunOptions {
            results: Some(self.ground.results()),
            keep_going: false,
            ..self.input.options.clone()
        };
        let steps = self
            .folders
            .lead(self.steps(), &|name| self.ground.uri(name));
        let outcome = run::run(self.engine, &steps, &options, self.cancel, self.recorder).await?;
        match outcome {
            Outcome::Done => Ok(()),
            Outcome::Interrupted => Err(VerifyError::Interrupted),
            Outcome::Failed | Outcome::Unfinished => {
                let failure = self.recorder.record().failures.first().cloned();
                Err(VerifyError::RunFailed {
                    side: self.side,
                    failure: failure.unwrap_or_else(|| Failure {
                        place: "an unknown place".to_owned(),
                        class: "UNKNOWN".to_owned(),
                        message: "no statement reported a failure".to_owned(),
                        ..Failure::default()
                    }),
                })
            }
        }
    }

    /// What is digested after the run: everything written, known or found, and the results of bare queries.
    fn outputs(&self, copied: &BTreeSet<String>, holdings: &Holdings) -> Vec<Output> {
        let state = self.input.state;
        let found = holdings
            .tables
            .iter()
            .filter(|name| !state.tables.contains(*name) && !state.views.contains(*name));
        let tables: BTreeSet<&String> = self
            .input
            .outputs
            .tables
            .iter()
            .chain(copied)
            .chain(found)
            .collect();
        let shown = &self.input.outputs.shown;
        let mut outputs: Vec<Output> = tables
            .into_iter()
            .map(|name| Output {
                name: shown.get(name).unwrap_or(name).clone(),
                ..Output::table(name)
            })
            .collect();
        outputs.extend(self.folders.outputs(&|name| self.ground.uri(name)));
        let steps = self.steps();
        let names = steps.result_names();
        for step in &steps.steps {
            let (Work::Run(statement), Some(name)) = (&step.work, names.get(&step.number)) else {
                continue;
            };
            let key = (statement.file.clone(), statement.number);
            outputs.push(Output {
                name: format!("{QUERY}{name}"),
                place: Place::Result {
                    path: self.ground.uri(&format!("results/{name}")),
                    order: self.input.outputs.ordered.get(&key).cloned(),
                },
                unstable: BTreeSet::new(),
            });
        }
        with_unstable(outputs, &self.known.unstable).collect()
    }
}

/// The outputs with the columns that are unstable in them.
fn with_unstable(
    outputs: Vec<Output>,
    unstable: &BTreeMap<String, Unstable>,
) -> impl Iterator<Item = Output> {
    outputs
        .into_iter()
        .map(|output| match unstable.get(&output.name) {
            Some(found) => Output {
                unstable: found.columns.clone(),
                ..output
            },
            None => output,
        })
}

/// The answer to a question of hoist's own, unless the user interrupts.
async fn answer<T>(
    side: Side,
    cancel: &Cancel,
    asked: impl Future<Output = Result<T, SnippetError>>,
) -> Result<T, VerifyError> {
    tokio::select! {
        biased;
        () = cancel.reached(1) => Err(VerifyError::Interrupted),
        answer = asked => answer.map_err(|source| match source {
            SnippetError::Engine(error) => VerifyError::Engine(error),
            source => VerifyError::Snippet { side, source },
        }),
    }
}

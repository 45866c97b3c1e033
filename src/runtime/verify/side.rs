//! One of the two runs: sandbox, session, preparation, run, digests, and the end of it all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;

use super::digest::{Digest, Output, Place, digest};
use super::holdings::{Holdings, holdings};
use super::sandbox::Sandbox;
use super::{Side, VerifyError, VerifyInput};
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
#[derive(Debug)]
pub(super) struct Sided {
    pub(super) digests: BTreeMap<String, Digest>,
    pub(super) holdings: Holdings,
    pub(super) record: RunRecord,
    pub(super) notes: Vec<String>,
}

/// Runs one side from beginning to end. The session is closed and the folder removed whatever happens.
pub(super) async fn run<E: Engine>(
    make: &mut dyn FnMut(&Path) -> E,
    folder: &Path,
    side: Side,
    input: &VerifyInput<'_>,
    cancel: &Cancel,
    clock: &dyn Clock,
    watch: &mut (dyn FnMut(Side, &Event) + Send),
) -> Result<Sided, VerifyError> {
    let name = format!("verify-{}-{side}", input.options.run);
    let sandbox = Sandbox::make(folder, &name).map_err(|source| VerifyError::Sandbox {
        path: folder.join(&name),
        source,
    })?;
    let mut forward = |event: &Event| watch(side, event);
    let mut recorder = Recorder::new(clock, None, &mut forward);
    let mut engine = make(sandbox.path());
    let mut played = Played {
        engine: &mut engine,
        sandbox: &sandbox,
        side,
        input,
        cancel,
        recorder: &mut recorder,
    };
    let result = played.play().await;
    let closed = run::close(&mut engine, cancel, &mut recorder).await;
    // An engine that did not close in order ends here, before its folder goes.
    drop(engine);
    let removed = sandbox.remove();
    let (digests, holdings) = result?;
    closed?;
    let notes = removed
        .err()
        .map(|(path, error)| format!("`{}` could not be removed ({error})", path.display()));
    Ok(Sided {
        digests,
        holdings,
        record: recorder.finish(),
        notes: notes.into_iter().collect(),
    })
}

struct Played<'p, 'w, E> {
    engine: &'p mut E,
    sandbox: &'p Sandbox,
    side: Side,
    input: &'p VerifyInput<'p>,
    cancel: &'p Cancel,
    recorder: &'p mut Recorder<'w>,
}

impl<E: Engine> Played<'_, '_, E> {
    async fn play(&mut self) -> Result<(BTreeMap<String, Digest>, Holdings), VerifyError> {
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
            ("folder".to_owned(), self.file_uri("external")),
        ]);
        let (side, cancel) = (self.side, self.cancel);
        let prepared = value(self.engine, "prepare", PREPARE, state);
        let _: Vec<String> = answer(side, cancel, prepared).await?;
        self.statements().await?;
        let held = answer(side, cancel, holdings(self.engine)).await?;
        let outputs = self.outputs(&copied, &held);
        let digests = answer(side, cancel, digest(self.engine, &outputs)).await?;
        Ok((digests, held))
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

    fn steps(&self) -> &RunInput {
        match self.side {
            Side::Plain => self.input.plain,
            Side::Hoisted => self.input.hoisted,
        }
    }

    async fn statements(&mut self) -> Result<(), VerifyError> {
        let options = RunOptions {
            results: Some(self.sandbox.path().join("results")),
            keep_going: false,
            ..self.input.options.clone()
        };
        let steps = match self.side {
            Side::Plain => self.input.plain,
            Side::Hoisted => self.input.hoisted,
        };
        let outcome = run::run(self.engine, steps, &options, self.cancel, self.recorder).await?;
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
        let mut outputs: Vec<Output> = tables.into_iter().map(|name| Output::table(name)).collect();
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
                    path: self.file_uri(&format!("results/{name}")),
                    order: self.input.outputs.ordered.get(&key).cloned(),
                },
            });
        }
        outputs
    }

    /// A path in the sandbox as Hadoop takes it, not percent-encoded.
    fn file_uri(&self, name: &str) -> String {
        format!("file:{}", self.sandbox.path().join(name).display())
    }
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

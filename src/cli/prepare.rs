//! What comes before a run in an open session: facts about tables, and set-up where sources are missing.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::failure::{Failure, FailureKind};
use super::pipeline::{self, Pipeline};
use super::progress::RunProgress;
use crate::facts::access::Origin;
use crate::facts::catalog::{Catalog, TableKind};
use crate::facts::workload::Workload;
use crate::frontend::statement::StatementKind;
use crate::runtime::collect::{Collected, collect};
use crate::runtime::engine::Engine;
use crate::runtime::run::{
    self, Cancel, Clock, Event, Failure as StepFailure, Outcome, Preparation, Recorder, RunInput,
    RunOptions,
};

/// What a session is prepared with.
pub(super) struct Stage<'a, 'o> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) cancel: &'a Cancel,
    pub(super) clock: &'a dyn Clock,
    pub(super) progress: &'a Mutex<RunProgress<'o>>,
}

/// When the set-up scripts run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SetUp {
    /// Whether or not a table is missing.
    Always,
    /// Where a table that the pipeline expects is missing.
    WhereMissing,
    /// Not even then.
    Never,
}

/// Collects facts about the tables, after making them with the set-up scripts where that is called for.
/// None where the user interrupted.
pub(super) async fn tables<E: Engine>(
    engine: &mut E,
    stage: &Stage<'_, '_>,
    names: &[String],
    set_up: SetUp,
    recorder: &mut Recorder<'_>,
) -> Result<Option<Catalog>, Failure> {
    let Some(Collected { catalog, .. }) = facts(engine, stage, names, recorder).await? else {
        return Ok(None);
    };
    let missing = missing(&stage.pipeline.analyse(&catalog).workload, &catalog);
    if set_up != SetUp::Always && missing.is_empty() {
        return Ok(Some(catalog));
    }
    if set_up == SetUp::Never || !run_scripts(engine, stage, recorder).await? {
        if stage.cancel.level() > 0 {
            return Ok(None);
        }
        for table in missing {
            recorder.warn(
                None,
                format!("table `{table}` does not exist; `[setup]` in hoist.toml can make it"),
            );
        }
        return Ok(Some(catalog));
    }
    let collected = facts(engine, stage, names, recorder).await?;
    Ok(collected.map(|collected| collected.catalog))
}

/// Facts about the tables named, and about those that the pipeline names as the session understands it; none where the
/// user interrupted.
pub(super) async fn facts<E: Engine>(
    engine: &mut E,
    stage: &Stage<'_, '_>,
    names: &[String],
    recorder: &mut Recorder<'_>,
) -> Result<Option<Collected>, Failure> {
    let start = recorder.now();
    let Some(mut collected) = ask(engine, stage, names).await? else {
        return Ok(None);
    };
    // In another current database one-part names are other tables.
    let mut meant = stage.pipeline.table_names(&collected.catalog);
    meant.retain(|name| {
        !collected.catalog.tables.contains_key(name) && !collected.unknown.contains_key(name)
    });
    if !meant.is_empty() {
        meant.extend_from_slice(names);
        let Some(again) = ask(engine, stage, &meant).await? else {
            return Ok(None);
        };
        collected = again;
    }
    let configured = &stage.pipeline.config.planner.default_database;
    if let Some(session) = &collected.catalog.session
        && configured != "default"
        && *configured != session.database
    {
        recorder.warn(
            None,
            format!(
                "`default_database` is `{configured}`, but the session's current database is `{}`, where names \
                 without a database lie; begin the pipeline with `USE {configured}`",
                session.database
            ),
        );
    }
    for (table, reason) in &collected.unknown {
        recorder.warn(
            None,
            format!("nothing is known about `{table}`, so no frame holds it: {reason}"),
        );
    }
    let micros = recorder.since(start);
    recorder.emit(&Event::Prepared {
        what: Preparation::Catalog,
        micros,
    });
    Ok(Some(collected))
}

async fn ask<E: Engine>(
    engine: &mut E,
    stage: &Stage<'_, '_>,
    names: &[String],
) -> Result<Option<Collected>, Failure> {
    let collected = tokio::select! {
        biased;
        () = stage.cancel.reached(1) => return Ok(None),
        collected = collect(engine, names) => collected,
    };
    collected.map(Some).map_err(|error| {
        Failure::new(
            FailureKind::Run,
            format!("the facts about tables could not be collected: {error}"),
        )
        .hint(error.help())
    })
}

/// Runs the set-up scripts; whether there are any and all of them ran.
async fn run_scripts<E: Engine>(
    engine: &mut E,
    stage: &Stage<'_, '_>,
    recorder: &mut Recorder<'_>,
) -> Result<bool, Failure> {
    let config = &stage.pipeline.config;
    let Some((root, sources)) = pipeline::read_setup(config)? else {
        return Ok(false);
    };
    let start = recorder.now();
    let input = RunInput::plain(&sources, &stage.pipeline.parse(&sources).statements);
    let options = RunOptions {
        run: run::run_id(stage.clock, std::process::id()),
        variables: pipeline::set_up_variables(config),
        root,
        ..RunOptions::default()
    };
    // Its steps are no steps of the run: a recorder of its own keeps them apart.
    let mut watch = |event: &Event| {
        if let Ok(mut progress) = stage.progress.lock() {
            progress.tell_part("set-up", event);
        }
    };
    let mut own = Recorder::new(stage.clock, None, &mut watch);
    let outcome = run::run(engine, &input, &options, stage.cancel, &mut own)
        .await
        .map_err(|error| Failure::input(format!("set-up: {error}")).hint(error.help()))?;
    let record = own.finish();
    if let Some(failure) = record.failures.first() {
        return Err(step_failure(failure, "set-up script ").hint(
            "the set-up scripts are named by `[setup] path` in hoist.toml; tables made so far stay",
        ));
    }
    let micros = recorder.since(start);
    recorder.emit(&Event::Prepared {
        what: Preparation::SetUp,
        micros,
    });
    Ok(outcome == Outcome::Done)
}

/// A failed statement as an error of the command.
pub(super) fn step_failure(failure: &StepFailure, what: &str) -> Failure {
    let failed = Failure::new(
        FailureKind::Run,
        format!(
            "{what}`{}` failed: {}: {}",
            failure.place, failure.class, failure.message
        ),
    );
    if failure.help.is_empty() {
        failed
    } else {
        failed.hint(failure.help.clone())
    }
}

/// Tables that do not exist although a statement reads them, or inserts into them, before any statement makes them.
fn missing(workload: &Workload, catalog: &Catalog) -> BTreeSet<String> {
    let mut written = BTreeSet::new();
    let mut missing = BTreeSet::new();
    let name = |table| {
        workload
            .table(table)
            .filter(|table| !table.temporary)
            .map(|table| table.name.clone())
    };
    for (statement, access) in workload.statements.iter().zip(&workload.accesses) {
        let reads = access.reads.iter().filter(|read| {
            read.version.generation == 0 && !matches!(read.origin, Origin::ThroughView(_))
        });
        missing.extend(
            reads
                .map(|read| read.version.table)
                .filter(|table| !written.contains(table))
                .filter_map(name),
        );
        for write in &access.writes {
            if matches!(statement.kind, StatementKind::Insert { .. })
                && !written.contains(&write.table)
            {
                missing.extend(name(write.table));
            }
            written.insert(write.table);
        }
    }
    missing.retain(|table| {
        let facts = catalog.tables.get(table);
        facts.is_some_and(|facts| facts.kind == TableKind::Missing)
    });
    missing
}

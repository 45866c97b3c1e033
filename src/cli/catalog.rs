//! `hoist catalog`.

use std::sync::Mutex;

use super::arguments::{Catalog as Command, Format};
use super::failure::Failure;
use super::interrupt::Interrupts;
use super::output::{Output, write_file};
use super::pipeline::Pipeline;
use super::prepare::{self, Stage};
use super::progress::RunProgress;
use super::{Context, ExitStatus, pipeline, planning, session};
use crate::facts::catalog::Catalog;
use crate::present::report::catalog;
use crate::runtime::collect::Collected;
use crate::runtime::engine::{AnyEngine, Engine};
use crate::runtime::run::{self, Event, Recorder, SystemClock};

pub(super) fn run(
    command: &Command,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let mut overrides = pipeline::spark_settings(&command.conf);
    overrides.extend(pipeline::engine(&command.engine));
    let pipeline = pipeline::read(context, &command.paths, overrides, output)?;
    pipeline.require_variables(output)?;
    let engine = session::engine(context, &pipeline.config, &pipeline.home())?;
    let interrupted = session::runtime()?.block_on(async {
        let interrupts = Interrupts::listen();
        let collected = collect(&pipeline, engine, &interrupts, output).await;
        output.end_progress();
        collected.map(|collected| collected.ok_or_else(|| interrupts.status()))
    })?;
    let collected = match interrupted {
        Ok(collected) => collected,
        Err(status) => return Ok(status),
    };
    let file = command
        .file
        .clone()
        .unwrap_or_else(|| planning::default_catalog_file(&pipeline));
    let document = planning::catalog_text(&collected.catalog);
    write_file(&file, &document)?;
    output.artefact(&match command.format {
        Format::Text => catalog::text(&collected, &file.display().to_string()),
        Format::Json => document,
    })?;
    Ok(ExitStatus::Done)
}

/// Opens a session, asks, and closes it again, also where the user interrupted, which gives none.
async fn collect(
    pipeline: &Pipeline,
    mut engine: AnyEngine,
    interrupts: &Interrupts,
    output: &mut Output,
) -> Result<Option<Collected>, Failure> {
    let clock = SystemClock::new();
    let progress = Mutex::new(RunProgress::new(output));
    let mut watch = |event: &Event| {
        if let Ok(mut progress) = progress.lock() {
            progress.tell(event);
        }
    };
    let stage = Stage {
        pipeline,
        cancel: &interrupts.cancel,
        clock: &clock,
        progress: &progress,
    };
    let mut recorder = Recorder::new(&clock, None, &mut watch);
    let collected = in_session(&mut engine, &stage, &mut recorder).await;
    let closed = run::close(&mut engine, &interrupts.cancel, &mut recorder).await;
    let collected = collected?;
    closed?;
    Ok(collected)
}

async fn in_session<E: Engine>(
    engine: &mut E,
    stage: &Stage<'_, '_>,
    recorder: &mut Recorder<'_>,
) -> Result<Option<Collected>, Failure> {
    if run::open(engine, stage.cancel, recorder).await?.is_none() {
        return Ok(None);
    }
    let names = stage.pipeline.table_names(&Catalog::default());
    prepare::facts(engine, stage, &names, recorder).await
}

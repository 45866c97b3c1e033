//! `hoist verify`.

mod generated;
mod into;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::arguments::{ComparisonFormat, Frames, Verify as Command};
use super::failure::{Failure, FailureKind};
use super::interrupt::Interrupts;
use super::output::Output;
use super::pipeline::Pipeline;
use super::prepare::{self, SetUp, Stage};
use super::progress::RunProgress;
use super::{Context, ExitStatus, documents, pipeline, planning, session};
use crate::facts::catalog::Catalog;
use crate::planner::plan_file::PlanSettings;
use crate::present::report::{plan as plan_text, verification};
use crate::runtime::engine::Engine;
use crate::runtime::engine::local::{CatalogKind, Local, LocalOptions};
use crate::runtime::run::{self, Event, Recorder, RunInput, RunOptions, Scratch, SystemClock};
use crate::runtime::verify::into::{Database, IntoInput, redirect};
use crate::runtime::verify::{
    Comparison, Outputs, Side, State, VerifyError, VerifyInput, capture, verify,
};

/// Folder of the sandboxes in the pipeline's `.hoist`.
const SANDBOXES: &str = "verify";

/// The folder in the pipeline's `.hoist` for the logs of a session whose home goes with it: `logs/verify-plain` for the
/// home `verify-0a1b2c3d-plain`. The runs before have the same, so that they do not pile up.
fn lasting_logs(options: &LocalOptions, home: &Path) -> PathBuf {
    let name = home.file_name().unwrap_or_default().to_string_lossy();
    let mut parts: Vec<&str> = name.split('-').collect();
    if parts.len() > 1 {
        parts.remove(1);
    }
    options.home.join("logs").join(parts.join("-"))
}

/// What both runs are given.
struct Inputs {
    plain: RunInput,
    hoisted: RunInput,
    outputs: Outputs,
    state: State,
    /// What takes the writes of both, where they share the user's catalog.
    database: Option<Database>,
    /// The plan in one sentence; none without frames.
    totals: Option<String>,
}

pub(super) fn run(
    command: &Command,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let mut overrides = pipeline::engine(&command.engine);
    overrides.extend(pipeline::spark_settings(&command.run.conf));
    let budget = command.run.budget.iter();
    overrides.extend(budget.map(|size| pipeline::option("planner.budget", size, "--budget")));
    overrides.extend(pipeline::session_settings(command.run.settings.as_deref()));
    let pipeline = pipeline::read(context, &command.paths, overrides, output)?;
    pipeline.require_variables(output)?;
    if pipeline.config.engine.livy && command.into.is_none() {
        return Err(Failure::input(
            "`verify` on Livy would write to the pipeline's own tables: its sessions share one catalog",
        )
        .hint(
            "lead every write into another database with `--into DATABASE`, or make sessions with catalogs of \
             their own with the local engine (`--engine local`)",
        ));
    }
    session::runtime()?.block_on(async {
        let interrupts = Interrupts::listen();
        let verifier = Verifier {
            command,
            context,
            pipeline: &pipeline,
            interrupts: &interrupts,
            clock: SystemClock::new(),
        };
        let compared = Box::pin(verifier.compare(output)).await;
        output.end_progress();
        let Some(comparison) = compared? else {
            output.explain(match &command.into {
                None => "interrupted: the sandboxes are removed, the tables are as they were",
                Some(_) => "interrupted: the pipeline's tables are as they were",
            });
            return Ok(interrupts.status());
        };
        documents::write(&command.documents, output, |format, _| match format {
            ComparisonFormat::Text => verification::text(&comparison),
            ComparisonFormat::Json => verification::json(&comparison),
            ComparisonFormat::Junit => verification::junit(&comparison),
        })?;
        Ok(if comparison.holds() {
            ExitStatus::Done
        } else {
            ExitStatus::Findings
        })
    })
}

struct Verifier<'a> {
    command: &'a Command,
    context: &'a Context<'a>,
    pipeline: &'a Pipeline,
    interrupts: &'a Interrupts,
    clock: SystemClock,
}

impl Verifier<'_> {
    /// Both runs and their comparison; none where the user interrupted.
    async fn compare(&self, output: &mut Output) -> Result<Option<Comparison>, Failure> {
        if let Some(database) = &self.command.into {
            return Box::pin(self.led_into(database, output)).await;
        }
        let (context, pipeline) = (self.context, self.pipeline);
        let options = session::local_options(context, &pipeline.config, &pipeline.home())?;
        if self.command.generate {
            return Box::pin(self.on_generated(options, output)).await;
        }
        let engine = Local::new(options.clone());
        let inputs = self.inputs(engine, SetUp::WhereMissing, output).await?;
        let Some(inputs) = inputs else {
            return Ok(None);
        };
        ended(self.in_sandboxes(&inputs, &options, output).await)
    }

    /// Both runs, one after the other, each in a sandbox.
    async fn in_sandboxes(
        &self,
        inputs: &Inputs,
        options: &LocalOptions,
        output: &mut Output,
    ) -> Result<Comparison, VerifyError> {
        // The same kind of catalog as the user's, so that everything behaves alike; but it goes with its session.
        let catalog = match options.catalog {
            CatalogKind::Hive | CatalogKind::TransientHive => CatalogKind::TransientHive,
            CatalogKind::InMemory => CatalogKind::InMemory,
        };
        let mut make = |folder: &Path| {
            Local::new(LocalOptions {
                home: folder.to_path_buf(),
                logs: Some(lasting_logs(options, folder)),
                catalog,
                ..options.clone()
            })
        };
        self.both(inputs, &mut make, output).await
    }

    /// Both runs, one after the other, and their comparison.
    async fn both<E: Engine>(
        &self,
        inputs: &Inputs,
        make: &mut dyn FnMut(&Path) -> E,
        output: &mut Output,
    ) -> Result<Comparison, VerifyError> {
        let current = &self.context.environment.current;
        let run_id = run::run_id(&self.clock, std::process::id());
        // Held until all sessions have ended.
        let scratch = self.scratch(inputs, &run_id)?;
        let run_options = RunOptions {
            run: run_id,
            scratch: scratch.as_ref().map(|held| held.location().to_owned()),
            variables: self.pipeline.config.variables.clone(),
            root: current.join(&self.pipeline.root),
            ..RunOptions::default()
        };
        let input = VerifyInput {
            plain: &inputs.plain,
            hoisted: &inputs.hoisted,
            outputs: &inputs.outputs,
            state: &inputs.state,
            database: inputs.database.as_ref(),
            twice: self.command.plain_runs > 1,
            options: &run_options,
        };
        if let Some(totals) = &inputs.totals {
            output.say(totals);
        }
        let mut progress = RunProgress::new(output);
        let mut watch = |side: Side, event: &Event| {
            let part = match side {
                Side::Plain => "plain",
                Side::Again => "plain again",
                Side::Hoisted => "hoisted",
            };
            progress.tell_part(part, event);
        };
        let folder = current.join(self.pipeline.home()).join(SANDBOXES);
        let cancel = &self.interrupts.cancel;
        let compared = verify(make, &folder, &input, cancel, &self.clock, &mut watch).await;
        // The sandboxes are gone, so their folder is empty unless something else lies there.
        let _ = std::fs::remove_dir(&folder);
        compared
    }

    /// What influences the hoisted plan besides files and facts.
    pub(super) fn settings(&self, catalog: &Catalog, budget: u64) -> PlanSettings {
        let forced = self.command.run.force_frames.as_deref();
        let mut settings = planning::settings(self.pipeline, catalog, budget, true, forced);
        if self.command.generate {
            // The facts are those of another session, perhaps on a cluster.
            "off".clone_into(&mut settings.session_settings);
        }
        settings
    }

    /// The place of the hoisted run's scratch database, where it needs one.
    fn scratch(&self, inputs: &Inputs, run_id: &str) -> Result<Option<Scratch>, VerifyError> {
        let place = session::scratch_place(self.context, self.pipeline);
        let Some(place) = place.filter(|_| inputs.hoisted.uses_scratch()) else {
            return Ok(None);
        };
        place.sweep();
        Ok(Some(place.take(run_id)?))
    }

    /// Reads the state and plans, in a session of its own that is closed again; none where the user interrupted.
    async fn inputs<E: Engine>(
        &self,
        mut engine: E,
        set_up: SetUp,
        output: &mut Output,
    ) -> Result<Option<Inputs>, Failure> {
        let progress = Mutex::new(RunProgress::new(output));
        let mut watch = |event: &Event| {
            if let Ok(mut progress) = progress.lock() {
                progress.tell(event);
            }
        };
        let stage = Stage {
            pipeline: self.pipeline,
            cancel: &self.interrupts.cancel,
            clock: &self.clock,
            progress: &progress,
        };
        let mut recorder = Recorder::new(&self.clock, None, &mut watch);
        let inputs = self
            .in_session(&mut engine, &stage, set_up, &mut recorder)
            .await;
        run::close(&mut engine, &self.interrupts.cancel, &mut recorder).await?;
        inputs
    }

    async fn in_session<E: Engine>(
        &self,
        engine: &mut E,
        stage: &Stage<'_, '_>,
        set_up: SetUp,
        recorder: &mut Recorder<'_>,
    ) -> Result<Option<Inputs>, Failure> {
        let Some(session) = run::open(engine, stage.cancel, recorder).await? else {
            return Ok(None);
        };
        let pipeline = self.pipeline;
        let names = pipeline.table_names(&Catalog::default());
        let prepared = prepare::tables(engine, stage, &names, set_up, recorder).await?;
        let Some(catalog) = prepared else {
            return Ok(None);
        };
        let captured = tokio::select! {
            biased;
            () = stage.cancel.reached(1) => return Ok(None),
            captured = capture(engine, &names, self.command.into.as_deref()) => captured,
        };
        let captured = captured.map_err(|error| {
            Failure::new(
                FailureKind::Run,
                format!("the state of the tables could not be read: {error}"),
            )
            .hint(error.help())
        })?;
        let workload = pipeline.analyse(&catalog).workload;
        let sources = &pipeline.sources;
        let plain = RunInput::plain(sources, &pipeline.parse(sources).statements);
        let (hoisted, totals) = if self.command.run.frames == Frames::On {
            let jobs = pipeline.config.planner.jobs;
            let budget = pipeline.config.planner.budget_bytes;
            let storage = session.storage_memory_bytes;
            let budget = budget.unwrap_or_else(|| planning::share_of(storage, jobs));
            let planned = planning::plan(
                pipeline,
                &workload,
                &catalog,
                &self.settings(&catalog, budget),
                // Nothing but the database named is written to.
                self.command.into.is_none() && planning::has_scratch(&pipeline.config),
                &planning::default_plan_file(pipeline),
                &self.context.environment.current,
            )?;
            (
                RunInput::from_plan(&planned),
                Some(plan_text::totals(&planned.summary)),
            )
        } else {
            (plain.clone(), None)
        };
        let inputs = Inputs {
            outputs: Outputs::new(&workload, sources),
            plain,
            hoisted,
            state: captured,
            database: None,
            totals,
        };
        if self.command.into.is_none() {
            return Ok(Some(inputs));
        }
        let redirected = redirect(&IntoInput {
            workload: &workload,
            catalog: &catalog,
            declarations: &pipeline.declarations(&catalog),
            variables: &pipeline.config.variables,
            state: &inputs.state,
            outputs: &inputs.outputs,
            plain: &inputs.plain,
            hoisted: &inputs.hoisted,
        });
        let redirected = redirected.map_err(failure)?;
        Ok(Some(Inputs {
            plain: redirected.plain,
            hoisted: redirected.hoisted,
            outputs: redirected.outputs,
            state: redirected.state,
            database: Some(redirected.database),
            totals: inputs.totals,
        }))
    }
}

/// A comparison; none where the user interrupted.
fn ended(compared: Result<Comparison, VerifyError>) -> Result<Option<Comparison>, Failure> {
    match compared {
        Ok(comparison) => Ok(Some(comparison)),
        Err(VerifyError::Interrupted) => Ok(None),
        Err(error) => Err(failure(error)),
    }
}

fn failure(error: VerifyError) -> Failure {
    let hint = error.help();
    match error {
        VerifyError::Engine(error) => error.into(),
        VerifyError::Run(_)
        | VerifyError::WritesOutside { .. }
        | VerifyError::NotRedirected { .. }
        | VerifyError::Database { .. }
        | VerifyError::Sandbox { .. }
        | VerifyError::Scratch(_) => Failure::input(error.to_string()).hint(hint),
        VerifyError::Snippet { .. } | VerifyError::RunFailed { .. } | VerifyError::Interrupted => {
            Failure::new(FailureKind::Run, error.to_string()).hint(hint)
        }
    }
}

//! `hoist execute`.

mod choice;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::arguments::{Execute as Command, Frames, ProfileChoice};
use super::failure::{Failure, FailureKind};
use super::interrupt::Interrupts;
use super::output::Output;
use super::pipeline::Pipeline;
use super::planning::Known;
use super::prepare::{self, SetUp, Stage, step_failure};
use super::profile::Profiled;
use super::progress::RunProgress;
use super::{Context, ExitStatus, paths, pipeline, planning, session};
use crate::facts::access::WriteKind;
use crate::facts::catalog::Catalog;
use crate::facts::workload::Workload;
use crate::planner::plan_file::{Drift, PlanFile, PlanSettings, drift};
use crate::present::report::plan::totals;
use crate::present::report::run::{Ending, ending, program as program_text};
use crate::runtime::engine::{AnyEngine, Engine};
use crate::runtime::run::{
    self, Clock, Event, Journal, Outcome, Recorder, RunInput, RunOptions, RunRecord, Scratch,
    ScratchPlace, SystemClock,
};

/// What is to be run.
struct Job<'a> {
    command: &'a Command,
    context: &'a Context<'a>,
    pipeline: Pipeline,
    /// The saved plan and its file; none where the pipeline itself was named.
    saved: Option<(PathBuf, PlanFile)>,
    /// What earlier runs measured; none where nothing is to be measured.
    profile: Option<Profiled>,
    /// This run goes without frames because it is its turn: `planner.canary`.
    canary: bool,
}

/// Where scratch databases lie.
struct Scratches {
    place: Option<ScratchPlace>,
    /// Names of dead runs whose folders are removed already.
    dead: Vec<String>,
    /// This run's; to be let go after its session has ended.
    held: Option<Scratch>,
}

impl Scratches {
    /// Makes the place of a run that needs one.
    fn location(&mut self, input: &RunInput, run_id: &str) -> Result<Option<String>, Failure> {
        let (true, Some(place)) = (input.uses_scratch(), &self.place) else {
            return Ok(None);
        };
        let taken = session::take_scratch(place, run_id)?;
        Ok(Some(self.held.insert(taken).location().to_owned()))
    }
}

/// What a run in an open session gave.
struct Done {
    outcome: Outcome,
    plan: Option<PlanFile>,
    /// What is to be said of the choice of that plan.
    remark: Option<String>,
    tables: Vec<String>,
}

pub(super) fn run(
    command: &Command,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let job = Job::new(command, context, output)?;
    job.pipeline.require_variables(output)?;
    if let Some((file, plan)) = &job.saved
        && job.uses_frames()
    {
        // What can be seen without a session is told without one.
        job.refuse(file, plan, output)?;
    }
    if command.dry_run {
        return job.dry_run(output);
    }
    if job.canary {
        let every = job.pipeline.config.planner.canary;
        output.say(&format!(
            "canary: this run goes without frames, as 1 of {every} does (`canary` under `[planner]`); what it measures is \
             what frames are compared with"
        ));
    }
    let engine = session::engine(context, &job.pipeline.config, &job.pipeline.home())?;
    let journal = job.journal()?;
    session::runtime()?.block_on(job.execute(engine, journal, output))
}

impl<'a> Job<'a> {
    fn new(
        command: &'a Command,
        context: &'a Context<'a>,
        output: &mut Output,
    ) -> Result<Self, Failure> {
        let mut overrides = pipeline::spark_settings(&command.run.conf);
        overrides.extend(pipeline::engine(&command.engine));
        let budget = command.run.budget.iter();
        overrides.extend(budget.map(|size| pipeline::option("planner.budget", size, "--budget")));
        overrides.extend(pipeline::session_settings(command.run.settings.as_deref()));
        let (saved, paths) = match command.paths.split_first() {
            Some((first, rest)) if planning::is_plan_file(first) => {
                let plan = planning::read_plan(first)?;
                let folder = first.parent().unwrap_or(Path::new(""));
                let root = paths::tidy(&folder.join(&plan.pipeline.root));
                let paths = if rest.is_empty() {
                    vec![root]
                } else {
                    rest.to_vec()
                };
                (Some((first.clone(), plan)), paths)
            }
            _ => (None, command.paths.clone()),
        };
        let pipeline = pipeline::read(context, &paths, overrides, output)?;
        let ProfileChoice { file, unwanted } = &command.profile;
        let profile = match Profiled::read(&pipeline, file.as_deref(), *unwanted, false) {
            // A run must not fail for what only makes it faster.
            Err(failure) if file.is_none() => {
                let message = failure.message;
                output.warning(&format!("{message}; this run neither uses nor adds to it"));
                None
            }
            profile => profile?,
        };
        Ok(Job {
            canary: Self::is_canary(command, &pipeline, saved.is_some(), profile.as_ref()),
            pipeline,
            command,
            context,
            saved,
            profile,
        })
    }

    fn uses_frames(&self) -> bool {
        self.command.run.frames == Frames::On && !self.canary
    }

    /// The settings a saved plan is compared with: without a budget of the user, the plan's own.
    fn settings(&self, plan: &PlanFile, catalog: &Catalog) -> PlanSettings {
        let budget = self.pipeline.config.planner.budget_bytes;
        let budget = budget.unwrap_or(plan.settings.budget_bytes);
        let settings = planning::settings(
            &self.pipeline,
            catalog,
            budget,
            plan.settings.frames,
            plan.settings.forced.as_deref(),
        );
        PlanSettings {
            session_settings: planning::session_settings_of(plan, &self.pipeline.config)
                .unwrap_or(settings.session_settings),
            ..settings
        }
    }

    /// Reasons why a saved plan does not fit any more.
    fn drift(&self, plan: &PlanFile, catalog: &Catalog) -> Vec<Drift> {
        let sources = &self.pipeline.sources;
        let variables = &self.pipeline.config.variables;
        let settings = self.settings(plan, catalog);
        drift(plan, sources, variables, &settings, catalog)
    }

    /// Refuses a saved plan that does not fit any more, or does not keep its promises.
    fn refuse(&self, file: &Path, plan: &PlanFile, output: &mut Output) -> Result<(), Failure> {
        let drift = self.drift(plan, &plan.catalog);
        if self.command.allow_drift {
            for reason in &drift {
                output.warning(&format!("the plan is stale: {reason}"));
            }
            if drift.iter().any(Drift::changes_statements) {
                output.warning(
                    "the plan is run unproved: its promises cannot be checked against changed statements",
                );
                return Ok(());
            }
        } else {
            stale(file, &drift)?;
        }
        planning::prove(&self.pipeline, file, plan)
    }

    /// `--dry-run`: prints what would be submitted, from what is known without a session.
    fn dry_run(&self, output: &mut Output) -> Result<ExitStatus, Failure> {
        let pipeline = &self.pipeline;
        let input = match &self.saved {
            _ if !self.uses_frames() => self.plain(),
            Some((_, plan)) => RunInput::from_plan(plan),
            None => {
                let file = planning::default_plan_file(pipeline);
                let earlier = planning::read_plan(&file).ok();
                let catalog = planning::offline_catalog(pipeline, None, earlier.as_ref())?;
                let budget = planning::offline_budget(&pipeline.config, earlier.as_ref());
                let workload = pipeline.analyse(&catalog).workload;
                let measured = self.profile.as_ref();
                let measured = measured.map(|known| known.profile.measurements());
                let known = Known {
                    catalog: &catalog,
                    measurements: &measured.unwrap_or_default(),
                };
                RunInput::from_plan(&self.plan(&workload, known, budget)?)
            }
        };
        output.artefact(&program_text(&input, &pipeline.config.variables))?;
        Ok(ExitStatus::Done)
    }

    fn plain(&self) -> RunInput {
        let sources = &self.pipeline.sources;
        RunInput::plain(sources, &self.pipeline.parse(sources).statements)
    }

    fn plan(
        &self,
        workload: &Workload,
        known: Known<'_>,
        budget: u64,
    ) -> Result<PlanFile, Failure> {
        planning::plan_with(
            &self.pipeline,
            workload,
            known,
            &planning::settings(
                &self.pipeline,
                known.catalog,
                budget,
                true,
                self.command.run.force_frames.as_deref(),
            ),
            planning::has_scratch(&self.pipeline.config),
            &planning::default_plan_file(&self.pipeline),
            &self.context.environment.current,
        )
    }

    /// Opens the journal before anything else is done: a file that cannot be written is told at once.
    #[expect(
        clippy::disallowed_methods,
        reason = "the journal is a file that the user names"
    )]
    fn journal(&self) -> Result<Option<std::fs::File>, Failure> {
        let Some(path) = &self.command.journal else {
            return Ok(None);
        };
        std::fs::File::create(path).map(Some).map_err(|error| {
            Failure::input(format!(
                "journal `{}` cannot be written: {error}",
                path.display()
            ))
            .hint("give another file with `--journal`")
        })
    }

    async fn execute(
        &self,
        mut engine: AnyEngine,
        journal: Option<std::fs::File>,
        output: &mut Output,
    ) -> Result<ExitStatus, Failure> {
        let interrupts = Interrupts::listen();
        let clock = SystemClock::new();
        let run_id = run::run_id(&clock, std::process::id());
        let journal = match journal {
            Some(file) => Some(
                Journal::open(Box::new(file), &run_id, clock.epoch_micros() / 1000).map_err(
                    |error| Failure::input(format!("the journal cannot be written: {error}")),
                )?,
            ),
            None => None,
        };
        let place =
            session::scratch_place(self.context, &self.pipeline).filter(|_| self.uses_frames());
        let mut scratch = Scratches {
            dead: place.as_ref().map(ScratchPlace::sweep).unwrap_or_default(),
            place,
            held: None,
        };
        let (result, record) = {
            let progress = Mutex::new(RunProgress::new(output));
            let mut watch = |event: &Event| {
                if let Ok(mut progress) = progress.lock() {
                    progress.tell(event);
                }
            };
            let stage = Stage {
                pipeline: &self.pipeline,
                cancel: &interrupts.cancel,
                clock: &clock,
                progress: &progress,
            };
            let mut recorder = Recorder::new(&clock, journal, &mut watch);
            let result = self
                .in_session(&mut engine, &stage, &run_id, &mut scratch, &mut recorder)
                .await;
            let closed = run::close(&mut engine, &interrupts.cancel, &mut recorder).await;
            let result = result.and_then(|done| Ok(closed.map(|()| done)?));
            (result, recorder.finish())
        };
        // Kills what a second interrupt left.
        drop(engine);
        // What it could not drop any more goes with its folder.
        drop(scratch);
        output.end_progress();
        let done = result?;
        self.tell_ending(&record, done.as_ref(), output);
        let Some(done) = done else {
            return Ok(interrupts.status());
        };
        match done.outcome {
            Outcome::Done => Ok(ExitStatus::Done),
            Outcome::Interrupted | Outcome::Unfinished => Ok(interrupts.status()),
            Outcome::Failed => Err(run_failure(&record)),
        }
    }

    /// Everything between the opening and the closing of the session; none where the user interrupted before the
    /// run.
    async fn in_session<E: Engine>(
        &self,
        engine: &mut E,
        stage: &Stage<'_, '_>,
        run_id: &str,
        scratch: &mut Scratches,
        recorder: &mut Recorder<'_>,
    ) -> Result<Option<Done>, Failure> {
        let Some(session) = run::open(engine, stage.cancel, recorder).await? else {
            return Ok(None);
        };
        if let Some(place) = &scratch.place
            && let Err(error) = run::remove_leftovers(engine, place, &scratch.dead, recorder).await
        {
            recorder.warn(
                None,
                format!("scratch databases of dead runs could not be looked for: {error}"),
            );
        }
        let mut names = self.pipeline.table_names(&Catalog::default());
        if let Some((_, plan)) = &self.saved {
            names.extend(plan.catalog.tables.keys().cloned());
            names.sort();
            names.dedup();
        }
        let set_up = if self.command.setup {
            SetUp::Always
        } else {
            SetUp::WhereMissing
        };
        let Some(catalog) = prepare::tables(engine, stage, &names, set_up, recorder).await? else {
            return Ok(None);
        };
        let workload = self.pipeline.analyse(&catalog).workload;
        let chosen = self.plan_of_run(&workload, &catalog, &session, recorder)?;
        let (plan, remark) = chosen.map_or((None, None), |(plan, remark)| (Some(plan), remark));
        let input = plan
            .as_ref()
            .map_or_else(|| self.plain(), RunInput::from_plan);
        let current = &self.context.environment.current;
        let options = RunOptions {
            run: run_id.to_owned(),
            variables: self.pipeline.config.variables.clone(),
            root: current.join(&self.pipeline.root),
            results: self
                .command
                .results
                .as_ref()
                // On a cluster it may be an address, such as `hdfs:///out`.
                .map(|folder| match folder.to_str() {
                    Some(text) if self.pipeline.config.engine.livy && text.contains("://") => {
                        folder.clone()
                    }
                    _ => current.join(folder),
                }),
            scratch: scratch.location(&input, run_id)?,
            keep_going: self.command.keep_going,
            measure: self.profile.is_some(),
        };
        let outcome = run::run(engine, &input, &options, stage.cancel, recorder)
            .await
            .map_err(|error| Failure::input(error.to_string()).hint(error.help()))?;
        self.learn(&session, plan.as_ref(), &input, recorder);
        Ok(Some(Done {
            outcome,
            plan,
            remark,
            tables: written(&workload),
        }))
    }

    fn tell_ending(&self, record: &RunRecord, done: Option<&Done>, output: &mut Output) {
        let engine = &self.pipeline.config.engine;
        let root = &self.pipeline.root;
        let file = planning::default_plan_file(&self.pipeline);
        let warehouse = self.pipeline.home().join("warehouse").display().to_string();
        let results = self.command.results.as_ref();
        let results = results.map(|folder| folder.display().to_string());
        let plan = done.and_then(|done| done.plan.as_ref());
        let mut next = Vec::new();
        if matches!(record.outcome, Outcome::Interrupted | Outcome::Unfinished) {
            output.explain("interrupted: what earlier statements wrote stays");
            let file = self.saved.as_ref().map(|(file, _)| file);
            let again = file.unwrap_or(root).display();
            next.push(format!(
                "hoist execute {again}  # runs all statements again"
            ));
        }
        if record.outcome == Outcome::Done {
            if plan.is_some() && self.saved.is_none() {
                next.push(format!(
                    "hoist execute {}  # the same plan again",
                    file.display()
                ));
            }
            next.push(format!(
                "hoist verify {}  # proves that the results are equal",
                root.display()
            ));
            if plan.is_some() {
                next.push(format!(
                    "hoist plan {}  # shows the frames and why",
                    root.display()
                ));
            }
        }
        if let Some(plan) = plan {
            output.say(&format!("\n{}", totals(&plan.summary)));
        }
        if let Some(remark) = done.and_then(|done| done.remark.as_ref()) {
            output.say(remark);
        }
        let complete = done.filter(|_| record.outcome == Outcome::Done);
        let tables: &[String] = complete.map_or(&[], |done| &done.tables);
        let statements = self.pipeline.parse(&self.pipeline.sources).statements.len();
        output.say(&ending(&Ending {
            record,
            statements,
            plan: plan.map(|plan| &plan.summary),
            tables,
            warehouse: (!engine.livy && !engine.in_memory_catalog).then_some(warehouse.as_str()),
            results: results.as_deref(),
            next: &next,
        }));
    }
}

fn stale(file: &Path, reasons: &[Drift]) -> Result<(), Failure> {
    let Some(first) = reasons.first() else {
        return Ok(());
    };
    let others = reasons.iter().skip(1);
    let mut failure = Failure::new(
        FailureKind::StalePlan,
        format!("plan `{}` is stale: {first}", file.display()),
    );
    for reason in others {
        failure.message.push_str("; ");
        failure.message.push_str(&reason.to_string());
    }
    Err(failure
        .hint(format!("`hoist plan -o {}` makes it anew", file.display()))
        .hint("`--allow-drift` runs it all the same"))
}

fn run_failure(record: &RunRecord) -> Failure {
    let Some(first) = record.failures.first() else {
        return Failure::new(FailureKind::Run, "the run failed");
    };
    let mut failure = step_failure(first, "");
    for other in record.failures.iter().skip(1) {
        failure.message.push_str("\nerror: ");
        failure.message.push_str(&step_failure(other, "").message);
    }
    // `SESSION`: the engine failed, not the statement.
    failure.hint(if first.class == "SESSION" {
        "what earlier statements wrote stays; execute again"
    } else {
        "what earlier statements wrote stays; correct the statement and execute again"
    })
}

/// Canonical names of the tables that the pipeline leaves written, in order.
fn written(workload: &Workload) -> Vec<String> {
    let mut last = BTreeMap::new();
    for access in &workload.accesses {
        for write in &access.writes {
            last.insert(write.table, write.kind);
        }
    }
    last.into_iter()
        .filter(|(_, kind)| *kind != WriteKind::Drop)
        .filter_map(|(table, _)| workload.table(table))
        .filter(|table| !table.temporary)
        .map(|table| table.name.clone())
        .collect()
}

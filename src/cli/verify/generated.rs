//! `hoist verify --generate`: both runs on data made from what the catalog says.

use std::path::Path;
use std::sync::Mutex;

use super::{Inputs, SANDBOXES, Verifier, failure, lasting_logs};
use crate::cli::arguments::Frames;
use crate::cli::failure::{Failure, FailureKind};
use crate::cli::output::Output;
use crate::cli::planning;
use crate::cli::progress::RunProgress;
use crate::planner::plan_file::PlanFile;
use crate::present::report::plan as plan_text;
use crate::runtime::engine::local::{CatalogKind, Local, LocalOptions};
use crate::runtime::run::{self, Event, Recorder, RunInput};
use crate::runtime::verify::generate::{
    DEFAULT_ROWS, Generated, Level, Settings, Source, generate, populate,
};
use crate::runtime::verify::{Comparison, Outputs, Side, VerifyError};

/// Both runs as they are planned without a session.
struct Planned {
    plain: RunInput,
    hoisted: RunInput,
    outputs: Outputs,
}

impl Verifier<'_> {
    /// Compares on the data of each seed, up to the first difference; none where the user interrupted.
    pub(super) async fn on_generated(
        &self,
        options: LocalOptions,
        output: &mut Output,
    ) -> Result<Option<Comparison>, Failure> {
        let pipeline = self.pipeline;
        let saved = planning::default_plan_file(pipeline);
        let earlier = saved.is_file().then(|| planning::read_plan(&saved).ok());
        let earlier: Option<PlanFile> = earlier.flatten();
        let named = self.command.catalog.as_deref();
        let catalog = planning::offline_catalog(pipeline, named, earlier.as_ref())?;
        let workload = pipeline.analyse(&catalog).workload;
        let plain = RunInput::plain(
            &pipeline.sources,
            &pipeline.parse(&pipeline.sources).statements,
        );
        let hoisted = if self.command.run.frames == Frames::On {
            let budget = planning::offline_budget(&pipeline.config, earlier.as_ref());
            let chosen = planning::plan(
                pipeline,
                &workload,
                &catalog,
                &self.settings(&catalog, budget),
                planning::has_scratch(&pipeline.config),
                &saved,
                &self.context.environment.current,
            )?;
            output.say(&plan_text::totals(&chosen.summary));
            RunInput::from_plan(&chosen)
        } else {
            plain.clone()
        };
        let planned = Planned {
            outputs: Outputs::new(&workload, &pipeline.sources),
            plain,
            hoisted,
        };
        let mut seeds = self.command.seed.clone();
        if seeds.is_empty() {
            seeds.push(0);
        }
        let keys = pipeline.declarations(&catalog).keys;
        let mut notes = Vec::new();
        let mut last = None;
        for seed in seeds {
            let mut level = Level::Wild;
            let compared = loop {
                let settings = Settings {
                    seed,
                    level,
                    rows: self.command.rows.unwrap_or(DEFAULT_ROWS),
                };
                let generated = generate(&workload, &pipeline.sources, &catalog, &keys, &settings)
                    .map_err(|impossible| {
                        Failure::input(impossible.to_string()).hint(
                            "give the facts about these tables with `--catalog FILE`; \
                             `hoist catalog` collects them where the tables are",
                        )
                    })?;
                match self.on_data(&planned, &generated, &options, output).await? {
                    Err(VerifyError::RunFailed {
                        side: Side::Plain,
                        failure,
                    }) if level == Level::Wild => {
                        output.end_progress();
                        output.warning(&format!(
                            "the plain run failed at {} on the wild data of seed {seed}: {}: {}; \
                             milder data are tried",
                            failure.place, failure.class, failure.message
                        ));
                        level = Level::Mild;
                    }
                    Err(VerifyError::RunFailed {
                        side: Side::Plain,
                        failure,
                    }) => {
                        let message = format!(
                            "the plain run failed at {} on the {level} data of seed {seed} too: {}: {}",
                            failure.place, failure.class, failure.message
                        );
                        return Err(Failure::new(FailureKind::Run, message).hint(
                            "another `--seed` gives other data; without `--generate`, `[setup]` in hoist.toml \
                             can make tables that fit",
                        ));
                    }
                    Ok(None) | Err(VerifyError::Interrupted) => return Ok(None),
                    Err(error) => return Err(failure(error)),
                    Ok(Some(comparison)) => {
                        notes.extend(told(&generated, &settings, &comparison));
                        break comparison;
                    }
                }
            };
            let holds = compared.holds();
            last = Some(compared);
            if !holds {
                break;
            }
        }
        Ok(last.map(|mut comparison| {
            comparison.notes.splice(0..0, notes);
            comparison
        }))
    }

    /// Both runs on given data; none where the user interrupted.
    async fn on_data(
        &self,
        planned: &Planned,
        generated: &Generated,
        options: &LocalOptions,
        output: &mut Output,
    ) -> Result<Result<Option<Comparison>, VerifyError>, Failure> {
        let Some(source) = self.source(generated, options, output).await? else {
            return Ok(Ok(None));
        };
        let inputs = Inputs {
            plain: planned.plain.clone(),
            hoisted: planned.hoisted.clone(),
            outputs: planned.outputs.clone(),
            state: source.state.clone(),
            database: None,
            totals: None,
        };
        let compared = self.in_sandboxes(&inputs, options, output).await;
        drop(source);
        Ok(compared.map(Some))
    }

    /// The tables, made in a session of their own; none where the user interrupted.
    async fn source(
        &self,
        generated: &Generated,
        options: &LocalOptions,
        output: &mut Output,
    ) -> Result<Option<Source>, Failure> {
        let progress = Mutex::new(RunProgress::new(output));
        let mut watch = |event: &Event| {
            if let Ok(mut progress) = progress.lock() {
                progress.tell_part("data", event);
            }
        };
        let mut recorder = Recorder::new(&self.clock, None, &mut watch);
        // Its tables' files lie in its folder and not, as with a catalog in memory, in the session's scratch space.
        let mut make = |folder: &Path| {
            Local::new(LocalOptions {
                home: folder.to_path_buf(),
                logs: Some(lasting_logs(options, folder)),
                catalog: CatalogKind::TransientHive,
                ..options.clone()
            })
        };
        let current = &self.context.environment.current;
        let folder = current.join(self.pipeline.home()).join(SANDBOXES);
        let name = format!("data-{}", run::run_id(&self.clock, std::process::id()));
        let cancel = &self.interrupts.cancel;
        populate(&mut make, &folder, &name, generated, cancel, &mut recorder)
            .await
            .map_err(|error| {
                let hint = error.help();
                Failure::new(FailureKind::Run, error.to_string()).hint(hint)
            })
    }
}

/// What the data were, and what they leave unproven.
fn told(generated: &Generated, settings: &Settings, comparison: &Comparison) -> Vec<String> {
    let rows = generated.rows();
    let tables: Vec<String> = rows
        .iter()
        .map(|(name, rows)| format!("{name} {rows}"))
        .collect();
    let mut notes = vec![format!(
        "generated data, seed {}, {}; rows of each table: {}",
        settings.seed,
        settings.level,
        tables.join(", ")
    )];
    notes.extend(generated.notes());
    let empty: Vec<&str> = comparison
        .outputs
        .iter()
        .filter(|output| output.rows_plain == 0 && output.rows_hoisted == 0)
        .map(|output| output.name.as_str())
        .collect();
    if !empty.is_empty() {
        notes.push(format!(
            "without rows on the data of seed {}, so little is proven of them: {}",
            settings.seed,
            empty.join(", ")
        ));
    }
    notes
}

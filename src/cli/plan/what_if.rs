//! `hoist plan --what-if`: plans with other settings, of which nothing is written.

use std::path::{Path, PathBuf};

use super::super::arguments::Plan as Command;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::pipeline::{self, Pipeline};
use super::super::planning::Known;
use super::super::{Context, ExitStatus, planning};
use super::options;
use crate::planner::plan_file::PlanFile;
use crate::present::report::plan::what_if;

/// The plan as it is and with each of the other settings, side by side. `earlier` is the saved plan, whose budget counts
/// where nothing else gives one.
pub(super) fn run(
    command: &Command,
    mut pipeline: Pipeline,
    known: Known<'_>,
    earlier: Option<&PlanFile>,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let forced = command.force_frames.as_deref();
    let now = plan(&pipeline, known, earlier, forced, context)?;
    let start = command.paths.first().map(PathBuf::as_path);
    let mut others = Vec::new();
    for other in &command.what_if {
        let mut overrides = options(command);
        let given = other.0.iter();
        overrides.extend(given.map(|(key, value)| pipeline::option(key, value, "--what-if")));
        pipeline.config = pipeline::untold_configuration(context, start, overrides)?;
        let plan = plan(&pipeline, known, earlier, forced, context)?;
        others.push((other.to_string(), plan));
    }
    output.artefact(&what_if::text(&now, &others))?;
    Ok(ExitStatus::Done)
}

fn plan(
    pipeline: &Pipeline,
    known: Known<'_>,
    earlier: Option<&PlanFile>,
    forced: Option<&str>,
    context: &Context<'_>,
) -> Result<PlanFile, Failure> {
    let budget = planning::offline_budget(&pipeline.config, earlier);
    planning::plan_with(
        pipeline,
        &pipeline.analyse(known.catalog).workload,
        known,
        &planning::settings(pipeline, known.catalog, budget, true, forced),
        planning::has_scratch(&pipeline.config),
        Path::new(planning::PLAN_FILE),
        &context.environment.current,
    )
}

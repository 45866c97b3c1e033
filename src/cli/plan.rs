//! `hoist plan`.

mod what_if;

use std::path::Path;

use super::arguments::{Plan as Command, PlanFormat, ProfileChoice};
use super::failure::{Failure, FailureKind};
use super::output::{Output, write_file};
use super::pipeline::Pipeline;
use super::planning::Known;
use super::profile::Profiled;
use super::{Context, ExitStatus, analyze, paths, pipeline, planning};
use crate::config::Override;
use crate::facts::catalog::Catalog;
use crate::facts::profile::Measurements;
use crate::planner::plan_file::{PlanFile, drift};
use crate::present::report::findings::Files;
use crate::present::report::html::{self, Page};
use crate::present::report::plan::{self, dot, markdown, mermaid};
use crate::present::report::review::Review;
use crate::present::report::{diagnostics, search};

pub(super) fn run(
    command: &Command,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let pipeline = pipeline::read(context, &command.paths, options(command), output)?;
    pipeline.require_variables(output)?;
    let file = match &command.file {
        Some(file) => file.clone(),
        None => planning::default_plan_file(&pipeline),
    };
    let earlier = earlier(&file, command.check, output)?;
    let catalog =
        planning::offline_catalog(&pipeline, command.catalog.as_deref(), earlier.as_ref())?;
    let before = earlier.as_ref().filter(|_| command.check);
    let measurements = measurements(command, &pipeline, before)?;
    let known = Known {
        catalog: &catalog,
        measurements: &measurements,
    };
    if !command.what_if.is_empty() {
        return what_if::run(command, pipeline, known, earlier.as_ref(), context, output);
    }
    let frames = !command.check || earlier.as_ref().is_none_or(|plan| plan.settings.frames);
    let budget = planning::offline_budget(&pipeline.config, earlier.as_ref());
    let forced = command.force_frames.as_deref();
    let forced = forced.or_else(|| before?.settings.forced.as_deref());
    let mut settings = planning::settings(&pipeline, &catalog, budget, frames, forced);
    if let Some(word) =
        before.and_then(|before| planning::session_settings_of(before, &pipeline.config))
    {
        settings.session_settings = word;
    }
    let analysis = pipeline.analyse(&catalog);
    output.explain(&diagnostics::text(
        &analysis.diagnostics,
        &pipeline.sources,
        true,
    ));
    let current = &context.environment.current;
    let new = planning::plan_with(
        &pipeline,
        &analysis.workload,
        known,
        &settings,
        planning::has_scratch(&pipeline.config),
        &file,
        current,
    )?;
    if let Some(earlier) = earlier.as_ref().filter(|_| command.check) {
        return compare(&pipeline, &file, earlier, &new, &catalog, output);
    }
    write_file(&file, &new.to_json())?;
    if catalog.tables.is_empty() {
        output.warning("nothing is known about the tables, so most frames are refused");
        output.say("  help: `hoist catalog` collects the facts; `--catalog FILE` gives them");
    }
    let wrote = file.display().to_string();
    let render = |format| match format {
        PlanFormat::Text if command.explain_search => format!(
            "{}\n{}",
            search::explained(new.search.as_ref()),
            plan::text(&new, Some(&wrote))
        ),
        PlanFormat::Text => plan::text(&new, Some(&wrote)),
        PlanFormat::Json => new.to_json(),
        PlanFormat::Markdown => markdown::text(&new),
        PlanFormat::Dot => dot::text(&new),
        PlanFormat::Mermaid => mermaid::text(&new),
        PlanFormat::Html => page(&pipeline, &catalog, &new, current),
    };
    for (format, path) in &command.output {
        write_file(path, &render(*format))?;
    }
    output.artefact(&render(command.format))?;
    Ok(ExitStatus::Done)
}

/// The plan as a page, with what rules find in the pipeline.
fn page(pipeline: &Pipeline, catalog: &Catalog, plan: &PlanFile, current: &Path) -> String {
    let (workload, findings) = analyze::findings(pipeline, catalog);
    let root = paths::relative(current, &current.join(&pipeline.root));
    html::text(&Page {
        review: Review {
            files: Files {
                sources: &pipeline.sources,
                root: if root == "." { "" } else { &root },
            },
            findings: &findings,
            plan: Some(plan),
            base: None,
        },
        workload: &workload,
        run: None,
    })
}

/// Settings that are given as options.
fn options(command: &Command) -> Vec<Override> {
    let budget = command.budget.iter();
    let mut options: Vec<_> = budget
        .map(|size| pipeline::option("planner.budget", size, "--budget"))
        .collect();
    options.extend(pipeline::session_settings(command.settings.as_deref()));
    options
}

/// What earlier runs measured: as named, as a plan that is checked has it, otherwise what lies beside the pipeline.
fn measurements(
    command: &Command,
    pipeline: &Pipeline,
    checked: Option<&PlanFile>,
) -> Result<Measurements, Failure> {
    let ProfileChoice { file, unwanted } = &command.profile;
    if let Some(plan) = checked.filter(|_| file.is_none() && !unwanted) {
        return Ok(plan.measurements.clone());
    }
    let profiled = Profiled::read(pipeline, file.as_deref(), *unwanted, true)?;
    Ok(profiled.map_or_else(Measurements::default, |profiled| {
        profiled.profile.measurements()
    }))
}

/// The plan that is replaced or checked. A broken one matters only to `--check`.
fn earlier(file: &Path, check: bool, output: &mut Output) -> Result<Option<PlanFile>, Failure> {
    if !file.is_file() {
        return if check {
            let message = format!("there is no plan file `{}` to check", file.display());
            Err(Failure::input(message).hint("`hoist plan` without `--check` writes it"))
        } else {
            Ok(None)
        };
    }
    match planning::read_plan(file) {
        Ok(plan) => Ok(Some(plan)),
        Err(failure) if check || failure.kind != FailureKind::StalePlan => Err(failure),
        Err(failure) => {
            output.warning(&format!("{}; it is replaced", failure.message));
            Ok(None)
        }
    }
}

/// `--check`: nothing is written.
fn compare(
    pipeline: &Pipeline,
    file: &Path,
    earlier: &PlanFile,
    new: &PlanFile,
    catalog: &Catalog,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let shown = file.display();
    if earlier.to_json() == new.to_json() {
        output.artefact(&format!("{shown} is up to date\n"))?;
        return Ok(ExitStatus::Done);
    }
    let mut reasons: Vec<String> = drift(
        earlier,
        &pipeline.sources,
        &pipeline.config.variables,
        &new.settings,
        catalog,
    )
    .iter()
    .map(ToString::to_string)
    .collect();
    if reasons.is_empty() {
        reasons = other_differences(earlier, new);
    }
    let mut text = format!("{shown} would differ:\n");
    for reason in &reasons {
        text.push_str("  ");
        text.push_str(reason);
        text.push('\n');
    }
    output.artefact(&text)?;
    output.say(&format!("help: `hoist plan -o {shown}` writes it anew"));
    Ok(ExitStatus::Findings)
}

/// What differs although nothing drifted.
fn other_differences(earlier: &PlanFile, new: &PlanFile) -> Vec<String> {
    let mut reasons = Vec::new();
    if earlier.tool != new.tool {
        reasons.push(format!(
            "it was made by {}, this is {}",
            earlier.tool, new.tool
        ));
    }
    for (old, now) in earlier.pipeline.files.iter().zip(&new.pipeline.files) {
        if old.text_sha256 != now.text_sha256 {
            reasons.push(format!(
                "layout or comments of file `{}` have changed",
                now.name
            ));
        }
    }
    let parts = [
        ("facts about tables", earlier.catalog != new.catalog),
        (
            "measurements of earlier runs",
            earlier.measurements != new.measurements,
        ),
        ("frames", earlier.frames != new.frames),
        (
            "settings of the session",
            earlier.session_settings != new.session_settings,
        ),
        ("steps", earlier.steps != new.steps),
        ("decisions", earlier.decisions != new.decisions),
        ("totals", earlier.summary != new.summary),
        (
            "place of the pipeline",
            earlier.pipeline.root != new.pipeline.root,
        ),
    ];
    if reasons.is_empty() {
        let differ = parts.iter().filter(|(_, differs)| *differs);
        reasons.extend(differ.map(|(part, _)| format!("{part} differ")));
    }
    if reasons.is_empty() {
        reasons.push("its text was edited by hand".to_owned());
    }
    reasons
}

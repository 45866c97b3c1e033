//! `hoist report`.

mod journal;
mod revision;

use std::path::Path;

use super::arguments::{FindingsFormat, Report as Command, Threshold};
use super::failure::Failure;
use super::output::Output;
use super::pipeline::Pipeline;
use super::planning::Known;
use super::profile::Profiled;
use super::{Context, ExitStatus, analyze, documents, paths, pipeline, planning};
use crate::diagnostic::Severity;
use crate::facts::profile::Measurements;
use crate::facts::workload::Workload;
use crate::planner::plan_file::PlanFile;
use crate::present::compare::{Comparison, State, compare};
use crate::present::report::findings::{Files, github, gitlab, junit, sarif};
use crate::present::report::html::{self, Page};
use crate::present::report::review::{self, Base, Review};
use crate::present::rule::Finding;

pub(super) fn run(
    command: &Command,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let compared = command.base.is_some() || command.base_ref.is_some();
    let needs =
        |threshold: &&Threshold| matches!(threshold, Threshold::New | Threshold::Regression(_));
    if !compared && let Some(threshold) = command.fail_on.iter().find(needs) {
        let message = format!("`--fail-on {threshold}` needs something to compare with");
        return Err(Failure::input(message).hint("give `--base PLAN.json|DIR` or `--base-ref REF`"));
    }
    let run = command.journal.as_deref().map(journal::read).transpose()?;
    let pipeline = pipeline::read(context, &command.paths, Vec::new(), output)?;
    let earlier = planning::read_plan(&planning::default_plan_file(&pipeline)).ok();
    let catalog =
        planning::offline_catalog(&pipeline, command.catalog.as_deref(), earlier.as_ref())?;
    let profiled = Profiled::read(&pipeline, None, false, true)?;
    let measurements = profiled.map_or_else(Measurements::default, |profiled| {
        profiled.profile.measurements()
    });
    let known = Known {
        catalog: &catalog,
        measurements: &measurements,
    };
    let before = match (&command.base, &command.base_ref) {
        (Some(path), _) if planning::is_plan_file(path) => Some(Before::Plan(
            path.display().to_string(),
            Box::new(planning::read_plan(path)?),
        )),
        (Some(folder), _) => {
            let base = pipeline::read(context, std::slice::from_ref(folder), Vec::new(), output)?;
            let side = Side::new(base, known, earlier.as_ref(), context, output);
            Some(Before::Side(folder.display().to_string(), Box::new(side)))
        }
        (None, Some(name)) => {
            let side = match revision::read(name, &pipeline, context, output)? {
                Some(base) => Side::new(base, known, earlier.as_ref(), context, output),
                None => Side::nothing(&pipeline),
            };
            Some(Before::Side(name.clone(), Box::new(side)))
        }
        (None, None) => None,
    };
    let now = Side::new(pipeline, known, earlier.as_ref(), context, output);
    let comparison = before.as_ref().map_or_else(Comparison::default, |before| {
        compare(before.state(), now.state())
    });
    let current = &context.environment.current;
    let root = paths::relative(current, &current.join(&now.pipeline.root));
    let review = Review {
        files: Files {
            sources: &now.pipeline.sources,
            root: if root == "." { "" } else { &root },
        },
        findings: &now.findings,
        plan: now.plan.as_ref(),
        base: before.as_ref().map(|before| before.base(&comparison)),
    };
    documents::write(&command.documents, output, |format, styled| {
        let (findings, files) = (review.findings, review.files);
        match format {
            FindingsFormat::Text => review::text(&review, styled),
            FindingsFormat::Json => review::json(&review),
            FindingsFormat::Markdown => review::markdown(&review),
            FindingsFormat::Sarif => sarif::text(findings, files),
            FindingsFormat::Github => github::text(findings, files),
            FindingsFormat::Gitlab => gitlab::text(findings, files),
            FindingsFormat::Junit => junit::text(findings, files),
            FindingsFormat::Html => html::text(&Page {
                review,
                workload: &now.workload,
                run: run.as_ref(),
            }),
        }
    })?;
    let fails = command.fail_on.iter().any(|threshold| {
        let at_least = |least| {
            now.findings
                .iter()
                .any(|one| one.diagnostic.severity >= least)
        };
        match threshold {
            Threshold::Never => false,
            Threshold::Error => at_least(Severity::Error),
            Threshold::Warning => at_least(Severity::Warning),
            Threshold::New => comparison
                .new
                .iter()
                .any(|one| one.diagnostic.severity > Severity::Info),
            Threshold::Regression(percent) => comparison.regresses(*percent),
        }
    });
    Ok(if fails {
        ExitStatus::Findings
    } else {
        ExitStatus::Done
    })
}

/// A pipeline with its findings and its plan.
struct Side {
    pipeline: Pipeline,
    workload: Workload,
    findings: Vec<Finding>,
    plan: Option<PlanFile>,
}

impl Side {
    /// Analyses and plans. Why it cannot be planned is a warning: the findings are worth telling all the same.
    fn new(
        pipeline: Pipeline,
        known: Known<'_>,
        earlier: Option<&PlanFile>,
        context: &Context<'_>,
        output: &mut Output,
    ) -> Side {
        let (workload, findings) = analyze::findings(&pipeline, known.catalog);
        let budget = planning::offline_budget(&pipeline.config, earlier);
        let complete = pipeline.sources.missing_variables().is_empty()
            && pipeline.sources.template_problems().is_empty();
        let planned = complete.then(|| {
            planning::plan_with(
                &pipeline,
                &workload,
                known,
                &planning::settings(&pipeline, known.catalog, budget, true, None),
                planning::has_scratch(&pipeline.config),
                Path::new(planning::PLAN_FILE),
                &context.environment.current,
            )
        });
        let plan = match planned {
            Some(Ok(plan)) => Some(plan),
            Some(Err(failure)) => {
                output.warning(&failure.message);
                None
            }
            None => {
                output.warning("templates without a value: there is no plan to show");
                None
            }
        };
        Side {
            pipeline,
            workload,
            findings,
            plan,
        }
    }

    /// A pipeline that is not there.
    fn nothing(like: &Pipeline) -> Side {
        Side {
            pipeline: Pipeline {
                root: like.root.clone(),
                sources: crate::frontend::source::Sources::from_texts(
                    Vec::<(String, String)>::new(),
                    &like.config.variables,
                ),
                config: like.config.clone(),
            },
            workload: Workload::default(),
            findings: Vec::new(),
            plan: None,
        }
    }

    fn state(&self) -> State<'_> {
        State {
            findings: Some(&self.findings),
            plan: self.plan.as_ref(),
        }
    }
}

/// What a pipeline is compared with, and what it is called.
enum Before {
    /// A saved plan: its findings are not known.
    Plan(String, Box<PlanFile>),
    /// Files.
    Side(String, Box<Side>),
}

impl Before {
    fn state(&self) -> State<'_> {
        match self {
            Before::Plan(_, plan) => State {
                findings: None,
                plan: Some(plan),
            },
            Before::Side(_, side) => side.state(),
        }
    }

    fn base<'a>(&'a self, comparison: &'a Comparison<'a>) -> Base<'a> {
        let (name, sources, plan) = match self {
            Before::Plan(name, plan) => (name, None, Some(&**plan)),
            Before::Side(name, side) => (name, Some(&side.pipeline.sources), side.plan.as_ref()),
        };
        Base {
            name,
            sources,
            plan,
            comparison,
        }
    }
}

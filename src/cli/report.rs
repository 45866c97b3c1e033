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
use crate::planner::cost::CostModel;
use crate::planner::plan_file::PlanFile;
use crate::present::compare::{Comparison, State, compare};
use crate::present::report::findings::{Files, Told, github, gitlab, junit, sarif};
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
        (Some(path), _) if planning::is_plan_file(path) => {
            let side = Side::saved(planning::read_plan(path)?, &pipeline, known);
            Some((path.display().to_string(), side))
        }
        (Some(folder), _) => {
            let base = pipeline::read(context, std::slice::from_ref(folder), Vec::new(), output)?;
            let side = Side::new(base, known, earlier.as_ref(), context, output);
            Some((folder.display().to_string(), side))
        }
        (None, Some(name)) => {
            let side = match revision::read(name, &pipeline, context, output)? {
                Some(base) => Side::new(base, known, earlier.as_ref(), context, output),
                None => Side::nothing(&pipeline),
            };
            Some((name.clone(), side))
        }
        (None, None) => None,
    };
    let now = Side::new(pipeline, known, earlier.as_ref(), context, output);
    let comparison = before
        .as_ref()
        .map_or_else(Comparison::default, |(_, before)| {
            compare(before.state(known), now.state(known))
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
        base: before.as_ref().map(|(name, before)| Base {
            name,
            sources: &before.pipeline.sources,
            plan: before.plan.as_ref(),
            comparison: &comparison,
            lacks: before.lacks,
        }),
    };
    let new = comparison.prints();
    let told = Told {
        findings: review.findings,
        files: review.files,
        new: compared.then_some(&new),
    };
    documents::write(&command.documents, output, |format, styled| match format {
        FindingsFormat::Text => review::text(&review, styled),
        FindingsFormat::Json => review::json(&review),
        FindingsFormat::Markdown => review::markdown(&review),
        FindingsFormat::Sarif => sarif::text(told),
        FindingsFormat::Github => github::text(told),
        FindingsFormat::Gitlab => gitlab::text(told),
        FindingsFormat::Junit => junit::text(told),
        FindingsFormat::Html => html::text(&Page {
            review,
            workload: &now.workload,
            run: run.as_ref(),
        }),
    })?;
    let mut thresholds = command.fail_on.iter();
    let fails = thresholds.any(|threshold| reaches(*threshold, &now.findings, &comparison));
    Ok(if fails {
        ExitStatus::Findings
    } else {
        ExitStatus::Done
    })
}

/// Whether there is what a command is to fail on.
fn reaches(threshold: Threshold, findings: &[Finding], comparison: &Comparison<'_>) -> bool {
    let at_least = |least| findings.iter().any(|one| one.diagnostic.severity >= least);
    match threshold {
        Threshold::Never => false,
        Threshold::Error => at_least(Severity::Error),
        Threshold::Warning => at_least(Severity::Warning),
        Threshold::New => {
            let mut new = comparison.new.iter();
            new.any(|one| one.diagnostic.severity > Severity::Info)
        }
        Threshold::Regression(percent) => comparison.regresses(percent),
    }
}

/// What a saved plan does not have.
const LOST_COMMENTS: &str = "The plan has no comments: in files that have changed since, what a comment allowed counts as a \
                             finding that was there.";

/// A pipeline with its findings and its plan.
struct Side {
    pipeline: Pipeline,
    workload: Workload,
    findings: Vec<Finding>,
    plan: Option<PlanFile>,
    /// What of it is not known, a sentence.
    lacks: Option<&'static str>,
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
            lacks: None,
        }
    }

    /// The pipeline that a saved plan is for, looked at with the facts of today: what differs is the text.
    fn saved(plan: PlanFile, like: &Pipeline, known: Known<'_>) -> Side {
        let pipeline = Pipeline {
            root: like.root.clone(),
            sources: plan.files(&like.sources, &like.config.variables),
            config: like.config.clone(),
        };
        let (workload, findings) = analyze::findings(&pipeline, known.catalog);
        let mut files = pipeline.sources.iter();
        let lost = files.any(|file| {
            let mut now = like.sources.iter();
            !now.any(|one| one.name == file.name && one.template() == file.template())
        });
        Side {
            workload,
            findings,
            pipeline,
            plan: Some(plan),
            lacks: lost.then_some(LOST_COMMENTS),
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
            lacks: None,
        }
    }

    fn state(&self, known: Known<'_>) -> State<'_> {
        State {
            sources: &self.pipeline.sources,
            workload: &self.workload,
            findings: &self.findings,
            plan: self.plan.as_ref(),
            work_micros: CostModel::new(&self.workload, known.catalog).work(),
        }
    }
}

//! `hoist analyze`.

use super::arguments::{Analyze, FailOn, FindingsFormat};
use super::failure::Failure;
use super::output::Output;
use super::pipeline::Pipeline;
use super::{Context, ExitStatus, documents, paths, pipeline, planning};
use crate::diagnostic::Severity;
use crate::facts::catalog::Catalog;
use crate::facts::workload::Workload;
use crate::planner::frame;
use crate::present::report::findings::{Files, Told, github, gitlab, junit, markdown, sarif};
use crate::present::report::html::{self, Page};
use crate::present::report::review::Review;
use crate::present::report::{analysis, diagnostics, json};
use crate::present::rule::{self, Facts, Finding};

pub(super) fn run(
    command: &Analyze,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let pipeline = pipeline::read_or_standard_input(context, &command.paths, output)?;
    let earlier = planning::read_plan(&planning::default_plan_file(&pipeline)).ok();
    let catalog =
        planning::offline_catalog(&pipeline, command.catalog.as_deref(), earlier.as_ref())?;
    let with_facts = !catalog.tables.is_empty();
    let (workload, findings) = findings(&pipeline, &catalog);
    let sources = &pipeline.sources;
    let current = &context.environment.current;
    let root = paths::relative(current, &current.join(&pipeline.root));
    let files = Files {
        sources,
        root: if root == "." { "" } else { &root },
    };
    let told = Told {
        findings: &findings,
        files,
        new: None,
    };
    documents::write(&command.documents, output, |format, styled| match format {
        FindingsFormat::Text => {
            let shown: Vec<_> = findings.iter().map(|one| one.diagnostic.clone()).collect();
            let mut text = diagnostics::text(&shown, sources, styled);
            text.push_str(&analysis::text(&workload, sources, with_facts));
            text
        }
        FindingsFormat::Json => json::analysis(&workload, sources, &findings, with_facts),
        FindingsFormat::Sarif => sarif::text(told),
        FindingsFormat::Github => github::text(told),
        FindingsFormat::Gitlab => gitlab::text(told),
        FindingsFormat::Junit => junit::text(told),
        FindingsFormat::Markdown => markdown::text(&findings, files),
        FindingsFormat::Html => html::text(&Page {
            review: Review {
                files,
                findings: &findings,
                plan: None,
                base: None,
            },
            workload: &workload,
            run: None,
        }),
    })?;
    let least = match command.fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Never => None,
    };
    let fails = least.is_some_and(|least| {
        findings
            .iter()
            .any(|finding| finding.diagnostic.severity >= least)
    });
    Ok(if fails {
        ExitStatus::Findings
    } else {
        ExitStatus::Done
    })
}

/// What a pipeline does, and what rules find in it.
pub(super) fn findings(pipeline: &Pipeline, catalog: &Catalog) -> (Workload, Vec<Finding>) {
    let analysis = pipeline.analyse(catalog);
    let (workload, sources) = (analysis.workload, &pipeline.sources);
    let mut told = analysis.diagnostics;
    told.extend(pipeline::templates_as_warnings(sources));
    let candidates = frame::candidates(&workload, sources, catalog);
    let facts = Facts {
        sources,
        workload: &workload,
        catalog,
        candidates: &candidates,
        told: &told,
    };
    let findings = rule::findings(&facts, &pipeline.config.rules);
    (workload, findings)
}

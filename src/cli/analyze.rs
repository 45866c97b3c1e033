//! `hoist analyze`.

use super::arguments::{Analyze, FailOn, FindingsFormat};
use super::failure::Failure;
use super::output::Output;
use super::{Context, ExitStatus, documents, pipeline, planning};
use crate::diagnostic::Severity;
use crate::planner::frame;
use crate::present::report::findings::{github, gitlab, junit, markdown, sarif};
use crate::present::report::{analysis, diagnostics, json};
use crate::present::rule::{self, Facts};

pub(super) fn run(
    command: &Analyze,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<ExitStatus, Failure> {
    let pipeline = pipeline::read_or_standard_input(context, &command.paths, output)?;
    let earlier = planning::read_plan(&planning::default_plan_file(&pipeline)).ok();
    let catalog =
        planning::offline_catalog(&pipeline, command.catalog.as_deref(), earlier.as_ref())?;
    let analysis = pipeline.analyse(&catalog);
    let with_facts = !catalog.tables.is_empty();
    let mut told = analysis.diagnostics;
    told.extend(pipeline::templates_as_warnings(&pipeline.sources));
    let (workload, sources) = (&analysis.workload, &pipeline.sources);
    let candidates = frame::candidates(workload, sources, &catalog);
    let facts = Facts {
        sources,
        workload,
        catalog: &catalog,
        candidates: &candidates,
        told: &told,
    };
    let findings = rule::findings(&facts, &pipeline.config.rules);
    documents::write(&command.documents, output, |format, styled| match format {
        FindingsFormat::Text => {
            let told: Vec<_> = findings.iter().map(|one| one.diagnostic.clone()).collect();
            let mut text = diagnostics::text(&told, sources, styled);
            text.push_str(&analysis::text(workload, sources, with_facts));
            text
        }
        FindingsFormat::Json => json::analysis(workload, sources, &findings, with_facts),
        FindingsFormat::Sarif => sarif::text(&findings, sources),
        FindingsFormat::Github => github::text(&findings, sources),
        FindingsFormat::Gitlab => gitlab::text(&findings, sources),
        FindingsFormat::Junit => junit::text(&findings, sources),
        FindingsFormat::Markdown => markdown::text(&findings, sources),
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

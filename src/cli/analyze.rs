//! `hoist analyze`.

use super::arguments::{Analyze, FailOn, Format};
use super::failure::Failure;
use super::output::Output;
use super::{Context, ExitStatus, documents, pipeline, planning};
use crate::diagnostic::Severity;
use crate::present::report::{analysis, diagnostics, json};
use crate::present::rule;

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
    let mut findings = analysis.diagnostics;
    findings.extend(pipeline::templates_as_warnings(&pipeline.sources));
    findings.extend(rule::findings(&analysis.workload, &catalog));
    let (workload, sources) = (&analysis.workload, &pipeline.sources);
    documents::write(&command.documents, output, |format, styled| match format {
        Format::Text => {
            let mut text = diagnostics::text(&findings, sources, styled);
            text.push_str(&analysis::text(workload, sources, with_facts));
            text
        }
        Format::Json => json::analysis(workload, sources, &findings, with_facts),
    })?;
    let least = match command.fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Never => None,
    };
    let fails = least.is_some_and(|least| findings.iter().any(|finding| finding.severity >= least));
    Ok(if fails {
        ExitStatus::Findings
    } else {
        ExitStatus::Done
    })
}

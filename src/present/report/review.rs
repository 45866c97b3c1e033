//! The report on a pipeline for its reviewers: findings, the plan, and what a change does to both.

use std::fmt::Write as _;

use serde::Serialize;

use super::findings::Files;
use super::findings::markdown::{self, MARKER, MOST_BYTES};
use super::json::{self, FindingEntry};
use super::layout::{Align, Table, bytes, count, micros, wrap};
use super::markup::{block, details, prose};
use super::plan::{mermaid, totals, what_if};
use super::{diagnostics, plan};
use crate::diagnostic::Diagnostic;
use crate::frontend::source::Sources;
use crate::planner::plan::Summary;
use crate::planner::plan_file::PlanFile;
use crate::present::compare::Comparison;
use crate::present::rule::Finding;

/// What there is to report.
#[derive(Clone, Copy)]
pub struct Review<'a> {
    /// The files.
    pub files: Files<'a>,
    /// Findings of the pipeline as it is.
    pub findings: &'a [Finding],
    /// Its plan; none where it could not be planned.
    pub plan: Option<&'a PlanFile>,
    /// What it is compared with.
    pub base: Option<Base<'a>>,
}

/// What a pipeline is compared with.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// What it is called: a file, a folder or a revision.
    pub name: &'a str,
    /// Its files, where its findings are known.
    pub sources: Option<&'a Sources>,
    /// Its plan.
    pub plan: Option<&'a PlanFile>,
    /// What has changed since.
    pub comparison: &'a Comparison<'a>,
}

/// For people, 80 columns wide. With a base only new findings are shown in full.
pub fn text(review: &Review<'_>, styled: bool) -> String {
    let shown: Vec<Diagnostic> = match review.base.filter(|base| base.sources.is_some()) {
        Some(base) => base
            .comparison
            .new
            .iter()
            .map(|one| one.diagnostic.clone())
            .collect(),
        None => review
            .findings
            .iter()
            .map(|one| one.diagnostic.clone())
            .collect(),
    };
    let mut text = diagnostics::text(&shown, review.files.sources, styled);
    if let Some(base) = review.base {
        text.push_str(&compared(review, base));
    }
    if let Some(plan) = review.plan {
        let _ = writeln!(text, "{}", wrap(&totals(&plan.summary), 0));
    }
    let _ = writeln!(text, "{}", summary(review));
    text
}

/// What a change does, in words and numbers.
fn compared(review: &Review<'_>, base: Base<'_>) -> String {
    let mut text = String::new();
    let fixed = base
        .comparison
        .fixed
        .iter()
        .zip(base.sources.into_iter().cycle());
    let fixed: Vec<String> = fixed
        .map(|(finding, sources)| {
            let diagnostic = &finding.diagnostic;
            let place = diagnostic
                .span
                .map_or_else(String::new, |span| sources.place(span));
            let line = format!("{place} {}: {}", diagnostic.code, diagnostic.message);
            format!(" {}\n", wrap(&line, 3))
        })
        .collect();
    if !fixed.is_empty() {
        let _ = writeln!(text, "Fixed\n{}", fixed.concat());
    }
    if let (Some(before), Some(now)) = (base.plan, review.plan) {
        let mut table = Table::new(&[
            ("", Align::Left),
            ("before", Align::Right),
            ("now", Align::Right),
        ]);
        for (name, old, new) in changes(&before.summary, &now.summary) {
            table.row([name.to_owned(), old, new]);
        }
        let frames = what_if::changes(before, now);
        let _ = writeln!(text, "{}\nFrames\n{frames}", table.text());
    }
    text
}

/// Totals of two plans, side by side.
pub(super) fn changes(before: &Summary, now: &Summary) -> [(&'static str, String, String); 6] {
    let number =
        |name, of: fn(&Summary) -> u64| (name, of(before).to_string(), of(now).to_string());
    [
        number("statements", |summary| summary.statements),
        number("reads of tables", |summary| summary.scans_before),
        number("reads of tables, hoisted", |summary| summary.scans_after),
        number("frames", |summary| summary.frames),
        (
            "est. Spark work saved",
            micros(before.gain_micros),
            micros(now.gain_micros),
        ),
        (
            "peak of frames",
            bytes(before.peak_bytes),
            bytes(now.peak_bytes),
        ),
    ]
}

/// Findings in one sentence.
fn summary(review: &Review<'_>) -> String {
    let all = count(review.findings.len(), "finding");
    match review.base {
        Some(base) if base.sources.is_some() => format!(
            "Report: {all}, compared with {}: {} new, {} fixed, {} remaining",
            base.name,
            base.comparison.new.len(),
            base.comparison.fixed.len(),
            base.comparison.remaining
        ),
        Some(base) => format!("Report: {all}; the plan is compared with {}", base.name),
        None => format!("Report: {all}"),
    }
}

/// For a comment on a change: at most 60 kB. What does not fit is left out from the end, and said.
pub fn markdown(review: &Review<'_>) -> String {
    let mut text = format!("{MARKER}\n## hoist\n\n{}.\n\n", prose(&summary(review)));
    let mut parts = Vec::new();
    let base = review.base;
    if let Some((before, now)) = base.and_then(|base| base.plan).zip(review.plan) {
        let mut table = String::from("| | before | now |\n|---|--:|--:|\n");
        for (name, old, new) in changes(&before.summary, &now.summary) {
            let _ = writeln!(table, "| {name} | {old} | {new} |");
        }
        let frames = block("diff", &what_if::changes(before, now));
        parts.push(format!(
            "{table}\n{}",
            details("Frames that come, go or change", &frames)
        ));
    }
    match base.filter(|base| base.sources.is_some()) {
        Some(base) if !base.comparison.new.is_empty() => {
            let new = markdown::table(&base.comparison.new, review.files);
            parts.push(format!("### New findings\n\n{new}\n"));
        }
        _ => {}
    }
    if let Some(plan) = review.plan {
        let graph = if plan.frames.is_empty() {
            String::new()
        } else {
            block("mermaid", &mermaid::text(plan))
        };
        let frames = plan::markdown::frames(plan);
        let inside = format!("{}\n\n{frames}{graph}", prose(&totals(&plan.summary)));
        parts.push(details("Plan", &inside));
    }
    let all: Vec<&Finding> = review.findings.iter().collect();
    if !all.is_empty() {
        let table = markdown::table(&all, review.files);
        parts.push(details(&format!("All findings: {}", all.len()), &table));
    }
    let note = "_Left out here, as a comment has no room for it: the rest of the report._\n";
    for part in parts {
        if text.len() + part.len() + note.len() > MOST_BYTES {
            text.push_str(note);
            break;
        }
        text.push_str(&part);
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// `hoist-report/1`.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    findings: Vec<FindingEntry<'a>>,
    plan: Option<Summary>,
    base: Option<BaseEntry<'a>>,
}

#[derive(Serialize)]
struct BaseEntry<'a> {
    name: &'a str,
    /// Fingerprints; null where the findings of the base are not known.
    new: Option<Vec<&'a str>>,
    fixed: Option<Vec<FindingEntry<'a>>>,
    remaining: Option<usize>,
    plan: Option<Summary>,
}

/// For programs, with a versioned schema.
pub fn json(review: &Review<'_>) -> String {
    let base = review.base.map(|base| {
        let comparison = base.comparison;
        let known = base.sources.is_some();
        let new = comparison
            .new
            .iter()
            .map(|finding| finding.fingerprint.as_str());
        let fixed = base.sources.map(|sources| {
            let fixed = comparison.fixed.iter();
            fixed
                .map(|finding| json::finding(sources, finding))
                .collect()
        });
        BaseEntry {
            name: base.name,
            new: known.then(|| new.collect()),
            fixed,
            remaining: known.then_some(comparison.remaining),
            plan: base.plan.map(|plan| plan.summary),
        }
    });
    let findings = review.findings.iter();
    json::pretty(&Document {
        schema: "hoist-report/1",
        findings: findings
            .map(|finding| json::finding(review.files.sources, finding))
            .collect(),
        plan: review.plan.map(|plan| plan.summary),
        base,
    })
}

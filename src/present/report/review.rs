//! The report on a pipeline for its reviewers: findings, the plan, and what a change does to both.

mod changes;
mod document;

use std::fmt::Write as _;

pub use self::document::json;

pub(crate) use self::changes::lists;

use super::findings::Files;
use super::findings::markdown::{self, MARKER, MOST_BYTES};
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
    /// Its files.
    pub sources: &'a Sources,
    /// Its plan.
    pub plan: Option<&'a PlanFile>,
    /// What has changed since.
    pub comparison: &'a Comparison<'a>,
    /// What of it cannot be compared, a sentence.
    pub lacks: Option<&'a str>,
}

/// For people, 80 columns wide. With a base only new findings are shown in full.
pub fn text(review: &Review<'_>, styled: bool) -> String {
    let shown: Vec<&Finding> = match review.base {
        Some(base) => base.comparison.new.clone(),
        None => review.findings.iter().collect(),
    };
    let shown: Vec<Diagnostic> = shown.iter().map(|one| one.diagnostic.clone()).collect();
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
    let fixed = fixed(base);
    if !fixed.is_empty() {
        let _ = writeln!(text, "Fixed\n{fixed}");
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
    for (title, lines) in lists(base.comparison) {
        let _ = writeln!(text, "{title}\n{lines}");
    }
    for sentence in sentences(base) {
        let _ = writeln!(text, "{}", wrap(&sentence, 0));
    }
    text
}

/// Findings that are no longer there, a line for each.
fn fixed(base: Base<'_>) -> String {
    let lines = base.comparison.fixed.iter().map(|finding| {
        let diagnostic = &finding.diagnostic;
        let place = diagnostic.span.map(|span| base.sources.place(span));
        let place = place.unwrap_or_default();
        let line = format!("{place} {}: {}", diagnostic.code, diagnostic.message);
        format!(" {}\n", wrap(&line, 3))
    });
    lines.collect()
}

/// How a regression counts, and what cannot be compared.
pub(super) fn sentences(base: Base<'_>) -> Vec<String> {
    let effort = base.comparison.effort.map(changes::effort);
    let effort = effort.map(|effort| format!("{effort}."));
    let lacks = base.lacks.map(str::to_owned);
    effort.into_iter().chain(lacks).collect()
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
        Some(base) => format!(
            "Report: {all}, compared with {}: {} new, {} fixed, {} remaining",
            base.name,
            base.comparison.new.len(),
            base.comparison.fixed.len(),
            base.comparison.remaining
        ),
        None => format!("Report: {all}"),
    }
}

/// For a comment on a change: at most 60 kB. Findings that are too many for it are counted; what else does not fit is left
/// out from the end, and said.
pub fn markdown(review: &Review<'_>) -> String {
    let mut text = format!("{MARKER}\n## hoist\n\n{}.\n\n", prose(&summary(review)));
    let note = "_Left out here, as a comment has no room for it: the rest of the report._\n";
    let mut is_cut = false;
    for (part, short) in parts(review) {
        let fits = |part: &String| text.len() + part.len() + note.len() <= MOST_BYTES;
        match [Some(part), short].into_iter().flatten().find(fits) {
            Some(part) => text.push_str(&part),
            None => is_cut = true,
        }
    }
    if is_cut {
        text.push_str(note);
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Parts of the comment, what matters most first, each with what stands for it where it is too long.
fn parts(review: &Review<'_>) -> Vec<(String, Option<String>)> {
    let mut parts = Vec::new();
    if let Some(base) = review.base {
        let new = &base.comparison.new;
        if !new.is_empty() {
            let table = markdown::table(new, review.files);
            let short = markdown::summary(new.iter().copied());
            parts.push((
                format!("### New findings\n\n{table}\n"),
                Some(format!("### New findings\n\n{short}\n")),
            ));
        }
        if let Some((before, now)) = base.plan.zip(review.plan) {
            let mut table = String::from("| | before | now |\n|---|--:|--:|\n");
            for (name, old, new) in changes(&before.summary, &now.summary) {
                let _ = writeln!(table, "| {name} | {old} | {new} |");
            }
            parts.push((format!("{table}\n"), None));
            let frames = diff(&what_if::changes(before, now));
            parts.push((details("Frames that come, go or change", &frames), None));
        }
        for sentence in sentences(base) {
            parts.push((format!("{}\n\n", prose(&sentence)), None));
        }
        let fixed = fixed(base);
        if !fixed.is_empty() {
            let title = format!("Fixed: {}", base.comparison.fixed.len());
            parts.push((details(&title, &block("text", &fixed)), None));
        }
        for (title, lines) in lists(base.comparison) {
            parts.push((details(title, &diff(&lines)), None));
        }
    }
    if let Some(plan) = review.plan {
        let graph = if plan.frames.is_empty() {
            String::new()
        } else {
            block("mermaid", &mermaid::text(plan))
        };
        let frames = plan::markdown::frames(plan);
        let totals = prose(&totals(&plan.summary));
        let inside = format!("{totals}\n\n{frames}{graph}");
        let short = details("Plan", &format!("{totals}\n"));
        parts.push((details("Plan", &inside), Some(short)));
    }
    let all: Vec<&Finding> = review.findings.iter().collect();
    if !all.is_empty() {
        let title = format!("All findings: {}", all.len());
        let table = markdown::table(&all, review.files);
        let short = markdown::summary(all.iter().copied());
        parts.push((details(&title, &table), Some(details(&title, &short))));
    }
    parts
}

/// Lines with a mark, which stands in the first column there.
fn diff(lines: &str) -> String {
    let marked = lines
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    block("diff", &marked.collect::<Vec<_>>().join("\n"))
}

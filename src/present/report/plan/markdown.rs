//! A plan as Markdown, for a description or a comment on a change.

use std::fmt::Write as _;

use super::super::explain::place;
use super::super::layout::{bytes, count, micros};
use super::super::markup::{block, code, details, prose};
use super::super::{diff, settings};
use super::{advice, built_from, mermaid, subject, totals};
use crate::planner::plan_file::{DecisionEntry, PlanFile, StepEntry, Verdict};

/// The plan: totals, frames, the graph, and folded away what changes in the statements and what is not cached.
pub fn text(plan: &PlanFile) -> String {
    let mut text = format!("## Plan\n\n{}\n\n", prose(&totals(&plan.summary)));
    text.push_str(&frames(plan));
    if !plan.frames.is_empty() {
        text.push_str(&block("mermaid", &mermaid::text(plan)));
        text.push('\n');
    }
    text.push_str(&changes(plan));
    text.push_str(&refused(plan));
    let settings = settings::proposed(plan);
    if !settings.is_empty() {
        text.push_str(&details("Session settings", &block("text", &settings)));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The frames as a table; empty where there is none.
pub(in super::super) fn frames(plan: &PlanFile) -> String {
    if plan.frames.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "| frame | built from | readers | size | saves | lives |\n|---|---|--:|--:|--:|---|\n",
    );
    for frame in &plan.frames {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | steps {}-{} |",
            code(&frame.name),
            code(&built_from(frame)),
            frame.readers.len(),
            bytes(frame.size_bytes),
            micros(frame.saving_micros.saturating_sub(frame.build_micros)),
            frame.built_in,
            frame.released_after,
        );
    }
    text.push('\n');
    text
}

fn changes(plan: &PlanFile) -> String {
    let changed = |step: &StepEntry| {
        let statement = step
            .statement
            .as_ref()
            .filter(|statement| !statement.frames.is_empty())?;
        let submitted = step.texts.first().map_or("", |text| text.text.as_str());
        let diff = diff::unified(step.original.as_deref()?, submitted, "");
        Some(format!(
            "{}\n\n{}\n",
            code(&place(statement)),
            block("diff", &diff)
        ))
    };
    let changed: Vec<String> = plan.steps.iter().filter_map(changed).collect();
    if changed.is_empty() {
        return String::new();
    }
    let summary = format!("Changed: {}", count(changed.len(), "statement"));
    details(&summary, &changed.concat())
}

/// What is repeated and not cached, with every reason.
fn refused(plan: &PlanFile) -> String {
    let refused = plan.decisions.iter();
    let refused: Vec<&DecisionEntry> = refused
        .filter(|decision| decision.verdict == Verdict::NoFrame)
        .collect();
    if refused.is_empty() {
        return String::new();
    }
    let mut table = String::from("| not cached | reads | why |\n|---|--:|---|\n");
    for decision in &refused {
        let reasons = decision.reasons.iter().map(|reason| {
            let lifted = advice(&reason.code);
            let lifted =
                lifted.map_or_else(String::new, |advice| format!("; to lift this, {advice}"));
            prose(&format!("{}{lifted}", reason.text))
        });
        let reasons: Vec<String> = reasons.collect();
        let what = code(&subject(&decision.subject));
        let _ = writeln!(
            table,
            "| {what} | {} | {} |",
            decision.reads.len(),
            reasons.join("<br>")
        );
    }
    details(&format!("Not cached: {}", refused.len()), &table)
}

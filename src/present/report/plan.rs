//! A plan for people: its frames, what is not cached and why, and one line of totals.

pub mod dot;
pub(super) mod graph;
pub mod markdown;
pub mod mermaid;
pub mod what_if;

use std::fmt::Write as _;

use super::explain::changed;
use super::layout::{Align, Table, bytes, count, micros, wrap};
use super::{search, settings};
use crate::planner::frame::{FrameKind, Lift, lift};
use crate::planner::plan::Summary;
use crate::planner::plan_file::{
    DecisionEntry, FrameEntry, LayoutEntry, PlanFile, StepEntry, SubjectEntry, Verdict,
};

/// The plan as text. `wrote` is the file it was written to, if it was.
pub fn text(plan: &PlanFile, wrote: Option<&str>) -> String {
    let mut text = frames(plan);
    text.push_str(&search::moved(plan));
    text.push_str(&changes(plan));
    let refused: Vec<&DecisionEntry> = plan
        .decisions
        .iter()
        .filter(|decision| decision.verdict == Verdict::NoFrame)
        .collect();
    if !refused.is_empty() {
        text.push_str("Not cached\n");
    }
    for decision in refused {
        let reads = count(decision.reads.len(), "read");
        let what = format!("{} ({reads})", subject(&decision.subject));
        let _ = writeln!(text, " {}", wrap(&what, 3));
        for reason in &decision.reasons {
            let whom = match reason.statements.as_slice() {
                [] => String::new(),
                places if places.len() >= decision.reads.len() => String::new(),
                places => format!(" ({})", places.join(", ")),
            };
            let lifted = advice(&reason.code)
                .map_or_else(String::new, |advice| format!("; to lift this, {advice}"));
            let line = format!("{}{whom}{lifted}", reason.text);
            let _ = writeln!(text, "   {}", wrap(&line, 5));
        }
    }
    let settings = settings::proposed(plan);
    if !text.is_empty() && !settings.is_empty() {
        text.push('\n');
    }
    text.push_str(&settings);
    if !text.is_empty() {
        text.push('\n');
    }
    let certificate = search::certificate(plan.search.as_ref());
    let wrote = wrote.map_or_else(String::new, |file| format!(". Wrote {file}"));
    text.push_str(&wrap(
        &format!("{}{certificate}{wrote}", totals(&plan.summary)),
        0,
    ));
    text.push('\n');
    text
}

/// The totals of a plan in one sentence.
pub fn totals(summary: &Summary) -> String {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    format!(
        "Plan: {}, {}, {} -> {} scans, est. {} of Spark work saved, peak {} of {}",
        count(number(summary.frames), "frame"),
        count(number(summary.statements), "statement"),
        summary.scans_before,
        summary.scans_after,
        micros(summary.gain_micros),
        bytes(summary.peak_bytes),
        bytes(summary.budget_bytes),
    )
}

fn frames(plan: &PlanFile) -> String {
    let mut table = Table::new(&[
        ("frame", Align::Left),
        ("readers", Align::Right),
        ("size", Align::Right),
        ("saves", Align::Right),
        ("lives", Align::Left),
        ("built from", Align::Left),
    ]);
    for frame in &plan.frames {
        table.row([
            frame.name.clone(),
            frame.readers.len().to_string(),
            bytes(frame.size_bytes),
            micros(frame.saving_micros.saturating_sub(frame.build_micros)),
            format!("steps {}-{}", frame.built_in, frame.released_after),
            built_from(frame),
        ]);
    }
    if table.is_empty() {
        String::new()
    } else {
        format!("{}\n", table.text())
    }
}

/// Every changed statement, as a diff.
fn changes(plan: &PlanFile) -> String {
    let reads = |step: &&StepEntry| {
        let statement = step.statement.as_ref();
        statement.is_some_and(|statement| !statement.frames.is_empty())
    };
    let changes: String = plan.steps.iter().filter(reads).map(changed).collect();
    if changes.is_empty() {
        changes
    } else {
        format!("Changed\n{changes}\n")
    }
}

/// What lifts the refusals with a code.
pub(super) fn advice(code: &str) -> Option<&'static str> {
    lift(code).and_then(Lift::advice)
}

/// A kind of frame in words.
pub(super) fn kind(kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::CoveringRead => "covering read",
        FrameKind::Intermediate => "covering read of what was written, an intermediate",
        FrameKind::RepeatedSubquery => "repeated subquery",
        FrameKind::JoinCore => "join core",
        FrameKind::CoveringAggregate => "covering aggregate",
    }
}

pub(super) fn built_from(frame: &FrameEntry) -> String {
    let inputs: Vec<String> = frame.inputs.iter().map(|input| version(input)).collect();
    let from = match frame.kind {
        FrameKind::CoveringRead | FrameKind::Intermediate | FrameKind::CoveringAggregate => {
            inputs.join(" ")
        }
        FrameKind::RepeatedSubquery => format!("subquery of {}", inputs.join(" ")),
        FrameKind::JoinCore => format!("join of {}", inputs.join(" ")),
    };
    match spread(frame) {
        Some(spread) => format!("{from}, {spread}"),
        None => from,
    }
}

/// How the rows of a frame are spread, where they are not as they come.
pub(super) fn spread(frame: &FrameEntry) -> Option<String> {
    let LayoutEntry::Clustered { columns, parts } = frame.layout.as_ref()?;
    Some(format!(
        "clustered by {} in {parts} parts",
        columns.join(", ")
    ))
}

/// What a decision is about.
pub(super) fn subject(subject: &SubjectEntry) -> String {
    match subject {
        SubjectEntry::Table { table } => version(table),
        SubjectEntry::Subquery { name, places } => {
            let name = name.as_deref().map_or("derived table".to_owned(), |name| {
                format!("subquery {name}")
            });
            let place = places.first().map_or("", String::as_str);
            format!("{name} of {place}")
        }
        SubjectEntry::Join { tables, .. } => {
            let tables: Vec<String> = tables.iter().map(|table| version(table)).collect();
            format!("join of {}", tables.join(" "))
        }
        SubjectEntry::Aggregate { table, keys } if keys.is_empty() => {
            format!("totals of {}", version(table))
        }
        SubjectEntry::Aggregate { table, keys } => {
            format!("{} grouped by {}", version(table), keys.join(", "))
        }
    }
}

/// `table@0` is the table as found: its plain name.
pub(super) fn version(version: &str) -> String {
    match version.rsplit_once('@') {
        Some((table, "0")) => table.to_owned(),
        Some((table, generation)) => format!("{table} v{generation}"),
        None => version.to_owned(),
    }
}

//! What another plan of the same pipeline would be: totals side by side, and the frames that come or go.
//!
//! A frame is the same in both plans if the same text defines it or it serves the same; its name counts nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::layout::{Align, Table, bytes, micros, wrap};
use super::built_from;
use crate::planner::plan_file::{
    DecisionEntry, FrameEntry, PlanFile, ReasonEntry, SubjectEntry, Verdict,
};

/// Plans with other settings, each with how they were given, beside the plan as it is. Nothing of them is written.
pub fn text(now: &PlanFile, others: &[(String, PlanFile)]) -> String {
    let mut table = Table::new(&[
        ("gain", Align::Right),
        ("frames", Align::Right),
        ("scans", Align::Right),
        ("peak", Align::Right),
        ("budget", Align::Right),
        ("what if", Align::Left),
    ]);
    table.row(totals("(now)", now));
    for (given, plan) in others {
        table.row(totals(given, plan));
    }
    let mut text = table.text();
    for (given, plan) in others {
        let _ = write!(text, "\n{given}\n{}", changes(now, plan));
    }
    text
}

fn totals(name: &str, plan: &PlanFile) -> [String; 6] {
    let summary = &plan.summary;
    [
        micros(summary.gain_micros),
        summary.frames.to_string(),
        summary.scans_after.to_string(),
        bytes(summary.peak_bytes),
        bytes(summary.budget_bytes),
        name.to_owned(),
    ]
}

/// A line for each frame that comes, goes, or changes.
pub(in super::super) fn changes(now: &PlanFile, then: &PlanFile) -> String {
    let mut text = String::new();
    let mut line = |mark: char, frame: &FrameEntry, what: &str| {
        let named = format!("{} ({}): {what}", frame.name, built_from(frame));
        let _ = writeln!(text, " {mark} {}", wrap(&named, 3));
    };
    for frame in &then.frames {
        let Some(before) = counterpart(frame, then, now) else {
            let net = micros(frame.saving_micros.saturating_sub(frame.build_micros));
            let refused = refusal(frame, then, now);
            let refused =
                refused.map_or_else(String::new, |reason| format!("; now {}", reason.text));
            line('+', frame, &format!("comes and saves {net}{refused}"));
            continue;
        };
        let changed = changed(before, frame);
        if !changed.is_empty() {
            line('~', frame, &changed.join(", "));
        }
    }
    for frame in &now.frames {
        if counterpart(frame, now, then).is_none() {
            let refused = refusal(frame, now, then);
            let why = refused.map_or("nothing repeats what it served", |reason| {
                reason.text.as_str()
            });
            line('-', frame, &format!("goes: {why}"));
        }
    }
    if text.is_empty() {
        text.push_str("   the same frames\n");
    }
    text
}

/// What differs in a frame that both plans have.
fn changed(before: &FrameEntry, after: &FrameEntry) -> Vec<String> {
    let mut changed = Vec::new();
    let (old, new) = (medium(before), medium(after));
    if old != new {
        changed.push(format!("{old} -> {new}"));
    }
    let (old, new) = (before.readers.len(), after.readers.len());
    if old != new {
        changed.push(format!("{old} -> {new} readers"));
    }
    if before.definition != after.definition {
        let (old, new) = (bytes(before.size_bytes), bytes(after.size_bytes));
        changed.push(format!("other rows or columns, {old} -> {new}"));
    }
    if before.layout != after.layout {
        changed.push("its rows are spread otherwise".to_owned());
    }
    changed
}

/// The frame of the other plan that has the same text, or serves the same subject.
fn counterpart<'a>(
    frame: &FrameEntry,
    of: &PlanFile,
    other: &'a PlanFile,
) -> Option<&'a FrameEntry> {
    let text = |like: &&FrameEntry| like.kind == frame.kind && like.definition == frame.definition;
    other.frames.iter().find(text).or_else(|| {
        let subjects = subjects(frame, of);
        let decisions = other.decisions.iter();
        let mut same = decisions.filter(|decision| subjects.contains(&&decision.subject));
        let name = same.find_map(|decision| decision.frame.as_ref())?;
        let mut frames = other.frames.iter();
        frames.find(|like| like.kind == frame.kind && like.name == *name)
    })
}

/// What a frame serves.
fn subjects<'a>(frame: &FrameEntry, of: &'a PlanFile) -> Vec<&'a SubjectEntry> {
    let serves = |decision: &&DecisionEntry| decision.frame.as_ref() == Some(&frame.name);
    let decisions = of.decisions.iter().filter(serves);
    decisions.map(|decision| &decision.subject).collect()
}

fn medium(frame: &FrameEntry) -> String {
    match &frame.storage_level {
        Some(level) => format!("{} {level}", frame.medium),
        None => frame.medium.clone(),
    }
}

/// Why a frame of one plan is none in the other: the headline of the decision on the same subject there.
fn refusal<'a>(frame: &FrameEntry, of: &PlanFile, other: &'a PlanFile) -> Option<&'a ReasonEntry> {
    let subjects = subjects(frame, of);
    let refused = other.decisions.iter();
    let mut refused = refused.filter(|decision| decision.verdict == Verdict::NoFrame);
    let decision = refused.find(|decision| subjects.contains(&&decision.subject))?;
    let readers: BTreeSet<&str> = frame
        .readers
        .iter()
        .map(|reader| reader.statement.as_str())
        .collect();
    let concerns = |reason: &&ReasonEntry| {
        let mut places = reason.statements.iter().map(String::as_str);
        reason.statements.is_empty() || places.any(|place| readers.contains(place))
    };
    let reasons = &decision.reasons;
    reasons.iter().find(concerns).or(reasons.first())
}

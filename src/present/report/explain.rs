//! Why: a frame, a table or subquery, a step, a statement, or a reason, told from a plan.

use std::fmt::Write as _;

use super::diff::unified;
use super::layout::{bytes, count, micros, wrap};
use super::plan::{advice, kind, spread, subject, version};
use super::settings;
use crate::planner::frame::{Lift, lift};
use crate::planner::plan_file::{
    Action, DecisionEntry, FrameEntry, PlanFile, ReasonEntry, StatementEntry, StepEntry,
    SubjectEntry, Verdict,
};

/// What a plan says of something: the name of a frame, table or subquery, with or without its database; the number of a
/// step; `file:line` or the name of a file; the code of a reason, such as `not-worth`. None where it says nothing.
pub fn text(plan: &PlanFile, what: &str) -> Option<String> {
    let parts: Vec<String> = [
        frames(plan, what),
        decisions(plan, what),
        settings::of(plan, what),
        steps(plan, what),
        reason(plan, what),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// What can be asked of a plan, sorted.
pub fn subjects(plan: &PlanFile) -> Vec<String> {
    let frames = plan.frames.iter().map(|frame| frame.name.clone());
    let decisions = plan.decisions.iter();
    let decisions = decisions.flat_map(|decision| names(&decision.subject));
    let reasons = plan.decisions.iter().flat_map(|one| &one.reasons);
    let settings = plan.session_settings.iter();
    let statements = plan.steps.iter().filter_map(|step| step.statement.as_ref());
    let mut subjects: Vec<String> = frames
        .chain(decisions)
        .chain(reasons.map(|reason| reason.code.clone()))
        .chain(settings.map(|setting| setting.key.clone()))
        .chain(statements.map(place))
        .collect();
    subjects.sort();
    subjects.dedup();
    subjects
}

pub(super) fn place(statement: &StatementEntry) -> String {
    format!("{}:{}", statement.file, statement.line)
}

/// What a subject is called: tables in full, those of a join too, subqueries as in the text.
fn names(subject: &SubjectEntry) -> Vec<String> {
    let plain = |table: &String| {
        let name = table.rsplit_once('@').map(|(name, _)| name);
        name.unwrap_or(table).to_owned()
    };
    match subject {
        SubjectEntry::Table { table } | SubjectEntry::Aggregate { table, .. } => vec![plain(table)],
        SubjectEntry::Subquery { name, .. } => name.iter().cloned().collect(),
        SubjectEntry::Join { tables, .. } => tables.iter().map(plain).collect(),
    }
}

fn is_called(name: &str, what: &str) -> bool {
    let (name, what) = (name.to_lowercase(), what.replace('`', "").to_lowercase());
    name == what || name.rsplit('.').next() == Some(what.as_str())
}

fn frames(plan: &PlanFile, what: &str) -> Option<String> {
    let found = plan
        .frames
        .iter()
        .filter(|frame| is_called(&frame.name, what));
    let texts: Vec<String> = found.map(|frame| self::frame(plan, frame)).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

fn frame(plan: &PlanFile, frame: &FrameEntry) -> String {
    let inputs: Vec<String> = frame.inputs.iter().map(|input| version(input)).collect();
    let spread = spread(frame).map_or_else(String::new, |spread| format!(", {spread}"));
    let mut text = format!(
        "frame {}: {} of {}, {}{spread}\n",
        frame.name,
        kind(frame.kind),
        inputs.join(", "),
        match &frame.storage_level {
            Some(level) => format!("storage level {level}"),
            None => format!("medium {}", frame.medium),
        },
    );
    let _ = writeln!(
        text,
        "  {}{}, built in step {}{}, let go after step {}",
        count(frame.readers.len(), "reader"),
        fed(frame),
        frame.built_in,
        sources(plan, frame),
        frame.released_after
    );
    let _ = writeln!(
        text,
        "  est. size {}, build {}, saves {}: net {}",
        bytes(frame.size_bytes),
        micros(frame.build_micros),
        micros(frame.saving_micros),
        micros(frame.saving_micros.saturating_sub(frame.build_micros)),
    );
    text.push_str("\ndefinition\n");
    for line in frame.definition.lines() {
        let _ = writeln!(text, "  {line}");
    }
    text.push_str("\nwhat its readers say instead\n");
    let mut told = Vec::new();
    for reader in &frame.readers {
        if !told.contains(&reader.step) {
            told.push(reader.step);
            let steps = plan.steps.iter();
            let step = steps.clone().find(|step| step.number == reader.step);
            text.push_str(&step.map(changed).unwrap_or_default());
        }
    }
    text
}

/// The frames that are built from a frame.
fn fed(frame: &FrameEntry) -> String {
    let mut names: Vec<&str> = frame.feeds.iter().map(|feed| feed.frame.as_str()).collect();
    names.dedup();
    if names.is_empty() {
        String::new()
    } else {
        format!(" and builds {}", names.join(", "))
    }
}

/// The frames that a frame is built from.
fn sources(plan: &PlanFile, frame: &FrameEntry) -> String {
    let feeds = |from: &&FrameEntry| from.feeds.iter().any(|feed| feed.frame == frame.name);
    let names = plan.frames.iter().filter(feeds);
    let names: Vec<&str> = names.map(|from| from.name.as_str()).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(" from {}", names.join(", "))
    }
}

/// The statement of a step with what is changed in it.
pub(super) fn changed(step: &StepEntry) -> String {
    let (Some(statement), Some(original)) = (&step.statement, &step.original) else {
        return String::new();
    };
    let submitted = step.texts.first().map_or("", |text| text.text.as_str());
    format!(
        "  step {} {}\n{}",
        step.number,
        place(statement),
        unified(original, submitted, "    ")
    )
}

fn decisions(plan: &PlanFile, what: &str) -> Option<String> {
    let mut text = String::new();
    for decision in &plan.decisions {
        if names(&decision.subject)
            .iter()
            .any(|name| is_called(name, what))
        {
            text.push_str(&self::decision(decision));
        }
    }
    (!text.is_empty()).then_some(text)
}

fn decision(decision: &DecisionEntry) -> String {
    let verdict = match (decision.verdict, &decision.frame) {
        (Verdict::Frame, Some(frame)) => format!("frame `{frame}`"),
        _ => "not cached".to_owned(),
    };
    let mut text = format!("{}: {verdict}\n", subject(&decision.subject));
    for reason in &decision.reasons {
        let line = format!("{}: {}{}", reason.code, reason.text, to_lift(reason));
        let _ = writeln!(text, "  {}", wrap(&line, 4));
        for place in &reason.statements {
            let _ = writeln!(text, "    {place}");
        }
    }
    let reads = count(decision.reads.len(), "read");
    let _ = writeln!(text, "  {reads}: {}", wrap(&decision.reads.join(" "), 4));
    text
}

fn to_lift(reason: &ReasonEntry) -> String {
    advice(&reason.code).map_or_else(String::new, |advice| format!("; to lift this, {advice}"))
}

/// Steps by number, by the place of their statement, or by its file.
fn steps(plan: &PlanFile, what: &str) -> Option<String> {
    let number = what.strip_prefix("step ").unwrap_or(what).trim();
    let found = plan.steps.iter().filter(|step| {
        let named = step
            .statement
            .as_ref()
            .is_some_and(|statement| place(statement) == what || statement.file == what);
        named || number.parse() == Ok(step.number)
    });
    let texts: Vec<String> = found.map(|step| self::step(plan, step)).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

fn step(plan: &PlanFile, step: &StepEntry) -> String {
    let mut text = format!("step {} of {}: ", step.number, plan.steps.len());
    let frame = step.frame.as_deref().unwrap_or("");
    let Some(statement) = &step.statement else {
        let deed = match step.action {
            Action::Release => "lets go of",
            Action::Materialise | Action::Run => "builds",
        };
        let _ = writeln!(text, "{deed} frame {frame}");
        for submitted in &step.texts {
            for line in submitted.text.lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
        return text;
    };
    let _ = writeln!(text, "runs {} ({})", place(statement), statement.kind);
    if let Some(barrier) = &statement.barrier {
        let line = format!("a barrier: {barrier}; nothing is shared across it");
        let _ = writeln!(text, "  {}", wrap(&line, 4));
    }
    for (word, versions) in [("reads", &statement.reads), ("writes", &statement.writes)] {
        if !versions.is_empty() {
            let versions: Vec<String> = versions.iter().map(|name| version(name)).collect();
            let _ = writeln!(text, "  {word} {}", wrap(&versions.join(", "), 4));
        }
    }
    if statement.frames.is_empty() {
        text.push_str("  is submitted as written\n");
    } else {
        let _ = writeln!(text, "  through {}", statement.frames.join(", "));
        let original = step.original.as_deref().unwrap_or("");
        let submitted = step.texts.first().map_or("", |text| text.text.as_str());
        text.push_str(&unified(original, submitted, "    "));
    }
    text
}

/// A reason by its code: what lifts it, and what it concerns.
fn reason(plan: &PlanFile, code: &str) -> Option<String> {
    let lift = lift(code)?;
    let mut text = match lift {
        Lift::Nothing => format!("{code}: nothing lifts it, and nothing has to\n"),
        Lift::Fact(advice) | Lift::Text(advice) | Lift::Setting(advice) => {
            format!("{code}: to lift it, {advice}\n")
        }
    };
    for decision in &plan.decisions {
        for reason in decision.reasons.iter().filter(|reason| reason.code == code) {
            let line = format!("{}: {}", subject(&decision.subject), reason.text);
            let _ = writeln!(text, "  {}", wrap(&line, 4));
        }
    }
    for setting in &plan.session_settings {
        for reason in setting.reasons.iter().filter(|reason| reason.code == code) {
            let line = format!("setting {}: {}", setting.key, reason.text);
            let _ = writeln!(text, "  {}", wrap(&line, 4));
        }
    }
    Some(text)
}
